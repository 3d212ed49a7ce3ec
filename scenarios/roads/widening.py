"""Paved areas beside the lanes whose width changes along the road: bays, and lanes that begin and end."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.model.sides import Side
from scenarios.numba_cache import njit

# Rows (s from, s to, d of the right edge at both, d of the left edge at both) in metres, in road coordinates.
Strips = Float[np.ndarray, "strip 6"]
NO_STRIPS: Strips = np.zeros((0, 6))
ADJOINS_M = 0.05


def between(edges: Iterable[tuple[float, float, float]]) -> list[tuple[float, ...]]:
    """Strips between stations (s, right edge, left edge), with straight edges from each station to the next."""
    return [(s0, s1, r0, r1, l0, l1) for (s0, r0, l0), (s1, r1, l1) in pairwise(edges)]


def beside(
    side: Side, widths: Iterable[tuple[float, float]], right_edge: float, left_edge: float
) -> list[tuple[float, ...]]:
    """Strips along the edge of a carriageway from stations (s, width) in metres."""
    if side is Side.RIGHT:
        return between((s, right_edge - width, right_edge) for s, width in widths)
    return between((s, left_edge, left_edge + width) for s, width in widths)


@dataclass(frozen=True)
class SideLane:
    """A lane outside the others that begins, ends or changes its width: stations (s, width), evenly between them.

    It has a width from its first station to its last one. Bodies do not follow it as a lane.
    """

    side: Side
    widths_m: tuple[tuple[float, float], ...]

    @property
    def extent(self) -> tuple[float, float]:
        """Range of s."""
        return self.widths_m[0][0], self.widths_m[-1][0]

    def strips(self, right_edge: float, left_edge: float) -> list[tuple[float, ...]]:
        """The lane as strips beside the others."""
        rows = zip(self.widths_m, self.widths_m[1:], strict=False)
        held = [pair for pair in rows if max(pair[0][1], pair[1][1]) > 0]
        return [strip for pair in held for strip in beside(self.side, pair, right_edge, left_edge)]


@njit(cache=True, nogil=True)
@no_type_check
def edges_at(strips, i, s):
    """d of the right and of the left edge of one strip at s."""
    share = (s - strips[i, 0]) / (strips[i, 1] - strips[i, 0])
    right = strips[i, 2] + share * (strips[i, 3] - strips[i, 2])
    return right, strips[i, 4] + share * (strips[i, 5] - strips[i, 4])


@njit(cache=True, nogil=True)
@no_type_check
def beyond_strips(s, d, strips):
    """Distance outwards from the nearest strip, metres; negative on a strip, infinite without strips."""
    nearest = np.inf
    for i in range(len(strips)):
        right, left = edges_at(strips, i, min(max(s, strips[i, 0]), strips[i, 1]))
        across, along = max(right - d, d - left), max(strips[i, 0] - s, s - strips[i, 1])
        if along <= 0:
            away = across
        else:
            away = max(along, np.hypot(along, max(across, 0.0)))
        nearest = min(nearest, away)
    return nearest


@njit(cache=True, nogil=True)
@no_type_check
def all_beyond_strips(places, strips):
    """`beyond_strips` of an array of (s, d)."""
    out = np.empty(len(places))
    for i in range(len(places)):
        out[i] = beyond_strips(places[i, 0], places[i, 1], strips)
    return out


@njit(cache=True, nogil=True)
@no_type_check
def outer_edge(s, edge, side, strips):
    """d of the outer edge of the pavement beside a road's `edge` on a side (+1 left, -1 right) at s."""
    found = edge
    for i in range(len(strips)):
        if strips[i, 0] <= s <= strips[i, 1]:
            right, left = edges_at(strips, i, s)
            inner, outer = (right, left) if side > 0 else (left, right)
            if side * (inner - edge) <= ADJOINS_M and side * (outer - found) > 0:
                found = outer
    return found
