"""Consistency checks of a story's events: combinations that their schema cannot exclude."""

from collections.abc import Iterator, Sequence

from scenarios.events.event_spec import EventSpec
from scenarios.model.bodies import STATIC
from scenarios.model.kinds.registry import KINDS
from scenarios.source.errors import Inconsistency, nearest
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.kind_limits import check_limits
from scenarios.spec.trigger_spec import When, pair_of
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import StoryVerb, WrittenEvent

SETS_SPEED = frozenset(verb.key for verb in VERBS.all() if verb.action.takes_speed)
SETS_PATH = frozenset(verb.key for verb in VERBS.all() if verb.action.takes_path)


def check_event(
    spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float
) -> Iterator[Inconsistency]:
    """All inconsistencies of one event of `story`."""
    yield from _check_trigger("when", spec.when, spec, story, cast, duration_s)
    yield from _check_where(spec, cast)
    if spec.actor in cast.broken:
        return
    if spec.actor not in cast.members:
        yield "actor", f"'{spec.actor}'", _nearest_actor(spec.actor, [*cast.members, *sorted(cast.broken)], cast)
        return
    actor, verb = cast.members[spec.actor], VERBS[spec.do.verb]
    if actor.on_trajectory and not verb.on_trajectory:
        yield "actor", f"{actor.id}, which follows its trajectory", "an actor without a trajectory"
    elif actor.kind in STATIC and not verb.of_static:
        yield "actor", f"{actor.a_kind}, which cannot move", "an actor that can move"
    elif any(actor.id in _cargo(e) for e in story):
        yield "actor", f"{actor.id}, which is cargo", "an actor that acts by itself"
    elif KINDS[actor.kind].on_rails and (reason := _off_rails(verb, actor)):
        yield verb.path(""), f"{actor.a_kind}, which runs on rails and cannot leave them", reason
    else:
        yield from _check_verb(verb, spec, story, cast, duration_s)
        for key, found, wanted in check_limits(spec.do.says, actor):
            yield verb.path(key), found, wanted


def _cargo(spec: EventSpec) -> list[str]:
    """The actors that the actor of an event carries until then."""
    return [getattr(spec.do.says, key) for key in VERBS[spec.do.verb].cargo]


def _off_rails(verb: StoryVerb, actor: ActorDescription) -> str:
    """The correction for an action that leaves the rails; "" for any other action."""
    if verb.rails is not None:
        return verb.rails(actor)
    wanted = "another actor, or an action that is possible on rails: brake, stop, change speed, cross, reverse"
    return wanted if verb.action.takes_path else ""


def _check_where(spec: EventSpec, cast: ActorIndex) -> Iterator[Inconsistency]:
    if spec.where is None:
        return
    path = f"where.{spec.where.key}"
    if VERBS[spec.do.verb].placeless:
        yield path, f"a place relative to {' and '.join(spec.where.names)}", f"no such place: {spec.do.verb} has none"
    for said in spec.where.names:
        if said == spec.actor:
            yield path, f"{said} itself", "another actor"
        elif said not in cast.members and said not in cast.broken:
            yield path, f"'{said}'", _nearest_actor(said, [name for name in cast.members if name != spec.actor], cast)


def _nearest_actor(said: str, known: list[str], cast: ActorIndex) -> str:
    """The correction of an id that no actor has."""
    return cast.door_of(said) or nearest(said, known)


def _may_precede(one: EventSpec, other: EventSpec) -> bool:
    if one.when.awaits is not None and one.when.awaits.event == other.id:
        return False
    return one.when.after is None or other.when.after is None or one.when.after <= other.when.after


def _check_verb(
    verb: StoryVerb, spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float
) -> Iterator[Inconsistency]:
    """Checks an event by its verb: the actors and triggers that it names, then the verb's checks."""
    says, unknown = spec.do.says, False
    for key in verb.names:
        said = getattr(says, key)
        if said is None:
            continue
        if said == spec.actor:
            yield verb.path(key), f"{said} itself", "another actor"
        elif said not in cast.members:
            unknown = True
            if said not in cast.broken:
                others = [name for name in cast.members if name != spec.actor]
                yield verb.path(key), f"'{said}'", _nearest_actor(said, others, cast)
    for key in verb.triggers:
        if (when := getattr(says, key)) is not None:
            yield from _check_trigger(verb.path(key), when, spec, story, cast, duration_s)
    if not unknown:
        others = [e for e in story if e is not spec and e.actor == spec.actor]
        earlier = tuple(e.do.verb for e in others if _may_precede(e, spec))
        doing, before = tuple(e.do.verb for e in others), changed_before(spec, story)
        for key, found, wanted in verb.check(
            says, WrittenEvent(cast.members[spec.actor], cast, earlier, doing, *before)
        ):
            yield verb.path(key), found, wanted


