"""Consistency checks of a road: combinations that its schema cannot exclude."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import tan

import numpy as np

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, ON_FOOT, STATIC
from scenarios.model.sides import Side
from scenarios.roads.junction import LEVEL_M, Junction
from scenarios.roads.ring_ways import nearest_m
from scenarios.roads.road import Road
from scenarios.scenario import Event, OnLane, Placed, own_road
from scenarios.simulation.dynamics.collisions import SLIDING_SHARE
from scenarios.source.errors import Inconsistency
from scenarios.spec.actor_spec import ON_RAMP, ActorSpec, Drive, OnRamp
from scenarios.spec.road_spec import StraightRoad
from scenarios.spec.roadside import MOST


def _check_junction(road: Road, there: Junction) -> Iterator[Inconsistency]:
    key = "road.roundabout.at" if there.ring_m else "road.junction.at"
    level = np.arange(there.begins_m - LEVEL_M, there.ends_m + LEVEL_M)
    if any(road.curvature(float(s)) for s in level):
        yield key, f"{there.at_m:g} m, in a bend", f"a place that is straight {LEVEL_M:g} m around it"
    clear_m = there.line_m + EGO_REAR_AXLE_TO_CENTRE_M + EGO_SIZE.length_m / 2
    if there.begins_m < clear_m:
        least = clear_m + there.at_m - there.begins_m
        yield key, f"{there.at_m:g} m, which the ego has already reached", f"at least {least:.1f} m"


def check_rows(spec: StraightRoad, actors: Collection[str], rows: Sequence[Placed]) -> Iterator[Inconsistency]:
    """Checks rows along the road: too many bodies, a lane that does not exist, a name that is used twice."""
    if len(rows) > MOST:
        yield "road.parked", f"{len(rows)} bodies along the road", f"at most {MOST}, works included"
    if spec.works is not None and spec.works.lane >= spec.lanes:
        yield "road.works.lane", str(spec.works.lane), f"a lane from 0 to {spec.lanes - 1}"
    for name in sorted({p.body.id for p in rows} & set(actors)):
        yield f"actors.{name}", "a name that is already given by a row along the road", "another name"


def check_grip(road: Road, friction: float) -> Iterator[Inconsistency]:
    """Checks that a body on the slope would not slide down by itself."""
    least = min([friction, *(patch.friction for patch in road.patches)]) * SLIDING_SHARE
    if abs(tan(road.slope_rad)) >= 0.9 * least:
        found = f"{100 * abs(tan(road.slope_rad)):g} % at a friction of {least / SLIDING_SHARE:g}"
        yield "road.slope", found, f"less than {90 * least:.2g} %: on a steeper slope a sliding body would not stop"


def _check_patch(road: Road) -> Iterator[Inconsistency]:
    for i, patch in enumerate(road.patches):
        if patch.d_to > road.left_edge + 1e-6:
            yield f"road.patches.{i}.lane", "a lane that does not exist", "one of the road's lanes"


def _check_ramp(road: Road) -> Iterator[Inconsistency]:
    here = EGO_REAR_AXLE_TO_CENTRE_M + EGO_SIZE.length_m / 2
    if road.ego_lane == ON_RAMP and (road.ramp is None or not road.ramp.joins_m <= -here <= road.ramp.narrows_m - here):
        wanted = f"road.ramp beside the ego's start, such as {{joins: -20 m, length: 150 m}}: at {-here:.1f} m or less"
        yield "ego.lane", "ramp, but the ego does not start beside the acceleration lane", wanted
    if road.ramp is not None and road.junction is not None:
        yield "road.ramp", "a ramp on a road with a junction or roundabout", "one of them"
    if road.ramp is None:
        return
    for i, lane in enumerate(road.side_lanes):
        if lane.side is Side.RIGHT:
            yield f"road.side_lanes.{i}", "a side lane on the side of a ramp", "one of them"
    for i, stop in enumerate(road.bus_stops):
        if stop.side is Side.RIGHT and stop.extent[0] < road.ramp.ends_m and road.ramp.begins_m < stop.extent[1]:
            yield f"road.bus_stops.{i}", "a bus stop at the ramp", "a place beyond the end of its taper"


def _check_stop(road: Road) -> Iterator[Inconsistency]:
    """Checks that bus stops with their tapers do not overlap junctions."""
    there = road.junction
    if there is None:
        return
    for i, stop in enumerate(road.bus_stops):
        begins, ends = there.begins_m - there.line_m, there.ends_m + there.line_m
        if stop.extent[0] < ends and begins < stop.extent[1]:
            found = f"a bus stop from {stop.extent[0]:g} m to {stop.extent[1]:g} m, tapers included"
            yield (
                f"road.bus_stops.{i}",
                found,
                f"a place before {begins:g} m or beyond {ends:g} m, outside the crossing road",
            )


def _check_side_lanes(road: Road) -> Iterator[Inconsistency]:
    """Checks that side lanes leave room: for bus stops on their side, and at junctions."""
    there = road.junction
    if there is not None and there.ring_m and road.lane_widths_m:
        yield "road.lane_widths", "lanes of different widths at a roundabout", "lane_width alone"
    for i, lane in enumerate(road.side_lanes):
        for stop in road.bus_stops:
            if stop.side is lane.side and stop.extent[0] < lane.extent[1] and lane.extent[0] < stop.extent[1]:
                yield (
                    f"road.side_lanes.{i}",
                    "a side lane along a bus stop",
                    "a bus stop elsewhere",
                )
        if there is not None and lane.extent[0] < there.ends_m + there.line_m and there.begins_m < lane.extent[1]:
            yield f"road.side_lanes.{i}", "a side lane at a junction", "one that ends before it or begins beyond it"


def check_road(road: Road) -> Iterator[Inconsistency]:
    if road.ego_lane >= road.lanes:
        yield "ego.lane", str(road.ego_lane), f"a lane from 0 to {road.lanes - 1}: road.lanes is {road.lanes}"
    bends = [b for p in road.pieces for b in (p.curvature_per_m, p.to_curvature_per_m)] or [road.curvature_per_m]
    for bend in sorted({min(bends), max(bends)} - {0.0}):
        inner = max(road.left_edge, 0) if bend > 0 else max(-road.right_edge, 0)
        if 1 / abs(bend) < inner + road.sidewalk_m + 5:
            found = f"{1 / abs(bend):g} m, too tight for its inner lanes"
            where = "road.pieces" if road.pieces else "road.radius"
            yield where, found, f"at least {inner + road.sidewalk_m + 5:g} m"
    yield from _check_patch(road)
    yield from _check_ramp(road)
    yield from _check_stop(road)
    yield from _check_side_lanes(road)
    if road.junction is not None:
        yield from _check_junction(road, road.junction)
    if road.pieces and not road.simple:
        yield "road.pieces", "a road that crosses or meets itself", "pieces that leave room between its parts"


def check_merging(actors: Mapping[str, ActorSpec], events: Sequence[Event]) -> Iterator[Inconsistency]:
    """Checks that a body with a constant speed on the ramp merges: without a merge it would leave the paved road."""
    told = {event.actor for event in events}
    for name, spec in actors.items():
        if isinstance(spec, OnRamp) and spec.drive is Drive.HOLD_SPEED and spec.speed > 0 and name not in told:
            yield (
                f"actors.{name}",
                f"{name} on the ramp, which never merges",
                f"a line '{name} merges', or drive: follow",
            )


def check_roundabout(placed: Sequence[Placed], road: Road, events: Sequence[Event]) -> Iterator[Inconsistency]:
    """Checks that no body starts in a roundabout, or too near to it for a path through it."""
    there = road.junction
    if there is None or not there.ring_m:
        return
    first = {e.actor for e in events if e.do.by_first_exit()}
    for i, p in enumerate(placed):
        least = nearest_m(road, p.body.id in first)
        if not isinstance(p.start, OnLane) or p.body.kind in ON_FOOT | STATIC or p.speed_mps == 0:
            continue
        own = own_road(p, road)
        middle = there.at_m if own is road else road.middle_d
        ahead = (middle - p.start.s_m) * p.start.facing + (EGO_REAR_AXLE_TO_CENTRE_M if i == 0 else 0.0)
        if own.right_edge < p.start.d_m < own.left_edge and -there.ring_m < ahead < least:
            where = "road.roundabout.at" if i == 0 else f"actors.{p.body.id}"
            more = least - ahead
            yield (
                where,
                f"{p.body.id} in the roundabout or too near to it",
                f"a start at least {more:.1f} m farther away",
            )
