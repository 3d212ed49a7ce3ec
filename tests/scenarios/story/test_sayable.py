"""The page of phrases: it equals the grammar, and all its phrases are parsed."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path

import pytest

from scenarios.compiler.compile import cast_of
from scenarios.compiler.compile_story import read_story
from scenarios.events.action_spec import Do
from scenarios.load import loads
from scenarios.model.driver_models import DRIVERS
from scenarios.source.errors import SpecErrors
from scenarios.source.yaml_document import parse_document
from scenarios.spec.trigger_spec import When
from scenarios.story.all_readings import TooManyReadings, Unread
from scenarios.story.examples import PHRASES
from scenarios.story.parse_tree import Clause, ClauseError, clauses
from scenarios.story.phrase_catalog import SLOTS, openings, page, sentences, verb_of, verbs, words
from scenarios.story.trigger_phrases import AWAY

PAGE = Path(__file__).resolve().parents[3] / "docs" / "phrases.md"
SAID = [phrase.format(a="lead", b="truck", c="crate").lower() for phrase in PHRASES]


def test_the_page_in_the_docs_is_the_generated_one():
    assert PAGE.read_text() == page(), "run: nearmiss explain --phrases > docs/phrases.md"


def test_every_published_word_is_parsed_in_its_place():
    tried = list(sentences())
    assert len(tried) > 2000
    strange = []
    for rule, sentence in tried:
        try:
            if rule != "when" and verb_of(sentence) != rule:
                strange.append(sentence)
        except (TooManyReadings, Unread):
            strange.append(sentence)
    assert strange == []


def test_every_verb_has_an_example_and_every_action_and_trigger_a_verb():
    assert {verb_of(phrase) for phrase in SAID} >= set(verbs()) - {"emergency", "change_speed"}
    told = [clause for phrase in SAID for clause in clauses(phrase)[1]]
    assert all(isinstance(clause, Clause) for clause in told)
    assert {clause.verb for clause in told} == set(Do.model_fields)
    keys = {clause.when.key for clause in told if clause.when is not None}
    assert keys - {AWAY} == set(When.model_fields)  # "2 s away" is a headway or a TTC


def test_the_grammar_knows_every_driver():
    assert set(words("DRIVER")) == set(DRIVERS)


def test_every_sentence_gives_a_clause_or_states_what_is_missing():
    for rule, sentence in sentences():
        assert all(isinstance(said, Clause | ClauseError) for said in clauses(sentence)[1]), (rule, sentence)


def test_verbs_are_recognised_by_their_first_word():
    assert openings()["skids"] == {"lose_control"}
    assert "cut_in" in openings()["changes"] and "change_lane" in openings()["changes"]


@pytest.mark.parametrize("phrase", SAID)
def test_every_example_is_on_the_page(phrase):
    assert phrase in " ".join(page().split())


# -- what is published is accepted ---------------------------------------------------------------------------------

FILLED = """\
name: filled
intent: Every phrase is said here.
duration: 12 s
road: ROAD
ego: {lane: 1, speed: 40 km/h, drive: follow}
actors:
  red: {kind: car, lane: 1, ahead: 15 m, speed: 50 km/h}
  bus: {kind: bus, lane: 1, ahead: 60 m, speed: 30 km/h}
  side: {kind: car, lane: 2, ahead: 5 m, speed: 50 km/h}
  far: {kind: car, lane: 0, ahead: 150 m, speed: 50 km/h}
  parked: {kind: van, side: right, ahead: 30 m, offset: 0.5 m}
  walker: {kind: pedestrian, side: left, ahead: 55 m, offset: 1 m}
ACTOR
story:
STORY
"""
ROADS = {
    "turn stop_at_line run_red_light": "{lanes: 3, junction: {at: 90 m, signals: [{along: red}]}}",
    "take_exit": "{lanes: 1, opposite_lanes: 1, roundabout: {at: 90 m}}",
    "merge": "{lanes: 3, ramp: {joins: 100 m}}",
}  # fmt: skip
# Who can do it, and what must be in the file besides; all others are done by a car in the ego's lane.
WHO = {
    "cut_in": "side", "cross": "walker", "turn_back": "walker", "open_door": "parked", "pull_out": "parked",
    "appear": "far", "reverse": "parked",
}  # fmt: skip
ACTORS = {
    "merge": ("joins", "{kind: car, road: ramp, before: 20 m, speed: 50 km/h}"),
    "step_out": ("child", "{kind: child}"),
    "drop": ("crate", "{kind: crate}"),
}
QUANTITIES = ("2 s", "2 m", "35 km/h", "65 km/h", "2 m/s^2", "30 deg")
FILLS = ("the ego", "first", "parked", "bus", "crate", "red", "side")
CONDITIONAL = ("wait", "when")  # many, and no road decides whether they are accepted


def _file(rule: str, story: list[str]) -> str:
    road = next((road for rules, road in ROADS.items() if rule in rules.split()), "{lanes: 3, opposite_lanes: 3}")
    name, section = ACTORS.get(rule, ("", ""))
    text = FILLED.replace("ROAD", road).replace("ACTOR", f"  {name}: {section}" if name else "")
    if rule == "take_exit":
        text = re.sub(r"\blane: [12]", "lane: 0", re.sub("  (bus|side|far|parked|walker): .*\n", "", text))
    return text.replace("STORY", "\n".join(f"- {line}" for line in story))


POINT = SLOTS["path_point"][1]
CAST = cast_of(parse_document(_file("when", [])).data)


def _fillings(rule: str, shape: str) -> Iterator[str]:
    """A published phrase with actors, events and quantities in its places."""
    who = WHO.get(rule) or (ACTORS[rule][0] if rule in ("merge", "step_out") else "red")
    shape = shape.replace(f"{POINT} {POINT}", f"{POINT} (2 s, 20 m, 0 m)").replace(POINT, "(1 s, 8 m, 0 m)")
    parts = re.split(r"\b(lead|10 m)\b", shape.removeprefix("lead"))
    slots = [i for i, part in enumerate(parts) if part in ("lead", "10 m")]
    for fills in product(*(FILLS if parts[i] == "lead" else QUANTITIES for i in slots)):
        filled = dict(zip(slots, fills, strict=True))
        line = who + "".join(filled.get(i, part) for i, part in enumerate(parts))
        yield f"walker crosses the road at 4 km/h and then {line}" if rule == "turn_back" else line


def _accepted(rule: str, line: str) -> bool:
    story = ["first: ego brakes at 1 m/s^2 until 30 km/h after 0.5 s", line]
    if rule in CONDITIONAL:
        return not read_story(story, CAST, 12.0)[1]
    try:
        return bool(loads(_file(rule, story)))
    except SpecErrors:
        return False


@lru_cache(maxsize=1)
def _shapes() -> dict[str, str]:
    """Every published phrase, with one word for each of its words; of joined conditions the first few."""
    said = {shape: rule for rule, shape in sentences(every_word=False)}
    joined = [shape for shape in said if re.search(r" (and|or) gap below 10 m", shape)]
    joined += [shape for shape in said if re.search(r"gap below 10 m (and|or) ", shape)]
    return {shape: rule for shape, rule in said.items() if shape not in joined or shape in joined[::40]}


@pytest.mark.parametrize("rule", [*verbs(), "when"])
def test_every_published_phrase_can_be_filled_in_so_that_it_is_accepted(rule):
    shapes = [shape for shape, own in _shapes().items() if own == rule]
    assert shapes
    assert [shape for shape in shapes if not any(_accepted(rule, line) for line in _fillings(rule, shape))] == []
