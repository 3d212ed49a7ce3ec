"""Events as English sentences, which the grammar of story lines parses to the same events."""

from collections.abc import Callable
from typing import Any

from scenarios.model.actions import (
    Action,
    ActionTable,
    Appear,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    Disappear,
    Drop,
    Follow,
    HoldSpeed,
    LaneOffset,
    Merge,
    Profile,
    RunRed,
    StepOut,
    Stop,
    StopAtLine,
    TakeExit,
    TurnAt,
    VerbAction,
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

VERB_TEXT: ActionTable[Callable[[Any], str]] = ActionTable("words")  # an action in words, without its actor


def sentence(event: Event) -> str:
    """The sentence of an event: 'lead brakes at 6 m/s^2 when the gap between lead and the ego is below 10 m'."""
    return f"{actor_text(event.actor)} {action_text(event.do)} {trigger_text(event.when)}"


def trigger_text(when: Trigger) -> str:
    """A trigger in words."""
    match when:
        case After(t):
            return f"after {number_text(t)} s" if t else "at the start"
        case AfterEvent(event, delay) if delay:
            return f"{number_text(delay)} s after {event} has ended"
    return f"when {condition_text(when)}"


def condition_text(when: Trigger) -> str:
    """A condition in words, such as 'the ego is faster than 30 km/h', as after 'when'."""
    match when:
        case AllOf(parts):
            return " and ".join(map(condition_text, parts))
        case AnyOf(parts):
            return " or ".join(map(condition_text, parts))
        case After(t):
            return f"{number_text(t)} s have passed"
        case AfterEvent(event, delay):
            return f"{event} has been over for {number_text(delay)} s" if delay else f"{event} has ended"
        case AtGap(of, to, gap, below):
            return f"the gap between {actor_text(of)} and {actor_text(to)} is {_bound(below)} {number_text(gap)} m"
        case AtTTC(of, to, ttc):
            return f"the TTC of {actor_text(of)} to {actor_text(to)} is below {number_text(ttc)} s"
        case AtHeadway(of, to, headway, below):
            return f"the headway of {actor_text(of)} to {actor_text(to)} is {_bound(below)} {number_text(headway)} s"
        case AtSpeed(of, speed, below):
            return f"{actor_text(of)} is {'slower' if below else 'faster'} than {speed_text(speed)}"
        case AtStandstill(of):
            return f"{actor_text(of)} stands still"
        case AfterDistance(of, distance):
            return f"{actor_text(of)} has travelled {number_text(distance)} m"
        case AtPlace(of, along):
            return f"{actor_text(of)} has reached {number_text(along)} m along the road"
        case InLane(of, lane):
            return f"{actor_text(of)} is in {lane}"
        case HasPassed(of, what):
            return f"{actor_text(of)} has passed {actor_text(what)}"
    raise TypeError(f"no words for {when!r}")


def action_text(action: Action) -> str:
    """An action in words, without its actor."""
    match action:
        case HoldSpeed(speed, lasting):
            return f"holds {speed_text(speed)}{_for(lasting)}"
        case Follow(speed, driver, lasting):
            return f"follows at {speed_text(speed)} as driver {driver}{_for(lasting)}"
        case Brake(decel, until):
            return f"brakes at {number_text(decel)} m/s^2{_until(until)}"
        case BrakeHardest(until):
            return f"brakes as hard as the road allows{_until(until)}"
        case ChangeSpeed(speed, rate, profile, within):
            pace = _rate(rate) if within is None else f"within {number_text(within)} s"
            shape = {Profile.SMOOTH: " smoothly", Profile.EXACT: " exactly evenly"}.get(profile, "")
            return f"changes speed to {speed_text(speed)} {pace}{shape}"
        case Stop(decel, within, lasting):
            pace = f"within {number_text(within)} m" if decel is None and within is not None else _rate(decel)
            return f"stops {pace}{_for(lasting or None)}"
        case StopAtLine(decel):
            return f"stops at the line at {number_text(decel)} m/s^2"
        case RunRed():
            return "runs the red light"
        case Cross(speed):
            return f"crosses the road at {speed_text(speed)}"
        case StepOut(behind, speed, in_front):
            where = "in front of" if in_front else "behind"
            return f"steps out from {where} {actor_text(behind)} at {speed_text(speed)}"
        case Drop(cargo, height):
            return f"drops {cargo} from a height of {number_text(height)} m"
        case Appear():
            return "appears at the scene's edge"
        case Disappear():
            return "disappears at the scene's edge"
        case VerbAction():
            return VERB_TEXT.of(action)(action)
    return _sideways(action)


def _rate(mps2: float | None) -> str:
    assert mps2 is not None  # where no time or distance is given instead
    return f"at {number_text(mps2)} m/s^2"


def _sideways(action: Action) -> str:
    match action:
        case TurnAt(side):
            return f"turns {side} at the junction"
        case TakeExit(number):
            return f"takes the {('first', 'second', 'third', 'fourth')[number - 1]} exit"
        case Merge(within, gap):
            return "merges" + (" into a gap" if gap else "") + f" within {number_text(within)} s"
        case CutIn(duration):
            return f"cuts in within {number_text(duration)} s"
        case CutOut(side, duration):
            return "cuts out" + (f" to the {side}" if side else "") + f" within {number_text(duration)} s"
        case ChangeLane(Side() as side, within):
            return f"changes lane to the {side} within {number_text(within)} s"
        case ChangeLane(lane, within):
            return f"moves to {lane} within {number_text(within)} s"
        case LaneOffset(0.0, within):
            return f"returns to the centre of its lane within {number_text(within)} s"
        case LaneOffset(offset, within):
            way = "left" if offset > 0 else "right"
            return (
                f"drifts {number_text(abs(offset))} m to the {way} of its lane's centre within {number_text(within)} s"
            )
    raise TypeError(f"no words for {action!r}")


def actor_text(actor: str) -> str:
    """An actor's id as used in a sentence."""
    return "the ego" if actor == "ego" else actor


def _bound(below: bool) -> str:
    return "below" if below else "above"


def _until(speed: float) -> str:
    return f" until {speed_text(speed)}" if speed else ""


def _for(lasting: float | None) -> str:
    return "" if lasting is None else f" for {number_text(lasting)} s"


def speed_text(speed_mps: float) -> str:
    """A speed in km/h."""
    return f"{number_text(speed_mps * 3.6)} km/h"


def number_text(value: float) -> str:
    """The shortest text of a number at nine decimals, the precision of a scenario's id."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if value else "0"
