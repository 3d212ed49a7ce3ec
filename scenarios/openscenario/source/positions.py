"""Positions of OpenSCENARIO as world positions: on roads and lanes, relative to entities, or coordinates."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scenarios.opendrive.road_map import MapRoad, RoadMap
from scenarios.openscenario.source.node import Node
from scenarios.source.errors import nearest, quoted


@dataclass(frozen=True)
class WorldPosition:
    """World pose of a reference point, metres and radians."""

    x_m: float
    y_m: float
    heading_rad: float


@dataclass(frozen=True)
class Positions:
    """Reads positions; `of` gives the pose of another entity.

    Distances relative to an entity on a road count along the road's own s and t, whatever its lane or heading is.
    """

    map: RoadMap | None
    of: Callable[[str, Node], WorldPosition]
    along_route: Callable[[Node], WorldPosition] | None = None

    def read(self, node: Node) -> WorldPosition:
        """The world position of a <Position>; raises Unsupported."""
        said = node.only()
        match said.tag:
            case "WorldPosition":
                return _world(said)
            case "LanePosition":
                return self._lane(said)
            case "RoadPosition":
                road = self._road(said, said.word("roadId"))
                return turned(said, self._on(said, road, said.number("s"), said.number("t")), road_way(road, None))
            case "RelativeLanePosition":
                return self._relative_lane(said)
            case "RelativeRoadPosition":
                road, s, t = self.located(said, said.word("entityRef"))
                spot = self._on(said, road, s + said.number("ds"), t + said.number("dt"))
                return turned(said, spot, road_way(road, None))
            case "RoutePosition" if self.along_route is not None:
                return self.along_route(said)
            case "RelativeObjectPosition" | "RelativeWorldPosition":
                return self._relative(said)
        raise said.unsupported("positions of that sort")

    def located(self, node: Node, entity: str) -> tuple[MapRoad, float, float]:
        """The road, s and t of an entity's start."""
        spot = self.of(entity, node)
        found = self.map.locate(spot.x_m, spot.y_m) if self.map is not None else None
        if found is None:
            raise node.unsupported(f"a place relative to {quoted(entity)}, which is on no road")
        return found

    def _road(self, node: Node, road_id: str) -> MapRoad:
        if self.map is None:
            raise node.unsupported(f"a place on the road {quoted(road_id)}, since no road could be read")
        if road_id not in self.map.roads:
            raise node.wrong(f"the road {quoted(road_id)}", nearest(road_id, self.map.roads))
        return self.map.roads[road_id]

    def _on(self, node: Node, road: MapRoad, s: float, t: float) -> WorldPosition:
        if not -1e-6 <= s <= road.length_m + 1e-6:
            raise node.wrong(f"s = {s:g} m on road {road.id}", f"from 0 to {road.length_m:g} m, its length")
        return WorldPosition(*road.pose(s, t))

    def _lane(self, node: Node) -> WorldPosition:
        road, s = self._road(node, node.word("roadId")), node.number("s")
        spot = self._on(node, road, s, self._lane_t(node, road, s, node.word("laneId")))
        lane_id = int(node.word("laneId"))
        off = node.number("offset", 0.0)
        moved = WorldPosition(
            spot.x_m - off * math.sin(spot.heading_rad), spot.y_m + off * math.cos(spot.heading_rad), spot.heading_rad
        )
        return turned(node, moved, road_way(road, lane_id))

    def _lane_t(self, node: Node, road: MapRoad, s: float, said: str) -> float:
        known = [str(lane.id) for lane in road.section(s).lanes]
        if said not in known:
            raise node.wrong(f"lane {quoted(said)} of road {road.id} at s = {s:g} m", nearest(said, known))
        return road.lane_t(int(said), s)

    def _relative_lane(self, node: Node) -> WorldPosition:
        entity = node.word("entityRef")
        road, s, t = self.located(node, entity)
        lane = road.lane_at(s, t)
        if lane is None:
            raise node.unsupported(f"a lane relative to {quoted(entity)}, which is in none")
        ahead = node.number("dsLane" if node.has("dsLane") else "ds")
        steps = int(node.number("dLane"))
        target_s, target = s + ahead, lane.id + steps
        if lane.id * target <= 0 and steps:  # there is no lane 0
            target += 1 if steps > 0 else -1
        if not 0 <= target_s <= road.length_m:
            road, target_s, target = self._beyond(node, road, lane.id, target - lane.id, s, ahead)
        off = node.number("offset", 0.0)
        spot = self._on(node, road, target_s, self._lane_t(node, road, target_s, str(target)) + off)
        return turned(node, spot, 0.0)

    def _beyond(
        self, node: Node, road: MapRoad, lane_id: int, shift: int, s: float, ahead: float
    ) -> tuple[MapRoad, float, int]:
        """The position on the next road, if there is exactly one."""
        assert self.map is not None
        over = abs(ahead) - (road.length_m - s if ahead > 0 else s)
        following = self.map.next_lanes(road.id, lane_id, ahead > 0)
        if len(following) != 1 or following[0][0] not in self.map.roads:
            raise node.unsupported(f"{ahead:g} m from a place {s:g} m along road {road.id}, beyond its end")
        road_id, next_lane, contact = following[0]
        after = self.map.roads[road_id]
        return after, over if contact == "start" else after.length_m - over, next_lane + shift

    def _relative(self, node: Node) -> WorldPosition:
        other = self.of(node.word("entityRef"), node)
        dx, dy = node.number("dx"), node.number("dy")
        turn = other.heading_rad if node.tag == "RelativeObjectPosition" else 0.0
        x = other.x_m + math.cos(turn) * dx - math.sin(turn) * dy
        y = other.y_m + math.sin(turn) * dx + math.cos(turn) * dy
        node.number("dz", 0.0)
        return turned(node, WorldPosition(x, y, other.heading_rad), 0.0)


def road_way(road: MapRoad, lane_id: int | None) -> float:
    """The angle from a road's direction to that of traffic in a lane."""
    return math.pi if lane_id is not None and (lane_id > 0) != road.left_hand else 0.0


def _world(node: Node) -> WorldPosition:
    for name in ("z", "p", "r"):
        node.number(name, 0.0)
    return WorldPosition(node.number("x"), node.number("y"), node.number("h", 0.0))


def turned(node: Node, spot: WorldPosition, usual: float) -> WorldPosition:
    """Applies the position's Orientation: relative to the driving direction, or absolute in the world."""
    orientation = node.child("Orientation")
    if orientation is None:
        return WorldPosition(spot.x_m, spot.y_m, spot.heading_rad + usual)
    for name in ("p", "r"):
        orientation.number(name, 0.0)
    h = orientation.number("h", 0.0)
    if orientation.word("type", "absolute") == "absolute":
        return WorldPosition(spot.x_m, spot.y_m, h)
    return WorldPosition(spot.x_m, spot.y_m, spot.heading_rad + usual + h)
