"""How bodies join the traffic: out of a bay or from the kerb."""

import math

from scenarios.simulation.actions.lane_change import SHIFT_PEAK, TIGHTEST_PER_M, facing_of, lane_count
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, at_once
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE
from scenarios.simulation.dynamics.longitudinal_control import Target

PULLING_OUT_MPS2 = 1.2  # usual for a bus


def pull_out(mover: BodyState, speed_mps: float) -> RunningAction:
    """Speed up and move into the nearest lane of its direction, over the way that steering and grip then need."""
    if abs(mover.speed) > 1.0:
        return RunningAction("does not pull out: it moves already", at_once)
    road, facing = mover.road, facing_of(mover)
    lanes = range(road.lanes) if facing > 0 or not road.opposite_lanes else range(road.lanes, lane_count(road))
    d = road.locate(*mover.at[:2])[1]
    target = min((road.lane_centre(lane) for lane in lanes), key=lambda centre: abs(centre - d))
    mover.target = Target(speed_mps, PULLING_OUT_MPS2)
    path = mover.join_lane()
    path.shift(target, _way_out(mover, abs(target - path.d), speed_mps))
    return RunningAction(
        f"pulls out and speeds up to {speed_mps * 3.6:.0f} km/h",
        lambda _: mover.path is not path or (path.settled and mover.speed >= speed_mps - 0.02),
    )


def _way_out(mover: BodyState, change_m: float, speed_mps: float) -> float:
    """The least way over which a body that speeds up from a standstill can move so far to the side, metres."""
    wheelbase, way = WHEELBASE_SHARE * mover.body.size.length_m, 8.0
    while True:
        pace = min(speed_mps, math.sqrt(2 * PULLING_OUT_MPS2 * way))
        bend = SHIFT_PEAK * change_m / way**2
        steered = 60 * change_m / way**3 * wheelbase * pace  # of the wheels, rad/s
        held = bend * pace**2 <= PATH_GRIP_SHARE * mover.grip
        if bend <= TIGHTEST_PER_M and steered <= STEERING_RADPS and held:
            return way
        way *= 1.05
