"""A street for tests of the story language, and helpers that compile story lines on it."""

from dataclasses import fields, is_dataclass

import pytest

from scenarios.load import loads
from scenarios.scenario import Event, Scenario
from scenarios.source.errors import SpecErrors

STREET = """
name: street
intent: Everyone is here.
road: {{lanes: 3, opposite_lanes: 1}}
ego: {{lane: 1, speed: 40 km/h, drive: follow}}
actors:
  lead: {{kind: car, lane: 1, ahead: 15 m, speed: 50 km/h}}
  van: {{kind: van, lane: 2, ahead: 5 m, speed: 50 km/h}}
  tail: {{kind: car, lane: 1, behind: 12 m, speed: 40 km/h}}
  bus: {{kind: bus, lane: oncoming 0, ahead: 110 m, speed: 30 km/h}}
  truck: {{kind: truck, side: right, ahead: 25 m, offset: 0.5 m}}
  lorry-2: {{kind: truck, lane: 0, ahead: 60 m, speed: 40 km/h}}
  crate: {{kind: barrier, size: [0.8 m, 0.8 m, 0.6 m]}}
  rider: {{kind: cyclist, side: left, ahead: 40 m, offset: 1 m}}
  walker: {{kind: pedestrian, side: right, ahead: 45 m, offset: 1 m, speed: 4 km/h}}
  second-walker: {{kind: pedestrian, side: left, ahead: 55 m, offset: 1 m}}
  child: {{kind: child}}
story:
  - hide: the child steps out from behind the truck after 5.9 s
  - load: lorry-2 drops crate after 5.8 s
{story}
"""
HIDDEN = {"hide", "load"}  # the two lines that place child and crate


def street(*lines: str, text: str = STREET) -> Scenario:
    """The scenario of these story lines."""
    (scenario,) = loads(text.format(story="".join(f"  - {line}\n" for line in lines)))
    return scenario


def events(*lines: str) -> tuple[Event, ...]:
    """The events of story lines, in the order of the file."""
    told = [event for event in street(*lines).events if event.name not in HIDDEN]
    return tuple(sorted(told, key=lambda e: int(e.name.split("-")[1]) if e.name.startswith("event-") else 0))


def refusal(*lines: str) -> str:
    """The message for story lines that are refused."""
    with pytest.raises(SpecErrors) as caught:
        street(*lines)
    assert all(fault.where.startswith("story.") for fault in caught.value.faults)
    return str(caught.value)


def same(one: object, other: object) -> bool:
    """Whether two events, or parts of them, have the same meaning, apart from the events' names."""
    if isinstance(one, float):
        return other == pytest.approx(one, abs=1e-8)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Event):
        return isinstance(other, Event) and all(
            same(getattr(one, k), getattr(other, k)) for k in ("actor", "when", "do")
        )
    if is_dataclass(one):
        names = [field.name for field in fields(one) if field.compare]  # not what a line left open
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)
    return one == other
