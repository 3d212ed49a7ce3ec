"""The figures of one pair of bodies at one instant. The only definitions: triggers and verdicts both call them.

distance: straight, between the boxes seen from above, with the side of the first body on which the other is nearest.
gap: the free way of the first body along its course to the other where that now stands; infinite if it is not in it.
TTC: time until the boxes touch at constant speeds, whichever side touches; the side is given.
required deceleration: the least even braking of the first body with which it never touches the other.
"""

import math
from typing import no_type_check

import numpy as np

from scenarios.metrics.contact import box_distance, first_contact
from scenarios.metrics.courses import (
    BRAKES,
    COURSE,
    FOLLOWS,
    LENGTH,
    LINE,
    OFFSET,
    SPEED,
    TILT,
    WIDTH,
    YAW,
    X,
    Y,
    box_at,
    set_on_line,
)
from scenarios.metrics.formulas import decel_behind
from scenarios.numba_cache import njit
from scenarios.roads.traffic_lines import LEAST_STRETCH, bend_on_line, locate_on_line, way_between

HORIZON_S = 20.0  # a contact later than this is not predicted
LOOK_AHEAD_M = 150.0
CEILING_MPS2 = 50.0  # a contact that this braking cannot avoid, none can
STANDS_MPS = 1e-3
SAME_S = 1e-6
_HALVINGS = 36
# Columns of a pair's figures; sides are indices of `contact.SIDES`.
DISTANCE, SIDE, GAP, CLOSING, TTC, CONTACT_SIDE, REQUIRED = range(7)
LONG, LAT, AHEAD, TO_LEFT, OWN_ALONG, OWN_ACROSS, ITS_ALONG, ITS_ACROSS = range(7, 15)  # along the first body's road
FIGURES = 15


@njit(cache=True, nogil=True)
@no_type_check
def set_lines(nodes, rows, states):
    """Set the lines that all bodies follow."""
    for state in states:
        set_on_line(nodes, rows, state)


@njit(cache=True, nogil=True)
@no_type_check
def straight_distance(a, b):
    """Straight distance of the boxes, m, and the side of a."""
    ax, ay, ayaw = _now(a)
    bx, by, byaw = _now(b)
    return box_distance(ax, ay, ayaw, a[LENGTH], a[WIDTH], bx, by, byaw, b[LENGTH], b[WIDTH])


@njit(cache=True, nogil=True)
@no_type_check
def _now(state):
    yaw = state[YAW]
    return state[X] + state[OFFSET] * math.cos(yaw), state[Y] + state[OFFSET] * math.sin(yaw), yaw


@njit(cache=True, nogil=True)
@no_type_check
def path_gap(nodes, rows, a, b):
    """Gap of a to b, m (infinite if b is not in a's way), the velocity of b along a's course there, m/s, and across it.

    The way of a's reference point; at least the straight distance, since on a bend an outer corner covers more. A body
    that stands looks forwards. Also the side of b at which a would arrive, and the side of a.
    """
    probe, there = a.copy(), b.copy()
    sign = -1.0 if a[SPEED] < 0 else 1.0
    probe[SPEED], there[SPEED] = sign, 0.0
    way, p, q, _, _ = first_contact(nodes, rows, probe, 0.0, there, 0.0, LOOK_AHEAD_M)
    if way == np.inf:
        return np.inf, 0.0, 0.0, 0, 0
    x, y, yaw = box_at(nodes, rows, a, p, q)
    direction = yaw if a[FOLLOWS] > 0 else a[COURSE]
    turned = b[COURSE] - direction
    if a[FOLLOWS] > 0 and b[FOLLOWS] > 0 and a[LINE] == b[LINE]:
        turned = b[TILT] - a[TILT]  # the line bends between the two
    along, across = sign * b[SPEED] * math.cos(turned), b[SPEED] * math.sin(turned)
    bx, by, byaw = _now(b)
    of_b = box_distance(bx, by, byaw, b[LENGTH], b[WIDTH], x, y, yaw, a[LENGTH], a[WIDTH])[1]
    of_a = box_distance(x, y, yaw, a[LENGTH], a[WIDTH], bx, by, byaw, b[LENGTH], b[WIDTH])[1]
    return max(way, straight_distance(a, b)[0]), along, across, of_b, of_a


