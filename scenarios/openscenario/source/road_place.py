"""A position on a map's roads, and its motion along them: through lane sections, links and junctions."""

import math
from dataclasses import dataclass, replace

from scenarios.opendrive.road_map import MapRoad, RoadMap
from scenarios.openscenario.source.positions import WorldPosition

ENDS_M = 1e-6


@dataclass(frozen=True)
class RoadPlace:
    """A place on a road: its lane, and metres left of the lane's centre in the road's direction.

    `lane_id` is None beside all lanes; `off_m` then counts from the reference line. `beyond_m`: metres beyond the end
    of the last road, straight on.
    """

    road: MapRoad
    s_m: float
    lane_id: int | None
    off_m: float
    beyond_m: float = 0.0

    @property
    def t_m(self) -> float:
        """Lateral road coordinate."""
        return self.off_m if self.lane_id is None else self.road.lane_t(self.lane_id, self.s_m) + self.off_m

    def pose(self, heading: float, way: int) -> WorldPosition:
        """World pose; `heading` is added to the road's direction, `way` is +1 along it and -1 against."""
        x, y, along = self.road.pose(self.s_m, self.t_m)
        turned = along + (0.0 if way > 0 else math.pi)
        x, y = x + self.beyond_m * math.cos(turned), y + self.beyond_m * math.sin(turned)
        return WorldPosition(x, y, turned + heading)

    def in_lane(self, lane_id: int) -> "RoadPlace":
        """The same place as seen from another lane; KeyError if there is no such lane here."""
        return replace(self, lane_id=lane_id, off_m=self.t_m - self.road.lane_t(lane_id, self.s_m))


def place_at(known: RoadMap, x: float, y: float) -> RoadPlace | None:
    """The place of a world point; None if it is on no road."""
    found = known.locate(x, y)
    if found is None:
        return None
    road, s, t = found
    if not -ENDS_M <= s <= road.length_m + ENDS_M:
        return None
    s = min(max(s, 0.0), road.length_m)
    lane = road.lane_at(s, t)
    return RoadPlace(road, s, None, t) if lane is None else RoadPlace(road, s, lane.id, t - road.lane_t(lane.id, s))


def moved(known: RoadMap, place: RoadPlace, distance: float, way: int, route: tuple[str, ...]) -> tuple[RoadPlace, int]:
    """The place after `distance` metres in direction `way`, and its direction there.

    At a junction the road that `route` names is taken, otherwise the straightest. Beyond the end of all roads the
    place moves straight on.
    """
    if place.beyond_m:
        return replace(place, beyond_m=place.beyond_m + distance), way
    bend = place.road.curvature(place.s_m)
    stretch = max(1 - bend * place.t_m, 0.05) if bend else 1.0
    step = way * distance / stretch
    for _ in range(20):
        target = place.s_m + step
        if -ENDS_M <= target <= place.road.length_m + ENDS_M:
            return _within(place, min(max(target, 0.0), place.road.length_m)), way
        forward = step > 0
        end = place.road.length_m if forward else 0.0
        over = abs(target - end)
        at_end = _within(place, end)
        following = _next_road(known, at_end, forward, route)
        if following is None:
            return replace(at_end, beyond_m=over * (1 if distance > 0 else -1)), way
        place, starts = following
        moving = 1 if starts else -1
        way, step = (way if forward == starts else -way), moving * over
    return place, way


def _within(place: RoadPlace, s: float) -> RoadPlace:
    """The place at another s of the same road, in the continuation of its lane."""
    lane_id = place.lane_id
    if lane_id is None or len(place.road.sections) == 1:
        return RoadPlace(place.road, s, lane_id, place.off_m)
    before, after = place.road.section(place.s_m), place.road.section(s)
    if before is after:
        return RoadPlace(place.road, s, lane_id, place.off_m)
    lane = before.by_id.get(lane_id)
    linked = None if lane is None else lane.successor if after.s_m > before.s_m else lane.predecessor
    for candidate in (linked, lane_id):
        if candidate is not None and candidate in after.by_id:
            return replace(place, s_m=s, lane_id=candidate)
    found = place.road.lane_at(s, place.t_m)
    t = place.t_m
    if found is None:
        return replace(place, s_m=s, lane_id=None, off_m=t)
    return replace(place, s_m=s, lane_id=found.id, off_m=t - place.road.lane_t(found.id, s))


def _next_road(
    known: RoadMap, place: RoadPlace, forward: bool, route: tuple[str, ...]
) -> tuple[RoadPlace, bool] | None:
    """The place on the next road, and whether it is at that road's start; None if no road follows."""
    if place.lane_id is None:
        return None
    ways = [way for way in known.next_lanes(place.road.id, place.lane_id, forward) if way[0] in known.roads]
    found = [(_arrival(known, place, *way), way[2] == "start") for way in ways]
    there = [(arrived, starts) for arrived, starts in found if arrived is not None]
    if not there:
        return None
    on_route = [one for one in there if one[0].road.id in route]
    return min(on_route or there, key=lambda one: _turn(known, place, forward, *one))


def _arrival(known: RoadMap, place: RoadPlace, road_id: str, lane_id: int, contact: str) -> RoadPlace | None:
    road = known.roads[road_id]
    s = 0.0 if contact == "start" else road.length_m
    if lane_id not in road.section(s).by_id:
        return None
    mirrored = (place.lane_id or 0) * lane_id < 0
    return RoadPlace(road, s, lane_id, -place.off_m if mirrored else place.off_m)


def _turn(known: RoadMap, place: RoadPlace, forward: bool, arrived: RoadPlace, starts: bool) -> float:
    """The angle by which the way through the next road turns."""
    before = place.road.pose(place.s_m)[2] + (0.0 if forward else math.pi)
    after = arrived.road.pose(arrived.road.length_m if starts else 0.0)[2] + (0.0 if starts else math.pi)
    return abs(math.remainder(after - before, math.tau))
