"""The environment of a file in the scenario language: time of day, weather, road surface."""

import re
from dataclasses import dataclass, field

from scenarios.model.environment import FRICTION, Surface
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import declared
from scenarios.source.errors import quoted

FOGGY_BELOW_M = 1000.0  # visual range below which meteorology speaks of fog
LOW_SUN_RAD = 0.1
_WET = {"dry": Surface.DRY, "moist": Surface.WET, "wetWithPuddles": Surface.WET, "lowFlooded": Surface.FLOODED,
        "highFlooded": Surface.FLOODED}  # fmt: skip
_DECIDES_NOTHING = {
    "Wind": "wind moves nothing here", "DomeImage": "the sky is drawn by our own camera",
    "Properties": "properties for other programs",
}  # fmt: skip


@dataclass
class Surroundings:
    """Sections in the scenario language; empty if the file does not define them."""

    environment: dict[str, object] = field(default_factory=dict)
    road: dict[str, object] = field(default_factory=dict)


def read_environment(action: Node, catalogs: Catalogs, into: Surroundings) -> None:
    """Reads an EnvironmentAction; values that it does not define do not change."""
    found = action.only()
    found = catalogs.entry(found) if found.tag == "CatalogReference" else declared(found, {})
    found.ignore("name")
    for part in found.children():
        match part.tag:
            case "TimeOfDay":
                _time(part, into)
            case "Weather":
                _weather(part, into)
            case "RoadCondition":
                _surface(part, into)
            case "ParameterDeclarations":
                continue
            case _:
                raise part.unsupported("surroundings of that sort")


def _time(node: Node, into: Surroundings) -> None:
    node.flag("animation")
    said = node.word("dateTime")
    match = re.search(r"T(\d{2}):(\d{2})", said)
    if match is None:
        raise node.wrong(f"dateTime={quoted(said)}", "a date and a time of day, such as 2026-01-31T19:00:00")
    hour = int(match[1]) + int(match[2]) / 60
    into.environment["time"] = "day" if 7 <= hour < 18 else "dusk" if 5 <= hour < 7 or 18 <= hour < 21 else "night"


def _weather(node: Node, into: Surroundings) -> None:
    for part in node.children(*_DECIDES_NOTHING):
        part.leave_out(_DECIDES_NOTHING[part.tag])
    for name in ("cloudState", "fractionalCloudCover", "atmosphericPressure", "temperature"):
        node.word(name, "")
    if (sun := node.child("Sun")) is not None:
        _sun(sun, into)
    weather = ["rain"] if node.word("cloudState", "") == "rainy" else []
    if (falling := node.child("Precipitation")) is not None:
        kind = falling.word("precipitationType")
        amounts = [falling.number(name, 0.0) for name in ("intensity", "precipitationIntensity")]
        if kind in ("rain", "snow") and max(amounts) > 0:
            weather = [kind]
    if (fog := node.child("Fog")) is not None:
        if (box := fog.child("BoundingBox")) is not None:
            box.refuse("fog in one place only")
        if fog.number("visualRange") < FOGGY_BELOW_M:
            weather.append("fog")
    if len(weather) > 1:
        node.differs(f"{' and '.join(weather)}; here there is one weather: {weather[0]}")
    into.environment["weather"] = weather[0] if weather else "clear"


def _sun(node: Node, into: Surroundings) -> None:
    node.number("azimuth")
    for name in ("intensity", "illuminance"):
        node.number(name, 0.0)
    elevation = node.number("elevation")
    if "time" not in into.environment or elevation < LOW_SUN_RAD:
        into.environment["time"] = "night" if elevation < -LOW_SUN_RAD else "dusk" if elevation < LOW_SUN_RAD else "day"


def _surface(node: Node, into: Surroundings) -> None:
    for part in node.children(*_DECIDES_NOTHING):
        part.leave_out(_DECIDES_NOTHING[part.tag])
    surface = _WET.get(node.word("wetness", ""))
    if surface is not None:
        into.road["surface"] = str(surface)
    factor = node.number("frictionScaleFactor")
    mu = round(FRICTION[Surface.DRY] * factor, 6)
    if not 0.02 <= mu <= 1.3:
        raise node.unsupported(
            f"a friction of {factor:g} times that of a dry road; here a coefficient from 0.02 to 1.3"
        )
    if factor != 1.0 and abs(mu - FRICTION[surface or Surface.DRY]) > 1e-6:
        into.road["friction"] = mu
