"""The state of one body: its path, its speed, and its motion under pedals, road and gravity."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scenarios.model.actions import Follow
from scenarios.model.bodies import FOUR_WHEELS, ON_FOOT, Body
from scenarios.roads.friction import gravity_along
from scenarios.roads.road import Road
from scenarios.roads.turn_ways import Turn
from scenarios.simulation.dynamics.collisions import mass_kg
from scenarios.simulation.dynamics.lane_path import LanePath, Path, free_path, lane_path, wrapped
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Control, Pedals, Target
from scenarios.simulation.dynamics.polyline_path import LinePath, Pose, PosedLine
from scenarios.simulation.dynamics.sliding import FallingState, SlidingState
from scenarios.simulation.dynamics.state_table import (
    ACCEL,
    ASKED,
    GEAR,
    GRIP,
    LIT,
    PRESENT,
    SLIDES,
    SLOPE,
    SPEED,
    TRAVELLED,
    WALKS,
    YAW,
    YAW_RATE,
    Row,
    X,
    Y,
    blank,
    in_row,
    press,
)
from scenarios.simulation.dynamics.turning import Slowing

HARDEST_MPS2 = 13.0  # above the grip of any road
PATH_GRIP_SHARE = 0.6  # share of the grip that a planned swerve may use; the rest is left for braking
GEAR_CHANGE = Target(0.0, 3.0, braking=True)  # stop before the gear changes


@dataclass(frozen=True)
class Attachment:
    """A fixed connection to another body: position of the box centre ahead and left of the carrier's, and its angle."""

    carrier: "BodyState"
    forward_m: float
    left_m: float
    turn_rad: float


