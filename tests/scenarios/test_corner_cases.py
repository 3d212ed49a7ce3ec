"""Corner cases as a test engineer tells them, each in a few lines: what is told happens, where and when it is told."""

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate

CASES = {
    "dooring": """\
name: dooring
intent: The door of a parked car opens; a cyclist ahead of the ego swerves round it and comes back.
duration: 8 s
road: {lanes: 1, opposite_lanes: 1}
ego: {lane: 0, speed: 30 km/h, drive: follow}
actors:
  parked: {kind: car, side: right, ahead: 45 m, offset: 0.2 m}
  rider: {kind: cyclist, lane: 0, ahead: 20 m, offset: -1 m, speed: 18 km/h}
story:
  - the parked car opens its left door when the rider is 13 m away
  - rider swerves 1.6 m to the left 11 m before reaching parked and comes back
expect: {collision: allowed}
""",
    "fire-engine": """\
name: fire-engine
intent: The car in front cuts out and uncovers a fire engine that stands half in the lane.
duration: 8 s
road: {lanes: 3}
ego: {lane: 2, speed: 90 km/h, drive: follow}
actors:
  lead: {kind: car, lane: 2, ahead: 35 m, speed: 90 km/h}
  fire: {kind: fire engine, lane: 2, ahead: 140 m, offset: 1.2 m, speed: 0 km/h}
story:
  - the car in front cuts out to the right 40 m before reaching the fire engine
expect: {collision: allowed}
""",
    "left-across": """\
name: left-across
intent: An oncoming car turns left in front of the ego, past a bus that stands beside it.
duration: 7 s
road: {lanes: 2, opposite_lanes: 2, junction: {at: 55 m, arms: both, signals: [{along: green}]}}
ego: {lane: 1, speed: 50 km/h, drive: follow}
actors:
  turner: {kind: car, lane: oncoming, ahead: 70 m, speed: 30 km/h}
  bus: {kind: bus, lane: oncoming 1, ahead: 75 m, speed: 0 km/h}
story:
  - the oncoming car turns left across the ego's path
expect: {collision: allowed}
""",
    "red-light": """\
name: red-light
intent: A van runs the red light from the left while the ego has green.
duration: 6 s
road: {lanes: 2, opposite_lanes: 2, junction: {at: 60 m, arms: both, signals: [{along: green}]}}
environment: {time: night, weather: rain}
ego: {lane: 0, speed: 50 km/h, drive: follow}
actors:
  van: {kind: van, road: cross, from: left, before: 50 m, speed: 50 km/h}
story:
  - the van drives through the red light
expect: {collision: allowed}
""",
    "rescue-lane": """\
name: rescue-lane
intent: An ambulance comes up between the lanes, and the cars in front of the ego move apart.
duration: 9 s
road: {lanes: 2}
environment: {time: night, weather: rain}
ego: {lane: 0, speed: 30 km/h, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 12 m, speed: 30 km/h}
  left: {kind: car, lane: 1, ahead: 10 m, speed: 30 km/h}
  ambulance: {kind: ambulance, lane: 1, behind: 40 m, speed: 55 km/h}
story:
  - lead moves 0.7 m to the right after 1 s
  - left moves 0.7 m to the left after 1 s
  - the ego moves 0.7 m to the right after 1 s
  - the ambulance drifts 1.7 m to the right when it is 20 m behind the ego
expect: {collision: allowed}
""",
    "right-hook": """\
name: right-hook
intent: The ego turns right; a cyclist beside it, whom a parked van hid before, goes straight on.
duration: 9 s
road: {lanes: 1, opposite_lanes: 1, lane_width: 4.5 m, junction: {at: 60 m, arms: both}}
ego: {lane: 0, speed: 30 km/h, drive: hold speed}
actors:
  van: {kind: van, side: right, ahead: 22 m, offset: 0.3 m}
  rider: {kind: cyclist, lane: 0, ahead: 16 m, offset: -1.6 m, speed: 18 km/h}
story:
  - the ego turns right at the junction
  - rider holds its speed
expect: {collision: allowed}
""",
    "roundabout": """\
name: roundabout
intent: A van enters the roundabout in front of the ego.
duration: 8 s
road: {lanes: 1, opposite_lanes: 1, roundabout: {at: 60 m}}
environment: {time: dusk, weather: rain}
ego: {lane: 0, speed: 35 km/h, drive: hold speed}
actors:
  van: {kind: van, road: cross, from: left, before: 15 m, speed: 35 km/h}
story:
  - the van takes the second exit
  - the ego takes the second exit
expect: {collision: allowed}
""",
    "school-bus": """\
name: school-bus
intent: Two children come out from in front of a school bus, one after the other.
duration: 8 s
road: {lanes: 1, opposite_lanes: 1, bus_stops: [{at: 50 m, kind: kerb}]}
environment: {weather: snow}
ego: {lane: 0, speed: 30 km/h, drive: follow}
actors:
  bus: {kind: school bus, at: bus stop}
  anna: {kind: child}
  ben: {kind: child, side: right, ahead: 58 m, offset: 0.2 m}
story:
  - anna runs out in front of the bus at 9 km/h after 1 s
  - ben runs across the road at 9 km/h 1.5 s later
expect: {collision: allowed}
""",
    "scooter": """\
name: scooter
intent: An e-scooter shoots off the pavement in front of the ego.
duration: 6 s
road: {lanes: 1, opposite_lanes: 1, zebras: [50 m]}
environment: {time: dusk}
ego: {lane: 0, speed: 40 km/h, drive: follow}
actors:
  scooter: {kind: e-scooter, side: right, ahead: 46 m, offset: 3 m}
story:
  - the e-scooter crosses the road in front of the ego at 20 km/h after 1 s
expect: {collision: allowed}
""",
    "tyre-tread": """\
name: tyre-tread
intent: A truck ahead loses a tyre tread at night; the ego follows fast.
duration: 7 s
road: {lanes: 3, lane_width: 3.75 m}
environment: {time: night}
ego: {lane: 1, speed: 110 km/h, drive: follow}
actors:
  truck: {kind: truck, lane: 1, ahead: 55 m, speed: 85 km/h}
  tread: {kind: tyre}
story:
  - the truck loses its tread from 0.5 m after 1.5 s
expect: {collision: allowed}
""",
}
STREET = """
name: places
intent: An action has a place relative to another actor.
duration: 8 s
road: {{lanes: 2, opposite_lanes: 1}}
ego: {{lane: 0, speed: 50 km/h, drive: hold speed}}
actors:
  lead: {{kind: car, lane: 0, ahead: 30 m, speed: 50 km/h}}
  van: {{kind: van, lane: 1, {place}}}
  walker: {{kind: pedestrian, side: right, ahead: 60 m, offset: 0.6 m}}
story: ["{line}"]
"""


