"""Explains a scenario file in words, for an author to compare with the intended meaning."""

import math
import re
from collections.abc import Iterator, Mapping
from math import isinf, tan
from pathlib import Path
from types import MappingProxyType

from scenarios.compiler.placement import cover_of
from scenarios.event_text import sentence
from scenarios.events.event_spec import awaited
from scenarios.load import understand
from scenarios.metrics.formulas import braking_decel, stopping_distance
from scenarios.model.bodies import Body, Colour, Livery
from scenarios.model.driver_models import DRIVERS, G
from scenarios.model.environment import WEATHERS
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.roads.widening import SideLane
from scenarios.scenario import (
    AtPose,
    Event,
    Expect,
    Follow,
    FollowTrajectory,
    HoldSpeed,
    OnLane,
    Placed,
    Scenario,
    brought,
    carriers,
)
from scenarios.source.counts import counted
from scenarios.source.units import ANGLE, SPEED, shown
from scenarios.source.yaml_document import read_document
from scenarios.spec.actor_spec import ON_RAMP
from scenarios.verbs import VERBS
from scenarios.verbs.story_verb import PlacedEvent

IN_TOWN_MPS = 45 / 3.6  # that no one sprints faster than this needs no line
_AUTO = re.compile(r"event-[0-9]+(-b)*|")  # a generated event name


def explain(path: str | Path, seed: int = 0) -> str:
    """The meaning of a file in prose, with SI beside the usual units; raises SpecErrors for an invalid file."""
    meaning = understand(read_document(path), seed)
    remarks = [f"The road is not quite as on its map: {remark}." for remark in meaning.remarks]
    return told(meaning.scenarios, meaning.dropped) + "".join(f"{remark}\n" for remark in ["", *remarks] if remarks)


def told(scenarios: tuple[Scenario, ...], dropped: Mapping[str, int] = MappingProxyType({})) -> str:
    """Explains scenarios: the first one in full, the others by their differences."""
    first = scenarios[0]
    lines = [f"{first.name}: {first.intent}"]
    if first.source:
        lines.append("Source: " + ", ".join(f"{key} {value}" for key, value in first.source.items()) + ".")
    lines += [f"Lasts {first.duration_s:g} s, {first.environment.time}, {first.environment.weather}{_sun(first)}.", ""]
    lines += _log(first) if first.from_log else _world(first)
    lines += ["", "Expected: " + "; ".join(_expected(first.expect)) + "."]
    if len(scenarios) > 1 or first.parameters:
        lines += ["", *_sweep(scenarios, dropped)]
    return "\n".join(lines) + "\n"


def _sun(scenario: Scenario) -> str:
    if (sun := scenario.environment.sun) is None:
        return ""
    side = "left" if sun.bearing_rad >= 0 else "right"
    bearing = f"{math.degrees(abs(sun.bearing_rad)):.3g} degrees to the {side} of the ego's first heading"
    return f", the sun {math.degrees(sun.height_rad):.3g} degrees above the horizon, {bearing}"


def _log(scenario: Scenario) -> list[str]:
    start = scenario.from_log
    split = f" of split {start.split}" if start.split else ""
    return [
        f"Starts from the real log's scene {start.scene}{split}, {start.start_s:g} s after its beginning:",
        "  the motion is that of the log's ego and boxes. The log's folder is given when the scenario is run.",
    ]


def _world(scenario: Scenario) -> list[str]:
    ego, *actors = scenario.placed
    lane = scenario.road.ego_lane
    ego_lane = "on the acceleration lane" if lane == ON_RAMP else f"in lane {lane}"
    lines = ["Road: " + _road(scenario.road), *_junction(scenario.road), _surface(scenario), *_ground(scenario), ""]
    lines += [f"Ego: {ego_lane}, {_going(ego)}, {_size(ego)}.", ""]
    lines.append("Actors:" if actors else "Actors: none.")
    lines += [
        f"  {p.body.id}: {_looks(p.body)}, {_place(p, scenario)}, {_going(p)}, {_size(p)}{_limits(p)}." for p in actors
    ]
    lines += ["", "Story:" if scenario.events else "Story: nothing happens by itself."]
    return lines + list(_told_story(scenario))


