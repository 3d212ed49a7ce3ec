"""SynchronizeAction: arrival at a place together with another entity, as a trajectory over time."""

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.yaml_text import quantity_text

EVERY_S = 0.25
STILL_M = 0.3  # distance below which an entity is already there


def synchronised(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> dict[str, object]:
    """`follow_trajectory` along the entity's path; only if both speeds are known. Raises Unsupported."""
    master = stage.entity(node, "masterEntityRef")
    for name in ("targetTolerance", "targetToleranceMaster"):
        node.number(name, 0.0)
    if after_s is None:
        raise node.unsupported(f"{of.id} in time with {master.id} from an instant that is not known beforehand")
    pace, own = stage.speeds[master.name], stage.speeds[of.name]
    if not pace or own is None:
        raise node.unsupported(f"{of.id} in time with {master.id} while their speeds are not known beforehand")
    way = _way(stage, master, stage.positions.read(node.need("TargetPositionMaster"))) - pace * after_s
    mine = _way(stage, of, stage.positions.read(node.need("TargetPosition"))) - own * after_s
    if way < STILL_M or mine < STILL_M:
        raise node.unsupported(f"a place that {master.id if way < STILL_M else of.id} has passed by then")
    lasts = way / pace
    last = _final(node, pace, mine, lasts)
    points = _points(mine, lasts, own, last)
    if points is None:
        raise node.unsupported(
            f"{mine:.1f} m within {lasts:.1f} s from {own:.1f} to {last:.1f} m/s, which needs to go backwards"
        )
    stage.speeds[of.name] = last
    written = [[quantity_text(t, "s"), quantity_text(x, "m"), "0 m"] for t, x in points]
    return {"follow_trajectory": {"points": written}}


def _way(stage: ImportContext, who: Entity, to: WorldPosition) -> float:
    """Metres from an entity's start to a place ahead of it."""
    here, there = stage.course.spotted(stage.starts[who.name]), stage.course.spotted(to)
    facing = stage.facing(who)
    if facing == 0:
        return (there.d_m - here.d_m) * (1 if here.turn_rad > 0 else -1)
    return (there.s_m - here.s_m) * facing


def _final(node: Node, pace: float, way: float, lasts: float) -> float:
    """The speed on arrival; by default the mean speed."""
    final = node.child("FinalSpeed")
    if final is None:
        return way / lasts
    said = final.only()
    for steady in said.children():
        steady.leave_out("speed and place at the arrival are kept, how long before it is steady is not")
    if said.tag == "AbsoluteSpeed":
        return said.number("value")
    if said.word("speedTargetValueType") == "factor":
        return pace * said.number("value")
    return pace + said.number("value")


def _points(way: float, lasts: float, first: float, last: float) -> list[tuple[float, float]] | None:
    """A cubic of time with both end speeds; None if it would go backwards."""
    count = max(2, min(int(lasts / EVERY_S), 199))
    made, before = [], 0.0
    for i in range(1, count + 1):
        u = i / count
        x = way * u * u * (3 - 2 * u) + lasts * (first * u * (1 - u) ** 2 - last * u * u * (1 - u))
        if x < before - 1e-6:
            return None
        made.append((lasts * u, x))
        before = x
    return made
