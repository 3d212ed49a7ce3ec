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
from scenarios.source.units import TIME, PhysicalQuantity, measure_of
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section
from scenarios.verbs.clause import Clause, ClauseError, Moment, Part
from scenarios.verbs.exported_action import ExportContext, ExportedAction
from scenarios.verbs.performance import Asked, Performance

Refusal = tuple[
    str, str, str
]  # the key within the verb's mapping ("" for all of it), what was found, what would be right
PartReader = Callable[[list], "Part | list[Part] | ClauseError"]
ClauseReader = Callable[["StoryVerb", list], "Clause | ClauseError"]
_OTHER_KEYS = (
    "delayed",
    "by",
    "back",
    "change",
    "on",
    "out",
)  # arguments that the events before decide (story.clause_events)
ACTOR = "<actor>"  # as the key of a refusal: the actor of the event
_HEARD_ONLY = ("after", "when", "target", "side", "where")  # parts that are not arguments of a verb without such a key
_SAID_BY = dict.fromkeys(("decel", "rate"), ": a word such as hard or gently, or a rate such as 'at 4 m/s^2'")


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

    @property
    def speed_mps(self) -> float | None:
        """The actor's speed when the event begins; None if a trajectory or another event decides it."""
        return None if self.actor.id in self.changed or self.actor.on_trajectory else self.actor.speed_mps


@dataclass(frozen=True)
class RoadEvent:
    """An event on its road, before positions are known.

    `lane`: the actor's first lane, counted from the right over both directions, and `facing` 1 along the road or -1
    against it; None for an actor that starts in no lane, or whose path another event changes.
    """

    actor: str
    road: Road
    lane: int | None
    facing: int


@dataclass(frozen=True)
class PlacedEvent:
    """An event with the road, its friction coefficient and all start positions; `moved` as in `WrittenEvent`."""

    actor: str
    road: Road
    friction: float
    placed: Mapping[str, Placed]
    moved: frozenset[str]


def _nothing(*_: Any) -> Iterator[Refusal]:
    yield from ()


def _no_bodies(*_: Any) -> tuple[Placed, ...]:
    return ()


def _no_remark(*_: Any) -> str:
    return ""


def _not_exported(*_: Any) -> None:
    return None


