"""Private actions as mappings of `do:`, in order."""

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.yaml_text import quantity_text, speed
from scenarios.openscenario.story.manoeuvres import lane_change, lane_offset
from scenarios.openscenario.story.synchronise import synchronised
from scenarios.openscenario.story.trajectories import followed
from scenarios.source.errors import quoted

Do = dict[str, object]
LEAST_RATE, MOST_RATE = 0.1, 11.5  # limits of a speed change in the scenario language, m/s^2
SAME_MPS = 1e-6
LEAST_S = 0.1


def read_action(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> list[Do]:
    """The actions of a PrivateAction for one entity, in order; `after_s`: its start time, if known.

    Raises Unsupported. An empty list: nothing changes.
    """
    said = node.only()
    match said.tag:
        case "LongitudinalAction":
            return _longitudinal(said.only(), of, stage, after_s)
        case "LateralAction":
            inner = said.only()
            if inner.tag == "LaneChangeAction":
                return [lane_change(inner, of, stage)]
            if inner.tag == "LaneOffsetAction":
                return [lane_offset(inner, of, stage)]
            raise inner.unsupported("actions of that sort")
        case "SynchronizeAction":
            return [synchronised(said, of, stage, after_s)]
        case "RoutingAction":
            inner = said.only()
            if inner.tag == "FollowTrajectoryAction":
                return [followed(inner, of, stage, after_s)]
            raise inner.unsupported("actions of that sort")
        case "VisibilityAction":
            return _visibility(said)
        case "ControllerAction" | "ActivateControllerAction":
            return _controller(said, of, stage, after_s)
        case "TeleportAction":
            raise said.unsupported("a jump while the scenario runs; here bodies move")
        case "AppearanceAction":
            said.leave_out("lights and animations do not change who is where")
            return []
    raise said.unsupported("actions of that sort")


def _visibility(node: Node) -> list[Do]:
    seen = [node.flag(name) for name in ("graphics", "sensors", "traffic")]
    if all(seen):
        return []
    if any(seen):
        raise node.unsupported("an entity that is visible to some and not to others")
    node.differs("here a body disappears at the scene's edge only")
    return [{"disappear": {}}]


def _controller(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> list[Do]:
    assigned = node.tag == "ControllerAction" and any(
        part.tag == "AssignControllerAction" for part in node.element.children
    )
    _overridden(node)
    for part in node.element.walk():
        if part.tag in ("ActivateControllerAction", "AssignControllerAction", "ControllerAction"):
            part.seen = True
            part.read.update(part.attributes)
    if of.id == "ego":
        node.leave_out("the ego is driven by our own driver model, as a vehicle under test")
        if assigned or _activates(node):
            stage.driven.add(of.name)
    elif assigned and after_s == 0:
        node.leave_out(f"a controller of another program; here {of.id} does what the story says")
    else:
        raise node.unsupported(f"a controller of {of.id} that takes over: programs of others do not run here")
    return []


def _activates(node: Node) -> bool:
    """Whether a controller takes over the speed."""
    inner = [part for part in node.element.walk() if part.tag == "ActivateControllerAction"]
    return any(part.attributes.get("longitudinal") == "true" for part in inner)


def _overridden(node: Node) -> None:
    """Refuses held pedals and wheels: bodies have none."""
    for held in node.children("OverrideControllerValueAction"):
        for part in held.children():
            if part.flag("active"):
                raise part.unsupported("a pedal, wheel or gear that is held")


# -- speed ---------------------------------------------------------------------------------------------------------


def _longitudinal(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> list[Do]:
    match node.tag:
        case "SpeedAction":
            return _speed_action(node, of, stage)
        case "SpeedProfileAction":
            return _profile(node, of, stage)
        case "LongitudinalDistanceAction":
            return [_keep_distance(node, of, stage)]
    raise node.unsupported("actions of that sort")


def _speed_action(node: Node, of: Entity, stage: ImportContext) -> list[Do]:
    to = target_speed(node.need("SpeedActionTarget").only(), of, stage)
    dynamics = node.need("SpeedActionDynamics")
    shape, kind = dynamics.word("dynamicsShape"), dynamics.word("dynamicsDimension")
    value = abs(dynamics.number("value"))
    dynamics.word("followingMode", "")
    before, stage.speeds[of.name] = stage.speeds[of.name], to
    if before is not None and abs(to - before) < SAME_MPS:
        return [{"hold_speed": {"speed": speed(to), "for": quantity_text(LEAST_S, "s")}}]
    if shape == "step" or value <= 0:
        raise dynamics.unsupported(f"a speed that jumps to {to:.1f} m/s; here it changes with a rate or within a time")
    smooth: Do = {"profile": "exact" if shape == "linear" else "smooth"}
    if shape == "sinusoidal":
        dynamics.differs("a sinusoidal change of speed; here it is a cubic over the same time")
    if kind == "time":
        return [{"change_speed": {"to": speed(to), "within": quantity_text(max(value, LEAST_S), "s")} | smooth}]
    if kind == "distance":
        return [_over_distance(dynamics, before, to, value, smooth)]
    return [_at_rate(dynamics, before, to, value, smooth)]


def target_speed(node: Node, of: Entity, stage: ImportContext) -> float:
    """The speed of an absolute or relative target, m/s; raises Unsupported."""
    if node.tag == "AbsoluteTargetSpeed":
        return _forward(node, node.number("value"))
    other = stage.entity(node)
    pace = stage.speeds[other.name]
    if pace is None:
        raise node.unsupported(f"a speed relative to {other.id}, whose speed is not known beforehand")
    value, kind = node.number("value"), node.word("speedTargetValueType")
    if node.flag("continuous"):
        node.differs(f"a speed that goes on to follow that of {other.id}; here it is reached once")
    return _forward(node, pace * value if kind == "factor" else pace + value)


def _forward(node: Node, mps: float) -> float:
    if not 0 <= mps <= 70:
        raise node.unsupported(f"a speed of {mps:.1f} m/s; here from 0 to 70 m/s")
    return mps


def _over_distance(node: Node, before: float | None, to: float, way: float, smooth: Do) -> Do:
    """The time for the distance at the mean of both speeds, which every shape has."""
    if before is None or before + to < SAME_MPS:
        raise node.unsupported("a speed change over a distance from a speed that is not known beforehand")
    within = quantity_text(max(2 * way / (before + to), LEAST_S), "s")
    return {"change_speed": {"to": speed(to), "within": within} | smooth}


def _at_rate(node: Node, before: float | None, to: float, rate: float, smooth: Do) -> Do:
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise node.unsupported(f"a rate of {rate:.2f} m/s^2; here from {LEAST_RATE} to {MOST_RATE} m/s^2")
    return {"change_speed": {"to": speed(to), "rate": quantity_text(rate, "m/s^2")} | smooth}


def _profile(node: Node, of: Entity, stage: ImportContext) -> list[Do]:
    if node.has("entityRef"):
        raise node.unsupported("a speed profile relative to another entity")
    node.word("followingMode")
    if (limits := node.child("DynamicConstraints")) is not None:
        limits.leave_out("the profile's own times decide")
    deeds: list[Do] = []
    for entry in node.children("SpeedProfileEntry"):
        to, within = _forward(entry, entry.number("speed")), entry.number("time", 0.0)
        before, stage.speeds[of.name] = stage.speeds[of.name], to
        if before is not None and abs(to - before) < SAME_MPS:
            if within >= LEAST_S:
                deeds.append({"hold_speed": {"speed": speed(to), "for": quantity_text(within, "s")}})
            continue
        if not entry.has("time") or within < LEAST_S:
            raise entry.unsupported(f"a speed of {to:.1f} m/s without the time in which it is reached")
        deeds.append({"change_speed": {"to": speed(to), "within": quantity_text(within, "s"), "profile": "exact"}})
    return deeds


def _keep_distance(node: Node, of: Entity, stage: ImportContext) -> Do:
    """Following at a driver model's own time gap, an approximation of the requested distance."""
    other = stage.entity(node)
    if node.word("displacement", "any") == "leadingReferencedEntity":
        raise node.unsupported(f"a distance kept ahead of {other.id}")
    said = f"{node.number('distance'):g} m" if node.has("distance") else f"{node.number('timeGap', 0.0):g} s"
    for name in ("continuous", "freespace", "coordinateSystem"):
        node.word(name, "")
    if (limits := node.child("DynamicConstraints")) is not None:
        limits.leave_out("the driver model has limits of its own")
    node.differs(
        f"{quoted(said)[1:-1]} behind {other.id}; here {of.id} follows who is ahead at a driver's own gap (IDM)"
    )
    wished = max((pace for pace in (stage.speeds[of.name], stage.speeds[other.name]) if pace is not None), default=0.0)
    stage.speeds[of.name] = None
    return {"follow": {"speed": speed(min(1.2 * wished + 2.0, 70.0)), "driver": "idm"}}
