"""Consistency checks of a story's events: combinations that their schema cannot exclude."""

from collections.abc import Iterator, Sequence

from scenarios.compiler.kind_limits import check_limit
from scenarios.events.action_spec import Do, crossing_speed
from scenarios.events.event_spec import EventSpec
from scenarios.model.actions import EDGE_AHEAD_M, EDGE_BEHIND_M
from scenarios.model.bodies import FOUR_WHEELS, ON_FOOT, STATIC
from scenarios.model.kinds.registry import KINDS
from scenarios.source.errors import Inconsistency, nearest
from scenarios.source.units import SPEED, shown
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.trigger_spec import When, pair_of
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import StoryVerb, WrittenEvent

SETS_SPEED = {
    "brake", "stop", "change_speed", "hold_speed", "follow", "cross", "step_out", "stop_at_line",
    *(verb.key for verb in VERBS.all() if verb.action.takes_speed),
}  # fmt: skip
SETS_PATH = {
    "cut_in",
    "cut_out",
    "change_lane",
    "offset",
    "cross",
    "step_out",
    "turn",
    "merge",
    "take_exit",
    *(verb.key for verb in VERBS.all() if verb.action.takes_path),
}
# Actions that are possible for an actor on a trajectory.
_ON_ITS_TRAJECTORY = {"drop", "appear", "disappear", *(verb.key for verb in VERBS.all() if verb.on_trajectory)}
_OFF_RAILS = SETS_PATH - {"cross"}
_NO_CARGO = frozenset(kind for kind, record in KINDS.items() if record.alive or record.on_rails)


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
    actor, verb = cast.members[spec.actor], spec.do.verb
    others = [e for e in story if e is not spec and e.actor == actor.id and _may_precede(e, spec)]
    if actor.on_trajectory and verb not in _ON_ITS_TRAJECTORY:
        yield "actor", f"{actor.id}, which follows its trajectory", "an actor without a trajectory"
    elif actor.kind in STATIC and verb not in ("appear", "disappear"):
        yield "actor", f"{actor.a_kind}, which cannot move", "an actor that can move"
    elif any(e.do.verb == "drop" and e.do.drop.cargo == actor.id for e in story):
        yield "actor", f"{actor.id}, which is cargo", "an actor that acts by itself"
    elif KINDS[actor.kind].on_rails and (reason := _off_rails(spec.do, actor)):
        yield f"do.{verb}", f"{actor.a_kind}, which runs on rails and cannot leave them", reason
    else:
        moved, changed = (any(e.do.verb in sets for e in others) for sets in (SETS_PATH, SETS_SPEED))
        own, speed = VERBS.get(verb), None if changed or actor.on_trajectory else actor.speed_mps
        if own is not None:
            yield from _check_verb(own, spec, story, cast, duration_s, tuple(e.do.verb for e in others))
            yield from check_limit(spec.do, actor, speed)
            return
        yield from _ACTION_CHECKS.get(verb, _check_nothing)(spec.do, actor, cast, moved)
        yield from check_limit(spec.do, actor, speed)
        yield from _check_speed(spec.do, actor, changed)


_NOWHERE = ("hold_speed", "follow", "run_red_light", "appear", "disappear", "wait", "open_door")


