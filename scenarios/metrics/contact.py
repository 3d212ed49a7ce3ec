"""Contact of two bodies on their courses, and the straight distance between two boxes.

`first_contact` steps by bounds: between two instants each separating axis closes by at most its present closing speed
plus what turning and braking can add, so no contact is stepped over. On straight courses the first step is exact.
"""

import math
from typing import no_type_check

import numpy as np

from scenarios.metrics.courses import (
    COURSE,
    FOLLOWS,
    LENGTH,
    LINE,
    OFFSET,
    SPEED,
    WIDTH,
    begin,
    beyond_line,
    box_at,
    go_on,
    speed_after,
    turn_per_metre,
    way_after,
)
from scenarios.numba_cache import njit
from scenarios.roads.traffic_lines import BEND, FIRST, LAST

TOUCHING_M = 1e-6
LEAST_STEP_S = 1e-4
MOST_STEPS = 2000
FRONT, LEFT_SIDE, REAR, RIGHT_SIDE = range(4)
SIDES = ("ahead", "on the left", "behind", "on the right")


@njit(cache=True, nogil=True)
@no_type_check
def axis_gaps(ax, ay, ayaw, al, aw, bx, by, byaw, bl, bw, gaps, normals):
    """The gap of two boxes along each of their four axes (negative: overlap) and the unit vectors from a to b."""
    dx, dy, turn = bx - ax, by - ay, byaw - ayaw
    cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
    for i in range(4):
        yaw = (ayaw if i < 2 else byaw) + (math.pi / 2 if i % 2 else 0.0)
        x, y = math.cos(yaw), math.sin(yaw)
        along = dx * x + dy * y
        own = (al, aw, bl, bw)[i] / 2
        length, width = (bl, bw) if i < 2 else (al, aw)
        other = (length * cos + width * sin) / 2 if i % 2 == 0 else (length * sin + width * cos) / 2
        gaps[i] = abs(along) - own - other
        sign = 1.0 if along >= 0 else -1.0
        normals[i, 0], normals[i, 1] = sign * x, sign * y


@njit(cache=True, nogil=True)
@no_type_check
def first_contact(nodes, rows, a, a_brakes, b, b_brakes, horizon_s):
    """Time until two bodies touch on their courses, s; infinite for none within the horizon. With it the two places.

    Two bodies on the same full circle meet only by the shorter way round.
    """
    (ap, aq), (bp, bq) = begin(a), begin(b)
    a_way, b_way, t = 0.0, 0.0, 0.0
    gaps, normals = np.empty(4), np.empty((4, 2))
    begins_a, begins_b, lap = ap, bp, _half_round(rows, a, b)
    for _ in range(MOST_STEPS):
        ax, ay, ayaw = box_at(nodes, rows, a, ap, aq)
        bx, by, byaw = box_at(nodes, rows, b, bp, bq)
        axis_gaps(ax, ay, ayaw, a[LENGTH], a[WIDTH], bx, by, byaw, b[LENGTH], b[WIDTH], gaps, normals)
        if gaps.max() <= TOUCHING_M:
            return t, ap, aq, bp, bq
        va, vb = speed_after(a[SPEED], a_brakes, t), speed_after(b[SPEED], b_brakes, t)
        step = _safe_step(rows, a, va, a_brakes, ayaw, aq, b, vb, b_brakes, byaw, bq, gaps, normals)
        if t + step > horizon_s or abs((ap - begins_a) - (bp - begins_b)) > lap:
            break
        t += max(step, LEAST_STEP_S)
        a_next, b_next = way_after(a[SPEED], a_brakes, t), way_after(b[SPEED], b_brakes, t)
        ap, aq = go_on(nodes, rows, a, ap, aq, a_next - a_way)
        bp, bq = go_on(nodes, rows, b, bp, bq, b_next - b_way)
        a_way, b_way = a_next, b_next
        if beyond_line(nodes, rows, a, ap, aq) or beyond_line(nodes, rows, b, bp, bq):
            break
    return np.inf, ap, aq, bp, bq


@njit(cache=True, nogil=True)
@no_type_check
def _half_round(rows, a, b):
    """Half the length of the full circle that both follow; infinite if they follow none."""
    if a[FOLLOWS] == 0 or b[FOLLOWS] == 0 or a[LINE] != b[LINE]:
        return np.inf
    row = rows[int(a[LINE])]
    return math.pi / abs(row[BEND]) if row[FIRST] == row[LAST] else np.inf