def changed_before(spec: EventSpec, story: Sequence[EventSpec]) -> tuple[frozenset[str], frozenset[str]]:
    """The actors whose path, and those whose speed, other events may have changed before this one."""
    before = [e for e in story if e is not spec and _may_precede(e, spec)]
    moved = frozenset(e.actor for e in before if e.do.verb in SETS_PATH)
    return moved, frozenset(e.actor for e in before if e.do.verb in SETS_SPEED)


# -- triggers ------------------------------------------------------------------------------------------------------


def _check_trigger(
    where: str, when: When, spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float
) -> Iterator[Inconsistency]:
    """Checks a trigger of an event or within its action; `where`: its path."""
    for path, single in when.singles(where):
        if single.awaits is not None:
            yield from _check_awaited(f"{path}.{single.named}", single.awaits.event, single.named, spec, story)
        else:
            yield from _check_single(path, single, spec.actor, cast, duration_s)


def _check_single(path: str, when: When, actor: str, cast: ActorIndex, duration_s: float) -> Iterator[Inconsistency]:
    if when.after is not None and when.after >= duration_s:
        yield f"{path}.after", f"{when.after:g} s", f"a time before the clip ends at {duration_s:g} s"
    part = getattr(when, when.named)
    known = [*cast.members, *sorted(cast.broken)]
    for key in ("of", "to", "what"):
        said = getattr(part, key, None)
        if said is not None and said not in known:
            yield f"{path}.{when.named}.{key}", f"'{said}'", _nearest_actor(said, known, cast)
    yield from _check_pair(path, when, actor, cast)


def _check_pair(path: str, when: When, actor: str, cast: ActorIndex) -> Iterator[Inconsistency]:
    if when.named == "passed" and (when.passed.of or actor) == when.passed.what:
        yield f"{path}.passed.what", f"{when.passed.what} passing itself", "two different actors"
    if when.named not in ("gap", "ttc", "headway"):
        return
    of, to = pair_of(when, actor, cast.leader())
    if of is None or to is None:
        yield f"{path}.{when.named}", "no second actor, and no actor ahead of the ego", "of: and to: with two actors"
    elif of == to:
        yield f"{path}.{when.named}", f"{of} and itself", "two different actors"


def _check_awaited(
    path: str, said: str, key: str, spec: EventSpec, story: Sequence[EventSpec]
) -> Iterator[Inconsistency]:
    """`key`: whether its end or its beginning is awaited."""
    by_name = {e.id: e for e in story}
    former = by_name.get(said)
    if former is None:
        names = [name for name in by_name if name not in (None, spec.id)]
        yield path, f"'{said}'", "an event of this story: " + nearest(said, names)
        return
    seen, waits = set(), [former]
    while waits:
        at = waits.pop()
        seen.add(at.id)
        waits += [by_name[name] for name in _waits_for(at) if name in by_name and name not in seen]
    if spec.id in seen:
        yield path, f"'{said}', which waits for '{spec.id}' itself", "events that do not wait for each other"
    elif key == "ended" and _goes_on(former) and not any(e.do.verb in SETS_SPEED and e.actor == former.actor
                                                         and e not in (former, spec)
                                      for e in story):  # fmt: skip
        wanted = _goes_on(former)
        yield path, f"'{said}', which never ends by itself", f"an event that ends, such as with {wanted}"


def _waits_for(spec: EventSpec) -> list[str]:
    """The events whose end this event waits for, before it begins or before it ends."""
    inner = (getattr(spec.do.says, key) for key in VERBS[spec.do.verb].triggers)
    whens = [spec.when, *(when for when in inner if when is not None)]
    return [single.awaits.event for when in whens for _, single in when.singles() if single.awaits is not None]


def _goes_on(spec: EventSpec) -> str:
    """The key that an event needs so that it ends by itself; "" if it ends already."""
    return VERBS[spec.do.verb].endless(spec.do.says)
