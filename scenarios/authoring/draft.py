"""A scenario file drafted from one English phrase: who is in it, where they must stand for it to happen, and when.

The setting is read by setting.py, the story by the very grammar of story lines: of the places where an actor can
usually be, those are taken with which the file loads.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from lark.exceptions import UnexpectedInput

from scenarios.authoring.draft_actors import DraftActor, company, ego_lane, ego_speed
from scenarios.authoring.draft_setting import DraftSetting, read_setting
from scenarios.load import loads
from scenarios.scenario import HoldSpeed, OnLane, Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors, quoted
from scenarios.spec.actor_references import join_nouns
from scenarios.spec.appearance_spec import WRITTEN
from scenarios.story.parse_tree import clauses
from scenarios.story.phrase_catalog import openings
from scenarios.verbs import VERBS
from scenarios.verbs.clause import Clause, ClauseError

LONGEST, MOST_PARTS = 200, 4  # characters and actors of a phrase
_SOONEST_S, _APART_S = 1.0, 1.5  # when something happens if the phrase does not say, and what follows it
_SAYS_WHEN = re.compile(r"\b(after|later|when|once|at once|immediately|as soon as|until|since)\b")
_NEXT = re.compile(r"\s*(?:;|,? ?\b(?:and then|then|and|while)\b|,)\s*")
_FINITE = {
    "crossing": "crosses", "stepping": "steps", "walking": "walks", "running": "runs", "riding": "rides",
    "braking": "brakes", "stopping": "stops", "cutting": "cuts", "merging": "merges", "pulling": "pulls",
    "changing": "changes", "darting": "darts", "coming": "comes", "emerging": "emerges", "slowing": "slows",
    "overtaking": "overtakes", "turning": "turns", "opening": "opens", "reversing": "reverses",
    "accelerating": "accelerates", "dashing": "dashes", "jumping": "jumps", "following": "follows",
}  # fmt: skip


class NotDrafted(ValueError):
    """A phrase of which nothing, or too little, is understood; the message quotes what.

    `example`: a phrase that can be drafted, of the same verb; "" where there is none.
    """

    example: str = ""


class _Lacking(NotDrafted):
    """A phrase whose verb is known, and that says too little of it, or what cannot be. `verbs`: those it may mean."""

    def __init__(self, said: str, verbs: tuple[str, ...], unknown: tuple[str, ...]):
        self.verbs, self.unknown = verbs, unknown
        super().__init__(said)


@dataclass(frozen=True)
class Draft:
    """The text of a file, and the words of the phrase that are not in it."""

    text: str
    unknown: tuple[str, ...]


def draft(phrase: str, name: str) -> Draft:
    """A file called `name` in which what the phrase says happens; raises NotDrafted."""
    try:
        return _drafted(phrase, name)
    except _Lacking as lacking:
        said = str(lacking)
        example = _example(phrase.strip().rstrip(".!"), name, lacking)
        refused = NotDrafted(f"{said}; for example '{example}'" if example else said)
        refused.example = example
        raise refused from lacking


def _example(phrase: str, name: str, lacking: _Lacking) -> str:
    """The first that can be drafted of what the verbs offer."""
    own = (VERBS.get(verb) for verb in lacking.verbs)
    for offer in dict.fromkeys(offer for verb in own if verb is not None for offer in verb.drafts):
        tried = offer.replace("...", phrase)
        with suppress(NotDrafted):
            if set(_drafted(tried, name).unknown) <= set(lacking.unknown):
                return tried
    return ""


def _drafted(phrase: str, name: str) -> Draft:
    """The same without an example in the message."""
    if not 0 < len(phrase.strip()) <= LONGEST or not phrase.isprintable():
        raise NotDrafted(f"a phrase of 1 to {LONGEST} characters is wanted")
    read = read_setting(phrase)
    cast = company(_finite(read.rest), read)
    if not cast.parts and "ego" not in cast.said.split():
        raise NotDrafted(f"nobody in '{phrase}' whom the language knows; it has {', '.join(WRITTEN)}, and the ego")
    if len(cast.parts) > MOST_PARTS:
        raise NotDrafted(f"{len(cast.parts)} actors in one phrase; at most {MOST_PARTS} are drafted at once")
    for said, left in _shortened(cast.said):
        if left and not _lines(said, cast.parts, split=True):
            break  # only names are left of it: that somebody is there is not what the phrase says
        unknown = (*read.unknown, *cast.unknown, *([left] if left else []))
        found = _placed(Sheet(name, phrase, cast.setting, cast.parts, ()), said)
        if isinstance(found, tuple):
            return Draft(_met(*found).text(unknown), unknown)
        if found is not None and not left:
            meant = f"'{read.rest}' is understood, and cannot be drafted as it is: {found.found}; wanted {found.wanted}"
            raise _Lacking(meant, found.verbs, unknown)
    known = openings()
    verbs = tuple(verb for word in cast.said.split() for verb in sorted(known.get(word, ())))
    raise _Lacking(
        f"'{read.rest}' is not understood as something that somebody does", verbs, (*read.unknown, *cast.unknown)
    )


@dataclass(frozen=True)
class Sheet:
    """A file in the making: its sections as text, the actors' in order."""

    name: str
    phrase: str
    setting: DraftSetting
    parts: tuple[DraftActor, ...]
    story: tuple[str, ...]
    duration_s: int = 6

    def text(self, unknown: Sequence[str] = ()) -> str:
        """The whole file."""
        values = self.setting.values
        road = ", ".join(f"{key}: {value}" for key, value in _road(values).items())
        light = ", ".join(f"{key}: {values.get(f'environment.{key}', usual)}" for key, usual in _LIGHT.items())
        ego = f"{{lane: {ego_lane(values)}, speed: {ego_speed(values)}, drive: follow, driver: attentive}}"
        note = f"# Not understood, and not in this file: {'; '.join(unknown)}.\n" if unknown else ""
        actors = "".join(f"  {part.id}: {part.section}\n" for part in self.parts)
        story = "".join(f"  - {line}\n" for line in self.story)
        intent = json.dumps(
            f"{self.phrase.strip()[0].upper()}{self.phrase.strip()[1:].rstrip('.')}.", ensure_ascii=False
        )
        return (
            f"name: {self.name}\n{note}"
            f"intent: {intent}\n"
            "source: {suite: own, type: drafted from a phrase}\n"
            f"duration: {self.duration_s} s\nroad: {{{road}}}\nenvironment: {{{light}}}\n"
            f"ego: {ego}\nactors:{' {}' * (not actors)}\n{actors}"
            + (f"story:\n{story}" if story else "")
            + "expect: {collision: allowed}\n"
        )


