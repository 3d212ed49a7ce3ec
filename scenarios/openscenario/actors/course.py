"""The ego's road in our coordinates, and world positions converted to positions on it."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

from scenarios.load import loads
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.opendrive.chain import Chain, chain_from
from scenarios.opendrive.road_map import RoadMap
from scenarios.opendrive.stretch import Lanes, MapRemark, MapStretch, stretch_of
from scenarios.openscenario.actors.entities import Entity
from scenarios.openscenario.source.positions import WorldPosition
from scenarios.openscenario.source.yaml_text import as_yaml
from scenarios.roads.road import Road

ON_LANE_M = 0.05  # maximum distance of an ego's start from its lane's centre
ALONG_RAD = 0.05
MOST_ASIDE_M = 2.9  # of the start of an ego whose motion is written


class NoCourse(ValueError):
    """A position where the ego cannot start; the message states why."""


@dataclass(frozen=True)
class Spotted:
    """A position on our road: along and across in metres, heading relative to the road, and lane (number, oncoming)."""

    s_m: float
    d_m: float
    turn_rad: float
    lane: tuple[int, bool] | None
    off_m: float  # from that lane's centre, to the left of the road's direction


@dataclass(frozen=True)
class Course:
    """The ego's road. The chain begins (0) at our map's origin, which has the world pose `pose`."""

    chain: Chain | None
    lanes: Lanes
    road: Road
    written: dict[str, object]
    pose: tuple[float, float, float]
    kept_along: bool  # the road differs from the map: positions keep their coordinates along and across it

    @property
    def way(self) -> int:
        """+1 if the ego drives along its road's direction in the map, -1 against it."""
        return 1 if self.chain is None else self.chain.leg(0.0).way

    def spotted(self, spot: WorldPosition) -> Spotted:
        """A world position on our road."""
        x, y, turn = self.rigid(spot)
        s, d = self.road.locate(x, y)
        turn -= self.road.place(s, 0.0)[2]
        if self.chain is None:
            return Spotted(s, d, math.remainder(turn, math.tau), self._lane_of(d), 0.0)
        beside = self.chain.spot(spot.x_m, spot.y_m)
        if self.kept_along:
            s, d, turn = self.chain.way(beside.along_m), beside.left_m, spot.heading_rad - beside.heading_rad
        leg, lane = beside.leg, beside.lane
        number = self.lanes.number(lane.id) if lane is not None else None
        turn = math.remainder(turn, math.tau)
        if lane is None or number is None:
            return Spotted(s, d, turn, None, 0.0)
        t = leg.road.locate(spot.x_m, spot.y_m)[1]
        off = leg.way * (t - leg.road.lane_t(lane.id, beside.s_m))
        centre = self.road.lane_centre(number[0] + (self.road.lanes if number[1] else 0))
        return Spotted(s, centre + off, turn, number, off)

    def to_map(self, spot: WorldPosition) -> tuple[float, float, float]:
        """Map x, y in metres and heading."""
        found = self.spotted(spot)
        x, y, heading = self.road.place(found.s_m, found.d_m)
        return x, y, heading + found.turn_rad

    def in_map(self, spot: WorldPosition) -> tuple[float, float, float]:
        """Map x, y in metres and heading; the same as in the file, unless the road's line is approximated."""
        return self.to_map(spot) if self.kept_along else self.rigid(spot)

    def rigid(self, spot: WorldPosition) -> tuple[float, float, float]:
        """Map x, y and heading of a world pose, by a shift and a turn."""
        x0, y0, h0 = self.pose
        dx, dy = spot.x_m - x0, spot.y_m - y0
        cos, sin = math.cos(h0), math.sin(h0)
        return cos * dx + sin * dy, cos * dy - sin * dx, spot.heading_rad - h0

    def _lane_of(self, d: float) -> tuple[int, bool] | None:
        road = self.road
        if (lane := road.lane_of(d)) is None:
            return None
        return (lane - road.lanes, True) if lane >= road.lanes else (lane, False)


