"""What a story's actions do to a body: each sets its speed, its path or both, and knows when it is over."""

import math
from collections.abc import Callable

from scenarios.actions import (
    Action,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    DriveTrajectory,
    Follow,
    HoldSpeed,
    LaneOffset,
    LoseControl,
    Profile,
    Reverse,
    RunRed,
    Side,
    StepOut,
    Stop,
    StopAtLine,
    TurnAt,
    sets_path,
    sets_speed,
)
from scenarios.behaviour import PATH_GRIP_SHARE, Mover
from scenarios.crossing import run_red, stop_at_line, turn_off
from scenarios.deed import Deed, at_once
from scenarios.impact import sliding_decel
from scenarios.line_path import joined_line
from scenarios.paths import (
    STEERING_RADPS,
    WHEELBASE_SHARE,
    LanePath,
    crossing_side,
    free_path,
    wrapped,
)
from scenarios.pedals import BACKING_RATE, BRAKE_JERK, DRIVE_JERK, LIT_DECEL, Eased, Halt, Target, rate_within
from scenarios.road import Road
from scenarios.skid import spin_out

WALK_BUILD_UP_S = 0.4
REACHED_MPS = 0.02  # a speed this near is the one that was asked for
SLIDES_FROM_MPS = 1.0  # below it a loss of grip shows nothing
SHIFT_PEAK = 5.774  # of the second derivative of the lane change's quintic, for a unit change over a unit length


def perform(mover: Mover, action: Action, t_s: float) -> Deed:
    """Start an event's action."""
    if mover.struck_once:
        return Deed("cannot act any more after the impact", at_once)
    if mover.skid is not None:
        return Deed("cannot act while it slides", at_once)
    if not mover.present:
        return Deed("cannot act: it is not there", at_once)
    if mover.scripted and not sets_speed(action):
        mover.target = Target(mover.speed, 2.0)
    mover.still, mover.scripted = False, False
    if sets_speed(action):
        mover.drive, mover.wanted_gear = None, 1
    match action:
        case Cross(speed) | StepOut(speed_mps=speed):
            return _cross(mover, action, speed)
        case DriveTrajectory(points):
            return _drive_line(mover, points, t_s)
        case LoseControl(turn):
            return _lose_control(mover, turn)
        case Reverse(speed, distance):
            return _reverse(mover, speed, distance)
        case TurnAt(side):
            return turn_off(mover, side)
        case StopAtLine(decel):
            return stop_at_line(mover, decel)
        case RunRed():
            return run_red(mover)
    if sets_path(action):
        return _shift(mover, action)
    return _change_speed(mover, action, t_s)


# -- speed ---------------------------------------------------------------------------------------------------------


def _change_speed(mover: Mover, action: Action, t_s: float) -> Deed:
    match action:
        case Brake(decel, until):
            return _brake(mover, decel, until)
        case BrakeHardest(until):
            deed = _brake(mover, mover.hardest_mps2, until)
            return Deed(deed.said.partition(" (")[0], deed.over)  # nothing was asked that the road refuses
        case Stop(decel, within, lasting):
            return _stop(mover, decel, within, lasting)
        case ChangeSpeed():
            return _reach(mover, action)
        case HoldSpeed(speed, lasting):
            mover.target = Target(speed, 2.0, braking=speed < mover.speed)
            return Deed(f"holds {speed * 3.6:.0f} km/h", _after(t_s, lasting))
        case Follow(_, driver, lasting):
            mover.drive = action
            _settle_in_lane(mover)
            return Deed(f"follows as {driver}", _after(t_s, lasting))
    raise TypeError(f"no such action: {action!r}")


def _after(t_s: float, lasting: float | None) -> Callable[[float], bool]:
    return lambda now: lasting is not None and now >= t_s + lasting - 1e-9


def _brake(mover: Mover, decel: float, until: float) -> Deed:
    mover.target = Target(min(until, mover.speed), decel, braking=True)
    possible = min(decel, mover.grip - mover.pull_mps2)
    mover.lit = mover.speed > until and decel > LIT_DECEL  # the lamps light with the pedal
    limit = f" ({decel:.1f} asked; the road gives no more)" if possible < decel - 0.05 else ""
    return Deed(f"brakes at {possible:.1f} m/s²{limit}", lambda _: mover.speed <= until + (REACHED_MPS if until else 0))


