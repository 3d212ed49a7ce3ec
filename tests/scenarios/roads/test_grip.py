"""Patches of other surfaces, and slopes: their effect on braking."""

import math

import numpy as np
import pytest

from pipeline.checks.kinematics import kinematics
from pipeline.checks.physics import check_physics
from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.model.driver_models import G
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: grip
intent: The ego brakes as hard as the road allows.
duration: 8 s
road: {{lanes: 2, {road}}}
ego: {{lane: 0, speed: 54 km/h, drive: hold speed}}
story: {story}
"""
HARDEST = "[ego brakes as hard as the road allows]"


def scenario(road: str, story: str = HARDEST):
    (made,) = loads(FILE.format(road=road, story=story))
    return made


def way(rollout: Rollout) -> float:
    """Distance that the ego travels."""
    return float(np.linalg.norm(rollout.centre[-1, 0, :2] - rollout.centre[0, 0, :2]))


@pytest.mark.parametrize(("written", "rise"), [("6 %", 0.06), ("-8 %", -0.08), ("0 %", 0.0), ("3 deg", 0.05241)])
def test_a_slope_changes_the_braking_distance_by_gravity(written, rise):
    """v^2 / (2 (mu cos + sin) g), apart from the tenths of a second in which the brakes build up."""
    rollout = simulate(scenario(f"friction: 0.6, slope: {written}"))
    slope = math.atan(rise)
    least = 15.0**2 / (2 * (0.6 * math.cos(slope) + math.sin(slope)) * G)
    assert rollout.speed_mps[-1, 0] == 0
    assert least < way(rollout) < least + 15.0 * 0.12


def test_a_given_deceleration_is_the_same_uphill_and_downhill():
    ways = [way(simulate(scenario(f"slope: {s}", "[ego brakes at 4 m/s^2]"))) for s in ("6 %", "-6 %", "0 %")]
    assert ways == pytest.approx([ways[0]] * 3, abs=1e-6)


def test_downhill_the_friction_circle_is_kept_and_the_check_includes_the_slope():
    rollout = simulate(scenario("friction: 0.5, slope: -10 %"))
    assert kinematics(rollout) is not None
    assert [v.check for v in _failed(rollout, "friction: 0.5, slope: -10 %")] == []
    assert rollout.acceleration_mps2[:, 0].min() == pytest.approx(-(0.5 - 0.1) * G / math.hypot(1, 0.1), abs=0.02)


def _failed(rollout: Rollout, road: str):
    verdicts = check_physics(rollout, scenario(road))
    return [v for v in verdicts if v.gates and v.outcome == "fail"]


def test_ice_under_all_wheels_limits_braking_to_its_friction():
    """10 m/s^2 is not available: 0.85 g before the ice, 0.1 g on it."""
    road = "patches: [{surface: ice, from: 8 m, to: 200 m}]"
    rollout = simulate(scenario(road))
    on_ice = rollout.centre[:, 0, 0] > 11
    decel = -rollout.acceleration_mps2[on_ice & (rollout.speed_mps[:, 0] > 1), 0]
    assert decel == pytest.approx(0.1 * G, abs=0.02)
    assert not _failed(rollout, road)


def test_a_patch_in_the_other_lane_has_no_effect():
    bare = simulate(scenario("surface: dry"))
    beside = simulate(scenario("surface: dry, patches: [{surface: ice, from: 0 m, to: 200 m, lane: 1}]"))
    assert beside.speed_mps == pytest.approx(bare.speed_mps, abs=1e-9)


def test_with_half_of_the_wheels_on_a_patch_the_friction_is_the_mean():
    """The ego's lane ends 1.75 m left of its centre: with an offset of 1.75 m the left wheels are in the other lane."""
    text = FILE.format(road="patches: [{surface: ice, from: -50 m, to: 200 m, lane: 1}]", story=HARDEST)
    (made,) = loads(text.replace("story:", "actors: {car: {kind: car, lane: 0, offset: 1.75 m, ahead: 150 m, "
                                 "speed: 54 km/h}}\nstory:").replace("ego brakes", "car brakes"))  # fmt: skip
    rollout = simulate(made)
    rolling = rollout.speed_mps[4:, 1] > 1
    decel = -rollout.acceleration_mps2[4:, 1][rolling]
    assert decel == pytest.approx((0.85 + 0.1) / 2 * G, abs=0.02)


def test_a_skid_is_slowed_by_the_surface_below_it():
    text = "patches: [{surface: ice, from: 10 m, to: 250 m}]"
    icy = simulate(scenario(text, "[ego loses control after 0.5 s]"))
    dry = simulate(scenario("surface: dry", "[ego loses control after 0.5 s]"))
    assert way(icy) > 2 * way(dry)


def test_explain_describes_slope_and_patches():
    text = told((scenario("slope: -6 %, patches: [{surface: flooded, from: 30 m, to: 45 m, lane: 1}]"),))
    assert "Slope: down 6 % ahead of the ego" in text
    assert "Patch: flooded, friction coefficient 0.3, from 30 m to 45 m along the road, 3.5 m wide." in text


@pytest.mark.parametrize(
    ("road", "where", "found"),
    [
        ("slope: steep", "road.slope", "'steep'"),
        ("slope: 6", "road.slope", "6"),
        ("slope: 40 %", "road.slope", "'40 %'"),
        ("slope: 10 %, surface: ice", "road.slope", "10 % at a friction of 0.1"),
        ("patches: [{surface: ice, from: 40 m, to: 30 m}]", "road.patches.0", "from 40 m to 30 m"),
        (
            "patches: [{surface: ice, from: 10 m, to: 30 m, lane: 4}]",
            "road.patches.0.lane",
            "a lane that does not exist",
        ),
        ("patches: [{surface: mud, from: 10 m, to: 30 m}]", "road.patches.0.surface", "'mud'"),
    ],
)
def test_impossible_slopes_and_patches_are_refused(road, where, found):
    with pytest.raises(SpecErrors) as caught:
        scenario(road)
    assert [(f.where, f.found) for f in caught.value.faults] == [(where, found)]
