"""Structured events of the clauses of a story line: who acts, when, and how its events follow each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.source.units import ACCELERATION, LENGTH, SPEED, NotAQuantity, measure_of, quantity, shown
from scenarios.spec.actor_references import PRONOUNS, ActorDescription, ActorIndex, AmbiguousReference, resolve
from scenarios.spec.trigger_spec import When, pair_of
from scenarios.story.parse_tree import Reading
from scenarios.story.placed_conditions import ahead_by, away
from scenarios.story.suggestions import nearest_phrases
from scenarios.story.trigger_phrases import AWAY, DOES, FORMER, HAS_DONE, LATER, PLACED_AHEAD, PLACED_BEHIND
from scenarios.verbs import VERBS
from scenarios.verbs.clause import Clause, ClauseError, Moment, is_possessive
from scenarios.verbs.worded_rates import BRAKING, RUNNING, OppositeLane, RelativeSpeed, WordedRate

_BETWEEN_TWO = ("gap", "ttc", "headway")
_OF_BODIES = (*_BETWEEN_TWO, "speed", "standstill", "travelled", "reached", "in_lane", "passed")
StructuredEvent = dict[str, Any]


@dataclass(frozen=True)
class StoryContext:
    """The events of the story so far: their number, and the name and actor of the last one (None without events).

    `taken`: names that lines anywhere in the story give themselves.
    """

    taken: frozenset[str] = frozenset()
    events: int = 0
    event: str | None = None
    actor: str | None = None
    done: tuple[tuple[str, str, str], ...] = ()  # the name, the actor and the verb of each event

    def after(self, event: dict[str, Any]) -> "StoryContext":
        """The context of what follows an event."""
        name, actor, do = str(event["id"]), str(event["actor"]), event["do"]
        assert isinstance(do, dict)
        return StoryContext(self.taken, self.events + 1, name, actor, (*self.done, (name, actor, next(iter(do)))))

    def next_name(self) -> str:
        """Name of the next event without its own name."""
        name = f"event-{self.events + 1}"
        while name in self.taken:
            name += "-b"
        return name


@dataclass(frozen=True)
class _Chain:
    """The events of a line so far, the `last` of which a 'then' waits for, and the story with them."""

    told: StoryContext
    last: tuple[StructuredEvent, ...] = ()
    all: tuple[StructuredEvent, ...] = ()
    last_clause: Clause | None = None


def structured(reading: Reading, cast: ActorIndex, told: StoryContext, name: str | None) -> list[StructuredEvent]:
    """The events of a line; raises AmbiguousReference. `name`: its own name."""
    chain = _Chain(told)
    for place, clause in enumerate(reading):
        if isinstance(clause, ClauseError):
            raise AmbiguousReference(clause.wanted)
        if clause.who is None and not clause.link:
            near = " or ".join(f"'{phrase}'" for phrase in nearest_phrases(clause.verb.replace("_", " "), cast))
            raise AmbiguousReference(f"an actor, with a phrase such as {near}")
        if clause.link == "then" and not place and told.event is None:
            raise AmbiguousReference("an event before it: no earlier event exists")
        own = name if place == len(reading) - 1 else None
        chain = _with_clause(chain, clause, cast, own)
    return list(chain.all)


def _with_clause(chain: _Chain, clause: Clause, cast: ActorIndex, name: str | None) -> _Chain:
    """The chain with the events of one more clause: one for each of its actors."""
    told, events = chain.told, []
    if clause.others and clause.when is not None and clause.when.key in _BETWEEN_TWO and not clause.when.names:
        raise AmbiguousReference(f"whose {clause.when.key} it is, such as 'the {clause.when.key} to the ego'")
    for who in (clause.who, *clause.others):
        one = replace(clause, who=who, others=())
        id_ = name if name and who == (clause.others or (clause.who,))[-1] else told.next_name()
        event = {"id": id_, **_linked(one, chain, cast, replace(told, actor=chain.told.actor))}
        events.append(event)
        told = told.after(event)
    parallel = clause.link == "and" and not _waits_for_last(events[0], chain)
    return _Chain(told, (*chain.last, *events) if parallel else tuple(events), (*chain.all, *events), clause)


def _waits_for_last(event: StructuredEvent, chain: _Chain) -> bool:
    return any(str(before["id"]) in repr(event["when"]) for before in chain.last)


def _linked(clause: Clause, chain: _Chain, cast: ActorIndex, told: StoryContext) -> StructuredEvent:
    """The event of a clause with one actor, as its link to the clause before says."""
    if clause.link == "then":
        ended = tuple(str(event["id"]) for event in chain.last) or ((told.event,) if told.event else ())
        return _event(clause, cast, told, ended)
    event = _event(clause, cast, told, ())
    if clause.link != "and":
        return event
    former, before = chain.last[-1], chain.last_clause
    assert before is not None
    if clause.when is not None:
        if (
            before.when is None
            and before.link != "then"
            and clause.when.key not in (LATER, "ended", "begun", DOES, HAS_DONE)
        ):
            who = "each of them" if event["actor"] != former["actor"] else "each action"
            raise AmbiguousReference(f"a time for {who}: 'after 1 s ... and after 2 s ...', or a line each")
        return event
    state = before.when is not None and before.when.key not in ("after", LATER)
    if clause.who is not None and state and not before.led:
        raise AmbiguousReference("one sentence a line: what comes after 'and' may be a condition, or what begins then")
    follows = event["actor"] == former["actor"] and _alike(event, former)
    return event | {"when": {"ended": {"event": former["id"]}} if follows else _explicit(former, cast)}


def _explicit(event: StructuredEvent, cast: ActorIndex) -> dict[str, object]:
    """The trigger of an event for another actor: with the bodies that it leaves out."""
    actor, when = str(event["actor"]), event["when"]
    assert isinstance(when, dict)
    ((key, said),) = when.items()
    if key in ("all", "any"):
        return {key: [_explicit({"actor": actor, "when": part}, cast) for part in said]}
    if key not in _OF_BODIES or not isinstance(said, dict):
        return when
    if key not in _BETWEEN_TWO:
        return {key: {"of": actor} | said}
    try:
        of, to = pair_of(When.model_validate(when), actor, cast.leader())
    except ValidationError:
        return when  # refused with its reason where it is checked
    return {key: said | {"of": of, "to": to}} if of is not None and to is not None else when


def _alike(one: StructuredEvent, other: StructuredEvent) -> bool:
    """Whether two actions control the same: the speed, or the path."""
    speed, path = zip(_controls(one), _controls(other), strict=True)
    return all(speed) or all(path)


def _controls(event: StructuredEvent) -> tuple[bool, bool]:
    do = event["do"]
    assert isinstance(do, dict)
    action = VERBS[next(iter(do))].action
    return action.takes_speed, action.takes_path


def _event(clause: Clause, cast: ActorIndex, told: StoryContext, after: tuple[str, ...]) -> StructuredEvent:
    """`after`: the events whose ends are waited for besides."""
    actor = told.actor if clause.who is None else resolve(clause.who, cast, _antecedent(clause, cast, told))
    assert actor is not None
    if "delayed" in clause.says:
        raise AmbiguousReference("a delay only after an event: '1 s after event-1 has ended'")
    said = clause.says
    if said.get("speed") == RUNNING:
        said = said | {"speed": _running(actor, cast)}
    said = said | {key: _worded(rate, actor, cast) for key, rate in said.items() if isinstance(rate, WordedRate)}
    said = {key: _condition(v, actor, cast, told) if isinstance(v, Moment) else v for key, v in said.items()}
    said = _from_former(clause, said, actor, cast, told)
    _check_moment(clause, actor, cast)
    says = said | {key: resolve(phrase, cast, told.actor) for key, phrase in clause.names.items()}
    if clause.carrier is not None:  # the actor of the clause falls from the one that acts
        says, actor = says | {"cargo": actor}, resolve(clause.carrier, cast, told.actor)
    _check_target(clause, actor, cast, told)
    _check_side(clause, actor, cast)
    where = _where(clause, cast, told)
    if where and "into" in VERBS[clause.verb].names and "into" not in says:
        (place,) = where.values()
        says = says | {"into": place if isinstance(place, str) else place[0]}
    return {
        "actor": actor,
        "when": _when(clause.when, actor, cast, told, after),
        **({"where": where} if where else {}),
        "do": {_verb(clause, actor, cast): says},
    }


def _check_moment(clause: Clause, actor: str, cast: ActorIndex) -> None:
    """Refuses triggers that could as well be how, or where, the action ends, and pronouns with two antecedents."""
    when = clause.when
    if when is None:
        return
    path = VERBS[clause.verb].action.takes_path
    if when.values.get("at") and path:
        gap = when.values["below"]
        raise AmbiguousReference(
            f"'when the gap is below {gap}' for when it begins; a gap to be left cannot be asked for"
        )
    if when.key == "after" and clause.verb == "stop" and measure_of(str(when.values["after"])) is LENGTH:
        far = when.values["after"]
        raise AmbiguousReference(f"'stops within {far}', or 'stops when it has travelled {far}'")
    if clause.where is not None and any(name == "it" for name in _actors_of(when)):
        others = [resolve(name, cast) for name in clause.where[1] if name not in PRONOUNS]
        if others and "ego" not in others:
            raise AmbiguousReference(f"one actor: 'it' may be {' or '.join([actor, *others])}; use its id")


def _from_former(
    clause: Clause, said: dict[str, Any], actor: str, cast: ActorIndex, told: StoryContext
) -> dict[str, Any]:
    """Arguments that depend on the speed, or the place in the lane, that the actor has when the event begins."""
    who = cast.members.get(actor)
    said = {key: value for key, value in said.items() if key not in ("change", "back", "on")}
    if isinstance(said.get("to"), OppositeLane) and who is not None and who.oncoming:
        raise AmbiguousReference(
            "'lane 0' or 'oncoming lane 0': the lane opposite to an oncoming actor is one of the ego's"
        )
    if said.pop("out", None):  # 'runs out in front of': of a parked body, or of one that comes
        other = clause.names.get("before") or (clause.where[1][0] if clause.where is not None else "")
        there = cast.members.get(resolve(other, cast, told.actor))
        if there is not None and there.parked != (clause.verb == "step_out"):
            raise AmbiguousReference(f"'{actor} crosses the road in front of {there.id}'")
    if clause.elliptic and told.done and told.done[-1][2] != clause.verb:
        raise AmbiguousReference(f"what {actor} does, such as '{actor} moves 0.5 m to the left'")
    if who is None or who.on_trajectory:
        return said
    changed = any(by == actor and VERBS[verb].action.takes_speed for _, by, verb in told.done)
    moved = any(by == actor and VERBS[verb].action.takes_path for _, by, verb in told.done)
    if "change" in clause.says:
        said = _changed_speed(str(clause.says["change"]), said, who, changed)
    if "on" in clause.says and changed:
        said = {"speed": f"{who.speed_mps * 3.6:.9g} km/h"} | said
    if "by" in said and not moved and who.lane is not None and who.offset_m is not None:
        said = {"to": _offset(who.offset_m, str(said["by"]))} | {key: v for key, v in said.items() if key != "by"}
    if "back" in clause.says:
        if who.offset_m is None:
            raise AmbiguousReference(
                f"how far, such as '{actor} moves 0.5 m to the left': its place before is not known"
            )
        said = {"to": f"{who.offset_m:g} m"} | said
    return said


def _offset(from_m: float, by: str) -> str:
    """An offset from the centre of the lane; as written where the actor is in the centre."""
    if not from_m:
        return by
    try:
        return f"{from_m + quantity(by, LENGTH):g} m"
    except NotAQuantity:
        return by  # refused with its reason where it is checked


def _changed_speed(change: str, said: dict[str, Any], who: ActorDescription, changed: bool) -> dict[str, Any]:
    """A change of speed with its target as a speed; refused where it is a change to the other side."""
    to, faster = said["to"], change == "speeds up"
    if isinstance(to, RelativeSpeed):
        if changed:
            raise AmbiguousReference(
                f"the speed to reach, such as 30 km/h: other events change the speed of {who.id} before"
            )
        by = 0.0 if to.share else quantity(to, SPEED)
        reached = who.speed_mps * to.share if to.share else who.speed_mps + (by if faster else -by)
        said = said | {"to": f"{max(reached, 0.0) * 3.6:.9g} km/h"}
    try:
        reached = quantity(said["to"], SPEED)
    except NotAQuantity:
        return said  # refused with its reason where it is checked
    if not changed and (reached <= who.speed_mps if faster else reached >= who.speed_mps):
        other = "slows down" if faster else "speeds up"
        side = "above" if faster else "below"
        raise AmbiguousReference(
            f"a speed {side} the {shown(who.speed_mps, SPEED)} of {who.id}, or '{who.id} {other} to ...'"
        )
    return said


def _antecedent(clause: Clause, cast: ActorIndex, told: StoryContext) -> str | None:
    """The actor that a pronoun as the subject refers to: of the condition before it, or of the event before."""
    if clause.who not in PRONOUNS or clause.when is None:
        return told.actor
    named = [resolve(name, cast) for name in _actors_of(clause.when) if name not in PRONOUNS]
    others = list(dict.fromkeys(name for name in named if name != "ego"))
    if told.actor is not None and (told.actor in named or not others):
        return told.actor
    may_be = [*others, *([told.actor] if told.actor is not None else [])]
    if len(may_be) > 1:
        raise AmbiguousReference(f"one actor: '{clause.who}' may be {' or '.join(may_be)}; use its id")
    return may_be[0] if may_be else named[0] if named else None


def _actors_of(moment: Moment) -> Iterator[str]:
    yield from (name for key, name in moment.names.items() if key != "lane")
    for value in moment.values.values():
        for part in value if isinstance(value, tuple) else ():
            yield from _actors_of(part)


def _where(clause: Clause, cast: ActorIndex, told: StoryContext) -> dict[str, Any]:
    """The place relative to other actors."""
    if clause.where is None:
        return {}
    key, names = clause.where
    found = [resolve(name, cast, told.actor) for name in names]
    return {key: found if key == "between" else found[0]}


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
    moment: Moment | None, actor: str, cast: ActorIndex, told: StoryContext, after: tuple[str, ...]
) -> dict[str, Any]:
    timed = (
        moment is not None and moment.key in ("after", LATER) and measure_of(str(moment.values["after"])) is not LENGTH
    )
    condition = {} if moment is None else _condition(moment, actor, cast, told, bool(after))
    if not after:
        return condition or {"after": "0 s"}
    ends: list[dict[str, Any]] = [{"ended": {"event": name} | (condition if timed else {})} for name in after]
    before = ends[0] if len(ends) == 1 else {"all": ends}
    if moment is None or timed:
        return before
    if moment.key == "any":
        return {"any": [_both(before, part) for part in condition["any"]]}
    return _both(before, condition)


def _both(before: dict[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
    """The trigger of 'and then ... when': the condition applies once the event before it has ended."""
    return {"all": [*before.get("all", [before]), *condition.get("all", [condition])]}


def _condition(
    moment: Moment, actor: str, cast: ActorIndex, told: StoryContext, chained: bool = False
) -> dict[str, Any]:
    """`chained`: whether the end of another event is waited for besides."""
    if moment.key == "after":
        if measure_of(str(moment.values["after"])) is LENGTH:
            return {"travelled": {"of": actor, "distance": moment.values["after"]}}
        return dict(moment.values)
    if moment.key == LATER:
        if chained or told.event is None:
            return dict(moment.values)
        return {"begun": {"event": told.event, **moment.values}}
    if moment.key in (DOES, HAS_DONE):
        return _of_event(moment, actor, cast, told)
    if moment.key in ("all", "any"):
        parts = moment.values[moment.key]
        assert isinstance(parts, tuple)
        return {moment.key: [_condition(part, actor, cast, told) for part in parts]}
    values = {key: value for key, value in moment.values.items() if key != "at"}
    if values.get("event") == FORMER:
        if told.event is None:
            raise AmbiguousReference("an event by its name: no earlier event exists")
        values["event"] = told.event
    # In a condition 'it' is the actor of the clause; as the subject it is the actor mentioned last.
    names = {key: resolve(phrase, cast, actor) for key, phrase in moment.names.items() if key != "lane"}
    if "lane" in moment.names:
        values["lane"] = _lane_of(moment.names["lane"], cast)
    if moment.key in (*_BETWEEN_TWO, AWAY, PLACED_AHEAD, PLACED_BEHIND) and len(names) == 1:
        names |= _partner(names, actor)
    if moment.key == AWAY:
        return away(names["of"], names["to"], values, cast)
    if moment.key in (PLACED_AHEAD, PLACED_BEHIND):
        front, rear = (names["of"], names["to"]) if moment.key == PLACED_AHEAD else (names["to"], names["of"])
        return ahead_by(front, rear, str(values["by"]), cast)
    return {moment.key: values | names}


def _of_event(moment: Moment, actor: str, cast: ActorIndex, told: StoryContext) -> dict[str, Any]:
    """'when the van brakes', 'when it has braked': the beginning, or the end, of the event in which it does."""
    who, verb = resolve(moment.names["of"], cast, actor), str(moment.values["verb"])
    found = [name for name, by, done in told.done if (by, done) == (who, verb)]
    there = cast.members.get(who)
    if not found and moment.key == HAS_DONE and verb == "cut_in" and there is not None and there.beside_ego_lane:
        return {"in_lane": {"of": who, "lane": cast.ego_lane}}
    if len(found) != 1:
        what = f"{who} {verb.replace('_', ' ')}" if verb else f"{who} does this"
        how_many = f"{len(found)} events are so" if found else "no earlier event is so"
        raise AmbiguousReference(
            f"the event in which {what}: {how_many}; name a line, 'slow: ...', and write 'when slow has ended'"
        )
    return {"begun" if moment.key == DOES else "ended": {"event": found[0]}}


def _partner(names: dict[str, str], actor: str) -> dict[str, str]:
    """The second body of a condition that names one: the actor, or the ego if the named one is the actor."""
    ((said, who),) = names.items()
    unsaid = "of" if said == "to" else "to"
    if who == actor == "ego":
        return {}
    return {unsaid: "ego" if who == actor else actor}


def _lane_of(phrase: str, cast: ActorIndex) -> int:
    if not is_possessive(phrase):
        raise AmbiguousReference(f"a lane by its number, or the ego's lane, instead of '{phrase} lane'")
    if resolve(phrase, cast) != "ego":
        raise AmbiguousReference(f"a lane by its number, or the ego's lane, instead of '{phrase} lane'")
    return cast.ego_lane


def _check_target(said: Clause, actor: str, cast: ActorIndex, told: StoryContext) -> None:
    """Checks whom an actor follows: the road decides it, so a different name is a fault."""
    if said.target is None or said.target in ("traffic", "the traffic", "the vehicle in front", "the car in front"):
        return
    target, fits = resolve(said.target, cast, told.actor), cast.ahead_of(actor)
    if target != fits:
        there = f"the actor ahead of {actor} in its lane at the start ({fits or 'none'})"
        raise AmbiguousReference(f"{there} instead of '{said.target}'")


def _check_side(said: Clause, actor: str, cast: ActorIndex) -> None:
    if said.side is None or actor in cast.broken:
        return
    side = cast.members[actor].side
    if side != said.side:
        raise AmbiguousReference(
            f"the side at which {actor} is placed: " + (f"it is on the {side}" if side else "no side is known")
        )
