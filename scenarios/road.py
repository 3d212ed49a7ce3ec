"""Roads: a reference line of constant curvature with parallel lanes."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Float
from shapely.geometry import Polygon


class RoadKind(StrEnum):
    STRAIGHT = "straight"
    CURVE = "curve"


@dataclass(frozen=True)
class Road:
    """Parallel lanes along a line of constant curvature.

    The reference line (d = 0) is the centre of `ego_lane`; it passes through the map origin along x.
    s runs along it in metres, d to the left in metres. Lanes in the ego's direction are numbered from the
    right, 0 first; `opposite_lanes` lie to their left. Curvature is positive to the left, 1/m.
    """

    kind: RoadKind
    lanes: int
    opposite_lanes: int
    lane_width_m: float
    curvature_per_m: float
    ego_lane: int
    sidewalk_m: float = 2.5

    def lane_centre(self, lane: int) -> float:
        """d of a lane's centre in metres; opposite lanes follow on from `lanes`."""
        return (lane - self.ego_lane) * self.lane_width_m

    @property
    def right_edge(self) -> float:
        """d of the carriageway's right edge in metres."""
        return self.lane_centre(0) - self.lane_width_m / 2

    @property
    def left_edge(self) -> float:
        """d of the carriageway's left edge in metres."""
        return self.lane_centre(self.lanes + self.opposite_lanes - 1) + self.lane_width_m / 2

    def pose(self, s: Float[np.ndarray, "*n"], d: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
        """Map x, y (m) and heading of the road (rad) at (s, d)."""
        s, d = np.asarray(s, float), np.asarray(d, float)
        k = self.curvature_per_m
        heading = k * s
        if abs(k) < 1e-9:
            x, y = s, np.zeros_like(s)
        else:
            x, y = np.sin(heading) / k, (1 - np.cos(heading)) / k
        return np.stack([x - d * np.sin(heading), y + d * np.cos(heading), heading + 0 * d], axis=-1)

    def place(self, s: float, d: float) -> tuple[float, float, float]:
        """`pose` of one point, for the inner loop: x, y in metres, heading of the road in radians."""
        heading = self.curvature_per_m * s
        if abs(self.curvature_per_m) < 1e-9:
            return s, d, 0.0
        x, y = math.sin(heading) / self.curvature_per_m, (1 - math.cos(heading)) / self.curvature_per_m
        return x - d * math.sin(heading), y + d * math.cos(heading), heading

    def project(self, xy: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """(s, d) of map points; inverse of `pose` within half a turn."""
        k = self.curvature_per_m
        if abs(k) < 1e-9:
            return np.array(xy, float)
        x, y = np.moveaxis(np.asarray(xy, float), -1, 0)
        to_centre_y = 1 / k - y
        heading = np.arctan2(np.sign(k) * x, np.sign(k) * to_centre_y)
        return np.stack([heading / k, 1 / k - np.sign(k) * np.hypot(x, to_centre_y)], axis=-1)

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """`project` of one point, for the inner loop."""
        k = self.curvature_per_m
        if abs(k) < 1e-9:
            return x, y
        sign = math.copysign(1.0, k)
        heading = math.atan2(sign * x, sign * (1 / k - y))
        return heading / k, 1 / k - sign * math.hypot(x, 1 / k - y)

    def band(self, d_right: float, d_left: float, s_from: float, s_to: float, step: float = 2.0) -> Polygon:
        """The strip between two offsets as a polygon in the map frame."""
        s = np.linspace(s_from, s_to, max(2, int(abs(s_to - s_from) / step) + 1))
        right = self.pose(s, np.full_like(s, d_right))[:, :2]
        left = self.pose(s[::-1], np.full_like(s, d_left))[:, :2]
        return Polygon(np.concatenate([right, left]))
