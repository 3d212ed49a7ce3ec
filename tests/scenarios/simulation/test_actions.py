"""The physics of story actions, in named situations."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scenarios.model.bodies import USUAL_SIZE, Body, Kind, Size
from scenarios.model.driver_models import G
from scenarios.model.sides import Side
from scenarios.rollout import Rollout
from scenarios.scenario import Action, After, AfterEvent, Event, Follow, HoldSpeed, LaneRef, OnLane, Parked, Placed
from scenarios.simulation.dynamics.collisions import SLIDING_SHARE
from scenarios.simulation.simulate import simulate
from scenarios.verbs.lateral.follow_trajectory import DriveTrajectory
from scenarios.verbs.lateral.lane_changes import ChangeLane, CutIn, CutOut
from scenarios.verbs.lateral.lose_control import LoseControl
from scenarios.verbs.lateral.offset import LaneOffset
from scenarios.verbs.longitudinal.brake import BrakeHardest
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed, Profile
from scenarios.verbs.longitudinal.reverse import Reverse
from scenarios.verbs.longitudinal.stop import Stop
from scenarios.verbs.scene.drop import Drop
from scenarios.verbs.scene.scene_edge import Appear, Disappear
from tests.scenarios.situations import STRAIGHT, car_ahead, curve, ego, scenario

FRICTION = 0.85


def one_car(
    action: Action, speed_mps: float = 14.0, at_s: float = 1.0, d_m: float = 0.0, duration_s: float = 8.0, **world
) -> Rollout:
    """The ego stands; a car far ahead of it executes one action."""
    events = [Event("lead", After(at_s), action)]
    return simulate(scenario(ego(0.0), car_ahead(40.0, speed_mps, d_m), events=events, duration_s=duration_s, **world))


def way(rollout: Rollout, from_s: float) -> float:
    """Distance of the car from that time on, metres."""
    after = rollout.t_s >= from_s - 1e-6
    return float(np.linalg.norm(np.diff(rollout.centre[after, 1, :2], axis=0), axis=-1).sum())


def offset(rollout: Rollout, frame: int = -1) -> float:
    """Lateral distance of the car from the ego's lane, metres to the left."""
    return float(rollout.road.project(rollout.centre[frame, 1, :2])[1])


# -- speed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("friction", [0.85, 0.5, 0.1])
def test_as_hard_as_the_road_allows_is_mu_g(friction):
    rollout = one_car(BrakeHardest(), friction=friction, duration_s=4.0)
    assert rollout.acceleration_mps2[:, 1].min() == pytest.approx(-friction * G, rel=1e-3)


@pytest.mark.parametrize("within", [15.0, 30.0, 60.0])
def test_a_stop_within_a_distance_ends_there(within):
    rollout = one_car(Stop(None, within, 0.0), duration_s=14.0)
    assert way(rollout, 1.0) == pytest.approx(within, abs=0.3)
    assert rollout.speed_mps[-1, 1] == 0.0


def test_a_stop_too_short_for_the_road_ends_beyond_it_and_is_reported():
    rollout = one_car(Stop(None, 8.0, 0.0), friction=0.25)
    assert way(rollout, 1.0) > 14**2 / (2 * 0.25 * G)
    assert any("would need 12.2 m/s²; the road gives 2.5" in h.what for h in rollout.happenings)


def test_a_stop_for_a_time_stands_that_long():
    chain = [Event("lead", After(0.0), Stop(4.0, None, 2.0), "stop")]
    go = Event("lead", AfterEvent("stop"), ChangeSpeed(8.0, 2.0))
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 8.0), events=[*chain, go], duration_s=9.0))
    still = rollout.t_s[rollout.speed_mps[:, 1] == 0]
    assert still[-1] - still[0] == pytest.approx(2.0, abs=0.2)
    assert rollout.speed_mps[-1, 1] > 5


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("target", [0.0, 5.0, 20.0])
def test_a_speed_is_reached_within_the_time_asked_for(profile, target):
    rollout = one_car(ChangeSpeed(target, None, profile, 4.0), at_s=1.0)
    at_end = int(np.searchsorted(rollout.t_s, 5.0 + 1 / 12))
    half = int(np.searchsorted(rollout.t_s, 3.0))
    assert rollout.speed_mps[at_end, 1] == pytest.approx(target, abs=0.15)
    assert rollout.speed_mps[half, 1] == pytest.approx((14 + target) / 2, abs=0.8)
    assert rollout.speed_mps[-1, 1] == pytest.approx(target, abs=0.05)


