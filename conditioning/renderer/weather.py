"""Light and weather: sun, sky and air of a rollout, and their post-processing of a rendered picture."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import uniform_filter

from conditioning.assets.materials import drawn_from, linear
from scenarios.model.environment import Sun, Surface, TimeOfDay, Weather
from scenarios.rollout import Rollout


class Lighting(NamedTuple):
    """The inputs of the shading kernel for light and air; linear RGB, directions in the map frame."""

    sun_direction: np.ndarray
    sun: np.ndarray
    zenith: np.ndarray
    horizon: np.ndarray
    ambient: np.ndarray
    bounce: np.ndarray
    fog: np.ndarray
    fog_per_m: float
    cloud: float
    lamp: np.ndarray
    headlight: float
    lit_windows: float
    wet: float
    snow: float
    exposure: float
    lights_on: float
    seed: int


def pack_lighting(light: Lighting) -> Lighting:
    """The same with tuples instead of arrays, which are faster in compiled code."""
    return Lighting(*(tuple(map(float, x)) if isinstance(x, np.ndarray) else x for x in light))


def _rgb(r: float, g: float, b: float, scale: float = 1.0) -> np.ndarray:
    return np.array([r, g, b]) * scale


def _sun_direction(rng: np.random.Generator, time: TimeOfDay) -> np.ndarray:
    azimuth = rng.uniform(0, 2 * np.pi)
    height = rng.uniform(0.5, 1.05) if time is TimeOfDay.DAY else rng.uniform(0.09, 0.16)
    if time is TimeOfDay.DUSK:  # low sun ahead or behind, not always in front of the camera
        azimuth = rng.choice([0.5, -0.5, 2.2, -2.2]) + rng.uniform(-0.3, 0.3)
    return np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])


def _towards(given: Sun | None, drawn: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    if given is None:
        return drawn
    flat = np.cos(given.height_rad)
    return np.array([np.cos(given.bearing_rad) * flat, np.sin(given.bearing_rad) * flat, np.sin(given.height_rad)])


def _clear(time: TimeOfDay, rng: np.random.Generator) -> dict:
    if time is TimeOfDay.DAY:
        warm = rng.uniform(0, 1)
        return {"sun": _rgb(1.0, 0.93 - 0.05 * warm, 0.82 - 0.12 * warm, 2.3), "zenith": _rgb(0.12, 0.27, 0.62),
                "horizon": _rgb(0.60, 0.74, 0.92), "ambient": _rgb(0.36, 0.43, 0.56), "exposure": 0.95}  # fmt: skip
    if time is TimeOfDay.DUSK:
        return {"sun": _rgb(1.0, 0.48, 0.20, 0.75), "zenith": _rgb(0.07, 0.09, 0.20), "horizon": _rgb(0.78, 0.38, 0.20),
                "ambient": _rgb(0.24, 0.20, 0.25), "exposure": 1.45}  # fmt: skip
    return {"sun": _rgb(0.02, 0.025, 0.04), "zenith": _rgb(0.003, 0.004, 0.010), "horizon": _rgb(0.022, 0.018, 0.018),
            "ambient": _rgb(0.022, 0.025, 0.036), "exposure": 2.6}  # fmt: skip


_GREY = {TimeOfDay.DAY: 0.62, TimeOfDay.DUSK: 0.13, TimeOfDay.NIGHT: 0.010}
_FOG_PER_M = {Weather.CLEAR: 0.0009, Weather.RAIN: 0.006, Weather.FOG: 0.026, Weather.SNOW: 0.010}
_CLOUD = {Weather.CLEAR: 0.45, Weather.RAIN: 1.0, Weather.FOG: 1.0, Weather.SNOW: 1.0}


def _overcast(light: dict, time: TimeOfDay, weather: Weather) -> dict:
    grey = _GREY[time] * (0.62 if weather is Weather.RAIN else 1.0)
    tint = _rgb(0.93, 0.98, 1.06) if time is not TimeOfDay.DUSK else _rgb(1.0, 0.88, 0.98)
    light["sun"] = light["sun"] * (0.03 if weather is not Weather.FOG else 0.05)
    light["zenith"], light["horizon"] = tint * grey * 0.85, tint * grey * 1.1
    light["ambient"] = tint * (grey * 1.35 + (0.012 if time is TimeOfDay.NIGHT else 0.0))
    if weather is Weather.RAIN and time is TimeOfDay.DAY:
        light["exposure"] *= 1.1
    return light


def light_of(rollout: Rollout, seed: int) -> Lighting:
    """The light for a rollout's time of day and weather; the seed sets the sun's direction, clouds and lamp colours."""
    time, weather = rollout.environment.time, rollout.environment.weather
    rng = drawn_from("light", seed)
    direction = _towards(rollout.environment.sun, _sun_direction(rng, time))
    base = _clear(time, rng)
    if weather is not Weather.CLEAR:
        base = _overcast(base, time, weather)
    night, dusk = time is TimeOfDay.NIGHT, time is TimeOfDay.DUSK
    wet = 1.0 if rollout.surface in (Surface.WET, Surface.FLOODED) or weather is Weather.RAIN else 0.0
    wet = max(wet, 0.55 if rollout.surface is Surface.ICE else 0.0)
    snow = 1.0 if weather is Weather.SNOW or rollout.surface is Surface.SNOW else 0.0
    lamp = _rgb(1.0, 0.62, 0.28) if rng.random() < 0.5 else _rgb(0.92, 0.88, 0.78)
    fog = base["horizon"] * (1.0 if not night else 1.6) + (_rgb(0.006, 0.005, 0.004) if night else 0.0)
    return Lighting(
        sun_direction=direction, sun=base["sun"], zenith=base["zenith"], horizon=base["horizon"],
        ambient=base["ambient"],
        bounce=base["ambient"] * 0.35 + base["sun"] * max(direction[2], 0) * 0.10 * (1 + 2 * snow), fog=fog,
        fog_per_m=_FOG_PER_M[weather] * (0.85 if night else 1.0), cloud=_CLOUD[weather],
        lamp=lamp * (9.0 if night else 1.6 if dusk else 0.0), headlight=26.0 if night else 3.0 if dusk else 0.0,
        lit_windows=0.30 if night else 0.16 if dusk else 0.0, wet=wet, snow=snow,
        exposure=base["exposure"] * rng.uniform(0.92, 1.1),
        lights_on=1.0 if night else 0.75 if dusk else 0.45 if weather is not Weather.CLEAR else 0.0, seed=seed % 65_521,
    )  # fmt: skip


def _blur(picture: Float[np.ndarray, "height width 3"], reach: int) -> Float[np.ndarray, "height width 3"]:
    """Apply a box blur twice along each axis."""
    for _ in range(2):
        picture = uniform_filter(picture, size=(2 * reach + 1, 2 * reach + 1, 1), mode="nearest")
    return picture


def _rain(picture, rng: np.random.Generator, bright) -> None:
    height, width, _ = picture.shape
    for _ in range(int(0.006 * height * width)):
        x, y, long = rng.integers(0, width), rng.integers(-8, height), rng.integers(4, 12)
        rows = np.arange(max(0, y), min(height, y + long))
        columns = np.clip(x + (rows - y) // 6, 0, width - 1)
        picture[rows, columns] += rng.uniform(0.03, 0.13) * (bright - 0.4 * picture[rows, columns])


def _snowfall(picture, rng: np.random.Generator, bright) -> None:
    height, width, _ = picture.shape
    count = int(0.008 * height * width)
    y, x = rng.integers(0, height, count), rng.integers(0, width, count)
    share = rng.uniform(0.15, 0.7, (count, 1))
    picture[y, x] += share * np.maximum(0, bright - picture[y, x])
    large = slice(0, count // 6)
    for dy, dx in ((0, 1), (1, 0), (1, 1)):
        py, px = np.minimum(y[large] + dy, height - 1), np.minimum(x[large] + dx, width - 1)
        picture[py, px] += 0.6 * share[large] * np.maximum(0, bright - picture[py, px])


def post_process(
    radiance: Float[np.ndarray, "height width 3"], light: Lighting, weather: Weather, frame: int
) -> UInt8[np.ndarray, "height width 3"]:
    """Add rain or snow, bloom, exposure, tone curve and sensor noise to one picture."""
    rng = drawn_from("sensor", light.seed, frame)
    picture = radiance * light.exposure
    glow = np.minimum(np.maximum(picture - 1.1, 0.0), 6.0)
    if glow.any():
        picture = picture + 0.30 * _blur(glow, 2) + 0.16 * _blur(glow, 6)
    bright = np.maximum(1.1 * light.fog * light.exposure, 0.12)
    if weather is Weather.RAIN:
        _rain(picture, rng, bright * 1.2)
    if weather is Weather.SNOW:
        _snowfall(picture, rng, bright * 1.5)
    tone = picture * (1.0 + 0.12 * picture) / (1.0 + 0.62 * picture)  # compresses highlights; white at about 2.5
    display = _GAMMA[np.clip(tone * (1.12 * _STEPS), 0, _STEPS).astype(np.int32)]
    display += rng.standard_normal((*display.shape[:2], 1), np.float32) * 1.5
    return np.clip(np.rint(display), 0, 255).astype(np.uint8)


_STEPS = 8191
_GAMMA = (np.linspace(0, 1, _STEPS + 1) ** (1 / 2.2) * 255).astype(np.float32)
LIT = {"tail": linear(np.array([255, 24, 18])), "head": np.array([1.0, 0.95, 0.85]), "sign": np.array([1.0, 0.55, 0.1])}
