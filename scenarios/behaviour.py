"""A body in motion: its path, its speed, and what it is told to do with them."""

import math
from dataclasses import dataclass, field

import numpy as np

from scenarios.bodies import EGO_REAR_AXLE_TO_CENTRE_M, FOUR_WHEELS, ON_FOOT, STATIC, Body, Kind
from scenarios.drivers import G
from scenarios.paths import FreePath, LanePath, LinePath, Path, Pose, wrapped
from scenarios.road import Road
from scenarios.scenario import (
    Action,
    Brake,
    ChangeSpeed,
    Cross,
    CutIn,
    Follow,
    FollowTrajectory,
    HoldSpeed,
    OnLane,
    Parked,
    Placed,
    StepOut,
)  # fmt: skip

BRAKE_JERK = 40.0  # m/s^3: an actor's brakes build up within 0.15 s at 6 m/s^2
DRIVE_JERK = 6.0
LIT_DECEL = 0.7  # m/s^2 of braking from which the lamps must light (UN R13-H)
PATH_GRIP_SHARE = 0.6  # of the grip that a planned swerve may use; the rest is left for braking
WALK_BUILD_UP_S = 0.4
LANE_HEADING_RAD = 0.05  # a free pose this close to the road's heading drives along the road


@dataclass(frozen=True)
class Target:
    """Bring the speed to `speed_mps` at `rate_mps2`; `braking` when the brakes do it."""

    speed_mps: float
    rate_mps2: float
    braking: bool = False


