"""The continuation of a lane on a map, ahead and behind: a chain of roads as one line."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from scenarios.opendrive.road_map import Lane, LaneSection, MapRoad, RoadMap

LONGEST = 60  # maximum number of roads


@dataclass(frozen=True)
class Leg:
    """A part of one road: from `s_in` on in direction `way` (+1 along it, -1 against), `begins_m` along the chain."""

    road: MapRoad
    lane_id: int
    way: int
    s_in: float
    begins_m: float
    length_m: float

    def s(self, along: float) -> float:
        return self.s_in + self.way * (along - self.begins_m)

    def along(self, s: float) -> float:
        return self.begins_m + self.way * (s - self.s_in)


@dataclass(frozen=True)
class ChainPoint:
    """A position relative to the chain: metres along it and left of its lane's centre, and the lane there.

    `heading_rad` is the chain's heading in the world.
    """

    along_m: float
    left_m: float
    heading_rad: float
    leg: Leg
    s_m: float
    lane: Lane | None


@dataclass(frozen=True)
class Chain:
    """The lane of one vehicle from behind it (negative) to ahead; the vehicle is at 0."""

    legs: tuple[Leg, ...]

    @property
    def begins_m(self) -> float:
        return self.legs[0].begins_m

    @property
    def ends_m(self) -> float:
        return self.legs[-1].begins_m + self.legs[-1].length_m

    def leg(self, along: float) -> Leg:
        return next((leg for leg in reversed(self.legs) if leg.begins_m <= along), self.legs[0])

    def lane_t(self, along: float) -> float:
        """t of the chain's lane on the road at that position."""
        leg = self.leg(along)
        return _lane_t(leg, leg.s(along))

    def section(self, along: float) -> LaneSection:
        leg = self.leg(along)
        return leg.road.section(leg.s(along))

    def pose(self, along: float) -> tuple[float, float, float, float]:
        """World x, y, heading and curvature of the lane's centre."""
        leg = self.leg(along)
        s = leg.s(along)
        x, y, _ = leg.road.pose(s, _lane_t(leg, s))
        heading, curvature, _ = _tangent(leg, s)
        return x, y, heading, curvature

    @cached_property
    def _ways(self) -> tuple[Float[np.ndarray, "point"], Float[np.ndarray, "point"]]:
        """Positions along the chain and the lane's length to each, which differs from them in bends."""
        along = np.arange(math.floor(self.begins_m), math.ceil(self.ends_m) + 1.0)
        along = np.unique(np.clip(along, self.begins_m, self.ends_m))
        middle = (along[1:] + along[:-1]) / 2
        stretch = [self._stretch(float(at)) for at in middle]
        way = np.concatenate([[0.0], np.cumsum(np.diff(along) * stretch)])
        return along, way - np.interp(0.0, along, way)

    def _stretch(self, along: float) -> float:
        leg = self.leg(along)
        return _tangent(leg, leg.s(along))[2]

    def way(self, along: float) -> float:
        """Metres along the chain's lane from its vehicle to a position along the chain."""
        known, way = self._ways
        inside = min(max(along, self.begins_m), self.ends_m)
        return float(np.interp(inside, known, way)) + along - inside

    def spot(self, x: float, y: float) -> ChainPoint:
        """The position of a world point relative to the chain."""
        found = []
        for leg in self.legs:
            s, t = leg.road.locate(x, y)
            along = leg.along(s)
            outside = max(leg.begins_m - along, along - leg.begins_m - leg.length_m, 0.0)
            if (leg is self.legs[0] and along < leg.begins_m) or (leg is self.legs[-1] and along > leg.begins_m):
                outside = 0.0  # beyond its ends the chain is straight
            found.append((outside, abs(t), along, s, t, leg))
        _, _, along, s, t, leg = min(found, key=lambda place: place[:2])
        heading = _tangent(leg, s)[0]
        on_it = 0 <= s <= leg.road.length_m
        return ChainPoint(
            along, leg.way * (t - _lane_t(leg, s)), heading, leg, s, leg.road.lane_at(s, t) if on_it else None
        )


