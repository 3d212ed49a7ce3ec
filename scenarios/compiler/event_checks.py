"""What cannot be in an event of a story although each of its parts is well written."""

from collections.abc import Iterator, Sequence

from scenarios.compiler.kind_limits import Doubt, limit_doubts
from scenarios.events.action_spec import Do, crossing_speed
from scenarios.events.event_spec import EventSpec
from scenarios.model.actions import EDGE_AHEAD_M, EDGE_BEHIND_M
from scenarios.model.bodies import FOUR_WHEELS, ON_FOOT, STATIC
from scenarios.model.kinds.registry import KINDS
from scenarios.source.errors import nearest
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
# Can befall who follows one.
_ON_ITS_TRAJECTORY = {"drop", "appear", "disappear", *(verb.key for verb in VERBS.all() if verb.on_trajectory)}
_OFF_RAILS = SETS_PATH - {"cross"}
_NO_CARGO = frozenset(kind for kind, record in KINDS.items() if record.alive or record.on_rails)


def doubts(spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float) -> Iterator[Doubt]:
    """Everything that is doubtful in one event of `story`."""
    yield from _trigger_doubts("when", spec.when, spec, story, cast, duration_s)
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
        if (own := VERBS.get(verb)) is not None:
            yield from _verb_doubts(own, spec, story, cast, duration_s, tuple(e.do.verb for e in others))
            yield from limit_doubts(spec.do, actor, None)
            return
        moved, changed = (any(e.do.verb in sets for e in others) for sets in (SETS_PATH, SETS_SPEED))
        yield from _ACTION_DOUBTS.get(verb, _no_doubts)(spec.do, actor, cast, moved)
        yield from limit_doubts(spec.do, actor, None if changed or actor.on_trajectory else actor.speed_mps)
        yield from _speed_doubts(spec.do, actor, changed)


def _nearest_actor(said: str, known: list[str], cast: ActorIndex) -> str:
    """What to write instead of an id that no actor has."""
    return cast.door_of(said) or nearest(said, known)


def _may_precede(one: EventSpec, other: EventSpec) -> bool:
    if one.when.ended is not None and one.when.ended.event == other.id:
        return False
    return one.when.after is None or other.when.after is None or one.when.after <= other.when.after


def _verb_doubts(
    verb: StoryVerb, spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float,
    earlier: tuple[str, ...],
) -> Iterator[Doubt]:  # fmt: skip
    """Of a verb with a module of its own: the actors and triggers that it names, then what it checks itself."""
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
            yield from _trigger_doubts(f"{where}.{key}", when, spec, story, cast, duration_s)
    if not unknown:
        others = tuple(e.do.verb for e in story if e is not spec and e.actor == spec.actor)
        event = WrittenEvent(cast.members[spec.actor], cast, earlier, others, *changed_before(spec, story))
        for key, found, wanted in verb.check(says, event):
            yield f"{where}.{key}" if key else where, found, wanted


def changed_before(spec: EventSpec, story: Sequence[EventSpec]) -> tuple[frozenset[str], frozenset[str]]:
    """The bodies whose path, and whose speed, other events may have changed before this one."""
    before = [e for e in story if e is not spec and _may_precede(e, spec)]
    moved = frozenset(e.actor for e in before if e.do.verb in SETS_PATH)
    return moved, frozenset(e.actor for e in before if e.do.verb in SETS_SPEED)


# -- triggers ------------------------------------------------------------------------------------------------------


def _trigger_doubts(
    where: str, when: When, spec: EventSpec, story: Sequence[EventSpec], cast: ActorIndex, duration_s: float
) -> Iterator[Doubt]:
    """Of a trigger of an event or within its action; `where`: its path."""
    for path, single in when.singles(where):
        if single.ended is not None:
            yield from _ended_doubts(f"{path}.ended", single.ended.event, spec, story)
        else:
            yield from _single_doubts(path, single, spec.actor, cast, duration_s)


def _single_doubts(path: str, when: When, actor: str, cast: ActorIndex, duration_s: float) -> Iterator[Doubt]:
    if when.after is not None and when.after >= duration_s:
        yield f"{path}.after", f"{when.after:g} s", f"a time before the clip ends at {duration_s:g} s"
    part = getattr(when, when.named)
    known = [*cast.members, *sorted(cast.broken)]
    for key in ("of", "to", "what"):
        said = getattr(part, key, None)
        if said is not None and said not in known:
            yield f"{path}.{when.named}.{key}", f"'{said}'", _nearest_actor(said, known, cast)
    yield from _pair_doubts(path, when, actor, cast)


def _pair_doubts(path: str, when: When, actor: str, cast: ActorIndex) -> Iterator[Doubt]:
    if when.named == "passed" and (when.passed.of or actor) == when.passed.what:
        yield f"{path}.passed.what", f"{when.passed.what} passing itself", "two different actors"
    if when.named not in ("gap", "ttc", "headway"):
        return
    of, to = pair_of(when, actor, cast.leader())
    if of is None or to is None:
        yield f"{path}.{when.named}", "no second actor, and nobody ahead of the ego", "of: and to: with two actors"
    elif of == to:
        yield f"{path}.{when.named}", f"{of} and itself", "two different actors"


def _ended_doubts(path: str, said: str, spec: EventSpec, story: Sequence[EventSpec]) -> Iterator[Doubt]:
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
        yield path, f"'{said}', which waits for '{spec.id}' itself", "events that do not wait in a circle"
    elif _goes_on(former) and not any(e.do.verb in SETS_SPEED and e.actor == former.actor and e not in (former, spec)
                                      for e in story):  # fmt: skip
        wanted = _goes_on(former)
        yield path, f"'{said}', which never ends by itself", f"an event that ends, such as with {wanted}"


