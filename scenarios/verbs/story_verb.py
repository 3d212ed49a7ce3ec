"""The door for verbs of a story: what one verb is made of, and the registry of all that have a module of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scenarios.event_text import VERB_TEXT
from scenarios.model.actions import Action, VerbAction
from scenarios.model.triggers import Trigger
from scenarios.roads.road import Road
from scenarios.scenario import Placed
from scenarios.simulation.actions.motions import MOTIONS, Motion
from scenarios.source.errors import nearest
from scenarios.source.units import PhysicalQuantity
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section
from scenarios.verbs.clause import Clause, ClauseError, Part

Refusal = tuple[
    str, str, str
]  # the key within the verb's mapping ("" for all of it), what was found, what would be right
PartReader = Callable[[list], "Part | list[Part] | ClauseError"]


@dataclass(frozen=True)
class WrittenEvent:
    """An event before it is placed on a road.

    `others`: the verbs of the actor's other events; `earlier`: of those that may come before this one. `moved`,
    `changed`: the bodies whose path, or speed, another event may have changed before; of them the place or speed at the
    start says nothing.
    """

    actor: ActorDescription
    cast: ActorIndex
    earlier: tuple[str, ...]
    others: tuple[str, ...]
    moved: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True)
class PlacedEvent:
    """An event with the road and everybody's start; `moved` as in `WrittenEvent`."""

    actor: str
    road: Road
    placed: Mapping[str, Placed]
    moved: frozenset[str]


def _nothing(*_: Any) -> Iterator[Refusal]:
    yield from ()


def _no_bodies(*_: Any) -> tuple[Placed, ...]:
    return ()


def _no_remark(*_: Any) -> str:
    return ""


@dataclass(frozen=True)
class StoryVerb:
    """One verb: how it is written, said and understood, what it compiles to, and what it makes a body do.

    `grammar` holds rules and terminals in Lark's notation; the rule called `key` is the verb, its first one. `parts`
    says for each alias of these rules which key of the section it fills, or reads it; aliases that all verbs share
    need no entry. `names` are the keys of actors, of the section and of the action alike; `triggers` the keys of
    triggers (`spec.trigger_spec.When`). `needed`: aliases of parts of which one must be said, as the section asks.
    `at`: which key "at" or "with" a quantity fills. `meant` names another verb where the same words mean that one of
    this actor. `on_trajectory`: it can befall a body that follows a trajectory from the start.
    """

    key: str
    example: str  # of the structured form, for messages
    section: type[Section]
    action: type[VerbAction]
    grammar: str
    phrases: tuple[str, ...]  # with {a} for the actor, {b} for another one
    compiled: Callable[[Any, ActorDescription, ActorIndex], VerbAction]
    words: Callable[[Any], str]
    motion: Motion
    usual: tuple[
        tuple[str, str], ...
    ]  # what a line leaves open, or cannot say, and what holds then: for docs/defaults.md
    parts: Mapping[str, "str | PartReader"] = field(default_factory=lambda: MappingProxyType({}))
    at: Mapping[PhysicalQuantity, str] = field(default_factory=lambda: MappingProxyType({}))
    names: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    drafts: tuple[
        str, ...
    ] = ()  # phrases that `new --from` can draft, for one that says too little, which "..." stands for
    check: Callable[[Any, WrittenEvent], Iterator[Refusal]] = _nothing
    check_placed: Callable[[Any, PlacedEvent], Iterator[Refusal]] = _nothing
    brings: Callable[[Any, PlacedEvent], tuple[Placed, ...]] = _no_bodies  # those of the action's `brought`
    endless: Callable[[Any], str] = _no_remark  # what the section must say to end by itself; "" where it does
    meant: Callable[[Clause, ActorDescription], str] = _no_remark
    remark: Callable[[Any, PlacedEvent], str] = _no_remark  # what `explain` adds behind the event
    on_trajectory: bool = False


class VerbRegistry:
    """All verbs, by their key and by their action. Closes when the language is first read."""

    def __init__(self, verbs: Iterable[StoryVerb] = ()) -> None:
        self._verbs: dict[str, StoryVerb] = {}
        self._closed = False
        for verb in verbs:
            self.register(verb)

    def register(self, verb: StoryVerb) -> None:
        """Raises ValueError for a key, an action or a part that is there already, or after the language was read."""
        if self._closed:
            raise ValueError(f"verb {verb.key!r} comes too late: register it before a scenario is read")
        if verb.key in self._verbs:
            raise ValueError(f"a second verb {verb.key!r}; there are {', '.join(self._verbs)}")
        taken = {part for other in self._verbs.values() for part in other.parts}
        if twice := sorted(taken & set(verb.parts)):
            raise ValueError(f"verb {verb.key!r} has parts that another verb has: {', '.join(twice)}")
        VERB_TEXT.add(verb.action, verb.words)
        MOTIONS.add(verb.action, verb.motion)
        self._verbs[verb.key] = verb

    def all(self) -> tuple[StoryVerb, ...]:
        """In the order of registration."""
        self._closed = True
        return tuple(self._verbs.values())

    def get(self, key: str) -> StoryVerb | None:
        """None for the key of a verb that has no module of its own."""
        return self._verbs.get(key)

    def __getitem__(self, key: str) -> StoryVerb:
        if key not in self._verbs:
            raise KeyError(f"no verb {key!r}: {nearest(key, list(self._verbs))}")
        return self._verbs[key]

    def of(self, action: VerbAction) -> StoryVerb:
        """The verb that an action comes from; KeyError where none does."""
        found = next((verb for verb in self._verbs.values() if verb.action is type(action)), None)
        if found is None:
            raise KeyError(f"no verb makes {action!r}; there are {', '.join(self._verbs)}")
        return found

    def triggers_of(self, action: Action) -> dict[str, Trigger]:
        """The triggers within an action by their key, such as `until` of `wait`; none of a verb without a module."""
        keys = self.of(action).triggers if isinstance(action, VerbAction) else ()
        return {key: when for key in keys if (when := getattr(action, key)) is not None}