_LIGHT = {"time": "day", "weather": "clear"}


def _road(values) -> dict[str, str]:
    said = {key.removeprefix("road."): value for key, value in values.items() if key.startswith("road.")}
    bend = {"radius": "120 m", "direction": said.get("direction", "left")} if said.get("kind") == "curve" else {}
    usual = {"kind": "straight", "lanes": "2", "opposite_lanes": "1", "lane_width": "3.5 m"}
    if int(said.get("lanes", 2)) > 2:  # a motorway or the like: nobody comes the other way
        usual |= {"opposite_lanes": "0"}
    return usual | said | bend


def _finite(text: str) -> str:
    return " ".join(_FINITE.get(word, word) for word in text.split())


def _shortened(said: str) -> Iterator[tuple[str, str]]:
    """A sentence, and then without its last words, which come second: what hangs on behind may be left out, by name."""
    words = said.split()
    for end in range(len(words), max(len(words) - 8, 0), -1):
        yield " ".join(words[:end]), " ".join(words[end:])


@dataclass(frozen=True)
class _Refusal:
    """Why a story that is understood cannot be: of the likeliest places of its actors."""

    found: str
    wanted: str
    verbs: tuple[str, ...]


def _placed(sheet: Sheet, said: str) -> tuple[Sheet, Scenario] | _Refusal | None:
    """The first way to place the actors with which the file loads, the phrase as one line of the story or several.

    Else why it does not load with any, or None where the grammar does not understand it.
    """
    refusal: _Refusal | None = None
    for story in dict.fromkeys(_lines(said, sheet.parts, split) for split in (False, True)):
        for places in product(*(part.places(sheet.setting) for part in sheet.parts)):
            parts = tuple(replace(part, place=place) for part, place in zip(sheet.parts, places, strict=True))
            tried = replace(sheet, parts=parts, story=story)
            try:
                return tried, loads(tried.text())[0]
            except SpecErrors as error:
                if not _is_read(story):
                    break  # no other place would make the grammar understand it
                refusal = refusal or _refusal(story, error)
    return refusal


