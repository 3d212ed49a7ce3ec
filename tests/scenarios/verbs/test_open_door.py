"""The verb 'opens a door': the door becomes a body of its own in simulation, boxes and collisions."""

import numpy as np
import pytest

from scenarios.model.bodies import Colour, Kind
from scenarios.model.kinds.debris import DOOR_SIZE, DOORED
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.story.mentions import mentioned
from scenarios.verbs.scene.open_door import HINGE_SHARE
from tests.scenarios.verbs.lanes import ACTORS, EGO, driven, impossible, lanes, speeds, story_of

RED, _, WALKER, _, _ = ACTORS
PARKED = "parked: {kind: car, side: right, ahead: 25 m, offset: 0.1 m, colour: red}"


def door(rollout: Rollout) -> int:
    return rollout.index("parked-door")


def test_the_door_is_present_from_then_on_and_swings_out_about_a_metre_towards_the_traffic():
    rollout = driven(lanes("parked opens its door after 1 s", actors=(PARKED,), duration="6 s"))
    there, y = rollout.valid[:, door(rollout)], rollout.centre[:, door(rollout), 1]
    assert rollout.t_s[there][0] == pytest.approx(1.0, abs=0.1)
    assert there[np.argmax(there) :].all()
    flank = rollout.centre[0, 1, 1] + rollout.sizes[1, 1] / 2
    tip = y[-1] + DOOR_SIZE.width_m / 2 * np.sin(np.radians(60))
    assert tip - flank == pytest.approx(0.94, abs=0.03)
    assert np.ptp(y[-24:]) == 0
    assert rollout.bodies[door(rollout)].kind is Kind.DEBRIS
    assert rollout.bodies[door(rollout)].colour is Colour.RED


def test_the_hinge_and_the_car_do_not_move():
    rollout = driven(lanes("parked opens its door after 1 s", actors=(PARKED,), duration="6 s"))
    there, i = rollout.valid[:, door(rollout)], door(rollout)
    yaw = rollout.yaw_rad[there, i]
    along = np.stack([np.sin(yaw), -np.cos(yaw)], -1) * DOOR_SIZE.width_m / 2
    hinge = rollout.centre[there, i, :2] + along
    assert np.ptp(hinge, axis=0).max() < 1e-6
    assert np.ptp(rollout.centre[:, 1], axis=0).max() == 0


@pytest.mark.parametrize(
    ("placed", "said", "left"),
    [
        ("side: right", "its door", True),
        ("side: left", "its door", False),
        ("side: left, facing: against", "its door", True),
        ("side: right", "its right door", False),
        ("side: right", "its driver's door", True),
        ("side: left", "its left door", True),
    ],
)
def test_the_default_side_is_that_of_the_traffic(placed, said, left):
    actor = f"parked: {{kind: van, {placed}, ahead: 25 m, offset: 0.1 m}}"
    rollout = driven(lanes(f"parked opens {said}", actors=(actor,), duration="4 s"))
    x, y = rollout.centre[-1, door(rollout), :2] - rollout.centre[-1, 1, :2]
    yaw = rollout.yaw_rad[-1, 1]
    assert (y * np.cos(yaw) - x * np.sin(yaw) > 0) == left


def test_a_body_that_runs_into_it_collides_and_tears_it_off():
    cyclist = "rider: {kind: cyclist, lane: 0, ahead: 1.752 m, offset: -1.2 m, speed: 18 km/h}"
    scenario = lanes("parked opens its door after 1 s", actors=(PARKED, cyclist), duration="6 s")
    rollout = simulate(scenario)
    (hit,) = [h for h in rollout.happenings if "parked-door" in (h.actor, h.other) and h.other][:1]
    assert {hit.actor, hit.other} == {"rider", "parked-door"}
    assert rollout.sliding[-1, door(rollout)] or rollout.centre[-1, door(rollout), 0] > 32


def test_a_driver_who_could_pass_the_closed_door_stops_for_the_open_one():
    ego = EGO.replace("0 km/h, drive: hold speed", "30 km/h, drive: follow")
    near = PARKED.replace("offset: 0.1 m", "offset: -0.3 m").replace("25 m", "35 m")
    shut = simulate(lanes("parked waits 1 s", actors=(near,), ego=ego, duration="8 s"))
    opened = simulate(lanes("parked opens its door", actors=(near,), ego=ego, duration="8 s"))
    assert speeds(shut, "ego")[-1] > 5
    assert speeds(opened, "ego")[-1] < 1
    assert opened.centre[-1, 0, 0] < opened.centre[-1, door(opened), 0]


