"""A body in motion: its path, its speed, and what it is told to do with them."""

import math
from dataclasses import dataclass

import numpy as np

from scenarios.bodies import FOUR_WHEELS, ON_FOOT, Body
from scenarios.paths import (
    STEERING_RADPS,
    WHEELBASE_SHARE,
    LanePath,
    LinePath,
    Path,
    Pose,
    crossing_side,
    free_path,
    lane_path,
    wrapped,
)
from scenarios.road import Road
from scenarios.scenario import (
    Action,
    Brake,
    ChangeSpeed,
    Cross,
    CutIn,
    Follow,
    HoldSpeed,
    StepOut,
)  # fmt: skip

BRAKE_JERK = 44.0  # m/s^3: brakes build up within 0.14 s at 6 m/s^2; the worked values of CCRb then come out
DRIVE_JERK = 6.0
LIT_DECEL = 0.7  # m/s^2 of braking from which the lamps must light (UN R13-H)
PATH_GRIP_SHARE = 0.6  # of the grip that a planned swerve may use; the rest is left for braking
WALK_BUILD_UP_S = 0.4


@dataclass(frozen=True)
class Target:
    """Bring the speed to `speed_mps` at `rate_mps2`; `braking` when the brakes do it."""

    speed_mps: float
    rate_mps2: float
    braking: bool = False


