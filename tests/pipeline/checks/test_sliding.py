"""Verdicts on actions of a story: all are possible; bodies wrongly marked as sliding or falling fail."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import check_physics
from scenarios.model.bodies import USUAL_SIZE, Body, Kind, Size
from scenarios.model.sides import Side
from scenarios.rollout import Rollout
from scenarios.scenario import Action, After, AfterEvent, AtGap, Event, Parked, Placed, Scenario
from scenarios.simulation.simulate import simulate
from scenarios.verbs.lateral.follow_trajectory import DriveTrajectory
from scenarios.verbs.lateral.lane_changes import ChangeLane, CutOut
from scenarios.verbs.lateral.lose_control import LoseControl
from scenarios.verbs.lateral.offset import LaneOffset
from scenarios.verbs.longitudinal.brake import Brake, BrakeHardest
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed, Profile
from scenarios.verbs.longitudinal.reverse import Reverse
from scenarios.verbs.longitudinal.stop import Stop
from scenarios.verbs.scene.drop import Drop
from tests.scenarios.situations import car_ahead, curve, ego, scenario

CRATE = Placed(Body("crate", Kind.BARRIER, Size(0.8, 0.8, 0.6)), car_ahead(30.0, 0.0).start, 0.0, Parked())


def gates(rollout: Rollout, made: Scenario) -> set[str]:
    """The checks that reject this rollout."""
    return {v.check for v in check_physics(rollout, made) if v.gates and v.outcome is Outcome.FAIL}


def verdict(rollout: Rollout, made: Scenario, check: str) -> Verdict:
    return next(v for v in check_physics(rollout, made) if v.check == check)


def car_that_acts(action: Action, speed_mps: float = 13.0, **world) -> Scenario:
    """A car 40 m ahead of a standing ego does one thing after half a second."""
    return scenario(ego(0.0), car_ahead(40.0, speed_mps), events=[Event("lead", After(0.5), action)], **world)


ACTIONS = [
    BrakeHardest(), Stop(None, 25.0, 0.0), ChangeSpeed(20.0, None, Profile.SMOOTH, 3.0), ChangeSpeed(3.0, 3.0),
    Reverse(2.0, 5.0), CutOut(None, 2.0), ChangeLane(Side.LEFT, 2.0), LaneOffset(-0.5, 1.0),
    DriveTrajectory(((2.0, 25.0, 0.0), (4.0, 47.0, 1.5))), LoseControl(0.8), LoseControl(-2.5),
]  # fmt: skip


@pytest.mark.parametrize("friction", [0.85, 0.25])
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_every_action_is_possible(action, friction):
    """On a slippery road an event may fall short of what it asked, by motion that is possible."""
    made = car_that_acts(action, friction=friction, duration_s=5.0)
    assert gates(simulate(made), made) <= ({"events"} if friction < 0.5 else set())


@pytest.mark.parametrize("action", [CutOut(None, 2.0), ChangeLane(Side.LEFT, 1.0), Reverse(2.0, 5.0), LoseControl(1.5)])
def test_actions_are_possible_on_a_curve(action):
    made = car_that_acts(action, 11.0, road=curve(90.0), duration_s=5.0)
    assert gates(simulate(made), made) <= {"events"}  # a bend leaves less grip for a lane change within 1 s or 2 s


def test_a_skid_of_the_ego_is_possible():
    made = scenario(ego(15.0), events=[Event("ego", After(0.5), LoseControl(2.0))], duration_s=5.0)
    assert gates(simulate(made), made) == set()


def test_an_aborted_lane_change_is_possible():
    events = [Event("lead", After(0.0), ChangeLane(Side.LEFT, 3.0)), Event("lead", After(1.3), LaneOffset(0.0, 2.0))]
    made = scenario(ego(0.0), car_ahead(40.0, 14.0), events=events)
    assert gates(simulate(made), made) == set()


@pytest.fixture(scope="module")
def skid() -> tuple[Rollout, Scenario]:
    made = car_that_acts(LoseControl(1.8), duration_s=4.0)
    return simulate(made), made


@pytest.fixture(scope="module")
def drop() -> tuple[Rollout, Scenario]:
    truck = Placed(
        Body("truck", Kind.TRUCK, USUAL_SIZE[Kind.TRUCK]), CRATE.start, 15.0, car_ahead(30.0, 15.0).behaviour
    )
    made = scenario(ego(0.0), truck, CRATE, events=[Event("truck", After(0.5), Drop("crate", 1.2))], duration_s=4.0)
    return simulate(made), made


def test_a_skid_and_a_fall_are_possible(skid, drop):
    assert gates(*skid) == set()
    assert gates(*drop) == set()
    assert verdict(*skid, "slide").outcome is Outcome.PASS
    assert verdict(*drop, "free fall").outcome is Outcome.PASS


def test_a_skid_that_is_not_marked_as_sliding_fails(skid):
    rollout, made = skid
    assert gates(replace(rollout, sliding=np.zeros_like(rollout.sliding)), made) >= {"continuity"}


def test_a_body_marked_as_sliding_that_rolls_sideways_without_friction_fails():
    made = car_that_acts(Brake(0.2), duration_s=4.0)
    rollout = simulate(made)
    centre = rollout.centre.copy()
    centre[:, 1, 1] += 1.5 * rollout.t_s
    pretends = replace(rollout, centre=centre, sliding=np.broadcast_to(np.arange(2) == 1, rollout.valid.shape))
    assert gates(pretends, made) == {"slide"}


def test_a_slide_with_more_deceleration_than_friction_allows_fails(skid):
    rollout, made = skid
    assert "friction circle" in gates(replace(rollout, friction=0.3), replace(made, friction=0.3))


def test_a_slide_that_gains_speed_fails(skid):
    rollout, made = skid
    back = slice(None, None, -1)
    centre, yaw, speed = rollout.centre.copy(), rollout.yaw_rad.copy(), rollout.speed_mps.copy()
    centre[:, 1], yaw[:, 1], speed[:, 1] = centre[back, 1], yaw[back, 1], -speed[back, 1]
    sliding = rollout.sliding.copy()
    sliding[:, 1] = True
    backwards = replace(rollout, centre=centre, yaw_rad=yaw, speed_mps=speed, sliding=sliding)
    assert "slide speed" in gates(backwards, made)


def test_a_spin_beyond_what_the_tyres_can_give_fails(skid):
    rollout, made = skid
    yaw = rollout.yaw_rad.copy()
    yaw[:, 1] += np.where(rollout.t_s > 1.5, 3.0 * (rollout.t_s - 1.5), 0.0)
    assert "slide spin" in gates(replace(rollout, yaw_rad=yaw), made)


def test_cargo_that_floats_fails(drop):
    rollout, made = drop
    centre = rollout.centre.copy()
    centre[:, 2, 2] = np.where(rollout.valid[:, 2], 0.3 + 0.8, centre[:, 2, 2])
    assert "free fall" in gates(replace(rollout, centre=centre), made)


def test_cargo_that_moves_sideways_in_the_air_fails(drop):
    rollout, made = drop
    centre = rollout.centre.copy()
    centre[:, 2, 1] += 6.0 * np.maximum(rollout.t_s - 0.6, 0) ** 2
    assert "free fall" in gates(replace(rollout, centre=centre), made)


def test_a_story_that_did_not_happen_fails_a_tag_and_rejects_nothing():
    never = Event("lead", AtGap("lead", "ego", 1.0), Brake(3.0), "near")
    made = scenario(ego(10.0), car_ahead(40.0, 10.0), events=[never, Event("ego", AfterEvent("near"), Brake(2.0))])
    found = verdict(simulate(made), made, "story")
    assert (found.outcome, found.gates, found.value) == (Outcome.FAIL, False, 2.0)
    assert "the smallest gap of lead and ego was 40.0 m" in found.reason
    assert "'near' never happened" in found.reason


def test_a_story_that_happened_passes_the_tag(skid):
    assert verdict(*skid, "story").outcome is Outcome.PASS
