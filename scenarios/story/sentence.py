"""Parse English story lines to the structured events that an author may write instead."""

import re
from dataclasses import dataclass

from lark.exceptions import UnexpectedInput, UnexpectedToken

from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.source.errors import quoted
from scenarios.source.units import ACCELERATION, quantity
from scenarios.spec.actor_references import ActorIndex, AmbiguousReference, join_nouns, resolve
from scenarios.story.parse_tree import clauses, grammar
from scenarios.story.suggestions import nearest_phrases, subject_of
from scenarios.story.trigger_phrases import FORMER
from scenarios.verbs import VERBS
from scenarios.verbs.clause import Clause, ClauseError, Moment
from scenarios.verbs.worded_rates import BRAKING, RUNNING, WordedRate

LONGEST, MOST = 1200, 10_000  # characters of a line without, and with, the points of a trajectory
_CHAINED = re.compile(r"\b(then|after that|afterwards) ")
_BETWEEN_TWO = ("gap", "ttc", "headway")
_PAIR = re.compile(r"\bbetween .{1,40}? and ")
LABEL = re.compile(r"([a-z][a-z0-9_-]{0,31}) ?: (.+)")


class StorySyntaxError(ValueError):
    """A line that cannot be parsed or refers to something that does not exist."""

    def __init__(self, found: str, wanted: str):
        self.found, self.wanted = found, wanted
        super().__init__(f"{found}; wanted {wanted}")


@dataclass(frozen=True)
class StoryContext:
    """The events of the story so far: their number, and the name and actor of the last one (None without events).

    `taken`: names that lines anywhere in the story give themselves.
    """

    taken: frozenset[str] = frozenset()
    events: int = 0
    event: str | None = None
    actor: str | None = None

    def next_name(self) -> str:
        """Name of the next event without its own name."""
        name = f"event-{self.events + 1}"
        while name in self.taken:
            name += "-b"
        return name


def read_line(text: str, cast: ActorIndex, told: StoryContext | None = None) -> list[dict[str, object]]:
    """The structured events {id, actor, when, do} of a line, one per clause; raises StorySyntaxError."""
    plain = re.sub(r"\s+", " ", text).strip().lower()
    if not 0 < len(re.sub(r"\([^()]*\)", "", plain[:MOST])) <= LONGEST or len(plain) > MOST:
        raise StorySyntaxError(quoted(text), f"a sentence of 1 to {LONGEST} characters")
    label = LABEL.fullmatch(plain)
    name, plain = (label[1], label[2]) if label else (None, plain)
    plain = join_nouns(plain)
    try:
        then, said = clauses(plain)
    except UnexpectedInput as error:
        raise StorySyntaxError(*_not_understood(text, plain, error, cast)) from error
    try:
        return _structured(then, said, cast, told or StoryContext(), name)
    except AmbiguousReference as error:
        raise StorySyntaxError(quoted(text), error.wanted) from error


def label_of(line: str) -> str | None:
    """The name that a line gives itself, as in 'slow: lead brakes'."""
    label = LABEL.fullmatch(re.sub(r"\s+", " ", line[:MOST]).strip().lower())
    return label[1] if label else None


def _structured(
    then: bool, said: tuple[Clause | ClauseError, ...], cast: ActorIndex, told: StoryContext, name: str | None
) -> list[dict[str, object]]:
    events: list[dict[str, object]] = []
    for place, clause in enumerate(said):
        if isinstance(clause, ClauseError):
            raise AmbiguousReference(clause.wanted)
        last = place == len(said) - 1
        event = name if name and last else told.next_name()
        if clause.who is None and not then and not place:
            near = " or ".join(f"'{phrase}'" for phrase in nearest_phrases(clause.verb.replace("_", " "), cast))
            raise AmbiguousReference(f"an actor, with a phrase such as {near}")
        after = told.event if then or place else None
        if then and not place and after is None:
            raise AmbiguousReference("an event before it: no earlier event exists")
        events.append({"id": event, **_event(clause, cast, told, after)})
        told = StoryContext(told.taken, told.events + 1, event, str(events[-1]["actor"]))
    return events


def _event(clause: Clause, cast: ActorIndex, told: StoryContext, after: str | None) -> dict[str, object]:
    actor = told.actor if clause.who is None else resolve(clause.who, cast, told.actor)
    assert actor is not None
    if "delayed" in clause.says:
        raise AmbiguousReference("a delay only after an event: '1 s after event-1 has ended'")
    said = clause.says
    if said.get("speed") == RUNNING:
        said = said | {"speed": _running(actor, cast)}
    said = said | {key: _worded(rate, actor, cast) for key, rate in said.items() if isinstance(rate, WordedRate)}
    said = {key: _condition(v, actor, cast, told) if isinstance(v, Moment) else v for key, v in said.items()}
    says = said | {key: resolve(phrase, cast, told.actor) for key, phrase in clause.names.items()}
    _check_target(clause, actor, cast, told)
    _check_side(clause, actor, cast)
    return {
        "actor": actor,
        "when": _when(clause.when, actor, cast, told, after),
        "do": {_verb(clause, actor, cast): says},
    }


def _worded(rate: WordedRate, actor: str, cast: ActorIndex) -> str:
    """The rate of "hard" or "gently" for an actor: a car's rate, limited by the actor's kind."""
    dynamics = KINDS[cast.members[actor].kind if actor in cast.members else Kind.CAR].dynamics
    if rate.usual:
        return f"{getattr(dynamics, rate.usual):g} m/s^2"
    if dynamics.hardest_mps2 is None:
        return str(rate)
    share = dynamics.hardest_mps2 / quantity(BRAKING["emergency"], ACCELERATION)
    return f"{quantity(rate, ACCELERATION) * share:.2g} m/s^2"


