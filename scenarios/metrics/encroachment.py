"""Post-encroachment time: how soon one body comes to a place after the other has left it.

The definition of Allen, Shin and Cooper (1978), over all places that both cover in the clip: the least time between the
one body's leaving a place and the other's reaching it. It is for paths that cross (`LEAST_ANGLE_RAD`): for a follower
on the same path the time headway is the figure.
"""

import math
from typing import no_type_check

import numpy as np

from scenarios.metrics.contact import axis_gaps
from scenarios.metrics.courses import COURSE, LENGTH, OFFSET, SPEED, WIDTH, YAW, X, Y
from scenarios.numba_cache import njit

LEAST_ANGLE_RAD = math.radians(20)
MOVES_MPS = 0.3  # the direction of a slower body says nothing


@njit(cache=True, nogil=True)
@no_type_check
def post_encroachment(states, there, i, j, most):
    """The least number of instants between both bodies' covering a place, at most `most`; -1: none, 0: contact.

    Also the later instant, and whether body i was there first. `states` are evenly spaced in time.
    """
    gaps, normals = np.empty(4), np.empty((4, 2))
    count = len(states)
    for lag in range(min(most, count - 1) + 1):
        for t in range(count - lag):
            if _covers(states, there, t, i, t + lag, j, lag, gaps, normals):
                return lag, t + lag, True
            if lag > 0 and _covers(states, there, t, j, t + lag, i, lag, gaps, normals):
                return lag, t + lag, False
    return -1, 0, False


@njit(cache=True, nogil=True)
@no_type_check
def _covers(states, there, t, first, u, second, lag, gaps, normals):
    """Whether `first` at t and `second` at u cover a place in common and, with a lag, on paths that cross."""
    if not (there[t, first] and there[u, second]):
        return False
    a, b = states[t, first], states[u, second]
    reach = (a[LENGTH] + a[WIDTH] + b[LENGTH] + b[WIDTH]) / 2 + abs(a[OFFSET]) + abs(b[OFFSET])
    if abs(a[X] - b[X]) > reach or abs(a[Y] - b[Y]) > reach:
        return False
    if lag > 0:
        if abs(a[SPEED]) < MOVES_MPS or abs(b[SPEED]) < MOVES_MPS:
            return False
        turn = _motion(a) - _motion(b)
        if math.cos(turn) > math.cos(LEAST_ANGLE_RAD):
            return False
    axis_gaps(
        a[X] + a[OFFSET] * math.cos(a[YAW]), a[Y] + a[OFFSET] * math.sin(a[YAW]), a[YAW], a[LENGTH], a[WIDTH],
        b[X] + b[OFFSET] * math.cos(b[YAW]), b[Y] + b[OFFSET] * math.sin(b[YAW]), b[YAW], b[LENGTH], b[WIDTH],
        gaps, normals,
    )  # fmt: skip
    return gaps.max() <= 0


@njit(cache=True, nogil=True)
@no_type_check
def _motion(state):
    return state[COURSE] + (math.pi if state[SPEED] < 0 else 0.0)
