"""FollowTrajectoryAction: polylines and clothoids with their times as points of the scenario language."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.opendrive.geometry import Clothoid
from scenarios.openscenario.actors.course import centre_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.yaml_text import quantity_text

MOST_POINTS = 200  # of `follow_trajectory`
CLOTHOID_STEP_M = 1.0
WRITTEN = "_trajectory"  # points [t, x, y] in the map frame, if one trajectory lasts the whole clip


@dataclass(frozen=True)
class Vertex:
    """A position of the reference point and its time; the heading if the file has one."""

    spot: WorldPosition
    t_s: float | None
    turned: bool


def followed(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> dict[str, object]:
    """`follow_trajectory` from the action's start, and the same points in the map; raises Unsupported."""
    trajectory = _trajectory(node, stage)
    vertices = _vertices(trajectory, stage)
    if abs(node.number("initialDistanceOffset", 0.0)) > 1e-6:
        raise node.unsupported("a trajectory that begins on the way", "FollowTrajectoryAction initialDistanceOffset")
    mode = node.child("TrajectoryFollowingMode")
    if mode is not None and mode.word("followingMode") == "follow":
        mode.differs("a trajectory that a driver steers after; here it is kept exactly")
    timed = _timed(node, vertices, of, stage, after_s)
    centres = _headed([replace(v.spot) for v in vertices], [v.turned for v in vertices])
    boxes = [centre_of(of, spot) for spot in centres]
    if of.hit_s is not None and after_s is not None and timed[0] < of.hit_s - after_s < timed[-1]:
        boxes = _as_if_not_hit(boxes, timed, of.hit_s - after_s, stage.speeds[of.name] or 0.0)
        node.differs(f"{of.hit_s:.2f} s: hit; here it goes on as before, and the impact is simulated again")
    stage.speeds[of.name] = None
    first = boxes[0]
    cos, sin = math.cos(first.heading_rad), math.sin(first.heading_rad)
    points = []
    for t, box in zip(timed, boxes, strict=True):
        dx, dy = box.x_m - first.x_m, box.y_m - first.y_m
        if t > 1e-3:
            points.append(
                [
                    quantity_text(t, "s"),
                    quantity_text(cos * dx + sin * dy, "m"),
                    quantity_text(cos * dy - sin * dx, "m"),
                ]
            )
    if not points:
        raise node.unsupported("a trajectory that is over when it begins")
    back = EGO_REAR_AXLE_TO_CENTRE_M if of.id == "ego" else 0.0
    placed = [stage.course.to_map(box) for box in boxes]
    written = [
        [quantity_text(t, "s"), quantity_text(x - back * math.cos(h), "m"), quantity_text(y - back * math.sin(h), "m")]
        for t, (x, y, h) in zip(timed, placed, strict=True)
    ]
    if of.id == "ego" and abs(timed[0]) < 1e-6:
        written[0] = ["0 s", "0 m", "0 m"]  # the origin of our map, for any heading of the ego
    whole = written if after_s is not None and after_s <= 0 else None
    return {"follow_trajectory": {"points": _thinned(node, points)}} | ({WRITTEN: whole} if whole else {})


def _as_if_not_hit(boxes: list[WorldPosition], timed: list[float], hit_s: float, pace: float) -> list[WorldPosition]:
    """The same path up to an impact, then straight on at the last velocity, since the impact is simulated again.

    `pace`: its speed in m/s at the start, for a body that is hit at once.
    """
    last = max(i for i, t in enumerate(timed) if t < hit_s)
    end, begun = boxes[last], boxes[max(last - 1, 0)]
    if last > 0:
        took = timed[last] - timed[last - 1]
        vx, vy = (end.x_m - begun.x_m) / took, (end.y_m - begun.y_m) / took
    else:
        vx, vy = pace * math.cos(end.heading_rad), pace * math.sin(end.heading_rad)
    after = [t - timed[last] for t in timed[last + 1 :]]
    return boxes[: last + 1] + [replace(end, x_m=end.x_m + vx * t, y_m=end.y_m + vy * t) for t in after]


def _thinned(node: Node, points: list[list[str]]) -> list[list[str]]:
    if len(points) <= MOST_POINTS:
        return points
    node.differs(f"{len(points)} points; here {MOST_POINTS} of them, evenly chosen")
    return [points[i] for i in np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).astype(int))]


