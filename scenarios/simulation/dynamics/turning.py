"""Turns at a junction: the path from a lane of one road to a lane of another, and its speed."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scenarios.model.bodies import FOUR_WHEELS, Body
from scenarios.model.sides import Side
from scenarios.roads.junction import Arms
from scenarios.roads.reference_line import Piece, Pose, nodes_of, place_on
from scenarios.roads.road import Road, RoadKind
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE, LanePath, wrapped
from scenarios.simulation.dynamics.longitudinal_control import Pedals, Target

EASING_M = 5.0  # distance in which the steering reaches the arc's curvature, and returns to zero
RADIUS_M = {Side.RIGHT: 6.5, Side.LEFT: 9.0}
SIDEWAYS_MPS2, SIDEWAYS_SHARE = 3.0, 0.5  # lateral acceleration in a turn, and its maximum share of the grip
AFTER_M = 10.0  # straight part in the new lane that belongs to the turn
SLOWING_MPS2 = 2.5


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


@dataclass
class Slowing:
    """A speed limit of `turn_mps` that begins after `room_m` and lasts `turn_m`, with even braking before."""

    room_m: float
    turn_m: float
    turn_mps: float

    def limit(self, pace: float, dt: float) -> Pedals | None:
        """The pedals that the limit requires; None if it requires nothing."""
        if self.room_m <= -self.turn_m:
            return None
        if self.room_m > 0:
            needed = (pace**2 - self.turn_mps**2) / (2 * max(self.room_m, 0.1))
            return Pedals(-needed, True) if needed > SLOWING_MPS2 else None
        return Target(self.turn_mps, SLOWING_MPS2, braking=pace > self.turn_mps).pedals(pace, False, dt)

    def rolled(self, distance: float) -> None:
        self.room_m -= distance


def turn_speed(body: Body, side: Side, grip: float) -> float:
    """The speed at which a body can take a turn to a side, m/s."""
    sideways = min(SIDEWAYS_MPS2, SIDEWAYS_SHARE * grip)
    wheelbase = WHEELBASE_SHARE * body.size.length_m if body.kind in FOUR_WHEELS else 1.2
    steered = STEERING_RADPS * EASING_M * RADIUS_M[side] / wheelbase
    return min(math.sqrt(sideways * RADIUS_M[side]), steered)


def plan_turn(main: Road, own: Road, path: LanePath, side: Side) -> Turn:
    """The turn at the junction of `main` for a body on the road `own`; raises NoTurn."""
    if main.cross is None:
        raise NoTurn("there is no junction")
    into = main.cross if own is main else main
    x, y, heading = own.place(path.s, path.d)
    heading += 0.0 if path.facing > 0 else math.pi
    turned = heading + (math.pi / 2 if side is Side.LEFT else -math.pi / 2)
    facing, lane = _lane_into(main, into, side, turned)
    if any(own.curvature(float(s)) for s in np.linspace(path.s, _meeting_s(main, own), 40)):
        raise NoTurn("the road bends before the junction; place the turn after the bend")
    lane_x, lane_y, _ = into.place(_meeting_s(main, into), into.lane_centre(lane))
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


def _meeting_s(main: Road, of: Road) -> float:
    """Position of the crossing of the roads, along one of them."""
    assert main.junction is not None
    return main.junction.at_m if of is main else 0.0


def _lane_into(main: Road, into: Road, side: Side, turned: float) -> tuple[int, int]:
    """The direction on the new road, and its lane: the rightmost for a right turn, the innermost for a left turn."""
    assert main.junction is not None
    facing = 1 if math.cos(turned - into.heading(_meeting_s(main, into))) > 0 else -1
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


def stop_line(main: Road, own: Road, pose: Pose) -> float:
    """Distance from a pose to the stop line before the junction along its road, metres; negative beyond it; infinite
    if there is none ahead.
    """
    there = main.junction
    if there is None:
        return math.inf
    s, _ = own.locate(pose[0], pose[1])
    facing = 1 if math.cos(wrapped(pose[2] - own.heading(s))) >= 0 else -1
    if own is main:
        return there.begins_m - there.line_m - s if facing > 0 else s - there.ends_m - there.line_m
    if own is not main.cross:
        return math.inf
    right, left = main.ring_edges
    return right - there.line_m - s if facing > 0 else s - left - there.line_m
