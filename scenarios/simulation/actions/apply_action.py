"""Start the actions of a story: each sets the speed, the path or both of a body, and defines when it is over."""

import math
from collections.abc import Callable

from scenarios.model.actions import (
    Action,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    Follow,
    HoldSpeed,
    LaneOffset,
    Profile,
    RunRed,
    StepOut,
    Stop,
    StopAtLine,
    TakeExit,
    TurnAt,
    VerbAction,
    sets_path,
    sets_speed,
)
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.simulation.actions.lane_change import ALONG_RAD, STEEPEST_RAD, across_road, settle_in_lane, shift
from scenarios.simulation.actions.motions import MOTIONS, ActionContext
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, at_once, decline
from scenarios.simulation.dynamics.lane_path import (
    crossing_side,
    free_path,
)
from scenarios.simulation.dynamics.longitudinal_control import (
    BRAKE_JERK,
    DRIVE_JERK,
    LIT_DECEL,
    Eased,
    Halt,
    Ramp,
    Target,
    rate_within,
)
from scenarios.simulation.traffic.roundabout_yield import take_exit
from scenarios.simulation.traffic.traffic_signals import run_red, stop_at_line, turn_off

WALK_BUILD_UP_S = 0.4
REACHED_MPS = 0.02  # tolerance within which a requested speed counts as reached
_INTO_LANE = (CutIn, CutOut, ChangeLane, LaneOffset, Follow)  # actions that turn from the present heading to the road


def perform(mover: BodyState, action: Action, context: ActionContext) -> RunningAction:
    """Start an event's action."""
    t_s = context.t_s
    if mover.struck_once:
        return RunningAction("cannot act any more after the impact", at_once)
    if mover.skid is not None:
        return RunningAction("cannot act while it slides", at_once)
    if not mover.present:
        return RunningAction("cannot act: it is not in the scene", at_once)
    if why := across_road(mover, _steepest(action)):
        return decline(f"does not take it up: {why}")
    if mover.scripted and not sets_speed(action):
        mover.target = Target(mover.speed, 2.0)
    mover.still, mover.scripted = False, False
    if sets_speed(action):
        mover.drive, mover.wanted_gear = None, 1
    match action:
        case Cross(speed) | StepOut(speed_mps=speed):
            return _cross(mover, action, speed)
        case TakeExit(number):
            return take_exit(mover, number)
        case TurnAt(side):
            return turn_off(mover, side)
        case StopAtLine(decel):
            return stop_at_line(mover, decel)
        case RunRed():
            return run_red(mover)
        case VerbAction():
            return MOTIONS.of(action)(action, mover, context)
    if sets_path(action):
        return shift(mover, action)
    return _change_speed(mover, action, t_s)


def _steepest(action: Action) -> float:
    """Maximum angle to the road of a body that starts an action along the road, radians; infinite for other actions."""
    if isinstance(action, TurnAt) or (isinstance(action, VerbAction) and action.along_road):
        return ALONG_RAD
    return STEEPEST_RAD if isinstance(action, _INTO_LANE) else math.inf


# -- speed ---------------------------------------------------------------------------------------------------------


def _change_speed(mover: BodyState, action: Action, t_s: float) -> RunningAction:
    match action:
        case Brake(decel, until):
            return _brake(mover, decel, until)
        case BrakeHardest(until):
            deed = _brake(mover, mover.hardest_mps2, until)
            return RunningAction(deed.said.partition(" (")[0], deed.over)  # no requested value, so no limit
        case Stop(decel, within, lasting):
            return _stop(mover, decel, within, lasting)
        case ChangeSpeed():
            return _reach(mover, action)
        case HoldSpeed(speed, lasting):
            mover.target = Target(speed, 2.0, braking=speed < mover.speed)
            return RunningAction(f"holds {speed * 3.6:.0f} km/h", _after(t_s, lasting))
        case Follow(_, driver, lasting):
            mover.drive = action
            settle_in_lane(mover)
            return RunningAction(f"follows as {driver}", _after(t_s, lasting))
    raise TypeError(f"no such action: {action!r}")


def _after(t_s: float, lasting: float | None) -> Callable[[float], bool]:
    return lambda now: lasting is not None and now >= t_s + lasting - 1e-9


