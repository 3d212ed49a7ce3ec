"""The spec of an event, its compilation, and contradictions between two events."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from scenarios.events.action_spec import Do, compiled_action
from scenarios.model.actions import Action
from scenarios.model.triggers import After, AfterEvent, singles, time_of
from scenarios.scenario import Event, Relation
from scenarios.spec.actor_references import ActorIndex
from scenarios.spec.base import Section, fault
from scenarios.spec.trigger_spec import WHO, EventId, When, compiled_trigger
from scenarios.verbs import VERBS


def _bare_word(written: Any) -> Any:
    return {written: {}} if isinstance(written, str) else written


WhereBody = Annotated[str, Field(strict=True)]


class WhereSpec(Section):
    """A place relative to other actors: one of the keys."""

    in_front_of: WhereBody | None = Field(None, description=f"{WHO}, ahead of which it comes into its path")
    behind: WhereBody | None = Field(None, description=f"{WHO}, behind which it comes into its path")
    between: list[WhereBody] | None = Field(None, strict=True, description="a list of two actors, between which it is")

    @model_validator(mode="after")
    def _one(self) -> "WhereSpec":
        named = [name for name in WhereSpec.model_fields if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(" and ".join(named) or "no place", "exactly one of " + ", ".join(WhereSpec.model_fields))
        if self.between is not None and len(set(self.between)) != 2:
            raise fault(f"{len(set(self.between))} actors", "two actors")
        return self

    @property
    def key(self) -> str:
        return next(name for name in WhereSpec.model_fields if getattr(self, name) is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The other actors."""
        return tuple(self.between or ()) or (self.in_front_of or self.behind or "",)


class EventSpec(Section):
    id: EventId | None = Field(None, description="a name for other events to refer to, such as first-braking")
    actor: str = Field(strict=True, description="the id of an actor, or ego")
    when: When = Field(description="a mapping such as {after: 1.5 s}")
    where: WhereSpec | None = Field(None, description="a mapping such as {in_front_of: ego}")
    do: Annotated[Do, BeforeValidator(_bare_word, json_schema_input_type=Do | str)] = Field(
        description="a mapping such as {brake: {decel: 6 m/s^2}}"
    )


def compiled(spec: EventSpec, cast: ActorIndex) -> Event:
    """The event of a valid spec, with defaults for missing values."""
    trigger = compiled_trigger(spec.when, spec.actor, cast.leader())
    where = None if spec.where is None else Relation(spec.where.names, spec.where.behind is None)
    return Event(spec.actor, trigger, compiled_action(spec.do, cast.members[spec.actor], cast), spec.id or "", where)


def awaited(events: Iterable[Event]) -> frozenset[str]:
    """The names of events whose end another event waits for, before it begins or before it ends."""
    whens = (when for event in events for when in (event.when, *VERBS.triggers_of(event.do).values()))
    return frozenset(part.event for when in whens for part in singles(when) if isinstance(part, AfterEvent))


def once_each(events: list[Event]) -> tuple[Event, ...]:
    """The events without duplicates (the same event in English and structured): those by time first."""
    meant = awaited(events)
    once: dict[tuple[object, ...], Event] = {}
    for event in events:
        key = (event.actor, event.when, event.do, event.where)
        once[(*key, event.name) if event.name in meant else key] = event
    return tuple(sorted(once.values(), key=lambda e: time_of(e.when)))


def clashes(events: list[Event]) -> Iterator[tuple[int, str, str]]:
    """Events that contradict each other: two different actions of the same sort for one actor at the same instant."""
    for i, event in enumerate(events):
        for earlier in events[:i]:
            same = (earlier.actor, earlier.when) == (event.actor, event.when)
            if same and event.do != earlier.do and _alike(event.do, earlier.do):
                at = f"at {event.when.t_s:g} s" if isinstance(event.when, After) else "at the same instant"
                yield i, f"{event.actor} has two actions {at}", "one of them, or another time"
                break


def _alike(one: Action, other: Action) -> bool:
    return (one.takes_speed and other.takes_speed) or (one.takes_path and other.takes_path)
