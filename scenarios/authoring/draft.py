"""Drafts a scenario file from one English phrase: its actors, start positions that make it happen, and times.

draft_setting.py reads the setting, the grammar of story lines reads the story. Of the usual places of each actor, the
first ones with which the file loads are used.
"""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from scenarios.authoring.draft_actors import DraftActor, company, ego_lane, ego_speed
from scenarios.authoring.draft_setting import DraftSetting, read_setting
from scenarios.load import loads
from scenarios.scenario import HoldSpeed, OnLane, Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors, quoted
from scenarios.spec.actor_references import join_nouns
from scenarios.spec.appearance_spec import WRITTEN
from scenarios.story.all_readings import TooManyReadings, Unread
from scenarios.story.parse_tree import clauses
from scenarios.story.phrase_catalog import openings
from scenarios.verbs import VERBS
from scenarios.verbs.clause import Clause, ClauseError

LONGEST, MOST_PARTS = 200, 4  # characters and actors of a phrase
_SOONEST_S, _APART_S = 1.0, 1.5  # default time of an event, and of those after it
_SAYS_WHEN = re.compile(r"\b(after|later|when|once|at once|immediately|as soon as|until|since)\b")
_NEXT = re.compile(r"\s*(?:;|,? ?\b(?:and then|then|and|while)\b|,)\s*")


class NotDrafted(ValueError):
    """A phrase of which nothing, or too little, is understood; the message quotes it.

    `example`: a phrase with the same verb that can be drafted; "" if there is none.
    """

    example: str = ""


class _Lacking(NotDrafted):
    """A phrase with a known verb that lacks something or is not possible. `verbs`: the verbs that it may mean."""

    def __init__(self, said: str, verbs: tuple[str, ...]):
        self.verbs = verbs
        super().__init__(said)


@dataclass(frozen=True)
class Draft:
    """The text of a file that depicts the whole phrase."""

    text: str


def draft(phrase: str, name: str) -> Draft:
    """A file called `name` in which the phrase happens; raises NotDrafted."""
    try:
        return _drafted(phrase, name)
    except _Lacking as lacking:
        said = str(lacking)
        example = _example(phrase.strip().rstrip(".!"), name, lacking)
        refused = NotDrafted(f"{said}; for example '{example}'" if example else said)
        refused.example = example
        raise refused from lacking


def _example(phrase: str, name: str, lacking: _Lacking) -> str:
    """The first example of the verbs that can be drafted."""
    own = (VERBS.get(verb) for verb in lacking.verbs)
    for offer in dict.fromkeys(offer for verb in own if verb is not None for offer in verb.drafts):
        tried = offer.replace("...", phrase)
        with suppress(NotDrafted):
            _drafted(tried, name)
            return tried
    return ""


def _drafted(phrase: str, name: str) -> Draft:
    """The draft, or NotDrafted without an example in its message."""
    if not 0 < len(phrase.strip()) <= LONGEST or not phrase.isprintable():
        raise NotDrafted(f"a phrase of 1 to {LONGEST} characters is wanted")
    read = read_setting(phrase)
    cast = company(_finite(read.rest), read)
    if not cast.parts and "ego" not in cast.said.split():
        raise NotDrafted(f"no known actor in '{phrase}'; known are {', '.join(WRITTEN)}, and the ego")
    if len(cast.parts) > MOST_PARTS:
        raise NotDrafted(f"{len(cast.parts)} actors in one phrase; at most {MOST_PARTS} are drafted at once")
    for said, left in _shortened(cast.said):
        if left and not _lines(said, cast.parts, split=True):
            break  # only names are left, without an action
        unknown = (*read.unknown, *cast.unknown, *([left] if left else []))
        found = _placed(Sheet(name, phrase, cast.setting, cast.parts, ()), said)
        if isinstance(found, tuple):
            if unknown:
                said = ", ".join(f"'{words}'" for words in unknown)
                raise _Lacking(f"no draft has {said}: leave it out, and write the file by hand", ())
            return Draft(_met(*found).text())
        if found is not None and not left:
            meant = f"'{read.rest}' is understood, and cannot be drafted as it is: {found.found}; wanted {found.wanted}"
            raise _Lacking(meant, found.verbs)
    known = openings()
    verbs = tuple(verb for word in cast.said.split() for verb in sorted(known.get(word, ())))
    raise _Lacking(f"'{read.rest}' is not understood as an action of an actor", verbs)