@njit(cache=True, nogil=True)
@no_type_check
def _safe_step(rows, a, va, a_brakes, ayaw, aq, b, vb, b_brakes, byaw, bq, gaps, normals):
    """Seconds in which the boxes cannot touch, by the axis that shows it for the longest time."""
    a_turn, b_turn = turn_per_metre(rows, a, aq), turn_per_metre(rows, b, bq)
    a_way, b_way = _direction(a, ayaw), _direction(b, byaw)
    x = va * math.cos(a_way) - vb * math.cos(b_way)
    y = va * math.sin(a_way) - vb * math.sin(b_way)
    swing = a_turn * abs(va) * (abs(a[OFFSET]) + math.hypot(a[LENGTH], a[WIDTH]) / 2)
    swing += b_turn * abs(vb) * (abs(b[OFFSET]) + math.hypot(b[LENGTH], b[WIDTH]) / 2)
    bent = a_turn * va * va + b_turn * vb * vb
    bent += (a_brakes if va != 0 else 0.0) + (b_brakes if vb != 0 else 0.0)
    longest = 0.0
    for i in range(4):
        if gaps[i] <= 0:
            continue
        closing = x * normals[i, 0] + y * normals[i, 1] + swing
        if bent > 0:
            step = (-closing + math.sqrt(closing * closing + 2 * bent * gaps[i])) / bent
        else:
            step = gaps[i] / closing if closing > 1e-12 else np.inf
        longest = max(longest, step)
    return longest


@njit(cache=True, nogil=True)
@no_type_check
def _direction(state, yaw):
    """The map direction in which a body with a positive speed moves."""
    return yaw if state[FOLLOWS] > 0 else state[COURSE]


@njit(cache=True, nogil=True)
@no_type_check
def box_distance(ax, ay, ayaw, al, aw, bx, by, byaw, bl, bw):
    """The straight distance of two boxes seen from above, 0 if they overlap, and the side of a on which b is nearest.

    Metres. The side is that to which the shortest way from a to b leads; of boxes that touch or overlap, the normal.
    """
    gaps, normals = np.empty(4), np.empty((4, 2))
    axis_gaps(ax, ay, ayaw, al, aw, bx, by, byaw, bl, bw, gaps, normals)
    best = int(gaps.argmax())
    if gaps[best] <= TOUCHING_M:
        return max(gaps[best], 0.0), _side_of(normals[best, 0], normals[best, 1], ayaw)
    nearest, way_x, way_y = np.inf, 0.0, 0.0
    for k in range(4):
        away, x, y = _to_box(k, bx, by, byaw, bl, bw, ax, ay, ayaw, al, aw)
        if away < nearest:
            nearest, way_x, way_y = away, -x, -y
        away, x, y = _to_box(k, ax, ay, ayaw, al, aw, bx, by, byaw, bl, bw)
        if away < nearest:
            nearest, way_x, way_y = away, x, y
    return nearest, _side_of(way_x, way_y, ayaw)


@njit(cache=True, nogil=True)
@no_type_check
def _to_box(k, x, y, yaw, length, width, ox, oy, oyaw, olength, owidth):
    """Distance from corner k of a box to another box, and the map vector of the shortest way there."""
    fx, fy = (length / 2 if k < 2 else -length / 2), (width / 2 if k % 2 else -width / 2)
    cos, sin = math.cos(yaw), math.sin(yaw)
    mx, my = x + cos * fx - sin * fy - ox, y + sin * fx + cos * fy - oy
    cos, sin = math.cos(oyaw), math.sin(oyaw)
    along, across = cos * mx + sin * my, cos * my - sin * mx
    dx = min(max(along, -olength / 2), olength / 2) - along
    dy = min(max(across, -owidth / 2), owidth / 2) - across
    return math.hypot(dx, dy), cos * dx - sin * dy, sin * dx + cos * dy


@njit(cache=True, nogil=True)
@no_type_check
def _side_of(x, y, yaw):
    """The side of a body with this heading to which a map vector leads."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    along, across = cos * x + sin * y, cos * y - sin * x
    if abs(along) >= abs(across):
        return FRONT if along >= 0 else REAR
    return LEFT_SIDE if across >= 0 else RIGHT_SIDE
