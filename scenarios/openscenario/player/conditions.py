"""Conditions while a storyboard is played: their value, their edge and their delay."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.openscenario.actors.entities import OBJECT_TYPES
from scenarios.openscenario.player.elements import STATES, PlayedElement, StateLog
from scenarios.openscenario.player.measures import (
    distance,
    distance_to,
    headway,
    outline,
    read_measure,
    road_along,
    time_to_collision,
)
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.world import STEP_S, World
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import holds
from scenarios.source.errors import nearest, quoted

NEAR = 1e-6
RULES = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual", "equalTo", "notEqualTo")
EDGES = ("none", "rising", "falling", "risingOrFalling")


def ruled(value: float | None, rule: str, limit: float, node: Node) -> bool:
    """Whether a value satisfies a rule; no value satisfies none."""
    if rule not in RULES:
        raise node.unsupported(f"rule={quoted(rule)}")
    if value is None:
        return False
    match rule:
        case "lessThan":
            return value < limit
        case "lessOrEqual":
            return value <= limit
        case "greaterThan":
            return value > limit
        case "greaterOrEqual":
            return value >= limit
        case "equalTo":
            return abs(value - limit) < NEAR
    return abs(value - limit) >= NEAR


@dataclass
class PlayedCondition:
    """One condition, evaluated at every step while its trigger is watched."""

    node: Node
    read: Callable[[], bool]
    edge: str
    delay_s: float
    before: bool | None = None
    past: list[tuple[float, bool]] = field(default_factory=list)

    def holds(self, t_s: float) -> bool:
        """Whether it holds now, with its edge and its delay."""
        value, before = self.read(), self.before
        self.before = value
        held = value if self.edge == "none" else before is not None and _turned(before, value, self.edge)
        if self.delay_s <= 0:
            return held
        self.past.append((t_s, held))
        due = [was for t, was in self.past if t <= t_s - self.delay_s + NEAR]
        if len(due) > 1:
            del self.past[: len(due) - 1]
        return bool(due) and due[-1]

    def reset(self) -> None:
        self.before, self.past = None, []


def _turned(before: bool, value: bool, edge: str) -> bool:
    if edge == "rising":
        return value and not before
    return before and not value if edge == "falling" else before != value


@dataclass
class PlayedTrigger:
    """A trigger: any of its groups, each with all its conditions."""

    groups: list[list[PlayedCondition]]
    empty: bool  # the value of a trigger without groups

    def holds(self, t_s: float) -> bool:
        if not self.groups:
            return self.empty
        held = [[condition.holds(t_s) for condition in group] for group in self.groups]
        return any(all(group) for group in held if group)

    def reset(self) -> None:
        for group in self.groups:
            for condition in group:
                condition.reset()


@dataclass
class ConditionReader:
    """Reads triggers of a storyboard; `log` has the states of its elements."""

    world: World
    log: StateLog

    def trigger(self, node: Node | None, empty: bool) -> PlayedTrigger:
        """The trigger of an element; raises Unsupported. `empty`: whether one without conditions holds."""
        groups = list(node.children("ConditionGroup")) if node is not None else []
        read = [[self._condition(one) for one in group.children("Condition")] for group in groups]
        return PlayedTrigger([group for group in read if group], empty)

    def _condition(self, node: Node) -> PlayedCondition:
        node.ignore("name")
        edge, delay = node.word("conditionEdge", "none"), node.number("delay", 0.0)
        if edge not in EDGES:
            raise node.unsupported(f"conditionEdge={quoted(edge)}")
        kind = node.only()
        if kind.tag == "ByValueCondition":
            return PlayedCondition(node, self._by_value(kind.only()), edge, delay)
        return PlayedCondition(node, self._by_entity(kind), edge, delay)

    # -- by value ----------------------------------------------------------------------------------------------

    def _by_value(self, node: Node) -> Callable[[], bool]:
        world = self.world
        match node.tag:
            case "SimulationTimeCondition":
                rule, limit = node.word("rule"), node.number("value")
                if rule == "equalTo":  # in the first step at or after that time
                    return lambda: 0 <= world.t_s - limit + NEAR < STEP_S
                ruled(0.0, rule, limit, node)
                return lambda: ruled(world.t_s, rule, limit, node)
            case "ParameterCondition" | "VariableCondition":
                return self._value(node)
            case "StoryboardElementStateCondition":
                return self._state(node)
        raise node.unsupported("conditions of that sort")

    def _value(self, node: Node) -> Callable[[], bool]:
        key = "parameterRef" if node.tag == "ParameterCondition" else "variableRef"
        name, rule, limit = node.label(key).lstrip("$"), node.word("rule"), node.word("value")
        if name not in self.world.values:
            raise node.wrong(f"{key}={quoted(name)}, which is not declared", nearest(name, self.world.values))
        return lambda: holds(self.world.values[name], rule, limit)

    def _state(self, node: Node) -> Callable[[], bool]:
        kind, name = node.word("storyboardElementType"), node.word("storyboardElementRef")
        state, log = node.word("state"), self.log
        if state not in STATES:
            raise node.unsupported(f"state={quoted(state)}")
        found: list[PlayedElement] = []

        def held() -> bool:
            if not found:
                found.append(log.element(kind, name, node))
            return log.in_state(found[0], state)

        return held

    # -- by entity ---------------------------------------------------------------------------------------------

    def _by_entity(self, node: Node) -> Callable[[], bool]:
        triggering = node.need("TriggeringEntities")
        rule = triggering.word("triggeringEntitiesRule")
        if rule not in ("any", "all"):
            raise triggering.unsupported(f"triggeringEntitiesRule={quoted(rule)}")
        whom = [mover for one in triggering.children("EntityRef") for mover in self.world.members(one)]
        if not whom:
            raise triggering.unsupported(f"{rule} of no entities")
        said = node.need("EntityCondition").only()
        reader = _READERS.get(said.tag)
        if reader is None:
            raise said.unsupported("conditions of that sort")
        each = [reader(said, of, self.world) for of in whom]
        return lambda: all(one() for one in each) if rule == "all" else any(one() for one in each)


Held = Callable[[], bool]


def _speed(node: Node, of: PlayedEntity, world: World) -> Held:
    if node.word("direction", "longitudinal") != "longitudinal":
        raise node.unsupported("a speed sideways or upwards")
    rule, limit = node.word("rule"), node.number("value")
    return lambda: ruled(of.speed, rule, limit, node)


def _relative_speed(node: Node, of: PlayedEntity, world: World) -> Held:
    if node.word("direction", "longitudinal") != "longitudinal":
        raise node.unsupported("a speed sideways or upwards")
    rule, limit, to = node.word("rule"), node.number("value"), world.mover(node)
    return lambda: ruled(of.speed - to.speed, rule, limit, node)


def _acceleration(node: Node, of: PlayedEntity, world: World) -> Held:
    if node.word("direction", "longitudinal") != "longitudinal":
        raise node.unsupported("an acceleration sideways or upwards")
    rule, limit = node.word("rule"), node.number("value")
    return lambda: ruled(of.accel, rule, limit, node)


def _since(node: Node, world: World, since: Callable[[], float | None]) -> Held:
    lasting = node.number("duration")

    def held() -> bool:
        began = since()
        return began is not None and world.t_s - began >= lasting - NEAR

    return held


def _standstill(node: Node, of: PlayedEntity, world: World) -> Held:
    return _since(node, world, lambda: of.still_since_s)


def _end_of_road(node: Node, of: PlayedEntity, world: World) -> Held:
    return _since(node, world, lambda: of.end_since_s)


def _off_road(node: Node, of: PlayedEntity, world: World) -> Held:
    return _since(node, world, lambda: of.off_road_since_s)


def _travelled(node: Node, of: PlayedEntity, world: World) -> Held:
    limit = node.number("value")
    return lambda: of.travelled_m >= limit - NEAR


def _headway(node: Node, of: PlayedEntity, world: World) -> Held:
    how, to, rule, limit = read_measure(node), world.mover(node), node.word("rule"), node.number("value")
    return lambda: ruled(headway(of, to, world, how), rule, limit, node)


def _ttc(node: Node, of: PlayedEntity, world: World) -> Held:
    how, rule, limit = read_measure(node), node.word("rule"), node.number("value")
    target = node.need("TimeToCollisionConditionTarget").only()
    if target.tag == "EntityRef":
        to = world.mover(target)
        return lambda: ruled(time_to_collision(of, to, world, how), rule, limit, node)
    spot = world.positions.read(target)

    def held() -> bool:
        left = distance_to(of, spot, world, how)
        return ruled(left / of.speed if abs(of.speed) > NEAR and left / of.speed >= 0 else None, rule, limit, node)

    return held


def _relative_distance(node: Node, of: PlayedEntity, world: World) -> Held:
    how, to, rule, limit = read_measure(node), world.mover(node), node.word("rule"), node.number("value")
    return lambda: ruled(abs(distance(of, to, world, how)), rule, limit, node)


def _distance(node: Node, of: PlayedEntity, world: World) -> Held:
    how, rule, limit, position = read_measure(node), node.word("rule"), node.number("value"), node.need("Position")
    world.positions.read(position)
    return lambda: ruled(abs(distance_to(of, world.positions.read(position), world, how)), rule, limit, node)


def _reach(node: Node, of: PlayedEntity, world: World) -> Held:
    tolerance, position = node.number("tolerance"), node.need("Position")
    world.positions.read(position)

    def held() -> bool:
        spot = world.positions.read(position)
        return math.hypot(spot.x_m - of.pose.x_m, spot.y_m - of.pose.y_m) <= tolerance

    return held


def _collision(node: Node, of: PlayedEntity, world: World) -> Held:
    target = node.only()
    if target.tag == "EntityRef":
        others = world.members(target)
    else:
        kind = OBJECT_TYPES.get(target.word("type"))
        if kind is None:
            raise target.unsupported(f"type={quoted(target.word('type'))}")
        others = [m for m in world.movers.values() if m.entity.element == kind]
    return lambda: any(to is not of and _near(of, to) and outline(of).intersects(outline(to)) for to in others)


def _near(of: PlayedEntity, to: PlayedEntity) -> bool:
    reach = (math.hypot(*of.entity.size[:2]) + math.hypot(*to.entity.size[:2])) / 2
    return math.dist(of.centre, to.centre) <= reach


def _clearance(node: Node, of: PlayedEntity, world: World) -> Held:
    ahead, behind = node.number("distanceForward", 0.0), node.number("distanceBackward", 0.0)
    free, opposite = node.flag("freeSpace"), node.flag("oppositeLanes")
    refs = [mover for one in node.children("EntityRef") for mover in world.members(one)]
    spans = [(one.number("from", -1e8), one.number("to", 1e8)) for one in node.children("RelativeLaneRange")]

    def meets(to: PlayedEntity) -> bool:
        if of.place is None or to.place is None or of.place.lane_id is None or to.place.lane_id is None:
            return False
        if not opposite and of.way != to.way:
            return False
        lanes = of.way * (to.place.lane_id - of.place.lane_id)
        if spans and not any(low <= lanes <= high for low, high in spans):
            return False
        along = road_along(of, to.pose, world)
        if free:
            half = (of.entity.size[0] + to.entity.size[0]) / 2
            along = math.copysign(max(abs(along) - half, 0.0), along)
        return -behind <= along <= ahead

    return lambda: not any(to is not of and meets(to) for to in refs or world.movers.values())


_READERS: dict[str, Callable[[Node, PlayedEntity, World], Held]] = {
    "SpeedCondition": _speed, "RelativeSpeedCondition": _relative_speed, "AccelerationCondition": _acceleration,
    "StandStillCondition": _standstill, "EndOfRoadCondition": _end_of_road, "OffroadCondition": _off_road,
    "TraveledDistanceCondition": _travelled, "TimeHeadwayCondition": _headway, "TimeToCollisionCondition": _ttc,
    "RelativeDistanceCondition": _relative_distance, "DistanceCondition": _distance,
    "ReachPositionCondition": _reach, "CollisionCondition": _collision, "RelativeClearanceCondition": _clearance,
}  # fmt: skip
