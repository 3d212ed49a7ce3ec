"""Where paint lies on a road: one answer for the layers that steer a model and for the pictures it learns from."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BusStop
from scenarios.roads.ramp import Ramp
from scenarios.roads.road import Road

NONE, WHITE, YELLOW = 0, 1, 2
LINE_WIDTH_M = 0.15
DASH_M, GAP_M = 3.0, 6.0  # a dash starts at s = 0
EDGE_INSET_M = 0.25  # centre of the edge line from the edge of the carriageway
BLOCK_M = (1.5, 3.0)  # of the broad broken line along a lane that ends or a bay: dash and period
ZIGZAG_FROM_KERB_M, ZIGZAG_M = 0.4, 1.6
DOUBLE_APART_M = 0.15  # centre of each stripe of the double line from the boundary


NO_STROKES = np.zeros((0, 8))


def lines(road: Road) -> Float[np.ndarray, "line 3"]:
    """Every painted line as (d of its centre in metres, 1 if dashed, colour); where two overlap the last one shows.

    Solid white edges, white dashes between lanes of one direction; between the directions a double solid yellow
    line, or yellow dashes where each direction has a single lane.
    """
    made = [(road.right_edge + EDGE_INSET_M, 0, WHITE), (road.left_edge - EDGE_INSET_M, 0, WHITE)]
    between = road.right_edge + road.lane_width_m * np.arange(road.lanes + road.opposite_lanes)
    made += [(d, 1, WHITE) for lane, d in enumerate(between) if lane not in (0, road.lanes)]
    if road.opposite_lanes > 0:
        middle = between[road.lanes]
        if road.lanes == road.opposite_lanes == 1:
            made.append((middle, 1, YELLOW))
        else:
            made += [(middle - DOUBLE_APART_M, 0, YELLOW), (middle + DOUBLE_APART_M, 0, YELLOW)]
    return np.array(made, float)


def strokes(road: Road) -> Float[np.ndarray, "stroke 8"]:
    """Paint that is not along all of the road: s and d of both ends, length and period of dashes (0, 0: solid), width,
    colour. The ends are in the order of s."""
    made = [stroke for stop in road.bus_stops for stroke in _stop_strokes(road, stop)]
    made += [] if road.ramp is None else _ramp_strokes(road, road.ramp)
    return np.array(made, float).reshape(-1, 8)


def _stop_strokes(road: Road, stop: BusStop) -> list[tuple[float | int, ...]]:
    """A yellow zigzag where the bus stands, and of a bay its edges and the broken line along the lane."""
    side = 1 if stop.side is Side.LEFT else -1
    edge = road.left_edge if side > 0 else road.right_edge
    kerb = edge + side * stop.bay_m
    near, far = kerb - side * ZIGZAG_FROM_KERB_M, kerb - side * (ZIGZAG_FROM_KERB_M + ZIGZAG_M)
    s = np.linspace(*sorted((stop.tail_m, stop.head_m)), 2 * round(stop.length_m / 4) + 1)
    d = np.where(np.arange(len(s)) % 2, far, near)
    made = [(a, x, b, y, 0, 0, LINE_WIDTH_M, YELLOW) for (a, x), (b, y) in pairwise(zip(s, d, strict=True))]
    if not stop.bay_m:
        return made
    for s0, s1, *edges in stop.strips(road.right_edge, road.left_edge):
        outer = np.array(edges[2:] if side > 0 else edges[:2]) - side * EDGE_INSET_M
        made.append((s0, outer[0], s1, outer[1], 0, 0, LINE_WIDTH_M, WHITE))
    begins, ends = stop.extent
    made.append((begins, edge, ends, edge, *BLOCK_M, 2 * LINE_WIDTH_M, WHITE))
    return made


def _ramp_strokes(road: Road, ramp: Ramp) -> list[tuple[float | int, ...]]:
    """Both edges of the ramp, that of its lane and taper, and the broken line along the lane that is joined."""
    made = []
    for s0, s1, right0, right1, left0, left1 in ramp.strips(road.right_edge, road.lane_width_m):
        made.append((s0, right0 + EDGE_INSET_M, s1, right1 + EDGE_INSET_M, 0, 0, LINE_WIDTH_M, WHITE))
        if left1 < road.right_edge - 2 * EDGE_INSET_M:
            made.append((s0, left0 - EDGE_INSET_M, s1, left1 - EDGE_INSET_M, 0, 0, LINE_WIDTH_M, WHITE))
    made.append((ramp.joins_m, road.right_edge, ramp.ends_m, road.right_edge, *BLOCK_M, 2 * LINE_WIDTH_M, WHITE))
    return made


def marking_at(road: Road, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Int[np.ndarray, "*n"]:
    """Paint at (s, d) metres: 0 none, 1 white, 2 yellow."""
    s, d = np.asarray(s, float), np.asarray(d, float)
    dash = np.mod(s, DASH_M + GAP_M) < DASH_M
    paint = np.full(d.shape, NONE)
    for centre, dashed, colour in lines(road):
        on = np.abs(d - centre) <= LINE_WIDTH_M / 2
        paint[on & dash if dashed else on] = colour
    return paint
