"""The storyboard of a running simulation: events that wait, run or have ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from scenarios.event_text import sentence
from scenarios.model.triggers import After, AfterEvent, AllOf, AnyOf, Single, Trigger, time_of
from scenarios.rollout import EventEnd, PlayedEvent, Unfired
from scenarios.scenario import Event
from scenarios.simulation.dynamics.body_state import RunningAction
from scenarios.simulation.relation_check import RelationWatch
from scenarios.simulation.trigger_conditions import BodyLookup, TriggerDistance, bodies_of, reading

SOON_S = 1e-9


@dataclass
class Waiting:
    """An event that has not started, its place in the story, and how near each condition of its trigger came to
    holding."""

    place: int
    event: Event
    nearest: dict[Single, TriggerDistance] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    place: int
    event: Event
    deed: RunningAction
    began_s: float


class Storyboard:
    """Schedules events: each waits for its trigger, runs until it is over or replaced, and then has ended."""

    def __init__(self, events: Sequence[Event], actors: Sequence[str]) -> None:
        for event in events:
            for actor in (event.actor, *bodies_of(event.when)):
                if actor not in actors:
                    raise ValueError(f"the story names {actor!r}; there are {', '.join(actors)}")
        by_time = sorted(enumerate(events), key=lambda told: time_of(told[1].when))
        self.waiting = [Waiting(place, event) for place, event in by_time]
        self.running: list[Running] = []
        self.ended_s: dict[str, float] = {}
        self.begun_s: dict[str, float] = {}
        self.missed: list[Unfired] = []
        self.over: list[PlayedEvent] = []
        self.relations: list[tuple[Event, RelationWatch]] = []
        self.latest_s = 0.0

    def due(self, look: BodyLookup, t_s: float) -> Waiting | None:
        """Remove and return the first waiting event whose trigger holds now."""
        self.latest_s = t_s
        for place, waiting in enumerate(self.waiting):
            if self.holds(waiting.event.when, waiting.nearest, look, t_s):
                return self.waiting.pop(place)
        return None

    def step_actions(self, look: BodyLookup, t_s: float) -> list[tuple[str, str]]:
        """Call the next phase of all running actions. Returns the actor and the description of each phase that starts.

        Actions of bodies that slide or are not in the scene are not called.
        """
        able = [run for run in self.running if look(run.event.actor).present and not look(run.event.actor).slides]
        told = [(run.event.actor, run.deed.step(t_s)) for run in able]
        return [(actor, said) for actor, said in told if said]

    def watch(self, event: Event, relation: RelationWatch) -> None:
        """Watch where the actor of an event comes into the path of others."""
        self.relations.append((event, relation))

    def step_relations(self) -> None:
        """Decide the places of events as far as they can be decided now."""
        for _, relation in self.relations:
            relation.step()

    def holds(self, when: Trigger, nearest: dict[Single, TriggerDistance], look: BodyLookup, t_s: float) -> bool:
        """Whether a trigger holds now; `nearest` collects how near each of its conditions came to holding."""
        if isinstance(when, AllOf | AnyOf):
            held = [self.holds(part, nearest, look, t_s) for part in when.parts]
            return all(held) if isinstance(when, AllOf) else any(held)
        if isinstance(when, After):
            return when.t_s <= t_s + SOON_S
        if isinstance(when, AfterEvent):
            return self._reached_s(when) + when.delay_s <= t_s + SOON_S
        now = reading(when, look)
        if now is not None and (when not in nearest or now.short < nearest[when].short):
            nearest[when] = now
        return now is not None and now.short <= 0

    def begin(self, due: Waiting, deed: RunningAction, t_s: float) -> None:
        """Start an event; running events of the same actor that it replaces end now."""
        event = due.event
        mine = [] if deed.declined else [run for run in self.running if run.event.actor == event.actor]
        replaced = [run for run in mine if _takes_over(event, run.event)]
        for run in replaced:
            self._end(run, t_s, EventEnd.ENDED if run.deed.over(t_s) else EventEnd.REPLACED)
        self.begun_s[event.name] = t_s
        if deed.declined:
            self.missed.append(Unfired(event.actor, sentence(event), deed.said))
        self.running.append(Running(due.place, event, deed, t_s))

    def end_finished(self, t_s: float) -> None:
        """End the actions that are over."""
        for run in [run for run in self.running if run.deed.over(t_s)]:
            self._end(run, t_s, EventEnd.DECLINED if run.deed.declined else EventEnd.ENDED)

    def _end(self, run: Running, t_s: float, end: EventEnd) -> None:
        self.running.remove(run)
        why = run.deed.said if run.deed.declined else run.deed.short
        self.over.append(PlayedEvent(run.place, run.began_s, t_s, end, why))
        if run.event.name:
            self.ended_s[run.event.name] = t_s

    def _reached_s(self, when: AfterEvent) -> float:
        """When the event that a trigger waits for began or ended; infinite before that."""
        return (self.begun_s if when.begun else self.ended_s).get(when.event, math.inf)

    def played(self) -> tuple[PlayedEvent, ...]:
        """The course of every event, in the order of the story."""
        lasting = [
            PlayedEvent(run.place, run.began_s, None, EventEnd.LASTING, run.deed.short or run.deed.waits_for())
            for run in self.running
        ]
        never = [
            PlayedEvent(one.place, None, None, EventEnd.NEVER, self.why(one.event.when, one.nearest))
            for one in self.waiting
        ]
        return tuple(sorted([*self.over, *lasting, *never], key=lambda one: one.event))

    def unfired(self) -> tuple[Unfired, ...]:
        """Everything that did not happen, with the reasons: declined actions, ends of actions that still wait for
        something, and events whose trigger never held.
        """
        ends = ((run.event, run.deed.waits_for()) for run in self.running)
        lasting = (Unfired(event.actor, f"the end of '{sentence(event)}'", why) for event, why in ends if why)
        waiting = (Unfired(w.event.actor, sentence(w.event), self.why(w.event.when, w.nearest)) for w in self.waiting)
        places = ((event, relation.missed or relation.pending) for event, relation in self.relations)
        elsewhere = (Unfired(event.actor, sentence(event), why) for event, why in places if why)
        return (*self.missed, *lasting, *waiting, *elsewhere)

    def why(self, when: Trigger, nearest: dict[Single, TriggerDistance]) -> str:
        """Why a trigger never held, with the nearest value of each of its conditions."""
        match when:
            case AllOf(parts):
                missed = [part for part in parts if not self._held(part, nearest)]
                told = [self.why(part, nearest) for part in missed]
                return " and ".join(told) or "each of its conditions held, but never all at once"
            case AnyOf(parts):
                return "; ".join(self.why(part, nearest) for part in parts)
            case After():
                return "the clip ended before"
            case AfterEvent(event) if (at_s := self._reached_s(when)) < math.inf:
                return f"'{event}' {'began' if when.begun else 'ended'} at {at_s:.2f} s, too late in the clip"
            case AfterEvent(event):
                return f"'{event}' never {'ended' if event in self.begun_s else 'happened'}"
        if when not in nearest:
            return f"{' and '.join(bodies_of(when))} were never in the scene together"
        return nearest[when].told

    def _held(self, when: Single, nearest: dict[Single, TriggerDistance]) -> bool:
        """Whether one condition of a trigger ever held, considered alone."""
        match when:
            case After():
                return when.t_s <= self.latest_s + SOON_S
            case AfterEvent():
                return self._reached_s(when) + when.delay_s <= self.latest_s + SOON_S
        return when in nearest and nearest[when].short <= 0


def _takes_over(new: Event, old: Event) -> bool:
    return (new.do.takes_speed and old.do.takes_speed) or (new.do.takes_path and old.do.takes_path)