def _looks(body: Body) -> str:
    """'car, red', 'van, ambulance'."""
    livery = "" if body.livery is Livery.PLAIN else f", {body.livery}"
    return f"{body.kind}{livery}" + ("" if body.colour is Colour.ANY else f", {body.colour}")


def _road(road: Road) -> str:
    lanes = f"{counted(road.lanes, 'lane')} in the ego's direction (0 on the right)"
    against = f", {road.opposite_lanes} against it" if road.opposite_lanes else ", none against it"
    bend = _bends(road) if road.pieces else _bend(road.curvature_per_m)
    each = ", ".join(f"{width:g}" for width in road.lane_widths_m)
    wide = f"from the right {each} m wide" if each else f"each {road.lane_width_m:g} m wide"
    return f"{bend}, {lanes}{against}, {wide}." + "".join(map(_side_lane, road.side_lanes))


def _side_lane(lane: SideLane) -> str:
    """A lane that begins, ends or changes its width, at the places where it does."""
    widths = ", ".join(f"{width:.3g} m at {s:.4g} m" for s, width in lane.widths_m)
    return f" On the {lane.side} a lane beside them, {widths} along the road."


def _junction(road: Road) -> list[str]:
    if (there := road.junction) is None:
        return []
    where = "crosses" if there.arms == "both" else f"joins from the {there.arms}"
    lanes = f"{counted(there.lanes, 'lane')} from right to left, {there.opposite_lanes} back"
    if there.ring_m:
        size = f"outer radius {there.ring_m:g} m, island {there.island_m:g} m"
        return [f"Roundabout: at {there.at_m:g} m another road {where}, {size}; circulating traffic has right of way."]
    told = [f"Junction: at {there.at_m:g} m another road {where}, {lanes}, each {there.lane_width_m:g} m wide."]
    if there.signals:
        shown_ = (
            f"{p.along} along, {p.across} across" + (f" for {p.for_s:g} s" if p.for_s else "") for p in there.signals
        )
        told.append(f"Signals: {'; then '.join(shown_)}.")
    return told


def _bend(curvature: float) -> str:
    if not curvature:
        return "straight"
    return f"curve to the {'left' if curvature > 0 else 'right'}, radius {1 / abs(curvature):g} m"


def _bends(road: Road) -> str:
    """The bends ahead of the ego, piece by piece; transitions between two pieces belong to neither."""
    told, s = [], road.begins_m
    for piece in road.pieces:
        s += piece.length_m
        bends = piece.curvature_per_m, piece.to_curvature_per_m
        if s > 0 and len(set(bends)) == 1:
            told.append(f"{_bend(bends[0])} until {s:.0f} m")
        elif s > 0:
            told.append(f"to {_bend(bends[1]).removeprefix('curve to the ')} until {s:.0f} m")
    return "; ".join(told)


def _surface(scenario: Scenario) -> str:
    """The friction with the hardest braking and the ego's braking distance."""
    hardest, speed = scenario.friction * G, scenario.placed[0].speed_mps
    stop = float(stopping_distance(speed, 0.0, hardest))
    usual = WEATHERS[scenario.environment.weather].surface
    usual = " (as is usual in this weather)" if scenario.surface is usual else ""
    return (
        f"Surface: {scenario.surface}{usual}, friction coefficient {scenario.friction:g}: the hardest braking is "
        f"{hardest:.1f} m/s^2; from the ego's {shown(speed, SPEED)} that is {stop:.1f} m."
    )


