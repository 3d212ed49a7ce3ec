"""Turns at a junction: the path from a lane of one road to a lane of another."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np

from scenarios.model.sides import Side
from scenarios.roads.junction import Arms
from scenarios.roads.reference_line import Piece, nodes_of, place_on
from scenarios.roads.road import Road, RoadKind

EASING_M = 5.0  # distance in which the steering reaches the arc's curvature, and returns to zero
RADIUS_M = {Side.RIGHT: 6.5, Side.LEFT: 9.0}
AFTER_M = 10.0  # straight part in the new lane that belongs to the turn


@runtime_checkable
class PlaceInLane(Protocol):
    """A place on a road and the direction of travel, +1 or -1 along it."""

    @property
    def s(self) -> float: ...

    @property
    def d(self) -> float: ...

    @property
    def facing(self) -> int: ...


class NoTurn(ValueError):
    """A turn is not possible; the message states why, for the author."""


@dataclass(frozen=True)
class Turn:
    """A path on a road of its own, one lane wide: it leaves the old lane at `begins_m` and reaches the new one at
    `ends_m`. The new lane belongs to `into` and is driven in the direction `facing`.
    """

    way: Road
    begins_m: float
    ends_m: float
    into: Road
    facing: int


def plan_turn(main: Road, own: Road, path: PlaceInLane, side: Side) -> Turn:
    """The turn at the junction of `main` for a body on the road `own`; raises NoTurn."""
    if main.cross is None:
        raise NoTurn("there is no junction")
    into = main.cross if own is main else main
    x, y, heading = own.place(path.s, path.d)
    heading += 0.0 if path.facing > 0 else math.pi
    turned = heading + (math.pi / 2 if side is Side.LEFT else -math.pi / 2)
    facing, lane = _lane_into(main, into, side, turned)
    if any(own.curvature(float(s)) for s in np.linspace(path.s, meeting_s(main, own), 40)):
        raise NoTurn("the road bends before the junction; place the turn after the bend")
    lane_x, lane_y, _ = into.place(meeting_s(main, into), into.lane_centre(lane))
    to_x, to_y = lane_x - x, lane_y - y
    ahead = to_x * math.cos(heading) + to_y * math.sin(heading)
    tangent, pieces = _corner(side)
    if ahead < tangent:
        raise NoTurn("it is too late to turn")
    begins = ahead - tangent
    length = sum(piece.length_m for piece in pieces)
    way = Road(
        RoadKind.PATH, 1, 0, own.lane_width_m, 0.0, 0, 0.0,
        (Piece(max(begins, 0.01)), *pieces, Piece(60.0)), 0.0, (x, y, heading),
    )  # fmt: skip
    return Turn(way, begins, begins + length + AFTER_M, into, facing)


def meeting_s(main: Road, of: Road) -> float:
    """Position of the crossing of the roads, along one of them."""
    assert main.junction is not None
    return main.junction.at_m if of is main else 0.0


def _lane_into(main: Road, into: Road, side: Side, turned: float) -> tuple[int, int]:
    """The direction on the new road, and its lane: the rightmost for a right turn, the innermost for a left turn."""
    assert main.junction is not None
    facing = 1 if math.cos(turned - into.heading(meeting_s(main, into))) > 0 else -1
    arms = main.junction.arms
    leads_left = into is main or arms is not Arms.RIGHT
    leads_right = into is main or arms is not Arms.LEFT
    if (facing > 0 and not leads_left) or (facing < 0 and not leads_right):
        raise NoTurn(f"no road leads to the {side}")
    if facing > 0:
        return facing, 0 if side is Side.RIGHT else into.lanes - 1
    if not into.opposite_lanes:
        raise NoTurn(f"no lane leads to the {side}")
    return facing, into.lanes + (into.opposite_lanes - 1 if side is Side.RIGHT else 0)


@lru_cache(maxsize=4)
def _corner(side: Side) -> tuple[float, tuple[Piece, ...]]:
    """A quarter turn with transitions, and the distance of its start from the corner of the two lanes."""
    bend = (1 if side is Side.LEFT else -1) / RADIUS_M[side]
    arc = RADIUS_M[side] * math.pi / 2 - EASING_M
    pieces = (Piece(EASING_M, 0.0, bend), Piece(arc, bend, bend), Piece(EASING_M, bend, 0.0))
    x, y, _, _ = place_on(nodes_of(pieces, 0.0, (0.0, 0.0, 0.0)), arc + 2 * EASING_M, 0.0)
    assert abs(abs(y) - x) < 1e-6
    return x, pieces
