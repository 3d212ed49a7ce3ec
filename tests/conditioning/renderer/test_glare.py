"""A sun given by the scenario: its position in the picture, the glare, and buildings in front of it."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY, Building, Scenery
from conditioning.geometry.camera_view import camera_pose_at
from conditioning.geometry.rigs import RIG
from conditioning.renderer.glare import add_glare
from conditioning.renderer.weather import light_of
from scenarios.model.environment import Environment, Sun
from tests.conditioning.situations import situation

CAMERA = RIG[0].resized(72, 128)
DARK = np.zeros((72, 128, 3))


def lit(height_deg: float, bearing_deg: float, scenery: Scenery = NO_SCENERY):
    sun = Sun(np.radians(height_deg), np.radians(bearing_deg))
    rollout = replace(situation(), environment=Environment(sun=sun))
    return add_glare(DARK, light_of(rollout, 0), camera_pose_at(rollout, CAMERA, 0), scenery).sum(-1)


@pytest.mark.parametrize(("bearing", "side"), [(0.0, 0), (15.0, -1), (-15.0, 1)])
def test_the_glare_is_brightest_at_the_sun(bearing, side):
    picture = lit(6.0, bearing)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    horizon = CAMERA.intrinsic[1, 2]
    assert horizon - row == pytest.approx(CAMERA.intrinsic[1, 1] * np.tan(np.radians(6)), abs=1.5)
    assert np.sign(round((column - 64) / 8)) == side


def test_a_sun_behind_the_camera_gives_no_glare():
    assert lit(6.0, 180.0).max() < 0.01 * lit(6.0, 0.0).max()


def test_a_building_in_front_of_the_sun_removes_the_glare():
    wall = Building(x_m=40.0, y_m=0.0, yaw_rad=0.0, length_m=10.0, width_m=30.0, height_m=20.0)
    scenery = replace(NO_SCENERY, buildings=(wall,))
    assert lit(6.0, 0.0, scenery).max() == 0
    assert lit(60.0, 0.0, scenery).max() > 0


def test_the_seed_sets_the_sun_only_if_the_scenario_does_not():
    rollout = situation()
    said = replace(rollout, environment=Environment(sun=Sun(0.1, 0.2)))
    assert np.array_equal(light_of(said, 0).sun_direction, light_of(said, 1).sun_direction)
    assert not np.array_equal(light_of(rollout, 0).sun_direction, light_of(rollout, 1).sun_direction)
