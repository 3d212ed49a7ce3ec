"""The lines that traffic follows on a road, as arrays for compiled loops.

They are the road, its crossing road, its ramp, the ring of a roundabout, and the ways of turning traffic at a junction.

Each line has the reference line's coordinates s and d and the area in which it guides traffic.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.model.sides import Side
from scenarios.numba_cache import njit
from scenarios.roads.reference_line import NO_NODES, STRAIGHT_BELOW, bend_at, foot_at, pose_at
from scenarios.roads.ring_ways import exits, plan_ring
from scenarios.roads.road import Road, ring_centre
from scenarios.roads.turn_ways import NoTurn, Turn, meeting_s, plan_turn

# Columns of a line: curvature without nodes, the map pose of its s = 0, its nodes, its area, its tightest curvature.
BEND, ORIGIN_X, ORIGIN_Y, ORIGIN_YAW, FIRST, LAST, RIGHT, LEFT, BEGINS, ENDS, TIGHTEST = range(11)
WIDTH = 11
BESIDE_M = 15.0  # a body at most this far beside the road follows its direction, too: on a pavement, in a bay
BEFORE_M = 45.0  # before the junction's centre, where the lines of turns begin
CLEARLY_RAD = 0.05  # a body follows a later line only if it is that much more parallel to it
LEAST_STRETCH = 0.3  # nearer to the centre of a bend, places along the line have no meaning


class LanePlace(NamedTuple):
    """A place on a road and the direction of travel."""

    s: float
    d: float
    facing: int


class TrafficLines(NamedTuple):
    """`nodes` of all lines one after another, and a row of columns for each line; the road itself is the first."""

    nodes: Float[np.ndarray, "node 6"]
    rows: Float[np.ndarray, "line 11"]


NO_LINES = TrafficLines(NO_NODES, np.zeros((0, WIDTH)))


def traffic_lines(road: Road | None) -> TrafficLines:
    """The lines of a road; none for a log without a map."""
    if road is None:
        return NO_LINES
    known = _KNOWN.get(id(road))
    if known is None or known[0] is not road:
        known = _KNOWN[id(road)] = (road, _lines(road))
        while len(_KNOWN) > _KEPT:
            del _KNOWN[next(iter(_KNOWN))]
    return known[1]


_KEPT = 64
_KNOWN: dict[int, tuple[Road, TrafficLines]] = {}  # by identity: a road is expensive to hash


def arc_line(x: float, y: float, yaw: float, curvature_per_m: float, aside_m: float) -> Float[np.ndarray, "11"]:
    """A line of constant curvature through a pose, for traffic up to `aside_m` on either side."""
    row = np.array([curvature_per_m, x, y, yaw, 0, 0, -aside_m, aside_m, -np.inf, np.inf, abs(curvature_per_m)])
    return row


def _lines(road: Road) -> TrafficLines:
    held: list[tuple[Road, tuple[float, float, float, float]]] = [
        (road, (road.right_edge - BESIDE_M, road.left_edge + BESIDE_M, -np.inf, np.inf))
    ]
    if road.cross is not None:
        held.append((road.cross, (road.cross.right_edge, road.cross.left_edge, *road.cross_extent)))
    if road.ramp_way is not None:
        held.append((road.ramp_way, (road.ramp_way.right_edge, road.ramp_way.left_edge, -np.inf, road.ramp_joins_m)))
    nodes, rows, first = [], [], 0
    for one, area in held:
        last = first + len(one.nodes)
        rows.append([one.curvature_per_m if not one.pieces else 0.0, 0, 0, 0, first, last, *area, one.tightest_per_m])
        nodes.append(one.nodes)
        first = last
    if road.junction is not None and road.junction.ring_m:
        rows.append(_ring(road))
    for turn in _turns(road):
        half, last = road.lane_width_m / 2, first + len(turn.way.nodes)
        area = -half, half, turn.begins_m, turn.ends_m
        rows.append([0.0, 0.0, 0.0, 0.0, first, last, *area, turn.way.tightest_per_m])
        nodes.append(turn.way.nodes)
        first = last
    return TrafficLines(np.ascontiguousarray(np.concatenate(nodes)), np.array(rows, float))


def _turns(road: Road) -> Iterator[Turn]:
    """The turns from every lane that leads to the junction, or the ways through the roundabout."""
    if (there := road.junction) is None:
        return
    for own in road.all_roads:
        for lane in range(own.lanes + own.opposite_lanes):
            facing, centre = 1 if lane < own.lanes else -1, meeting_s(road, own)
            place = LanePlace(centre - facing * BEFORE_M, own.lane_centre(lane), facing)
            begins, ends = road.cross_extent
            if own is not road and not begins <= place.s <= ends:
                continue
            if there.ring_m:
                for leave in exits(road, own, facing):
                    with suppress(NoTurn):
                        yield plan_ring(road, own, place, leave)
                continue
            for side in Side:
                with suppress(NoTurn):
                    yield plan_turn(road, own, place, side)


def _ring(road: Road) -> list[float]:
    """The circle through the middle of a roundabout's carriageway, driven to the left."""
    there = road.junction
    assert there is not None
    radius, (x, y) = (there.ring_m + there.island_m) / 2, ring_centre(road)
    reach = math.pi * radius
    outer, inner = radius - there.ring_m, radius - there.island_m
    return [1 / radius, x, y - radius, 0.0, 0.0, 0.0, outer, inner, -reach, reach, 1 / radius]


