"""Paths of a body's reference point as a function of distance: along a lane, or free."""

import math
from dataclasses import dataclass, field

from scenarios.model.bodies import ON_FOOT, Body
from scenarios.roads.road import Road
from scenarios.simulation.dynamics.polyline_path import LinePath, Pose, PosedLine
from scenarios.simulation.dynamics.state_table import (
    FACING,
    PATH,
    SHIFT,
    SHIFT_FROM,
    SHIFT_LENGTH,
    WAY,
    D,
    RowView,
    S,
    along_lane,
    in_row,
    pose_in_lane,
    shift_bend,
    shift_slope,
)

MAX_CURVATURE = 0.2  # 1/m, planned for a wheeled body; the check's limit is 0.3
MAX_CURVATURE_SLOPE = 0.12  # 1/m per m: change of an arc's curvature at walking pace
STEERING_RADPS = 0.3  # steering rate of the wheels; the check's limit is 0.4
WHEELBASE_SHARE = 0.6  # of the body's length
WALKER_TURN_RADPS = 5.0


def wrapped(angle: float) -> float:
    """The same angle in the range of half a turn around zero, radians."""
    return math.remainder(angle, math.tau)


@in_row(s=S, d=D, facing=FACING, travelled=WAY)
@dataclass
class LanePath(RowView):
    """A path along the road at an offset; a change of offset is a quintic function of the distance travelled.

    As a function of distance, not of time, a lane change stays feasible when the body brakes during it.
    """

    columns = PATH

    road: Road
    s: float
    d: float
    facing: int
    travelled: float = 0.0

    @property
    def settled(self) -> bool:
        """Whether the offset is constant."""
        return self.row.item(SHIFT_LENGTH) == 0

    def shift(self, target_d: float, length: float, slope: float | None = None) -> None:
        """Start a move to the offset `target_d` over `length` metres, smooth from the present slope and curvature.

        `slope`: the present slope of a body that was not on this path before.
        """
        tilt = (shift_slope(self.row) if slope is None else slope) * length
        bend = shift_bend(self.row) * length**2 / 2 if slope is None else 0.0
        change = target_d - self.d
        self.row[SHIFT:] = (
            self.d, tilt, bend,
            10 * change - 6 * tilt - 3 * bend, 8 * tilt - 15 * change + 3 * bend, 6 * change - 3 * tilt - bend,
        )  # fmt: skip
        self.row[SHIFT_FROM], self.row[SHIFT_LENGTH] = self.travelled, length

    def advance(self, distance: float, _dt: float) -> None:
        """Move on by `distance` metres."""
        along_lane(self.row, self.road.nodes, self.road.curvature_per_m, distance)

    def pose(self) -> Pose:
        return pose_in_lane(self.row, self.road.nodes, self.road.curvature_per_m)


@dataclass
class FreePath:
    """A straight path that turns towards `target_yaw`: at once for walkers, along an arc for wheeled bodies.

    `sideways_mps2` is the grip that turning may use; `wheelbase_m` is 0 for walkers.
    """

    x: float
    y: float
    yaw: float
    wheelbase_m: float
    sideways_mps2: float
    target_yaw: float = field(default=math.nan)
    curvature: float = 0.0

    def advance(self, distance: float, dt: float) -> None:
        """Move on by `distance` metres in `dt` seconds."""
        turn = self._turn(distance, dt)
        middle = self.yaw + turn / 2
        self.x += distance * math.cos(middle)
        self.y += distance * math.sin(middle)
        self.yaw += turn

    def _turn(self, distance: float, dt: float) -> float:
        left = 0.0 if math.isnan(self.target_yaw) else wrapped(self.target_yaw - self.yaw)
        speed = max(abs(distance) / dt, 0.1)
        if self.wheelbase_m == 0:
            return math.copysign(min(abs(left), min(WALKER_TURN_RADPS, self.sideways_mps2 / speed) * dt), left)
        distance = abs(distance)
        slope = min(MAX_CURVATURE_SLOPE, STEERING_RADPS / (speed * self.wheelbase_m))
        tightest = min(MAX_CURVATURE, self.sideways_mps2 / speed**2)
        # The arc's curvature decreases early enough to end straight: curvature k still turns by k^2 / (2 slope).
        wanted = math.copysign(min(tightest, math.sqrt(1.6 * slope * abs(left))), left)
        self.curvature += min(slope * distance, max(-slope * distance, wanted - self.curvature))
        return self.curvature * distance

    def pose(self) -> Pose:
        return self.x, self.y, self.yaw


Path = LanePath | FreePath | LinePath | PosedLine


def crossing_side(road: Road, d: float) -> int:
    """+1 if the far side of the road, seen from offset `d`, is to the left, -1 if it is to the right."""
    return 1 if d < (road.left_edge + road.right_edge) / 2 else -1


def lane_path(road: Road, pose: Pose, near_m: float = 0.0) -> LanePath:
    """The path along the road through a map pose; on a full circle with the s that is nearest to `near_m`."""
    s, d = road.locate(*pose[:2])
    s = road.nearest_turn(s, near_m)
    facing = 1 if math.cos(pose[2] - road.heading(s)) >= 0 else -1
    return LanePath(road, s, d, facing)


def free_path(body: Body, pose: Pose, sideways_mps2: float, target_yaw: float = math.nan) -> FreePath:
    """The free path of a body, with the turning limits of its kind."""
    wheelbase = 0.0 if body.kind in ON_FOOT else WHEELBASE_SHARE * body.size.length_m
    return FreePath(*pose, wheelbase, sideways_mps2, target_yaw)