def _check_where(spec: EventSpec, cast: ActorIndex) -> Iterator[Inconsistency]:
    if spec.where is None:
        return
    path = f"where.{spec.where.key}"
    if spec.do.verb in _NOWHERE:
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
    verb: StoryVerb, spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float,
    earlier: tuple[str, ...],
) -> Iterator[Inconsistency]:  # fmt: skip
    """Checks an event whose verb has its own module: the actors and triggers that it names, then the verb's checks."""
    where, says, unknown = f"do.{verb.key}", spec.do.says, False
    for key in verb.names:
        said = getattr(says, key)
        if said == spec.actor:
            yield f"{where}.{key}", f"{said} itself", "another actor"
        elif said not in cast.members:
            unknown = True
            if said not in cast.broken:
                others = [name for name in cast.members if name != spec.actor]
                yield f"{where}.{key}", f"'{said}'", _nearest_actor(said, others, cast)
    for key in verb.triggers:
        if (when := getattr(says, key)) is not None:
            yield from _check_trigger(f"{where}.{key}", when, spec, story, cast, duration_s)
    if not unknown:
        others = tuple(e.do.verb for e in story if e is not spec and e.actor == spec.actor)
        event = WrittenEvent(cast.members[spec.actor], cast, earlier, others, *changed_before(spec, story))
        for key, found, wanted in verb.check(says, event):
            yield f"{where}.{key}" if key else where, found, wanted


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
    elif key == "ended" and _goes_on(former) and not any(e.do.verb in SETS_SPEED and e.actor == former.actor and e not in (former, spec)
                                      for e in story):  # fmt: skip
        wanted = _goes_on(former)
        yield path, f"'{said}', which never ends by itself", f"an event that ends, such as with {wanted}"


def _waits_for(spec: EventSpec) -> list[str]:
    """The events whose end this event waits for, before it begins or before it ends."""
    verb = VERBS.get(spec.do.verb)
    inner = (getattr(spec.do.says, key) for key in (verb.triggers if verb is not None else ()))
    whens = [spec.when, *(when for when in inner if when is not None)]
    return [single.awaits.event for when in whens for _, single in when.singles() if single.awaits is not None]


def _goes_on(spec: EventSpec) -> str:
    """The key that an event needs so that it ends by itself; "" if it ends already."""
    verb, says = spec.do.verb, spec.do.says
    if (own := VERBS.get(verb)) is not None:
        return own.endless(says)
    return "for: 2 s" if verb in ("hold_speed", "follow") and says.for_ is None else ""


# -- actions -------------------------------------------------------------------------------------------------------


