"""Routes: the roads that lead from one waypoint to the next."""

import heapq
from collections.abc import Iterator
from itertools import pairwise

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.player.road_place import RoadPlace, place_at
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.positions import Positions

Step = tuple[str, bool]  # a road and whether it is driven along its direction


def read_route(holder: Node, known: RoadMap | None, positions: Positions, catalogs: Catalogs) -> tuple[str, ...]:
    """The ids of the roads of a Route or of its CatalogReference, in order; raises Unsupported."""
    found = holder.child("Route")
    found = catalogs.entry(holder.need("CatalogReference")) if found is None else declared(found, {})
    found.ignore("name")
    if found.flag("closed"):
        found.differs("a closed route; here it is driven once")
    spots = []
    for waypoint in found.children("Waypoint"):
        waypoint.word("routeStrategy", "")
        spots.append(positions.read(waypoint.need("Position")))
    if known is None:
        raise found.unsupported("a route without a road")
    places = [place_at(known, spot.x_m, spot.y_m) for spot in spots]
    if None in places or len(places) < 2:
        raise found.unsupported("a route with a waypoint on no road" if places else "a route without waypoints")
    return route_through(known, [place for place in places if place is not None], found)


def route_through(known: RoadMap, places: list[RoadPlace], node: Node) -> tuple[str, ...]:
    """The roads from place to place, by the shortest way; raises Unsupported."""
    roads: list[str] = [places[0].road.id]
    for begin, end in pairwise(places):
        way = _shortest(known, begin, end)
        if way is None:
            raise node.unsupported(f"a route from road {begin.road.id} to road {end.road.id}, which are not connected")
        roads += way[1:]
    return tuple(dict.fromkeys(roads))


def _shortest(known: RoadMap, begin: RoadPlace, end: RoadPlace) -> list[str] | None:
    forward = (begin.lane_id or -1) < 0
    if begin.road.left_hand:
        forward = not forward
    waiting: list[tuple[float, list[str], bool]] = [(0.0, [begin.road.id], forward)]
    seen: set[Step] = set()
    while waiting:
        length, roads, forward = heapq.heappop(waiting)
        if roads[-1] == end.road.id:
            return roads
        if (roads[-1], forward) in seen:
            continue
        seen.add((roads[-1], forward))
        for road_id, onwards in _following(known, roads[-1], forward):
            heapq.heappush(waiting, (length + known.roads[road_id].length_m, [*roads, road_id], onwards))
    return None


def _following(known: RoadMap, road_id: str, forward: bool) -> Iterator[Step]:
    road = known.roads[road_id]
    for lane in road.sections[-1 if forward else 0].lanes:
        if not lane.driving or ((lane.id < 0) != forward) != road.left_hand:
            continue
        for next_id, _, contact in known.next_lanes(road_id, lane.id, forward):
            if next_id in known.roads:
                yield next_id, contact == "start"
