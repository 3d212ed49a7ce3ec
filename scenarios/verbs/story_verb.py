"""The extension interface for verbs of a story: the definition of a verb, and the registry of verbs."""

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
    `changed`: the bodies whose path, or speed, another event may have changed before this one, so that their place or
    speed at the start does not apply.
    """

    actor: ActorDescription
    cast: ActorIndex
    earlier: tuple[str, ...]
    others: tuple[str, ...]
    moved: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True)
class PlacedEvent:
    """An event with the road and all start positions; `moved` as in `WrittenEvent`."""

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
    """One verb: its spec, grammar and phrases, its compilation, and its motion.

    `grammar` has rules and terminals in Lark's notation; the rule named `key` is the verb, and comes first. `parts`
    maps each alias of these rules to the key of the section that it fills, or to a function that reads it; aliases
    that all verbs share need no entry. `names` are the keys of actors, both of the section and of the action;
    `triggers` the keys of triggers (`spec.trigger_spec.When`). `needed`: aliases of parts, one of which the section
    requires. `at`: the key that "at" or "with" a quantity fills. `meant` names another verb if the same words mean
    that verb for this actor. `on_trajectory`: possible for a body that follows a trajectory from the start.
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
    drafts: tuple[str, ...] = ()  # phrases that `new --from` can draft; "..." stands for an incomplete phrase
    check: Callable[[Any, WrittenEvent], Iterator[Refusal]] = _nothing
    check_placed: Callable[[Any, PlacedEvent], Iterator[Refusal]] = _nothing
    brings: Callable[[Any, PlacedEvent], tuple[Placed, ...]] = _no_bodies  # the bodies of the action's `brought`
    endless: Callable[[Any], str] = _no_remark  # the key that the section needs to end by itself; "" if it ends
    meant: Callable[[Clause, ActorDescription], str] = _no_remark
    remark: Callable[[Any, PlacedEvent], str] = _no_remark  # a comment of `explain` after the event
    on_trajectory: bool = False


class VerbRegistry:
    """All verbs, by key and by action. No verb can be added after the grammar was first used."""

    def __init__(self, verbs: Iterable[StoryVerb] = ()) -> None:
        self._verbs: dict[str, StoryVerb] = {}
        self._closed = False
        for verb in verbs:
            self.register(verb)

    def register(self, verb: StoryVerb) -> None:
        """Raises ValueError for a key, an action or a part that exists already, or after the grammar was first used."""
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
        """All verbs in the order of registration."""
        self._closed = True
        return tuple(self._verbs.values())

    def get(self, key: str) -> StoryVerb | None:
        """The verb of a key; None for a verb without its own module."""
        return self._verbs.get(key)

    def __getitem__(self, key: str) -> StoryVerb:
        if key not in self._verbs:
            raise KeyError(f"no verb {key!r}: {nearest(key, list(self._verbs))}")
        return self._verbs[key]

    def of(self, action: VerbAction) -> StoryVerb:
        """The verb of an action; KeyError for an unknown action."""
        found = next((verb for verb in self._verbs.values() if verb.action is type(action)), None)
        if found is None:
            raise KeyError(f"no verb makes {action!r}; there are {', '.join(self._verbs)}")
        return found

    def triggers_of(self, action: Action) -> dict[str, Trigger]:
        """The triggers within an action by key, such as `until` of `wait`; none for a verb without its own module."""
        keys = self.of(action).triggers if isinstance(action, VerbAction) else ()
        return {key: when for key in keys if (when := getattr(action, key)) is not None}
