"""Formulas of times, decelerations and distances for a follower and a leader on one path.

SI units; accelerations are signed, so braking is negative. Infinity: there is no such figure.
"""

from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.metrics.smoothing import smooth_derivative
from scenarios.model.driver_models import G
from scenarios.numba_cache import njit
from scenarios.rollout import FRAME_RATE_HZ

Numbers = Float[np.ndarray, "*n"] | float
LEAST_HEADWAY_MPS = 0.1  # at a lower speed a headway has no meaning


def derivative(values: Float[np.ndarray, "time *n"], rate_hz: float = FRAME_RATE_HZ) -> Float[np.ndarray, "time *n"]:
    """Rate of change by Savitzky-Golay, window 5, order 2; needs at least 5 frames."""
    return smooth_derivative(values, 1, rate_hz)


def time_to_collision(gap_m: Numbers, closing_mps: Numbers) -> Numbers:
    """Gap over closing speed while the gap decreases; infinite otherwise."""
    gap, closing = np.asarray(gap_m, float), np.asarray(closing_mps, float)
    safe = np.where(closing > 1e-6, closing, 1.0)
    return np.where((closing > 1e-6) & np.isfinite(gap), gap / safe, np.inf)


def time_headway(gap_m: Numbers, speed_mps: Numbers) -> Numbers:
    """Gap over the follower's own speed, forwards or backwards."""
    gap, pace = np.asarray(gap_m, float), np.abs(np.asarray(speed_mps, float))
    return np.where(pace > LEAST_HEADWAY_MPS, gap / np.maximum(pace, LEAST_HEADWAY_MPS), np.inf)


@njit(cache=True, nogil=True)
@no_type_check
def decel_behind(gap, speed, lead, lead_brakes):
    """The least even deceleration behind a leader on the same path, m/s^2; `lead` is negative for an oncoming body.

    A braking leader brakes to a standstill; an oncoming body keeps its speed, and the figure is that of the braking
    until the speeds are equal, which does not avoid the contact.
    """
    room, closing = max(gap, 1e-3), max(speed - lead, 0.0)
    brakes = lead_brakes if lead > 0 else 0.0
    if speed <= 0 or (speed <= lead and brakes == 0):
        return 0.0
    moving = brakes + closing * closing / (2 * room)
    if brakes == 0:
        return moving
    stands_after = lead / brakes
    # The leader stops before the speeds are equal: the condition is then the sum of both stopping distances.
    if closing == 0 or stands_after <= closing / max(moving - brakes, 1e-9):
        return speed * speed / (2 * (room + lead * lead / (2 * brakes)))
    return moving


def brake_threat(required_mps2: Numbers, friction: float) -> Numbers:
    """Required over available braking; at 1 or more braking cannot avoid the collision."""
    return -np.asarray(required_mps2, float) / (friction * G)


def braking_decel(friction: float, slope_rad: float = 0.0) -> float:
    """The hardest possible braking on a slope (positive uphill), m/s^2."""
    return friction * G * float(np.cos(slope_rad)) + G * float(np.sin(slope_rad))


def stopping_distance(speed_mps: Numbers, reaction_s: float, decel_mps2: float, build_up_s: float = 0.0) -> Numbers:
    """Distance to standstill: reaction, linear build-up of the brakes, full braking; metres."""
    v = np.asarray(speed_mps, float)
    if build_up_s == 0:
        return v * reaction_s + v**2 / (2 * decel_mps2)
    jerk = decel_mps2 / build_up_s
    after = v - decel_mps2 * build_up_s / 2
    full = v * build_up_s - jerk * build_up_s**3 / 6 + np.maximum(after, 0) ** 2 / (2 * decel_mps2)
    in_ramp = np.sqrt(2 * v / jerk)
    return v * reaction_s + np.where(after >= 0, full, v * in_ramp - jerk * in_ramp**3 / 6)


def r157_gap(speed_mps: Numbers) -> Numbers:
    """UN R157's minimum following gap: a time of 1.0 s at 7.2 km/h, 0.1 s more per 10 km/h, and at least 2 m."""
    v = np.asarray(speed_mps, float)
    return np.maximum(2.0, v * np.maximum(1.0, 1.0 + 0.01 * v * 3.6))
