"""Light, weather and road surfaces.

Each time of day, weather and surface is one record here, and one for its appearance in `conditioning.renderer.weather`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar, runtime_checkable

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


@dataclass(frozen=True)
class Words:
    """Words of a phrase for it: `nouns` may end the phrase ("in the rain"), `adjectives` may not ("rainy")."""

    nouns: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeRecord:
    """A time of day. `clock` and `sun_rad`, the sun's elevation, are written to OpenSCENARIO."""

    name: TimeOfDay
    words: Words
    street_share: float  # share of randomly sampled streets
    clock: str
    sun_rad: float
    has_sun: bool = True  # whether a scenario may place a sun


@dataclass(frozen=True)
class WeatherRecord:
    """A weather. `precipitation` is OpenSCENARIO's name and intensity in mm/h, `clouds` its cloud cover in oktas."""

    name: Weather
    words: Words
    surface: Surface  # default surface of a road
    street_surfaces: tuple[Surface, ...]  # surfaces of randomly sampled streets
    street_share: float
    precipitation: tuple[str, float] = ("dry", 0.0)
    clouds: str = "zeroOktas"
    visibility_m: float = 20_000.0
    has_sun: bool = False  # whether a scenario may place a sun


@dataclass(frozen=True)
class SurfaceRecord:
    """A road surface. `friction` is the default coefficient; `wetness` is OpenSCENARIO's name, None without one."""

    name: Surface
    words: Words
    friction: float
    wetness: str | None = None


@runtime_checkable
class Named(Protocol):
    @property
    def name(self) -> StrEnum: ...


Name = TypeVar("Name", bound=StrEnum)
Record = TypeVar("Record", bound=Named)


class RecordError(ValueError):
    """A name has no record or two records."""


def by_name(names: type[Name], records: Iterable[Record]) -> Mapping[Name, Record]:
    """The records by their names, in the order of the list; RecordError for a name without a record or with two."""
    found: dict[StrEnum, Record] = {}
    for record in records:
        if record.name in found:
            raise RecordError(f"two records of {names.__name__} {record.name}")
        found[record.name] = record
    if missing := [name for name in names if name not in found]:
        raise RecordError(f"no record of {names.__name__} {', '.join(missing)}; there are {', '.join(found)}")
    return MappingProxyType({name: found[name] for name in names})


TIMES = by_name(
    TimeOfDay,
    (
        TimeRecord(
            TimeOfDay.DAY,
            Words(("day", "daylight", "daytime", "noon", "morning", "afternoon")),
            street_share=0.5,
            clock="12:00:00",
            sun_rad=0.8,
        ),
        TimeRecord(
            TimeOfDay.DUSK,
            Words(("dusk", "dawn", "twilight", "evening", "sunset", "sunrise")),
            street_share=0.2,
            clock="19:30:00",
            sun_rad=0.05,
        ),
        TimeRecord(
            TimeOfDay.NIGHT,
            Words(("night", "dark", "darkness", "midnight", "nighttime")),
            street_share=0.3,
            clock="23:30:00",
            sun_rad=-0.6,
            has_sun=False,
        ),
    ),
)

WEATHERS = by_name(
    Weather,
    (
        WeatherRecord(
            Weather.CLEAR,
            Words(adjectives=("clear", "sunny")),
            surface=Surface.DRY,
            street_surfaces=(Surface.DRY,),
            street_share=0.49,
            has_sun=True,
        ),
        WeatherRecord(
            Weather.RAIN,
            Words(("rain", "raining", "rains", "drizzle", "downpour"), ("rainy",)),
            surface=Surface.WET,
            street_surfaces=(Surface.WET, Surface.FLOODED),
            street_share=0.19,
            precipitation=("rain", 4.0),
            clouds="eightOktas",
        ),
        WeatherRecord(
            Weather.FOG,
            Words(("fog", "mist"), ("foggy", "misty")),
            surface=Surface.DRY,
            street_surfaces=(Surface.DRY, Surface.WET),
            street_share=0.16,
            visibility_m=150.0,
        ),
        WeatherRecord(
            Weather.SNOW,
            Words(("snow", "snowing", "snows", "snowfall"), ("snowy",)),
            surface=Surface.SNOW,
            street_surfaces=(Surface.SNOW, Surface.ICE),
            street_share=0.16,
            precipitation=("snow", 2.0),
            clouds="eightOktas",
        ),
    ),
)

# Friction: design values between published peak and sliding figures (dry 0.65-0.9, wet 0.5-0.65, puddles 0.25-0.5,
# snow 0.20-0.25, ice 0.10-0.15).
SURFACES = by_name(
    Surface,
    (
        SurfaceRecord(Surface.DRY, Words(adjectives=("dry",)), friction=0.85, wetness="dry"),
        SurfaceRecord(Surface.WET, Words(adjectives=("wet", "damp")), friction=0.50, wetness="moist"),
        SurfaceRecord(Surface.FLOODED, Words(adjectives=("flooded",)), friction=0.30, wetness="lowFlooded"),
        SurfaceRecord(Surface.SNOW, Words(adjectives=("snow-covered",)), friction=0.25),
        SurfaceRecord(Surface.ICE, Words(("ice",), ("icy", "frozen")), friction=0.10),
    ),
)
FRICTION: Mapping[Surface, float] = {name: record.friction for name, record in SURFACES.items()}


@dataclass(frozen=True)
class Sun:
    """Position of the sun: elevation above the horizon, and bearing to the left of the map's x axis, radians."""

    height_rad: float
    bearing_rad: float


@dataclass(frozen=True)
class Environment:
    """`sun` None: its bearing is drawn from the seed, its elevation is that of the time of day."""

    time: TimeOfDay = TimeOfDay.DAY
    weather: Weather = Weather.CLEAR
    sun: Sun | None = field(default=None, metadata=ADDED)
