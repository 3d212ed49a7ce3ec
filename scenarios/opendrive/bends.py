"""The line of a lane as pieces of the scenario language: straights, bends and transitions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.opendrive.chain import Chain
from scenarios.opendrive.geometry import Clothoid

SHORTEST_M, MOST_PIECES = 5.0, 50
TIGHTEST_M, WIDEST_M = 20.0, 5000.0  # limits of a radius in the scenario language
EVERY_M = 10.0  # step in which a cubic is replaced by clothoids
JUMP_PER_M = 1e-5


@dataclass(frozen=True)
class Bend:
    """A piece of the ego lane's line: its length in metres and its curvature at both ends, 1/m."""

    length_m: float
    begins_per_m: float
    ends_per_m: float


class TooTight(ValueError):
    """A bend that the scenario language cannot express; the message states it."""


def bends_ahead(chain: Chain, ahead_m: float) -> tuple[Bend, ...]:
    """The lane's line from the ego's position; raises TooTight."""
    raw = list(_raw(chain, min(ahead_m, chain.ends_m)))
    for bend in raw:
        if max(abs(bend.begins_per_m), abs(bend.ends_per_m)) > 1 / TIGHTEST_M:
            tightest = 1 / max(abs(bend.begins_per_m), abs(bend.ends_per_m))
            raise TooTight(f"a bend of {tightest:.1f} m; here from {TIGHTEST_M:g} m")
    made = _joined([part for bend in raw for part in _one_sided(bend)])
    if len(made) > MOST_PIECES:
        raise TooTight(f"{len(made)} bends; here at most {MOST_PIECES}")
    return tuple(made)


def piece_spec(bend: Bend) -> dict[str, object]:
    """The piece in the notation of `road: {kind: path}`."""
    said: dict[str, object] = {"length": f"{bend.length_m:.6f}".rstrip("0").rstrip(".") + " m"}
    least = 1 / WIDEST_M
    begins, ends = abs(bend.begins_per_m), abs(bend.ends_per_m)
    if max(begins, ends) < least:
        return said
    if begins >= least:
        said["radius"] = _metres(1 / begins)
    if abs(begins - ends) > 1e-9 or begins < least:
        said["to_radius"] = _metres(min(1 / max(ends, least), WIDEST_M))
    return said | {"direction": "left" if bend.begins_per_m + bend.ends_per_m > 0 else "right"}


def jumps(bends: tuple[Bend, ...]) -> bool:
    """Whether the curvature has a step at the begin or end of a bend, which roads of a scenario do not have."""
    ends = [0.0, *(bend.ends_per_m for bend in bends)]
    begins = [*(bend.begins_per_m for bend in bends), 0.0]
    return any(abs(a - b) > JUMP_PER_M for a, b in zip(ends, begins, strict=True))


def _metres(value: float) -> str:
    return f"{max(value, TIGHTEST_M):.9g} m"


def _raw(chain: Chain, ahead_m: float) -> Iterator[Bend]:
    """Pieces of the map, cubics in steps, with the lengths of the lane."""
    at = 0.0
    while at < ahead_m - 1e-6:
        leg = chain.leg(at + 1e-6)
        s = leg.s(at)
        piece = leg.road.piece(s + leg.way * 1e-6)
        left = (piece.s_m + piece.length_m - s) if leg.way > 0 else s - piece.s_m
        step = min(max(left, 1e-3), leg.begins_m + leg.length_m - at, ahead_m - at)
        if not isinstance(piece.shape, Clothoid):
            step = min(step, EVERY_M)
        step = max(step, 1e-3)
        begins, ends = (chain.pose(place)[3] for place in (at + 1e-7, at + step - 1e-7))
        yield Bend(chain.way(at + step) - chain.way(at), begins, ends)
        at += step


def _one_sided(bend: Bend) -> Iterator[Bend]:
    """Splits a bend that changes sides into two, and makes nearly straight pieces straight."""
    begins, ends = (0.0 if abs(k) < 1 / WIDEST_M else k for k in (bend.begins_per_m, bend.ends_per_m))
    if begins * ends < 0:
        share = begins / (begins - ends)
        yield Bend(bend.length_m * share, begins, 0.0)
        yield Bend(bend.length_m * (1 - share), 0.0, ends)
    else:
        yield Bend(bend.length_m, begins, ends)


def _joined(bends: list[Bend]) -> list[Bend]:
    """Joins pieces of equal curvature, and adds too short pieces to the one before."""
    made: list[Bend] = []
    for bend in bends:
        last = made[-1] if made else None
        if last is None:
            made.append(bend)
        elif _steady(last) and _steady(bend) and math.isclose(last.ends_per_m, bend.begins_per_m, abs_tol=1e-7):
            made[-1] = Bend(last.length_m + bend.length_m, last.begins_per_m, last.ends_per_m)
        elif min(last.length_m, bend.length_m) < SHORTEST_M and last.begins_per_m * bend.ends_per_m >= 0:
            made[-1] = Bend(last.length_m + bend.length_m, last.begins_per_m, bend.ends_per_m)
        else:
            made.append(bend)
    return [Bend(max(bend.length_m, SHORTEST_M), bend.begins_per_m, bend.ends_per_m) for bend in made]


def _steady(bend: Bend) -> bool:
    return abs(bend.begins_per_m - bend.ends_per_m) < 1e-9
