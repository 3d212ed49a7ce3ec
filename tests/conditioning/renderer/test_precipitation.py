"""Rain, snow and sensor noise: what they add to a clean picture, and that adding them later gives the same picture."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import build_scenery
from conditioning.renderer.procedural import SensedPictures, render_procedural, render_with_clean
from conditioning.renderer.weather import add_precipitation_and_noise, light_of
from scenarios.model.bodies import Kind
from scenarios.model.environment import Environment, TimeOfDay, Weather
from scenarios.rollout import Rollout
from tests.conditioning.renderer.test_procedural import CAMERA, street_with

SEED = 3
FRAMES = [0, 1]


def street(weather: Weather, time: TimeOfDay = TimeOfDay.DAY) -> Rollout:
    return replace(street_with((Kind.CAR, 14, 0)), environment=Environment(time, weather))


def rendered(rollout: Rollout) -> SensedPictures:
    return render_with_clean(rollout, build_scenery(rollout), CAMERA, SEED, FRAMES)


@pytest.mark.parametrize("weather", Weather)
@pytest.mark.parametrize("time", TimeOfDay)
def test_what_is_added_to_a_clean_picture_gives_the_cameras_picture(weather, time):
    rollout = street(weather, time)
    pictures, light = rendered(rollout), light_of(rollout, SEED)
    assert np.array_equal(pictures.sensed, render_procedural(rollout, build_scenery(rollout), CAMERA, SEED, FRAMES))
    for frame, clean, sensed in zip(FRAMES, pictures.clean, pictures.sensed, strict=True):
        added = add_precipitation_and_noise(clean, light, weather, frame, CAMERA.name).astype(int)
        off = np.abs(added - sensed)
        assert off.max() <= 8 and (off <= 1).mean() > 0.98  # a byte is a coarse measure of light in the dark
        assert np.abs(sensed - clean.astype(int)).mean() > 1.0  # the noise alone is 1.2


def test_a_clean_picture_of_what_stands_still_does_not_change():
    pictures = rendered(replace(street(Weather.SNOW), ego_to_map=np.tile(np.eye(4), (3, 1, 1))))
    assert np.array_equal(pictures.clean[0], pictures.clean[1])
    assert (pictures.sensed[0] != pictures.sensed[1]).any(-1).mean() > 0.5


@pytest.mark.parametrize(("weather", "share"), [(Weather.RAIN, 0.02), (Weather.SNOW, 0.005)])
def test_rain_and_snow_are_brighter_than_what_is_behind_and_elsewhere_in_the_next_frame(weather, share):
    pictures = rendered(street(weather))
    brighter = (pictures.sensed.astype(int) - pictures.clean).mean(-1) > 8  # five times the noise
    assert (brighter.mean((1, 2)) > share).all()
    assert (brighter[0] & brighter[1]).sum() < 0.3 * brighter[0].sum()


def test_fog_adds_nothing_but_noise():
    pictures = rendered(street(Weather.FOG))
    assert np.abs(pictures.sensed.astype(int) - pictures.clean).max() <= 9