def _lane_t(leg: Leg, s: float) -> float:
    inside = _inside(leg, s)
    return leg.road.lane_t(lane_at(leg, s), inside)


def _inside(leg: Leg, s: float) -> float:
    return min(max(s, 0.0), leg.road.length_m - 1e-9)


def lane_at(leg: Leg, s: float) -> int:
    """The id of a leg's lane at `s`, by the links from section to section."""
    return _followed(leg, _inside(leg, s))


def _tangent(leg: Leg, s: float) -> tuple[float, float, float]:
    """Heading and curvature of a leg's lane centre in its direction, and its length for a metre of the road's line.

    The centre lies at t(s) beside a line of curvature k: its tangent is (1 - k t, t') along and across that line, so
    that lane offsets and widths that change turn the lane.
    """
    inside = _inside(leg, s)
    t, slope, bend = leg.road.lane_course(lane_at(leg, s), inside)
    if s != inside:
        slope = bend = 0.0  # straight beyond the road's ends
    k = leg.road.curvature(s)
    ahead = max(1 - k * t, 0.05)
    length = math.hypot(ahead, slope)
    sharpness = 0.0
    if slope:
        near = [leg.road.curvature(min(max(inside + way * 0.01, 0.0), leg.road.length_m)) for way in (-1, 1)]
        sharpness = (near[1] - near[0]) / 0.02
    turned = (bend * ahead + slope * (sharpness * t + k * slope)) / length**2
    heading = leg.road.pose(s)[2] + math.atan2(slope, ahead)
    return heading + (math.pi if leg.way < 0 else 0.0), leg.way * (k + turned) / length, length


def _followed(leg: Leg, s: float) -> int:
    """The lane's id in the section at `s`, found by the links between sections."""
    sections = leg.road.sections
    here = next(i for i, part in enumerate(sections) if part is leg.road.section(leg.s_in))
    there = next(i for i, part in enumerate(sections) if part is leg.road.section(s))
    lane = leg.lane_id
    for i in range(here, there, 1 if there > here else -1):
        link = sections[i].by_id.get(lane)
        following = None if link is None else link.successor if there > here else link.predecessor
        lane = following if following is not None else lane
    known = sections[there].by_id
    return lane if lane in known else min(known, key=lambda known_id: abs(known_id - lane))


def chain_from(known: RoadMap, road: MapRoad, lane_id: int, s: float, back_m: float, ahead_m: float) -> Chain:
    """The lane `lane_id` at `s` with its continuation ahead and behind, as far as the links are unambiguous."""
    way = -1 if (lane_id > 0) != road.left_hand else 1
    ahead = list(_legs(known, road, lane_id, s, way, ahead_m))
    behind = list(_legs(known, road, lane_id, s, -way, back_m))
    turned = [
        Leg(leg.road, leg.lane_id, -leg.way, leg.s(leg.begins_m + leg.length_m), -leg.begins_m - leg.length_m,
            leg.length_m)
        for leg in reversed(behind)
    ]  # fmt: skip
    first = turned.pop() if turned else None
    if first is not None:  # the vehicle's own road is one leg, not two
        own = ahead[0]
        ahead[0] = Leg(road, lane_id, way, first.s_in, first.begins_m, first.length_m + own.length_m)
    return Chain((*turned, *ahead))


def _legs(known: RoadMap, road: MapRoad, lane_id: int, s: float, way: int, reach_m: float):
    """Legs from `s` in one direction, until `reach_m` or to the first missing or ambiguous link."""
    begins = 0.0
    for _ in range(LONGEST):
        length = road.length_m - s if way > 0 else s
        leg = Leg(road, lane_id, way, s, begins, length)
        yield leg
        begins += length
        last = _followed(leg, max(road.length_m - 1e-6, 0.0) if way > 0 else 0.0)
        following = known.next_lanes(road.id, last, way > 0)
        if begins >= reach_m or len(following) != 1:
            return
        next_id, lane_id, contact = following[0]
        road = known.roads.get(next_id, road)
        if (
            next_id not in known.roads
            or lane_id not in road.section(0.0 if contact == "start" else road.length_m).by_id
        ):
            return
        s, way = (0.0, 1) if contact == "start" else (road.length_m, -1)
