"""Light and weather: sun, sky and air of a rollout, and their post-processing of a rendered picture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import uniform_filter

from conditioning.assets.materials import drawn_from, linear
from conditioning.geometry.rigs import FRONT
from scenarios.model.environment import Sun, Surface, TimeOfDay, Weather, by_name
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


class ClearSky(NamedTuple):
    """Light without clouds: of the sun, of the sky at the zenith and the horizon, from all sides; linear RGB."""

    sun: Float[np.ndarray, "3"]
    zenith: Float[np.ndarray, "3"]
    horizon: Float[np.ndarray, "3"]
    ambient: Float[np.ndarray, "3"]
    exposure: float


def pack_lighting(light: Lighting) -> Lighting:
    """The same with tuples instead of arrays, which are faster in compiled code."""
    return Lighting._make(tuple(map(float, x)) if isinstance(x, np.ndarray) else x for x in light)


def _rgb(r: float, g: float, b: float, scale: float = 1.0) -> np.ndarray:
    return np.array([r, g, b]) * scale


def _sun_direction(rng: np.random.Generator, time: "TimeLook") -> np.ndarray:
    azimuth = rng.uniform(0, 2 * np.pi)
    height = rng.uniform(*time.sun_height_rad)
    if time.sun_azimuths_rad:
        azimuth = rng.choice(time.sun_azimuths_rad) + rng.uniform(-0.3, 0.3)
    return np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])


def _towards(given: Sun | None, drawn: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    if given is None:
        return drawn
    flat = np.cos(given.height_rad)
    return np.array([np.cos(given.bearing_rad) * flat, np.sin(given.bearing_rad) * flat, np.sin(given.height_rad)])


def _day(rng: np.random.Generator) -> ClearSky:
    warm = rng.uniform(0, 1)
    return ClearSky(
        sun=_rgb(1.0, 0.93 - 0.05 * warm, 0.82 - 0.12 * warm, 2.3), zenith=_rgb(0.12, 0.27, 0.62),
        horizon=_rgb(0.60, 0.74, 0.92), ambient=_rgb(0.36, 0.43, 0.56), exposure=0.95,
    )  # fmt: skip


def _dusk(_: np.random.Generator) -> ClearSky:
    return ClearSky(
        sun=_rgb(1.0, 0.48, 0.20, 0.75), zenith=_rgb(0.07, 0.09, 0.20), horizon=_rgb(0.78, 0.38, 0.20),
        ambient=_rgb(0.24, 0.20, 0.25), exposure=1.45,
    )  # fmt: skip


def _night(_: np.random.Generator) -> ClearSky:
    return ClearSky(
        sun=_rgb(0.02, 0.025, 0.04), zenith=_rgb(0.003, 0.004, 0.010), horizon=_rgb(0.022, 0.018, 0.018),
        ambient=_rgb(0.022, 0.025, 0.036), exposure=2.6,
    )  # fmt: skip


def _overcast(sky: ClearSky, time: "TimeLook", weather: "WeatherLook") -> ClearSky:
    grey, tint = time.grey * weather.brightness, _rgb(*time.overcast_tint)
    return ClearSky(
        sun=sky.sun * weather.sun_share, zenith=tint * grey * 0.85, horizon=tint * grey * 1.1,
        ambient=tint * (grey * 1.35 + time.street_glow),
        exposure=sky.exposure * (weather.exposure if time.is_day else 1.0),
    )  # fmt: skip


def light_of(rollout: Rollout, seed: int) -> Lighting:
    """The light for a rollout's time of day and weather; the seed sets the sun's direction, clouds and lamp colours."""
    environment = rollout.environment
    time, weather = TIME_LOOKS[environment.time], WEATHER_LOOKS[environment.weather]
    surface = SURFACE_LOOKS[rollout.surface]
    rng = drawn_from("light", seed)
    direction = _towards(environment.sun, _sun_direction(rng, time))
    base = time.clear_sky(rng)
    if weather.overcast:
        base = _overcast(base, time, weather)
    wet, snow = max(weather.wet, surface.sheen), max(weather.snow, surface.snow)
    lamp = _rgb(1.0, 0.62, 0.28) if rng.random() < 0.5 else _rgb(0.92, 0.88, 0.78)
    fog = base.horizon * time.fog_brightness + _rgb(*time.fog_glow)
    return Lighting(
        sun_direction=direction, sun=base.sun, zenith=base.zenith, horizon=base.horizon, ambient=base.ambient,
        bounce=base.ambient * 0.35 + base.sun * max(direction[2], 0) * 0.10 * (1 + 2 * snow), fog=fog,
        fog_per_m=weather.fog_per_m * time.fog_share, cloud=weather.cloud,
        lamp=lamp * time.street_lamps, headlight=time.headlights, lit_windows=time.lit_windows, wet=wet, snow=snow,
        exposure=base.exposure * rng.uniform(0.92, 1.1), lights_on=max(time.lights_on, weather.lights_on),
        seed=seed % 65_521,
    )  # fmt: skip


def _blur(picture: Float[np.ndarray, "height width 3"], reach: int) -> Float[np.ndarray, "height width 3"]:
    """Apply a box blur twice along each axis."""
    for _ in range(2):
        picture = uniform_filter(picture, size=(2 * reach + 1, 2 * reach + 1, 1), mode="nearest")
    return picture


def _rain(picture, rng: np.random.Generator, bright) -> None:
    height, width, _ = picture.shape
    bright = bright * 1.2
    for _ in range(int(0.006 * height * width)):
        x, y, long = rng.integers(0, width), rng.integers(-8, height), rng.integers(4, 12)
        rows = np.arange(max(0, y), min(height, y + long))
        columns = np.clip(x + (rows - y) // 6, 0, width - 1)
        picture[rows, columns] += rng.uniform(0.03, 0.13) * (bright - 0.4 * picture[rows, columns])


def _snowfall(picture, rng: np.random.Generator, bright) -> None:
    height, width, _ = picture.shape
    bright = bright * 1.5
    count = int(0.008 * height * width)
    y, x = rng.integers(0, height, count), rng.integers(0, width, count)
    share = rng.uniform(0.15, 0.7, (count, 1))
    picture[y, x] += share * np.maximum(0, bright - picture[y, x])
    large = slice(0, count // 6)
    for dy, dx in ((0, 1), (1, 0), (1, 1)):
        py, px = np.minimum(y[large] + dy, height - 1), np.minimum(x[large] + dx, width - 1)
        picture[py, px] += 0.6 * share[large] * np.maximum(0, bright - picture[py, px])


def post_process(
    radiance: Float[np.ndarray, "height width 3"], light: Lighting, weather: Weather, frame: int, camera: str
) -> UInt8[np.ndarray, "height width 3"]:
    """Expose one picture; add rain or snow and sensor noise, drawn from the light's seed, the frame and the camera."""
    return _sensed(_exposed(radiance, light), light, weather, frame, camera)


