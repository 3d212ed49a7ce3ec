"""Compile a story: its lines, in English or structured, to events, or to all its faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from scenarios.compiler.event_checks import SETS_PATH, changed_before, check_event
from scenarios.events.action_spec import Do
from scenarios.events.event_spec import EventSpec, clashes, compiled, once_each
from scenarios.roads.road import Road
from scenarios.scenario import Event, Placed
from scenarios.source.errors import SpecError, quoted
from scenarios.spec.actor_references import ActorIndex
from scenarios.spec.actor_spec import ActorSpec, LanePlacement
from scenarios.spec.base import as_faults
from scenarios.spec.trigger_spec import When, lane_ref, missing_lane
from scenarios.story.clause_events import StoryContext
from scenarios.story.sentence import StorySyntaxError, label_of, read_line
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import PlacedEvent, RoadEvent


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
        last = read[-1].spec if read else None
        told = StoryContext(taken, len(lines), last.id if last else None, last.actor if last else None, done)
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


def road_faults(lines: Sequence[StoryLine], actors: dict[str, ActorSpec], road: Road) -> Iterator[SpecError]:
    """Events that need a road other than this one, such as a lane or a junction that it does not have."""
    for line in lines:
        do, when = line.spec.do, line.spec.when
        for path, single in (*when.singles(), *_inner_singles(do)):
            if single.in_lane is not None and (found := missing_lane(lane_ref(single.in_lane.lane), road)):
                yield line.fault(f"{path}.in_lane.lane", *found)
        verb, event = VERBS[do.verb], RoadEvent(line.spec.actor, road, *_first_lane(line, lines, actors, road))
        for key, missing, wanted in verb.check_road(do.says, event):
            yield line.fault(verb.path(key), missing, wanted)


def _first_lane(
    line: StoryLine, lines: Sequence[StoryLine], actors: dict[str, ActorSpec], road: Road
) -> tuple[int | None, int]:
    """The lane and the direction in which the actor of an event starts; no lane if another event changes its path."""
    spec, actor = line.spec, actors.get(line.spec.actor)
    moved = any(o.spec.do.verb in SETS_PATH for o in lines if o is not line and o.spec.actor == spec.actor)
    if not moved and spec.actor == "ego":
        return road.ego_lane, 1
    if moved or not isinstance(actor, LanePlacement):
        return None, 1
    if actor.lane.oncoming:
        return road.lanes + actor.lane.number, -1
    return actor.lane.number, 1


def _inner_singles(do: Do) -> Iterator[tuple[str, When]]:
    """The single conditions of triggers within an action, each with its path."""
    verb = VERBS[do.verb]
    for key in verb.triggers:
        if (when := getattr(do.says, key)) is not None:
            yield from when.singles(verb.path(key))


def placed_faults(
    lines: Sequence[StoryLine], cast: ActorIndex, placed: Sequence[Placed], road: Road, friction: float
) -> Iterator[SpecError]:
    """Events that are not possible on this road or from the start positions."""
    bodies, specs = {p.body.id: p for p in placed}, [line.spec for line in lines]
    for line in lines:
        verb = VERBS[line.spec.do.verb]
        event = PlacedEvent(line.spec.actor, road, friction, bodies, changed_before(line.spec, specs)[0])
        for key, found, wanted in verb.check_placed(compiled(line.spec, cast).do, event):
            yield line.fault(verb.path(key), found, wanted)


def brought_bodies(
    events: Sequence[Event], placed: Sequence[Placed], road: Road, friction: float
) -> tuple[Placed, ...]:
    """The bodies that events add to the scene, at the place where they are added."""
    bodies = {p.body.id: p for p in placed}
    written = ((event.do, PlacedEvent(event.actor, road, friction, bodies, frozenset())) for event in events)
    return tuple(body for action, event in written for body in VERBS.of(action).brings(action, event))