@njit(cache=True, nogil=True)
@no_type_check
def locate_on_line(nodes, row, x, y):
    """(s, d) of a map point on a line."""
    first, last = int(row[FIRST]), int(row[LAST])
    if last > first:
        return foot_at(nodes[first:last], 0.0, x, y)
    cos, sin = math.cos(row[ORIGIN_YAW]), math.sin(row[ORIGIN_YAW])
    dx, dy = x - row[ORIGIN_X], y - row[ORIGIN_Y]
    return foot_at(nodes[0:0], row[BEND], cos * dx + sin * dy, cos * dy - sin * dx)


@njit(cache=True, nogil=True)
@no_type_check
def bend_on_line(nodes, row, s):
    """Heading and curvature of a line at s."""
    heading, bend = bend_at(nodes[int(row[FIRST]) : int(row[LAST])], row[BEND], s)
    return heading + row[ORIGIN_YAW], bend


@njit(cache=True, nogil=True)
@no_type_check
def pose_on_line(nodes, row, s, d):
    """Map x, y and heading of a line at (s, d)."""
    x, y, heading = pose_at(nodes[int(row[FIRST]) : int(row[LAST])], row[BEND], s, d)
    if int(row[LAST]) > int(row[FIRST]):
        return x, y, heading
    cos, sin = math.cos(row[ORIGIN_YAW]), math.sin(row[ORIGIN_YAW])
    return row[ORIGIN_X] + cos * x - sin * y, row[ORIGIN_Y] + sin * x + cos * y, heading + row[ORIGIN_YAW]


@njit(cache=True, nogil=True)
@no_type_check
def line_under(nodes, rows, x, y, yaw, on_foot):
    """The line along which a body at a pose moves: of those whose area it is in, the one that it is most parallel to.

    Of lines that hardly differ it is the first: the road before a turn, the ring before an exit. People keep to the
    directions of the road itself. Returns its index, s and d; -1 in no line's area.
    """
    best, best_s, best_d, best_tilt = -1, 0.0, 0.0, np.inf
    for i in range(1 if on_foot and len(rows) else len(rows)):
        s, d = locate_on_line(nodes, rows[i], x, y)
        if not (rows[i, RIGHT] <= d <= rows[i, LEFT] and rows[i, BEGINS] <= s <= rows[i, ENDS]):
            continue
        heading, bend = bend_on_line(nodes, rows[i], s)
        tilt = abs(math.asin(math.sin(yaw - heading)))
        if 1 - bend * d >= LEAST_STRETCH and tilt < best_tilt - CLEARLY_RAD:
            best, best_s, best_d, best_tilt = i, s, d, tilt
    return best, best_s, best_d


@njit(cache=True, nogil=True)
@no_type_check
def way_between(row, s_from, s_to):
    """s_to - s_from; on a full circle the shorter way round."""
    way = s_to - s_from
    if row[FIRST] == row[LAST] and abs(row[BEND]) > STRAIGHT_BELOW:
        round_m = math.tau / abs(row[BEND])
        way -= round_m * np.rint(way / round_m)
    return way
