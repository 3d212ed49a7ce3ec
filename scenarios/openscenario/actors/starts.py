"""Start positions in the scenario language: lanes and gaps, places beside the road, boxes, trajectories."""

import math

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, STATIC
from scenarios.openscenario.actors.course import Spotted, centre_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.yaml_text import quantity_text, speed

SMALL_M, SMALL_RAD = 5e-4, 0.02
FARTHEST_M, FARTHEST_BOX_M = 1000.0, 300.0
MOST_OFF_LANE_M = 3.0
BESIDE_M = (-10.0, 30.0)  # range of `offset:` from the road's edge


def sizes(entity: Entity) -> list[str]:
    return [quantity_text(side, "m") for side in entity.size]


def write_ego(stage: ImportContext, ego: Entity, points: list[list[str]] | None, follows: bool) -> dict[str, object]:
    """The section `ego:`."""
    lane = {"lane": stage.course.lanes.ego}
    if points is not None:
        return lane | {"trajectory": points, "size": sizes(ego)}
    drive = {"speed": speed(stage.initial[ego.name]), "drive": "follow" if follows else "hold speed"}
    return lane | drive | {"size": sizes(ego)}


def write_actor(stage: ImportContext, entity: Entity, points: list[list[str]] | None) -> dict[str, object]:
    """One section of `actors:`; raises Unsupported if the language has no such position."""
    kind: dict[str, object] = {"kind": str(entity.kind)}
    if points is not None:
        return kind | {"trajectory": points, "size": sizes(entity)}
    found, pace = stage.start(entity), stage.initial[entity.name]
    if pace > 0 and entity.kind in STATIC:
        raise entity.node.unsupported(f"a {entity.kind} that moves")
    placed = _in_lane(stage, entity, found, pace) or _beside(stage, entity, found, pace)
    return kind | (placed or _boxed(stage, entity, pace)) | ({"size": sizes(entity)} if placed else {})


def _gap(stage: ImportContext, entity: Entity, found: Spotted) -> dict[str, object] | None:
    ego = next(e for e in stage.entities.values() if e.id == "ego")
    half = (ego.size[0] + entity.size[0]) / 2
    from_ego = found.s_m - EGO_REAR_AXLE_TO_CENTRE_M
    gap = abs(from_ego) - half
    if not -min(30.0, half) - 1e-9 <= gap <= FARTHEST_M:
        return None
    return {"ahead" if from_ego >= 0 else "behind": quantity_text(gap, "m")}


def _in_lane(stage: ImportContext, entity: Entity, found: Spotted, pace: float) -> dict[str, object] | None:
    gap = _gap(stage, entity, found)
    if found.lane is None or gap is None or abs(found.off_m) > MOST_OFF_LANE_M:
        return None
    number, oncoming = found.lane
    if abs(math.remainder(found.turn_rad - (math.pi if oncoming else 0.0), math.tau)) > SMALL_RAD:
        return None
    lane: dict[str, object] = {"lane": f"oncoming {number}" if oncoming else number}
    off = {"offset": quantity_text(found.off_m, "m")} if abs(found.off_m) > SMALL_M else {}
    return lane | gap | off | {"speed": speed(pace)}


def _beside(stage: ImportContext, entity: Entity, found: Spotted, pace: float) -> dict[str, object] | None:
    road, gap = stage.course.road, _gap(stage, entity, found)
    turn = abs(math.remainder(found.turn_rad, math.tau))
    if found.lane is not None or gap is None or SMALL_RAD < turn < math.pi - SMALL_RAD:
        return None
    left = found.d_m > (road.left_edge + road.right_edge) / 2
    edge = found.d_m - road.left_edge if left else road.right_edge - found.d_m
    off = edge - entity.size[1] / 2
    if not BESIDE_M[0] <= off <= BESIDE_M[1]:
        return None
    said: dict[str, object] = {"side": "left" if left else "right", "offset": quantity_text(off, "m")} | gap
    said |= {"speed": speed(pace)} if pace else {}
    return said | ({"facing": "against"} if turn > 1 else {})


def _boxed(stage: ImportContext, entity: Entity, pace: float) -> dict[str, object]:
    x, y, heading = stage.course.to_map(centre_of(entity, stage.starts[entity.name]))
    if max(abs(x), abs(y)) > FARTHEST_BOX_M:
        found = f"{entity.id}, which starts {math.hypot(x, y):.0f} m away"
        raise entity.node.unsupported(f"{found}; off the lanes none starts farther than {FARTHEST_BOX_M:.0f} m away")
    turn = math.degrees(math.remainder(heading, math.tau))
    at = [quantity_text(x, "m"), quantity_text(y, "m")]
    box = {"box": {"at": at, "size": sizes(entity), "heading": quantity_text(turn, "deg")}}
    return box | ({"speed": speed(pace)} if pace else {})
