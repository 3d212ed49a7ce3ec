"""Lane changes and lane offsets."""

import math

from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.yaml_text import quantity_text

# Peaks of a unit shift in unit time: of our quintic's acceleration, and of each shape's speed.
PEAK_ACCELERATION = 5.774
PEAK_SPEED = {"linear": 1.0, "cubic": 1.5, "sinusoidal": math.pi / 2}
USUAL_OFFSET_S = 2.0
LEAST_S, MOST_S = 0.1, 60.0
MOST_OFFSET_M = 2.0


def lane_change(node: Node, of: Entity, stage: ImportContext) -> dict[str, object]:
    """`change_lane`, with the duration that the dynamics give."""
    here = stage.lane(of)
    if here is None:
        raise node.unsupported(f"a lane change of {of.id}, whose lane is not known beforehand")
    if abs(node.number("targetLaneOffset", 0.0)) > 1e-3:
        raise node.unsupported("a lane change to beside the lane's middle", "LaneChangeAction targetLaneOffset")
    target = _target(node.need("LaneChangeTarget").only(), of, stage)
    lanes = stage.course.lanes
    there = lanes.against if target[1] else lanes.along
    if not 0 <= target[0] < len(there):
        raise node.unsupported(f"a lane change of {of.id} to where the road has no lane for driving")
    dynamics = node.need("LaneChangeActionDynamics")
    road = stage.course.road
    width = abs(road.lane_centre(_place(target, stage)) - road.lane_centre(_place(here, stage))) or road.lane_width_m
    within = _lasting(dynamics, width, stage.speeds[of.name])
    stage.lanes[of.name] = target
    return {
        "change_lane": {"to": f"oncoming {target[0]}" if target[1] else target[0], "within": quantity_text(within, "s")}
    }


def _place(lane: tuple[int, bool], stage: ImportContext) -> int:
    return lane[0] + (len(stage.course.lanes.along) if lane[1] else 0)


def _target(node: Node, of: Entity, stage: ImportContext) -> tuple[int, bool]:
    if node.tag == "AbsoluteTargetLane":
        said = node.word("value")
        found = stage.course.lanes.number(int(said)) if said.lstrip("-").isdecimal() else None
        if found is None:
            raise node.unsupported(f"lane {said}, which is none for driving beside the ego's")
        return found
    other = stage.entity(node)
    lane, shift = stage.lane(other), int(node.number("value"))
    if lane is None:
        raise node.unsupported(f"a lane relative to {other.id}, which is in none")
    place = _place(lane, stage) + shift * (1 if stage.facing(other) >= 0 else -1)
    along = len(stage.course.lanes.along)
    return (place, False) if place < along else (place - along, True)


def _lasting(node: Node, shift_m: float, pace: float | None) -> float:
    """Seconds of a lateral shift in metres."""
    shape, kind, value = node.word("dynamicsShape"), node.word("dynamicsDimension"), abs(node.number("value"))
    node.word("followingMode", "")
    if shape == "step" or value <= 0:
        raise node.unsupported("a jump into another lane; here a lane change takes time")
    if kind == "distance":
        if not pace:
            raise node.unsupported("a lane change over a distance at a speed that is not known beforehand")
        node.differs(f"a lane change over {value:g} m; here it takes the time for them at {pace:.1f} m/s")
        value = value / pace
    elif kind == "rate":
        value = PEAK_SPEED.get(shape, 1.0) * shift_m / value
    if not LEAST_S <= value <= MOST_S:
        raise node.unsupported(f"a lane change of {value:.2f} s; here from {LEAST_S} to {MOST_S:.0f} s")
    return value


def lane_offset(node: Node, of: Entity, stage: ImportContext) -> dict[str, object]:
    """`offset`, to the actor's left of its lane's centre."""
    target, dynamics = node.need("LaneOffsetTarget").only(), node.need("LaneOffsetActionDynamics")
    value = target.number("value") * stage.course.way  # positive to the ego's left
    if target.tag == "RelativeTargetLaneOffset":
        other = stage.entity(target)
        theirs, mine = stage.lane(other), stage.lane(of)
        if theirs is None or mine is None:
            raise target.unsupported(f"an offset of {of.id} relative to {other.id}, of whom one is in no lane")
        between = stage.course.road.lane_centre(_place(theirs, stage)) - stage.course.road.lane_centre(
            _place(mine, stage)
        )
        value = between + stage.off_m(other) + target.number("value") * (stage.facing(other) or 1)
    node.flag("continuous")
    if dynamics.word("dynamicsShape") == "step":
        raise dynamics.unsupported("a jump sideways; here it takes time")
    if abs(value) > MOST_OFFSET_M:
        raise target.unsupported(f"an offset of {value:g} m; here at most {MOST_OFFSET_M:g} m")
    within = USUAL_OFFSET_S
    if (limit := dynamics.number("maxLateralAcc", 0.0)) > 0:
        shift = max(abs(value - stage.off_m(of)), 0.05)
        within = max(math.sqrt(PEAK_ACCELERATION * shift / limit), LEAST_S)
    return {"offset": {"to": quantity_text(value * (stage.facing(of) or 1), "m"), "within": quantity_text(within, "s")}}