def _brake(mover: BodyState, decel: float, until: float) -> RunningAction:
    mover.target = Target(min(until, mover.speed), decel, braking=True)
    possible = min(decel, mover.grip - mover.pull_mps2)
    mover.lit = mover.speed > until and decel > LIT_DECEL  # the brake lamps light with the pedal
    limit = f" ({decel:.1f} asked; the road gives no more)" if possible < decel - 0.05 else ""
    return RunningAction(
        f"brakes at {possible:.1f} m/s²{limit}", lambda _: mover.speed <= until + (REACHED_MPS if until else 0)
    )


def _beyond_brakes(mover: BodyState, needed_mps2: float) -> str:
    """Why a change of speed is not as requested, for a kind that brakes less hard than the road allows."""
    hardest = KINDS[mover.body.kind].dynamics.hardest_mps2
    if hardest is None or needed_mps2 <= hardest:
        return ""
    return f"not as asked: it needs {needed_mps2:.1f} m/s^2, and the hardest of its kind is {hardest:g} m/s^2"


def _stop(mover: BodyState, decel: float | None, within: float | None, lasting: float) -> RunningAction:
    short = ""
    if within is None:
        assert decel is not None
        mover.target, said = Target(0.0, decel, braking=True), "stops"
    else:
        mover.target, said = Halt(within, mover.speed, None), f"stops within {within:.1f} m"
        needed = mover.speed**2 / (2 * within)
        short = _beyond_brakes(mover, needed)
        if needed > mover.grip:
            said += f" (would need {needed:.1f} m/s²; the road gives {mover.grip:.1f})"
    stands: list[float] = []

    def over(now: float) -> bool:
        if mover.speed == 0 and not stands:
            stands.append(now)
        return bool(stands) and now >= stands[0] + lasting - 1e-9

    return RunningAction(said, over, short=short)


def _reach(mover: BodyState, action: ChangeSpeed) -> RunningAction:
    speed, slower = action.speed_mps, action.speed_mps < mover.speed
    change, grip = abs(action.speed_mps - mover.speed), 0.95 * mover.grip
    if action.profile is Profile.SMOOTH:
        asked = action.within_s if action.rate_mps2 is None else 1.5 * change / action.rate_mps2
        assert asked is not None
        mover.target = Eased(mover.speed, speed, max(asked, 1.5 * change / grip, 0.1))
    elif action.profile is Profile.EXACT:
        asked = action.within_s if action.rate_mps2 is None else change / action.rate_mps2
        assert asked is not None
        mover.target = Ramp(mover.speed, speed, max(asked, change / grip, 0.01))
    else:
        rate = action.rate_mps2
        if rate is None:
            assert action.within_s is not None
            jerk = BRAKE_JERK if slower else DRIVE_JERK
            rate = max(rate_within(change, action.within_s, jerk, speed == 0), 0.05)
        mover.target = Target(speed, rate, braking=slower and rate > LIT_DECEL)
    needed = 0.0 if action.within_s is None else change / action.within_s
    return RunningAction(
        f"{'slows' if slower else 'speeds up'} to {speed * 3.6:.0f} km/h",
        lambda _: abs(mover.speed - speed) <= (REACHED_MPS if speed else 0),
        short=_beyond_brakes(mover, needed),
    )


# -- both ----------------------------------------------------------------------------------------------------------


def _cross(mover: BodyState, action: Cross | StepOut, speed: float) -> RunningAction:
    x, y, yaw = mover.at
    s, d = mover.road.locate(x, y)
    side = crossing_side(mover.road, d)
    target = float(mover.road.heading(s) + side * math.pi / 2)
    mover.path = free_path(mover.body, (x, y, yaw), PATH_GRIP_SHARE * mover.grip, target)
    rate = max(speed / WALK_BUILD_UP_S, 1.0) if mover.on_foot else 1.5
    mover.target = Target(speed, min(rate, 5.0))
    far = mover.road.edge_at(Side.LEFT if side > 0 else Side.RIGHT, s)
    mover.ends_beyond_d = far + 1.2 * side
    said = "crosses"
    if isinstance(action, StepOut):
        said = f"steps out from {'in front of' if action.in_front else 'behind'} {action.behind}"
    return RunningAction(said, lambda _: mover.ends_beyond_d is None and mover.speed == 0)