def rolled(text: str) -> Rollout:
    return simulate(loads(text)[0])


def told(rollout: Rollout) -> list[str]:
    return [why.why for why in rollout.unfired]


@pytest.mark.parametrize("name", CASES)
def test_a_corner_case_happens_as_told(name):
    (scenario,) = loads(CASES[name])
    assert len(scenario.events) <= 8
    assert told(simulate(scenario)) == []


def test_the_turning_car_is_in_the_path_of_the_ego_before_it():
    rollout = rolled(CASES["left-across"])
    hit = next(event for event in rollout.happenings if "collision" in event.what)
    assert hit.other == "turner" or "turner" in hit.what


def test_the_second_child_runs_a_second_and_a_half_after_the_first():
    rollout = rolled(CASES["school-bus"])
    anna, ben = (next(e.t_s for e in rollout.happenings if e.actor == who) for who in ("anna", "ben"))
    assert ben - anna == pytest.approx(1.5, abs=0.02)


def test_the_cyclist_returns_to_the_line_that_it_rode_on():
    rollout = rolled(CASES["dooring"])
    y = rollout.centre[:, rollout.index("rider"), 1]
    assert y[0] == pytest.approx(-1.0, abs=0.01) and y.max() == pytest.approx(0.6, abs=0.05)
    assert y[-1] == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize(
    ("place", "line", "why"),
    [
        ("ahead: 5 m, speed: 50 km/h", "the van cuts in in front of the ego after 1 s", ""),
        ("behind: 12 m, speed: 50 km/h", "the van cuts in in front of the ego after 1 s", "behind the front of ego"),
        ("behind: 12 m, speed: 50 km/h", "the van cuts in behind the ego after 1 s", ""),
        ("ahead: 5 m, speed: 50 km/h", "the van cuts in behind the ego after 1 s", "beside or ahead of it"),
        ("ahead: 10 m, speed: 50 km/h", "the van cuts into the gap between the lead and the ego after 1 s", ""),
        ("ahead: 50 m, speed: 50 km/h", "the van cuts into the gap between the lead and the ego after 1 s",
         "path of lead"),
        ("behind: 12 m, speed: 50 km/h", "walker crosses the road in front of the lead after 0.2 s", ""),
        ("behind: 12 m, speed: 50 km/h", "walker crosses the road in front of the lead after 3 s", "front of lead"),
        ("behind: 12 m, speed: 50 km/h", "walker crosses the road behind the ego after 5 s", ""),
        ("behind: 12 m, speed: 50 km/h", "the van brakes in front of the ego after 1 s", "behind the front of ego"),
    ],
)  # fmt: skip
def test_a_place_relative_to_another_actor_is_kept_or_told(place, line, why):
    missed = told(rolled(STREET.format(place=place, line=line)))
    assert (why in " ".join(missed)) if why else missed == []


def test_the_lane_of_another_actor_is_where_that_actor_is():
    rollout = rolled(STREET.format(place="ahead: 5 m, speed: 60 km/h", line="lead moves into the van's lane after 1 s"))
    y = rollout.centre[:, :, 1]
    assert y[-1, rollout.index("lead")] == pytest.approx(y[-1, rollout.index("van")], abs=0.1)


def test_brakes_are_released_after_the_time_that_was_asked():
    line = "lead brakes at 4 m/s^2 for 1.5 s after 1 s"
    rollout = rolled(STREET.format(place="ahead: 5 m, speed: 60 km/h", line=line))
    speed = rollout.speed_mps[(rollout.t_s > 3.2) & (rollout.t_s < 4.2), rollout.index("lead")]
    assert speed.mean() == pytest.approx(50 / 3.6 - 6.0, abs=0.6) and np.ptp(speed) < 0.1
