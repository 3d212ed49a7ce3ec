"""Events as English sentences, which the grammar of story lines parses to the same events."""

from collections.abc import Callable
from typing import Any

from scenarios.model.actions import Action, ActionTable
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
from scenarios.scenario import Event, Relation

VERB_TEXT: ActionTable[Callable[[Any], str]] = ActionTable("words")  # an action in words, without its actor


def sentence(event: Event) -> str:
    """The sentence of an event: 'lead brakes at 6 m/s^2 when the gap between lead and the ego is below 10 m'."""
    where = f" {relation_text(event.where)}" if event.where is not None else ""
    return f"{actor_text(event.actor)} {action_text(event.do)}{where} {trigger_text(event.when)}"


def relation_text(where: Relation) -> str:
    """A place in words: 'in front of the ego', 'between lead and truck'."""
    if len(where.of) > 1:
        return f"between {' and '.join(map(actor_text, where.of))}"
    return f"{'in front of' if where.ahead else 'behind'} {actor_text(where.of[0])}"


def trigger_text(when: Trigger) -> str:
    """A trigger in words."""
    match when:
        case After(t):
            return f"after {number_text(t)} s" if t else "at the start"
        case AfterEvent(event, delay, begun) if delay:
            return f"{number_text(delay)} s after {event} has {'begun' if begun else 'ended'}"
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
        case AfterEvent(event, delay, begun) if delay:
            return f"{event} has been {'under way' if begun else 'over'} for {number_text(delay)} s"
        case AfterEvent(event, _, begun):
            return f"{event} has {'begun' if begun else 'ended'}"
        case AtGap(of, to, 0.0, True):
            return f"{actor_text(of)} is alongside {actor_text(to)}"
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
    return VERB_TEXT.of(action)(action)


def actor_text(actor: str) -> str:
    """An actor's id as used in a sentence."""
    return "the ego" if actor == "ego" else actor


def _bound(below: bool) -> str:
    return "below" if below else "above"


def time_text(lasting_s: float | None) -> str:
    """A duration as it follows a verb, such as ' for 2 s'; "" for None."""
    return "" if lasting_s is None else f" for {number_text(lasting_s)} s"


def rate_text(rate_mps2: float) -> str:
    """A rate as it follows a verb, such as 'at 4 m/s^2'."""
    return f"at {number_text(rate_mps2)} m/s^2"


def speed_text(speed_mps: float) -> str:
    """A speed in km/h."""
    return f"{number_text(speed_mps * 3.6)} km/h"


def number_text(value: float) -> str:
    """The shortest text of a number at nine decimals, the precision of a scenario's id."""
    return f"{value:.9f}".rstrip("0").rstrip(".") if value else "0"
