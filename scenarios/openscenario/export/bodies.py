"""Bodies and environment as OpenSCENARIO elements."""

import math

from lxml import etree

from scenarios.model.environment import FRICTION, SURFACES, TIMES, WEATHERS, Surface
from scenarios.model.kinds.actor_kind import OpenScenarioElement
from scenarios.model.kinds.registry import KINDS
from scenarios.openscenario.actors.entities import HIT_PROPERTY, KIND_PROPERTY
from scenarios.openscenario.export.elements import el
from scenarios.scenario import Placed, Scenario


def entity_xml(placed: Placed, forward_m: float, hit_s: float | None) -> etree._Element:
    """A ScenarioObject of the body's kind and size; `forward_m` from its reference point to its box's centre, `hit_s`
    the time of its first impact.
    """
    body, size = placed.body, placed.body.size
    box = el(
        "BoundingBox",
        el("Center", x=forward_m, y=0.0, z=size.height_m / 2),
        el("Dimensions", width=float(size.width_m), length=float(size.length_m), height=float(size.height_m)),
    )
    properties = el("Properties", el("Property", name=KIND_PROPERTY, value=str(body.kind)))
    if hit_s is not None:
        properties.append(el("Property", name=HIT_PROPERTY, value=hit_s))
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
    time, weather = TIMES[scenario.environment.time], WEATHERS[scenario.environment.weather]
    elevation, azimuth = time.sun_rad, 3.1
    if (sun := scenario.environment.sun) is not None:  # our x axis is east; azimuth is clockwise from north
        elevation, azimuth = sun.height_rad, (math.pi / 2 - sun.bearing_rad) % math.tau
    kind, intensity = weather.precipitation
    wetness = {} if (named := SURFACES[scenario.surface].wetness) is None else {"wetness": named}
    made = el(
        "Environment",
        el("TimeOfDay", animation=False, dateTime=f"2026-06-21T{time.clock}"),
        el(
            "Weather",
            el("Sun", azimuth=azimuth, elevation=elevation, illuminance=50_000.0 if elevation > 0.1 else 100.0),
            el("Fog", visualRange=weather.visibility_m),
            el("Precipitation", precipitationType=kind, precipitationIntensity=intensity),
            fractionalCloudCover=weather.clouds,
        ),
        el("RoadCondition", frictionScaleFactor=scenario.friction / FRICTION[Surface.DRY], **wetness),
        name="surroundings",
    )
    return el("EnvironmentAction", made)
