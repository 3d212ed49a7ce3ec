"""OpenSCENARIO files for tests: small ones in this folder, and files composed of parts."""

from pathlib import Path

from scenarios.openscenario.import_file import Imported, ImportOptions, import_parsed
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario
from scenarios.source.xml_document import parse_xml

FILES = Path(__file__).with_name("files")
XOSC = FILES / "xosc"


def speed_action(mps: object, shape: str = "step", dimension: str = "time", value: float = 0.0) -> str:
    return (
        "<PrivateAction><LongitudinalAction><SpeedAction>"
        f'<SpeedActionDynamics dynamicsShape="{shape}" dynamicsDimension="{dimension}" value="{value}"/>'
        f'<SpeedActionTarget><AbsoluteTargetSpeed value="{mps}"/></SpeedActionTarget>'
        "</SpeedAction></LongitudinalAction></PrivateAction>"
    )


def placed(name: str, position: str, mps: object = 10, *more: str) -> str:
    """The Init actions of one entity."""
    teleport = f"<PrivateAction><TeleportAction><Position>{position}</Position></TeleportAction></PrivateAction>"
    return f'<Private entityRef="{name}">{teleport}{speed_action(mps)}{"".join(more)}</Private>'


def lane(lane_id: int, s: float, offset: float = 0.0) -> str:
    return f'<LanePosition roadId="7" laneId="{lane_id}" s="{s}" offset="{offset}"/>'


def after(t_s: float) -> str:
    return f'<ByValueCondition><SimulationTimeCondition value="{t_s}" rule="greaterThan"/></ByValueCondition>'


def ended(kind: str, name: str, state: str = "completeState") -> str:
    return (
        f'<ByValueCondition><StoryboardElementStateCondition storyboardElementType="{kind}" '
        f'storyboardElementRef="{name}" state="{state}"/></ByValueCondition>'
    )


def of(name: str, condition: str) -> str:
    whom = f'<TriggeringEntities triggeringEntitiesRule="any"><EntityRef entityRef="{name}"/></TriggeringEntities>'
    return f"<ByEntityCondition>{whom}<EntityCondition>{condition}</EntityCondition></ByEntityCondition>"


def trigger(tag: str, *conditions: str, edge: str = "none", delay: float = 0.0) -> str:
    held = "".join(
        f'<Condition name="c{i}" delay="{delay}" conditionEdge="{edge}">{c}</Condition>'
        for i, c in enumerate(conditions)
    )
    return f"<{tag}><ConditionGroup>{held}</ConditionGroup></{tag}>"


def event(name: str, action: str, *conditions: str, edge: str = "none", delay: float = 0.0) -> str:
    begins = trigger("StartTrigger", *conditions, edge=edge, delay=delay)
    return f'<Event name="{name}" priority="overwrite"><Action name="{name}-do">{action}</Action>{begins}</Event>'


def scenario_xml(
    init: str, events: str = "", actor: str = "Other", version: str = "1.2", act_begins: str | None = None,
    stop: str | None = None, road: str = "roads/three-lanes.xodr", declared: str = "",
) -> bytes:  # fmt: skip
    """A complete file: an ego, another car, and the events of one actor."""
    major, minor = version.split(".")
    cars = "".join(
        f'<ScenarioObject name="{name}"><CatalogReference catalogName="cars" entryName="hatchback"/></ScenarioObject>'
        for name in ("Ego", "Other")
    )
    story = ""
    if events:
        story = (
            '<Story name="story"><Act name="act"><ManeuverGroup name="group" maximumExecutionCount="1">'
            f'<Actors selectTriggeringEntities="false"><EntityRef entityRef="{actor}"/></Actors>'
            f'<Maneuver name="maneuver">{events}</Maneuver></ManeuverGroup>'
            f"{trigger('StartTrigger', act_begins or after(0))}</Act></Story>"
        )
    return (
        f'<OpenSCENARIO><FileHeader revMajor="{major}" revMinor="{minor}" date="2026-01-01T00:00:00" description="" '
        f'author=""/><ParameterDeclarations>{declared}</ParameterDeclarations><CatalogLocations><VehicleCatalog>'
        f'<Directory path="catalogs"/></VehicleCatalog></CatalogLocations><RoadNetwork><LogicFile filepath="{road}"/>'
        f"</RoadNetwork><Entities>{cars}</Entities><Storyboard><Init><Actions>{init}</Actions></Init>{story}"
        f"{trigger('StopTrigger', stop or after(10))}</Storyboard></OpenSCENARIO>"
    ).encode()


BRAKES = speed_action(5, "linear", "rate", 3)
TWO_CARS = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-1, 140), 15)


def imported(content: bytes, asked: ImportOptions = ImportOptions(), given: dict[str, str] | None = None) -> Imported:
    """Imports content as if it were in the folder of the test files."""
    return import_parsed(parse_xml(content, FILES / "case.xosc"), asked, given or {})


def farthest_apart(scenario: Scenario, one: Rollout, other: Rollout) -> float:
    """The largest distance of a body between two rollouts over all frames, metres."""
    order = [other.index(body.id) for body in one.bodies]
    assert len(one.t_s) == len(other.t_s)
    return float(abs(one.centre - other.centre[:, order])[..., :2].max())