def _stop(mover: Mover, decel: float | None, within: float | None, lasting: float) -> Deed:
    if within is None:
        assert decel is not None
        mover.target, said = Target(0.0, decel, braking=True), "stops"
    else:
        mover.target, said = Halt(within, mover.speed, None), f"stops within {within:.1f} m"
        needed = mover.speed**2 / (2 * within)
        if needed > mover.grip:
            said += f" (would need {needed:.1f} m/s²; the road gives {mover.grip:.1f})"
    stands: list[float] = []

    def over(now: float) -> bool:
        if mover.speed == 0 and not stands:
            stands.append(now)
        return bool(stands) and now >= stands[0] + lasting - 1e-9

    return Deed(said, over)


def _reach(mover: Mover, action: ChangeSpeed) -> Deed:
    speed, slower = action.speed_mps, action.speed_mps < mover.speed
    change, grip = abs(action.speed_mps - mover.speed), 0.95 * mover.grip
    if action.profile is Profile.SMOOTH:
        asked = action.within_s if action.rate_mps2 is None else 1.5 * change / action.rate_mps2
        assert asked is not None
        mover.target = Eased(mover.speed, speed, max(asked, 1.5 * change / grip, 0.1))
    else:
        rate = action.rate_mps2
        if rate is None:
            assert action.within_s is not None
            jerk = BRAKE_JERK if slower else DRIVE_JERK
            rate = max(rate_within(change, action.within_s, jerk, speed == 0), 0.05)
        mover.target = Target(speed, rate, braking=slower and rate > LIT_DECEL)
    return Deed(
        f"{'slows' if slower else 'speeds up'} to {speed * 3.6:.0f} km/h",
        lambda _: abs(mover.speed - speed) <= (REACHED_MPS if speed else 0),
    )


def _reverse(mover: Mover, speed: float, distance: float | None) -> Deed:
    mover.wanted_gear = -1
    mover.target = Target(speed, BACKING_RATE) if distance is None else Halt(distance, speed, BACKING_RATE)
    target = mover.target

    def over(_: float) -> bool:
        return isinstance(target, Halt) and mover.gear == -1 and mover.speed == 0 and target.room_m < 0.2

    return Deed("reverses", over)


# -- path ----------------------------------------------------------------------------------------------------------


def _shift(mover: Mover, action: Action) -> Deed:
    if mover.turn is not None:
        return Deed("cannot change lane in a turn", at_once)
    d, facing = mover.road.locate(*mover.at[:2])[1], _facing(mover)
    here = _lane_at(mover.road, d)
    match action:
        case CutIn(duration):
            return _move_to(mover, 0.0, duration, "cuts in")
        case CutOut(side, duration):
            return _to_lane(mover, _way_out(mover.road, here, side, facing), duration, "cuts out")
        case ChangeLane(Side() as side, within):
            return _to_lane(mover, _beside(mover.road, here, side, facing), within, f"changes lane to the {side}")
        case ChangeLane(lane, within):
            number = lane.number + (mover.road.lanes if lane.oncoming else 0)
            return _to_lane(mover, number, within, f"moves to {lane}")
        case LaneOffset(offset, within):
            return _move_to(mover, mover.road.lane_centre(here) + facing * offset, within, "moves within its lane")
    raise TypeError(f"no such action: {action!r}")


def _count(road: Road) -> int:
    return road.lanes + road.opposite_lanes


def _lane_at(road: Road, d: float) -> int:
    return min(range(_count(road)), key=lambda lane: abs(road.lane_centre(lane) - d))


def _beside(road: Road, lane: int, side: Side, facing: int) -> int | None:
    beside = lane + facing * (1 if side is Side.LEFT else -1)
    return beside if 0 <= beside < _count(road) else None


def _way_out(road: Road, lane: int, side: Side | None, facing: int) -> int | None:
    """The lane to cut out to; if no side is said, the left one of the same direction, or else the right one."""
    if side is not None:
        return _beside(road, lane, side, facing)
    beside = [_beside(road, lane, s, facing) for s in (Side.LEFT, Side.RIGHT)]
    return next((b for b in beside if b is not None and (b < road.lanes) == (lane < road.lanes)), None)


def _facing(mover: Mover) -> int:
    s, _ = mover.road.locate(*mover.at[:2])
    return 1 if math.cos(mover.at[2] - mover.road.heading(s)) >= 0 else -1


