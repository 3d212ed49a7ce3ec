"""Positions of paint on a road, shared by the control layers and the procedural camera."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BusStop
from scenarios.roads.ramp import Ramp
from scenarios.roads.road import Road
from scenarios.roads.widening import SideLane

NONE, WHITE, YELLOW = 0, 1, 2
LINE_WIDTH_M = 0.15
DASH_M, GAP_M = 3.0, 6.0  # a dash starts at s = 0
EDGE_INSET_M = 0.25  # centre of the edge line from the edge of the carriageway
BLOCK_M = (1.5, 3.0)  # dash and period of the broad broken line along a lane that ends, or along a bay
ZIGZAG_FROM_KERB_M, ZIGZAG_M = 0.4, 1.6
DOUBLE_APART_M = 0.15  # centre of each stripe of the double line from the boundary


NO_STROKES = np.zeros((0, 8))


def lane_lines(road: Road) -> Float[np.ndarray, "line 3"]:
    """All painted lines as (d of the centre in metres, 1 if dashed, colour); where two overlap, the last one is
    visible.

    Solid white edges; white dashes between lanes of one direction; between the directions a double solid yellow line,
    or yellow dashes if each direction has a single lane.
    """
    rows = [(road.right_edge + EDGE_INSET_M, 0, WHITE), (road.left_edge - EDGE_INSET_M, 0, WHITE)]
    boundaries = np.array(road.lane_edges())
    rows += [(d, 1, WHITE) for lane, d in enumerate(boundaries) if lane not in (0, road.lanes)]
    if road.opposite_lanes > 0:
        middle = boundaries[road.lanes]
        if road.lanes == road.opposite_lanes == 1:
            rows.append((middle, 1, YELLOW))
        else:
            rows += [(middle - DOUBLE_APART_M, 0, YELLOW), (middle + DOUBLE_APART_M, 0, YELLOW)]
    return np.array(rows, float)


def partial_markings(road: Road) -> Float[np.ndarray, "stroke 8"]:
    """Markings on a part of the road: s and d of both ends, length and period of dashes (0, 0: solid), width, colour.
    The ends are in the order of s."""
    rows = [stroke for stop in road.bus_stops for stroke in _stop_strokes(road, stop)]
    rows += [stroke for lane in road.side_lanes for stroke in _side_lane_strokes(road, lane)]
    rows += [] if road.ramp is None else _ramp_strokes(road, road.ramp)
    return np.array(rows, float).reshape(-1, 8)


Stroke = tuple[float | int, ...]  # a row of `partial_markings`


def _stop_strokes(road: Road, stop: BusStop) -> list[Stroke]:
    """A yellow zigzag at the bus's place; for a bay also its edges and the broken line along the lane."""
    side = 1 if stop.side is Side.LEFT else -1
    edge = road.left_edge if side > 0 else road.right_edge
    kerb = edge + side * stop.bay_m
    near, far = kerb - side * ZIGZAG_FROM_KERB_M, kerb - side * (ZIGZAG_FROM_KERB_M + ZIGZAG_M)
    first, last = sorted((stop.tail_m, stop.head_m))
    s = np.linspace(first, last, 2 * round(stop.length_m / 4) + 1)
    d = np.where(np.arange(len(s)) % 2, far, near)
    ends = pairwise(zip(s, d, strict=True))
    rows: list[Stroke] = [(a, x, b, y, 0, 0, LINE_WIDTH_M, YELLOW) for (a, x), (b, y) in ends]
    if not stop.bay_m:
        return rows
    for s0, s1, *edges in stop.strips(road.right_edge, road.left_edge):
        outer = np.array(edges[2:] if side > 0 else edges[:2]) - side * EDGE_INSET_M
        rows.append((s0, outer[0], s1, outer[1], 0, 0, LINE_WIDTH_M, WHITE))
    begins, stops = stop.extent
    rows.append((begins, edge, stops, edge, *BLOCK_M, 2 * LINE_WIDTH_M, WHITE))
    return rows


def _side_lane_strokes(road: Road, lane: SideLane) -> list[Stroke]:
    """The outer edge of a side lane, and the broken line between it and the others."""
    side, edge = (1, road.left_edge) if lane.side is Side.LEFT else (-1, road.right_edge)
    rows: list[Stroke] = []
    for s0, s1, *edges in lane.strips(road.right_edge, road.left_edge):
        outer = np.array(edges[2:] if side > 0 else edges[:2]) - side * EDGE_INSET_M
        rows.append((s0, outer[0], s1, outer[1], 0, 0, LINE_WIDTH_M, WHITE))
        rows.append((s0, edge, s1, edge, *BLOCK_M, 2 * LINE_WIDTH_M, WHITE))
    return rows


def _ramp_strokes(road: Road, ramp: Ramp) -> list[Stroke]:
    """Both edges of the ramp, with its lane and taper, and the broken line along the lane that it joins."""
    rows: list[Stroke] = []
    for s0, s1, right0, right1, left0, left1 in ramp.strips(road.right_edge, road.lane_width_m):
        rows.append((s0, right0 + EDGE_INSET_M, s1, right1 + EDGE_INSET_M, 0, 0, LINE_WIDTH_M, WHITE))
        if left1 < road.right_edge - 2 * EDGE_INSET_M:
            rows.append((s0, left0 - EDGE_INSET_M, s1, left1 - EDGE_INSET_M, 0, 0, LINE_WIDTH_M, WHITE))
    rows.append((ramp.joins_m, road.right_edge, ramp.ends_m, road.right_edge, *BLOCK_M, 2 * LINE_WIDTH_M, WHITE))
    return rows


def marking_at(road: Road, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Int[np.ndarray, "*n"]:
    """Paint at (s, d) metres: 0 none, 1 white, 2 yellow."""
    s, d = np.asarray(s, float), np.asarray(d, float)
    dash = np.mod(s, DASH_M + GAP_M) < DASH_M
    paint = np.full(d.shape, NONE)
    for centre, dashed, colour in lane_lines(road):
        on = np.abs(d - centre) <= LINE_WIDTH_M / 2
        paint[on & dash if dashed else on] = colour
    return paint