def test_a_smooth_profile_has_its_peak_in_the_middle_and_no_jerk_at_its_ends():
    rollout = one_car(ChangeSpeed(22.0, 2.0, Profile.SMOOTH), at_s=1.0)
    accel = rollout.acceleration_mps2[:, 1]
    assert accel.max() == pytest.approx(2.0, abs=0.05)
    assert rollout.t_s[accel.argmax()] == pytest.approx(1.0 + 1.5 * 8 / 2 / 2, abs=0.2)
    assert np.abs(np.diff(accel)).max() < 0.15


def test_speed_is_held_for_the_requested_time():
    events = [
        Event("lead", After(0.0), HoldSpeed(14.0, 2.0), "hold"),
        Event("lead", AfterEvent("hold"), BrakeHardest()),
    ]
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 14.0), events=events))
    began = next(h.t_s for h in rollout.happenings if "brakes" in h.what)
    assert began == pytest.approx(2.0, abs=0.02)


# -- reversing -----------------------------------------------------------------------------------------------------


def test_reverse_goes_backwards_with_the_same_heading_for_the_distance():
    rollout = one_car(Reverse(2.0, 8.0), speed_mps=0.0, at_s=0.5, duration_s=9.0)
    x = rollout.centre[:, 1, 0]
    assert x[0] - x[-1] == pytest.approx(8.0, abs=0.15)
    assert rollout.speed_mps[:, 1].min() == pytest.approx(-2.0, abs=0.01)
    assert rollout.speed_mps[-1, 1] == 0.0
    assert np.ptp(rollout.yaw_rad[:, 1]) == 0.0
    assert not rollout.sliding.any()


def test_a_moving_body_stops_before_it_reverses():
    rollout = one_car(Reverse(1.5, None), speed_mps=8.0, at_s=0.0)
    speed = rollout.speed_mps[:, 1]
    first = int(np.argmax(speed < 0))
    assert speed[first - 1 : first + 1].max() < 0.2
    assert speed[-1] == pytest.approx(-1.5, abs=0.01)
    assert np.diff(speed).max() < 1e-6


def test_a_reversing_body_stops_before_it_drives_forward():
    events = [Event("lead", After(0.0), Reverse(2.0, None)), Event("lead", After(3.0), ChangeSpeed(6.0, 2.0))]
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 0.0), events=events, duration_s=9.0))
    assert rollout.speed_mps[30, 1] == pytest.approx(-2.0, abs=0.01)
    assert rollout.speed_mps[-1, 1] == pytest.approx(6.0, abs=0.05)


def test_reversing_on_a_curve_follows_the_lane():
    rollout = one_car(Reverse(2.0, None), speed_mps=0.0, at_s=0.0, road=curve(60.0))
    d = rollout.road.project(rollout.centre[:, 1, :2])[:, 1]
    assert d == pytest.approx(0.0, abs=1e-6)
    assert rollout.yaw_rad[-1, 1] < rollout.yaw_rad[0, 1] - 0.1


# -- path ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("road", [STRAIGHT, curve(150.0)], ids=["straight", "curve"])
@pytest.mark.parametrize("friction", [0.85, 0.25])
def test_a_lane_change_ends_in_the_neighbouring_lane_along_it(road, friction):
    rollout = one_car(ChangeLane(Side.LEFT, 3.0), road=road, friction=friction, speed_mps=10.0)
    assert offset(rollout) == pytest.approx(3.5, abs=1e-3)
    heading = road.curvature_per_m * rollout.road.project(rollout.centre[-1, 1, :2])[0]
    assert rollout.yaw_rad[-1, 1] == pytest.approx(heading, abs=1e-3)


def test_a_lane_change_takes_the_requested_time():
    rollout = one_car(ChangeLane(Side.LEFT, 4.0))
    assert offset(rollout, 36) == pytest.approx(1.75, abs=0.05)  # half-way at half-time
    assert offset(rollout, 61) == pytest.approx(3.5, abs=0.01)


def test_left_is_the_drivers_left():
    oncoming = Placed(Body("lead", Kind.CAR, USUAL_SIZE[Kind.CAR]), OnLane(90.0, 7.0, facing=-1), 10.0, HoldSpeed(10.0))
    event = Event("lead", After(0.0), ChangeLane(Side.LEFT, 3.0))
    rollout = simulate(scenario(ego(0.0), oncoming, events=[event], duration_s=6.0))
    assert offset(rollout) == pytest.approx(3.5, abs=1e-3)


