"""Round trip: structured events are printed in English that is parsed to the same events, for every kind of them."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.authoring.explain import told
from scenarios.event_text import sentence
from scenarios.load import loads
from scenarios.model.driver_models import DRIVERS
from scenarios.model.sides import Side
from scenarios.model.triggers import AllOf, AnyOf, Single
from scenarios.scenario import (
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    Event,
    Follow,
    HasPassed,
    HoldSpeed,
    InLane,
    LaneRef,
    Trigger,
)
from scenarios.verbs import VERBS
from scenarios.verbs.crossing.cross import Cross
from scenarios.verbs.crossing.step_out import StepOut
from scenarios.verbs.crossing.turn_back import TurnBack
from scenarios.verbs.junction.merge import Merge
from scenarios.verbs.junction.run_red_light import RunRed
from scenarios.verbs.junction.stop_at_line import StopAtLine
from scenarios.verbs.junction.take_exit import TakeExit
from scenarios.verbs.junction.turn import TurnAt
from scenarios.verbs.lateral.follow_trajectory import DriveTrajectory
from scenarios.verbs.lateral.lane_changes import ChangeLane, CutIn, CutOut
from scenarios.verbs.lateral.lose_control import LoseControl
from scenarios.verbs.lateral.offset import LaneOffset
from scenarios.verbs.lateral.overtake import Overtake
from scenarios.verbs.lateral.pull_out import PullOut
from scenarios.verbs.lateral.turn_around import TurnAround
from scenarios.verbs.longitudinal.brake import Brake, BrakeHardest
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed, Profile
from scenarios.verbs.longitudinal.reverse import Reverse
from scenarios.verbs.longitudinal.stop import Stop
from scenarios.verbs.longitudinal.wait import Wait
from scenarios.verbs.scene.drop import Drop
from scenarios.verbs.scene.open_door import OpenDoor
from scenarios.verbs.scene.scene_edge import Appear, Disappear
from tests.scenarios.street import STREET, events, same, street


def _between(least: float, most: float) -> st.SearchStrategy[float]:
    """Usual and unusual numbers."""
    return st.floats(least, most).flatmap(lambda x: st.sampled_from([round(x, 2), round(x, 6)]))


ON_FOOT, RIDDEN = _between(1, 12), _between(1, 24)  # m/s: a walker and a rider have limits
SPEED, RATE, TIME, LENGTH = _between(1, 40), _between(0.2, 11), _between(0.2, 50), _between(1, 200)
WITHIN = st.tuples(st.none(), TIME) | st.tuples(RATE, st.none())
LANES = st.builds(LaneRef, st.sampled_from([0, 2]), st.just(False)) | st.just(LaneRef(0, True))
MAYBE_TIME, MAYBE_LENGTH = st.none() | TIME, st.none() | LENGTH
CARS = st.sampled_from(["lead", "van", "lorry-2"])
POINT = st.tuples(_between(0.5, 3), _between(1, 30), _between(-3, 3))


def _rising(points) -> tuple[tuple[float, float, float], ...]:
    times = [round(sum(p[0] for p in points[: i + 1]), 6) for i in range(len(points))]
    return tuple((t, x, y) for t, (_, x, y) in zip(times, points, strict=True))


DOES: dict[type, st.SearchStrategy] = {
    HoldSpeed: st.builds(HoldSpeed, SPEED, MAYBE_TIME),
    Follow: st.builds(Follow, SPEED, st.sampled_from(sorted(DRIVERS)), MAYBE_TIME),
    Brake: st.builds(Brake, RATE, st.just(0.0) | _between(0.5, 9)),
    BrakeHardest: st.builds(BrakeHardest, st.just(0.0) | _between(0.5, 9)),
    ChangeSpeed: st.builds(lambda v, p, rw: ChangeSpeed(v, rw[0], p, rw[1]), SPEED, st.sampled_from(Profile), WITHIN),
    Stop: st.builds(Stop, st.none(), LENGTH, st.just(0.0) | TIME) | st.builds(Stop, RATE, st.none(), TIME),
    Reverse: st.builds(Reverse, _between(0.2, 2.9), MAYBE_LENGTH),
    CutIn: st.builds(CutIn, TIME),
    CutOut: st.builds(CutOut, st.none() | st.sampled_from(Side), TIME),
    ChangeLane: st.builds(ChangeLane, st.sampled_from(Side) | LANES, TIME),
    LaneOffset: st.builds(LaneOffset, _between(-2, 2), TIME),
    Cross: st.builds(Cross, ON_FOOT),
    StepOut: st.builds(StepOut, st.just("truck"), RIDDEN, st.booleans()),
    PullOut: st.builds(PullOut, SPEED),
    Merge: st.builds(Merge, TIME, st.booleans()),
    TakeExit: st.builds(TakeExit, st.integers(1, 4)),
    DriveTrajectory: st.builds(DriveTrajectory, st.lists(POINT, min_size=1, max_size=6).map(_rising)),
    LoseControl: st.builds(LoseControl, _between(0.2, 12) | _between(-12, -0.2)),
    Drop: st.builds(Drop, st.just("crate"), _between(0, 4)),
    TurnAt: st.builds(TurnAt, st.sampled_from(Side)),
    StopAtLine: st.builds(StopAtLine, RATE),
    RunRed: st.just(RunRed()),
    Overtake: st.builds(Overtake, st.just("lorry-2"), st.just(Side.LEFT), _between(12, 40), _between(1, 99)),
    TurnAround: st.just(TurnAround()),
    OpenDoor: st.builds(OpenDoor, st.none() | st.sampled_from(Side)),
    TurnBack: st.builds(TurnBack, st.none() | ON_FOOT),
    Appear: st.just(Appear()),
    Disappear: st.just(Disappear()),
}
WHEN: dict[type, st.SearchStrategy] = {
    After: st.builds(After, st.just(0.0) | _between(0, 5.8)),
    AfterEvent: st.builds(AfterEvent, st.just("hide"), st.just(0.0) | TIME),
    AtGap: st.builds(AtGap, CARS, st.sampled_from(["ego", "bus"]), LENGTH, st.booleans()),
    AtTTC: st.builds(AtTTC, st.just("ego"), CARS, TIME),
    AtHeadway: st.builds(AtHeadway, CARS, st.just("ego"), TIME, st.booleans()),
    AtSpeed: st.builds(AtSpeed, CARS, SPEED, st.booleans()),
    AtStandstill: st.builds(AtStandstill, CARS),
    AfterDistance: st.builds(AfterDistance, CARS, LENGTH),
    AtPlace: st.builds(AtPlace, CARS, _between(-200, 900)),
    InLane: st.builds(InLane, CARS, LANES),
    HasPassed: st.builds(HasPassed, CARS, st.just("truck")),
}
SINGLE = st.one_of(*WHEN.values())
WHEN[AllOf] = st.lists(SINGLE, min_size=2, max_size=4).map(tuple).map(AllOf)
WHEN[AnyOf] = st.lists(SINGLE | st.lists(SINGLE, min_size=2, max_size=3).map(tuple).map(AllOf),
                       min_size=2, max_size=2).map(tuple).map(AnyOf)  # fmt: skip
DOES[Wait] = st.builds(Wait, TIME, st.none()) | st.builds(Wait, st.none(), SINGLE)
WHO = {
    Cross: "walker", StepOut: "rider", Appear: "bus", Reverse: "truck", CutIn: "van", Drop: "lorry-2", CutOut: "lead",
    PullOut: "truck", Overtake: "pickup", OpenDoor: "pickup", TurnAround: "lorry-2", TurnBack: "walker",
}  # fmt: skip


JUNCTION = "{{at: 140 m, signals: [{{along: green, for: 4 s}}, {{along: red}}]}}"


RAMP = ("lead: {{kind: car, lane: 1, ahead: 15 m", "lead: {{kind: car, road: ramp, before: 20 m")
RING = """
name: ring
intent: Somebody drives through it.
road: {{lanes: 1, opposite_lanes: 1, roundabout: {{at: 90 m}}}}
ego: {{lane: 0, speed: 40 km/h, drive: follow}}
actors: {{lead: {{kind: car, lane: 0, ahead: 15 m, speed: 40 km/h}}}}
story:
{story}
"""


def test_every_action_and_trigger_is_tested():
    assert set(DOES) == {action for verb in VERBS.all() for action in verb.actions}
    assert set(WHEN) == set(get_args(Trigger))
    assert set(get_args(Single)) | {AllOf, AnyOf} == set(WHEN)


def _read_back(event: Event) -> Event:
    text = RING if isinstance(event.do, TakeExit) else STREET
    if isinstance(event.do, Merge):
        text = text.replace("opposite_lanes: 1", "opposite_lanes: 1, ramp: {{joins: 100 m}}").replace(*RAMP)
    if isinstance(event.do, Drop):
        text = text.replace("  - load: lorry-2 drops crate after 5.8 s\n", "")
    if isinstance(event.do, TurnAt | StopAtLine | RunRed):
        text = text.replace("opposite_lanes: 1", f"opposite_lanes: 1, junction: {JUNCTION}")
    if isinstance(event.do, Overtake):  # the overtaken actor must be ahead in the same lane
        text = text.replace("  crate:", "  pickup: {{kind: car, lane: 0, ahead: 30 m, speed: 36 km/h}}\n  crate:")
    if isinstance(event.do, OpenDoor):
        text = text.replace("  crate:", "  pickup: {{kind: car, side: right, ahead: 80 m, offset: 0.5 m}}\n  crate:")
    if isinstance(event.do, TurnAround):
        text = text.replace("lanes: 3, opposite_lanes: 1", "lanes: 3, opposite_lanes: 3")
    if isinstance(event.do, TurnBack):
        text = text.replace("{story}", "  - go: walker crosses the road at the start\n{story}")
    if isinstance(event.do, StepOut):  # an actor that steps out must be hidden from the ego at the start
        text = text.replace("side: left, ahead: 40 m, offset: 1 m", "side: right, ahead: 38.5 m, offset: 2 m")
    found = [e for e in street(sentence(event), text=text).events if e.name not in ("hide", "load", "go")]
    assert len(found) == 1
    return found[0]


@settings(max_examples=8, deadline=None)
@given(st.data())
@pytest.mark.parametrize("kind", DOES, ids=lambda kind: kind.__name__)
def test_every_action_is_parsed_again_from_its_english(kind, data):
    event = Event(WHO.get(kind, "lead"), After(0.25), data.draw(DOES[kind]))
    assert same(_read_back(event), event)


@settings(max_examples=8, deadline=None)
@given(st.data())
@pytest.mark.parametrize("kind", WHEN, ids=lambda kind: kind.__name__)
def test_every_trigger_is_parsed_again_from_its_english(kind, data):
    event = Event("lead", data.draw(WHEN[kind]), HoldSpeed(10.0))
    assert same(_read_back(event), event)


STRUCTURED = """
  - {id: slow, actor: lead, when: {gap: {to: truck, below: 20 m}}, do: {brake: {decel: hardest, until: 20 km/h}}}
  - {actor: lead, when: {ended: slow}, do: {change_lane: {to: left, within: 3 s}}}
  - {actor: lead, when: {ended: {event: event-4, after: 0.5 s}}, do: {change_speed: {to: 50 km/h, profile: smooth}}}
  - {actor: van, when: {headway: {of: van, to: bus, above: 2 s}}, do: {offset: {to: -0.4 m}}}
  - {actor: ego, when: {ttc: {below: 1.5 s}}, do: {stop: {within: 20 m, for: 1 s}}}
  - {actor: van, when: {passed: truck}, do: {lose_control: {turn: 120 deg, to: right}}}
  - {actor: truck, when: {standstill: lead}, do: {reverse: {distance: 5 m}}}
  - {actor: bus, when: {in_lane: {of: van, lane: 1}}, do: appear}
  - {actor: tail, when: {speed: {of: ego, below: 20 km/h}}, do: {cut_out: {within: 3 s}}}
  - {actor: tail, when: {travelled: {of: ego, distance: 90 m}}, do: {follow_trajectory: {points: [[2 s, 9 m, 1 m]]}}}
