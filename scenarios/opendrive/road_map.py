"""A map: roads with lanes, their links and their world positions. Frozen; metres and radians."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float
from shapely.geometry import LineString, Polygon

from scenarios.opendrive.geometry import Cubic, Derivatives, PlanViewGeometry, derivatives, in_force

SPACING_M = 1.0  # of the sample points for the first search of a position


@dataclass(frozen=True)
class Lane:
    """A lane of a section; ids grow to the left, negative ones lie right of the reference line."""

    id: int
    kind: str
    widths: tuple[Cubic, ...]  # s from the section's start
    predecessor: int | None
    successor: int | None
    line: int

    @property
    def driving(self) -> bool:
        """Whether vehicles drive in this lane."""
        return self.kind in ("driving", "bidirectional", "entry", "exit", "onRamp", "offRamp", "connectingRamp")


@dataclass(frozen=True)
class LaneSection:
    """A part of a road from `s_m` to `end_m` with a constant set of lanes."""

    s_m: float
    end_m: float
    lanes: tuple[Lane, ...]  # without the centre lane
    line: int

    @cached_property
    def by_id(self) -> dict[int, Lane]:
        return {lane.id: lane for lane in self.lanes}

    def width(self, lane: Lane, s: float) -> float:
        return in_force(lane.widths, s - self.s_m)

    def edge(self, lane_id: int, s: float) -> float:
        """t of a lane's outer edge, from the centre lane; 0 for the centre lane itself."""
        sign = 1 if lane_id > 0 else -1
        between = (self.by_id[i] for i in range(sign, lane_id + sign, sign) if i in self.by_id)
        return sign * sum(self.width(lane, s) for lane in between)


@dataclass(frozen=True)
class Link:
    """The continuation of a road at one end: another road's `contact` (start or end), or a junction."""

    kind: str
    id: str
    contact: str


@dataclass(frozen=True)
class UnreadElement:
    """Elements of a road that are not read: their name, how many they are, and the line of the first."""

    name: str
    count: int
    line: int


@dataclass(frozen=True)
class MapRoad:
    """One road of a map."""

    id: str
    name: str
    length_m: float
    junction: str  # '-1' outside junctions
    left_hand: bool
    pieces: tuple[PlanViewGeometry, ...]
    offsets: tuple[Cubic, ...]  # of the centre lane from the reference line
    elevation: tuple[Cubic, ...]
    superelevation: tuple[Cubic, ...]
    sections: tuple[LaneSection, ...]
    predecessor: Link | None
    successor: Link | None
    line: int
    unread: tuple[UnreadElement, ...] = ()

    def piece(self, s: float) -> PlanViewGeometry:
        """The geometry at `s`."""
        return next((p for p in reversed(self.pieces) if p.s_m <= s + 1e-9), self.pieces[0])

    def section(self, s: float) -> LaneSection:
        return next((part for part in reversed(self.sections) if part.s_m <= s + 1e-9), self.sections[0])

    def pose(self, s: float, t: float = 0.0) -> tuple[float, float, float]:
        """World x, y and the road's heading at (s, t)."""
        x, y, heading, _ = self.piece(s).at(s)
        return x - t * math.sin(heading), y + t * math.cos(heading), heading

    def curvature(self, s: float) -> float:
        """Curvature of the reference line, 1/m, positive to the left."""
        return self.piece(s).at(s)[3]

    def offset(self, s: float) -> float:
        return in_force(self.offsets, s)

    def lane_course(self, lane_id: int, s: float) -> Derivatives:
        """t of a lane's centre with its first and second derivative in s; KeyError if the section has no such lane."""
        section, sign = self.section(s), 1 if lane_id > 0 else -1
        parts = [(1.0, derivatives(self.offsets, s))]
        for number in range(sign, lane_id + sign, sign):
            if number != lane_id and number not in section.by_id:
                continue
            share = sign * (0.5 if number == lane_id else 1.0)
            parts.append((share, derivatives(section.by_id[number].widths, s - section.s_m)))
        t, slope, bend = (sum(share * part[i] for share, part in parts) for i in range(3))
        return t, slope, bend

    def breaks(self) -> tuple[float, ...]:
        """All s at which another geometry, offset, section or width begins, rising."""
        begins = {piece.s_m for piece in self.pieces} | {cubic.s_m for cubic in self.offsets}
        for section in self.sections:
            begins |= {section.s_m, *(section.s_m + cubic.s_m for lane in section.lanes for cubic in lane.widths)}
        return tuple(sorted(s for s in begins if 0 < s < self.length_m))

    def lane_t(self, lane_id: int, s: float) -> float:
        """t of a lane's centre; KeyError if the section has no such lane."""
        section = self.section(s)
        lane, sign = section.by_id[lane_id], 1 if lane_id > 0 else -1
        return self.offset(s) + section.edge(lane_id, s) - sign * section.width(lane, s) / 2

    def lane_at(self, s: float, t: float) -> Lane | None:
        """The lane at (s, t)."""
        section, from_centre = self.section(s), t - self.offset(s)
        for lane in section.lanes:
            sign = 1 if lane.id > 0 else -1
            outer = sign * section.edge(lane.id, s)
            if outer - section.width(lane, s) - 1e-9 <= sign * from_centre <= outer + 1e-9:
                return lane
        return None

    @cached_property
    def _sampled(self) -> tuple[Float[np.ndarray, "point"], Float[np.ndarray, "point 2"]]:
        s = np.linspace(0.0, self.length_m, max(2, int(self.length_m / SPACING_M) + 1))
        return s, np.array([self.pose(float(at))[:2] for at in s])

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """(s, t) of the nearest point of the reference line, which is straight beyond the road's ends."""
        s_known, xy = self._sampled
        s = float(s_known[int(np.argmin(np.hypot(xy[:, 0] - x, xy[:, 1] - y)))])
        for _ in range(12):
            px, py, heading = self.pose(s)
            along = (x - px) * math.cos(heading) + (y - py) * math.sin(heading)
            across = (y - py) * math.cos(heading) - (x - px) * math.sin(heading)
            step = along / max(1 - self.curvature(s) * across, 0.1)
            s += max(-20.0, min(20.0, step)) if 0 <= s <= self.length_m else step
            if abs(step) < 1e-9:
                break
        px, py, heading = self.pose(s)
        return s, (y - py) * math.cos(heading) - (x - px) * math.sin(heading)


