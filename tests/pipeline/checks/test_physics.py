"""Physics verdicts: simulated situations pass; inserted faults fail the right check."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome, Verdict, accepted
from pipeline.checks.physics import check_physics
from scenarios.model.bodies import USUAL_SIZE, Body, Kind
from scenarios.rollout import Rollout, SimEvent
from scenarios.scenario import After, AtPose, Event, Expect, Follow, FromLog, HoldSpeed, Placed, Scenario
from scenarios.simulation.simulate import simulate
from scenarios.verbs.lateral.lane_changes import CutIn
from scenarios.verbs.longitudinal.brake import Brake
from tests.scenarios.situations import car_ahead, child_between_cars, curve, ego, lead_brakes, scenario


@pytest.fixture(scope="module")
def steady() -> tuple[Rollout, Scenario]:
    """Two cars at a constant 12 m/s."""
    made = scenario(ego(12.0), car_ahead(20.0, 12.0), duration_s=4.0)
    return simulate(made), made


@pytest.fixture(scope="module")
def braking() -> tuple[Rollout, Scenario]:
    """The lead brakes, the ego stops in time."""
    made = lead_brakes(20, 6, "attentive")
    return simulate(made), made


def failed(rollout: Rollout, made: Scenario) -> set[str]:
    return {v.check for v in check_physics(rollout, made) if v.gates and v.outcome is Outcome.FAIL}


def verdict(rollout: Rollout, made: Scenario, check: str) -> Verdict:
    return next(v for v in check_physics(rollout, made) if v.check == check)


def slowed(rollout: Rollout, actor: int, decel: float, from_frame: int = 12) -> Rollout:
    """The body brakes at `decel` from a frame on; positions agree with speeds, so that only the force is wrong."""
    t = np.maximum(rollout.t_s - rollout.t_s[from_frame], 0)
    v0 = rollout.speed_mps[from_frame, actor]
    speed, centre, accel = rollout.speed_mps.copy(), rollout.centre.copy(), rollout.acceleration_mps2.copy()
    speed[:, actor] = np.where(t > 0, np.maximum(v0 - decel * t, 0), speed[:, actor])
    step = np.concatenate([[0.0], (speed[1:, actor] + speed[:-1, actor]) / 2 / 12])
    centre[:, actor, 0] = rollout.centre[0, actor, 0] + step.cumsum()
    accel[:, actor] = np.where((t > 0) & (speed[:, actor] > 0), -decel, 0.0)
    return replace(rollout, speed_mps=speed, centre=centre, acceleration_mps2=accel)


@pytest.mark.parametrize(
    "made",
    [
        lead_brakes(12, 6),
        lead_brakes(12, 6, friction=0.1),
        child_between_cars(40),
        scenario(ego(14.0, Follow(14.0, "idm")), car_ahead(12.0, 14.0, d_m=3.5),
                 events=[Event("lead", After(0.5), CutIn(2.0))]),
        scenario(ego(8.0), car_ahead(20.0, 5.0), road=curve(60.0)),
        scenario(ego(12.0), car_ahead(15.0, 0.0), friction=0.3),
    ],
    ids=["hit", "ice", "child", "cut-in", "curve", "ploughs in"],
)  # fmt: skip
def test_simulated_motion_is_possible_also_with_a_collision(made):
    rollout = simulate(made)
    # on ice the lead cannot brake at the 6 m/s^2 that its event asks
    assert failed(rollout, made) == ({"events"} if made.friction == 0.1 else set())
    assert any(v.gates and v.outcome is Outcome.PASS for v in check_physics(rollout, made))


@pytest.mark.parametrize(("friction", "decel"), [(0.85, 1.5 * 9.81), (0.1, 1.5 * 9.81), (0.1, 1.5), (0.85, 9.0)])
def test_braking_beyond_the_friction_limit_fails(steady, friction, decel):
    rollout, made = steady
    wrong = slowed(replace(rollout, friction=friction), 1, decel)
    assert {"friction circle", "braking distance"} <= failed(wrong, made)
    assert "lead" in verdict(wrong, made, "friction circle").reason


def test_the_same_construction_with_braking_within_the_friction_limit_passes(steady):
    rollout, made = steady
    assert failed(slowed(rollout, 1, 8.0), made) == {"solid bodies"}  # the ego keeps its speed and drives through it


def test_a_teleport_of_two_metres_fails(steady):
    rollout, made = steady
    centre = rollout.centre.copy()
    centre[20:, 1, 0] += 2.0
    assert failed(replace(rollout, centre=centre), made) == {"continuity"}
    assert verdict(replace(rollout, centre=centre), made, "continuity").value == pytest.approx(2.0, abs=0.02)


def test_a_teleport_fails_also_with_a_recorded_collision_that_did_not_happen(steady):
    rollout, made = steady
    centre = rollout.centre.copy()
    centre[20:, 1, 0] += 2.0
    told = (SimEvent(1.5, "ego", "collision with lead at 9 km/h", "lead"),)
    assert "continuity" in failed(replace(rollout, centre=centre, happenings=told), made)


def test_ego_speed_times_one_and_a_half_fails(steady):
    rollout, made = steady
    speed = rollout.speed_mps.copy()
    speed[:, 0] *= 1.5
    assert "continuity" in failed(replace(rollout, speed_mps=speed), made)


def reversed_rollout(rollout: Rollout, speeds: float) -> Rollout:
    arrays = {name: getattr(rollout, name)[::-1] for name in ("centre", "yaw_rad", "acceleration_mps2", "ego_to_map")}
    return replace(rollout, **arrays, speed_mps=speeds * rollout.speed_mps[::-1])


def test_a_reversed_rollout_fails(braking):
    rollout, made = braking
    assert "continuity" in failed(reversed_rollout(rollout, 1.0), made)


def test_a_reversed_rollout_with_negated_speeds_fails(braking):
    rollout, made = braking
    assert "direction of travel" in failed(reversed_rollout(rollout, -1.0), made)


def test_time_run_twice_as_fast_fails(braking):
    """Half the frames at the same frame rate: speeds double, accelerations quadruple."""
    rollout, made = braking
    names = ("centre", "yaw_rad", "valid", "brake_light", "sliding", "ego_to_map")
    fast = replace(
        rollout, t_s=rollout.t_s[::2] / 2, speed_mps=2 * rollout.speed_mps[::2], acceleration_mps2=4 *
        rollout.acceleration_mps2[::2], **{name: getattr(rollout, name)[::2] for name in names},
    )  # fmt: skip
    assert "friction circle" in failed(fast, made)


def test_a_sideways_slide_fails(steady):
    rollout, made = steady
    centre = rollout.centre.copy()
    centre[:, 1, 1] += 1.5 * rollout.t_s
    assert "continuity" in failed(replace(rollout, centre=centre), made)


def test_a_heading_that_jumps_fails(steady):
    rollout, made = steady
    yaw = rollout.yaw_rad.copy()
    yaw[20:, 1] += 0.3
    assert "heading continuity" in failed(replace(rollout, yaw_rad=yaw), made)


def test_turning_on_the_spot_fails_for_a_car_and_not_for_a_person(steady):
    """A circle of 2 m radius."""
    rollout, made = steady
    phase = rollout.t_s * 0.5
    centre, yaw, speed = rollout.centre.copy(), rollout.yaw_rad.copy(), rollout.speed_mps.copy()
    centre[:, 1, :2] = np.stack([30 + 2 * np.cos(phase), 8 + 2 * np.sin(phase)], -1)
    yaw[:, 1], speed[:, 1] = phase + np.pi / 2, 1.0
    turned = replace(rollout, centre=centre, yaw_rad=yaw, speed_mps=speed)
    assert "curvature" in failed(turned, made)
    person = Body("lead", Kind.PEDESTRIAN, USUAL_SIZE[Kind.PEDESTRIAN])
    assert failed(replace(turned, bodies=(rollout.bodies[0], person)), made) == set()


def test_bodies_that_overlap_without_a_collision_fail(steady):
    rollout, made = steady
    centre = rollout.centre.copy()
    centre[:, 1, 0] = rollout.centre[:, 0, 0] + 3.0
    assert "solid bodies" in failed(replace(rollout, centre=centre), made)


def test_a_body_that_is_too_fast_after_an_impact_fails():
    made = scenario(ego(12.0), car_ahead(15.0, 0.0), duration_s=4.0)
    rollout = simulate(made)
    hit = int(np.searchsorted(rollout.t_s, rollout.happenings[0].t_s))
    centre = rollout.centre.copy()
    centre[hit + 6 :, 1, 0] += 30 * (rollout.t_s[hit + 6 :] - rollout.t_s[hit + 5])
    assert "after the impact" in failed(replace(rollout, centre=centre), made)


@pytest.mark.parametrize(
    ("expect", "missed"),
    [
        (Expect(collision=True), {"expect: collision"}),
        (Expect(collision=False), set()),
        (Expect(min_ttc_s=(0.0, 1.0)), {"expect: min TTC"}),
        (Expect(min_ttc_s=(1.0, np.inf)), set()),
        (Expect(min_gap_m=(0.0, 5.0)), {"expect: min gap"}),
        (Expect(min_gap_m=(5.0, 30.0)), set()),
    ],
)
def test_an_expectation_that_is_not_met_rejects(steady, expect, missed):
    rollout, made = steady
    assert failed(rollout, replace(made, expect=expect)) == missed


def test_a_collision_is_not_a_fault_unless_the_author_forbids_it():
    made = scenario(ego(12.0), car_ahead(15.0, 0.0), duration_s=3.0)
    rollout = simulate(made)
    assert failed(rollout, made) == set()
    assert failed(rollout, replace(made, expect=Expect(collision=True, min_gap_m=(0.0, 0.5)))) == set()
    assert failed(rollout, replace(made, expect=Expect(collision=False))) == {"expect: collision"}


def test_a_body_that_walks_into_the_ego_s_side_gives_a_gap_of_zero():
    person = Body("walker", Kind.PEDESTRIAN, USUAL_SIZE[Kind.PEDESTRIAN])
    walker = Placed(person, AtPose(4.0, -3.0, np.pi / 2), 1.5, HoldSpeed(1.5))
    made = scenario(ego(0.5), walker, duration_s=3.0, expect=Expect(collision=True, min_gap_m=(0.0, 1.0)))
    assert failed(simulate(made), made) == set()


def test_tags_never_reject_and_name_their_model(braking):
    rollout, made = braking
    tags = [v for v in check_physics(rollout, made) if not v.gates]
    assert {"comfort: longitudinal acceleration", "critical moment: TTC", "safe distance"} <= {v.check for v in tags}
    assert all(v.model for v in tags)
    assert any(v.outcome is Outcome.FAIL for v in tags)
    assert failed(rollout, made) == set()


def test_safe_distance_has_the_required_gap_of_each_model(steady):
    rollout, made = steady
    by_model = {v.model.split(",")[0]: v for v in check_physics(rollout, made) if v.check == "safe distance"}
    assert by_model["RSS"].limit == pytest.approx(12 + 1.75 + 15.5**2 / 8 - 12**2 / 16)
    assert by_model["RSS"].outcome is Outcome.FAIL
    assert by_model["UN R157 minimum following gap"].limit == pytest.approx(12 * 1.432)
    assert by_model["UN R157 minimum following gap"].outcome is Outcome.PASS


def test_a_clip_too_short_to_differentiate_is_inconclusive_and_not_accepted():
    made = scenario(ego(12.0), duration_s=0.25)
    verdicts = check_physics(simulate(made), made)
    assert {v.outcome for v in verdicts} == {Outcome.INCONCLUSIVE}
    assert not accepted(verdicts)


def test_without_braking_the_braking_distance_is_inconclusive(steady):
    assert verdict(*steady, "braking distance").outcome is Outcome.INCONCLUSIVE


def test_a_clip_without_motion_is_inconclusive_about_turning(steady):
    made = scenario(ego(0.0), duration_s=2.0)
    verdicts = {v.check: v.outcome for v in check_physics(simulate(made), made)}
    assert verdicts["curvature"] is Outcome.INCONCLUSIVE
    assert verdicts["direction of travel"] is Outcome.INCONCLUSIVE


def test_a_clip_is_accepted_only_with_passes_of_checks_that_gate():
    def one(family: str, gates: bool) -> Verdict:
        return Verdict("c", family, Outcome.PASS, None, None, "", "", "", "", gates)

    assert accepted((one("physics", True), one("pixels", True)))
    assert not accepted((one("physics", False), one("pixels", True)))


def as_log(steady: tuple[Rollout, Scenario]) -> tuple[Rollout, Scenario]:
    rollout, made = steady
    return rollout, replace(made, from_log=FromLog("scene", 0.0))


def test_in_a_log_the_ego_is_judged_and_the_annotated_boxes_are_inconclusive(steady):
    rollout, made = as_log(steady)
    assert verdict(rollout, made, "friction circle").outcome is Outcome.PASS
    assert verdict(rollout, made, "annotated bodies").outcome is Outcome.INCONCLUSIVE
    noisy = rollout.centre.copy()
    noisy[:, 1] += np.random.default_rng(0).normal(0, 0.1, noisy[:, 1].shape)
    assert failed(replace(rollout, centre=noisy), made) == set()


def test_in_a_log_a_box_that_jumps_and_an_ego_that_brakes_too_hard_fail(steady):
    rollout, made = as_log(steady)
    centre = rollout.centre.copy()
    centre[20:, 1, 0] += 2.0
    assert failed(replace(rollout, centre=centre), made) == {"annotated bodies"}
    assert "friction circle" in failed(slowed(rollout, 0, 1.5 * 9.81), made)


def seen_every(step_s: float, rollout: Rollout) -> Rollout:
    """The rollout with the ego's positions interpolated between those at some instants, as of a log."""
    x = np.interp(rollout.t_s, rollout.t_s[:: round(step_s * 12)], rollout.ego_to_map[:: round(step_s * 12), 0, 3])
    shift = x - rollout.ego_to_map[:, 0, 3]
    to_map, centre, speed = rollout.ego_to_map.copy(), rollout.centre.copy(), rollout.speed_mps.copy()
    to_map[:, 0, 3] += shift
    centre[:, 0, 0] += shift
    speed[:, 0] = np.gradient(x, rollout.t_s)
    return replace(rollout, ego_to_map=to_map, centre=centre, speed_mps=speed, pose_step_s=step_s)


