"""Conditions as triggers of the scenario language: one mapping, always or never."""

import math
from dataclasses import dataclass

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.parameters import holds
from scenarios.openscenario.source.yaml_text import quantity_text, speed
from scenarios.source.errors import nearest, quoted

When = dict[str, object]


@dataclass(frozen=True)
class Trigger:
    """When something begins. `after_s` if only time decides (0: at the start); `awaits` names an element that must
    have ended; `joined` has several triggers of which all or any must hold; None in all fields: never.
    """

    when: When | None = None
    after_s: float | None = None
    awaits: tuple[str, str] | None = None  # type and name of a storyboard element
    starts: bool = False  # the element must have begun instead of ended
    delay_s: float = 0.0
    joined: tuple[str, tuple["Trigger", ...]] | None = None  # all or any of these
    unsaid: Unsupported | None = None  # why the scenario language has no such trigger

    @property
    def at_once(self) -> bool:
        return self.after_s is not None and self.after_s <= 0


SHORT_DELAY_S = 0.3  # of a condition, that may be left out if the motion stays the same
AT_ONCE, NEVER = Trigger(after_s=0.0), Trigger()
_BELOW, _ABOVE = ("lessThan", "lessOrEqual"), ("greaterThan", "greaterOrEqual")
_OPPOSITE = {"lessThan": "greaterOrEqual", "lessOrEqual": "greaterThan", "greaterThan": "lessOrEqual",
             "greaterOrEqual": "lessThan"}  # fmt: skip


def read_trigger(node: Node | None, stage: ImportContext) -> Trigger:
    """A StartTrigger: any of its groups, each with all its conditions. None: at once."""
    if node is None:
        return AT_ONCE
    groups = [(group, [_condition(one, stage) for one in group.children("Condition")]) for group in node.children()]
    return _any([_all(held, group) for group, held in groups])


def _all(triggers: list[Trigger], node: Node) -> Trigger:
    found = _different([t for t in triggers if not t.at_once])
    if NEVER in found:
        return NEVER
    if not found:
        return AT_ONCE
    if all(t.after_s is not None for t in found):
        return max(found, key=lambda t: t.after_s or 0.0)
    if len(found) > 1 and any(
        one.has("conditionEdge") and one.word("conditionEdge") != "none" for one in node.children()
    ):
        node.differs(
            "conditions of which some count at the instant of their edge; here all of them hold at one instant"
        )
    return _joined("all", found)


def _any(triggers: list[Trigger]) -> Trigger:
    found = _different([t for t in triggers if t != NEVER])
    if not found:
        return NEVER
    if any(t.at_once for t in found):
        return AT_ONCE
    if all(t.after_s is not None for t in found):
        return min(found, key=lambda t: t.after_s or 0.0)
    return _joined("any", found)


def _joined(how: str, parts: list[Trigger]) -> Trigger:
    return parts[0] if len(parts) == 1 else Trigger(joined=(how, tuple(parts)))


def both(first: Trigger, second: Trigger) -> Trigger:
    """A trigger that holds if both do; an `any` is kept outermost, as the scenario language requires."""
    for one, other in ((first, second), (second, first)):
        if one.joined is not None and one.joined[0] == "any":
            return Trigger(joined=("any", tuple(both(part, other) for part in one.joined[1])))
    parts = [part for one in (first, second) for part in (one.joined[1] if one.joined is not None else (one,))]
    return _joined("all", _different(parts))


def stays(trigger: Trigger) -> bool:
    """Whether the trigger never stops holding."""
    if trigger.joined is not None:
        return all(map(stays, trigger.joined[1]))
    return trigger.after_s is not None or trigger.awaits is not None or "travelled" in (trigger.when or {})


def _different(triggers: list[Trigger]) -> list[Trigger]:
    return list({repr(trigger): trigger for trigger in triggers}.values())


def _condition(node: Node, stage: ImportContext) -> Trigger:
    node.ignore("name")
    edge, delay = node.word("conditionEdge", "none"), node.number("delay", 0.0) - stage.own_delay_s
    if edge == "risingOrFalling":
        raise node.unsupported(f"conditionEdge={quoted(edge)}")
    said = node.only().only()
    if node.only().tag == "ByValueCondition":
        found = _by_value(said, edge, stage)
    else:
        found = _by_entity(node.only(), edge, stage)
    if delay <= 1e-6 or found == NEVER:
        return found
    if found.after_s is not None:
        return Trigger(after_s=found.after_s + delay)
    if found.awaits is not None and not found.starts:
        return Trigger(awaits=found.awaits, delay_s=found.delay_s + delay)
    if delay <= SHORT_DELAY_S:
        node.differs(f"a delay of {delay:g} s; here none")
        return found
    raise node.unsupported(f"a delay of {delay:g} s after a condition that is no time and no end of another event")