def _trajectory(node: Node, stage: ImportContext) -> Node:
    holder = node.child("TrajectoryRef") or node
    found = holder.child("Trajectory")
    found = stage.catalogs.entry(holder.need("CatalogReference")) if found is None else declared(found, {})
    found.ignore("name")
    if found.flag("closed"):
        raise found.unsupported("a closed trajectory")
    return found


def _vertices(trajectory: Node, stage: ImportContext) -> list[Vertex]:
    shape = trajectory.need("Shape").only()
    match shape.tag:
        case "Polyline":
            made = []
            for vertex in shape.children("Vertex"):
                position = vertex.need("Position")
                said = position.only()
                turned = said.has("h") or any(c.tag == "Orientation" for c in said.element.children)
                made.append(Vertex(stage.positions.read(position), _time(vertex, "time"), turned))
            return made
        case "Clothoid":
            return _clothoid(shape, stage)
    raise shape.unsupported("trajectories of that shape")


def _time(node: Node, name: str) -> float | None:
    return node.number(name) if node.has(name) else None


def _clothoid(node: Node, stage: ImportContext) -> list[Vertex]:
    start = stage.positions.read(node.need("Position"))
    length, first = node.number("length"), node.number("curvature")
    slope = node.number("curvaturePrime" if node.has("curvaturePrime") else "curvatureDot", 0.0)
    if not 0.1 <= length <= 2000 or max(abs(first), abs(first + slope * length)) > 1:
        raise node.unsupported("a clothoid of no length that a road has, or too tight")
    curve = Clothoid(first, first + slope * length, length)
    begins, ends = _time(node, "startTime"), _time(node, "stopTime")
    made = []
    for share in np.linspace(0.0, 1.0, max(3, min(MOST_POINTS, int(length / CLOTHOID_STEP_M) + 1))):
        u, v, turned, _ = curve.at(float(share) * length)
        cos, sin = math.cos(start.heading_rad), math.sin(start.heading_rad)
        x, y = start.x_m + cos * u - sin * v, start.y_m + sin * u + cos * v
        at = None if begins is None or ends is None else begins + float(share) * (ends - begins)
        made.append(Vertex(WorldPosition(x, y, start.heading_rad + turned), at, True))
    return made


def _headed(spots: list[WorldPosition], turned: list[bool]) -> list[WorldPosition]:
    """Adds the direction of travel where the file has no heading."""
    made = []
    for i, spot in enumerate(spots):
        if not turned[i]:
            before, after = spots[max(i - 1, 0)], spots[min(i + 1, len(spots) - 1)]
            if math.hypot(after.x_m - before.x_m, after.y_m - before.y_m) > 1e-3:
                spot = replace(spot, heading_rad=math.atan2(after.y_m - before.y_m, after.x_m - before.x_m))
        made.append(spot)
    return made


def _timed(node: Node, vertices: list[Vertex], of: Entity, stage: ImportContext, after_s: float | None) -> list[float]:
    """Seconds from the action's start at each vertex."""
    if len(vertices) < 2:
        raise node.unsupported(f"a trajectory of {len(vertices)} points")
    reference = node.need("TimeReference").only()
    if reference.tag == "None":
        return _at_own_pace(node, vertices, stage.speeds[of.name])
    times = [v.t_s for v in vertices if v.t_s is not None]
    if len(times) < len(vertices):
        raise reference.unsupported("times for a trajectory whose points have none")
    scale, offset = reference.number("scale"), reference.number("offset")
    begins = 0.0
    if reference.word("domainAbsoluteRelative") == "absolute":
        if after_s is None:
            raise reference.unsupported("absolute times from an instant that is not known beforehand")
        begins = after_s
    timed = [t * scale + offset - begins for t in times]
    if any(b <= a for a, b in pairwise(timed)):
        raise node.unsupported("times that do not rise")
    return timed


def _at_own_pace(node: Node, vertices: list[Vertex], pace: float | None) -> list[float]:
    if not pace:
        raise node.unsupported("a trajectory without times at a speed that is not known beforehand")
    node.differs(f"a trajectory without times; here at the {pace:.1f} m/s of its beginning")
    steps = [math.hypot(b.spot.x_m - a.spot.x_m, b.spot.y_m - a.spot.y_m) for a, b in pairwise(vertices)]
    return [0.0, *(float(t) / pace for t in np.cumsum(steps))]