@pytest.mark.parametrize(("lane", "d"), [(LaneRef(1), 3.5), (LaneRef(0, True), 7.0), (LaneRef(0), 0.0)])
def test_a_lane_may_be_given_by_its_number(lane, d):
    assert offset(one_car(ChangeLane(lane, 3.0))) == pytest.approx(d, abs=1e-3)


def test_a_lane_that_does_not_exist_is_not_used():
    rollout = one_car(ChangeLane(Side.RIGHT, 3.0))
    assert offset(rollout) == 0.0
    assert any("there is no lane" in h.what for h in rollout.happenings)


def test_an_offset_is_counted_from_the_lanes_centre():
    events = [
        Event("lead", After(0.0), LaneOffset(0.5, 2.0), "out"),
        Event("lead", AfterEvent("out"), LaneOffset(-0.3, 2.0), "over"),
        Event("lead", AfterEvent("over"), LaneOffset(0.0, 2.0)),
    ]
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 10.0), events=events))
    d = rollout.centre[:, 1, 1]
    assert d.max() == pytest.approx(0.5, abs=0.01)
    assert d.min() == pytest.approx(-0.3, abs=0.01)
    assert d[-1] == pytest.approx(0.0, abs=1e-3)


def test_a_lane_change_may_be_aborted_half_way_without_a_step_of_the_steering():
    events = [
        Event("lead", After(0.0), ChangeLane(Side.LEFT, 4.0)),
        Event("lead", After(2.0), ChangeLane(LaneRef(0), 4.0)),
    ]
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 14.0), events=events, duration_s=9.0))
    assert 1.5 < rollout.centre[:, 1, 1].max() < 3.0
    assert rollout.centre[-1, 1, 1] == pytest.approx(0.0, abs=1e-3)
    bend = np.diff(np.unwrap(rollout.yaw_rad[:, 1])) * 12 / 14
    assert np.abs(np.diff(np.arctan(2.64 * bend))).max() * 12 < 0.2


def test_a_body_that_cuts_out_reveals_the_stopped_car_to_the_ego():
    """Cut-out: until the lead leaves the lane, the driver behind it does not know of the standing car."""
    stopped = car_ahead(75.0, 0.0, name="stopped")
    cut_out = Event("lead", After(1.0), CutOut(None, 2.5))
    placed = ego(14.0, Follow(14.0, "r157 careful")), car_ahead(18.0, 14.0), replace(stopped, behaviour=Parked())
    rollout = simulate(scenario(*placed, events=[cut_out], duration_s=7.0))
    assert offset(rollout) == pytest.approx(3.5, abs=1e-3)
    noticed = next(h.t_s for h in rollout.happenings if h.actor == "ego" and "stopped" in h.what)
    assert noticed > 1.5
    hidden = simulate(scenario(*placed, events=[], duration_s=2.0))
    assert not any("stopped" in h.what for h in hidden.happenings)


def test_a_driver_who_changes_lane_continues_to_follow():
    slow = car_ahead(45.0, 6.0, d_m=3.5, name="slow")
    follower = replace(car_ahead(10.0, 14.0), behaviour=Follow(14.0, "idm"))
    event = Event("lead", After(0.5), ChangeLane(Side.LEFT, 3.0))
    rollout = simulate(scenario(ego(0.0), follower, slow, events=[event], duration_s=12.0))
    assert rollout.speed_mps[-1, 1] == pytest.approx(6.0, abs=1.0)
    assert not any(h.other for h in rollout.happenings)


def test_a_trajectory_is_relative_to_the_bodys_position_and_followed_on_time():
    points = ((2.0, 26.0, 0.0), (4.0, 50.0, 1.5), (6.0, 72.0, 1.5))
    rollout = one_car(DriveTrajectory(points), at_s=1.0)
    start = rollout.centre[12, 1, :2]
    for t, forward, left in points:
        assert rollout.centre[round((1 + t) * 12), 1, :2] - start == pytest.approx([forward, left], abs=0.15)
    steps = np.linalg.norm(np.diff(rollout.centre[:, 1, :2], axis=0), axis=-1) * 12
    assert steps == pytest.approx((rollout.speed_mps[1:, 1] + rollout.speed_mps[:-1, 1]) / 2, abs=0.1)


def test_a_trajectory_of_a_standing_body_is_allowed():
    rollout = one_car(DriveTrajectory(((2.0, 0.0, 0.0),)), speed_mps=0.0)
    assert way(rollout, 0.0) == 0.0


