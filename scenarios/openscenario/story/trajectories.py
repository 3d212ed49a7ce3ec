"""FollowTrajectoryAction: polylines and clothoids with their times as points of the scenario language."""

import math
from itertools import pairwise

import numpy as np

from scenarios.openscenario.actors.course import centre_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.actors.import_context import ImportContext
from scenarios.openscenario.source.node import Node, Unsupported
from scenarios.openscenario.source.polyline import Vertex, read_trajectory
from scenarios.openscenario.source.yaml_text import quantity_text

MOST_POINTS = 200  # of `follow_trajectory`


class WholeMotion(Unsupported):
    """A trajectory from the start: it is no event, but the actor's motion."""


def followed(node: Node, of: Entity, stage: ImportContext, after_s: float | None) -> dict[str, object]:
    """`follow_trajectory` from the action's start, relative to its first point; raises Unsupported.

    Raises WholeMotion for a trajectory that begins with the scenario.
    """
    if after_s is not None and after_s <= 0:
        raise WholeMotion(node.remark("a trajectory from the start"))
    vertices = read_trajectory(node, stage.positions, stage.catalogs)
    timed = _timed(node, vertices, of, stage, after_s)
    boxes = [centre_of(of, vertex.spot) for vertex in vertices]
    stage.speeds[of.name] = None
    first = boxes[0]
    cos, sin = math.cos(first.heading_rad), math.sin(first.heading_rad)
    points = []
    for t, box in zip(timed, boxes, strict=True):
        dx, dy = box.x_m - first.x_m, box.y_m - first.y_m
        if t > 1e-3:
            ahead, left = quantity_text(cos * dx + sin * dy, "m"), quantity_text(cos * dy - sin * dx, "m")
            points.append([quantity_text(t, "s"), ahead, left])
    if not points:
        raise node.unsupported("a trajectory that is over when it begins")
    return {"follow_trajectory": {"points": _thinned(node, points)}}


def _thinned(node: Node, points: list[list[str]]) -> list[list[str]]:
    if len(points) <= MOST_POINTS:
        return points
    node.differs(f"{len(points)} points; here {MOST_POINTS} of them, evenly chosen")
    return [points[i] for i in np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).astype(int))]


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