@dataclass
class Mover:
    """One body while the simulation runs. The reference point is the ego's rear axle, others' box centre."""

    body: Body
    road: Road
    grip: float  # mu g, m/s^2
    offset_m: float  # from the reference point forward to the box centre
    path: Path
    speed: float
    target: Target
    drive: Follow | None = None
    scripted: bool = False  # speed comes from the drawn trajectory's plan
    still: bool = False  # never moves
    accel: float = 0.0
    lit: bool = False
    ends_beyond_d: float | None = None  # a crossing ends here
    slide: np.ndarray | None = None  # velocity after an impact
    slid: Pose | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def on_foot(self) -> bool:
        return self.body.kind in ON_FOOT

    def pose(self) -> Pose:
        """Map pose of the reference point."""
        return self.path.pose() if self.slid is None else self.slid

    def velocity(self) -> np.ndarray:
        """Map velocity, m/s."""
        if self.slide is not None:
            return self.slide
        yaw = self.pose()[2]
        return self.speed * np.array([math.cos(yaw), math.sin(yaw)])

    # -- longitudinal ------------------------------------------------------------------------------------------

    def demand(self, accel: float, dt: float, braking: bool, brake_jerk: float = BRAKE_JERK) -> None:
        """Let the acceleration move towards `accel` as fast as brakes, engine or legs allow, within the grip."""
        asked, accel = accel, 0.0 if self.speed <= 0 and accel < 0 else accel
        if self.on_foot:
            self.accel = accel
        else:
            rise = BRAKE_JERK if self.accel < 0 and accel >= self.accel else DRIVE_JERK
            fall = brake_jerk if braking else DRIVE_JERK
            self.accel = min(max(accel, self.accel - fall * dt), self.accel + rise * dt)
        self.accel = min(max(self.accel, -self.grip_left()), self.grip_left())
        if braking and asked < -LIT_DECEL:  # the lamps light with the pedal, before the brakes bite
            self.lit = True
        elif (self.accel > -0.3 and self.speed > 0.05) or self.accel > 0.05:
            self.lit = False

    def grip_left(self, yaw_rate: float | None = None) -> float:
        """What the friction circle leaves for braking, m/s^2."""
        sideways = self.speed * (self.yaw_rate if yaw_rate is None else yaw_rate)
        return math.sqrt(max(self.grip**2 - sideways**2, (0.1 * self.grip) ** 2))

    yaw_rate: float = 0.0

    def pursue(self, dt: float) -> None:
        """Set the acceleration that the present target asks for."""
        missing = self.target.speed_mps - self.speed
        rate = min(self.target.rate_mps2, abs(missing) / dt)
        if not self.on_foot and self.target.speed_mps > 0:  # ease into the new speed; a stop may be abrupt
            jerk = BRAKE_JERK if self.target.braking else DRIVE_JERK
            rate = min(rate, math.sqrt(1.8 * jerk * abs(missing)))
        self.demand(math.copysign(rate, missing), dt, self.target.braking and missing < 0)

    def advance(self, t_s: float, dt: float) -> None:
        """Move on by one step that ends at `t_s`."""
        if self.still:
            return
        if self.slide is not None:
            self._slide_on(dt)
            return
        if self.scripted:
            self._follow_plan(t_s, dt)
            return
        new = max(0.0, self.speed + self.accel * dt)
        before = self.pose()[2]
        self.path.advance((self.speed + new) / 2 * dt, dt)
        self.speed = new
        if new == 0.0:
            self.accel = 0.0
        self.yaw_rate = 0.0 if self.on_foot else wrapped(self.pose()[2] - before) / dt
        self._end_crossing()

    def _follow_plan(self, t_s: float, dt: float) -> None:
        assert isinstance(self.path, LinePath)
        before = self.pose()[2]
        distance = self.path.planned(t_s) - self.path.travelled
        speed = max(0.0, (self.path.planned(t_s + dt / 2) - self.path.planned(t_s - dt / 2)) / dt)
        self.accel = (speed - self.speed) / dt
        self.path.advance(distance, dt)
        self.speed = speed
        self.yaw_rate = wrapped(self.pose()[2] - before) / dt
        self.lit = self.accel < -LIT_DECEL or (self.lit and speed < 0.05)

    def _slide_on(self, dt: float) -> None:
        assert self.slide is not None
        assert self.slid is not None
        x, y, yaw = self.slid
        speed = math.hypot(*self.slide)
        after = self.slide * max(0.0, 1 - self.target.rate_mps2 * dt / speed) if speed > 0 else self.slide
        middle = (self.slide + after) / 2
        self.slid, self.slide = (x + middle[0] * dt, y + middle[1] * dt, yaw), after
        new = float(after @ [math.cos(yaw), math.sin(yaw)])
        self.accel, self.speed, self.yaw_rate = (new - self.speed) / dt, new, 0.0

    def _end_crossing(self) -> None:
        if self.ends_beyond_d is None:
            return
        x, y, _ = self.pose()
        d = self.road.project(np.array([x, y]))[1]
        if abs(d) > abs(self.ends_beyond_d) and d * self.ends_beyond_d > 0:
            self.target, self.ends_beyond_d = Target(0.0, self.target.rate_mps2, braking=True), None

    # -- what events do ----------------------------------------------------------------------------------------

    def struck(self, velocity: np.ndarray, decel: float) -> None:
        """From an impact on: slide with this velocity, slowed by friction alone."""
        self.slid, self.slide, self.still, self.scripted, self.drive = self.pose(), velocity, False, False, None
        self.target = Target(0.0, decel, braking=True)
        yaw = self.slid[2]
        self.speed = float(velocity @ [math.cos(yaw), math.sin(yaw)])
        self.lit = self.body.kind in FOUR_WHEELS and math.hypot(*velocity) > 0.5

    def perform(self, action: Action) -> str:
        """Start an event's action; returns what happens, in words."""
        if self.slide is not None:
            return "cannot act any more after the impact"
        self.still, self.scripted, self.drive = False, False, None
        match action:
            case Brake(decel, until):
                self.target = Target(min(until, self.speed), decel, braking=True)
                possible = min(decel, self.grip)
                limit = f" ({decel:.1f} asked; the road gives no more)" if possible < decel - 0.05 else ""
                return f"brakes at {possible:.1f} m/s²{limit}"
            case ChangeSpeed(speed, rate):
                slower = speed < self.speed
                self.target = Target(speed, rate, braking=slower and rate > LIT_DECEL)
                return f"{'slows' if slower else 'speeds up'} to {speed * 3.6:.0f} km/h"
            case HoldSpeed(speed):
                self.target = Target(speed, 2.0, braking=speed < self.speed)
                return f"holds {speed * 3.6:.0f} km/h"
            case Follow():
                self.drive = action
                self.join_lane()
                return f"follows as {action.driver}"
            case CutIn(duration):
                return self._cut_in(duration)
            case Cross(speed) | StepOut(speed_mps=speed):
                self._cross(speed)
                behind = f" from behind {action.behind}" if isinstance(action, StepOut) else ""
                return f"steps out{behind}" if behind else "crosses"
        raise TypeError(f"no such action: {action!r}")

    def join_lane(self) -> LanePath:
        """Go on along the road from where the body is."""
        if not isinstance(self.path, LanePath):
            self.path = lane_path(self.road, self.pose())
        return self.path

    def _cut_in(self, duration: float) -> str:
        lane = self.join_lane()
        change = abs(lane.d)
        least = math.sqrt(5.774 * change / (PATH_GRIP_SHARE * self.grip))  # the quintic's peak is 5.774 D / T^2
        length = max(self.speed * max(duration, least), math.sqrt(5.774 * change / 0.12), 1.0)
        lane.shift(0.0, length)
        slow = f" over {least:.1f} s ({duration:.1f} s would slip)" if least > duration + 0.05 else ""
        return f"cuts in{slow}"

    def _cross(self, speed: float) -> None:
        x, y, yaw = self.pose()
        s, d = self.road.project(np.array([x, y]))
        side = crossing_side(self.road, d)
        target = float(self.road.curvature_per_m * s + side * math.pi / 2)
        self.path = FreePath(x, y, yaw, self.on_foot, target)
        rate = max(speed / WALK_BUILD_UP_S, 1.0) if self.on_foot else 1.5
        self.target = Target(speed, min(rate, 5.0))
        self.ends_beyond_d = self.road.left_edge + 1.2 if side > 0 else self.road.right_edge - 1.2