@dataclass(frozen=True)
class Connection:
    """A connection through a junction: from lanes of a road (keys) to those of the connecting road (values)."""

    incoming: str
    connecting: str
    contact: str
    lanes: dict[int, int]


@dataclass(frozen=True)
class MapJunction:
    id: str
    connections: tuple[Connection, ...]


@dataclass(frozen=True)
class RoadMap:
    """All roads and junctions of a file."""

    roads: dict[str, MapRoad]
    junctions: dict[str, MapJunction] = field(default_factory=dict)

    def locate(self, x: float, y: float) -> tuple[MapRoad, float, float] | None:
        """The road at a world point, with its (s, t); of several roads the one with a lane there."""
        found = [(road, *road.locate(x, y)) for road in self.roads.values()]
        within = [(r, s, t) for r, s, t in found if -1e-6 <= s <= r.length_m + 1e-6]
        held = [(r, s, t) for r, s, t in within if (lane := r.lane_at(s, t)) is not None and lane.driving]
        return min(held or within or found, key=lambda place: abs(place[2]), default=None)

    def next_lanes(self, road_id: str, lane_id: int, forward: bool) -> tuple[tuple[str, int, str], ...]:
        """The continuations of a lane at its road's end (start if not `forward`): road, lane, contact."""
        road = self.roads[road_id]
        link = road.successor if forward else road.predecessor
        if link is None:
            return ()
        if link.kind == "road":
            lane = road.sections[-1 if forward else 0].by_id.get(lane_id)
            following = None if lane is None else lane.successor if forward else lane.predecessor
            known = link.id in self.roads
            return ((link.id, following, link.contact),) if known and following is not None else ()
        ways = self.junctions[link.id].connections if link.id in self.junctions else ()
        return tuple(
            (way.connecting, way.lanes[lane_id], way.contact)
            for way in ways
            if way.incoming == road_id and lane_id in way.lanes
        )


def centre_line(road: MapRoad, section: LaneSection, lane: Lane, spacing_m: float = 2.0) -> LineString:
    """A lane's centre within its section, in the world."""
    return LineString([road.pose(s, road.lane_t(lane.id, s))[:2] for s in _stations(section, spacing_m)])


def lane_polygon(road: MapRoad, section: LaneSection, lane: Lane, spacing_m: float = 2.0) -> Polygon:
    """The area of a lane within its section, in the world."""
    inner, outer = [], []
    for s in _stations(section, spacing_m):
        edge = section.edge(lane.id, s)
        width = section.width(lane, s) * (1 if lane.id > 0 else -1)
        outer.append(road.pose(s, road.offset(s) + edge)[:2])
        inner.append(road.pose(s, road.offset(s) + edge - width)[:2])
    return Polygon([*outer, *reversed(inner)])


def _stations(section: LaneSection, spacing_m: float) -> list[float]:
    """s of sample points; the last is just before the section's end, where the next one's lanes begin."""
    end = section.end_m - 1e-6
    return [float(s) for s in np.linspace(section.s_m, end, max(2, int((end - section.s_m) / spacing_m) + 1))]
