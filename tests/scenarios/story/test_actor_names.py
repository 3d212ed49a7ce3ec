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
        ("slow", "{name} brakes after 1 s", "slow-car"),
        ("brakes", "{name} brakes after 1 s", "brakes-car"),
        ("the", "{name} brakes after 1 s", "the-car"),
        ("then", "{name} brakes after 1 s", "then-car"),
        ("when", "{name} brakes after 1 s", "when-car"),
        ("two", "{name} brakes after 1 s", "two-car"),
        ("gap", "van brakes when {name} stands still", "gap-car"),
        ("two", "van brakes after {name} is in lane 0", "two-car"),
    ],
)
def test_an_id_that_a_line_cannot_have_is_refused_where_it_is_declared(name, line, offer):
    (fault,) = refusals(name, line)
    assert fault.where == f"actors.{name}"
    assert f"the id '{name}', which is a word of story lines" in fault.found
    assert line.format(name=name)[:30] in fault.found
    assert f"another id, such as {offer}" in fault.wanted
    assert read(offer, line).events


def test_an_id_that_is_none_is_refused_for_that_alone():
    faults = refusals("Slow Car", "Slow Car brakes after 1 s")
    assert [fault.where for fault in faults if "a word of story lines" in fault.found] == []
    assert "letters a-z" in faults[0].wanted


def test_it_is_said_once_for_all_lines():
    faults = refusals("slow", "slow brakes after 1 s", "slow cuts out after 3 s", "slow explodes", "van cuts in")
    assert [fault.where for fault in faults] == ["actors.slow", "story.2"]


def test_a_line_that_can_be_read_in_two_ways_is_refused():
    (fault,) = refusals("then", "van brakes after 1 s", "then brakes hard")
    assert fault.where == "actors.then" and "'then brakes hard'" in fault.found


@pytest.mark.parametrize("name", ["slow", "the", "then", "brakes", "when", "it", "gap", "left"])
def test_where_nothing_is_ambiguous_such_an_id_goes_on_working(name):
    structured = "{{actor: {name}, when: {{after: 1 s}}, do: {{brake: {{decel: 4 m/s^2}}}}}}"
    assert read(name, structured).events[0].actor == name
    assert len(read(name, structured, "van slows down to 20 km/h, then it changes lane to the left").events) == 3
    assert read("slow", "slow-down: van cuts in after 1 s", "the slow cuts out when slow-down has ended").events


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