def crossing_side(road: Road, d: float) -> int:
    """+1 when the far side, seen from offset `d`, is to the left, -1 when it is to the right."""
    return 1 if d < (road.left_edge + road.right_edge) / 2 else -1


def lane_path(road: Road, pose: Pose) -> LanePath:
    """The path along the road through a map pose."""
    s, d = road.project(np.array(pose[:2]))
    facing = 1 if math.cos(pose[2] - road.curvature_per_m * s) >= 0 else -1
    return LanePath(road, float(s), float(d), facing)


def start(placed: Placed, road: Road, friction: float, ego: bool, first: Action | None) -> Mover:
    """The body as the scenario places it; one that stands and crosses first thing already faces across."""
    body, offset = placed.body, EGO_REAR_AXLE_TO_CENTRE_M if ego else 0.0
    target = Target(placed.speed_mps, 2.0)
    if isinstance(placed.behaviour, HoldSpeed):
        target = Target(placed.behaviour.speed_mps, 2.0, braking=placed.behaviour.speed_mps < placed.speed_mps)
    mover = Mover(body, road, friction * G, offset, _path(placed, road, offset, first), placed.speed_mps, target)
    match placed.behaviour:
        case Follow():
            mover.drive = placed.behaviour
            mover.join_lane()
        case FollowTrajectory():
            mover.scripted = True
            assert isinstance(mover.path, LinePath)
            mover.speed = max(0.0, (mover.path.planned(0.01) - mover.path.planned(-0.01)) / 0.02)
        case Parked():
            mover.speed, mover.still, mover.target = 0.0, True, Target(0.0, 2.0)
    mover.still = mover.still or body.kind in STATIC or (body.kind is Kind.TRAILER and mover.speed == 0)
    return mover


def _path(placed: Placed, road: Road, offset: float, first: Action | None) -> Path:
    if isinstance(placed.behaviour, FollowTrajectory):
        return LinePath(placed.behaviour.points)
    on_foot = placed.body.kind in ON_FOOT
    if isinstance(placed.start, OnLane):
        facing = placed.start.facing
        s, d = placed.start.s_m - facing * offset, placed.start.d_m
        if placed.speed_mps == 0 and isinstance(first, Cross | StepOut):
            x, y, heading = road.place(s, d)
            yaw = heading + crossing_side(road, d) * math.pi / 2
            return FreePath(x, y, yaw, on_foot, yaw)
        return LanePath(road, s, d, facing)
    yaw = placed.start.yaw_rad
    heading = road.curvature_per_m * float(road.project(np.array([placed.start.x_m, placed.start.y_m]))[0])
    if not on_foot and placed.speed_mps > 0 and abs(math.sin(yaw - heading)) < LANE_HEADING_RAD:
        s, d = road.project(np.array([placed.start.x_m, placed.start.y_m]))
        facing = 1 if math.cos(yaw - heading) > 0 else -1
        return LanePath(road, float(s) - facing * offset, float(d), facing)
    pose = (placed.start.x_m - offset * math.cos(yaw), placed.start.y_m - offset * math.sin(yaw), yaw)
    return FreePath(*pose, on_foot)
