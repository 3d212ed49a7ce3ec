"""Trajectories of a file as vertices: polylines, clothoids and NURBS, with times and headings where it has them."""

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy  # imports scipy.interpolate at the first NURBS

from scenarios.opendrive.geometry import Clothoid
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.positions import Positions, WorldPosition

CLOTHOID_STEP_M = 1.0
MOST_SAMPLES = 200


@dataclass(frozen=True)
class Vertex:
    """A position of the reference point and its time; `turned`: whether the file gives the heading."""

    spot: WorldPosition
    t_s: float | None
    turned: bool


def read_trajectory(node: Node, positions: Positions, catalogs: Catalogs) -> list[Vertex]:
    """The vertices of a FollowTrajectoryAction, each with a heading; raises Unsupported."""
    holder = node.child("TrajectoryRef") or node
    found = holder.child("Trajectory")
    found = catalogs.entry(holder.need("CatalogReference")) if found is None else declared(found, {})
    found.ignore("name")
    if found.flag("closed"):
        raise found.unsupported("a closed trajectory")
    vertices = _vertices(found, positions)
    if len(vertices) < 2:
        raise node.unsupported(f"a trajectory of {len(vertices)} points")
    return headed(vertices)


def _vertices(trajectory: Node, positions: Positions) -> list[Vertex]:
    shape = trajectory.need("Shape").only()
    match shape.tag:
        case "Polyline":
            return [_vertex(vertex, positions) for vertex in shape.children("Vertex")]
        case "Clothoid":
            return _clothoid(shape, positions)
        case "Nurbs":
            return _nurbs(shape, positions)
    raise shape.unsupported("trajectories of that shape")


def _vertex(node: Node, positions: Positions) -> Vertex:
    position = node.need("Position")
    said = position.only()
    turned = said.has("h") or any(c.tag == "Orientation" for c in said.element.children)
    return Vertex(positions.read(position), _time(node, "time"), turned)


def _time(node: Node, name: str) -> float | None:
    return node.number(name) if node.has(name) else None


def _clothoid(node: Node, positions: Positions) -> list[Vertex]:
    start = positions.read(node.need("Position"))
    length, first = node.number("length"), node.number("curvature")
    slope = node.number("curvaturePrime" if node.has("curvaturePrime") else "curvatureDot", 0.0)
    if not 0.1 <= length <= 2000 or max(abs(first), abs(first + slope * length)) > 1:
        raise node.unsupported("a clothoid of no length that a road has, or too tight")
    curve = Clothoid(first, first + slope * length, length)
    begins, ends = _time(node, "startTime"), _time(node, "stopTime")
    made = []
    for share in np.linspace(0.0, 1.0, max(3, min(MOST_SAMPLES, int(length / CLOTHOID_STEP_M) + 1))):
        u, v, turned, _ = curve.at(float(share) * length)
        cos, sin = math.cos(start.heading_rad), math.sin(start.heading_rad)
        x, y = start.x_m + cos * u - sin * v, start.y_m + sin * u + cos * v
        at = None if begins is None or ends is None else begins + float(share) * (ends - begins)
        made.append(Vertex(WorldPosition(x, y, start.heading_rad + turned), at, True))
    return made


def _nurbs(node: Node, positions: Positions) -> list[Vertex]:
    """Samples of a rational B-spline; times are those of its control points, blended like their positions."""
    order = int(node.number("order"))
    points = [(_vertex(one, positions), one.number("weight", 1.0)) for one in node.children("ControlPoint")]
    knots = [one.number("value") for one in node.children("Knot")]
    if order < 2 or len(points) < order or len(knots) != len(points) + order or sorted(knots) != knots:
        raise node.wrong(
            f"{len(points)} control points and {len(knots)} knots for order {order}",
            "at least as many control points as the order, and rising knots, as many as both together",
        )
    timed = all(vertex.t_s is not None for vertex, _ in points)
    weights = np.array([weight for _, weight in points])
    rows = np.array([(v.spot.x_m, v.spot.y_m, v.t_s or 0.0, 1.0) for v, _ in points]) * weights[:, None]
    spline = scipy.interpolate.BSpline(np.array(knots), rows, order - 1)
    low, high = knots[order - 1], knots[len(points)]
    found = spline(np.linspace(low, high, MOST_SAMPLES))
    made = found[:, :3] / found[:, 3:]
    return [Vertex(WorldPosition(float(x), float(y), 0.0), float(t) if timed else None, False) for x, y, t in made]


def headed(vertices: list[Vertex]) -> list[Vertex]:
    """Adds the direction of travel where the file has no heading."""
    made, spots = [], [vertex.spot for vertex in vertices]
    for i, vertex in enumerate(vertices):
        spot = vertex.spot
        if not vertex.turned:
            before, after = spots[max(i - 1, 0)], spots[min(i + 1, len(spots) - 1)]
            if math.hypot(after.x_m - before.x_m, after.y_m - before.y_m) > 1e-3:
                spot = replace(spot, heading_rad=math.atan2(after.y_m - before.y_m, after.x_m - before.x_m))
        made.append(replace(vertex, spot=spot))
    return made