@in_row(
    grip=GRIP, speed=SPEED, gear=GEAR, accel=ACCEL, yaw_rate=YAW_RATE, lit=LIT, travelled_m=TRAVELLED, present=PRESENT
)
@dataclass
class BodyState:
    """One body in the simulation. The reference point is the ego's rear axle, and the box centre of other bodies."""

    body: Body
    road: Road
    grip: float  # mu g, m/s^2
    offset_m: float  # from the reference point forward to the box centre
    path: Path
    speed: float  # along the heading; negative when it reverses
    target: Control
    drive: Follow | None = None
    driven: bool = False  # a driver's request, valid until its next observation, is in the row
    written_target: Target | None = None  # the target that is in the row, if no driver's request is
    scripted: bool = False  # the speed follows the plan of the drawn trajectory
    still: bool = False  # never moves
    present: bool = True
    leaving: bool = False  # disappears as soon as it reaches the scene's edge
    gear: int = 1  # -1: reverse
    wanted_gear: int = 1
    accel: float = 0.0
    yaw_rate: float = 0.0
    lit: bool = False
    ends_beyond_d: float | None = None  # a crossing ends beyond this offset
    skid: SlidingState | None = None
    struck_once: bool = False  # executes no actions any more
    fall: FallingState | None = None  # in the air, with the velocity of `skid`
    main: Road | None = None  # the ego's road, if it is not the body's own
    turn: Turn | None = None
    slowing: Slowing | None = None  # for a turn
    heeds_signals: bool = True
    travelled_m: float = 0.0
    mass: float = 0.0  # kg
    attached: Attachment | None = None  # moves with its carrier until it is hit itself
    last_s_m: float = 0.0  # on its road; tells the turns apart where that is a full circle

    @cached_property
    def row(self) -> Row:
        """The numeric state, which compiled loops read; the simulation makes it a row of its table."""
        return blank()

    @property
    def at(self) -> Pose:
        """Map pose of the reference point."""
        return self.row.item(X), self.row.item(Y), self.row.item(YAW)

    @at.setter
    def at(self, pose: Pose) -> None:
        self.row[X], self.row[Y], self.row[YAW] = pose

    @property
    def on_foot(self) -> bool:
        return self.body.kind in ON_FOOT

    @property
    def slides(self) -> bool:
        """Whether the body slides, so that wheels or feet do not control its path."""
        return self.skid is not None

    @property
    def bottom_m(self) -> float:
        """Height of its underside above the ground, metres."""
        return self.fall.bottom_m if self.fall is not None else 0.0

    def __post_init__(self) -> None:
        self.at, self.mass = self.path.pose(), mass_kg(self.body)
        self.row[WALKS], self.row[SLOPE] = self.on_foot, (self.main or self.road).slope_rad

    def velocity(self) -> np.ndarray:
        """Map velocity, m/s."""
        if self.skid is not None:
            return self.skid.velocity
        yaw = self.at[2]
        return self.speed * np.array([math.cos(yaw), math.sin(yaw)])

    def begin_slide(self, skid: SlidingState, fall: FallingState | None = None) -> None:
        """Start to slide, after a fall if there is one; both states are stored in the row."""
        self.skid, self.fall, self.row[SLIDES] = skid, fall, 1
        skid.share_row(self.row)
        if fall is not None:
            fall.share_row(self.row)

    def centre(self) -> tuple[float, float]:
        """Map x, y of the box centre."""
        x, y, yaw = self.at
        return x + self.offset_m * math.cos(yaw), y + self.offset_m * math.sin(yaw)

    # -- longitudinal ------------------------------------------------------------------------------------------

    def cruising(self) -> Road | None:
        """The road, if the body only follows it under pedals or towards a target speed; None in every other case.

        In the first case the request and the path are written to the row.
        """
        path, target = self.path, self.target
        if not isinstance(path, LanePath) or self.skid is not None or self.scripted or self.turn is not None:
            return None
        if self.ends_beyond_d is not None or self.row.item(GEAR) != self.wanted_gear:
            return None
        if not self.driven and self.written_target is not target:
            if not isinstance(target, Target):
                return None
            self.written_target, self.row[ASKED] = target, (1, target.speed_mps, target.rate_mps2, target.braking)
        if path.row is not self.row:
            path.share_row(self.row)
        return path.road

    def ask(self, pedals: Pedals) -> None:
        """Set the driver's request, valid until the next observation."""
        self.driven, self.written_target = True, None
        self.row[ASKED] = 0, pedals.accel_mps2, pedals.brake_jerk, pedals.braking

    @property
    def asked(self) -> Pedals:
        """The driver's request."""
        _, accel, jerk, braking = self.row[ASKED].tolist()
        return Pedals(accel, braking > 0, jerk)

    @property
    def pull_mps2(self) -> float:
        """Acceleration by gravity along the heading, m/s^2: negative uphill."""
        slope = (self.main or self.road).slope_rad
        return gravity_along(slope, self.at[2]) if slope else 0.0

    @property
    def hardest_mps2(self) -> float:
        """The hardest braking on the present ground, m/s^2; on a road with patches a bound that no surface exceeds."""
        return HARDEST_MPS2 if (self.main or self.road).patches else self.grip - self.gear * self.pull_mps2

    def move(self, t_s: float, dt: float) -> None:
        """Move by one step that ends at `t_s`."""
        if self.slides:
            self._slide_on(dt)
        elif self.scripted:
            self._follow_plan(t_s, dt)
        else:
            pedals = self._slowed(self._pedals(dt), dt)
            press(self.row, pedals.accel_mps2, pedals.braking, pedals.brake_jerk, pedals.drive_jerk, dt)
            pace = max(0.0, self.gear * (self.speed + self.accel * dt))
            self._roll((self.speed + self.gear * pace) / 2 * dt, dt)
            self.speed = self.gear * pace
            if pace == 0.0:
                self.accel = 0.0
            self._end_crossing()

    def _pedals(self, dt: float) -> Pedals:
        """The request of the driver or of the present target, in the wanted gear."""
        if self.gear != self.wanted_gear and self.speed == 0:
            self.gear = self.wanted_gear
        elif self.driven and self.gear == self.wanted_gear:
            return self.asked
        control = self.target if self.gear == self.wanted_gear else GEAR_CHANGE
        return control.pedals(self.gear * self.speed, self.on_foot, dt)

    def _slowed(self, pedals: Pedals, dt: float) -> Pedals:
        limit = self.slowing.limit(self.gear * self.speed, dt) if self.slowing is not None else None
        return limit if limit is not None and limit.accel_mps2 < pedals.accel_mps2 else pedals

    def _roll(self, distance: float, dt: float) -> None:
        before = self.at[2]
        self.path.advance(distance, dt)
        self.at = self.path.pose()
        self.yaw_rate = wrapped(self.at[2] - before) / dt
        self.travelled_m += abs(distance)
        self.target.rolled(abs(distance) if self.gear == self.wanted_gear else 0.0)
        if self.turn is not None:
            self._turn_on(abs(distance))

    def _turn_on(self, distance: float) -> None:
        """Move on in a turn; at its end the new road becomes the body's own."""
        assert self.turn is not None and self.slowing is not None
        self.slowing.rolled(distance)
        if not isinstance(self.path, LanePath) or self.path.road is not self.turn.way:
            self.turn, self.slowing = None, None  # another action has replaced its path
        elif self.path.s >= self.turn.ends_m:
            into, facing = self.turn.into, self.turn.facing
            self.main, self.road = self.main or self.road, into
            self.path = LanePath(into, *into.locate(*self.at[:2]), facing, self.path.travelled)
            self.turn, self.slowing = None, None

    def _follow_poses(self, line: PosedLine, t_s: float, dt: float) -> None:
        before, speed = self.at, line.speed(t_s)
        self.at = line.follow(t_s)
        self.accel, self.yaw_rate = (speed - self.speed) / dt, wrapped(self.at[2] - before[2]) / dt
        self.travelled_m += math.dist(self.at[:2], before[:2])
        self.speed = speed
        slower = self.accel * (1 if speed >= 0 else -1)
        self.lit = slower < -LIT_DECEL or (self.lit and abs(speed) < 0.05)
        if t_s >= line.ends_s - 1e-9:
            self.gear = self.wanted_gear = 1 if speed >= 0 else -1
            self.scripted, self.target = False, Target(abs(speed), 2.0)

    def _follow_plan(self, t_s: float, dt: float) -> None:
        if isinstance(self.path, PosedLine):
            self._follow_poses(self.path, t_s, dt)
            return
        assert isinstance(self.path, LinePath)
        distance = self.path.planned(t_s) - self.path.travelled
        speed = max(0.0, (self.path.planned(t_s + dt / 2) - self.path.planned(t_s - dt / 2)) / dt)
        self.accel = (speed - self.speed) / dt
        self._roll(distance, dt)
        self.speed = speed
        self.lit = self.accel < -LIT_DECEL or (self.lit and speed < 0.05)
        if t_s >= self.path.ends_s - 1e-9:
            self.scripted, self.target = False, Target(speed, 2.0)

    def _slide_on(self, dt: float) -> None:
        assert self.skid is not None
        if self.skid.at_rest and self.fall is None and self.speed == self.accel == 0:
            return
        x, y = self.centre()
        yaw, left, way, turn = self.at[2], dt, np.zeros(2), 0.0
        if (slope := (self.main or self.road).slope_rad) and not self.skid.at_rest:
            self.skid.velocity = self.skid.velocity + np.array([gravity_along(slope, 0.0) * dt, 0.0])
        if self.fall is not None:
            left = self.fall.step(dt)
            way = self.skid.velocity * (dt - left)
            if self.fall.bottom_m == 0.0:
                self.fall = None
        if self.fall is None and left > 0:
            slid, turn = self.skid.step(yaw, self.body.size, left)
            way = way + slid
        self._put_centre(x + way[0], y + way[1], yaw + turn)
        new = float(self.skid.velocity @ [math.cos(yaw + turn), math.sin(yaw + turn)])
        self.accel, self.speed, self.yaw_rate = (new - self.speed) / dt, new, turn / dt
        self.travelled_m += float(math.hypot(*way))
        if self.skid.at_rest and not self.struck_once:
            self._rest()

    def _rest(self) -> None:
        """Stop after a slide without an impact; the body can act again."""
        self.skid, self.speed, self.accel, self.yaw_rate, self.row[SLIDES] = None, 0.0, 0.0, 0.0, 0
        self.target = Target(0.0, 2.0)
        self.path = free_path(self.body, self.at, PATH_GRIP_SHARE * self.grip)

    def _put_centre(self, x: float, y: float, yaw: float) -> None:
        self.at = (x - self.offset_m * math.cos(yaw), y - self.offset_m * math.sin(yaw), yaw)

    def _end_crossing(self) -> None:
        if self.ends_beyond_d is None:
            return
        d = self.road.locate(*self.at[:2])[1]
        if abs(d) > abs(self.ends_beyond_d) and d * self.ends_beyond_d > 0:
            assert isinstance(self.target, Target)
            self.target, self.ends_beyond_d = Target(0.0, self.target.rate_mps2, braking=True), None

    # -- impacts and lanes -------------------------------------------------------------------------------------

    def struck(self, velocity: np.ndarray, decel: float) -> None:
        """Slide with this velocity after an impact, slowed by friction alone at `decel` m/s^2."""
        spin = self.skid.yaw_rate if self.skid is not None else 0.0
        self.begin_slide(SlidingState(velocity, decel, spin), self.fall)
        self.struck_once, self.attached = True, None
        self.still, self.scripted, self.drive, self.driven = False, False, None, False
        yaw = self.at[2]
        self.speed = float(velocity @ [math.cos(yaw), math.sin(yaw)])
        self.lit = self.body.kind in FOUR_WHEELS and math.hypot(*velocity) > 0.5

    def attach_to(self, carrier: "BodyState") -> None:
        """Attach the body to another one at the present relative pose."""
        (x, y), (cx, cy), yaw = self.centre(), carrier.centre(), carrier.at[2]
        forward = (x - cx) * math.cos(yaw) + (y - cy) * math.sin(yaw)
        left = (y - cy) * math.cos(yaw) - (x - cx) * math.sin(yaw)
        self.attached = Attachment(carrier, forward, left, self.at[2] - yaw)

    def go_with_carrier(self, dt: float) -> None:
        """Move with the carrier, as one rigid body, after a step of `dt` seconds in which the carrier slid."""
        assert self.attached is not None
        carrier, forward, left = self.attached.carrier, self.attached.forward_m, self.attached.left_m
        skid, yaw = carrier.skid, carrier.at[2]
        assert skid is not None
        cos, sin, (x, y) = math.cos(yaw), math.sin(yaw), carrier.centre()
        before, heading = self.at[2], yaw + self.attached.turn_rad
        self._put_centre(x + cos * forward - sin * left, y + sin * forward + cos * left, heading)
        lever = np.array([-sin * forward - cos * left, cos * forward - sin * left])
        slide = SlidingState(skid.velocity + skid.yaw_rate * lever, skid.decel_mps2, skid.yaw_rate)
        self.begin_slide(slide, self.fall)
        speed = float(slide.velocity @ [math.cos(heading), math.sin(heading)])
        self.accel, self.speed, self.yaw_rate = (speed - self.speed) / dt, speed, (heading - before) / dt

    def join_lane(self) -> LanePath:
        """Continue along the road from the body's pose."""
        if not isinstance(self.path, LanePath):
            self.path = lane_path(self.road, self.at, self.last_s_m)
        return self.path

    def reached_m(self, road: Road) -> float:
        """The last s on its lane that is known of the body; of another road 0."""
        if isinstance(self.path, LanePath) and self.path.road is road:
            self.last_s_m = self.path.s
        return self.last_s_m if road is self.road else 0.0


