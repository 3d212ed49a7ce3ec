"""Bodies and surroundings of ours as OpenSCENARIO elements."""

import math

from lxml import etree

from scenarios.model.environment import FRICTION, Surface, TimeOfDay, Weather
from scenarios.model.kinds.actor_kind import OpenScenarioElement
from scenarios.model.kinds.registry import KINDS
from scenarios.openscenario.export.elements import el
from scenarios.scenario import Placed, Scenario

_CLOCK = {TimeOfDay.DAY: ("12:00:00", 0.8), TimeOfDay.DUSK: ("19:30:00", 0.05), TimeOfDay.NIGHT: ("23:30:00", -0.6)}
_WETNESS = {Surface.DRY: "dry", Surface.WET: "moist", Surface.FLOODED: "lowFlooded"}
FAR_M, FOG_M = 20_000.0, 150.0


def entity_xml(placed: Placed, forward_m: float) -> etree._Element:
    """A ScenarioObject of the body's kind and size; `forward_m` from its reference point to its box's centre."""
    body, size = placed.body, placed.body.size
    box = el(
        "BoundingBox",
        el("Center", x=forward_m, y=0.0, z=size.height_m / 2),
        el("Dimensions", width=float(size.width_m), length=float(size.length_m), height=float(size.height_m)),
    )
    properties = el("Properties", el("Property", name="nearmiss:kind", value=str(body.kind)))
    names = KINDS[body.kind].openscenario
    match names.element:
        case OpenScenarioElement.VEHICLE:
            made = el("Vehicle", box, *_driven(placed, forward_m), properties, name=f"{body.id}-body",
                      vehicleCategory=names.category)  # fmt: skip
        case OpenScenarioElement.PEDESTRIAN:
            made = el("Pedestrian", box, properties, name=f"{body.id}-body", mass=names.mass_kg,
                      pedestrianCategory=names.category)  # fmt: skip
        case OpenScenarioElement.MISC_OBJECT:
            made = el("MiscObject", box, properties, name=f"{body.id}-body", mass=names.mass_kg,
                      miscObjectCategory=names.category)  # fmt: skip
    return el("ScenarioObject", made, name=body.id)


def _driven(placed: Placed, forward_m: float) -> tuple[etree._Element, etree._Element]:
    size = placed.body.size
    wheel = {"wheelDiameter": 0.6, "trackWidth": float(size.width_m) * 0.9, "positionZ": 0.3}
    front = el("FrontAxle", maxSteering=0.6, positionX=max(2 * forward_m, 0.1), **wheel)
    rear = el("RearAxle", maxSteering=0.0, positionX=0.0, **wheel)
    return el("Performance", maxSpeed=70.0, maxAcceleration=11.5, maxDeceleration=11.5), el("Axles", front, rear)


def environment_xml(scenario: Scenario) -> etree._Element:
    """An EnvironmentAction: time, weather, and the road's friction relative to a dry one."""
    clock, elevation = _CLOCK[scenario.environment.time]
    azimuth = 3.1
    if (sun := scenario.environment.sun) is not None:  # our x axis leads east; azimuth counts clockwise from north
        elevation, azimuth = sun.height_rad, (math.pi / 2 - sun.bearing_rad) % math.tau
    weather = scenario.environment.weather
    falling = {Weather.RAIN: ("rain", 4.0), Weather.SNOW: ("snow", 2.0)}.get(weather, ("dry", 0.0))
    sky = "eightOktas" if weather in (Weather.RAIN, Weather.SNOW) else "zeroOktas"
    wetness = {"wetness": _WETNESS[scenario.surface]} if scenario.surface in _WETNESS else {}
    made = el(
        "Environment",
        el("TimeOfDay", animation=False, dateTime=f"2026-06-21T{clock}"),
        el(
            "Weather",
            el("Sun", azimuth=azimuth, elevation=elevation, illuminance=50_000.0 if elevation > 0.1 else 100.0),
            el("Fog", visualRange=FOG_M if weather is Weather.FOG else FAR_M),
            el("Precipitation", precipitationType=falling[0], precipitationIntensity=falling[1]),
            fractionalCloudCover=sky,
        ),
        el("RoadCondition", frictionScaleFactor=scenario.friction / FRICTION[Surface.DRY], **wetness),
        name="surroundings",
    )
    return el("EnvironmentAction", made)
