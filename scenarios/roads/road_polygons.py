"""Carriageways as polygons: the union of crossing roads, with rounded corners."""

import numpy as np
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from scenarios.roads.junction import CORNER_M
from scenarios.roads.road import Road, ring_centre

_CHORD_M = 2.0


def road_area(road: Road, s_from: float, s_to: float, beside_m: float = 0.0) -> Polygon:
    """The area of the carriageways with `beside_m` metres on either side, map frame; includes the whole crossing road.

    A roundabout's island is a hole.
    """
    right, left = road.right_edge - beside_m, road.left_edge + beside_m
    own = road.band(right, left, s_from, s_to)
    if len(road.strips):
        own = unary_union([own, *_strip_areas(road, beside_m)]).buffer(0.01).buffer(-0.01)
    if road.cross is None:
        return own
    begins, ends = road.cross_extent
    other = road.cross.band(road.cross.right_edge - beside_m, road.cross.left_edge + beside_m, begins, ends, 10.0)
    corner = max(CORNER_M - beside_m, 0.1)
    middle, there = Point(*ring_centre(road)), road.junction
    ring = [middle.buffer(there.ring_m + beside_m, 64)] if there is not None and there.ring_m else []
    joined = unary_union([own, other, *ring]).buffer(corner).buffer(-corner)
    if there is not None and there.ring_m > 0 and beside_m == 0:
        joined = joined.difference(middle.buffer(there.island_m, 64))
    return joined if isinstance(joined, Polygon) else own


def _strip_areas(road: Road, beside_m: float) -> list[Polygon]:
    """Paved strips beside the lanes as polygons."""
    made = []
    for s0, s1, right0, right1, left0, left1 in road.strips:
        s = np.linspace(s0, s1, max(2, int((s1 - s0) / _CHORD_M) + 1))
        right = road.pose(s, np.linspace(right0, right1, len(s)))[:, :2]
        left = road.pose(s[::-1], np.linspace(left1, left0, len(s)))[:, :2]
        made.append(Polygon(np.concatenate([right, left])).buffer(beside_m))
    return made
