"""Roads: parallel lanes along a reference line of constant curvature, or along a general smooth line."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from jaxtyping import Float
from shapely.geometry import Polygon

from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BusStop
from scenarios.roads.friction import Patch
from scenarios.roads.junction import Arms, Junction
from scenarios.roads.ramp import Ramp
from scenarios.roads.reference_line import (
    NO_NODES,
    STRAIGHT_BELOW,
    Piece,
    Pose,
    bend_at,
    foot_at,
    located_on,
    nodes_of,
    places_on,
    pose_at,
    through,
)
from scenarios.roads.widening import NO_STRIPS, SideLane, Strips, outer_edge
from scenarios.source.identity import ADDED

CROSS_REACH_M = 150.0  # length of a crossing road on either side


class RoadKind(StrEnum):
    STRAIGHT = "straight"
    CURVE = "curve"
    PATH = "path"


@dataclass(frozen=True)
class Road:
    """Parallel lanes along a reference line: of constant curvature, or of `pieces` that begin at s = `begins_m`.

    Lanes keep their widths all along; what begins, ends or changes its width is a side lane beside them.

    The reference line (d = 0) is the centre of `ego_lane`; at s = 0 it has the pose `origin`, by default the map's
    origin, along x. s is the distance along it and d the offset to the left, both in metres. Lanes in the ego's
    direction are numbered from the right, 0 first; `opposite_lanes` lie to their left. Curvature is positive to the
    left, 1/m. Before and beyond its pieces a road is straight. A road with `slope_rad` is a plane that rises along the
    map's x, and the map frame lies in that plane: it differs from a level road only by the direction of gravity.
    """

    kind: RoadKind
    lanes: int
    opposite_lanes: int
    lane_width_m: float
    curvature_per_m: float
    ego_lane: int
    sidewalk_m: float = 2.5
    pieces: tuple[Piece, ...] = field(default=(), metadata=ADDED)
    begins_m: float = field(default=0.0, metadata=ADDED)
    origin: Pose = field(default=(0.0, 0.0, 0.0), metadata=ADDED)
    junction: Junction | None = field(default=None, metadata=ADDED)
    patches: tuple[Patch, ...] = field(default=(), metadata=ADDED)
    slope_rad: float = field(default=0.0, metadata=ADDED)
    zebras_m: tuple[float, ...] = field(default=(), metadata=ADDED)  # s of the centre of each pedestrian crossing
    bus_stops: tuple[BusStop, ...] = field(default=(), metadata=ADDED)
    ramp: Ramp | None = field(default=None, metadata=ADDED)
    lane_widths_m: tuple[float, ...] = field(default=(), metadata=ADDED)  # of all lanes; () if all have `lane_width_m`
    side_lanes: tuple[SideLane, ...] = field(default=(), metadata=ADDED)

    @cached_property
    def nodes(self) -> Float[np.ndarray, "node 6"]:
        """The nodes of the reference line for `reference_line`; empty if the curvature is constant."""
        return nodes_of(self.pieces, self.begins_m, self.origin) if self.pieces else NO_NODES

    @cached_property
    def strips(self) -> Strips:
        """Paved areas beside the lanes: bays, side lanes, and a ramp with its acceleration lane."""
        rows = [row for stop in self.bus_stops for row in stop.strips(self.right_edge, self.left_edge)]
        rows += [row for lane in self.side_lanes for row in lane.strips(self.right_edge, self.left_edge)]
        rows += [] if self.ramp is None else self.ramp.strips(self.right_edge, self.lane_width_m)
        return np.array(rows, float) if rows else NO_STRIPS

    @cached_property
    def ramp_way(self) -> "Road | None":
        """The ramp as a road of one lane from s = 0, whose end is parallel to this road; None without a ramp."""
        if self.ramp is None:
            return None
        s = np.append(self.ramp.stations(), self.ramp.joins_m + 4.0 * np.arange(1, 11))
        d = self.lane_centre(-1) - np.array([self.ramp.away(float(at)) for at in s])
        pieces, origin = through(self.pose(s, d)[:, :2])
        return Road(RoadKind.PATH, 1, 0, self.lane_width_m, 0.0, 0, 0.0, pieces, 0.0, origin)

    @property
    def ramp_joins_m(self) -> float:
        """s on `ramp_way` where the acceleration lane begins."""
        assert self.ramp is not None and self.ramp_way is not None
        x, y, _ = self.place(self.ramp.joins_m, self.lane_centre(-1))
        return self.ramp_way.locate(x, y)[0]

    @cached_property
    def cross(self) -> "Road | None":
        """The road that crosses this one, from its right to its left; s = 0 where the reference lines cross."""
        if (there := self.junction) is None:
            return None
        middle = (there.lanes - 0.5) * there.lane_width_m  # d of the boundary between its two directions
        x, y, heading = self.place(there.at_m + middle, 0.0)
        return Road(
            RoadKind.PATH, there.lanes, there.opposite_lanes, there.lane_width_m, 0.0, 0, self.sidewalk_m,
            (Piece(2 * CROSS_REACH_M),), -CROSS_REACH_M, (x, y, heading + math.pi / 2),
        )  # fmt: skip

    @property
    def middle_d(self) -> float:
        """d of the boundary between the two directions."""
        if self.lane_widths_m:
            return self.right_edge + sum(self.lane_widths_m[: self.lanes])
        return self.right_edge + self.lanes * self.lane_width_m

    @property
    def ring_edges(self) -> tuple[float, float]:
        """s on the crossing road of the right and left edge of the ego's road, or of the roundabout."""
        assert self.junction is not None
        if self.junction.ring_m:
            return self.middle_d - self.junction.ring_m, self.middle_d + self.junction.ring_m
        return self.right_edge, self.left_edge

    @property
    def cross_extent(self) -> tuple[float, float]:
        """s where the crossing road begins and ends: a side road ends on this road."""
        assert self.junction is not None
        inside = (self.right_edge + self.left_edge) / 2
        begins = inside if self.junction.arms is Arms.LEFT else -CROSS_REACH_M
        return begins, inside if self.junction.arms is Arms.RIGHT else CROSS_REACH_M

    @property
    def all_roads(self) -> tuple["Road", ...]:
        """This road and the crossing road, if any."""
        return (self,) if self.cross is None else (self, self.cross)

    def heading(self, s: float) -> float:
        """Heading of the road at s, radians."""
        return bend_at(self.nodes, 0.0, s)[0] if self.pieces else self.curvature_per_m * s

    def curvature(self, s: float) -> float:
        """Curvature of the reference line at s, 1/m."""
        return bend_at(self.nodes, 0.0, s)[1] if self.pieces else self.curvature_per_m

    @property
    def tightest_per_m(self) -> float:
        """The largest absolute curvature of the road, 1/m."""
        bends = [b for p in self.pieces for b in (p.curvature_per_m, p.to_curvature_per_m)]
        return max(map(abs, bends), default=abs(self.curvature_per_m))

    @property
    def ends_m(self) -> float:
        """s at which the last piece ends; the counterpart of `begins_m`."""
        return self.begins_m + sum(piece.length_m for piece in self.pieces)

    @property
    def simple(self) -> bool:
        """Whether the road and its sidewalks do not intersect themselves; for roads with pieces."""
        edges = self.right_edge - self.sidewalk_m, self.left_edge + self.sidewalk_m
        return self.band(*edges, self.begins_m, self.ends_m).is_valid

    def lane_centre(self, lane: int) -> float:
        """d of a lane's centre in metres; opposite lanes have the numbers from `lanes` on."""
        if self.lane_widths_m:
            return self._from_right(lane) - self._from_right(self.ego_lane)
        return (lane - self.ego_lane) * self.lane_width_m

    def _from_right(self, lane: int) -> float:
        """Metres from the right edge to the centre of a lane."""
        within = sum(self.lane_widths_m[:lane]) if lane > 0 else 0.0
        return within + (self.width_of(lane) if lane >= 0 else -self.width_of(lane)) / 2

    def width_of(self, lane: int) -> float:
        """The width of a lane in metres, counted as in `lane_centre`; that of the ego's for one beside the road."""
        inside = 0 <= lane < len(self.lane_widths_m)
        return self.lane_widths_m[lane] if inside else self.lane_width_m

    def lane_edges(self) -> tuple[float, ...]:
        """d of the right edge of every lane, from the right."""
        if self.lane_widths_m:
            return tuple(self.right_edge + sum(self.lane_widths_m[:lane]) for lane in range(len(self.lane_widths_m)))
        count = self.lanes + self.opposite_lanes
        return tuple(self.right_edge + self.lane_width_m * lane for lane in range(count))

    def lane_of(self, d: float) -> int | None:
        """The lane at an offset, metres; None beside the lanes."""
        lanes = range(self.lanes + self.opposite_lanes)
        return next((lane for lane in lanes if abs(d - self.lane_centre(lane)) <= self.width_of(lane) / 2), None)

    @property
    def right_edge(self) -> float:
        """d of the carriageway's right edge in metres."""
        return self.lane_centre(0) - self.width_of(0) / 2

    @property
    def left_edge(self) -> float:
        """d of the carriageway's left edge in metres."""
        last = self.lanes + self.opposite_lanes - 1
        return self.lane_centre(last) + self.width_of(last) / 2

    def edge_at(self, side: Side, s: float) -> float:
        """d of the outer edge of the pavement on a side at s, bays included; metres."""
        edge, sign = (self.left_edge, 1) if side is Side.LEFT else (self.right_edge, -1)
        return float(outer_edge(s, edge, sign, self.strips)) if len(self.strips) else edge

    def pose(self, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
        """Map x, y (m) and heading of the road (rad) at (s, d)."""
        s, d = np.asarray(s, float), np.asarray(d, float)
        if self.pieces:
            s, d = np.broadcast_arrays(s, d)
            return places_on(self.nodes, s.ravel(), d.ravel()).reshape(*s.shape, 3)
        k = self.curvature_per_m
        heading = k * s
        if abs(k) < STRAIGHT_BELOW:
            x, y = s, np.zeros_like(s)
        else:
            x, y = np.sin(heading) / k, (1 - np.cos(heading)) / k
        return np.stack([x - d * np.sin(heading), y + d * np.cos(heading), heading + 0 * d], axis=-1)

    def place(self, s: float, d: float) -> tuple[float, float, float]:
        """`pose` of one point, without arrays for speed: x, y in metres, heading of the road in radians."""
        return pose_at(self.nodes, self.curvature_per_m, s, d)

    def project(self, xy: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """(s, d) of map points: the inverse of `pose` within half a turn, undefined beyond the centre of a bend."""
        if self.pieces:
            flat = np.ascontiguousarray(xy, float).reshape(-1, 2)
            return located_on(self.nodes, flat).reshape(np.shape(xy))
        k = self.curvature_per_m
        if abs(k) < STRAIGHT_BELOW:
            return np.array(xy, float)
        x, y = np.moveaxis(np.asarray(xy, float), -1, 0)
        to_centre_y = 1 / k - y
        heading = np.arctan2(np.sign(k) * x, np.sign(k) * to_centre_y)
        return np.stack([heading / k, 1 / k - np.sign(k) * np.hypot(x, to_centre_y)], axis=-1)

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """`project` of one point, without arrays for speed."""
        return foot_at(self.nodes, self.curvature_per_m, x, y)

    def nearest_turn(self, s: float, near_m: float) -> float:
        """The same place with the s nearest to `near_m`: on a full circle each place has one for every turn."""
        bend = 0.0 if self.pieces else abs(self.curvature_per_m)
        if bend < STRAIGHT_BELOW:
            return s
        round_m = math.tau / bend
        return s + round_m * round((near_m - s) / round_m)

    def band(self, d_right: float, d_left: float, s_from: float, s_to: float, step: float = 2.0) -> Polygon:
        """The strip between two offsets as a polygon in the map frame."""
        s = np.linspace(s_from, s_to, max(2, int(abs(s_to - s_from) / step) + 1))
        right = self.pose(s, np.full_like(s, d_right))[:, :2]
        left = self.pose(s[::-1], np.full_like(s, d_left))[:, :2]
        return Polygon(np.concatenate([right, left]))


def ring_centre(main: Road) -> tuple[float, float]:
    """Centre of a road's roundabout, map frame."""
    assert main.junction is not None
    x, y, _ = main.place(main.junction.at_m, main.middle_d)
    return x, y