def clean_picture(
    radiance: Float[np.ndarray, "height width 3"], light: Lighting
) -> UInt8[np.ndarray, "height width 3"]:
    """Expose one picture, without what falls and without sensor noise."""
    return _as_bytes(_displayed(_exposed(radiance, light)))


def add_precipitation_and_noise(
    picture: UInt8[np.ndarray, "height width 3"], light: Lighting, weather: Weather, frame: int, camera: str
) -> UInt8[np.ndarray, "height width 3"]:
    """Add to a clean picture the rain or snow and the noise that `post_process` draws for the same light, frame and
    camera."""
    return _sensed(_EXPOSED[picture], light, weather, frame, camera)


def _exposed(radiance: Float[np.ndarray, "height width 3"], light: Lighting) -> Float[np.ndarray, "height width 3"]:
    """Exposure, and bloom around what is too bright for the sensor."""
    picture = radiance * light.exposure
    glow = np.minimum(np.maximum(picture - 1.1, 0.0), 6.0)
    if glow.any():
        picture = picture + 0.30 * _blur(glow, 2) + 0.16 * _blur(glow, 6)
    return picture


def _sensed(
    picture: Float[np.ndarray, "height width 3"], light: Lighting, weather: Weather, frame: int, camera: str
) -> UInt8[np.ndarray, "height width 3"]:
    """What the sensor shows of an exposed picture, which is changed, with what falls before it."""
    rng = drawn_from("sensor", light.seed, frame, *([] if camera == FRONT.name else [camera]))
    bright = np.maximum(1.1 * light.fog * light.exposure, 0.12)
    if (falling := WEATHER_LOOKS[weather].falling) is not None:
        falling(picture, rng, bright)
    display = _displayed(picture)
    display += rng.standard_normal((*display.shape[:2], 1), np.float32) * 1.5
    return _as_bytes(display)


def _displayed(picture: Float[np.ndarray, "height width 3"]) -> Float[np.ndarray, "height width 3"]:
    """Tone curve and gamma of an exposed picture: 0..255."""
    tone = picture * (1.0 + 0.12 * picture) / (1.0 + 0.62 * picture)  # compresses highlights; white at about 2.5
    return _GAMMA[np.clip(tone * (_WHITE * _STEPS), 0, _STEPS).astype(np.int32)]


