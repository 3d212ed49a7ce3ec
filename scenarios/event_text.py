"""Events in English, in sentences that the grammar of story lines reads back as the very same events."""

from scenarios.model.actions import (
    Action,
    Appear,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    Disappear,
    DriveTrajectory,
    Drop,
    Follow,
    HoldSpeed,
    LaneOffset,
    LoseControl,
    Merge,
    Profile,
    PullOut,
    Reverse,
    RunRed,
    StepOut,
    Stop,
    StopAtLine,
    TakeExit,
    TurnAt,
)
from scenarios.model.sides import Side
from scenarios.model.triggers import (
    After,
    AfterDistance,
    AfterEvent,
    AllOf,
    AnyOf,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    HasPassed,
    InLane,
    Trigger,
)
from scenarios.scenario import Event

_DEGREES = 57.29577951308232


def sentence(event: Event) -> str:
    """What an event says, such as 'lead brakes at 6 m/s^2 when the gap between lead and the ego is below 10 m'."""
    return f"{_who(event.actor)} {deed(event.do)} {moment(event.when)}"


def moment(when: Trigger) -> str:
    """A trigger in words."""
    match when:
        case After(t):
            return f"after {_number(t)} s" if t else "at the start"
        case AfterEvent(event, delay) if delay:
            return f"{_number(delay)} s after {event} has ended"
    return f"when {_condition(when)}"


def _condition(when: Trigger) -> str:
    """What holds, such as 'the ego is faster than 30 km/h': behind 'when'."""
    match when:
        case AllOf(parts):
            return " and ".join(map(_condition, parts))
        case AnyOf(parts):
            return " or ".join(map(_condition, parts))
        case After(t):
            return f"{_number(t)} s have passed"
        case AfterEvent(event, delay):
            return f"{event} has been over for {_number(delay)} s" if delay else f"{event} has ended"
        case AtGap(of, to, gap, below):
            return f"the gap between {_who(of)} and {_who(to)} is {_bound(below)} {_number(gap)} m"
        case AtTTC(of, to, ttc):
            return f"the TTC of {_who(of)} to {_who(to)} is below {_number(ttc)} s"
        case AtHeadway(of, to, headway, below):
            return f"the headway of {_who(of)} to {_who(to)} is {_bound(below)} {_number(headway)} s"
        case AtSpeed(of, speed, below):
            return f"{_who(of)} is {'slower' if below else 'faster'} than {_kmh(speed)}"
        case AtStandstill(of):
            return f"{_who(of)} stands still"
        case AfterDistance(of, distance):
            return f"{_who(of)} has travelled {_number(distance)} m"
        case AtPlace(of, along):
            return f"{_who(of)} has reached {_number(along)} m along the road"
        case InLane(of, lane):
            return f"{_who(of)} is in {lane}"
        case HasPassed(of, what):
            return f"{_who(of)} has passed {_who(what)}"
    raise TypeError(f"no words for {when!r}")


def deed(action: Action) -> str:
    """An action in words, without who does it."""
    match action:
        case HoldSpeed(speed, lasting):
            return f"holds {_kmh(speed)}{_for(lasting)}"
        case Follow(speed, driver, lasting):
            return f"follows at {_kmh(speed)} as driver {driver}{_for(lasting)}"
        case Brake(decel, until):
            return f"brakes at {_number(decel)} m/s^2{_until(until)}"
        case BrakeHardest(until):
            return f"brakes as hard as the road allows{_until(until)}"
        case ChangeSpeed(speed, rate, profile, within):
            pace = f"at {_number(rate)} m/s^2" if within is None else f"within {_number(within)} s"
            return f"changes speed to {_kmh(speed)} {pace}" + (" smoothly" if profile is Profile.SMOOTH else "")
        case Stop(decel, within, lasting):
            pace = f"within {_number(within)} m" if decel is None else f"at {_number(decel)} m/s^2"
            return f"stops {pace}{_for(lasting or None)}"
        case StopAtLine(decel):
            return f"stops at the line at {_number(decel)} m/s^2"
        case RunRed():
            return "runs the red light"
        case Reverse(speed, distance):
            return f"reverses at {_kmh(speed)}" + ("" if distance is None else f" for {_number(distance)} m")
        case Cross(speed):
            return f"crosses the road at {_kmh(speed)}"
        case StepOut(behind, speed, in_front):
            where = "in front of" if in_front else "behind"
            return f"steps out from {where} {_who(behind)} at {_kmh(speed)}"
        case PullOut(speed):
            return f"pulls out at {_kmh(speed)}"
        case DriveTrajectory(points):
            told = ", ".join(f"({_number(t)} s, {_number(x)} m, {_number(y)} m)" for t, x, y in points)
            return f"follows the trajectory {told}"
        case LoseControl(turn):
            side = "left" if turn > 0 else "right"
            return f"loses control turning {_number(abs(turn) * _DEGREES)} deg to the {side}"
        case Drop(cargo, height):
            return f"drops {cargo} from a height of {_number(height)} m"
        case Appear():
            return "appears at the scene's edge"
        case Disappear():
            return "disappears at the scene's edge"
    return _sideways(action)


def _sideways(action: Action) -> str:
    match action:
        case TurnAt(side):
            return f"turns {side} at the junction"
        case TakeExit(number):
            return f"takes the {('first', 'second', 'third', 'fourth')[number - 1]} exit"
        case Merge(within, gap):
            return "merges" + (" into a gap" if gap else "") + f" within {_number(within)} s"
        case CutIn(duration):
            return f"cuts in within {_number(duration)} s"
        case CutOut(side, duration):
            return "cuts out" + (f" to the {side}" if side else "") + f" within {_number(duration)} s"
        case ChangeLane(Side() as side, within):
            return f"changes lane to the {side} within {_number(within)} s"
        case ChangeLane(lane, within):
            return f"moves to {lane} within {_number(within)} s"
        case LaneOffset(0.0, within):
            return f"returns to the centre of its lane within {_number(within)} s"
        case LaneOffset(offset, within):
            side = "left" if offset > 0 else "right"
            return f"drifts {_number(abs(offset))} m to the {side} of its lane's centre within {_number(within)} s"
    raise TypeError(f"no words for {action!r}")


def _who(actor: str) -> str:
    return "the ego" if actor == "ego" else actor


def _bound(below: bool) -> str:
    return "below" if below else "above"


def _until(speed: float) -> str:
    return f" until {_kmh(speed)}" if speed else ""


def _for(lasting: float | None) -> str:
    return "" if lasting is None else f" for {_number(lasting)} s"


def _kmh(speed_mps: float) -> str:
    return f"{_number(speed_mps * 3.6)} km/h"


def _number(value: float) -> str:
    """As few digits as say the same: nine decimals, which is what decides a scenario's id."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if value else "0"