def _is_read(story: tuple[str, ...]) -> bool:
    return all(_clauses(line) for line in story)


def _clauses(line: str) -> tuple[Clause | ClauseError, ...]:
    """What the grammar reads in a line; () where it does not understand it."""
    try:
        return clauses(join_nouns(line))[1]
    except UnexpectedInput:
        return ()


def _refusal(story: tuple[str, ...], error: SpecErrors) -> _Refusal | None:
    """The first fault of a line of the story, unless the line only has a word that names nobody."""
    for fault in error.faults:
        place = fault.where.partition("story.")[2].partition(".")[0]
        if not place.isdecimal():
            continue
        line = story[int(place)]
        said = _clauses(line)
        if fault.found == quoted(line) and not any(isinstance(clause, ClauseError) for clause in said):
            return None
        found = fault.found.removeprefix(f"{quoted(line)}: ")
        verbs = tuple(clause.verb for clause in said if isinstance(clause, Clause))
        return _Refusal(found, fault.wanted, verbs)
    return None


def _lines(said: str, parts: tuple[DraftActor, ...], split: bool) -> tuple[str, ...]:
    """The story's lines; a clause without somebody in front goes on with who was told of before."""
    clauses = [clause for clause in (_NEXT.split(said) if split else [said]) if clause]
    names, who = {part.id for part in parts} | {"ego"}, ""
    lines: list[str] = []
    for clause in clauses:
        first = clause.split()[0] if clause.split()[0] != "the" else " ".join(clause.split()[1:2])
        if clause.strip() in names:
            continue  # somebody who only is there
        who, clause = (first, clause) if first in names or not who else (who, f"{who} {clause}")
        lines.append(clause if _SAYS_WHEN.search(clause) else _timed(clause, _SOONEST_S + _APART_S * len(lines)))
    return tuple(lines)


def _timed(clause: str, t_s: float) -> str:
    """The time leads a chain of deeds: behind it, it would be the last one's."""
    return f"after {t_s:g} s, {clause}" if _NEXT.search(clause) else f"{clause} after {t_s:g} s"


def _met(sheet: Sheet, scenario: Scenario) -> Sheet:
    """With everybody who walks or rides into the ego's way placed so that they meet there if the ego does not brake."""
    acting = {event.actor for event in scenario.events}
    crossing = [
        i for i, part in enumerate(sheet.parts) if part.id in acting and not part.place.where.startswith("lane")
    ]
    if not crossing or "distance" in sheet.setting.values:
        return sheet
    ego, rollout = scenario.placed[0], simulate(_without_ego(scenario))
    assert isinstance(ego.start, OnLane) and rollout.road is not None  # a draft is on a road, the ego in a lane
    front_m = ego.start.s_m + ego.body.size.length_m / 2
    parts, latest_s = list(sheet.parts), 0.0
    for i in crossing:
        along, across = rollout.road.project(rollout.centre[:, rollout.index(parts[i].id), :2]).T
        meets = np.flatnonzero(np.diff(np.sign(across)) != 0)
        if len(meets):
            frame = int(meets[0]) + 1
            latest_s = max(latest_s, float(rollout.t_s[frame]))
            cover = next((j for j, part in enumerate(parts) if part.id == parts[i].cover(scenario)), i)
            parts[cover] = parts[cover].moved(front_m + ego.speed_mps * float(rollout.t_s[frame]) - float(along[frame]))
    moved = replace(sheet, parts=tuple(parts), duration_s=max(6, math.ceil(latest_s + 2.5)))
    try:
        loads(moved.text())
    except SpecErrors:  # somebody else is there already
        return sheet
    return moved


def _without_ego(scenario: Scenario) -> Scenario:
    """Long enough for a slow walker, and nobody waits for the ego: it stands."""
    ego, *others = scenario.placed
    stands = replace(ego, behaviour=HoldSpeed(0.0), speed_mps=0.0)
    events = tuple(event for event in scenario.events if event.actor != "ego")
    return replace(scenario, placed=(stands, *others), events=events, duration_s=12.0)