def _check_nothing(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    yield from ()


def _check_speed(do: Do, actor: ActorDescription, changed: bool) -> Iterator[Inconsistency]:
    """`changed`: an earlier event may have changed the actor's speed."""
    if do.verb == "hold_speed" and changed and do.hold_speed.speed is None:
        yield "do.hold_speed.speed", "nothing", f"the speed that {actor.id} holds from then on, such as 30 km/h"
    if changed:
        return
    if do.verb in ("brake", "stop") and actor.speed_mps == 0 and not actor.on_trajectory:
        what = {"brake": "braking", "stop": "stopping"}[do.verb]
        yield f"do.{do.verb}", f"{actor.id} {what}, which stands", "an actor that moves"
    elif do.verb == "brake" and do.brake.until >= actor.speed_mps:
        wanted = f"a speed below the {shown(actor.speed_mps, SPEED)} of {actor.id}"
        yield "do.brake.until", shown(do.brake.until, SPEED), wanted


def _off_rails(do: Do, actor: ActorDescription) -> str:
    """The correction for an action that leaves the rails; "" for any other action."""
    if do.verb == "cross" and actor.speed_mps > 0:
        return "an actor that first stands beside the road at 0 km/h and then crosses it on its rails"
    if do.verb in _OFF_RAILS:
        return "another actor, or an action that is possible on rails: brake, stop, change speed, cross, reverse"
    return ""


def _check_cut_in(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.kind in ON_FOOT:
        yield "do.cut_in", *_keeps_no_lane(actor)
    elif not actor.beside_ego_lane and not moved:
        wanted = "an actor in another lane of the ego's direction"
        yield "do.cut_in", f"{actor.id}, which is not beside the ego's lane", wanted


def _check_cut_out(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.kind in ON_FOOT:
        yield "do.cut_out", *_keeps_no_lane(actor)
    elif actor.id == "ego" or not (actor.in_ego_lane or moved):
        yield "do.cut_out", f"{actor.id}, which is not ahead in the ego's lane", "an actor in the ego's lane"


def _check_lane(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.on_ramp and not moved and do.verb in ("change_lane", "offset"):
        yield f"do.{do.verb}", f"{actor.id}, which is on the ramp", "merge first"
    if actor.kind in ON_FOOT:
        yield f"do.{do.verb}", *_keeps_no_lane(actor)


def _keeps_no_lane(actor: ActorDescription) -> tuple[str, str]:
    return f"{actor.a_kind}, which does not keep to a lane", "a vehicle or a cyclist"


def _check_merge(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.kind in ON_FOOT:
        yield "do.merge", *_keeps_no_lane(actor)
    elif not actor.on_ramp:
        yield "do.merge", f"{actor.id}, which is not on the ramp", "an actor with road: ramp; in a lane: cut_in"


def _check_cross(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.id == "ego":
        yield "actor", "the ego", "another actor to cross the road"
    elif do.cross.speed is None and crossing_speed(actor) is None:
        yield "do.cross.speed", "nothing", f"the speed at which {actor.id} crosses, such as 20 km/h"
    elif do.cross.speed == 0:
        yield "do.cross.speed", "0 km/h", "a speed above zero"


def _check_step_out(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    said, key = do.step_out.cover, "before" if do.step_out.before else "behind"
    cover = cast.members.get(said)
    if actor.kind in FOUR_WHEELS:
        yield "actor", actor.a_kind, "a pedestrian or a two-wheeler"
    elif do.step_out.speed == 0:
        yield "do.step_out.speed", "0 km/h", "a speed above zero"
    if said in cast.broken:
        return
    others = [m.id for m in cast.members.values() if m.parked and m.id not in ("ego", actor.id)]
    if cover is None:
        yield f"do.step_out.{key}", f"'{said}'", nearest(said, others)
    elif cover.id not in others:
        yield f"do.step_out.{key}", f"{cover.id}, which is not parked", nearest(cover.id, others)


def _check_drop(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.kind not in FOUR_WHEELS:
        yield "actor", f"{actor.a_kind} that carries a load", "a vehicle on four wheels or more"
    if do.drop.cargo in cast.broken:
        return
    cargo = cast.members.get(do.drop.cargo)
    loose = [m.id for m in cast.members.values() if m.hidden and m.kind not in _NO_CARGO and m.id != actor.id]
    if cargo is None:
        yield "do.drop.cargo", f"'{do.drop.cargo}'", nearest(do.drop.cargo, loose)
    elif not cargo.hidden:
        wanted = "an actor without a place of its own, such as crate: {kind: barrier, size: [1 m, 1 m, 0.8 m]}"
        yield "do.drop.cargo", f"{cargo.id}, which already has a place", wanted
    elif cargo.kind in _NO_CARGO:
        yield "do.drop.cargo", cargo.a_kind, "a thing"


def _check_appear(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    far = (actor.gap_ahead_m or 0.0) >= EDGE_AHEAD_M or (actor.gap_behind_m or 0.0) >= EDGE_BEHIND_M
    if actor.id == "ego" or not far:
        found = "the ego" if actor.id == "ego" else f"{actor.id}, which would appear inside the scene"
        wanted = (
            f"an actor placed at the scene's edge: ahead: {EDGE_AHEAD_M:g} m or behind: {EDGE_BEHIND_M:g} m, or more"
        )
        yield "do.appear", found, wanted


def _check_disappear(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Inconsistency]:
    if actor.id == "ego":
        yield "actor", "the ego", "another actor: the scene is where the ego is"


_ACTION_CHECKS = {
    "cut_in": _check_cut_in,
    "cut_out": _check_cut_out,
    "change_lane": _check_lane,
    "offset": _check_lane,
    "turn": _check_lane,
    "stop_at_line": _check_lane,
    "run_red_light": _check_lane,
    "merge": _check_merge,
    "take_exit": _check_lane,
    "cross": _check_cross,
    "step_out": _check_step_out,
    "drop": _check_drop,
    "appear": _check_appear,
    "disappear": _check_disappear,
}
