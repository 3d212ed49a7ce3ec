"""Criticality: gaps, times and decelerations along the ego's path, and the formulas of safe distance.

SI units; accelerations are signed, so braking is negative. Infinity: nothing is in the path.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from scenarios.metrics.ego_path import in_ego_path
from scenarios.metrics.smoothing import smooth_derivative
from scenarios.model.driver_models import G
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.simulation.traffic.driver_vision import RECOGNISED_SHARE, share_seen

Numbers = Float[np.ndarray, "*n"] | float


@dataclass(frozen=True)
class Encounters:
    """The ego relative to every body at every frame; infinity (0 for accelerations) for bodies not in its path.

    `gap_m` is bumper to bumper along the ego's path; `closing_mps` is positive when the gap decreases.
    """

    gap_m: Float[np.ndarray, "time actor"]
    closing_mps: Float[np.ndarray, "time actor"]
    ttc_s: Float[np.ndarray, "time actor"]
    headway_s: Float[np.ndarray, "time actor"]
    required_mps2: Float[np.ndarray, "time actor"]


@dataclass(frozen=True)
class Closest:
    """The nearest body in the ego's path at each frame; without one `row` is -1 and the values are infinite."""

    row: Int[np.ndarray, "time"]
    gap_m: Float[np.ndarray, "time"]
    ttc_s: Float[np.ndarray, "time"]
    headway_s: Float[np.ndarray, "time"]


def derivative(values: Float[np.ndarray, "time *n"], rate_hz: float = FRAME_RATE_HZ) -> Float[np.ndarray, "time *n"]:
    """Rate of change by Savitzky-Golay, window 5, order 2; needs at least 5 frames."""
    return smooth_derivative(values, 1, rate_hz)


def encounters(rollout: Rollout) -> Encounters:
    """Gap, TTC, headway and required acceleration to each body in the ego's path, frame by frame."""
    path = in_ego_path(rollout)
    speed = rollout.speed_mps[:, :1]
    closing = np.where(np.isfinite(path.gap_m), speed - path.along_mps, -np.inf)
    lead_accel = np.where(path.along_mps > 0, rollout.acceleration_mps2, 0.0)
    own = np.broadcast_to(speed, path.gap_m.shape)
    return Encounters(
        path.gap_m,
        closing,
        np.asarray(time_to_collision(path.gap_m, closing)),
        np.asarray(time_headway(path.gap_m, own)),
        np.asarray(required_acceleration(path.gap_m, own, path.along_mps, lead_accel)),
    )


def closest(rollout: Rollout) -> Closest:
    """The nearest body in the path at each frame, for plots."""
    met = encounters(rollout)
    row = met.gap_m.argmin(axis=1)
    at = np.arange(len(row)), row
    return Closest(np.where(np.isfinite(met.gap_m[at]), row, -1), met.gap_m[at], met.ttc_s[at], met.headway_s[at])


def first_seen_s(rollout: Rollout, row: int) -> float:
    """The first time at which the ego's driver sees enough of a body to recognise it; infinite for never. Seconds."""
    for frame in range(len(rollout.t_s)):
        there = np.flatnonzero(rollout.valid[frame])
        if not {0, row} <= set(there.tolist()):
            continue
        xy, yaw = rollout.centre[frame, there, :2], rollout.yaw_rad[frame, there]
        if share_seen(xy, yaw, rollout.sizes[there], 0, int(np.searchsorted(there, row))) >= RECOGNISED_SHARE:
            return float(rollout.t_s[frame])
    return np.inf


def time_to_collision(gap_m: Numbers, closing_mps: Numbers) -> Numbers:
    """Gap over closing speed while the gap decreases; infinite otherwise."""
    gap, closing = np.asarray(gap_m, float), np.asarray(closing_mps, float)
    safe = np.where(closing > 1e-6, closing, 1.0)
    return np.where((closing > 1e-6) & np.isfinite(gap), gap / safe, np.inf)


def time_headway(gap_m: Numbers, speed_mps: Numbers) -> Numbers:
    """Gap over the follower's own speed."""
    gap, speed = np.asarray(gap_m, float), np.asarray(speed_mps, float)
    return np.where(speed > 0.1, gap / np.maximum(speed, 0.1), np.inf)


def required_acceleration(gap_m: Numbers, speed_mps: Numbers, lead_mps: Numbers, lead_mps2: Numbers) -> Numbers:
    """The constant acceleration (negative) that just avoids contact with the leader; 0 if none is needed.

    A braking leader is assumed to brake to a standstill; an oncoming body keeps its speed.
    """
    gap, v, lead, a = (np.asarray(x, float) for x in (gap_m, speed_mps, lead_mps, lead_mps2))
    room, a = np.maximum(np.where(np.isfinite(gap), gap, 1.0), 1e-3), np.where(lead > 0, np.minimum(a, 0.0), 0.0)
    closing = v - lead
    moving = a - np.maximum(closing, 0) ** 2 / (2 * room)
    stops = (a < 0) & (lead > 0)
    stopping_room = room + np.where(stops, lead**2 / (2 * np.maximum(-a, 1e-6)), 0.0)
    stopped = -(v**2) / (2 * stopping_room)
    # The leader stops before the speeds are equal: the condition is then the sum of both stopping distances.
    until_equal = np.maximum(closing, 0) / np.maximum(a - moving, 1e-9)
    stands_first = stops & ((closing <= 0) | (lead / np.maximum(-a, 1e-6) <= until_equal))
    needed = np.where(stands_first, stopped, moving)
    relevant = np.isfinite(gap) & ((closing > 0) | stops) & (v > 0)
    return np.where(relevant, needed, 0.0)


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


def rss_longitudinal(
    rear_mps: Numbers, front_mps: Numbers, response_s: float, accel_max: float, brake_min: float, brake_max: float
) -> Numbers:
    """Responsibility-Sensitive Safety: the gap that a follower must keep, metres."""
    rear, front = np.asarray(rear_mps, float), np.asarray(front_mps, float)
    worst = rear + response_s * accel_max
    way = rear * response_s + accel_max * response_s**2 / 2 + worst**2 / (2 * brake_min)
    return np.maximum(0.0, way - front**2 / (2 * brake_max))


def rss_ad_rss(rear_mps: Numbers, front_mps: Numbers) -> Numbers:
    """RSS with ad-rss-lib's parameters: response 1 s, 3.5 m/s^2, brakes 4 to 8 m/s^2."""
    return rss_longitudinal(rear_mps, front_mps, 1.0, 3.5, 4.0, 8.0)


def r157_gap(speed_mps: Numbers) -> Numbers:
    """UN R157's minimum following gap: a time of 1.0 s at 7.2 km/h, 0.1 s more per 10 km/h, and at least 2 m."""
    v = np.asarray(speed_mps, float)
    return np.maximum(2.0, v * np.maximum(1.0, 1.0 + 0.01 * v * 3.6))