def centre_of(entity: Entity, spot: WorldPosition) -> WorldPosition:
    """The centre of an entity's box when its reference point is at `spot`."""
    cos, sin = math.cos(spot.heading_rad), math.sin(spot.heading_rad)
    x = spot.x_m + cos * entity.forward_m - sin * entity.left_m
    return replace(spot, x_m=x, y_m=spot.y_m + sin * entity.forward_m + cos * entity.left_m)


@dataclass(frozen=True)
class EgoStart:
    """The ego's start on its map."""

    known: RoadMap
    ego: Entity
    spot: WorldPosition

    @cached_property
    def chain(self) -> Chain:
        """The ego's lane from far behind it to far ahead; raises NoCourse if the ego is not in a lane."""
        centre = centre_of(self.ego, self.spot)
        back = EGO_REAR_AXLE_TO_CENTRE_M
        x = centre.x_m - back * math.cos(self.spot.heading_rad)
        y = centre.y_m - back * math.sin(self.spot.heading_rad)
        found = self.known.locate(x, y)
        lane = found[0].lane_at(found[1], found[2]) if found else None
        if found is None or lane is None or not lane.driving:
            raise NoCourse("the ego starts in no lane for driving")
        chain = chain_from(self.known, found[0], lane.id, found[1], 400.0, 2000.0)
        here = chain.spot(x, y)
        if abs(here.left_m) > MOST_ASIDE_M:
            raise NoCourse(f"the ego starts {here.left_m:.2f} m left of its lane's middle")
        return chain

    def aside(self) -> str:
        """How the ego starts otherwise than along the middle of its lane; "" if it does not."""
        centre, back = centre_of(self.ego, self.spot), EGO_REAR_AXLE_TO_CENTRE_M
        turn = self.spot.heading_rad
        here = self.chain.spot(centre.x_m - back * math.cos(turn), centre.y_m - back * math.sin(turn))
        off = math.remainder(turn - here.heading_rad, math.tau)
        if abs(off) > ALONG_RAD:
            return f"the ego starts {math.degrees(off):.0f} degrees off its lane's direction"
        if abs(here.left_m) > ON_LANE_M:
            return f"the ego starts {here.left_m:.2f} m left of its lane's middle"
        return ""


def course_on(
    begun: EgoStart, back_m: float, ahead_m: float
) -> tuple[Course, tuple[MapRemark, ...], tuple[MapRemark, ...]]:
    """The required part of the ego's road, with its approximations and refusals."""
    chain = begun.chain
    stretch: MapStretch = stretch_of(chain, back_m, ahead_m)
    x, y, heading, _ = chain.pose(0.0)
    road = road_of(stretch.written, stretch.lanes.ego)
    made = Course(chain, stretch.lanes, road, stretch.written, (x, y, heading), stretch.kept_along)
    return made, stretch.approximated, stretch.refused


def no_map(pose: WorldPosition, ego: Entity) -> Course:
    """A straight road of one lane for a file without a readable road."""
    centre = centre_of(ego, pose)
    x = centre.x_m - EGO_REAR_AXLE_TO_CENTRE_M * math.cos(pose.heading_rad)
    y = centre.y_m - EGO_REAR_AXLE_TO_CENTRE_M * math.sin(pose.heading_rad)
    written: dict[str, object] = {"kind": "straight", "lanes": 1, "lane_width": "3.5 m"}
    return Course(None, Lanes((0,), (), 0), road_of(written, 0), written, (x, y, pose.heading_rad), False)


def road_of(written: dict[str, object], ego_lane: int) -> Road:
    """The `Road` of a section `road:`."""
    ego = {"lane": ego_lane, "speed": "0 m/s", "drive": "hold speed"}
    road = loads(as_yaml({"name": "road", "intent": "To read a road.", "road": written, "ego": ego}))[0].road
    assert road is not None
    return road