# -- sliding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("friction", "degrees"), [(0.85, 45), (0.85, 120), (0.5, 120), (0.1, 90)])
def test_a_skid_keeps_within_the_friction_of_sliding_and_loses_all_speed(friction, degrees):
    rollout = one_car(LoseControl(math.radians(degrees)), friction=friction, duration_s=6.0)
    velocity = np.gradient(rollout.centre[:, 1, :2], rollout.t_s, axis=0)
    decel = np.linalg.norm(np.gradient(velocity, rollout.t_s, axis=0), axis=-1)
    slides = rollout.sliding[:, 1]
    assert decel[3:-3].max() <= SLIDING_SHARE * friction * G * 1.02
    assert decel[slides][3:-6].mean() > 0.4 * SLIDING_SHARE * friction * G
    assert np.diff(np.linalg.norm(velocity[slides], axis=-1)).max() < 1e-6
    assert not slides[rollout.t_s < 1.0].any()
    if friction > 0.6:
        assert rollout.speed_mps[-1, 1] == 0.0
        assert not slides[-1]


@pytest.mark.parametrize(("degrees", "sign"), [(30, 1), (90, 1), (90, -1), (150, -1)])
def test_a_skid_turns_by_the_given_angle_to_the_given_side(degrees, sign):
    rollout = one_car(LoseControl(sign * math.radians(degrees)))
    turned = np.degrees(np.unwrap(rollout.yaw_rad[:, 1])[-1])
    assert turned == pytest.approx(sign * degrees, abs=5)


def test_a_skidding_car_does_not_move_along_its_heading():
    rollout = one_car(LoseControl(math.radians(120)))
    velocity = np.gradient(rollout.centre[:, 1, :2], rollout.t_s, axis=0)
    heading = np.stack([np.cos(rollout.yaw_rad[:, 1]), np.sin(rollout.yaw_rad[:, 1])], -1)
    sideways = np.abs(velocity[:, 0] * heading[:, 1] - velocity[:, 1] * heading[:, 0])
    assert sideways[rollout.sliding[:, 1]].max() > 3.0


def test_a_turn_that_needs_more_distance_than_there_is_is_reported():
    rollout = one_car(LoseControl(math.radians(700)), speed_mps=8.0)
    assert any("700 asked; there is no way for more" in h.what for h in rollout.happenings)


def test_a_very_slow_body_does_not_skid():
    rollout = one_car(LoseControl(1.5), speed_mps=0.5)
    assert not rollout.sliding.any()
    assert any("too slow" in h.what for h in rollout.happenings)


def test_a_body_that_has_skidded_to_rest_can_drive_again():
    events = [
        Event("lead", After(0.0), LoseControl(0.4), "skid"),
        Event("lead", AfterEvent("skid"), ChangeSpeed(5.0, 2.0)),
    ]
    rollout = simulate(scenario(ego(0.0), car_ahead(40.0, 10.0), events=events, duration_s=9.0))
    assert rollout.speed_mps[-1, 1] == pytest.approx(5.0, abs=0.05)
    assert rollout.yaw_rad[-1, 1] == pytest.approx(0.4, abs=0.1)


def test_a_skidding_car_hits_a_body_in_its_path():
    wall = Placed(Body("wall", Kind.TRUCK, USUAL_SIZE[Kind.TRUCK]), OnLane(70.0, 0.0), 0.0, Parked())
    event = Event("lead", After(0.0), LoseControl(1.5))
    rollout = simulate(scenario(ego(0.0), car_ahead(30.0, 20.0), wall, events=[event], duration_s=5.0))
    assert any(h.other == "wall" or h.actor == "wall" for h in rollout.happenings if h.other)


# -- cargo ---------------------------------------------------------------------------------------------------------

CRATE = Body("crate", Kind.BARRIER, Size(0.8, 0.8, 0.6))


def dropped(height_m: float, speed_mps: float = 15.0, duration_s: float = 8.0) -> Rollout:
    """A truck loses a crate after one second."""
    truck = car_ahead(30.0, speed_mps, kind=Kind.TRUCK, name="truck")
    crate = Placed(CRATE, truck.start, 0.0, Parked())
    events = [Event("truck", After(1.0), Drop("crate", height_m))]
    return simulate(scenario(ego(0.0), truck, crate, events=events, duration_s=duration_s))


def test_cargo_is_absent_before_it_falls():
    rollout = dropped(1.2)
    assert rollout.valid[:, 2].tolist() == (rollout.t_s > 1.0 + 1e-6).tolist() or not rollout.valid[:12, 2].any()
    assert rollout.valid[13:, 2].all()
    assert rollout.valid[:, :2].all()