def _to_lane(mover: Mover, lane: int | None, duration: float, said: str) -> Deed:
    if lane is None:
        return Deed(f"{said}: there is no lane", at_once)
    return _move_to(mover, mover.road.lane_centre(lane), duration, said)


def _move_to(mover: Mover, target_d: float, duration: float, said: str) -> Deed:
    """To another offset as quickly as asked, grip and steering allow."""
    slope = None if isinstance(mover.path, LanePath) else _slope(mover)
    lane = mover.join_lane()
    change, wheelbase = abs(target_d - lane.d), WHEELBASE_SHARE * mover.body.size.length_m
    speed, bend = abs(mover.speed), abs(mover.road.curvature(lane.s))
    sideways = max(PATH_GRIP_SHARE * mover.grip - speed**2 * bend, 0.15 * mover.grip)
    least = math.sqrt(SHIFT_PEAK * change / sideways)  # the quintic's peak is 5.774 D / T^2
    # Its curvature grows by at most 60 D / L^3; its peak is 5.774 D / L^2.
    steered = (60 * change * wheelbase * speed / STEERING_RADPS) ** (1 / 3)
    length = max(speed * max(duration, least), steered, math.sqrt(SHIFT_PEAK * change / 0.12), 1.0)
    lane.shift(target_d, length, slope)
    takes = length / max(speed, 0.1)
    hint = f" ({duration:.1f} s is too quick here)" if takes > duration + 0.1 else ""
    return Deed(f"{said} over {takes:.1f} s{hint}", lambda _: mover.path is not lane or lane.settled)


def _slope(mover: Mover) -> float:
    """Of a heading against the road that it is about to join; steep ones are left to the checks."""
    s, _ = mover.road.locate(*mover.at[:2])
    return math.tan(max(-1.0, min(1.0, wrapped(mover.at[2] - mover.road.heading(s)) * _facing(mover))))


def _settle_in_lane(mover: Mover) -> None:
    """Along the road from here; who comes from elsewhere steers to the middle of the nearest lane."""
    if not isinstance(mover.path, LanePath) and abs(_slope(mover)) > 1e-3:
        d = mover.road.locate(*mover.at[:2])[1]
        _move_to(mover, mover.road.lane_centre(_lane_at(mover.road, d)), 3.0, "")
    mover.join_lane()


# -- both ----------------------------------------------------------------------------------------------------------


def _cross(mover: Mover, action: Cross | StepOut, speed: float) -> Deed:
    x, y, yaw = mover.at
    s, d = mover.road.locate(x, y)
    side = crossing_side(mover.road, d)
    target = float(mover.road.heading(s) + side * math.pi / 2)
    mover.path = free_path(mover.body, (x, y, yaw), PATH_GRIP_SHARE * mover.grip, target)
    rate = max(speed / WALK_BUILD_UP_S, 1.0) if mover.on_foot else 1.5
    mover.target = Target(speed, min(rate, 5.0))
    mover.ends_beyond_d = mover.road.left_edge + 1.2 if side > 0 else mover.road.right_edge - 1.2
    said = f"steps out from behind {action.behind}" if isinstance(action, StepOut) else "crosses"
    return Deed(said, lambda _: mover.ends_beyond_d is None and mover.speed == 0)


def _drive_line(mover: Mover, points: tuple[tuple[float, float, float], ...], t_s: float) -> Deed:
    line = joined_line(mover.at, max(mover.speed, 0.0), t_s, points)
    mover.path, mover.scripted, mover.ends_beyond_d = line, True, None
    return Deed("follows a trajectory", lambda _: mover.path is not line or not mover.scripted)


def _lose_control(mover: Mover, turn: float) -> Deed:
    if mover.speed < SLIDES_FROM_MPS:
        return Deed(f"does not skid: {mover.speed * 3.6:.0f} km/h is too slow", at_once)
    decel = sliding_decel(mover.body, mover.grip / 9.81)
    mover.skid, possible = spin_out(mover.velocity(), mover.at[2], mover.body.size, decel, turn)
    mover.lit = True
    asked, turns = math.degrees(abs(turn)), math.degrees(abs(possible))
    limit = f" ({asked:.0f} asked; there is no way for more)" if turns < asked - 5 else ""
    side, skid = "left" if turn > 0 else "right", mover.skid
    return Deed(
        f"loses control and turns by {turns:.0f} degrees to the {side}{limit}", lambda _: mover.skid is not skid
    )