def _goes_on_by_itself(_: float) -> str:
    return ""


def _for_nothing() -> str:
    return ""


@dataclass(frozen=True)
class RunningAction:
    """A running action: its description and whether it is over at a time.

    `step` is called before every step of the simulation while the action lasts, for actions of several phases; it
    returns the description of a new phase, or "". `declined`: nothing happens, and `said` is the reason. `short`: why
    the action differs from the requested one; "" if it does not. `waits_for`: for an action that still waits for
    something at the end of the clip, why that did not happen; "" for any other.
    """

    said: str
    over: Callable[[float], bool]
    step: Callable[[float], str] = _goes_on_by_itself
    declined: bool = False
    short: str = ""
    waits_for: Callable[[], str] = _for_nothing


def at_once(_: float) -> bool:
    """Whether an action is over that ends as soon as it starts."""
    return True


def decline(why: str) -> RunningAction:
    """An action that the body cannot execute now; the story's check reports it."""
    return RunningAction(why, at_once, declined=True)


@dataclass(frozen=True)
class Station:
    """A body in road coordinates: its extent, offset, and speed along the ego's direction. Metres, m/s."""

    near_m: float
    far_m: float
    d_m: float
    along_mps: float
    facing: int
    stretch: float  # metres travelled at its offset per metre of the reference line

    def front(self) -> float:
        return self.far_m if self.facing > 0 else self.near_m


def station(mover: BodyState, road: Road | None = None, near_m: float | None = None) -> Station:
    """Coordinates of a body on a road, by default on its own.

    On a road that bends through more than a full circle a place has several s: the one nearest to `near_m`, by default
    to the place that the body has reached on its path.
    """
    road, size = road or mover.road, mover.body.size
    s, d = road.locate(*mover.centre())
    s = road.nearest_turn(s, mover.reached_m(road) if near_m is None else near_m)
    heading = road.heading(s)
    tilt = mover.at[2] - heading
    stretch = 1 - road.curvature(s) * d
    half = (size.length_m * abs(math.cos(tilt)) + size.width_m * abs(math.sin(tilt))) / 2 / stretch
    vx, vy = mover.velocity()
    along = float(vx) * math.cos(heading) + float(vy) * math.sin(heading)
    return Station(s - half, s + half, d, along, 1 if math.cos(tilt) >= 0 else -1, stretch)
