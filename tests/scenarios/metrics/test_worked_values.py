"""Published worked values that must come out of whole simulations: stopping distances, and when a hidden child is seen.

Those of CCRb are in test_drivers.py and, from the shipped file, in test_suites.py; impact speeds of CPNCO as well.
"""

import numpy as np
import pytest

from scenarios.metrics.formulas import stopping_distance
from scenarios.model.driver_models import G
from scenarios.rollout import Rollout
from scenarios.scenario import After, Event
from scenarios.simulation.dynamics.longitudinal_control import BRAKE_JERK
from scenarios.simulation.simulate import simulate
from scenarios.simulation.traffic.driver_vision import traffic_scene, visible_share
from scenarios.verbs.longitudinal.brake import Brake
from tests.scenarios.situations import KMH, child_between_cars, ego, scenario

TOLERANCE_M = 0.2  # a step of 1/120 s at 80 km/h
PUBLISHED_M = {
    50: {0.9: 24.8, 0.7: 27.9, 0.5: 33.6, 0.3: 46.7, 0.15: 79.4},
    80: {0.9: 50.2, 0.7: 58.2, 0.5: 72.6, 0.3: 106.1, 0.15: 190.0},
}
CASES = [(kmh, friction, way) for kmh, row in PUBLISHED_M.items() for friction, way in row.items()]


def driven_to_a_stop(kmh: float, friction: float, pedal_s: float) -> float:
    """Metres from t = 0 to standstill of an ego that brakes as hard as the road allows from `pedal_s` on."""
    brake = Event("ego", After(pedal_s), Brake(11.0))
    rollout = simulate(
        scenario(ego(kmh * KMH), events=[brake], friction=friction, duration_s=2 + kmh * KMH / (friction * G))
    )
    assert rollout.speed_mps[-1, 0] == 0.0
    return float(rollout.ego_to_map[-1, 0, 3])


@pytest.mark.parametrize(("kmh", "friction", "published_m"), CASES)
def test_stopping_distances_are_the_published_ones(kmh, friction, published_m):
    """The published reaction of 1 s ends when the brakes take effect: here in the middle of their build-up."""
    bites_after = friction * G / BRAKE_JERK / 2
    assert driven_to_a_stop(kmh, friction, 1.0 - bites_after) == pytest.approx(published_m, abs=TOLERANCE_M)


@pytest.mark.parametrize(("kmh", "friction", "published_m"), CASES)
def test_brakes_that_build_up_after_the_reaction_take_the_distance_of_their_formula(kmh, friction, published_m):
    decel = friction * G
    expected = float(stopping_distance(kmh * KMH, 1.0, decel, decel / BRAKE_JERK))
    assert expected > published_m
    assert driven_to_a_stop(kmh, friction, 1.0) == pytest.approx(expected, abs=TOLERANCE_M)


def shares_of_child(rollout: Rollout) -> np.ndarray:
    """The share of the child that the driver sees, frame by frame."""
    shares = []
    for frame in range(len(rollout.t_s)):
        yaw = rollout.yaw_rad[frame]
        velocity = rollout.speed_mps[frame][:, None] * np.stack([np.cos(yaw), np.sin(yaw)], -1)
        at = rollout.centre[frame, :, :2]
        scene = traffic_scene(
            rollout.road, at, yaw, rollout.sizes, velocity, rollout.brake_light[frame], rollout.valid[frame]
        )
        shares.append(visible_share(scene, 0, rollout.index("child")))
    return np.array(shares)


@pytest.mark.parametrize("ego_kmh", [20, 30, 40, 50, 60])
def test_the_child_from_between_cars_becomes_visible_at_the_published_times(ego_kmh):
    """First visible about 1.7 s before the impact, 40 % of it at about 1.5 s, 80 % at about 1.3 s."""
    rollout = simulate(child_between_cars(ego_kmh, driver=""))
    impact_s = next(h.t_s for h in rollout.happenings if h.other)
    before = rollout.t_s < impact_s
    shares = shares_of_child(rollout)[before]
    assert (np.diff(shares) >= -1e-9).all()
    for share, published_s in ((0.01, 1.7), (0.4, 1.5), (0.8, 1.3)):
        seen_s = np.interp(share, shares[shares < 1], rollout.t_s[before][shares < 1])
        assert impact_s - seen_s == pytest.approx(published_s, abs=0.13)