@pytest.mark.parametrize("height", [0.6, 1.2, 3.0])
def test_cargo_lands_where_the_ballistic_formula_states(height):
    rollout = dropped(height)
    fall_s, speed = math.sqrt(2 * height / G), 15.0
    bottom = rollout.centre[:, 2, 2] - 0.3
    there = rollout.valid[:, 2]
    t = rollout.t_s - 1.0
    flying = there & (t < fall_s)
    assert bottom[flying] == pytest.approx(height - G * t[flying] ** 2 / 2, abs=1e-6)
    assert bottom[there & (t > fall_s)] == pytest.approx(0.0)
    left_at = 1.35 + 4.358 / 2 + 30.0 + 15.0 - 0.4 - 0.05  # the truck's rear edge after 1 s, less half a crate
    lands_at = left_at + speed * fall_s
    slid = rollout.centre[-1, 2, 0] - lands_at
    assert slid == pytest.approx(speed**2 / (2 * SLIDING_SHARE * FRICTION * G), rel=0.02)


def test_cargo_does_not_fall_from_higher_than_its_vehicle():
    car = car_ahead(30.0, 10.0, name="truck")
    crate = Placed(CRATE, car.start, 0.0, Parked())
    rollout = simulate(scenario(ego(0.0), car, crate, events=[Event("truck", After(1.0), Drop("crate", 4.0))]))
    assert rollout.centre[:, 2, 2].max() <= 1.5 + 0.3


def test_a_driver_brakes_for_cargo_that_was_not_visible_before():
    truck = car_ahead(30.0, 15.0, kind=Kind.TRUCK, name="truck")
    crate = Placed(CRATE, truck.start, 0.0, Parked())
    driver = ego(15.0, Follow(15.0, "attentive"))
    rollout = simulate(
        scenario(driver, truck, crate, events=[Event("truck", After(1.0), Drop("crate", 1.2))], duration_s=9.0)
    )
    assert rollout.speed_mps[12, 0] == pytest.approx(15.0, abs=0.3)
    assert rollout.speed_mps[:, 0].min() < 5.0
    assert not any(h.other for h in rollout.happenings)


# -- appearing and disappearing -------------------------------------------------------------------------------------
# ----------------------------------------------------------------------------------------------


def test_a_body_that_appears_is_as_far_from_the_ego_as_it_was_placed():
    bus = car_ahead(120.0, 10.0, d_m=3.5, name="bus")
    rollout = simulate(scenario(ego(15.0), bus, events=[Event("bus", After(2.0), Appear())], duration_s=5.0))
    first = int(np.argmax(rollout.valid[:, 1]))
    assert rollout.t_s[first] == pytest.approx(2.0, abs=0.1)
    gap = rollout.centre[first, 1, 0] - rollout.centre[first, 0, 0] - (4.4 + 4.358) / 2
    assert gap == pytest.approx(120.0, abs=1.5)
    assert rollout.speed_mps[-1, 1] == pytest.approx(10.0)


def test_a_body_disappears_at_the_scenes_edge_only():
    rollout = simulate(
        scenario(ego(5.0), car_ahead(60.0, 25.0), events=[Event("lead", After(1.0), Disappear())], duration_s=5.0)
    )
    gone = int(np.argmin(rollout.valid[:, 1]))
    gap = rollout.centre[gone, 1, 0] - rollout.centre[gone, 0, 0] - (4.4 + 4.358) / 2
    assert gap == pytest.approx(100.0, abs=2.0)
    assert not rollout.valid[gone:, 1].any()


def test_an_absent_body_is_not_seen_not_hit_and_executes_no_action():
    ghost = car_ahead(120.0, 0.0, name="ghost")
    events = [Event("ghost", After(2.0), ChangeSpeed(5.0, 1.0)), Event("ghost", After(60.0), Appear())]
    rollout = simulate(scenario(ego(30.0, Follow(30.0, "idm")), replace(ghost, behaviour=Parked()), events=events))
    assert rollout.speed_mps[:, 0] == pytest.approx(30.0)
    assert not rollout.valid[:, 1].any()
    assert any("it is not in the scene" in h.what for h in rollout.happenings)


def test_a_cut_in_keeps_the_driver_model_of_a_follower():
    follower = replace(car_ahead(12.0, 14.0, d_m=3.5), behaviour=Follow(14.0, "idm"))
    slow = car_ahead(45.0, 5.0, name="slow")
    rollout = simulate(
        scenario(ego(5.0), follower, slow, events=[Event("lead", After(0.5), CutIn(2.0))], duration_s=12.0)
    )
    assert rollout.speed_mps[-1, 1] == pytest.approx(5.0, abs=1.0)
