"""Reference lines: pieces whose curvature changes linearly with distance, straight beyond both ends.

A straight line, an arc and a clothoid are such pieces, and any smooth line is a series of short ones. Metres,
radians; s is the distance along the line, d the offset to its left, curvature is positive to the left.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.numba_cache import njit

SPACING_M = 2.0  # of the stored nodes; positions between them are computed exactly
Pose = tuple[float, float, float]  # x, y in metres, heading in radians
_GAUSS = np.polynomial.legendre.leggauss(4)
_AT, _WEIGHT = (_GAUSS[0] + 1) / 2, _GAUSS[1] / 2
S, X, Y, HEADING, CURVATURE, SHARPNESS = range(6)
NO_NODES = np.zeros((0, 6))
STRAIGHT_BELOW = 1e-9  # 1/m
STEP_PER_M = 2e-6  # of the curvature: a smaller step needs no transition


@dataclass(frozen=True)
class Piece:
    """A piece whose curvature changes linearly from one value to another, 1/m."""

    length_m: float
    curvature_per_m: float = 0.0
    to_curvature_per_m: float = 0.0

    @property
    def sharpness(self) -> float:
        """Change of the curvature per metre, 1/m²."""
        return (self.to_curvature_per_m - self.curvature_per_m) / self.length_m

    def part(self, begins_m: float, ends_m: float) -> "Piece":
        """The part between two distances along the piece."""
        bent = [self.curvature_per_m + self.sharpness * at for at in (begins_m, ends_m)]
        return Piece(ends_m - begins_m, *bent)


def smoothed(pieces: Sequence[Piece], transition_m: float) -> tuple[Piece, ...]:
    """The same bends with clothoids in place of steps of the curvature, half of each on either side.

    A clothoid takes at most half of a piece at each of its ends. All headings stay the same.
    """
    whole = [p for p in pieces if p.length_m > 0]
    jumps = [0.0, *(_eased(a, b, transition_m) for a, b in pairwise(whole)), 0.0]
    made: list[Piece] = []
    for piece, before, after in zip(whole, jumps, jumps[1:], strict=False):
        kept = piece.part(before / 2, piece.length_m - after / 2)
        if before > 0:
            made.append(Piece(before, made[-1].to_curvature_per_m, kept.curvature_per_m))
        made.append(kept)
    return tuple(made)


def _eased(one: Piece, other: Piece, transition_m: float) -> float:
    if abs(one.to_curvature_per_m - other.curvature_per_m) < STEP_PER_M:
        return 0.0
    return min(transition_m, 0.9 * one.length_m, 0.9 * other.length_m)


def through(xy: Float[np.ndarray, "point 2"]) -> tuple[tuple[Piece, ...], Pose]:
    """Pieces along a smooth line given by closely spaced points, and the pose of their start.

    The heading of each chord is kept, so the deviation is as small as that of the points from a smooth line.
    """
    step = np.diff(np.asarray(xy, float), axis=0)
    chord = np.hypot(*step.T)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    middle = np.concatenate([[0.0], np.cumsum((chord[1:] + chord[:-1]) / 2)])
    bend = np.concatenate([[0.0], np.diff(heading) / np.diff(middle), [0.0]]) if len(chord) > 1 else np.zeros(2)
    bend[0], bend[-1] = bend[1], bend[-2]  # at each point of the line
    pieces = tuple(Piece(float(c), float(a), float(b)) for c, a, b in zip(chord, bend, bend[1:], strict=False))
    first = float(heading[0] - bend[0] * chord[0] / 2)
    return pieces, (float(xy[0][0]), float(xy[0][1]), first)


def nodes_of(pieces: Sequence[Piece], begins_m: float, origin: Pose) -> Float[np.ndarray, "node 6"]:
    """Nodes along the line at most `SPACING_M` apart: s, x, y, heading, curvature, sharpness.

    The first piece begins at s = `begins_m`; the pose at s = 0 is `origin`.
    """
    rows, s, x, y, heading = [], begins_m, 0.0, 0.0, 0.0
    for piece in pieces:
        count = max(1, math.ceil(piece.length_m / SPACING_M - 1e-9))
        for i in range(count):
            bend = piece.curvature_per_m + piece.sharpness * piece.length_m * i / count
            rows.append((s, x, y, heading, bend, piece.sharpness))
            x, y, heading = _further(x, y, heading, bend, piece.sharpness, piece.length_m / count)
            s += piece.length_m / count
    rows.append((s, x, y, heading, 0.0, 0.0))
    nodes = np.array(rows, float)
    here_x, here_y, here, _ = place_on(nodes, 0.0, 0.0)
    turn = origin[2] - here
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = nodes[:, X] - here_x, nodes[:, Y] - here_y
    nodes[:, X], nodes[:, Y] = origin[0] + cos * x - sin * y, origin[1] + sin * x + cos * y
    nodes[:, HEADING] += turn
    return nodes


@njit(cache=True, nogil=True)
@no_type_check
def _further(x, y, heading, bend, sharpness, way):
    """The pose after a distance from another pose; four Gauss points are exact here to a nanometre."""
    for k in range(4):
        t = way * _AT[k]
        tangent = heading + bend * t + sharpness * t * t / 2
        x += way * _WEIGHT[k] * math.cos(tangent)
        y += way * _WEIGHT[k] * math.sin(tangent)
    return x, y, heading + bend * way + sharpness * way * way / 2


@njit(cache=True, nogil=True)
@no_type_check
def _node_before(nodes, s):
    low, high = 0, len(nodes) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if nodes[middle, 0] <= s:
            low = middle
        else:
            high = middle
    return high if s >= nodes[high, 0] else low


@njit(cache=True, nogil=True)
@no_type_check
def bend_at(nodes, constant, s):
    """Heading and curvature of the line at s; without nodes its curvature is `constant`."""
    if len(nodes) == 0:
        return constant * s, constant
    if s < nodes[0, 0]:
        return nodes[0, 3], 0.0
    i = _node_before(nodes, s)
    way = s - nodes[i, 0]
    return nodes[i, 3] + nodes[i, 4] * way + nodes[i, 5] * way * way / 2, nodes[i, 4] + nodes[i, 5] * way


@njit(cache=True, nogil=True)
@no_type_check
def place_on(nodes, s, d):
    """x, y, heading and curvature at (s, d)."""
    if s < nodes[0, 0]:
        x, y, heading, bend, way = nodes[0, 1], nodes[0, 2], nodes[0, 3], 0.0, s - nodes[0, 0]
        x, y = x + way * math.cos(heading), y + way * math.sin(heading)
    else:
        i = _node_before(nodes, s)
        way = s - nodes[i, 0]
        if i == len(nodes) - 1:
            heading, bend = nodes[i, 3], 0.0
            x, y = nodes[i, 1] + way * math.cos(heading), nodes[i, 2] + way * math.sin(heading)
        else:
            bend = nodes[i, 4] + nodes[i, 5] * way
            x, y, heading = _further(nodes[i, 1], nodes[i, 2], nodes[i, 3], nodes[i, 4], nodes[i, 5], way)
    return x - d * math.sin(heading), y + d * math.cos(heading), heading, bend


@njit(cache=True, nogil=True)
@no_type_check
def pose_at(nodes, constant, s, d):
    """x, y and heading of the line at (s, d); without nodes its curvature is `constant`."""
    if len(nodes) > 0:
        return place_on(nodes, s, d)[:3]
    if abs(constant) < STRAIGHT_BELOW:
        return s, d, 0.0
    heading = constant * s
    x, y = math.sin(heading) / constant, (1 - math.cos(heading)) / constant
    return x - d * math.sin(heading), y + d * math.cos(heading), heading


@njit(cache=True, nogil=True)
@no_type_check
def places_on(nodes, s, d):
    """x, y and heading at an array of (s, d)."""
    out = np.empty((len(s), 3))
    for i in range(len(s)):
        out[i, 0], out[i, 1], out[i, 2], _ = place_on(nodes, s[i], d[i])
    return out


@njit(cache=True, nogil=True)
@no_type_check
def locate_on(nodes, x, y):
    """(s, d) of the nearest point of the line.

    A node is skipped if even its distance along the line could not bring it nearer than the best node so far.
    """
    last, nearest, best, i = len(nodes) - 1, np.inf, 0, 0
    while i <= last:
        away = math.hypot(x - nodes[i, 1], y - nodes[i, 2])
        if away < nearest:
            nearest, best = away, i
        i += max(1, int((away - nearest) / SPACING_M))
    s, d = _settled(nodes, best, x, y)
    foot_x, foot_y, _, _ = place_on(nodes, s, 0.0)
    nearest = math.hypot(x - foot_x, y - foot_y)
    for end in (0, last):
        cos, sin = math.cos(nodes[end, 3]), math.sin(nodes[end, 3])
        dx, dy = x - nodes[end, 1], y - nodes[end, 2]
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        if (along < 0 if end == 0 else along > 0) and abs(across) < nearest + 1e-12:
            s, d, nearest = nodes[end, 0] + along, across, abs(across)
    return s, d


@njit(cache=True, nogil=True)
@no_type_check
def foot_at(nodes, constant, x, y):
    """(s, d) of a point: the inverse of `pose_at` within half a turn."""
    if len(nodes) > 0:
        return locate_on(nodes, x, y)
    if abs(constant) < STRAIGHT_BELOW:
        return x, y
    sign = math.copysign(1.0, constant)
    heading = math.atan2(sign * x, sign * (1 / constant - y))
    return heading / constant, 1 / constant - sign * math.hypot(x, 1 / constant - y)


@njit(cache=True, nogil=True)
@no_type_check
def _settled(nodes, best, x, y):
    """Newton's method for the foot of the perpendicular, started at a node."""
    low, high = nodes[max(best - 1, 0), 0], nodes[min(best + 1, len(nodes) - 1), 0]
    s, d = nodes[best, 0], 0.0
    for _ in range(12):
        px, py, heading, bend = place_on(nodes, s, 0.0)
        cos, sin = math.cos(heading), math.sin(heading)
        along, d = (x - px) * cos + (y - py) * sin, (y - py) * cos - (x - px) * sin
        step = along / max(1 - bend * d, 0.1)
        new = min(max(s + step, low), high)
        if abs(new - s) < 1e-10:
            break
        s = new
    return s, d


@njit(cache=True, nogil=True)
@no_type_check
def located_on(nodes, points):
    """(s, d) of an array of points."""
    out = np.empty((len(points), 2))
    for i in range(len(points)):
        out[i, 0], out[i, 1] = locate_on(nodes, points[i, 0], points[i, 1])
    return out