# -- by value ------------------------------------------------------------------------------------------------------


def _by_value(node: Node, edge: str, stage: ImportContext) -> Trigger:
    match node.tag:
        case "SimulationTimeCondition":
            value, rule = node.number("value"), node.word("rule")
            if edge == "falling":
                rule = _OPPOSITE.get(rule, rule)
            if rule in _ABOVE or rule == "equalTo":
                return Trigger(after_s=max(value, 0.0))
            return AT_ONCE if rule == "notEqualTo" or value > 0 else NEVER
        case "ParameterCondition":
            name = node.label("parameterRef").lstrip("$")
            if name not in node.scope:
                raise node.wrong(f"parameterRef={quoted(name)}, which is not declared", nearest(name, node.scope))
            return AT_ONCE if holds(node.scope[name], node.word("rule"), node.word("value")) else NEVER
        case "StoryboardElementStateCondition":
            awaited, state = (node.word("storyboardElementType"), node.word("storyboardElementRef")), node.word("state")
            if state in ("completeState", "endTransition", "stopTransition"):
                return Trigger(awaits=awaited)
            if state in ("startTransition", "runningState"):
                return Trigger(awaits=awaited, starts=True)
            raise node.unsupported(f"state={quoted(state)}")
    raise node.unsupported("conditions of that sort")


# -- by entity -----------------------------------------------------------------------------------------------------


def _by_entity(node: Node, edge: str, stage: ImportContext) -> Trigger:
    triggering = node.need("TriggeringEntities")
    whom = list(triggering.children("EntityRef"))
    rule = triggering.word("triggeringEntitiesRule")
    if not whom or rule not in ("any", "all"):
        raise triggering.unsupported(f"{rule} of {len(whom)} entities")
    said = node.need("EntityCondition").only()
    reader = _READERS.get(said.tag)
    if reader is None:
        raise said.unsupported("conditions of that sort")
    return _joined(rule, _different([Trigger(when=reader(said, stage.entity(of), edge, stage)) for of in whom]))


def _bound(node: Node, edge: str) -> str:
    """'below' or 'above', by the rule."""
    rule = node.word("rule")
    rule = _OPPOSITE.get(rule, rule) if edge == "falling" else rule
    if rule in _BELOW:
        return "below"
    if rule in _ABOVE:
        return "above"
    raise node.unsupported(f"rule={quoted(rule)}; here a measure is below or above a limit")


