"""Turns at a junction: their speed, and the way to the stop line before it."""

import math
from dataclasses import dataclass

from scenarios.model.bodies import FOUR_WHEELS, Body
from scenarios.model.sides import Side
from scenarios.roads.reference_line import Pose
from scenarios.roads.road import Road
from scenarios.roads.turn_ways import EASING_M, RADIUS_M
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE, wrapped
from scenarios.simulation.dynamics.longitudinal_control import Pedals, Target

SIDEWAYS_MPS2, SIDEWAYS_SHARE = 3.0, 0.5  # lateral acceleration in a turn, and its maximum share of the grip
SLOWING_MPS2 = 2.5


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
