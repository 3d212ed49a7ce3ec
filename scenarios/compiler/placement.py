"""Start positions: gaps, sides and hiding places as positions on the road, and checks of these positions."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import cos, hypot, pi, sin

import numpy as np
from shapely.geometry import LineString, Polygon

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, USUAL_SIZE, Body, Kind, Size
from scenarios.model.driver_models import USUAL_DRIVER
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.scenario import (
    AtPose,
    Behaviour,
    Event,
    Follow,
    FollowTrajectory,
    HoldSpeed,
    OnLane,
    Parked,
    Placed,
    brought,
    carriers,
    own_road,
)
from scenarios.source.errors import Inconsistency
from scenarios.source.units import SPEED, shown
from scenarios.spec.actor_spec import (
    ON_RAMP,
    ActorSpec,
    Along,
    AtStop,
    Beside,
    Boxed,
    Drive,
    Driven,
    EgoSpec,
    Facing,
    Hidden,
    LanePlacement,
    Moved,
    OnCross,
    OnRamp,
    OnTrajectory,
)
from scenarios.spec.appearance_spec import too_fast
from scenarios.spec.kind_limits import check_heading, check_path, check_rail

STEP_OUT_AHEAD_M = 1.0  # Euro NCAP CPNCO: the child's line is 1.0 m ahead of the nearer parked car's bumper
EYE_M = 1.7  # position of the camera ahead of the ego's rear axle; only used to check that a cover hides an actor
FASTEST_MPS = 70.0
EGO_ASIDE_M = 3.0  # of the start of an ego with a trajectory and headings from the map's origin


def place_ego(spec: EgoSpec) -> Placed:
    """The ego on its lane: the map's origin is under its rear axle, so the box centre is ahead of the origin."""
    body = Body("ego", Kind.CAR, Size(*spec.size) if spec.size else EGO_SIZE)
    start = OnLane(EGO_REAR_AXLE_TO_CENTRE_M, 0.0)
    if isinstance(spec, Driven):
        return Placed(body, start, spec.speed, _drives(spec.drive, spec.speed, spec.driver))
    return Placed(body, start, _speeds(spec.points)[0], FollowTrajectory(spec.points, spec.headings))


def place_actor(name: str, spec: ActorSpec, road: Road, ego: Placed, placed: Sequence[Placed], events) -> Placed:
    """An actor's start. An actor that steps out from behind one of `placed` is placed by that event."""
    written = spec.box.size if isinstance(spec, Boxed) else spec.size
    body = Body(name, spec.kind, Size(*written) if written else USUAL_SIZE[spec.kind], spec.livery, spec.colour)
    if isinstance(spec, Boxed):
        box = AtPose(*spec.box.at, spec.box.heading)
        return Placed(body, box, spec.speed, _drives(Drive.HOLD_SPEED, spec.speed, None))
    if isinstance(spec, Moved):
        (_, x, y), speed = spec.points[0], _speeds(spec.points)[0]
        heading = spec.headings[0] if spec.headings else _first_heading(spec.points)
        return Placed(body, AtPose(x, y, heading), speed, FollowTrajectory(spec.points, spec.headings))
    if isinstance(spec, Hidden) and (carrier := carriers(events).get(name)):
        carried = next(p.start for p in (ego, *placed) if p.body.id == carrier)
        return Placed(body, carried, 0.0, Parked())
    if isinstance(spec, Hidden):
        return Placed(body, _hiding_place(name, placed, road, events), 0.0, Parked())
    if isinstance(spec, AtStop):
        return Placed(body, _at_stop(spec, body.size, road), 0.0, Parked())
    if isinstance(spec, OnCross | OnRamp):
        start = _on_cross(spec, body.size, road) if isinstance(spec, OnCross) else _on_ramp(spec, body.size, road)
        return Placed(body, start, spec.speed, _drives(spec.drive, spec.speed, spec.driver))
    s = _along(spec, body.size, ego)
    start = OnLane(s, *_across(spec, s, body.size, road))
    return Placed(body, start, spec.speed, _drives(spec.drive, spec.speed, spec.driver))


def _drives(drive: Drive, speed: float, driver: str | None) -> Behaviour:
    if drive is Drive.FOLLOW:
        return Follow(speed, driver or USUAL_DRIVER)
    return HoldSpeed(speed) if speed > 0 else Parked()


def _along(spec: Along, size: Size, ego: Placed) -> float:
    """s of the box centre from the free gap to the ego's front or rear bumper, metres."""
    half = (ego.body.size.length_m + size.length_m) / 2
    if spec.ahead is not None:
        return EGO_REAR_AXLE_TO_CENTRE_M + half + spec.ahead
    assert spec.behind is not None  # one of them is written
    return EGO_REAR_AXLE_TO_CENTRE_M - half - spec.behind


