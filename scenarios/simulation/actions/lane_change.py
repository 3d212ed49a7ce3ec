"""Lateral moves along a road: to another lane, or to another offset within the lane."""

import math

from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE, LanePath, wrapped

SHIFT_PEAK = 5.774  # peak of the second derivative of the lane change's quintic, for unit offset and unit length
TIGHTEST_PER_M = 0.12
STANDS_MPS = 0.5  # below it a lateral move has no duration: it goes on as the body drives
ALONG_RAD = 0.03  # angle to the road above which continuing along the road would be a step of the heading
STEEPEST_RAD = 1.0  # maximum angle to the road at which a lane change can start


def in_turn(mover: BodyState) -> RunningAction | None:
    """The action of a body that cannot move sideways since it is in a turn; None for any other body."""
    return decline("cannot change lane in a turn") if mover.turn is not None else None


def lane_count(road: Road) -> int:
    """Number of lanes of both directions."""
    return road.lanes + road.opposite_lanes


def lane_at(road: Road, d: float) -> int:
    """The lane whose centre is nearest."""
    return min(range(lane_count(road)), key=lambda lane: abs(road.lane_centre(lane) - d))


def beside(road: Road, lane: int, side: Side, facing: int) -> int | None:
    """The lane next to `lane` on a side, as seen in the direction `facing`; None if there is none."""
    other = lane + facing * (1 if side is Side.LEFT else -1)
    return other if 0 <= other < lane_count(road) else None


def facing_of(mover: BodyState) -> int:
    """+1 if a body heads along its road, -1 against it."""
    s, _ = mover.road.locate(*mover.at[:2])
    return 1 if math.cos(mover.at[2] - mover.road.heading(s)) >= 0 else -1


def to_lane(mover: BodyState, lane: int | None, duration: float, said: str) -> RunningAction:
    """Move to the centre of a lane, if there is one."""
    if lane is None:
        return decline(f"{said}: there is no lane")
    return move_to(mover, mover.road.lane_centre(lane), duration, said)


def move_to(mover: BodyState, target_d: float, duration: float, said: str) -> RunningAction:
    """Move to another offset as quickly as requested, or as quickly as grip and steering allow."""
    slope = None if isinstance(mover.path, LanePath) else _slope(mover)
    lane = mover.join_lane()
    change, wheelbase = abs(target_d - lane.d), WHEELBASE_SHARE * mover.body.size.length_m
    speed, bend = abs(mover.speed), abs(mover.road.curvature(lane.s))
    sideways = max(PATH_GRIP_SHARE * mover.grip - speed**2 * bend, 0.15 * mover.grip)
    least = math.sqrt(SHIFT_PEAK * change / sideways)  # the quintic's peak is 5.774 D / T^2
    # Its curvature grows by at most 60 D / L^3; its peak is 5.774 D / L^2.
    steered = (60 * change * wheelbase * speed / STEERING_RADPS) ** (1 / 3)
    length = max(speed * max(duration, least), steered, math.sqrt(SHIFT_PEAK * change / TIGHTEST_PER_M), 1.0)
    lane.shift(target_d, length, slope)
    takes = length / max(speed, 0.1)
    over, short = f"over {takes:.1f} s", ""
    if speed < STANDS_MPS:
        over, short = "as soon as it drives", "it stands when it begins"
    elif takes > duration + 0.1:
        over += f" ({duration:.1f} s is too quick here)"
        short = f"steering and grip need {takes:.1f} s at {speed * 3.6:.0f} km/h"
    return RunningAction(f"{said} {over}", lambda _: mover.path is not lane or lane.settled, short=short)


def across_road(mover: BodyState, most_rad: float) -> str:
    """Why a body cannot continue along its road from here, for an author; "" if it is in a lane, or if its heading is
    within `most_rad` of the road in either direction.
    """
    if isinstance(mover.path, LanePath) or abs(_tilt(mover)) <= most_rad:
        return ""
    return f"it heads {math.degrees(abs(_tilt(mover))):.0f} degrees across the road"


def _tilt(mover: BodyState) -> float:
    """Angle from the road's direction, as the body faces it, to its heading; radians, positive to the left."""
    s, _ = mover.road.locate(*mover.at[:2])
    along = mover.road.heading(s) + (0.0 if facing_of(mover) > 0 else math.pi)
    return wrapped(mover.at[2] - along)


def _slope(mover: BodyState) -> float:
    """Lateral metres to the left per metre along the road, of a heading of at most `STEEPEST_RAD` to the road."""
    return facing_of(mover) * math.tan(max(-STEEPEST_RAD, min(STEEPEST_RAD, _tilt(mover))))


def settle_in_lane(mover: BodyState) -> None:
    """Continue along the road from here; a body that comes from elsewhere steers to the middle of the nearest lane."""
    if not isinstance(mover.path, LanePath) and abs(_slope(mover)) > 1e-3:
        d = mover.road.locate(*mover.at[:2])[1]
        move_to(mover, mover.road.lane_centre(lane_at(mover.road, d)), 3.0, "")
    mover.join_lane()