def _ground(scenario: Scenario) -> Iterator[str]:
    """Slope, patches and other features of the ground."""
    road = scenario.road
    if road.slope_rad:
        rise, hardest = 100 * tan(road.slope_rad), braking_decel(scenario.friction, road.slope_rad)
        way = f"{'up' if rise > 0 else 'down'} {abs(rise):.3g} % ahead of the ego"
        yield f"Slope: {way}, which brakes at most at {hardest:.1f} m/s^2."
    if (ramp := road.ramp) is not None:
        lane = f"an acceleration lane from {ramp.joins_m:g} m to {ramp.narrows_m:g} m along the road"
        yield f"Ramp: joins from the right, {lane}, which ends at {ramp.ends_m:g} m."
    for zebra in road.zebras_m:
        yield f"Zebra crossing: at {zebra:g} m along the road."
    for i, stop in enumerate(road.bus_stops, 1):
        kind = "a bay" if stop.bay_m else "the kerb"
        shelter = ", with a shelter" if stop.shelter else ""
        yield f"Bus stop {i}: {kind} on the {stop.side}, a bus's front at {stop.head_m:g} m along the road{shelter}."
    for patch in road.patches:
        lanes = f"{patch.d_to - patch.d_from:.4g} m wide"
        along = f"from {patch.s_from:g} m to {patch.s_to:g} m along the road"
        yield f"Patch: {patch.surface}, friction coefficient {patch.friction:g}, {along}, {lanes}."


def _limits(placed: Placed) -> str:
    """The limits of its kind that are lower than those of the road and of traffic in towns."""
    record = KINDS[placed.body.kind]
    limits, fastest = record.dynamics, ""
    if limits.fastest_mps is not None and (limits.fastest_mps < IN_TOWN_MPS or record.on_rails):
        fastest = f"; at most {shown(limits.fastest_mps, SPEED)}"
    return fastest + (f"; brakes at most at {limits.hardest_mps2:g} m/s^2" if limits.hardest_mps2 is not None else "")


def _size(placed: Placed) -> str:
    size = placed.body.size
    return f"{size.length_m:g} x {size.width_m:g} x {size.height_m:g} m"


def _going(placed: Placed) -> str:
    match placed.behaviour:
        case HoldSpeed(speed):
            return f"holds {shown(speed, SPEED)}"
        case Follow(speed, driver):
            return f"follows traffic at up to {shown(speed, SPEED)} as driver '{driver}' ({DRIVERS[driver].source})"
        case FollowTrajectory(points):
            return f"follows a trajectory of {len(points)} points from {shown(placed.speed_mps, SPEED)} on"
    return "stands"


def _place(placed: Placed, scenario: Scenario) -> str:
    if carrier := carriers(scenario.events).get(placed.body.id):
        return f"carried by {carrier} until it falls"
    if owner := brought(scenario.events).get(placed.body.id):
        return f"part of {owner} until an event of {owner} brings it"
    if isinstance(placed.start, AtPose):
        start = placed.start
        return f"at x {start.x_m:g} m, y {start.y_m:g} m, heading {shown(start.yaw_rad, ANGLE)}"
    if placed.start.ramp:
        way = scenario.road.ramp_joins_m - placed.start.s_m - placed.body.size.length_m / 2
        return f"on the ramp, {way:.4g} m before its acceleration lane"
    if placed.start.cross:
        return _on_cross(placed, scenario.road)
    hiding = [e for e in scenario.events if e.actor == placed.body.id and e.do.hidden_at() is not None]
    across = _across(placed, scenario.road)
    if any(e.actor == placed.body.id and e.do.arrives for e in scenario.events):
        return f"not there until it appears, then {across}, {_along(placed, scenario.placed[0])} of the ego"
    if hiding:
        cover = cover_of(placed.body.id, scenario.placed, scenario.events).body.id
        return f"hidden behind {cover}, {across}, {_along(placed, scenario.placed[0])}"
    return f"{across}, {_along(placed, scenario.placed[0])}"


def _on_cross(placed: Placed, road: Road) -> str:
    start, half = placed.start, placed.body.size.length_m / 2
    right, left = road.ring_edges
    way = right - start.s_m if start.facing > 0 else start.s_m - left
    what = "roundabout" if road.junction.ring_m else "ego's road"
    side = "right" if start.facing > 0 else "left"
    return f"on the crossing road, from the {side}, {way - half:.4g} m before the {what}"


