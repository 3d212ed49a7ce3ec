"""Light, weather and what lies on the road."""

from dataclasses import dataclass, field
from enum import StrEnum

from scenarios.source.identity import ADDED


class TimeOfDay(StrEnum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    CLEAR = "clear"
    RAIN = "rain"
    FOG = "fog"
    SNOW = "snow"


class Surface(StrEnum):
    DRY = "dry"
    WET = "wet"
    FLOODED = "flooded"
    SNOW = "snow"
    ICE = "ice"


# Friction coefficients mu used when a scenario names only the surface: design values between published
# peak and sliding figures (dry 0.65-0.9, wet 0.5-0.65, puddles 0.25-0.5, snow 0.20-0.25, ice 0.10-0.15).
FRICTION: dict[Surface, float] = {
    Surface.DRY: 0.85,
    Surface.WET: 0.50,
    Surface.FLOODED: 0.30,
    Surface.SNOW: 0.25,
    Surface.ICE: 0.10,
}


@dataclass(frozen=True)
class Sun:
    """Where the sun stands: above the horizon, and to the left of the map's x axis, radians."""

    height_rad: float
    bearing_rad: float


@dataclass(frozen=True)
class Environment:
    """`sun` None: drawn from the seed, as high as the time of day has it."""

    time: TimeOfDay = TimeOfDay.DAY
    weather: Weather = Weather.CLEAR
    sun: Sun | None = field(default=None, metadata=ADDED)