@dataclass(frozen=True)
class StoryVerb:
    """One verb: its spec, grammar and phrases, its compilation, and its motion.

    `grammar` has rules and terminals in Lark's notation; the rule named `key` is the verb, and comes first. `parts`
    maps each alias of these rules to the key of the section that it fills, or to a function that reads it; aliases
    that all verbs share need no entry. `deeds`: further rules that say this verb, such as an emergency stop of
    `brake`; `readers`: how a rule, or an alias of a whole rule, becomes a clause where not all of its parts are
    arguments as they are.
    `participles`: words such as "crossing" that `new --from` reads as a word of the grammar, such as "crosses".
    `names` are the keys of actors, both of the section and of the action; `own_names` those of the section that
    `check` checks by itself. `triggers`: the keys of triggers (`spec.trigger_spec.When`). `needed`: aliases of parts,
    one of which the section requires. `at`: the key that "at" or "with" a quantity fills. `meant` names another verb if
    the same words mean that verb for this actor.
    `other_actions`: further actions that the verb compiles to, beside `action`; they replace the same controls.
    `cargo`: the keys of actors without a place of their own, which its actor carries until then.
    `placeless`: a place relative to another actor ("in front of the ego") has no meaning for it.
    `on_trajectory`: possible for a body that follows a trajectory from the start; `of_static`: for a kind that cannot
    move. `rails`: what an actor on rails needs for it, "" for nothing; left out: nothing that replaces the path is
    possible.
    """

    key: str
    example: str  # of the structured form, for messages
    section: type[Section]
    action: type[VerbAction]
    grammar: str
    phrases: tuple[str, ...]  # with {a} for the actor, {b} for another one, {c} for cargo
    compiled: Callable[[Any, ActorDescription, ActorIndex], VerbAction]
    words: Callable[[Any], str]
    motion: Motion
    achieved: Callable[[Any, Performance], Iterator[Asked]]  # what the action asked, measured on its performance
    usual: tuple[
        tuple[str, str], ...
    ]  # what a line leaves open, or cannot say, and what holds then: for docs/defaults.md
    parts: Mapping[str, "str | PartReader"] = field(default_factory=lambda: MappingProxyType({}))
    deeds: tuple[str, ...] = ()
    readers: Mapping[str, ClauseReader] = field(default_factory=lambda: MappingProxyType({}))
    at: Mapping[PhysicalQuantity, str] = field(default_factory=lambda: MappingProxyType({}))
    names: tuple[str, ...] = ()
    own_names: tuple[str, ...] = ()
    cargo: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    participles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    drafts: tuple[str, ...] = ()  # phrases that `new --from` can draft; "..." stands for an incomplete phrase
    other_actions: tuple[type[VerbAction], ...] = ()
    check: Callable[[Any, WrittenEvent], Iterator[Refusal]] = _nothing
    check_road: Callable[[Any, RoadEvent], Iterator[Refusal]] = _nothing
    check_placed: Callable[[Any, PlacedEvent], Iterator[Refusal]] = _nothing
    brings: Callable[[Any, PlacedEvent], tuple[Placed, ...]] = _no_bodies  # the bodies of the action's `brought`
    endless: Callable[[Any], str] = _no_remark  # the key that the section needs to end by itself; "" if it ends
    meant: Callable[[Clause, ActorDescription], str] = _no_remark
    remark: Callable[[Any, PlacedEvent], str] = _no_remark  # a comment of `explain` after the event
    exported: Callable[[Any, ExportContext], ExportedAction | None] = _not_exported  # None: as a trajectory
    rails: Callable[[ActorDescription], str] | None = None
    placeless: bool = False
    on_trajectory: bool = False
    of_static: bool = False
    targets_leader: bool = False  # a target that the ego names ("the ego follows WHO") is the actor ahead, not the ego

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the grammar that say this verb."""
        return (self.key, *self.deeds)

    @property
    def actions(self) -> tuple[type[VerbAction], ...]:
        """All actions that only this verb compiles to."""
        return (self.action, *self.other_actions)

    def path(self, key: str) -> str:
        """The path, from the event on, of the key of a refusal."""
        if key == ACTOR:
            return "actor"
        return f"do.{self.key}.{key}" if key else f"do.{self.key}"


def collected(verb: StoryVerb, parts: Iterable[Part], **preset: object) -> Clause | ClauseError:
    """The parts of a clause joined to one clause; `preset` has values for parts that the clause does not have."""
    says: dict[str, Any] = {}
    for key, value in parts:
        if key == "at":
            measure = measure_of(str(value))
            key = "after" if measure is TIME else verb.at.get(measure, "") if measure else ""
            if not key:
                return ClauseError(_at_wanted(verb, value))
        if key == "after":
            key, value = "when", Moment("after", {"after": value}, {})
        if key in says and says[key] == value:
            continue  # 'suddenly ... hard'
        if key in says:
            return ClauseError(f"'{key}' given once, not twice{_SAID_BY.get(key, '')}")
        says[key] = value
    written = verb.section.model_fields
    heard = {key: None if key in written else says.pop(key, None) for key in _HEARD_ONLY}
    if "manner" in says and "within" in written and "within" not in says and verb.action.takes_path:
        says["within"] = _worded_time(verb, str(says.pop("manner")))
    if (useless := _without_meaning(verb, says)) is not None:
        return useless
    names = {key: says.pop(key) for key in (*verb.names, *verb.own_names) if key in says}
    return Clause(verb.key, preset | says, names, heard["when"], heard["target"], heard["side"], where=heard["where"])


SHARPLY, GENTLY = 0.5, 1.5  # shares of the usual duration of a lateral move


def _worded_time(verb: StoryVerb, manner: str) -> str:
    """The duration of a lateral move that is done sharply or gently."""
    usual = verb.section.model_fields["within"].default
    return f"{usual * (SHARPLY if manner == 'hard' else GENTLY):g} s"


_IN_WORDS = {"for": "for {}", "within": "within {}", "until": "until {}", "to": "to {}"}


def _without_meaning(verb: StoryVerb, says: Mapping[str, object]) -> ClauseError | None:
    """The refusal of a part that the verb cannot use."""
    fields = verb.section.model_fields
    known = {*fields, *(field.alias for field in fields.values()), *verb.names, *verb.own_names, *_OTHER_KEYS}
    for key, value in says.items():
        if key not in known:
            said = "such a manner" if key == "manner" else f"'{_IN_WORDS.get(key, key + ' {}').format(value)}'"
            return ClauseError(f"no {said}: it has no meaning for '{verb.key.replace('_', ' ')}'")
    return None


def _at_wanted(verb: StoryVerb, value: object) -> str:
    fits = [*verb.at, TIME]  # a time is always part of a trigger
    return f"instead of 'at {value}' " + ", or ".join(f"{m.article} {m.name} such as {m.example}" for m in fits)


class VerbRegistry:
    """All verbs, by key and by action. No verb can be added after the grammar was first used."""

    def __init__(self, verbs: Iterable[StoryVerb] = ()) -> None:
        self._verbs: dict[str, StoryVerb] = {}
        self._by_action: dict[type[VerbAction], StoryVerb] = {}
        self._closed = False
        for verb in verbs:
            self.register(verb)

    def register(self, verb: StoryVerb) -> None:
        """Raises ValueError for a key, an action or a part that exists already, or after the grammar was first used."""
        if self._closed:
            raise ValueError(f"verb {verb.key!r} comes too late: register it before a scenario is read")
        if verb.key in self._verbs:
            raise ValueError(f"a second verb {verb.key!r}; there are {', '.join(self._verbs)}")
        taken = {part for other in self._verbs.values() for part in _in_grammar(other)}
        if twice := sorted(taken & _in_grammar(verb)):
            raise ValueError(f"verb {verb.key!r} has parts that another verb has: {', '.join(twice)}")
        for action in verb.actions:
            VERB_TEXT.add(action, verb.words)
            MOTIONS.add(action, verb.motion)
            self._by_action[action] = verb
        self._verbs[verb.key] = verb

    def all(self) -> tuple[StoryVerb, ...]:
        """All verbs in the order of registration."""
        self._closed = True
        return tuple(self._verbs.values())

    def get(self, key: str) -> StoryVerb | None:
        """The verb of a key; None for an unknown key."""
        return self._verbs.get(key)

    def __getitem__(self, key: str) -> StoryVerb:
        if key not in self._verbs:
            raise KeyError(f"no verb {key!r}: {nearest(key, list(self._verbs))}")
        return self._verbs[key]

    def of(self, action: Action) -> StoryVerb:
        """The verb of an action; KeyError for an unknown action."""
        if type(action) not in self._by_action:
            raise KeyError(f"no verb makes {action!r}; there are {', '.join(self._verbs)}")
        return self._by_action[type(action)]

    def triggers_of(self, action: Action) -> dict[str, Trigger]:
        """The triggers within an action by key, such as `until` of `wait`."""
        return {key: when for key in self.of(action).triggers if (when := getattr(action, key)) is not None}


def _in_grammar(verb: StoryVerb) -> set[str]:
    """The names of its rules and aliases that the reader of parse trees has a method for."""
    return {*verb.rules, *verb.parts, *verb.readers}
