"""Where paint lies on a road: one answer for the layers that steer a model and for the pictures it learns from."""

import numpy as np
from jaxtyping import Float, Int

from scenarios.road import Road

NONE, WHITE, YELLOW = 0, 1, 2
LINE_WIDTH_M = 0.15
DASH_M, GAP_M = 3.0, 6.0  # a dash starts at s = 0
EDGE_INSET_M = 0.25  # centre of the edge line from the edge of the carriageway
DOUBLE_APART_M = 0.15  # centre of each stripe of the double line from the boundary


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


def marking_at(road: Road, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Int[np.ndarray, "*n"]:
    """Paint at (s, d) metres: 0 none, 1 white, 2 yellow."""
    s, d = np.asarray(s, float), np.asarray(d, float)
    dash = np.mod(s, DASH_M + GAP_M) < DASH_M
    paint = np.full(d.shape, NONE)
    for centre, dashed, colour in lines(road):
        on = np.abs(d - centre) <= LINE_WIDTH_M / 2
        paint[on & dash if dashed else on] = colour
    return paint