@dataclass(frozen=True)
class Pedals:
    """The acceleration asked for, whether the brakes do it, and how fast they build up (m/s^3)."""

    accel_mps2: float
    braking: bool
    brake_jerk: float = BRAKE_JERK


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
    yaw_rate: float = 0.0
    lit: bool = False
    ends_beyond_d: float | None = None  # a crossing ends here
    slide: np.ndarray | None = None  # velocity after an impact
    at: Pose = (0.0, 0.0, 0.0)  # map pose of the reference point

    @property
    def on_foot(self) -> bool:
        return self.body.kind in ON_FOOT

    def __post_init__(self) -> None:
        self.at = self.path.pose()

    def velocity(self) -> np.ndarray:
        """Map velocity, m/s."""
        if self.slide is not None:
            return self.slide
        yaw = self.at[2]
        return self.speed * np.array([math.cos(yaw), math.sin(yaw)])

    # -- longitudinal ------------------------------------------------------------------------------------------

    def press(self, pedals: Pedals, dt: float) -> None:
        """Let the acceleration move towards what is asked as fast as brakes, engine or legs allow, within the grip."""
        asked, braking = pedals.accel_mps2, pedals.braking
        accel = 0.0 if self.speed <= 0 and asked < 0 else asked
        if self.on_foot:
            self.accel = accel
        else:
            rise = BRAKE_JERK if self.accel < 0 and accel >= self.accel else DRIVE_JERK
            fall = pedals.brake_jerk if braking else DRIVE_JERK
            self.accel = min(max(accel, self.accel - fall * dt), self.accel + rise * dt)
        grip = self.grip_left()
        self.accel = min(max(self.accel, -grip), grip)
        if braking and asked < -LIT_DECEL:
            self.lit = True
        elif (self.accel > -0.3 and self.speed > 0.05) or self.accel > 0.05:
            self.lit = False

    def grip_left(self) -> float:
        """What the friction circle leaves for braking, m/s^2."""
        sideways = self.speed * self.yaw_rate
        return math.sqrt(max(self.grip**2 - sideways**2, (0.1 * self.grip) ** 2))

    def pursue(self, dt: float) -> None:
        """Set the acceleration that the present target asks for."""
        missing = self.target.speed_mps - self.speed
        rate = min(self.target.rate_mps2, abs(missing) / dt)
        if not self.on_foot and self.target.speed_mps > 0:  # ease into the new speed; a stop may be abrupt
            jerk = BRAKE_JERK if self.target.braking else DRIVE_JERK
            rate = min(rate, math.sqrt(1.8 * jerk * abs(missing)))
        self.press(Pedals(math.copysign(rate, missing), self.target.braking and missing < 0), dt)

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
        self._roll((self.speed + new) / 2 * dt, dt)
        self.speed = new
        if new == 0.0:
            self.accel = 0.0
        self._end_crossing()

    def _roll(self, distance: float, dt: float) -> None:
        before = self.at[2]
        self.path.advance(distance, dt)
        self.at = self.path.pose()
        self.yaw_rate = wrapped(self.at[2] - before) / dt

    def _follow_plan(self, t_s: float, dt: float) -> None:
        assert isinstance(self.path, LinePath)
        distance = self.path.planned(t_s) - self.path.travelled
        speed = max(0.0, (self.path.planned(t_s + dt / 2) - self.path.planned(t_s - dt / 2)) / dt)
        self.accel = (speed - self.speed) / dt
        self._roll(distance, dt)
        self.speed = speed
        self.lit = self.accel < -LIT_DECEL or (self.lit and speed < 0.05)

    def _slide_on(self, dt: float) -> None:
        assert self.slide is not None
        x, y, yaw = self.at
        speed = math.hypot(*self.slide)
        after = self.slide * max(0.0, 1 - self.target.rate_mps2 * dt / speed) if speed > 0 else self.slide
        middle = (self.slide + after) / 2
        self.at, self.slide = (x + middle[0] * dt, y + middle[1] * dt, yaw), after
        new = float(after @ [math.cos(yaw), math.sin(yaw)])
        self.accel, self.speed, self.yaw_rate = (new - self.speed) / dt, new, 0.0

    def _end_crossing(self) -> None:
        if self.ends_beyond_d is None:
            return
        x, y, _ = self.at
        d = self.road.project(np.array([x, y]))[1]
        if abs(d) > abs(self.ends_beyond_d) and d * self.ends_beyond_d > 0:
            self.target, self.ends_beyond_d = Target(0.0, self.target.rate_mps2, braking=True), None

    # -- what events do ----------------------------------------------------------------------------------------

    def struck(self, velocity: np.ndarray, decel: float) -> None:
        """From an impact on: slide with this velocity, slowed by friction alone."""
        self.slide, self.still, self.scripted, self.drive = velocity, False, False, None
        self.target = Target(0.0, decel, braking=True)
        yaw = self.at[2]
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
                self.lit = self.speed > until and decel > LIT_DECEL  # the lamps light with the pedal
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
            self.path = lane_path(self.road, self.at)
        return self.path

    def _cut_in(self, duration: float) -> str:
        lane = self.join_lane()
        change, wheelbase = abs(lane.d), WHEELBASE_SHARE * self.body.size.length_m
        least = math.sqrt(5.774 * change / (PATH_GRIP_SHARE * self.grip))  # the quintic's peak is 5.774 D / T^2
        # Its curvature grows by at most 60 D / L^3; its peak is 5.774 D / L^2.
        steered = (60 * change * wheelbase * self.speed / STEERING_RADPS) ** (1 / 3)
        length = max(self.speed * max(duration, least), steered, math.sqrt(5.774 * change / 0.12), 1.0)
        lane.shift(0.0, length)
        takes = length / max(self.speed, 0.1)
        return f"cuts in over {takes:.1f} s" + (
            f" ({duration:.1f} s is too quick here)" if takes > duration + 0.1 else ""
        )

    def _cross(self, speed: float) -> None:
        x, y, yaw = self.at
        s, d = self.road.project(np.array([x, y]))
        side = crossing_side(self.road, d)
        target = float(self.road.curvature_per_m * s + side * math.pi / 2)
        self.path = free_path(self.body, (x, y, yaw), PATH_GRIP_SHARE * self.grip, target)
        rate = max(speed / WALK_BUILD_UP_S, 1.0) if self.on_foot else 1.5
        self.target = Target(speed, min(rate, 5.0))
        self.ends_beyond_d = self.road.left_edge + 1.2 if side > 0 else self.road.right_edge - 1.2
