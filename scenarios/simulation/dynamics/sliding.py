"""Sliding and falling bodies: motion under friction and gravity alone."""

import math
from dataclasses import InitVar, dataclass

import numpy as np

from scenarios.model.bodies import Size
from scenarios.model.driver_models import G
from scenarios.roads.friction import PATCH_ACROSS, PATCH_ALONG
from scenarios.simulation.dynamics.state_table import (
    BOTTOM,
    FALL,
    KICK_S,
    KICK_SIDE,
    SINKING,
    SLIDE,
    SLIDE_DECEL,
    SLIDE_TURN,
    SLIDE_VELOCITY,
    SLIDES_X,
    SLIDES_Y,
    RowView,
    in_row,
)

CREEP_MPS = 0.05  # friction of a patch is reduced below this speed, so that the body comes to rest and stays
LONGEST_KICK_S = 4.0


def gyration_m2(size: Size) -> float:
    """Squared radius of gyration about the vertical axis, of a box of uniform density."""
    return (size.length_m**2 + size.width_m**2) / 12


@in_row(decel_mps2=SLIDE_DECEL, yaw_rate=SLIDE_TURN, kick_s=KICK_S, side=KICK_SIDE)
@dataclass
class SlidingState(RowView):
    """A sliding body: friction acts on each contact patch against its own motion, `decel_mps2` in total.

    A loss of control starts with a kick: for `kick_s` the front wheels still hold, sideways to `side` (+1 left), while
    the rear wheels slide; after that friction acts alone. Map frame.
    """

    columns = SLIDE

    start: InitVar[np.ndarray]  # map velocity, m/s
    decel_mps2: float
    yaw_rate: float = 0.0
    kick_s: float = 0.0
    side: int = 1

    def __post_init__(self, start: np.ndarray) -> None:
        self.velocity = start

    @property
    def velocity(self) -> np.ndarray:
        """Map velocity, m/s."""
        return self.row[SLIDE_VELOCITY].copy()

    @velocity.setter
    def velocity(self, velocity: np.ndarray) -> None:
        self.row[SLIDE_VELOCITY] = velocity

    @property
    def at_rest(self) -> bool:
        return not (self.row.item(SLIDE_TURN) or self.row.item(SLIDES_X) or self.row.item(SLIDES_Y))

    def step(self, yaw: float, size: Size, dt: float) -> tuple[np.ndarray, float]:
        """Displacement in metres and turn in radians of one step."""
        before, turning = self.velocity, self.yaw_rate
        if self.kick_s <= 0 and turning == 0:  # all patches have the same velocity
            speed = math.hypot(*before)
            self.velocity = before * max(0.0, 1 - self.decel_mps2 * dt / speed) if speed > 0 else before
        else:
            ax, ay, spin = self._accelerations(yaw, size)
            self.velocity, self.yaw_rate = before + np.array([ax * dt, ay * dt]), turning + spin * dt
            self.kick_s -= dt
            if self.kick_s <= 0 and math.hypot(*self.velocity) < CREEP_MPS / 2 and abs(self.yaw_rate) < CREEP_MPS / 2:
                self.velocity, self.yaw_rate = np.zeros(2), 0.0
        return (before + self.velocity) / 2 * dt, (turning + self.yaw_rate) / 2 * dt

    def _accelerations(self, yaw: float, size: Size) -> tuple[float, float, float]:
        cos, sin = math.cos(yaw), math.sin(yaw)
        vx, vy, decel, turning, kick_s, side = self.row[SLIDE].tolist()
        grip, along, across = decel / 4, PATCH_ALONG * size.length_m, PATCH_ACROSS * size.width_m
        ax = ay = torque = 0.0
        for a, b in ((along, across), (along, -across), (-along, across), (-along, -across)):
            rx, ry = cos * a - sin * b, sin * a + cos * b
            px, py = vx - turning * ry, vy + turning * rx
            if a > 0 and kick_s > 0:
                fx, fy = -sin * grip * side, cos * grip * side
            else:
                slip = max(math.hypot(px, py), CREEP_MPS)
                fx, fy = -grip * px / slip, -grip * py / slip
            ax, ay, torque = ax + fx, ay + fy, torque + rx * fy - ry * fx
        return ax, ay, torque / gyration_m2(size)


def spin_out(
    velocity: np.ndarray, yaw: float, size: Size, decel_mps2: float, turn_rad: float
) -> tuple[SlidingState, float]:
    """The skid that turns by `turn_rad` until rest, or by as much as the distance allows; and the angle it turns."""
    side = 1 if turn_rad > 0 else -1

    def kicked(kick_s: float) -> SlidingState:
        return SlidingState(velocity, decel_mps2, 0.0, kick_s, side)

    longest = min(LONGEST_KICK_S / (decel_mps2 / G), 0.8 * math.hypot(*velocity) / decel_mps2)
    kicks = [longest * share / 12 for share in range(13)]
    turns = [abs(_turned(kicked(kick), yaw, size)) for kick in kicks]
    reached = next((i for i, turn in enumerate(turns) if turn >= abs(turn_rad)), None)
    if reached is None:
        best = max(range(13), key=turns.__getitem__)
        return kicked(kicks[best]), side * turns[best]
    low, high = kicks[max(reached - 1, 0)], kicks[reached]
    for _ in range(8):
        middle = (low + high) / 2
        short = abs(_turned(kicked(middle), yaw, size)) < abs(turn_rad)
        low, high = (middle, high) if short else (low, middle)
    return kicked(high), turn_rad


def _turned(skid: SlidingState, yaw: float, size: Size) -> float:
    """Angle that a skid turns until rest, in a few steps: the course does not depend on friction, only its speed."""
    began = math.hypot(*skid.velocity)
    dt, turned = began / skid.decel_mps2 / 120, 0.0
    while skid.kick_s > 0 or math.hypot(*skid.velocity) > 0.03 * began:
        turned += skid.step(yaw + turned, size, dt)[1]
    lever = math.hypot(PATCH_ALONG * size.length_m, PATCH_ACROSS * size.width_m)
    spin_down = skid.decel_mps2 * lever / gyration_m2(size)
    return turned + skid.yaw_rate * abs(skid.yaw_rate) / (2 * spin_down)


@in_row(bottom_m=BOTTOM, sinking_mps=SINKING)
@dataclass
class FallingState(RowView):
    """A falling body `bottom_m` above the ground; its horizontal motion does not change."""

    columns = FALL

    bottom_m: float
    sinking_mps: float = 0.0

    def step(self, dt: float) -> float:
        """Fall for up to `dt` seconds; returns the rest of them that is left on the ground."""
        lands = (math.sqrt(self.sinking_mps**2 + 2 * G * self.bottom_m) - self.sinking_mps) / G
        flown = min(lands, dt)
        self.bottom_m -= self.sinking_mps * flown + G * flown**2 / 2
        self.sinking_mps += G * flown
        if flown < dt:
            self.bottom_m = 0.0
        return dt - flown