@njit(cache=True, nogil=True)
@no_type_check
def time_to_contact(nodes, rows, a, b):
    """TTC of two bodies, s, and the side of a that is touched; infinite for none within `HORIZON_S`.

    The earliest of: both keep to their courses; b, which is in a's way now, stays there and moves along it only; the
    same with a in b's way. For bodies on one path the three are equal: gap over closing speed.
    """
    distance, side = straight_distance(a, b)
    if distance == 0:
        return 0.0, side
    t = np.inf
    if a[SPEED] != 0 or b[SPEED] != 0:
        t, ap, aq, bp, bq = first_contact(nodes, rows, a, 0.0, b, 0.0, HORIZON_S)
        ax, ay, ayaw = box_at(nodes, rows, a, ap, aq)
        bx, by, byaw = box_at(nodes, rows, b, bp, bq)
        side = box_distance(ax, ay, ayaw, a[LENGTH], a[WIDTH], bx, by, byaw, b[LENGTH], b[WIDTH])[1]
    gap, along, _, _, of_a = path_gap(nodes, rows, a, b)
    closing = abs(a[SPEED]) - along
    if closing > STANDS_MPS and gap / closing < min(t - SAME_S, HORIZON_S):
        t, side = gap / closing, of_a
    gap, along, _, of_a, _ = path_gap(nodes, rows, b, a)
    closing = abs(b[SPEED]) - along
    if closing > STANDS_MPS and gap / closing < min(t - SAME_S, HORIZON_S):
        t, side = gap / closing, of_a
    return t, side


@njit(cache=True, nogil=True)
@no_type_check
def touches(nodes, rows, a, a_brakes, b):
    """Whether a touches b if it brakes evenly and b goes on, braking as it does now."""
    horizon = HORIZON_S + (min(abs(a[SPEED]) / a_brakes, 3 * HORIZON_S) if a_brakes > 0 else 0.0)
    return first_contact(nodes, rows, a, a_brakes, b, b[BRAKES], horizon)[0] < np.inf


@njit(cache=True, nogil=True)
@no_type_check
def required_deceleration(nodes, rows, a, b):
    """The least even deceleration of a with which it does not touch b, m/s^2; infinite if no braking suffices.

    0 where none is needed. b keeps to its course, and if it brakes it brakes on to a standstill. A body that drives
    along a's way, either way, may also settle in it: the larger of both is required.
    """
    needed = _to_miss(nodes, rows, a, b)
    gap, along, across, _, _ = path_gap(nodes, rows, a, b)
    if gap < np.inf and abs(along) > abs(across) and abs(a[SPEED]) > STANDS_MPS and needed < np.inf:
        if along < -STANDS_MPS:
            return max(needed, _to_miss(nodes, rows, a, _towards(a, b, -along)))
        needed = max(needed, decel_behind(gap, abs(a[SPEED]), max(along, 0.0), b[BRAKES]))
    return needed


@njit(cache=True, nogil=True)
@no_type_check
def _towards(a, b, speed):
    """b as it comes towards a along a's way."""
    settled, back = b.copy(), 0.0 if a[SPEED] < 0 else math.pi
    settled[SPEED], settled[COURSE] = speed, a[COURSE] + back
    if b[FOLLOWS] > 0 and a[FOLLOWS] > 0:
        settled[TILT] = a[TILT] + back
    return settled