@dataclass(frozen=True)
class Sheet:
    """A draft file: its sections as text, the actors in order."""

    name: str
    phrase: str
    setting: DraftSetting
    parts: tuple[DraftActor, ...]
    story: tuple[str, ...]
    duration_s: int = 6

    def text(self) -> str:
        """The whole file."""
        values = self.setting.values
        road = ", ".join(f"{key}: {value}" for key, value in _road(values).items())
        light = ", ".join(f"{key}: {values.get(f'environment.{key}', usual)}" for key, usual in _LIGHT.items())
        ego = f"{{lane: {ego_lane(values)}, speed: {ego_speed(values)}, drive: follow, driver: attentive}}"
        actors = "".join(f"  {part.id}: {part.section}\n" for part in self.parts)
        story = "".join(f"  - {line}\n" for line in self.story)
        intent = json.dumps(
            f"{self.phrase.strip()[0].upper()}{self.phrase.strip()[1:].rstrip('.')}.", ensure_ascii=False
        )
        return (
            f"name: {self.name}\n"
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
    if int(said.get("lanes", 2)) > 2:  # a motorway or similar: without oncoming lanes
        usual |= {"opposite_lanes": "0"}
    return usual | said | bend


def _finite(text: str) -> str:
    finite = {participle: word for verb in VERBS.all() for participle, word in verb.participles.items()}
    return " ".join(finite.get(word, word) for word in text.split())


def _shortened(said: str) -> Iterator[tuple[str, str]]:
    """Pairs of a sentence without its last words, and these words: the end may be dropped and reported."""
    words = said.split()
    for end in range(len(words), max(len(words) - 8, 0), -1):
        yield " ".join(words[:end]), " ".join(words[end:])


@dataclass(frozen=True)
class _Refusal:
    """The reason why a story is not possible although it is understood, for the most likely places of its actors."""

    found: str
    wanted: str
    verbs: tuple[str, ...]


def _placed(sheet: Sheet, said: str) -> tuple[Sheet, Scenario] | _Refusal | None:
    """The first placement of the actors with which the file loads, with the phrase as one story line or several.

    Otherwise the reason why it does not load, or None if the grammar does not understand it.
    """
    refusal: _Refusal | None = None
    side_by_side = any(isinstance(clause, Clause) and clause.link == "and" for clause in _clauses(said))
    splits = (True, False) if side_by_side else (False, True)  # each action of "runs and turns back" has its own time
    for story in dict.fromkeys(_lines(said, sheet.parts, split) for split in splits):
        for places in product(*(part.places(sheet.setting) for part in sheet.parts)):
            parts = tuple(replace(part, place=place) for part, place in zip(sheet.parts, places, strict=True))
            tried = replace(sheet, parts=parts, story=story)
            try:
                return tried, loads(tried.text())[0]
            except SpecErrors as error:
                if not _is_read(story):
                    break  # another place does not help the grammar
                refusal = refusal or _refusal(story, error)
    return refusal


def _is_read(story: tuple[str, ...]) -> bool:
    return all(_clauses(line) for line in story)


def _clauses(line: str) -> tuple[Clause | ClauseError, ...]:
    """The clauses that the grammar reads in a line; () if it does not understand the line."""
    try:
        return clauses(join_nouns(line))[1]
    except (TooManyReadings, Unread):
        return ()


def _refusal(story: tuple[str, ...], error: SpecErrors) -> _Refusal | None:
    """The first fault of a story line, unless the line only has a word that names no actor."""
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
    """The story's lines; a clause without an actor continues with the actor mentioned before.

    "A dog and a child run" is a line for each. A last actor without an action is a line that is not understood.
    """
    names, who = {part.id for part in parts} | {"ego"}, ""
    described = {part.id for part in parts if part.said}  # such as parked: it is only in the scene
    lines: list[str] = []
    alike: list[str] = []
    groups = 0
    for clause, joint in _pieces(said) if split else [(said, "")]:
        first = clause.split()[0] if clause.split()[0] != "the" else " ".join(clause.split()[1:2])
        if clause.strip() in names:
            if "and" in joint.split() and clause.strip() not in described:
                alike.append(clause.strip())
            continue
        who, clause = (first, clause) if first in names or not who else (who, f"{who} {clause}")
        when_s = _SOONEST_S + _APART_S * groups
        together = [clause.replace(first, name, 1) for name in alike] if first in names else []
        lines += [c if _SAYS_WHEN.search(c) else _timed(c, when_s) for c in (*together, clause)]
        alike = alike if not together else []
        groups += 1
    return (*lines, *(alike if lines else ()))


def _pieces(said: str) -> list[tuple[str, str]]:
    """The clauses of a sentence, each with what joins it to the next one."""
    joints = [*_NEXT.finditer(said)]
    begins = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(said)]
    words = [*(joint[0] for joint in joints), ""]
    return [(said[i:j], word) for i, j, word in zip(begins, ends, words, strict=True) if said[i:j]]


def _timed(clause: str, t_s: float) -> str:
    """Puts the time before a chain of actions: after it, it would belong to the last one."""
    return f"after {t_s:g} s, {clause}" if _NEXT.search(clause) else f"{clause} after {t_s:g} s"


def _met(sheet: Sheet, scenario: Scenario) -> Sheet:
    """Places every crossing actor so that it meets the ego if the ego does not brake."""
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
    except SpecErrors:  # the place is occupied
        return sheet
    return moved


def _without_ego(scenario: Scenario) -> Scenario:
    """The scenario for measuring a crossing: long enough for a slow pedestrian, with a standing ego."""
    ego, *others = scenario.placed
    stands = replace(ego, behaviour=HoldSpeed(0.0), speed_mps=0.0)
    events = tuple(event for event in scenario.events if event.actor != "ego")
    return replace(scenario, placed=(stands, *others), events=events, duration_s=12.0)
