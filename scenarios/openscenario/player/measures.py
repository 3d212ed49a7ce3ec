"""Distances between entities, and between an entity and a place, as conditions measure them."""

import math
from dataclasses import dataclass

import shapely

from scenarios.opendrive.chain import chain_from
from scenarios.openscenario.player.played_entity import PlayedEntity
from scenarios.openscenario.player.world import World
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.road_place import place_at
from scenarios.source.errors import quoted

REACH_M = 1000.0  # along the road to another road
BESIDE_M = 50.0


@dataclass(frozen=True)
class Measure:
    """What a distance is measured along: a coordinate system (entity, road) and a type; and whether between boxes."""

    along: str  # longitudinal, lateral or euclidian
    system: str  # entity or road
    free: bool


def read_measure(node: Node) -> Measure:
    """The measure of a condition; raises Unsupported."""
    kind = node.word("relativeDistanceType", "")
    system = node.word("coordinateSystem", "")
    node.word("routingAlgorithm", "")
    if node.has("alongRoute"):  # version 1.0
        kind, system = ("longitudinal", "road") if node.flag("alongRoute") else (kind, system)
    kind, system = kind or "euclidianDistance", system or "entity"
    if kind not in ("longitudinal", "lateral", "cartesianDistance", "euclidianDistance"):
        raise node.unsupported(f"relativeDistanceType={quoted(kind)}")
    if system not in ("entity", "lane", "road"):
        raise node.unsupported(f"coordinateSystem={quoted(system)}")
    along = kind if kind in ("longitudinal", "lateral") else "euclidian"
    return Measure(along, "road" if system == "lane" else system, node.flag("freespace", False))


def distance(of: PlayedEntity, to: PlayedEntity, world: World, how: Measure) -> float:
    """Metres from one entity to another, negative behind or to the right; infinite if no road leads there."""
    if how.along == "euclidian":
        if how.free:
            return float(outline(of).distance(outline(to)))
        return math.hypot(of.pose.x_m - to.pose.x_m, of.pose.y_m - to.pose.y_m)
    if how.system == "entity":
        return _in_frame(of, to, how)
    if how.along == "longitudinal":
        return free_along(of, to, world, how.free)
    across = _across(of, to.pose, world)
    wide = (of.entity.size[1] + to.entity.size[1]) / 2
    return _shorter(across, wide) if how.free else across


def distance_to(of: PlayedEntity, spot: WorldPosition, world: World, how: Measure) -> float:
    """Metres from an entity to a place."""
    dx, dy = _seen(of, spot.x_m, spot.y_m)
    front, back, side = of.entity.nose_m, of.entity.tail_m, of.entity.size[1] / 2
    if how.along == "euclidian":
        point = shapely.Point(spot.x_m, spot.y_m)
        return float(outline(of).distance(point)) if how.free else math.hypot(dx, dy)
    if how.system == "road":
        along = road_along(of, spot, world) if how.along == "longitudinal" else _across(of, spot, world)
    else:
        along = dx if how.along == "longitudinal" else dy
    if not how.free:
        return along
    if how.along == "lateral":
        return _shorter(along, side)
    return max(along - front, 0.0) if along >= 0 else min(along + back, 0.0)


def outline(mover: PlayedEntity) -> shapely.Polygon:
    """The box on the ground, in the world."""
    (x, y), (length, width, _), turn = mover.centre, mover.entity.size, mover.pose.heading_rad
    cos, sin = math.cos(turn), math.sin(turn)
    corners = [(a * length / 2, b * width / 2) for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    return shapely.Polygon([(x + cos * u - sin * v, y + sin * u + cos * v) for u, v in corners])


def _seen(of: PlayedEntity, x: float, y: float) -> tuple[float, float]:
    here = of.pose
    cos, sin = math.cos(here.heading_rad), math.sin(here.heading_rad)
    dx, dy = x - here.x_m, y - here.y_m
    return cos * dx + sin * dy, cos * dy - sin * dx


def _in_frame(of: PlayedEntity, to: PlayedEntity, how: Measure) -> float:
    place = 0 if how.along == "longitudinal" else 1
    if not how.free:
        return _seen(of, to.pose.x_m, to.pose.y_m)[place]
    seen = [_seen(of, x, y)[place] for x, y in outline(to).exterior.coords]
    low, high = (-of.entity.tail_m, of.entity.nose_m) if place == 0 else (-of.entity.size[1] / 2, of.entity.size[1] / 2)
    return max(min(seen) - high, 0.0) if min(seen) > high else min(max(seen) - low, 0.0)


def road_along(of: PlayedEntity, spot: WorldPosition, world: World) -> float:
    """Metres along the road from an entity's reference point to a place, positive in its direction."""
    if of.place is None or world.known is None:
        return _seen(of, spot.x_m, spot.y_m)[0]
    road = of.place.road
    s, t = road.locate(spot.x_m, spot.y_m)
    if -1e-6 <= s <= road.length_m + 1e-6 and abs(t) < BESIDE_M:
        return of.way * (s - of.place.s_m)
    lane = of.place.lane_id
    if lane is None:
        return math.inf
    chain = chain_from(world.known, road, lane, of.place.s_m, REACH_M, REACH_M)
    found = chain.spot(spot.x_m, spot.y_m)
    if abs(found.left_m) > BESIDE_M:
        return math.inf
    return found.along_m * (1 if chain.leg(0.0).way == of.way else -1)


def free_along(of: PlayedEntity, to: PlayedEntity, world: World, free: bool) -> float:
    """Metres along the road to another entity; between the boxes if `free`, 0 while they overlap along it."""
    if not free:
        return road_along(of, to.pose, world)
    x, y = to.centre
    ahead = road_along(of, WorldPosition(x, y, 0.0), world) - of.entity.forward_m
    tilt = to.pose.heading_rad - of.pose.heading_rad
    half = (to.entity.size[0] * abs(math.cos(tilt)) + to.entity.size[1] * abs(math.sin(tilt))) / 2
    return _shorter(ahead, half + of.entity.size[0] / 2)


def _across(of: PlayedEntity, spot: WorldPosition, world: World) -> float:
    if of.place is None or world.known is None:
        return _seen(of, spot.x_m, spot.y_m)[1]
    there = place_at(world.known, spot.x_m, spot.y_m)
    return math.inf if there is None else there.t_m - of.place.t_m


def _shorter(value: float, by: float) -> float:
    return math.copysign(max(abs(value) - by, 0.0), value)


def headway(of: PlayedEntity, to: PlayedEntity, world: World, how: Measure) -> float | None:
    """Seconds to another entity ahead at the own speed; None where it is not defined."""
    ahead = distance(of, to, world, how)
    return None if ahead < 0 or of.speed < 1e-6 or math.isinf(ahead) else ahead / of.speed


def time_to_collision(of: PlayedEntity, to: PlayedEntity, world: World, how: Measure) -> float | None:
    """Seconds to a collision at the present speeds; None while the two do not approach each other."""
    ahead = distance(of, to, world, how)
    closing = of.speed
    if abs(to.speed) > 1e-6:
        tilt = of.pose.heading_rad - to.pose.heading_rad
        along = of.speed * math.cos(tilt) * math.copysign(1.0, to.speed)
        closing = math.copysign(1.0, of.speed) * math.copysign(1.0, along) * (along - abs(to.speed))
    if abs(ahead) < 1e-6 or abs(closing) < 1e-6 or math.isinf(ahead):
        return None
    return ahead / closing if ahead / closing >= 0 else None
