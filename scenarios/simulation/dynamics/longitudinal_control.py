"""Longitudinal control: the requested acceleration towards a speed, along a speed profile or to a stopping place."""

import math
from dataclasses import dataclass
from typing import no_type_check

from scenarios.numba_cache import njit

BRAKE_JERK = 44.0  # m/s^3: 6 m/s^2 is reached within 0.14 s, which reproduces the worked values of CCRb
DRIVE_JERK = 6.0
AT_ONCE_JERK = 1e6  # of a change without build-up
LIT_DECEL = 0.7  # m/s^2, braking from which the brake lamps must light (UN R13-H)
BACKING_RATE = 1.0  # m/s^2 when reversing


@dataclass(frozen=True)
class Pedals:
    """The requested acceleration (m/s^2), whether the brakes apply it, and its build-up (m/s^3)."""

    accel_mps2: float
    braking: bool
    brake_jerk: float = BRAKE_JERK
    drive_jerk: float = DRIVE_JERK


@njit(cache=True, nogil=True)
@no_type_check
def pedals_towards(speed_mps, rate_mps2, braking, pace, on_foot, dt):
    """The acceleration that brings the pace to a speed, and whether the brakes apply it."""
    missing = speed_mps - pace
    rate = min(rate_mps2, abs(missing) / dt)
    if not on_foot and speed_mps > 0:  # approach the new speed smoothly; a stop may be abrupt
        jerk = BRAKE_JERK if braking else DRIVE_JERK
        rate = min(rate, math.sqrt(1.8 * jerk * abs(missing)))
    return math.copysign(rate, missing), braking and missing < 0


@dataclass(frozen=True)
class Target:
    """Bring the speed to `speed_mps` at `rate_mps2`; `braking` if the brakes apply it."""

    speed_mps: float
    rate_mps2: float
    braking: bool = False

    def pedals(self, pace: float, on_foot: bool, dt: float) -> Pedals:
        """Pedals for a body at `pace`, m/s in the direction of its gear."""
        return Pedals(*pedals_towards(self.speed_mps, self.rate_mps2, self.braking, pace, on_foot, dt))

    def rolled(self, distance: float) -> None:
        """Distance has no effect on this target."""


@dataclass
class Eased:
    """Change from one speed to another along a cubic function of time, smooth at both ends."""

    from_mps: float
    speed_mps: float
    lasts_s: float
    passed_s: float = 0.0

    def pedals(self, pace: float, on_foot: bool, dt: float) -> Pedals:
        self.passed_s += dt
        share = min(1.0, self.passed_s / self.lasts_s)
        wanted = self.from_mps + (self.speed_mps - self.from_mps) * share * share * (3 - 2 * share)
        accel = (wanted - pace) / dt
        return Pedals(accel, accel < -LIT_DECEL)

    def rolled(self, distance: float) -> None:
        """Distance has no effect on this profile."""


@dataclass
class Halt:
    """Stop after `room_m`: cruise at `cruise_mps` until even braking needs `rate_mps2`; with None brake at once."""

    room_m: float
    cruise_mps: float
    rate_mps2: float | None

    def pedals(self, pace: float, on_foot: bool, dt: float) -> Pedals:
        needed = pace * pace / (2 * max(self.room_m, 0.01))
        if self.rate_mps2 is not None and needed < self.rate_mps2 and self.room_m > 0.01:
            return Target(self.cruise_mps, self.rate_mps2).pedals(pace, on_foot, dt)
        return Pedals(-min(max(needed, 0.3), pace / dt), True)

    def rolled(self, distance: float) -> None:
        self.room_m -= distance


@dataclass
class EvenChange:
    """Change from one speed to another at a constant rate, without a build-up of the acceleration."""

    from_mps: float
    speed_mps: float
    lasts_s: float
    passed_s: float = 0.0

    def pedals(self, pace: float, on_foot: bool, dt: float) -> Pedals:
        self.passed_s += dt
        share = min(1.0, self.passed_s / self.lasts_s)
        accel = (self.from_mps + (self.speed_mps - self.from_mps) * share - pace) / dt
        return Pedals(accel, accel < -LIT_DECEL, AT_ONCE_JERK, AT_ONCE_JERK)

    def rolled(self, distance: float) -> None:
        """Distance has no effect on this profile."""


Control = Target | Eased | Halt | EvenChange


def rate_within(change_mps: float, within_s: float, jerk: float, to_rest: bool) -> float:
    """The rate of a speed change within a given time, with a build-up and a smooth end by `jerk`; m/s^2."""
    ramps = 2.0 if to_rest else 4.0  # a stop ends abruptly and has one ramp only
    left = (within_s * jerk) ** 2 - ramps * jerk * change_mps
    whole = within_s * jerk
    return (whole - math.sqrt(left)) * (1.0 if to_rest else 0.5) if left > 0 else whole
