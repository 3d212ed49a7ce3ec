"""The course of a body: where it will be if it keeps its speed and its direction relative to the road.

This is the only prediction of the product. A body keeps its present speed (or the deceleration under study, to a
standstill) and its angle to the line that it follows (`roads.traffic_lines`): its lane on a bend and in a roundabout,
the turn that it has begun at a junction, a constant lateral drift in a lane change, straight across for a walker.
Without a bend that is a straight line at constant velocity; so it is also without any road and for a sliding body. What
a body does later in a clip is never used.
"""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.numba_cache import njit
from scenarios.roads.traffic_lines import LEAST_STRETCH, TIGHTEST, bend_on_line, line_under, pose_on_line

# Columns of a body's state. The reference point keeps to the lane: the ego's rear axle, the box centre of others.
X, Y, YAW, OFFSET, LENGTH, WIDTH = range(6)
SPEED, COURSE, SLIDING, BRAKES = range(6, 10)  # signed along COURSE, a map direction; BRAKES: deceleration, positive
LINE, FOLLOWS, S, D, TILT = range(10, 15)  # set by `set_on_line`
ON_FEET = 15
STATE_WIDTH = 16
STEP_M = 2.0  # of the integration along a line
States = Float[np.ndarray, "*n 16"]


@njit(cache=True, nogil=True)
@no_type_check
def set_on_line(nodes, rows, state):
    """Fill in the line that a body follows and its place there."""
    line, s, d = line_under(nodes, rows, state[X], state[Y], state[YAW], state[ON_FEET] > 0)
    state[LINE], state[S], state[D], state[TILT], state[FOLLOWS] = line, s, d, 0.0, 0.0
    if line >= 0 and state[SLIDING] == 0 and rows[line, TIGHTEST] > 0:
        state[FOLLOWS], state[TILT] = 1.0, state[YAW] - bend_on_line(nodes, rows[line], s)[0]


@njit(cache=True, nogil=True)
@no_type_check
def begin(state):
    """The place that `go_on` moves: (s, d) on a line that bends, map x, y otherwise."""
    if state[FOLLOWS] > 0:
        return state[S], state[D]
    return state[X], state[Y]


@njit(cache=True, nogil=True)
@no_type_check
def go_on(nodes, rows, state, p, q, way):
    """The place after `way` metres, negative backwards."""
    if state[FOLLOWS] == 0:
        return p + way * math.cos(state[COURSE]), q + way * math.sin(state[COURSE])
    row, cos, sin = rows[int(state[LINE])], math.cos(state[TILT]), math.sin(state[TILT])
    count = int(abs(way) / STEP_M) + 1
    step = way / count
    for _ in range(count):
        bend = bend_on_line(nodes, row, p)[1]
        middle = p + step / 2 * cos / max(1 - bend * q, LEAST_STRETCH)
        bend = bend_on_line(nodes, row, middle)[1]
        p += step * cos / max(1 - bend * (q + step / 2 * sin), LEAST_STRETCH)
        q += step * sin
    return p, q


@njit(cache=True, nogil=True)
@no_type_check
def box_at(nodes, rows, state, p, q):
    """Map x, y of the box centre and the heading at a place of `go_on`."""
    if state[FOLLOWS] > 0:
        x, y, heading = pose_on_line(nodes, rows[int(state[LINE])], p, q)
        yaw = heading + state[TILT]
    else:
        x, y, yaw = p, q, state[YAW]
    return x + state[OFFSET] * math.cos(yaw), y + state[OFFSET] * math.sin(yaw), yaw


@njit(cache=True, nogil=True)
@no_type_check
def beyond_line(nodes, rows, state, p, q):
    """Whether a place is so near to the centre of the line's bend that going on along the line has no meaning."""
    return state[FOLLOWS] > 0 and 1 - bend_on_line(nodes, rows[int(state[LINE])], p)[1] * q < LEAST_STRETCH


@njit(cache=True, nogil=True)
@no_type_check
def turn_per_metre(rows, state, q):
    """A bound of the change of heading per metre along the course, 1/m."""
    if state[FOLLOWS] == 0:
        return 0.0
    bend = rows[int(state[LINE]), TIGHTEST]
    return bend / max(1 - bend * abs(q), LEAST_STRETCH)


@njit(cache=True, nogil=True)
@no_type_check
def way_after(speed, brakes, t):
    """Distance after t seconds of even braking to a standstill, with the sign of the speed."""
    pace = abs(speed)
    if brakes > 0 and t * brakes >= pace:
        return math.copysign(pace * pace / (2 * brakes), speed)
    return math.copysign(pace * t - brakes * t * t / 2, speed)


@njit(cache=True, nogil=True)
@no_type_check
def speed_after(speed, brakes, t):
    """The speed then."""
    return math.copysign(max(abs(speed) - brakes * t, 0.0), speed)