def _speed(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    if node.word("direction", "longitudinal") != "longitudinal":
        raise node.unsupported("a speed sideways or upwards")
    return {"speed": {"of": of.id, _bound(node, edge): speed(node.number("value"))}}


def _standstill(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    if node.number("duration") > 0.1:
        node.differs(f"it holds at standstill, not {node.number('duration'):g} s later")
    return {"standstill": {"of": of.id}}


def _travelled(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    return {"travelled": {"of": of.id, "distance": quantity_text(node.number("value"), "m")}}


def _measured_along(node: Node) -> None:
    """What says along what a distance counts; ours is along the road."""
    kind = node.word("relativeDistanceType", "longitudinal")
    if kind not in ("longitudinal", "cartesianDistance", "euclidianDistance"):
        raise node.unsupported(f"a {kind} distance")
    if kind != "longitudinal":
        node.differs("a distance as the crow flies; here it counts along the road")
    for name in ("coordinateSystem", "routingAlgorithm", "alongRoute"):
        node.word(name, "")


def _free(node: Node, of: Entity, to: Entity) -> float:
    """How much longer than the free gap a distance is by which `to` is ahead of `of`."""
    return 0.0 if node.flag("freespace") else of.nose_m + to.tail_m


def _headway(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    to, bound = stage.entity(node), _bound(node, edge)
    _measured_along(node)
    value, more = node.number("value"), _free(node, of, to)
    if more:
        pace = stage.speeds[of.name]
        if not pace:
            raise node.unsupported(
                f"a headway between reference points while the speed of {of.id} is not known beforehand"
            )
        node.differs(
            f"a headway between reference points; here it is the free gap's, the same while {of.id} keeps its speed"
        )
        value -= more / pace
        if value < 0.1:
            return _gap(node, of, to, bound, value * pace)
    return {"headway": {"of": of.id, "to": to.id, bound: quantity_text(value, "s")}}


def _ttc(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    target = node.need("TimeToCollisionConditionTarget").only()
    _measured_along(node)
    if target.tag != "EntityRef":
        raise target.unsupported("a time to collision with a place")
    if _bound(node, edge) != "below":
        raise node.unsupported("a time to collision above a limit; here it is below one")
    to, value = stage.entity(target), node.number("value")
    if more := _free(node, of, to):
        paces = stage.speeds[of.name], stage.speeds[to.name]
        closing = (paces[0] or 0.0) - stage.facing(of) * stage.facing(to) * (paces[1] or 0.0)
        if None in paces or closing <= 0.1:
            raise node.unsupported("a time to collision between reference points that do not close in at a known speed")
        node.differs(
            "a time to collision between reference points; here it is the free gap's, the same at steady speeds"
        )
        value -= more / closing
        if value < 0.1:
            return _gap(node, of, to, "below", value * closing)
    return {"ttc": {"of": of.id, "to": to.id, "below": quantity_text(value, "s")}}


def _relative_distance(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    to, bound, value = stage.entity(node), _bound(node, edge), node.number("value")
    _measured_along(node)
    if not node.flag("freespace"):
        here, there = (stage.course.spotted(stage.starts[e.name]).s_m for e in (of, to))
        centres = abs(stage.start(of).s_m - stage.start(to).s_m)
        value -= abs(here - there) - (centres - (of.size[0] + to.size[0]) / 2)
    return _gap(node, of, to, bound, value)


def _gap(node: Node, of: Entity, to: Entity, bound: str, value: float) -> When:
    if not -1e-6 <= value <= 250:
        raise node.unsupported(f"a free gap of {value:.1f} m; here from 0 to 250 m")
    return {"gap": {"of": of.id, "to": to.id, bound: quantity_text(max(value, 0.0), "m")}}


def _place(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    """ReachPosition and Distance: the position along the road at which the front then is."""
    reach = node.tag == "ReachPositionCondition"
    limit = node.number("tolerance" if reach else "value")
    if not reach:
        _measured_along(node)
        if _bound(node, edge) != "below":
            raise node.unsupported("a distance to a place above a limit")
    spot = stage.positions.read(node.need("Position"))
    there, facing = stage.course.spotted(spot), stage.facing(of)
    if facing == 0:
        raise node.unsupported(f"a place that {of.id} reaches across the road; here it is reached along it")
    beside = there.d_m - stage.start(of).d_m
    if not (reach or node.word("relativeDistanceType", "") == "longitudinal") or reach:
        if abs(beside) < limit:
            limit = math.sqrt(limit**2 - beside**2)
        elif abs(beside) > 1e-3:
            node.differs(
                f"a place {abs(beside):.1f} m beside the way of {of.id}; here it counts when that is abreast of it"
            )
            limit = 0.0
    nose = 0.0 if not reach and node.flag("freespace") else of.nose_m
    return {"reached": {"of": of.id, "along": quantity_text(there.s_m - facing * (limit - nose), "m")}}


def _end_of_road(node: Node, of: Entity, edge: str, stage: ImportContext) -> When:
    if node.number("duration") > 0.1 or stage.course.chain is None:
        raise node.unsupported("an end of the road that lasts, or a road without one")
    facing = stage.facing(of)
    end = stage.course.chain.ends_m if facing > 0 else stage.course.chain.begins_m
    return {"reached": {"of": of.id, "along": quantity_text(end + facing * of.nose_m, "m")}}


_READERS = {
    "SpeedCondition": _speed, "StandStillCondition": _standstill, "TraveledDistanceCondition": _travelled,
    "TimeHeadwayCondition": _headway, "TimeToCollisionCondition": _ttc, "EndOfRoadCondition": _end_of_road,
    "RelativeDistanceCondition": _relative_distance, "ReachPositionCondition": _place, "DistanceCondition": _place,
}  # fmt: skip
