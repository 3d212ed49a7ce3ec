"""Writes OpenSCENARIO elements: conditions and actions that both languages have."""

from lxml import etree

from scenarios.model.bodies import ON_FOOT
from scenarios.model.kinds.registry import KINDS
from scenarios.model.triggers import AllOf, AnyOf
from scenarios.opendrive.write_map import ROAD_ID, begins_m, lane_id
from scenarios.openscenario.story.manoeuvres import PEAK_ACCELERATION
from scenarios.roads.road import Road
from scenarios.rollout import Rollout
from scenarios.scenario import (
    Action,
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    Placed,
    Trigger,
)
from scenarios.verbs import VERBS
from scenarios.verbs.exported_action import (
    ExportContext,
    ExportedAction,
    ExportedLaneChange,
    ExportedOffset,
    ExportedSpeed,
)

REACHED_M = 1.0  # tolerance of a reached position
# A lane change here is a quintic of the distance. A sine of this share of its duration, which begins later by the other
# share, stays within 0.7 % of its width.
SINE_LASTS, SINE_LATER = 0.86, 0.07
G = 9.81


def el(tag: str, *inner: etree._Element, **attributes: object) -> etree._Element:
    """An element; numbers rounded to a millionth, booleans in XML notation."""
    made = etree.Element(tag, {key.rstrip("_"): xml_value(value) for key, value in attributes.items()})
    made.extend(inner)
    return made


def xml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.9f}".rstrip("0").rstrip(".")
        return "0" if text in ("-0", "") else text
    return str(value)


# -- conditions ----------------------------------------------------------------------------------------------------


def by_time(rule: str, t_s: float) -> etree._Element:
    return el("ByValueCondition", el("SimulationTimeCondition", value=float(t_s), rule=rule))


def trigger(tag: str, name: str, *conditions: etree._Element, delay: float = 0.0) -> etree._Element:
    """A StartTrigger or StopTrigger of one group."""
    held = [el("Condition", c, name=f"{name}-when", delay=delay, conditionEdge="none") for c in conditions]
    return el(tag, el("ConditionGroup", *held))


def start_trigger(
    name: str, when: Trigger, road: Road, noses: dict[str, tuple[float, float, int]], later_s: float = 0.0
) -> etree._Element:
    """The trigger of an event; `noses`: for each body the distance from reference to front, d, and direction.

    `later_s`: by how much the event begins after its trigger.
    """
    delay = 0.0
    match when:
        case After(t):
            said = by_time("greaterOrEqual", t)
        case AfterEvent(event, delay, begun):
            said = el("ByValueCondition", el(
                "StoryboardElementStateCondition", storyboardElementType="event", storyboardElementRef=event,
                state="runningState" if begun else "completeState",
            ))  # fmt: skip
        case AtPlace(of, along):
            nose, d, facing = noses[of]
            s = along - facing * (nose - REACHED_M) - begins_m(road)
            at = el("Position", el("RoadPosition", roadId=ROAD_ID, s=float(s), t=float(d)))
            said = _of(of, el("ReachPositionCondition", at, tolerance=REACHED_M))
        case AllOf() | AnyOf():
            raise TypeError(f"no single condition: {when!r}")
        case _:
            said = _of(when.of, _measure(when))
    return trigger("StartTrigger", name, said, delay=delay + later_s)


def _measure(when: Trigger) -> etree._Element:
    along = {"freespace": True, "coordinateSystem": "road", "relativeDistanceType": "longitudinal"}
    match when:
        case AtGap(_, to, gap, below):
            return el("RelativeDistanceCondition", entityRef=to, value=float(gap), rule=_rule(below), **along)
        case AtHeadway(_, to, headway, below):
            return el("TimeHeadwayCondition", entityRef=to, value=float(headway), rule=_rule(below), **along)
        case AtTTC(_, to, ttc):
            target = el("TimeToCollisionConditionTarget", el("EntityRef", entityRef=to))
            return el("TimeToCollisionCondition", target, value=float(ttc), rule=_rule(True), **along)
        case AtSpeed(_, speed, below):
            return el("SpeedCondition", value=float(speed), rule=_rule(below))
        case AtStandstill():
            return el("StandStillCondition", duration=0.0)
        case AfterDistance(_, distance):
            return el("TraveledDistanceCondition", value=float(distance))
    raise TypeError(f"no counterpart for {when!r}")


