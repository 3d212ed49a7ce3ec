"""Compile one variant of a file to a concrete Scenario, or to all its faults."""

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scenarios.compiler.compile_story import brought_bodies, compiled_story, placed_faults, read_story, road_faults
from scenarios.compiler.placement import check_lane, check_starts, check_trajectory, place_actor, place_ego
from scenarios.compiler.road_checks import check_grip, check_merging, check_road, check_roundabout, check_rows
from scenarios.model.environment import FRICTION, WEATHERS, Surface
from scenarios.model.triggers import AfterEvent, AllOf, AnyOf, Trigger
from scenarios.roads.road import Road
from scenarios.scenario import Event, Expect, FromLog, Placed, Scenario, carriers
from scenarios.source.errors import Inconsistency, SpecError, nearest, quoted
from scenarios.spec.actor_references import ActorDescription, ActorIndex, ego_member, member
from scenarios.spec.actor_spec import ActorSpec, EgoSpec, Guided, Hidden, Moved
from scenarios.spec.base import as_faults
from scenarios.spec.road_spec import brought_along, made_road
from scenarios.spec.scenario_spec import Collision, Common, EventsDone, LogSpec, Start, WorldSpec
from scenarios.verbs import VERBS

_EGO: TypeAdapter[EgoSpec] = TypeAdapter(EgoSpec)
_ACTOR: TypeAdapter[ActorSpec] = TypeAdapter(ActorSpec)
_DECIDES_NOTHING = ("id", "intent", "source", "parameters", "spec_hash")
_OF_THE_LOG = ("road", "ego", "actors", "story")


def build(data: dict[str, object]) -> tuple[Scenario | None, list[SpecError]]:
    """The scenario of plain data without a sweep; None and all faults if it is invalid."""
    return _build_log(data) if "from" in data else _build_world(data)


def _build_log(data: dict[str, object]) -> tuple[Scenario | None, list[SpecError]]:
    wanted = "no such key beside from: the log defines all positions"
    faults = [SpecError(key, quoted(data[key]), wanted) for key in _OF_THE_LOG if key in data]
    try:
        spec = LogSpec.model_validate({key: value for key, value in data.items() if key not in _OF_THE_LOG})
    except ValidationError as error:
        return None, faults + as_faults(error)
    if faults:
        return None, faults
    surface = WEATHERS[spec.environment.weather].surface
    return _identified(_scenario(spec, None, surface, FRICTION[surface], (), (), spec.from_)), []


def _build_world(data: dict[str, object]) -> tuple[Scenario | None, list[SpecError]]:
    cast = cast_of(data)
    try:
        spec, faults = WorldSpec.model_validate(data), []
    except ValidationError as error:
        spec, faults = None, _hinted(as_faults(error), data)
    lines, story_faults = read_story(data.get("story"), cast, spec.duration if spec else 60.0)
    events, clashing = ((), []) if story_faults else compiled_story(lines, cast)
    story_faults += clashing
    faults += story_faults
    if spec is None:
        return None, faults
    road = made_road(spec.road, spec.ego.lane)
    rows = brought_along(spec.road, road)
    faults += _as_faults((*check_road(road), *check_rows(spec.road, spec.actors, rows)))
    faults += _placing_faults(spec, road, events, story_faults)
    faults += _as_faults(() if story_faults else check_merging(spec.actors, events))
    faults += road_faults(lines, spec.actors, road)
    if faults:
        return None, faults
    placed = (*_placed(spec, road, events), *rows)
    surface = spec.road.surface or WEATHERS[spec.environment.weather].surface
    friction = FRICTION[surface] if spec.road.friction is None else spec.road.friction
    placed += brought_bodies(events, placed, road, friction)
    faults = _as_faults(
        (*check_starts(placed, road, events), *check_grip(road, friction), *check_roundabout(placed, road, events))
    )
    faults += placed_faults(lines, cast, placed, road, friction)
    return (None, faults) if faults else (_identified(_scenario(spec, road, surface, friction, placed, events)), [])


def _hinted(faults: list[SpecError], data: dict[str, object]) -> list[SpecError]:
    """Add a hint to unknown top-level keys that are valid in a scenario that starts from a log."""
    return [
        replace(f, wanted=nearest(f.where, [*WorldSpec.model_fields, "sweep", "from"]))
        if f.found == "an unknown key" and f.where in data
        else f
        for f in faults
    ]


def cast_of(data: dict[str, object]) -> ActorIndex:
    """All actors whose own section is valid, so that a fault in one actor does not hide faults of the story."""
    ego, raw = _valid(_EGO, data.get("ego")), data.get("actors")
    written = data.get("ego")
    lane = written.get("lane", 0) if isinstance(written, dict) else 0
    known = ego or Guided.model_construct(lane=lane, trajectory=(), size=None)
    members: dict[str, ActorDescription] = {"ego": ego_member(known)}
    broken: dict[str, object] = {} if ego else {"ego": "car"}
    for name, section in raw.items() if isinstance(raw, dict) else ():
        if name == "ego":
            continue  # reported by the validation of the whole file
        actor = _valid(_ACTOR, section)
        if actor is None:
            broken[name] = section.get("kind") if isinstance(section, dict) else None
        else:
            members[name] = member(name, actor, known)
    return ActorIndex(members, broken, lane if isinstance(lane, int) else 0)


