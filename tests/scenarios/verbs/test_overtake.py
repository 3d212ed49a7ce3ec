"""The verb 'overtakes': lane change out, passing with a free gap, lane change back."""

import numpy as np
import pytest

from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from tests.scenarios.verbs.lanes import ACTORS, driven, lanes, offsets, said_at, speeds, story_of

RED, TRUCK, WALKER, _, ONCOMING = ACTORS


def test_it_passes_in_the_neighbouring_lane_and_moves_back_with_the_gap():
    rollout = driven(lanes("red overtakes the truck at 70 km/h after 1 s", actors=(RED, TRUCK), duration="16 s"))
    d, red, truck = offsets(rollout, "red"), rollout.index("red"), rollout.index("truck")
    assert d.max() == pytest.approx(3.5, abs=0.01)
    assert abs(d[-1]) < 0.01
    back = int(np.searchsorted(rollout.t_s, said_at(rollout, "moves back")))
    half = (rollout.sizes[red, 0] + rollout.sizes[truck, 0]) / 2
    assert rollout.centre[back, red, 0] - rollout.centre[back, truck, 0] - half == pytest.approx(10.0, abs=1.0)
    assert d[: back + 1][rollout.centre[: back + 1, red, 0] > rollout.centre[: back + 1, truck, 0] - half].min() > 3.0
    assert speeds(rollout, "red").max() == pytest.approx(70 / 3.6, abs=0.1)


@pytest.mark.parametrize("gap", [2.0, 25.0])
def test_the_gap_is_the_given_one(gap):
    line = f"red overtakes the truck at 80 km/h with a gap of {gap:g} m"
    rollout = driven(lanes(line, actors=(RED, TRUCK), duration="16 s"))
    back = int(np.searchsorted(rollout.t_s, said_at(rollout, "moves back")))
    red, truck = rollout.index("red"), rollout.index("truck")
    half = (rollout.sizes[red, 0] + rollout.sizes[truck, 0]) / 2
    assert rollout.centre[back, red, 0] - rollout.centre[back, truck, 0] - half == pytest.approx(gap, abs=1.2)


def test_a_close_follower_waits_for_room_beside_the_other_body():
    near = "truck: {kind: truck, lane: 0, ahead: 28 m, speed: 36 km/h}"
    rollout = driven(lanes("red overtakes the truck at 70 km/h", actors=(RED, near), duration="16 s"))
    assert speeds(rollout, "red")[:36].min() < 45 / 3.6
    assert abs(offsets(rollout, "red")[-1]) < 0.01


def test_it_passes_on_the_right_or_through_the_oncoming_lane():
    middle = [actor.replace("lane: 0", "lane: 1") for actor in (RED, TRUCK)]
    right = driven(lanes("red overtakes the truck on the right", actors=tuple(middle), duration="16 s"))
    assert offsets(right, "red").min() == pytest.approx(0.0, abs=0.01)
    narrow = lanes(
        "red overtakes the truck", road="{lanes: 1, opposite_lanes: 1}", actors=(RED, TRUCK), duration="16 s"
    )
    assert "in the lane of the oncoming traffic" in story_of(narrow)[0]
    assert offsets(driven(narrow), "red").max() == pytest.approx(3.5, abs=0.01)


def test_it_ends_when_it_is_back():
    lines = ("go: red overtakes the truck at 70 km/h", "red brakes until 40 km/h when go has ended")
    rollout = driven(lanes(*lines, actors=(RED, TRUCK), duration="16 s"))
    braked = int(np.searchsorted(rollout.t_s, said_at(rollout, "brakes")))
    assert abs(offsets(rollout, "red")[braked]) < 0.01
    assert said_at(rollout, "brakes") > said_at(rollout, "moves back") + 2.5


def test_a_driver_continues_with_its_model_afterwards():
    ego = "{lane: 0, speed: 50 km/h, drive: follow}"
    rollout = driven(lanes("the ego overtakes the truck at 70 km/h", actors=(TRUCK,), ego=ego, duration="16 s"))
    assert speeds(rollout, "ego").max() == pytest.approx(70 / 3.6, abs=0.2)
    assert speeds(rollout, "ego")[-1] < 56 / 3.6


def test_an_oncoming_car_overtakes_on_its_own_left():
    bus = "bus: {kind: bus, lane: oncoming 0, ahead: 90 m, speed: 30 km/h}"
    scenario = lanes("oncoming overtakes the bus", actors=(ONCOMING, bus), road="{lanes: 3, opposite_lanes: 1}",
                     ego="{lane: 0, speed: 0 km/h, drive: hold speed}", duration="16 s")  # fmt: skip
    rollout = driven(scenario)
    assert offsets(rollout, "oncoming").min() == pytest.approx(7.0, abs=0.01)
    assert offsets(rollout, "oncoming")[-1] == pytest.approx(10.5, abs=0.01)


def test_an_impossible_overtaking_is_reported_with_its_reason():
    fast = lanes("truck speeds up to 80 km/h at 2 m/s^2", "red overtakes the truck at 60 km/h after 7 s",
                 actors=(RED, TRUCK))  # fmt: skip
    rollout = simulate(fast)
    assert any("does not overtake truck: truck is not slower than 60 km/h" in h.what for h in rollout.happenings)
    assert speeds(rollout, "red")[-1] == pytest.approx(50 / 3.6, abs=0.01)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("red overtakes the truck on the right", ["no lane on the right of red", "the lane on its left"]),
        ("red overtakes the truck at 30 km/h", ["30 km/h", "not faster than truck", "a speed above the 36 km/h"]),
        ("truck overtakes red at 70 km/h", ["red, which is behind truck", "an actor ahead of truck in its lane"]),
        ("red overtakes oncoming", ["oncoming, which is not in the lane of red"]),
        ("red overtakes red", ["red itself", "another actor"]),
        ("red overtakes the zeppelin", ["'zeppelin' describes none"]),
        ("walker overtakes the truck", ["a pedestrian, which does not keep to a lane"]),
        ("red overtakes the truck with a gap of 10 s", ["this is a time"]),
        ("red overtakes the truck sideways", ["'sideways' does not describe"]),
        ("{actor: red, when: {after: 1 s}, do: {overtake: {whom: lorry}}}", ["do.overtake.whom", "'lorry'", "truck"]),
        ("{actor: red, when: {after: 1 s}, do: {overtake: {side: left}}}", ["do.overtake.whom", "nothing"]),
    ],
)  # fmt: skip
def test_impossible_lines_are_refused_with_a_correction(line, said):
    with pytest.raises(SpecErrors) as caught:
        lanes(line, actors=(RED, TRUCK, WALKER, ONCOMING), road="{lanes: 2, opposite_lanes: 1}")
    assert [part for part in said if part not in str(caught.value)] == []
