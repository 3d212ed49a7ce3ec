"""Where paint lies on a road: one answer for the layers that steer a model and for the pictures it learns from."""

import numpy as np
from jaxtyping import Float, Int

from scenarios.road import Road

NONE, WHITE, YELLOW = 0, 1, 2
LINE_WIDTH_M = 0.15
DASH_M, GAP_M = 3.0, 6.0  # a dash starts at s = 0
EDGE_INSET_M = 0.25  # centre of the edge line from the edge of the carriageway
DOUBLE_APART_M = 0.15  # centre of each stripe of the double line from the boundary


def _near(d, line_d: float):
    return np.abs(d - line_d) <= LINE_WIDTH_M / 2


def marking_at(road: Road, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Int[np.ndarray, "*n"]:
    """Paint at (s, d) metres: 0 none, 1 white, 2 yellow.

    Solid white edges, white dashes between lanes of one direction; between the directions a double solid yellow
    line, or yellow dashes where each direction has a single lane.
    """
    s, d = np.asarray(s, float), np.asarray(d, float)
    dash = np.mod(s, DASH_M + GAP_M) < DASH_M
    white = _near(d, road.right_edge + EDGE_INSET_M) | _near(d, road.left_edge - EDGE_INSET_M)
    for lane in range(1, road.lanes + road.opposite_lanes):
        if lane != road.lanes:
            white |= dash & _near(d, road.right_edge + lane * road.lane_width_m)
    yellow = np.zeros(d.shape, bool)
    if road.opposite_lanes > 0:
        middle = road.right_edge + road.lanes * road.lane_width_m
        if road.lanes == 1 and road.opposite_lanes == 1:
            yellow = dash & _near(d, middle)
        else:
            yellow = _near(d, middle - DOUBLE_APART_M) | _near(d, middle + DOUBLE_APART_M)
    return np.where(yellow, YELLOW, np.where(white, WHITE, NONE))
