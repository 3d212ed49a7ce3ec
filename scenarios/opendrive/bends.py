"""The line of a lane as pieces of the scenario language: straights, bends and transitions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scenarios.opendrive.chain import Chain, Leg
from scenarios.opendrive.geometry import Clothoid
from scenarios.roads.reference_line import STEP_PER_M, Piece

SHORTEST_M, MOST_PIECES = 1.0, 200
TIGHTEST_M, WIDEST_M = 20.0, 1e6  # limits of a radius in the scenario language
SHIFTS = 1e-9  # slope of a lane against its road's line


@dataclass(frozen=True)
class Bend:
    """A piece of the ego lane's line: its length in metres and its curvature at both ends, 1/m."""

    length_m: float
    begins_per_m: float
    ends_per_m: float


class TooTight(ValueError):
    """A bend that the scenario language cannot express; the message states it."""


def bends_of(chain: Chain, from_m: float, to_m: float, every_m: float) -> tuple[Bend, ...]:
    """The lane's line between two places along the chain; raises TooTight.

    What is not a line, arc or spiral of the road is replaced by clothoids of about `every_m` metres, each of which
    turns by as much as the lane.
    """
    made = _joined([part for bend in _raw(chain, from_m, to_m, every_m) for part in _one_sided(bend)])
    for bend in made:
        if max(abs(bend.begins_per_m), abs(bend.ends_per_m)) > 1 / TIGHTEST_M:
            tightest = 1 / max(abs(bend.begins_per_m), abs(bend.ends_per_m))
            raise TooTight(f"a bend of {tightest:.1f} m; here from {TIGHTEST_M:g} m")
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


def piece_of(bend: Bend) -> Piece:
    """The piece with the numbers that the language can write: a bend ends at the widest radius, not straight."""
    least = 1 / WIDEST_M
    ends = math.copysign(max(abs(bend.ends_per_m), least), bend.begins_per_m or bend.ends_per_m)
    bent = max(abs(bend.begins_per_m), abs(bend.ends_per_m)) >= least
    return Piece(bend.length_m, bend.begins_per_m if bent else 0.0, ends if bent else 0.0)


def jumps(bends: tuple[Bend, ...]) -> bool:
    """Whether the curvature has a step between two bends, which roads of a scenario do not have."""
    return any(abs(a.ends_per_m - b.begins_per_m) > STEP_PER_M for a, b in pairwise(bends))


def _metres(value: float) -> str:
    return f"{max(value, TIGHTEST_M):.9g} m"


def _raw(chain: Chain, from_m: float, to_m: float, every_m: float) -> Iterator[Bend]:
    """Pieces with the lengths of the lane: one for each geometry of the map that the lane follows at a distance."""
    for leg in chain.legs:
        begins, ends = max(leg.begins_m, from_m), min(leg.begins_m + leg.length_m, to_m)
        if ends - begins < 1e-6:
            continue
        breaks = sorted(at for s in leg.road.breaks() if begins + 1e-3 < (at := leg.along(s)) < ends - 1e-3)
        apart = [at for before, at in pairwise([begins, *breaks]) if at - before > 1e-3]
        for at, beyond in pairwise([begins, *apart, ends]):
            parts = 1 if _parallel(chain, leg, at, beyond) else max(1, round((beyond - at) / every_m))
            step = (beyond - at) / parts
            for i in range(parts):
                yield _between(chain, at + i * step, at + (i + 1) * step)


def _parallel(chain: Chain, leg: Leg, at: float, beyond: float) -> bool:
    """Whether the lane keeps its distance to a line, arc or spiral between two places."""
    middle = leg.s((at + beyond) / 2)
    if not isinstance(leg.road.piece(middle).shape, Clothoid):
        return False
    places = (at + (beyond - at) * share for share in (0.01, 0.3, 0.5, 0.7, 0.99))
    return len({round(chain.lane_t(place) / SHIFTS) for place in places}) == 1


def _between(chain: Chain, at: float, beyond: float) -> Bend:
    """A clothoid with the lane's curvatures between two places, corrected to turn by as much as the lane."""
    length = chain.way(beyond) - chain.way(at)
    (*_, first, begins), (*_, last, ends) = chain.pose(at + 1e-7), chain.pose(beyond - 1e-7)
    turned = math.remainder(last - first, math.tau)
    while turned - (begins + ends) / 2 * length > math.pi:
        turned -= math.tau
    while turned - (begins + ends) / 2 * length < -math.pi:
        turned += math.tau
    missing = turned / length - (begins + ends) / 2
    return Bend(length, begins + missing, ends + missing)


def _one_sided(bend: Bend) -> Iterator[Bend]:
    """Splits a bend that changes sides into two, and makes nearly straight pieces straight."""
    begins, ends = (0.0 if abs(k) < 1 / WIDEST_M else k for k in (bend.begins_per_m, bend.ends_per_m))
    share = begins / (begins - ends) if begins * ends < 0 else 0.0
    if share and bend.length_m * min(share, 1 - share) < SHORTEST_M:
        kept = begins + ends  # the turn is that of both parts
        yield Bend(bend.length_m, kept, 0.0) if share > 0.5 else Bend(bend.length_m, 0.0, kept)
    elif share:
        yield Bend(bend.length_m * share, begins, 0.0)
        yield Bend(bend.length_m * (1 - share), 0.0, ends)
    else:
        yield Bend(bend.length_m, begins, ends)


def _joined(bends: list[Bend]) -> list[Bend]:
    """Joins pieces of equal curvature, and adds too short pieces to a neighbour without a change of the turn."""
    made: list[Bend] = []
    for bend in bends:
        if made and _steady(made[-1]) and _steady(bend) and abs(made[-1].ends_per_m - bend.begins_per_m) < 1e-9:
            made[-1] = Bend(made[-1].length_m + bend.length_m, bend.begins_per_m, bend.ends_per_m)
        elif made and min(made[-1].length_m, bend.length_m) < SHORTEST_M:
            made[-1] = _merged(made[-1], bend)
        else:
            made.append(bend)
    if len(made) == 1 and made[0].length_m < SHORTEST_M:
        return [Bend(SHORTEST_M, made[0].begins_per_m, made[0].ends_per_m)]
    return [part for bend in made for part in _one_sided(bend)]


def _merged(one: Bend, other: Bend) -> Bend:
    """One piece for two, which turns by as much as both."""
    length = one.length_m + other.length_m
    turned = sum((bend.begins_per_m + bend.ends_per_m) / 2 * bend.length_m for bend in (one, other))
    missing = turned / length - (one.begins_per_m + other.ends_per_m) / 2
    return Bend(length, one.begins_per_m + missing, other.ends_per_m + missing)


def _steady(bend: Bend) -> bool:
    return abs(bend.begins_per_m - bend.ends_per_m) < 1e-9
