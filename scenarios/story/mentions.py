"""The actors that a story refers to."""

from collections.abc import Iterable

from scenarios.model.actions import Action
from scenarios.model.triggers import (
    AfterDistance,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    HasPassed,
    InLane,
    Single,
    singles,
)
from scenarios.scenario import Event, brought
from scenarios.verbs import VERBS


def mentioned(events: Iterable[Event]) -> frozenset[str]:
    """The ids of all bodies that act in a story, or that its triggers and actions refer to; the ego may be one."""
    return frozenset(name for event in events for name in _of_event(event))


def _of_event(event: Event) -> set[str]:
    awaited = (name for single in singles(event.when) for name in _of_single(single))
    where = event.where.of if event.where is not None else ()
    return {event.actor, *where, *_of_action(event.do), *awaited, *brought([event])}


def _of_action(action: Action) -> tuple[str, ...]:
    place = action.hidden_at()
    awaited = VERBS.triggers_of(action).values()
    inner = [name for when in awaited for part in singles(when) for name in _of_single(part)]
    named = (getattr(action, key) for key in VERBS.of(action).names)
    return (*filter(None, named), *action.carried(), *((place.behind,) if place is not None else ()), *inner)


def _of_single(single: Single) -> tuple[str, ...]:
    match single:
        case AtGap(of=of, to=to) | AtTTC(of=of, to=to) | AtHeadway(of=of, to=to):
            return of, to
        case HasPassed(of=of, what=what):
            return of, what
        case AtSpeed(of=of) | AtStandstill(of=of) | AfterDistance(of=of) | AtPlace(of=of) | InLane(of=of):
            return (of,)
    return ()
