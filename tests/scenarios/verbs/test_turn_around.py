"""The verb 'turns around': a U-turn where the turning circle fits the road, to the right-hand lane back."""

import numpy as np
import pytest

from scenarios.boxes import box_corners
from scenarios.model.bodies import USUAL_SIZE, Body, Kind
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.verbs.lateral.turn_around import least_radius
from tests.scenarios.verbs.lanes import ACTORS, driven, impossible, lanes, offsets, speeds, story_of

RED, _, WALKER, _, ONCOMING = ACTORS
WIDE = "{lanes: 2, opposite_lanes: 3}"


@pytest.mark.parametrize("opposite", [2, 3])
def test_it_drives_back_in_the_right_hand_lane_at_its_speed(opposite):
    road = f"{{lanes: 2, opposite_lanes: {opposite}}}"
    rollout = driven(lanes("red turns around", road=road, duration="19 s"))
    red = rollout.index("red")
    assert offsets(rollout, "red")[-1] == pytest.approx(3.5 * (1 + opposite), abs=0.02)
    assert abs(np.cos(rollout.yaw_rad[-1, red]) + 1) < 1e-4
    assert speeds(rollout, "red")[-1] == pytest.approx(50 / 3.6, abs=0.2)


def test_no_corner_leaves_the_road():
    rollout = driven(lanes("red turns around", road="{lanes: 2, opposite_lanes: 2}", duration="16 s"))
    red = rollout.index("red")
    corners = box_corners(
        rollout.centre[:, red, :2], rollout.yaw_rad[:, red], np.tile(rollout.sizes[red], (len(rollout.t_s), 1))
    )
    assert corners[..., 1].max() <= rollout.road.left_edge + 1e-6
    assert corners[..., 1].min() >= rollout.road.right_edge


def test_the_ego_may_turn_around_and_an_oncoming_car_ends_in_lane_0():
    ego = driven(
        lanes(
            "the ego turns around after 1 s",
            road=WIDE,
            actors=(WALKER,),
            ego="{lane: 0, speed: 40 km/h, drive: hold speed}",
        )
    )
    assert offsets(ego, "ego")[-1] == pytest.approx(14.0, abs=0.02)
    rollout = driven(
        lanes(
            "oncoming turns around",
            road="{lanes: 4, opposite_lanes: 1}",
            actors=(ONCOMING,),
            ego="{lane: 1, speed: 0 km/h, drive: hold speed}",
        )
    )
    assert offsets(rollout, "oncoming")[-1] == pytest.approx(-3.5, abs=0.02)


def test_a_driver_continues_with_its_model_afterwards():
    follows = RED.replace("speed: 50 km/h", "speed: 50 km/h, drive: follow")
    rollout = driven(lanes("red turns around", road=WIDE, actors=(follows,), duration="16 s"))
    assert speeds(rollout, "red")[-1] > 8
    assert offsets(rollout, "red")[-1] == pytest.approx(14.0, abs=0.02)


def test_long_vehicles_need_more_room():
    radius = {kind: least_radius(Body("it", kind, USUAL_SIZE[kind])) for kind in (Kind.CAR, Kind.TRUCK, Kind.BUS)}
    assert radius[Kind.CAR] < radius[Kind.TRUCK] < radius[Kind.BUS]
    assert 10 < radius[Kind.BUS] < 11


def test_explain_prints_the_radius_and_the_next_event_begins_after_the_turn():
    scenario = lanes("red turns around and then brakes", road=WIDE, duration="16 s")
    assert "radius of 6.8 m" in story_of(scenario)[0]
    rollout = driven(scenario)
    braked = int(np.argmax(rollout.brake_light[:, 1] & (np.cos(rollout.yaw_rad[:, 1]) < -0.999)))
    assert offsets(rollout, "red")[braked] == pytest.approx(14.0, abs=0.1)


def test_an_impossible_turn_is_reported_with_its_reason():
    scenario = lanes(
        "red changes lane to the left within 2 s and then turns around", road="{lanes: 2, opposite_lanes: 2}"
    )
    rollout = simulate(scenario)
    assert any("does not turn around: its turning circle needs" in h.what for h in rollout.happenings)
    assert impossible(scenario, rollout) == []


@pytest.mark.parametrize(
    ("line", "road", "said"),
    [
        ("red turns around", "{lanes: 2, opposite_lanes: 1}", ["a road of 12.4 m", "2.8 m more than there are"]),
        ("red turns around", "{lanes: 4}", ["no lane leads in the other direction"]),
        ("bus turns around", WIDE, ["a road of 24.7 m"]),
        ("red turns around", WIDE.replace("{", "{kind: curve, radius: 120 m, direction: left, "), ["in a bend"]),
        ("walker turns around", WIDE, ["a pedestrian", "turn_back"]),
        ("parked turns around", WIDE, ["parked, which stands", "pull_out first"]),
        ("red turns around quickly", WIDE, ["not understood", "quickly"]),
    ],
)  # fmt: skip
def test_impossible_lines_are_refused_with_a_correction(line, road, said):
    bus, parked = (
        "bus: {kind: bus, lane: 0, ahead: 60 m, speed: 30 km/h}",
        "parked: {kind: car, side: right, ahead: 90 m, offset: 1 m}",
    )
    with pytest.raises(SpecErrors) as caught:
        lanes(line, road=road, actors=(RED, WALKER, bus, parked))
    assert [part for part in said if part not in str(caught.value)] == []