def _along(placed: Placed, ego: Placed) -> str:
    distance = placed.start.s_m - ego.start.s_m
    gap = abs(distance) - (placed.body.size.length_m + ego.body.size.length_m) / 2
    if gap < 0:
        return f"alongside the ego ({abs(distance):.3g} m {'ahead' if distance >= 0 else 'behind'} of its centre)"
    return f"{gap:.4g} m free {'ahead' if distance > 0 else 'behind'}"


def _across(placed: Placed, road: Road) -> str:
    start: OnLane = placed.start
    half = placed.body.size.width_m / 2
    if (lane := road.lane_of(start.d_m)) is not None:
        off = start.d_m - road.lane_centre(lane)
        name = f"lane {lane}" if lane < road.lanes else f"oncoming lane {lane - road.lanes}"
        aside = f", {abs(off):.3g} m {'left' if off > 0 else 'right'} of its centre" if abs(off) > 1e-6 else ""
        return f"in {name}{aside}"
    if road.ramp is not None and abs(start.d_m - road.lane_centre(ON_RAMP)) <= road.lane_width_m / 2:
        return "on the acceleration lane"
    side = Side.LEFT if start.d_m > road.left_edge else Side.RIGHT
    edge = road.edge_at(side, start.s_m)
    beyond = start.d_m - half - edge if side is Side.LEFT else edge - start.d_m - half
    if beyond < -half and edge not in (road.left_edge, road.right_edge):
        return f"in the bay on the {side}, {beyond + 2 * half:.3g} m from its kerb".replace(" -", " ")
    return f"{side} of the road, {beyond:.3g} m from its edge"


def _told_story(scenario: Scenario) -> Iterator[str]:
    """The events as story lines, with the effect of the road after '#'."""
    meant = awaited(scenario.events)
    for event in scenario.events:
        label = f"{event.name}: " if event.name in meant or not _AUTO.fullmatch(event.name) else ""
        remark = _remark(event, scenario)
        yield f"  - {label}{sentence(event)}" + (f"   # {remark}" if remark else "")


def _remark(event: Event, scenario: Scenario) -> str:
    bodies = {placed.body.id: placed for placed in scenario.placed}
    moved = frozenset(e.actor for e in scenario.events if e is not event and e.do.takes_path)
    placed_event = PlacedEvent(event.actor, scenario.road, scenario.friction, bodies, moved)
    return VERBS.of(event.do).remark(event.do, placed_event)


def _expected(expect: Expect) -> Iterator[str]:
    words = {None: "a collision may happen", True: "a collision must happen", False: "no collision may happen"}
    yield words[expect.collision]
    if expect.min_ttc_s is not None:
        yield "the smallest time to collision is " + _between(expect.min_ttc_s, "s")
    if expect.min_gap_m is not None:
        yield "the smallest gap is " + _between(expect.min_gap_m, "m")
    if expect.events_may_fall_short:
        yield "events are done as far as possible"


def _between(bounds: tuple[float, float], unit: str) -> str:
    least, most = bounds
    if isinf(least):
        return f"below {most:g} {unit}"
    return f"above {least:g} {unit}" if isinf(most) else f"between {least:g} and {most:g} {unit}"


def _sweep(scenarios: tuple[Scenario, ...], dropped: Mapping[str, int]) -> Iterator[str]:
    made = counted(len(scenarios), "scenario")
    if dropped:
        made += f" of {counted(len(scenarios) + sum(dropped.values()), 'combination')}"
    yield f"Sweep: {made} (the first is described above):"
    for constraint, count in dropped.items():
        yield f"  {count} dropped, which break '{constraint}'"
    for scenario in scenarios[:20]:
        values = ", ".join(f"{path} = {value}" for path, value in scenario.parameters.items())
        yield f"  {scenario.id}: {values}"
    if len(scenarios) > 20:
        yield f"  and {len(scenarios) - 20} more"
