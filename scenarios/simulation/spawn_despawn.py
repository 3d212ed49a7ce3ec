"""Bodies that enter or leave the scene: falling cargo, and bodies that appear or disappear at the scene's edge."""

import math

from scenarios.model.kinds.debris import LOAD_KG_PER_M3
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, decline, station
from scenarios.simulation.dynamics.collisions import sliding_decel
from scenarios.simulation.dynamics.lane_path import LanePath, Path, free_path
from scenarios.simulation.dynamics.sliding import FallingState, SlidingState

EDGE_AHEAD_M, EDGE_BEHIND_M = 100.0, 50.0  # bumper to bumper: beyond these gaps a body may appear or disappear
CLEAR_M = 0.05  # between a vehicle's rear and its fallen cargo


def fall_off(carrier: BodyState, cargo: BodyState, height_m: float) -> RunningAction:
    """Place the cargo behind the carrier with the carrier's velocity; it falls, lands without bouncing, and slides."""
    if cargo.present or not carrier.present:
        return decline(f"has no {cargo.body.id} to drop")
    (x, y), yaw = carrier.centre(), carrier.at[2]
    back = (carrier.body.size.length_m + cargo.body.size.length_m) / 2 + CLEAR_M
    pose = (x - back * math.cos(yaw), y - back * math.sin(yaw), yaw)
    cargo.path = free_path(cargo.body, pose, PATH_GRIP_SHARE * cargo.grip)
    cargo.at, cargo.speed, cargo.present, cargo.still = pose, carrier.speed, True, False
    size = cargo.body.size
    cargo.mass = LOAD_KG_PER_M3 * size.length_m * size.width_m * size.height_m
    height = min(height_m, carrier.body.size.height_m)
    skid = SlidingState(carrier.velocity(), sliding_decel(cargo.body, cargo.grip / 9.81))
    cargo.begin_slide(skid, FallingState(height) if height > 0 else None)
    return RunningAction(
        f"drops {cargo.body.id} from {height:.1f} m", lambda _: cargo.skid is None or cargo.skid.at_rest
    )


def arrival(mover: BodyState, ego: BodyState, ego_began_s: float) -> Path:
    """The path of a body that appears: as far from the ego's present position as it was placed from the ego's start."""
    way = mover.road.locate(*ego.centre())[0] - ego_began_s
    if isinstance(mover.path, LanePath):
        return LanePath(mover.road, mover.path.s + way, mover.path.d, mover.path.facing)
    s, d = mover.road.locate(*mover.at[:2])
    x, y, turned = mover.road.place(s + way, d)
    yaw = mover.at[2] + turned - mover.road.place(s, d)[2]
    return free_path(mover.body, (x, y, yaw), PATH_GRIP_SHARE * mover.grip, yaw)


def disappear(mover: BodyState) -> RunningAction:
    """Let a body disappear as soon as it reaches the scene's edge."""
    mover.leaving = True
    return RunningAction("is on its way out of the scene", lambda _: not mover.present)


def beyond_edge(mover: BodyState, ego: BodyState) -> bool:
    """Whether a body is so far from the ego that appearing or disappearing there is not visible."""
    own, other = station(mover), station(ego)
    ahead, behind = own.near_m - other.far_m, other.near_m - own.far_m
    return max(ahead - EDGE_AHEAD_M, behind - EDGE_BEHIND_M) >= 0