def _rule(below: bool) -> str:
    return "lessOrEqual" if below else "greaterOrEqual"


def _of(who: str, condition: etree._Element) -> etree._Element:
    whom = el("TriggeringEntities", el("EntityRef", entityRef=who), triggeringEntitiesRule="any")
    return el("ByEntityCondition", whom, el("EntityCondition", condition))


CONDITIONS = (After, AfterEvent, AtGap, AtHeadway, AtTTC, AtSpeed, AtStandstill, AfterDistance, AtPlace)


# -- actions -------------------------------------------------------------------------------------------------------


def exported_action(
    action: Action, placed: Placed, rollout: Rollout, road: Road, lane: int, facing: int
) -> ExportedAction | None:
    """The action in OpenSCENARIO; None if it has none. `lane`: the body's first lane."""
    kind = placed.body.kind
    grip = KINDS[kind].dynamics.grip(rollout.friction * G)
    context = ExportContext(grip, road, lane, facing, placed.speed_mps, kind in ON_FOOT)
    return VERBS.of(action).exported(action, context)


def delay_s(action: ExportedAction, speed_mps: float, forward_m: float) -> float:
    """By how much an exported action begins after its event: `forward_m` from the point that a player moves sideways to
    the box's centre, which is ahead of it by the time for that way.
    """
    match action:
        case ExportedSpeed():
            return action.delay_s
        case ExportedLaneChange():
            return SINE_LATER * action.within_s + (forward_m / speed_mps if speed_mps > 1 else 0.0)
    return 0.0


def private(action: ExportedAction, road: Road) -> etree._Element:
    """The PrivateAction of an action."""
    match action:
        case ExportedSpeed(speed, shape, dimension, value):
            return speed_action(speed, shape, dimension, value)
        case ExportedLaneChange(to, within):
            return _lane_change(lane_id(road, to), SINE_LASTS * within)
        case ExportedOffset(offset, within):
            return _lane_offset(offset, within)
    raise TypeError(f"no counterpart for {action!r}")


def speed_action(mps: float, shape: str, dimension: str, value: float | None) -> etree._Element:
    dynamics = {"dynamicsShape": shape, "dynamicsDimension": dimension, "value": float(value or 0.0)}
    made = el(
        "SpeedAction",
        el("SpeedActionDynamics", followingMode="position", **dynamics),
        el("SpeedActionTarget", el("AbsoluteTargetSpeed", value=float(mps))),
    )
    return el("PrivateAction", el("LongitudinalAction", made))


def _lane_change(to: int, within: float) -> etree._Element:
    dynamics = {"dynamicsShape": "sinusoidal", "dynamicsDimension": "time", "value": float(within)}
    made = el(
        "LaneChangeAction",
        el("LaneChangeActionDynamics", followingMode="position", **dynamics),
        el("LaneChangeTarget", el("AbsoluteTargetLane", value=str(to))),
    )
    return el("PrivateAction", el("LateralAction", made))


def _lane_offset(offset: float, within: float) -> etree._Element:
    peak = PEAK_ACCELERATION * max(abs(offset), 0.05) / within**2
    target = el("LaneOffsetTarget", el("AbsoluteTargetLaneOffset", value=float(offset)))
    dynamics = el("LaneOffsetActionDynamics", maxLateralAcc=peak, dynamicsShape="cubic")
    return el("PrivateAction", el("LateralAction", el("LaneOffsetAction", dynamics, target, continuous=False)))
