"""The ego's actions: the speed and the curvature that a path has."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.ego_actions import STANDING_MPS, driven, ego_actions
from scenarios.rollout import FRAME_RATE_HZ
from tests.conditioning.situations import situation


def on_a_circle(radius_m: float, speed_mps: float):
    """An ego that turns left (radius > 0) or right on a circle."""
    straight = situation(frames=24, ego_speed=speed_mps)
    yaw = np.arange(24) / FRAME_RATE_HZ * speed_mps / radius_m
    pose = straight.ego_to_map.copy()
    pose[:, 0, 0], pose[:, 0, 1], pose[:, 1, 0], pose[:, 1, 1] = np.cos(yaw), -np.sin(yaw), np.sin(yaw), np.cos(yaw)
    pose[:, 0, 3], pose[:, 1, 3] = radius_m * np.sin(yaw), radius_m * (1 - np.cos(yaw))
    return replace(straight, ego_to_map=pose)


def test_a_straight_path_has_the_speed_and_no_curvature():
    actions = ego_actions(situation(frames=12, ego_speed=13.9))
    np.testing.assert_allclose(actions, np.tile([13.9, 0.0], (12, 1)), atol=1e-12)


@pytest.mark.parametrize("radius", [20.0, -35.0, 80.0])
def test_a_circle_has_the_curvature_of_its_radius(radius):
    np.testing.assert_allclose(ego_actions(on_a_circle(radius, 8.0))[:, 1], 1 / radius, rtol=1e-9)


def test_a_full_turn_does_not_jump():
    assert np.abs(ego_actions(on_a_circle(2.0, 8.0))[:, 1]).max() == pytest.approx(0.5)


@pytest.mark.parametrize("speed", [0.0, 0.99 * STANDING_MPS])
def test_a_standing_ego_has_no_curvature(speed):
    turning = on_a_circle(5.0, 8.0)
    slow = replace(turning, speed_mps=np.full_like(turning.speed_mps, speed))
    assert not ego_actions(slow)[:, 1].any()


def test_one_frame_is_enough():
    np.testing.assert_array_equal(ego_actions(situation(ego_speed=5.0)), [[5.0, 0.0]])


@pytest.mark.parametrize("radius", [20.0, -35.0, 1e6])
def test_integrated_actions_lead_to_the_ego_s_positions(radius):
    rollout = on_a_circle(radius, 8.0)
    np.testing.assert_allclose(driven(ego_actions(rollout)), rollout.ego_to_map, atol=0.01)