def _across(spec: Along, s: float, size: Size, road: Road) -> tuple[float, int]:
    """d of the box centre in metres, and the direction that it faces."""
    if isinstance(spec, LanePlacement):
        lane = road.lanes + spec.lane.number if spec.lane.oncoming else spec.lane.number
        return road.lane_centre(lane) + spec.offset, -1 if spec.lane.oncoming else 1
    assert isinstance(spec, Beside)
    off = spec.offset + size.width_m / 2
    edge = road.edge_at(spec.side, s)
    d = edge + off if spec.side is Side.LEFT else edge - off
    return d, 1 if spec.facing is Facing.ALONG else -1


def _at_stop(spec: AtStop, size: Size, road: Road) -> OnLane:
    stop = road.bus_stops[spec.at - 1]
    s = stop.head_m - stop.facing * size.length_m / 2
    return OnLane(s, stop.standing_d(road.right_edge, road.left_edge, size.width_m), stop.facing)


def _on_cross(spec: OnCross, size: Size, road: Road) -> OnLane:
    """A position on the crossing road, whose s counts from the centre of the ego's lane to the left."""
    assert road.cross is not None
    reach = spec.before + size.length_m / 2
    right, left = road.ring_edges
    if spec.from_ is Side.RIGHT:
        return OnLane(right - reach, road.cross.lane_centre(spec.lane), 1, True)
    lane = road.cross.lanes + road.cross.opposite_lanes - 1 - spec.lane
    return OnLane(left + reach, road.cross.lane_centre(lane), -1, True)


def _on_ramp(spec: OnRamp, size: Size, road: Road) -> OnLane:
    """A position on the ramp's path, or on the acceleration lane if the front is already there."""
    assert road.ramp is not None
    back = spec.before + size.length_m / 2
    if spec.before <= 0:
        return OnLane(road.ramp.joins_m - back, road.lane_centre(ON_RAMP))
    return OnLane(road.ramp_joins_m - back, 0.0, ramp=True)


def cover_of(name: str, placed: Sequence[Placed], events: Sequence[Event]) -> Placed:
    """The body that `name` steps out from behind; raises StopIteration without such an event."""
    behind = next(place.behind for e in events if e.actor == name and (place := e.do.hidden_at()) is not None)
    return next(p for p in placed if p.body.id == behind)


def _hiding_place(name: str, placed: Sequence[Placed], road: Road, events: Sequence[Event]) -> OnLane:
    """In front of the cover if the story says so, else behind it."""
    cover = cover_of(name, placed, events)
    corners = road.project(np.array(footprint(cover, road).exterior.coords))
    s, d = corners[:, 0], corners[:, 1]
    hidden = (e.do.hidden_at() for e in events if e.actor == name)
    in_front = any(place is not None and place.in_front for place in hidden)
    nearer = in_front and getattr(cover.start, "facing", 1) < 0
    at = float(s.min()) - STEP_OUT_AHEAD_M if nearer else float(s.max()) + STEP_OUT_AHEAD_M
    return OnLane(at, float(d.min() + d.max()) / 2)


def footprint(placed: Placed, road: Road) -> Polygon:
    """The box on the ground at the start, map frame."""
    if isinstance(placed.start, OnLane):
        x, y, yaw = own_road(placed, road).pose(np.array(placed.start.s_m), np.array(placed.start.d_m))
        yaw += 0.0 if placed.start.facing > 0 else pi
    else:
        x, y, yaw = placed.start.x_m, placed.start.y_m, placed.start.yaw_rad
    along = placed.body.size.length_m / 2 * np.array([cos(yaw), sin(yaw)])
    across = placed.body.size.width_m / 2 * np.array([-sin(yaw), cos(yaw)])
    return Polygon([np.array([x, y]) + a * along + b * across for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))])


def _speeds(trajectory) -> list[float]:
    return [
        hypot(x1 - x0, y1 - y0) / (t1 - t0) if t1 > t0 else float("inf")
        for (t0, x0, y0), (t1, x1, y1) in pairwise(trajectory)
    ]


def _first_heading(trajectory) -> float:
    _, x0, y0 = trajectory[0]
    moved = next(((x, y) for _, x, y in trajectory if hypot(x - x0, y - y0) > 0.01), (x0 + 1, y0))
    return float(np.arctan2(moved[1] - y0, moved[0] - x0))


# -- checks of positions -------------------------------------------------------------------------------------------


def check_trajectory(where: str, spec: OnTrajectory, duration_s: float, ego: bool) -> Iterator[Inconsistency]:
    """Checks a trajectory: it begins at 0 s, its times increase, it lasts the clip, its speed is plausible.

    An ego with headings may start beside its lane's middle.
    """
    trajectory = spec.points
    times = [t for t, _, _ in trajectory]
    if times[0] != 0 or sorted(set(times)) != times:
        yield where, f"times {', '.join(f'{t:g}' for t in times[:6])} s", "times that start at 0 s and rise"
        return
    if times[-1] < duration_s:
        yield where, f"an end at {times[-1]:g} s", f"a trajectory that lasts the clip's {duration_s:g} s"
    if ego and hypot(*trajectory[0][1:]) > (EGO_ASIDE_M if spec.headings else 1e-6):
        yield where, "a start away from the origin", "[0 s, 0 m, 0 m] first: the map begins under the ego's rear axle"
    if (fastest := max(_speeds(trajectory))) > FASTEST_MPS:
        yield where, f"a step at {shown(fastest, SPEED)}", f"at most {shown(FASTEST_MPS, SPEED)}"