"""


def test_the_story_that_explain_prints_is_a_valid_story_with_the_same_meaning():
    written = STREET.format(story=STRUCTURED.strip("\n"))
    (scenario,) = loads(written)
    lines = [line for line in told((scenario,)).splitlines() if line.startswith("  - ")]
    spoken = written[: written.index("story:\n")] + "story:\n" + "\n".join(lines) + "\n"
    (again,) = loads(spoken)
    assert again.id == scenario.id
    assert {e.name for e in again.events} >= {"slow", "event-4"}
    assert len(lines) == len(scenario.events) == 12


def test_the_names_of_events_do_not_change_a_scenario():
    one, other = street("slow: lead brakes", "van cuts in when slow has ended"), street(
        "lead brakes", "van cuts in when event-3 has ended"
    )  # fmt: skip
    assert one.id == other.id
    assert replace(one.events[0], name="") == replace(other.events[0], name="")


def test_numbers_keep_all_digits_that_an_id_depends_on():
    event = Event("lead", After(1.234567891), Brake(3.987654321, 4.123456789))
    (again,) = events(sentence(event))
    assert again.when.t_s == event.when.t_s
    assert again.do.decel_mps2 == event.do.decel_mps2
    assert again.do.until_mps == pytest.approx(event.do.until_mps, abs=1e-9)