@njit(cache=True, nogil=True)
@no_type_check
def _to_miss(nodes, rows, a, b):
    """The least deceleration with which a does not touch b on its course."""
    if not touches(nodes, rows, a, 0.0, b):
        return 0.0
    if abs(a[SPEED]) < STANDS_MPS or touches(nodes, rows, a, CEILING_MPS2, b):
        return np.inf
    low, high = 0.0, CEILING_MPS2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if touches(nodes, rows, a, middle, b):
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, nogil=True)
@no_type_check
def set_along_road(nodes, rows, a, b, out):
    """Distances and speeds of a pair along and across the road of a; without one along a's heading.

    `LONG`, `LAT`: free distances of the extents, negative where they overlap. `AHEAD`, `TO_LEFT`: of the centres.
    """
    ax, ay, ayaw = _now(a)
    bx, by, byaw = _now(b)
    line, stretch = int(a[LINE]), 1.0
    if line >= 0:
        row = rows[line]
        own_s, own_d = locate_on_line(nodes, row, ax, ay)
        its_s, its_d = locate_on_line(nodes, row, bx, by)
        heading, bend = bend_on_line(nodes, row, own_s)
        there = bend_on_line(nodes, row, its_s)[0]
        stretch = max(1 - bend * own_d, LEAST_STRETCH)
        ahead, left = way_between(row, own_s, its_s) * stretch, its_d - own_d
    else:
        heading = there = ayaw
        cos, sin = math.cos(heading), math.sin(heading)
        ahead, left = cos * (bx - ax) + sin * (by - ay), cos * (by - ay) - sin * (bx - ax)
    own, its = ayaw - heading, byaw - there
    out[LONG] = abs(ahead) - _extent(a, own) - _extent(b, its)
    out[LAT] = abs(left) - _extent(a, own + math.pi / 2) - _extent(b, its + math.pi / 2)
    out[AHEAD], out[TO_LEFT] = ahead, left
    own_course, its_course = a[COURSE] - heading, b[COURSE] - there
    out[OWN_ALONG], out[OWN_ACROSS] = a[SPEED] * math.cos(own_course), a[SPEED] * math.sin(own_course)
    out[ITS_ALONG], out[ITS_ACROSS] = b[SPEED] * math.cos(its_course), b[SPEED] * math.sin(its_course)


@njit(cache=True, nogil=True)
@no_type_check
def _extent(state, turn):
    """Half the extent of a box along a direction that its heading is turned against."""
    return (state[LENGTH] * abs(math.cos(turn)) + state[WIDTH] * abs(math.sin(turn))) / 2


@njit(cache=True, nogil=True)
@no_type_check
def road_gap(nodes, rows, a, b):
    """The gap of a trigger and of a headway: in any lane, to either end; and whether b is ahead of a.

    If one body is in the other's way it is that gap (`path_gap`). Otherwise it is the free way along the road of a
    until both would be side by side, 0 while they are. `ahead` is in a's direction of travel.
    """
    gap = path_gap(nodes, rows, a, b)[0]
    if gap < np.inf:
        return gap, True
    figures, moving = np.empty(FIGURES), a.copy()
    moving[SPEED] = -1.0 if a[SPEED] < 0 else 1.0
    set_along_road(nodes, rows, moving, b, figures)
    ahead = figures[AHEAD] * figures[OWN_ALONG] > 0
    back = path_gap(nodes, rows, b, a)[0]
    return (back if back < np.inf else max(figures[LONG], 0.0)), ahead


@njit(cache=True, nogil=True)
@no_type_check
def encounter(nodes, rows, a, b, out):
    """All figures of a pair."""
    out[DISTANCE], out[SIDE] = straight_distance(a, b)
    gap, along, _, _, _ = path_gap(nodes, rows, a, b)
    out[GAP], out[CLOSING] = gap, (abs(a[SPEED]) - along if gap < np.inf else -np.inf)
    out[TTC], out[CONTACT_SIDE] = time_to_contact(nodes, rows, a, b)
    out[REQUIRED] = required_deceleration(nodes, rows, a, b)
    set_along_road(nodes, rows, a, b, out)


@njit(cache=True, nogil=True)
@no_type_check
def encounters_of(nodes, rows, each_frame, states, there, out):
    """`encounter` of body 0 with every other one at every frame; `rows` has lines per frame if `each_frame`."""
    for t in range(len(states)):
        lines = rows[t] if each_frame else rows[0]
        set_lines(nodes, lines, states[t])
        for i in range(1, states.shape[1]):
            if there[t, 0] and there[t, i]:
                encounter(nodes, lines, states[t, 0], states[t, i], out[t, i])