def _running(actor: str, cast: ActorIndex) -> str:
    """The speed of "at a run" for an actor; if its section is faulty, an adult's."""
    kind = cast.members[actor].kind if actor in cast.members else Kind.PEDESTRIAN
    return f"{KINDS[kind].dynamics.running_mps * 3.6:.6g} km/h"


def _verb(clause: Clause, actor: str, cast: ActorIndex) -> str:
    """The verb of words whose meaning depends on whether the actor stands or moves."""
    who = cast.members.get(actor)
    meant = VERBS[clause.verb].meant(clause, who) if who is not None else ""
    return meant or clause.verb


def _when(
    moment: Moment | None, actor: str, cast: ActorIndex, told: StoryContext, after: str | None
) -> dict[str, object]:
    if moment is None:
        return {"after": "0 s"} if after is None else {"ended": {"event": after}}
    condition = _condition(moment, actor, cast, told)
    if after is None:
        return condition
    if moment.key == "after":
        return {"ended": {"event": after} | condition}
    before: dict[str, object] = {"ended": {"event": after}}
    if moment.key == "any":
        return {"any": [_both(before, part) for part in condition["any"]]}
    return _both(before, condition)


def _both(before: dict[str, object], condition: dict[str, object]) -> dict[str, object]:
    """The trigger of 'and then ... when': the condition applies once the event before it has ended."""
    return {"all": [before, *condition.get("all", [condition])]}


def _condition(moment: Moment, actor: str, cast: ActorIndex, told: StoryContext) -> dict[str, object]:
    if moment.key == "after":
        return dict(moment.values)
    if moment.key in ("all", "any"):
        parts: tuple[Moment, ...] = moment.values[moment.key]
        return {moment.key: [_condition(part, actor, cast, told) for part in parts]}
    values = dict(moment.values)
    if values.get("event") == FORMER:
        if told.event is None:
            raise AmbiguousReference("an event by its name: no earlier event exists")
        values["event"] = told.event
    # In a condition 'it' is the actor of the clause; as the subject it is the actor mentioned last.
    names = {key: resolve(phrase, cast, actor) for key, phrase in moment.names.items() if key != "lane"}
    if "lane" in moment.names:
        values["lane"] = _lane_of(moment.names["lane"], cast)
    if moment.key in _BETWEEN_TWO and len(names) == 1:
        names |= _partner(names, actor)
    return {moment.key: values | names}


def _partner(names: dict[str, str], actor: str) -> dict[str, str]:
    """The second body of a condition that names one: the actor, or the ego if the named one is the actor."""
    ((said, who),) = names.items()
    unsaid = "of" if said == "to" else "to"
    if who == actor == "ego":
        return {}
    return {unsaid: "ego" if who == actor else actor}


def _lane_of(phrase: str, cast: ActorIndex) -> int:
    if resolve(phrase, cast) != "ego":
        raise AmbiguousReference(f"a lane by its number, or the ego's lane, instead of '{phrase} lane'")
    return cast.ego_lane


def _check_target(said: Clause, actor: str, cast: ActorIndex, told: StoryContext) -> None:
    """Checks the target of an action: the road determines it, so a different name is a fault."""
    if said.target is None or said.target in ("traffic", "the traffic", "the vehicle in front", "the car in front"):
        return
    target = resolve(said.target, cast, told.actor)
    fits = cast.leader() if VERBS[said.verb].targets_leader and actor == "ego" else "ego"
    if target != fits or actor == target:
        wanted = "the ego" if fits == "ego" else f"the actor ahead in its lane at the start ({fits or 'none'})"
        raise AmbiguousReference(f"{wanted} instead of '{said.target}'")


def _check_side(said: Clause, actor: str, cast: ActorIndex) -> None:
    if said.side is None or actor in cast.broken:
        return
    side = cast.members[actor].side
    if side != said.side:
        raise AmbiguousReference(
            f"the side at which {actor} is placed: " + (f"it is on the {side}" if side else "no side is known")
        )


def _not_understood(text: str, plain: str, error: UnexpectedInput, cast: ActorIndex) -> tuple[str, str]:
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(plain) if ended else error.pos_in_stream
    if (
        ended and "WALKS" in error.expected and "_ARTICLE" not in error.expected
    ):  # all words belong to the actor: the verb is unknown
        begun = max((match.end() for match in _CHAINED.finditer(plain)), default=0)
        named = f"{subject_of(plain[begun:].split(), cast)} "
        at = begun + len(named) * plain[begun:].startswith(named)
    stuck = f"not understood from '{plain[at:][:40]}' on" if at < len(plain) else "it breaks off"
    here = f"{_PAIR.sub('', plain[:at])[-24:]}{plain[at:]}"  # with the words after an 'and' of a condition
    one = "one sentence a line, or 'and then': " if re.search(r"\b(and|while)\b", here) else ""
    near = " or ".join(f"'{phrase}'" for phrase in nearest_phrases(plain, cast))
    if (when := _as_condition(plain)) is not None and not _is_deed(plain[:at]):
        deed = " (the action is 'overtakes')" if when.key == "passed" else ""
        return quoted(text), f"an action of an actor; this is a condition, so write '... when {plain}'{deed}"
    return f"{quoted(text)} ({stuck})", f"{one}a phrase such as {near}"


def _as_condition(plain: str) -> Moment | None:
    """What a line says as a condition; None where it is none."""
    try:
        said = clauses(f"it brakes when {plain}")[1]
    except UnexpectedInput:
        return None
    return said[0].when if all(isinstance(clause, Clause) for clause in said) else None


def _is_deed(plain: str) -> bool:
    try:
        grammar().parse(plain)
    except UnexpectedInput:
        return False
    return True