def _waits_for(spec: EventSpec) -> list[str]:
    """The events for whose end this one waits, before it begins or before it ends."""
    verb = VERBS.get(spec.do.verb)
    inner = (getattr(spec.do.says, key) for key in (verb.triggers if verb is not None else ()))
    whens = [spec.when, *(when for when in inner if when is not None)]
    return [single.ended.event for when in whens for _, single in when.singles() if single.ended is not None]


def _goes_on(spec: EventSpec) -> str:
    """What an event must say so that it ends by itself; "" where it does end."""
    verb, says = spec.do.verb, spec.do.says
    if (own := VERBS.get(verb)) is not None:
        return own.endless(says)
    return "for: 2 s" if verb in ("hold_speed", "follow") and says.for_ is None else ""


# -- actions -------------------------------------------------------------------------------------------------------


def _no_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    yield from ()


def _speed_doubts(do: Do, actor: ActorDescription, changed: bool) -> Iterator[Doubt]:
    """`changed`: something before this event gave the actor another speed than its first."""
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
    """What would be right instead of an action that leaves the rails; "" for one that does not."""
    if do.verb == "cross" and actor.speed_mps > 0:
        return "one that stands beside the road with 0 km/h first, and then crosses it on its rails"
    if do.verb in _OFF_RAILS:
        return "another actor, or what it can do on its rails: brake, stop, change speed, cross, reverse"
    return ""


def _cut_in_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.kind in ON_FOOT:
        yield "do.cut_in", *_keeps_no_lane(actor)
    elif not actor.beside_ego_lane and not moved:
        wanted = "an actor in another lane of the ego's direction"
        yield "do.cut_in", f"{actor.id}, which is not beside the ego's lane", wanted


def _cut_out_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.kind in ON_FOOT:
        yield "do.cut_out", *_keeps_no_lane(actor)
    elif actor.id == "ego" or not (actor.in_ego_lane or moved):
        yield "do.cut_out", f"{actor.id}, which is not ahead in the ego's lane", "an actor in the ego's lane"


def _lane_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.on_ramp and not moved and do.verb in ("change_lane", "offset"):
        yield f"do.{do.verb}", f"{actor.id}, which is on the ramp", "merge first"
    if actor.kind in ON_FOOT:
        yield f"do.{do.verb}", *_keeps_no_lane(actor)


def _keeps_no_lane(actor: ActorDescription) -> tuple[str, str]:
    return f"{actor.a_kind}, who keeps no lane", "a vehicle or a cyclist"


def _merge_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.kind in ON_FOOT:
        yield "do.merge", *_keeps_no_lane(actor)
    elif not actor.on_ramp:
        yield "do.merge", f"{actor.id}, which is not on the ramp", "an actor with road: ramp; of one in a lane: cut_in"


def _cross_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.id == "ego":
        yield "actor", "the ego", "another actor to cross the road"
    elif do.cross.speed is None and crossing_speed(actor) is None:
        yield "do.cross.speed", "nothing", f"the speed at which {actor.id} crosses, such as 20 km/h"
    elif do.cross.speed == 0:
        yield "do.cross.speed", "0 km/h", "a speed above zero"


def _step_out_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    said, key = do.step_out.cover, "before" if do.step_out.before else "behind"
    cover = cast.members.get(said)
    if actor.kind in FOUR_WHEELS:
        yield "actor", actor.a_kind, "somebody on foot or on two wheels"
    elif do.step_out.speed == 0:
        yield "do.step_out.speed", "0 km/h", "a speed above zero"
    if said in cast.broken:
        return
    others = [m.id for m in cast.members.values() if m.parked and m.id not in ("ego", actor.id)]
    if cover is None:
        yield f"do.step_out.{key}", f"'{said}'", nearest(said, others)
    elif cover.id not in others:
        yield f"do.step_out.{key}", f"{cover.id}, which is not parked", nearest(cover.id, others)


def _drop_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
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


def _appear_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    far = (actor.gap_ahead_m or 0.0) >= EDGE_AHEAD_M or (actor.gap_behind_m or 0.0) >= EDGE_BEHIND_M
    if actor.id == "ego" or not far:
        found = "the ego" if actor.id == "ego" else f"{actor.id}, which would appear in the midst of the scene"
        wanted = (
            f"an actor placed at the scene's edge: ahead: {EDGE_AHEAD_M:g} m or behind: {EDGE_BEHIND_M:g} m, or more"
        )
        yield "do.appear", found, wanted


def _disappear_doubts(do: Do, actor: ActorDescription, cast: ActorIndex, moved: bool) -> Iterator[Doubt]:
    if actor.id == "ego":
        yield "actor", "the ego", "another actor: where the ego is, there is the scene"


_ACTION_DOUBTS = {
    "cut_in": _cut_in_doubts,
    "cut_out": _cut_out_doubts,
    "change_lane": _lane_doubts,
    "offset": _lane_doubts,
    "turn": _lane_doubts,
    "stop_at_line": _lane_doubts,
    "run_red_light": _lane_doubts,
    "merge": _merge_doubts,
    "take_exit": _lane_doubts,
    "cross": _cross_doubts,
    "step_out": _step_out_doubts,
    "drop": _drop_doubts,
    "appear": _appear_doubts,
    "disappear": _disappear_doubts,
}
