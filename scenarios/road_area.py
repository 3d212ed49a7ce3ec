"""Carriageways as polygons, those of crossing roads joined, with rounded corners between them."""

from shapely.geometry import Polygon
from shapely.ops import unary_union

from scenarios.junction import CORNER_M
from scenarios.road import Road


def road_area(road: Road, s_from: float, s_to: float, beside_m: float = 0.0) -> Polygon:
    """The ground that the carriageways cover, and so much on either side, map frame; the crossing road as a whole."""
    right, left = road.right_edge - beside_m, road.left_edge + beside_m
    own = road.band(right, left, s_from, s_to)
    if road.cross is None:
        return own
    begins, ends = road.cross_extent
    other = road.cross.band(road.cross.right_edge - beside_m, road.cross.left_edge + beside_m, begins, ends, 10.0)
    corner = max(CORNER_M - beside_m, 0.1)
    joined = unary_union([own, other]).buffer(corner).buffer(-corner)
    return joined if isinstance(joined, Polygon) else own