def _valid(adapter: TypeAdapter, raw: object):
    try:
        return adapter.validate_python(raw)
    except ValidationError:
        return None  # reported by the validation of the whole file


def _as_faults(found: Iterable[Inconsistency]) -> list[SpecError]:
    return [SpecError(*inconsistency) for inconsistency in found]


def _placing_faults(
    spec: WorldSpec, road: Road, events: tuple[Event, ...], story_faults: list[SpecError]
) -> list[SpecError]:
    faults: list[SpecError] = []
    steps_out = {e.actor for e in events if e.do.hidden_at() is not None} | set(carriers(events))
    for name, actor in spec.actors.items():
        where = f"actors.{name}"
        faults += _as_faults(check_lane(where, actor, road))
        if isinstance(actor, Moved):
            faults += _as_faults(check_trajectory(f"{where}.trajectory", actor, spec.duration, False))
        if isinstance(actor, Hidden) and name not in steps_out and not story_faults:
            wanted = "lane and ahead, side and offset, box, trajectory, or a story in which it steps out from behind"
            wanted += " another, or falls from one"
            faults.append(SpecError(where, "no place", wanted))
    if isinstance(spec.ego, Guided):
        faults += _as_faults(check_trajectory("ego.trajectory", spec.ego, spec.duration, True))
    return faults


def _placed(spec: WorldSpec, road: Road, events: tuple[Event, ...]) -> tuple[Placed, ...]:
    """The ego first, then the actors in file order; actors that hide need the positions of the others."""
    ego = place_ego(spec.ego)
    seen = {n: place_actor(n, a, road, ego, (), ()) for n, a in spec.actors.items() if not isinstance(a, Hidden)}
    others = list(seen.values())
    hidden = {n: place_actor(n, a, road, ego, others, events) for n, a in spec.actors.items() if n not in seen}
    return (ego, *((seen | hidden)[name] for name in spec.actors))


def _scenario(
    spec: Common,
    road: Road | None,
    surface: Surface,
    friction: float,
    placed: tuple[Placed, ...],
    events: tuple[Event, ...],
    start: Start | None = None,
) -> Scenario:
    must = {Collision.ALLOWED: None, Collision.NEVER: False, Collision.REQUIRED: True}[spec.expect.collision]
    return Scenario(
        id="",
        name=spec.name,
        intent=spec.intent,
        source=spec.source,
        duration_s=spec.duration,
        road=road,
        surface=surface,
        friction=friction,
        environment=spec.environment.environment(),
        placed=placed,
        events=events,
        expect=Expect(
            must, spec.expect.min_ttc, spec.expect.min_gap, spec.expect.events is EventsDone.AS_FAR_AS_POSSIBLE
        ),
        from_log=FromLog(start.scene, start.start, start.split) if start else None,
    )


def _identified(scenario: Scenario) -> Scenario:
    """The scenario with its id: its name and a hash of everything that affects its result; descriptions do not."""
    content = {k: v for k, v in _content(scenario).items() if k not in _DECIDES_NOTHING}
    for kind, things in (("start", scenario.placed), ("behaviour", scenario.placed), ("do", scenario.events)):
        content[kind] = [type(getattr(thing, kind)).__name__ for thing in things]
    triggers = [type(event.when).__name__ for event in scenario.events]
    if set(triggers) - {"After"}:
        content["when"] = triggers
    place = {event.name: i for i, event in enumerate(scenario.events)}
    for event, told in zip(scenario.events, content["events"], strict=True):
        del told["name"]  # only the actor that it refers to matters
        _name_by_place(told["when"], event.when, place)
        for key, when in VERBS.triggers_of(event.do).items():
            _name_by_place(told["do"][key], when, place)
    text = json.dumps(_rounded(content), sort_keys=True)
    return replace(scenario, id=f"{scenario.name}-{sha256(text.encode()).hexdigest()[:10]}")


def _name_by_place(told: dict[str, Any], when: Trigger, place: dict[str, int]) -> None:
    if isinstance(when, AfterEvent):
        told["event"] = place[when.event]
    if isinstance(when, AllOf | AnyOf):
        for inner, part in zip(told["parts"], when.parts, strict=True):
            _name_by_place(inner, part, place)


def _content(value: object) -> Any:
    """Dataclasses as mappings, without later additions at their default, so that old files keep their ids."""
    if is_dataclass(value):
        said = ((f, getattr(value, f.name)) for f in fields(value) if "usual" not in f.metadata)
        return {f.name: _content(inner) for f, inner in said if not ("added" in f.metadata and inner == f.default)}
    return [_content(inner) for inner in value] if isinstance(value, tuple) else value


def _rounded(value: object) -> object:
    """Rounds to nine decimals, so that 1.2 m and 120 cm give one scenario."""
    if isinstance(value, float):
        return round(value, 9) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value
