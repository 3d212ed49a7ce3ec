"""Ids of actors that are words of the grammar: refused where a line cannot be read because of them, and only there."""

import pytest

from scenarios.load import loads
from scenarios.source.errors import SpecErrors

FILE = """\
name: names
intent: An actor is called after a word of the grammar.
road: {{lanes: 3, opposite_lanes: 1}}
ego: {{lane: 1, speed: 40 km/h, drive: follow}}
actors:
  {name}: {{kind: car, lane: 1, ahead: 15 m, speed: 50 km/h}}
  van: {{kind: van, lane: 2, ahead: 5 m, speed: 50 km/h}}
story:
{story}
"""


def read(name: str, *lines: str):
    return loads(FILE.format(name=name, story="".join(f"  - {line.format(name=name)}\n" for line in lines)))[0]


def refusals(name: str, *lines: str):
    with pytest.raises(SpecErrors) as caught:
        read(name, *lines)
    return caught.value.faults


@pytest.mark.parametrize(
    ("name", "line", "offer"),
    [
        ("the", "{name} brakes after 1 s", "the-car"),
        ("a", "{name} brakes after 1 s", "a-car"),
        ("it", "{name} brakes after 1 s", "it-car"),
        ("second", "the {name} brakes after 1 s", "second-car"),
        ("him", "van brakes after {name} is in lane 0", "him-car"),
    ],
)
def test_an_id_with_another_meaning_is_refused_in_the_line_that_uses_it(name, line, offer):
    (fault,) = refusals(name, line)
    assert fault.where == "story.0"
    assert f"another id for the actor '{name}', whose id is a word of story lines: such as {offer}" in fault.wanted
    assert f"structured: {{actor: {name}" in fault.wanted
    assert read(offer, line).events


@pytest.mark.parametrize("name", ["slow", "brakes", "when", "two", "gap", "left", "lane"])
@pytest.mark.parametrize("line", ["{name} brakes after 1 s", "van brakes when {name} stands still"])
def test_a_word_of_the_grammar_is_an_id_where_the_line_has_one_meaning(name, line):
    (event,) = read(name, line).events
    assert name in (event.actor, getattr(event.when, "of", None))


def test_a_line_that_can_be_read_in_two_ways_is_refused_with_both():
    (fault,) = refusals("then", "van brakes after 1 s", "then brakes hard")
    assert fault.where == "story.1" and "'then brakes hard'" in fault.found
    assert "one meaning: this may be" in fault.wanted and "van {brake" in fault.wanted and "then {brake" in fault.wanted


KINDS = """\
name: kinds
intent: Ids and kinds do not agree.
road: {{lanes: 2, opposite_lanes: 1}}
ego: {{lane: 0, speed: 50 km/h, drive: follow}}
actors:
  truck: {{kind: car, lane: 0, ahead: 20 m, speed: 50 km/h}}
  other: {{kind: truck, lane: 1, ahead: 20 m, speed: 50 km/h}}
story:
  - "{line}"
"""


def test_an_id_that_is_the_kind_of_another_actor_is_refused_with_an_article():
    with pytest.raises(SpecErrors, match="'the truck' may be the actor truck, a car, or other"):
        loads(KINDS.format(line="the truck brakes hard after 1 s"))
    assert loads(KINDS.format(line="truck brakes hard after 1 s"))[0].events[0].actor == "truck"


def test_an_id_that_is_none_is_refused_for_that_alone():
    faults = refusals("Slow Car", "Slow Car brakes after 1 s")
    assert "letters a-z" in faults[0].wanted


@pytest.mark.parametrize("name", ["slow", "the", "then", "brakes", "when", "gap", "left"])
def test_where_nothing_is_ambiguous_such_an_id_goes_on_working(name):
    structured = "{{actor: {name}, when: {{after: 1 s}}, do: {{brake: {{decel: 4 m/s^2}}}}}}"
    assert read(name, structured).events[0].actor == name
    assert len(read(name, structured, "van slows down to 20 km/h, then it changes lane to the left").events) == 3
    assert read("slow", "slow-down: van cuts in after 1 s", "the slow cuts out when slow-down has ended").events


def test_a_name_of_an_event_is_no_name_of_an_actor():
    assert read("two", "one: van brakes after 1 s", "two cuts out 1 s after one has ended").events[1].actor == "two"


@pytest.mark.parametrize(
    "name", ["fast", "next", "ego-1", "left", "lane", "third", "thenardier", "two-wheeler", "afterwards-1"]
)
def test_an_id_that_lines_can_have_is_understood(name):
    lines = (
        "{name} brakes after 1 s",
        "van brakes after {name} is in lane 0",
        "van slows down to 20 km/h at the start",
    )
    assert {event.actor for event in read(name, *lines).events} == {name, "van"}
