"""Compile a story: its lines, in English or structured, to events, or to all its faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from scenarios.compiler.event_checks import SETS_PATH, changed_before, check_event
from scenarios.events.action_spec import Do
from scenarios.events.event_spec import EventSpec, clashes, compiled, once_each
from scenarios.model.actions import VerbAction
from scenarios.model.sides import Side
from scenarios.model.triggers import LaneRef
from scenarios.roads.junction import Arms
from scenarios.roads.road import Road
from scenarios.scenario import Event, Placed
from scenarios.source.errors import SpecError, quoted
from scenarios.spec.actor_references import ActorIndex
from scenarios.spec.actor_spec import ActorSpec, LanePlacement
from scenarios.spec.base import as_faults
from scenarios.spec.trigger_spec import When, lane_ref
from scenarios.story.clause_events import StoryContext
from scenarios.story.sentence import StorySyntaxError, label_of, read_line
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import PlacedEvent

_AT_JUNCTION = {"turn", "stop_at_line", "run_red_light"}


@dataclass(frozen=True)
class StoryLine:
    """One event and its source: the index of the line in the story, and the text if it is English."""

    place: int
    spec: EventSpec
    spoken: str | None

    def fault(self, key: str, found: str, wanted: str) -> SpecError:
        if self.spoken is not None:
            return SpecError(f"story.{self.place}", f"{quoted(self.spoken)}: {found}", wanted)
        return SpecError(f"story.{self.place}.{key}", found, wanted)


def read_story(story: object, cast: ActorIndex, duration_s: float) -> tuple[tuple[StoryLine, ...], list[SpecError]]:
    """The events of a story as written, each with a name, and the faults of invalid lines."""
    faults: list[SpecError] = []
    lines: list[StoryLine] = []
    written = story if isinstance(story, list | tuple) else ()
    taken = frozenset(filter(None, map(_own_name, written)))
    told, lost = StoryContext(taken), False
    for place, line in enumerate(written):
        if lost and _goes_on(line):
            continue  # the line before was not understood and is already reported
        read = _read(place, line, cast, told, faults)
        lines += read
        lost = not read
        done = tuple((str(line.spec.id), line.spec.actor, line.spec.do.verb) for line in lines)
        told = StoryContext(
            taken, len(lines), *((read[-1].spec.id, read[-1].spec.actor) if read else (None, None)), done
        )
    faults += _twice_named(lines)
    specs = [line.spec for line in lines]
    for line in lines:
        faults += [line.fault(*inconsistency) for inconsistency in check_event(line.spec, specs, cast, duration_s)]
    return tuple(lines), faults


def _goes_on(line: object) -> bool:
    return (_english(line) or "").lower().split(" ")[0] in ("it", "he", "she", "they", "then", "and")


def _read(place: int, line: object, cast: ActorIndex, told: StoryContext, faults: list[SpecError]) -> list[StoryLine]:
    """Read one line of the story; its faults are added to `faults`."""
    spoken = _english(line)
    try:
        if spoken is None:
            spec = EventSpec.model_validate(line)
            return [StoryLine(place, spec.model_copy(update={"id": spec.id or told.next_name()}), None)]
        return [StoryLine(place, EventSpec.model_validate(event), spoken) for event in read_line(spoken, cast, told)]
    except StorySyntaxError as error:
        faults.append(SpecError(f"story.{place}", error.found, error.wanted))
    except ValidationError as error:
        found = as_faults(error, f"story.{place}")
        faults += (
            found
            if spoken is None
            else [SpecError(f"story.{place}", f"{quoted(spoken)}: {f.found}", f.wanted) for f in found]
        )
    return []


def _own_name(line: object) -> str | None:
    spoken = _english(line)
    if spoken is not None:
        return label_of(spoken)
    name = line.get("id") if isinstance(line, dict) else None
    return name if isinstance(name, str) else None


def _english(line: object) -> str | None:
    """The sentence of a line. YAML reads one with a label, 'slow: lead brakes', as a mapping with one key."""
    if isinstance(line, str):
        return line
    if isinstance(line, dict) and len(line) == 1:
        ((key, value),) = line.items()
        if isinstance(value, str) and key not in EventSpec.model_fields:
            return f"{key}: {value}"
    return None


def _twice_named(lines: Sequence[StoryLine]) -> list[SpecError]:
    seen: set[str | None] = set()
    faults = []
    for line in lines:
        if line.spec.id in seen:
            faults.append(line.fault("id", f"the name '{line.spec.id}' a second time", "each name once"))
        seen.add(line.spec.id)
    return faults


def compiled_story(lines: Sequence[StoryLine], cast: ActorIndex) -> tuple[tuple[Event, ...], list[SpecError]]:
    """The events in their order, and the faults of events that contradict each other."""
    sound = [line for line in lines if line.spec.actor in cast.members]
    events = [compiled(line.spec, cast) for line in sound]
    faults = [SpecError(f"story.{sound[i].place}", found, wanted) for i, found, wanted in clashes(events)]
    return once_each(events), faults


def lane_faults(lines: Sequence[StoryLine], actors: dict[str, ActorSpec], road: Road) -> Iterator[SpecError]:
    """Events that refer to lanes that the road does not have."""
    for line in lines:
        do, when = line.spec.do, line.spec.when
        for path, single in (*when.singles(), *_inner_singles(do)):
            if single.in_lane is not None and (found := _missing(lane_ref(single.in_lane.lane), road)):
                yield line.fault(f"{path}.in_lane.lane", *found)
        if do.take_exit is not None and (found := _exit_missing(do.take_exit.number, road)):
            yield line.fault("do.take_exit.number", *found)
        if do.verb == "merge" and road.ramp is None:
            yield line.fault("do.merge", "a road without ramp", "road.ramp, such as {joins: 60 m, length: 150 m}")
        if do.verb in _AT_JUNCTION and road.junction is None:
            yield line.fault(f"do.{do.verb}", "a road without junction", "road.junction, such as {at: 40 m}")
        elif do.verb == "run_red_light" and road.junction is not None and not road.junction.signals:
            yield line.fault("do.run_red_light", "a junction without signals", "road.junction.signals")
        if do.change_lane is not None and isinstance(do.change_lane.to, LaneRef):
            if found := _missing(do.change_lane.to, road):
                yield line.fault("do.change_lane.to", *found)
        elif do.verb in ("change_lane", "cut_out"):
            yield from _beside_faults(line, lines, actors, road)


def _inner_singles(do: Do) -> Iterator[tuple[str, When]]:
    """The single conditions of triggers within an action, each with its path."""
    verb = VERBS.get(do.verb)
    for key in verb.triggers if verb is not None else ():
        if (when := getattr(do.says, key)) is not None:
            yield from when.singles(f"do.{do.verb}.{key}")


def placed_faults(
    lines: Sequence[StoryLine], cast: ActorIndex, placed: Sequence[Placed], road: Road
) -> Iterator[SpecError]:
    """Events of verbs with their own module that are not possible on this road or from the start positions."""
    bodies, specs = {p.body.id: p for p in placed}, [line.spec for line in lines]
    for line in lines:
        verb = VERBS.get(line.spec.do.verb)
        if verb is None:
            continue
        event = PlacedEvent(line.spec.actor, road, bodies, changed_before(line.spec, specs)[0])
        action = compiled(line.spec, cast).do
        for key, found, wanted in verb.check_placed(action, event):
            yield line.fault(f"do.{verb.key}.{key}" if key else f"do.{verb.key}", found, wanted)


def brought_bodies(events: Sequence[Event], placed: Sequence[Placed], road: Road) -> tuple[Placed, ...]:
    """The bodies that events add to the scene, at the place where they are added."""
    bodies = {p.body.id: p for p in placed}
    own = [(event.actor, event.do) for event in events if isinstance(event.do, VerbAction)]
    found = [VERBS.of(do).brings(do, PlacedEvent(actor, road, bodies, frozenset())) for actor, do in own]
    return tuple(body for brought in found for body in brought)


def _exit_missing(number: int, road: Road) -> tuple[str, str] | None:
    there = road.junction
    if there is None or not there.ring_m:
        return "a road without roundabout", "road.roundabout, such as {at: 60 m}"
    arms = 4 if there.arms is Arms.BOTH else 3
    return None if number <= arms else (f"exit {number}", f"one of 1 to {arms}: the roundabout has {arms} arms")


def _missing(lane: LaneRef, road: Road) -> tuple[str, str] | None:
    there = road.opposite_lanes if lane.oncoming else road.lanes
    word = "oncoming lane " if lane.oncoming else "lane "
    if lane.number < there:
        return None
    return f"{word}{lane.number}", (
        "one of " + ", ".join(f"{word}{i}" for i in range(there)) if there else "a lane ahead"
    )


def _beside_faults(
    line: StoryLine, lines: Sequence[StoryLine], actors: dict[str, ActorSpec], road: Road
) -> Iterator[SpecError]:
    """Lane changes to a side without a lane, for actors that are still in their first lane."""
    spec, actor = line.spec, actors.get(line.spec.actor)
    side = spec.do.says.to
    moved = any(o.spec.do.verb in SETS_PATH for o in lines if o is not line and o.spec.actor == spec.actor)
    if moved or not (isinstance(actor, LanePlacement) or spec.actor == "ego"):
        return
    lane, facing = road.ego_lane, 1
    if isinstance(actor, LanePlacement):
        lane = road.lanes + actor.lane.number if actor.lane.oncoming else actor.lane.number
        facing = -1 if actor.lane.oncoming else 1
    sides = [s for s in Side if 0 <= lane + facing * (1 if s is Side.LEFT else -1) < road.lanes + road.opposite_lanes]
    if (side is not None and side not in sides) or not sides:
        found = f"no lane on the {side} of {spec.actor}" if side else f"no lane beside {spec.actor}"
        wanted = f"a lane on its {sides[0]}" if sides else "a road with more lanes"
        yield line.fault(f"do.{spec.do.verb}.to", found, wanted)