def test_ego_poses_that_are_too_rare_for_forces_make_these_inconclusive_and_keep_the_clip_back():
    braking = [Event("ego", After(2.0), Brake(7.0))]
    made = replace(scenario(ego(14.0), events=braking), from_log=FromLog("scene-7", 0.0))
    driven = simulate(replace(made, from_log=None))
    assert failed(seen_every(1 / 6, driven), made) == set()
    rare = seen_every(0.5, driven)
    assert "friction circle" in failed(replace(rare, pose_step_s=0.0), made)  # what would be said without a limit
    assert failed(rare, made) == set()
    told = verdict(rare, made, "friction circle")
    assert told.outcome is Outcome.INCONCLUSIVE and told.against
    assert "ego poses are up to 0.5 s apart, too rare to measure forces" in told.reason
    assert verdict(rare, made, "solid bodies").outcome is Outcome.PASS


def test_a_real_log_passes_the_physics_checks(street):
    from conditioning.logs.read_log import read_log

    scenes = read_scenes(street)
    made = replace(scenario(ego(0.0)), from_log=FromLog(scenes[0], 0.0))
    rollout = read_log(street, made).rollout
    assert failed(rollout, made) == set()
    assert verdict(rollout, made, "friction circle").outcome is Outcome.PASS
    speed = rollout.speed_mps.copy()
    speed[:, 0] *= 1.5
    assert "continuity" in failed(replace(rollout, speed_mps=speed), made)


def read_scenes(street) -> list[str]:
    import json

    return [row["name"] for row in json.loads((street / "v1.0-mini" / "scene.json").read_text())]


def test_an_event_beyond_the_friction_limit_is_capped_and_possible():
    made = scenario(
        ego(0.0), car_ahead(30.0, 14.0), events=[Event("lead", After(0.0), Brake(14.7))], friction=0.1, duration_s=3.0
    )
    assert failed(simulate(made), made) == {"events"}  # 14.7 m/s^2 was asked