def _as_bytes(display: Float[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
    return np.clip(np.rint(display), 0, 255).astype(np.uint8)


def _exposed_values() -> Float[np.ndarray, "256"]:
    """The exposed value of each byte: the inverse of `_displayed`, whose tone curve is a quadratic equation."""
    tone = (np.arange(256) / 255) ** 2.2 / _WHITE
    half = (0.62 * tone - 1) / 0.24
    return half + np.sqrt(half**2 + tone / 0.12)


_STEPS = 8191
_WHITE = 1.12  # scale of the tone curve
_GAMMA = (np.linspace(0, 1, _STEPS + 1) ** (1 / 2.2) * 255).astype(np.float32)
_EXPOSED = _exposed_values()
LIT = {"tail": linear(np.array([255, 24, 18])), "head": np.array([1.0, 0.95, 0.85]), "sign": np.array([1.0, 0.55, 0.1])}


@dataclass(frozen=True)
class TimeLook:
    """How a time of day looks. Lights are radiances, shares from 0 to 1."""

    name: TimeOfDay
    clear_sky: Callable[[np.random.Generator], ClearSky]
    sun_height_rad: tuple[float, float]  # drawn between
    grey: float  # of an overcast sky
    sun_azimuths_rad: tuple[float, ...] = ()  # one is drawn; from anywhere if there are none
    overcast_tint: tuple[float, float, float] = (0.93, 0.98, 1.06)
    street_glow: float = 0.0  # added to the ambient light of an overcast sky
    fog_brightness: float = 1.0
    fog_glow: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fog_share: float = 1.0  # of the weather's fog
    street_lamps: float = 0.0
    headlights: float = 0.0
    lit_windows: float = 0.0
    lights_on: float = 0.0  # how bright vehicles' own lamps are
    is_day: bool = False


@dataclass(frozen=True)
class WeatherLook:
    """How a weather looks. `falling` draws into a picture what falls, given how bright it may be."""

    name: Weather
    fog_per_m: float
    overcast: bool = True
    cloud: float = 1.0
    brightness: float = 1.0  # of an overcast sky
    sun_share: float = 0.03  # what an overcast sky leaves of the sun
    exposure: float = 1.0  # by day
    wet: float = 0.0
    snow: float = 0.0
    lights_on: float = 0.45
    falling: Callable[[np.ndarray, np.random.Generator, np.ndarray], None] | None = None


@dataclass(frozen=True)
class SurfaceLook:
    """How a surface looks to the light: how far it mirrors, how far snow covers what is beside the road."""

    name: Surface
    sheen: float = 0.0
    snow: float = 0.0


TIME_LOOKS = by_name(
    TimeOfDay,
    (
        TimeLook(TimeOfDay.DAY, _day, (0.5, 1.05), grey=0.62, is_day=True),
        TimeLook(  # low sun ahead or behind, not always in the eye
            TimeOfDay.DUSK, _dusk, (0.09, 0.16), grey=0.13, sun_azimuths_rad=(0.5, -0.5, 2.2, -2.2),
            overcast_tint=(1.0, 0.88, 0.98), street_lamps=1.6, headlights=3.0, lit_windows=0.16, lights_on=0.75,
        ),
        TimeLook(
            TimeOfDay.NIGHT, _night, (0.09, 0.16), grey=0.010, street_glow=0.012, fog_brightness=1.6,
            fog_glow=(0.006, 0.005, 0.004), fog_share=0.85, street_lamps=9.0, headlights=26.0, lit_windows=0.30,
            lights_on=1.0,
        ),
    ),
)  # fmt: skip

WEATHER_LOOKS = by_name(
    Weather,
    (
        WeatherLook(Weather.CLEAR, fog_per_m=0.0009, overcast=False, cloud=0.45, lights_on=0.0),
        WeatherLook(Weather.RAIN, fog_per_m=0.006, brightness=0.62, exposure=1.1, wet=1.0, falling=_rain),
        WeatherLook(Weather.FOG, fog_per_m=0.026, sun_share=0.05),
        WeatherLook(Weather.SNOW, fog_per_m=0.010, snow=1.0, falling=_snowfall),
    ),
)

SURFACE_LOOKS = by_name(
    Surface,
    (
        SurfaceLook(Surface.DRY),
        SurfaceLook(Surface.WET, sheen=1.0),
        SurfaceLook(Surface.FLOODED, sheen=1.0),
        SurfaceLook(Surface.SNOW, snow=1.0),
        SurfaceLook(Surface.ICE, sheen=0.55),
    ),
)