def test_the_story_names_the_door_and_explain_prints_it():
    scenario = lanes("parked opens its door after 1 s", actors=(PARKED,))
    assert mentioned(scenario.events) == {"parked", "parked-door"}
    assert "the left one swings out 0.98 m within 1.6 s" in story_of(scenario)[0]


def test_every_kind_that_messages_say_has_a_door_opens_one():
    assert set(HINGE_SHARE) == set(DOORED)


def test_a_car_that_is_hit_before_opens_none():
    pushed = RED.replace("ahead: 20 m", "ahead: 2 m").replace("lane: 0", "lane: 0, offset: -1.7 m")
    near = PARKED.replace("offset: 0.1 m", "offset: -0.6 m").replace("25 m", "14 m")
    rollout = simulate(lanes("parked opens its door after 4 s", actors=(near, pushed), duration="6 s"))
    assert any("collision with" in h.what for h in rollout.happenings)
    assert any("cannot act any more after the impact" in h.what for h in rollout.happenings)
    assert not rollout.valid[:, door(rollout)].any()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["red opens its door"], ["red, which moves", "a car or van that stands"]),
        (["the ego opens its door"], ["the ego", "a parked car or van"]),
        (["walker opens its door"], ["a pedestrian with a door to open"]),
        (["parked opens its door", "parked pulls out after 3 s"], ["which also does this: pull_out"]),
        (["parked opens its door wide"], ["not understood", "wide"]),
        (["parked opens its back door"], ["not understood"]),
        (["parked opens its door at 3 m/s"], ["instead of 'at 3 m/s'"]),
        (["twin opens its door"], ["another actor called twin-door"]),
    ],
)
def test_impossible_lines_are_refused_with_a_correction(lines, said):
    twins = ("twin: {kind: car, side: left, ahead: 25 m, offset: 0.1 m}",
             "twin-door: {kind: cone, side: left, ahead: 40 m, offset: 0.1 m}")  # fmt: skip
    with pytest.raises(SpecErrors) as caught:
        lanes(*lines, actors=(PARKED, RED, WALKER, *twins))
    assert [part for part in said if part not in str(caught.value)] == []


HITTER = "hitter: {kind: car, side: right, ahead: 5 m, offset: 0.1 m, speed: 40 km/h}"  # reaches the car at 1.4 s


@pytest.mark.parametrize("opens", ["0.3 s", "0.9 s"])  # in the middle of the swing, and soon after it began
def test_a_car_that_is_hit_takes_its_door_along_as_it_stands(opens):
    scenario = lanes(f"parked opens its door after {opens}", actors=(PARKED, HITTER), duration="8 s")
    rollout = simulate(scenario)
    assert impossible(scenario, rollout) == []
    car, after = rollout.index("parked"), rollout.t_s > 1.5
    apart = rollout.centre[after, door(rollout)] - rollout.centre[after, car]
    assert np.ptp(apart, axis=0).max() < 1e-6
    assert np.ptp(rollout.yaw_rad[after, door(rollout)]) < 1e-6
    assert np.ptp(rollout.centre[after, car, 0]) > 1.0
    assert rollout.sliding[after, door(rollout)].all()
    assert [{h.actor, h.other} for h in rollout.happenings if h.other] == [{"parked", "hitter"}]


def test_an_open_door_goes_along_into_the_next_car():
    other = "other: {kind: car, side: right, ahead: 31 m, offset: 0.1 m}"
    scenario = lanes("parked opens its door", actors=(PARKED, other, HITTER), duration="8 s")
    rollout = simulate(scenario)
    assert {"hitter", "other"} <= {name for h in rollout.happenings if h.other for name in (h.actor, h.other)}
    assert impossible(scenario, rollout) == []


def test_who_hits_the_door_of_a_pushed_car_tears_it_off():
    oncoming = "oncoming: {kind: cyclist, box: {at: [39 m, -1.4 m], heading: 180 deg}, speed: 12 km/h}"
    scenario = lanes("parked opens its door", actors=(PARKED, HITTER, oncoming), duration="8 s")
    rollout = simulate(scenario)
    assert impossible(scenario, rollout) == []
    torn_s = next(h.t_s for h in rollout.happenings if {h.actor, h.other} == {"parked-door", "oncoming"})
    apart = rollout.centre[:, door(rollout)] - rollout.centre[:, rollout.index("parked")]
    assert torn_s > 1.5
    assert np.ptp(apart[rollout.t_s > torn_s + 0.2], axis=0).max() > 0.1