def check_lane(where: str, spec: ActorSpec, road: Road) -> Iterator[Inconsistency]:
    if isinstance(spec, AtStop) and spec.at > len(road.bus_stops):
        found = f"bus stop {spec.at}, and the road has {len(road.bus_stops) or 'none'}"
        yield f"{where}.at", found, "one of road.bus_stops, such as [{at: 40 m, kind: bay}]"
    if isinstance(spec, OnCross):
        yield from _check_cross(where, spec, road)
    if isinstance(spec, OnRamp) and road.ramp is None:
        yield f"{where}.road", "ramp, but the road has no ramp", "road.ramp, such as {joins: 60 m, length: 150 m}"
    yield from _check_kind(where, spec, road)
    if not isinstance(spec, LanePlacement):
        return
    there = road.opposite_lanes if spec.lane.oncoming else road.lanes
    word = "oncoming " if spec.lane.oncoming else ""
    if spec.lane.number >= there:
        lanes = [*map(str, range(road.lanes)), *(f"oncoming {i}" for i in range(road.opposite_lanes))]
        more = "" if road.opposite_lanes else ", or a road with opposite_lanes"
        yield f"{where}.lane", f"{word}{spec.lane.number}", f"one of {', '.join(lanes)}{more}"


def _check_kind(where: str, spec: ActorSpec, road: Road) -> Iterator[Inconsistency]:
    """Checks what a kind of actor cannot do from its start."""
    record, speed = KINDS[spec.kind], getattr(spec, "speed", 0.0)
    if isinstance(spec, Moved):
        for found, wanted in check_path(spec.kind, spec.points):
            yield f"{where}.trajectory", f"{spec.kind} {found}", wanted
    elif record.dynamics.fastest_mps is not None and speed > record.dynamics.fastest_mps + 1e-9:
        yield f"{where}.speed", f"{spec.kind} at {shown(speed, SPEED)}", too_fast(spec.kind)
    if not record.on_rails:
        return
    if isinstance(spec, OnRamp):
        yield f"{where}.road", f"{spec.kind}, which runs on rails, on a ramp", "another kind of vehicle"
    elif isinstance(spec, Moved):
        for found, wanted in check_rail(spec.points, road):
            yield f"{where}.trajectory", f"{spec.kind} {found}", wanted
    elif isinstance(spec, Boxed) and speed > 0:
        for found, wanted in check_heading(spec.box.at, spec.box.heading, road):
            yield f"{where}.box.heading", f"{spec.kind} {found}", wanted
    if speed > 0 and road.junction is not None and road.junction.ring_m:
        found = f"{spec.kind}, which runs on rails, towards a roundabout"
        yield f"{where}.kind", found, "another kind of vehicle, or 0 km/h"


def _check_cross(where: str, spec: OnCross, road: Road) -> Iterator[Inconsistency]:
    if (there := road.junction) is None:
        yield f"{where}.road", "cross, but the road has no crossing road", "road.junction, such as {at: 40 m}"
        return
    lanes = there.lanes if spec.from_ is Side.RIGHT else there.opposite_lanes
    if str(there.arms) not in ("both", str(spec.from_)) or not lanes:
        yield f"{where}.from", f"{spec.from_}, but no lane comes from there", "the side of a road that comes"
    elif spec.lane >= lanes:
        yield f"{where}.lane", str(spec.lane), f"a lane from 0 to {lanes - 1}, counted from the right"


def check_starts(placed: Sequence[Placed], road: Road, events: Sequence[Event]) -> Iterator[Inconsistency]:
    """Checks that no body starts inside another, beyond half a turn of the curve, or visible before it steps out."""
    shapes = {p.body.id: footprint(p, road) for p in placed}
    absent = set(carriers(events)) | set(brought(events)) | {e.actor for e in events if e.do.arrives}
    for one, other in combinations([p for p in placed if p.body.id not in absent], 2):
        if shapes[one.body.id].intersection(shapes[other.body.id]).area > 1e-6:
            found = f"{other.body.id} inside {'the ego' if one.body.id == 'ego' else one.body.id} at the start"
            yield f"actors.{other.body.id}", found, "free space between them"
    for p in placed:
        if isinstance(p.start, OnLane) and abs(p.start.s_m * road.curvature_per_m) > 0.9 * pi:
            yield f"actors.{p.body.id}", "a place beyond half a turn of the curve", "a place nearer to the ego"
    for event in events:
        if (place := event.do.hidden_at()) is not None:
            yield from _check_view(event.actor, place.behind, shapes)


def _check_view(actor: str, cover: str, shapes: dict[str, Polygon]) -> Iterator[Inconsistency]:
    centre = shapes[actor].centroid
    if not LineString([(EYE_M, 0.0), (centre.x, centre.y)]).intersects(shapes[cover]):
        found = f"{actor} visible to the ego at the start"
        yield f"actors.{actor}", found, f"a place behind {cover}, as the ego sees it"
