"""The state of one entity while a storyboard is played."""

import math
from dataclasses import dataclass, field, replace

from scenarios.opendrive.road_map import RoadMap
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.source.node import Node
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.road_place import RoadPlace, moved, place_at

ALONG_RAD = 0.6  # a body with a smaller angle to its road follows the road, any other one goes straight on


@dataclass
class PlayedEntity:
    """One entity: on a road (`place`, `way`, `turn_rad` from the direction of travel), or free with a world pose."""

    entity: Entity
    known: RoadMap | None
    free: WorldPosition
    place: RoadPlace | None = None
    way: int = 1
    turn_rad: float = 0.0
    speed: float = 0.0
    accel: float = 0.0
    travelled_m: float = 0.0
    still_since_s: float | None = 0.0
    off_road_since_s: float | None = None
    end_since_s: float | None = None
    route: tuple[str, ...] = ()
    carried: bool = False  # an action has moved it in this step
    before: float = 0.0  # speed at the beginning of the step
    last: WorldPosition | None = None  # its pose at the beginning of a step in which an action moves it
    _pose: WorldPosition | None = field(default=None, repr=False)

    @property
    def pose(self) -> WorldPosition:
        """World pose of the reference point."""
        if self._pose is None:
            self._pose = self.free if self.place is None else self.place.pose(self.turn_rad, self.way)
        return self._pose

    @property
    def centre(self) -> tuple[float, float]:
        """World position of the box's centre."""
        here, body = self.pose, self.entity
        cos, sin = math.cos(here.heading_rad), math.sin(here.heading_rad)
        return (
            here.x_m + cos * body.forward_m - sin * body.left_m, here.y_m + sin * body.forward_m + cos * body.left_m,
        )  # fmt: skip

    def put(self, place: RoadPlace, turn_rad: float = 0.0, way: int | None = None) -> None:
        """Put it on a road."""
        self.place, self.turn_rad, self.way, self._pose = place, turn_rad, way or self.way, None

    def put_free(self, pose: WorldPosition) -> None:
        """Put it at a world pose, on no road."""
        self.place, self.free, self._pose = None, pose, None

    def settle(self) -> None:
        """From its world pose on follow the road there, if it heads along it."""
        here = self.pose
        place = place_at(self.known, here.x_m, here.y_m) if self.known is not None else None
        if place is not None:
            self.align(place)

    def align(self, place: RoadPlace) -> None:
        """Follow the road at a place, if its heading is along it."""
        here = self.pose
        turn = math.remainder(here.heading_rad - place.road.pose(place.s_m)[2], math.tau)
        way = 1 if math.cos(turn) >= 0 else -1
        turn = math.remainder(turn if way > 0 else turn - math.pi, math.tau)
        if abs(turn) < ALONG_RAD:
            self.put(place, turn, way)

    def distance(self, dt: float) -> float:
        """Metres in this step, negative in reverse."""
        return (self.before + self.speed) / 2 * dt

    def roll(self, distance: float) -> None:
        """Move on along the road, or straight on."""
        if self.place is None or self.known is None:
            here = self.free
            x, y = here.x_m + distance * math.cos(here.heading_rad), here.y_m + distance * math.sin(here.heading_rad)
            self.put_free(replace(here, x_m=x, y_m=y))
        else:
            place, way = moved(self.known, self.place, distance, self.way, self.route)
            self.put(place, self.turn_rad, way)


def mover_at(entity: Entity, spot: WorldPosition, position: Node | None, known: RoadMap | None) -> PlayedEntity:
    """An entity at its start: in the lane that its LanePosition names, or where its world pose lies on the map."""
    mover = PlayedEntity(entity, known, spot)
    said = position.only() if position is not None else None
    if known is not None and said is not None and said.tag == "LanePosition" and said.word("roadId") in known.roads:
        road = known.roads[said.word("roadId")]
        place = RoadPlace(road, said.number("s"), int(said.word("laneId")), said.number("offset", 0.0))
        mover.align(place)
    else:
        mover.settle()
    return mover
