"""Routes: the roads that lead from one waypoint to the next, and positions along them."""

import heapq
import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.source.catalogs import Catalogs
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.parameters import declared
from scenarios.openscenario.source.positions import Positions, WorldPosition, turned
from scenarios.openscenario.source.road_place import RoadPlace, place_at

Step = tuple[str, bool]  # a road and whether it is driven along its direction


def positions_of(known: RoadMap | None, of: Callable[[str, Node], WorldPosition], catalogs: Catalogs) -> Positions:
    """A reader of positions, those along routes included."""

    def along(node: Node) -> WorldPosition:
        return _route_position(node, known, positions, catalogs)

    positions = Positions(known, of, along)
    return positions


def read_route(holder: Node, known: RoadMap | None, positions: Positions, catalogs: Catalogs) -> tuple[str, ...]:
    """The ids of the roads of a Route or of its CatalogReference, in order; raises Unsupported."""
    return tuple(dict.fromkeys(road for road, _ in _steps(holder, known, positions, catalogs)[1]))


def _steps(
    holder: Node, known: RoadMap | None, positions: Positions, catalogs: Catalogs
) -> tuple[RoadPlace, list[Step]]:
    """The first waypoint and the roads of a route."""
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
    places = [place for spot in spots if (place := place_at(known, spot.x_m, spot.y_m)) is not None]
    if len(places) < len(spots) or len(places) < 2:
        raise found.unsupported("a route with fewer than two waypoints, or with one on no road")
    return places[0], _through(known, places, found)


def route_through(known: RoadMap, places: list[RoadPlace], node: Node) -> tuple[str, ...]:
    """The roads from place to place, by the shortest way; raises Unsupported."""
    return tuple(dict.fromkeys(road for road, _ in _through(known, places, node)))


def _through(known: RoadMap, places: list[RoadPlace], node: Node) -> list[Step]:
    steps: list[Step] = [(places[0].road.id, _forward(places[0]))]
    for begin, end in pairwise(places):
        way = _shortest(known, begin, end)
        if way is None:
            raise node.unsupported(f"a route from road {begin.road.id} to road {end.road.id}, which are not connected")
        steps += way[1:]
    return steps


def _forward(place: RoadPlace) -> bool:
    return ((place.lane_id or -1) < 0) != place.road.left_hand


def _shortest(known: RoadMap, begin: RoadPlace, end: RoadPlace) -> list[Step] | None:
    waiting: list[tuple[float, list[Step]]] = [(0.0, [(begin.road.id, _forward(begin))])]
    seen: set[Step] = set()
    while waiting:
        length, steps = heapq.heappop(waiting)
        if steps[-1][0] == end.road.id:
            return steps
        if steps[-1] in seen:
            continue
        seen.add(steps[-1])
        for step in _following(known, *steps[-1]):
            heapq.heappush(waiting, (length + known.roads[step[0]].length_m, [*steps, step]))
    return None


def _following(known: RoadMap, road_id: str, forward: bool) -> Iterator[Step]:
    road = known.roads[road_id]
    for lane in road.sections[-1 if forward else 0].lanes:
        if not lane.driving or ((lane.id < 0) != forward) != road.left_hand:
            continue
        for next_id, _, contact in known.next_lanes(road_id, lane.id, forward):
            if next_id in known.roads:
                yield next_id, contact == "start"


def _route_position(node: Node, known: RoadMap | None, positions: Positions, catalogs: Catalogs) -> WorldPosition:
    """A RoutePosition: metres along a route from its first waypoint, and a lane or t; raises Unsupported."""
    said = node.need("InRoutePosition").only()
    if said.tag == "FromCurrentEntity":
        return positions.of(said.word("entityRef"), said)
    first, steps = _steps(node.need("RouteRef"), known, positions, catalogs)
    assert known is not None
    left = said.number("pathS")
    for i, (road_id, forward) in enumerate(steps):
        road = known.roads[road_id]
        begins = first.s_m if i == 0 else 0.0 if forward else road.length_m
        length = road.length_m - begins if forward else begins
        if left <= length or i == len(steps) - 1:
            s = min(max(begins + left if forward else begins - left, 0.0), road.length_m)
            break
        left -= length
    if said.tag == "FromRoadCoordinates":
        t = said.number("t")
    else:
        lane = said.word("laneId")
        if lane not in [str(one.id) for one in road.section(s).lanes]:
            raise said.unsupported(f"lane {lane} of road {road.id}, which has none of that number there")
        t = road.lane_t(int(lane), s) + said.number("laneOffset", 0.0)
    return turned(node, WorldPosition(*road.pose(s, t)), 0.0 if forward else math.pi)
