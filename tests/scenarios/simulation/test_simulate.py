"""Motion: kinematics, the story's actions, brake lights, impacts, determinism."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, USUAL_SIZE, Body, Kind
from scenarios.rollout import RolloutEnd
from scenarios.scenario import (
    After,
    AtPose,
    Event,
    Follow,
    FollowTrajectory,
    FromLog,
    HoldSpeed,
    OnLane,
    Parked,
    Placed,
)
from scenarios.simulation.simulate import simulate
from scenarios.verbs.crossing.cross import Cross
from scenarios.verbs.crossing.step_out import StepOut
from scenarios.verbs.lateral.lane_changes import CutIn
from scenarios.verbs.longitudinal.brake import Brake
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed
from tests.scenarios.situations import KMH, STRAIGHT, car_ahead, curve, ego, lead_brakes, scenario


def walker(x_m: float, y_m: float, kind: Kind = Kind.PEDESTRIAN, speed: float = 0.0, yaw: float = 0.0) -> Placed:
    """A pedestrian that stands, or walks along `yaw`."""
    behaviour = HoldSpeed(speed) if speed else Parked()
    return Placed(Body("walker", kind, USUAL_SIZE[kind]), AtPose(x_m, y_m, yaw), speed, behaviour)


def test_twenty_metres_a_second_for_two_seconds_is_forty_metres():
    rollout = simulate(scenario(ego(20.0), duration_s=2.0))
    assert rollout.t_s[-1] == pytest.approx(2.0)
    assert rollout.centre[-1, 0, 0] - rollout.centre[0, 0, 0] == pytest.approx(40.0)


def test_a_clip_of_six_seconds_has_its_first_and_last_instant_and_ends_by_duration():
    rollout = simulate(scenario(ego(10.0), duration_s=6.0))
    assert (rollout.t_s[0], rollout.t_s[-1]) == (0.0, 6.0)
    assert np.diff(rollout.t_s) == pytest.approx(1 / 12)
    assert rollout.ended is RolloutEnd.DURATION


def test_the_ego_starts_with_its_rear_axle_at_the_map_origin():
    rollout = simulate(scenario(ego(10.0), duration_s=1.0))
    assert rollout.ego_to_map[0] == pytest.approx(np.eye(4))
    assert rollout.centre[0, 0, :2] == pytest.approx([EGO_REAR_AXLE_TO_CENTRE_M, 0.0])


def test_the_same_scenario_gives_the_same_numbers():
    a, b = (simulate(replace(lead_brakes(12, 6), duration_s=3.0)) for _ in range(2))
    assert np.array_equal(a.centre, b.centre)
    assert a.happenings == b.happenings


def test_braking_takes_the_distance_of_the_formula():
    event = Event("lead", After(0.5), Brake(5.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 15.0), events=[event]))
    travelled = rollout.centre[-1, 1, 0] - rollout.centre[0, 1, 0]
    build_up = 5.0 / 44.0
    assert travelled == pytest.approx(15 * (0.5 + build_up / 2) + 15**2 / 10, abs=0.1)
    assert rollout.speed_mps[-1, 1] == 0.0


def test_braking_until_a_speed_ends_there():
    event = Event("lead", After(0.0), Brake(4.0, until_mps=8.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 14.0), events=[event]))
    assert rollout.speed_mps[-1, 1] == pytest.approx(8.0, abs=0.05)
    assert rollout.speed_mps[:, 1].min() > 7.9


def test_braking_is_limited_by_the_road_and_the_rollout_states_the_limit():
    event = Event("lead", After(0.0), Brake(8.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 14.0), events=[event], friction=0.25))
    assert rollout.acceleration_mps2[:, 1].min() == pytest.approx(-0.25 * 9.81)
    assert any("8.0 asked" in h.what for h in rollout.happenings)


def test_brake_lights_light_with_the_pedal_and_stay_lit_at_standstill():
    event = Event("lead", After(1.0), Brake(5.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 10.0), events=[event]))
    lit, t = rollout.brake_light[:, 1], rollout.t_s
    assert not lit[t <= 1.0].any()
    assert lit[t > 1.05].all()


def test_brake_lights_go_out_when_the_braking_ends_above_standstill():
    event = Event("lead", After(0.0), Brake(4.0, until_mps=8.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 14.0), events=[event]))
    assert rollout.brake_light[6, 1]
    assert not rollout.brake_light[-1, 1]


def test_changing_speed_goes_both_ways():
    for target in (5.0, 15.0):
        event = Event("lead", After(0.0), ChangeSpeed(target, 3.0))
        rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 10.0), events=[event]))
        assert rollout.speed_mps[-1, 1] == pytest.approx(target, abs=0.1)
        assert rollout.brake_light[:, 1].any() == (target < 10)


def test_a_cut_in_ends_in_the_egos_lane_headed_along_it():
    event = Event("lead", After(0.5), CutIn(2.0))
    rollout = simulate(scenario(ego(15.0), car_ahead(12.0, 15.0, d_m=3.5), events=[event]))
    assert rollout.centre[-1, 1, 1] == pytest.approx(0.0, abs=1e-6)
    assert rollout.yaw_rad[-1, 1] == pytest.approx(0.0, abs=1e-6)
    assert rollout.yaw_rad[:, 1].min() < -0.05
    velocity = np.gradient(rollout.centre[:, 1, :2], rollout.t_s, axis=0)[2:-2]
    assert np.arctan2(velocity[:, 1], velocity[:, 0]) == pytest.approx(rollout.yaw_rad[2:-2, 1], abs=0.01)


def test_a_cut_in_that_asks_for_more_than_the_grip_takes_longer():
    event = Event("lead", After(0.0), CutIn(1.0))
    rollout = simulate(scenario(ego(15.0), car_ahead(12.0, 15.0, d_m=3.5), events=[event], friction=0.25))
    assert rollout.centre[24, 1, 1] > 1.0
    assert any("too quick" in h.what for h in rollout.happenings)


def test_a_pedestrian_crosses_at_walking_speed_perpendicular_to_the_road_and_stops_beyond_it():
    event = Event("walker", After(0.5), Cross(1.5))
    rollout = simulate(scenario(ego(0.0), walker(25.0, -3.5), events=[event], duration_s=11.0))
    moving = rollout.speed_mps[:, 1]
    assert moving[rollout.t_s <= 0.5].max() == 0.0
    assert moving[rollout.t_s > 1.1].max() == pytest.approx(1.5)
    middle = (rollout.t_s > 1.5) & (rollout.t_s < 4)
    assert rollout.yaw_rad[middle, 1] == pytest.approx(math.pi / 2)
    assert rollout.centre[-1, 1, 1] == pytest.approx(STRAIGHT.left_edge + 1.2, abs=0.6)
    assert moving[-1] == 0.0


def test_crossing_from_the_left_goes_right():
    event = Event("walker", After(0.0), Cross(1.5))
    rollout = simulate(scenario(ego(0.0), walker(25.0, 9.5), events=[event]))
    assert rollout.centre[-1, 1, 1] < 3.0


def test_a_child_steps_out_from_behind_across_the_egos_lane():
    truck = car_ahead(15.0, 0.0, d_m=-3.3, kind=Kind.TRUCK, name="truck")
    child = walker(30.0, -4.0, Kind.CHILD)
    event = Event("walker", After(1.0), StepOut("truck", 1.4))
    rollout = simulate(scenario(ego(0.0), truck, child, events=[event]))
    assert rollout.centre[-1, 2, 1] > 1.5
    assert any(h.what == "steps out from behind truck" for h in rollout.happenings)


def test_a_cyclist_who_rides_along_and_then_crosses_turns_through_a_possible_arc():
    cyclist = Placed(Body("bike", Kind.CYCLIST, USUAL_SIZE[Kind.CYCLIST]), OnLane(20.0, -1.4), 4.0, HoldSpeed(4.0))
    event = Event("bike", After(0.5), Cross(4.0))
    rollout = simulate(scenario(ego(0.0), cyclist, events=[event]))
    turn = np.abs(np.diff(np.unwrap(rollout.yaw_rad[:, 1]))) * 12
    assert (turn / 4.0).max() < 0.3
    assert rollout.yaw_rad[40:50, 1] == pytest.approx(math.pi / 2, abs=0.05)


def test_on_a_curve_every_body_stays_in_its_lane_at_its_speed():
    road = curve(60.0)
    rollout = simulate(scenario(ego(8.0), car_ahead(20.0, 8.0, d_m=3.5), road=road))
    assert road.project(rollout.centre[:, 1, :2])[:, 1] == pytest.approx(3.5)
    steps = np.linalg.norm(np.diff(rollout.centre[:, 1, :2], axis=0), axis=-1) * 12
    assert steps == pytest.approx(8.0, rel=1e-3)
    assert rollout.yaw_rad[-1, 1] > 0.5


def test_oncoming_traffic_faces_and_moves_the_other_way():
    oncoming = Placed(Body("car", Kind.CAR, USUAL_SIZE[Kind.CAR]), OnLane(90.0, 7.0, facing=-1), 10.0, HoldSpeed(10.0))
    rollout = simulate(scenario(ego(0.0), oncoming, duration_s=3.0))
    assert abs(rollout.yaw_rad[0, 1]) == pytest.approx(math.pi)
    assert rollout.centre[-1, 1, 0] == pytest.approx(60.0)


def test_a_trajectory_is_driven_through_its_points_on_time():
    points = ((0.0, 0.0, 0.0), (2.0, 20.0, 0.0), (4.0, 38.0, 3.5), (6.0, 56.0, 3.5))
    rollout = simulate(scenario(ego(10.0, FollowTrajectory(points))))
    rear = rollout.ego_to_map[:, :2, 3]
    for t, x, y in points[1:3]:
        assert rear[round(t * 12)] == pytest.approx([x, y], abs=0.3)
    assert np.abs(rollout.acceleration_mps2[:, 0]).max() < 3.0


def test_an_impact_conserves_momentum_and_pushes_the_lead():
    """Bodies of equal mass share the speed; both then skid to a stop and stay apart."""
    placed = ego(10.0), replace(car_ahead(10.0, 0.0), behaviour=Parked())
    rollout = simulate(scenario(*placed, duration_s=4.0))
    hit = next(h for h in rollout.happenings if h.other)
    assert (hit.actor, hit.other) == ("ego", "lead")
    assert hit.what == "collision with lead at 36.0 km/h"
    assert hit.impact_mps == pytest.approx(10.0)
    after = int(np.searchsorted(rollout.t_s, hit.t_s)) + 1
    assert rollout.speed_mps[after].mean() == pytest.approx(5.0, abs=0.8)
    gap = rollout.centre[after:, 1, 0] - rollout.centre[after:, 0, 0] - rollout.sizes[:, 0].sum() / 2
    assert gap.min() > -0.15
    assert rollout.speed_mps[-1] == pytest.approx([0.0, 0.0], abs=0.05)


def test_a_hit_pedestrian_is_thrown_forward_and_the_car_hardly_slows():
    rollout = simulate(scenario(ego(12.0), walker(20.0, 0.0), duration_s=4.0))
    hit = next(h for h in rollout.happenings if h.other)
    after = int(np.searchsorted(rollout.t_s, hit.t_s)) + 1
    assert 10.0 < rollout.speed_mps[after, 0] < 12.0
    assert rollout.centre[-1, 1, 0] > 25.0


@pytest.mark.parametrize("x_m", [19.0, 23.0], ids=["side", "front"])
def test_a_pedestrian_who_walks_into_a_passing_car_is_hit_at_the_cars_speed_at_any_point_of_contact(x_m):
    """Ego 64 km/h, walker 5 km/h at a right angle: hypot(64, 5)."""
    rollout = simulate(scenario(ego(64 * KMH), walker(x_m, -2.5, speed=5 * KMH, yaw=np.pi / 2), duration_s=3.0))
    hit = next(h for h in rollout.happenings if h.other)
    assert hit.what == f"collision with walker at {math.hypot(64, 5):.1f} km/h"
    assert hit.impact_mps == pytest.approx(math.hypot(64, 5) * KMH, abs=1e-3)


def test_two_bodies_hit_at_the_same_instant_are_hit_at_the_same_speed():
    """The ego hits two standing cars side by side: the order of the contacts does not change their impact speeds."""
    left, right = (car_ahead(30.0, 0.0, d_m=d, name=name) for name, d in (("left", 1.0), ("right", -1.0)))
    rollout = simulate(scenario(ego(64 * KMH), left, right, duration_s=3.0))
    speeds = [h.impact_mps for h in rollout.happenings if h.actor == "ego" and h.other]
    assert speeds[:2] == pytest.approx([64 * KMH, 64 * KMH], abs=0.2)


def test_overlapping_starts_are_refused_by_name():
    with pytest.raises(ValueError, match="overlap at the start: ego and lead"):
        simulate(scenario(ego(10.0), car_ahead(-1.0, 5.0)))


def test_a_story_about_an_unknown_actor_is_refused():
    with pytest.raises(ValueError, match="'ghost'"):
        simulate(scenario(ego(10.0), events=[Event("ghost", After(0.0), Brake(3.0))]))


def test_a_log_is_not_simulated():
    with pytest.raises(ValueError, match="starts from a log"):
        simulate(replace(scenario(ego(10.0)), from_log=FromLog("scene", 0.0)))


def test_events_switch_a_driver_off_and_on():
    events = [Event("ego", After(1.0), Brake(4.0)), Event("ego", After(4.0), Follow(50 * KMH, "idm"))]
    rollout = simulate(scenario(ego(50 * KMH, Follow(50 * KMH, "idm")), events=events, duration_s=8.0))
    assert rollout.speed_mps[48, 0] < 4.0
    assert rollout.speed_mps[-1, 0] > 5.0
