"""Responsibility-Sensitive Safety (Shalev-Shwartz, Shammah, Shashua, 2017): safe distances by case, metres.

A situation is dangerous only if both the distance along the road and the distance across it are below their safe values
(definition 4 there). Along the road: follower and leader (lemma 2), two vehicles in opposite directions (lemma 3), and
towards traffic that crosses the way in which the ego can respond and stop. Across: lemma 4 for traffic along the road;
for crossing traffic the way in which that can respond and stop. Parameters are those of ad-rss-lib, Intel's
implementation. People: they may stop at once but nothing is expected of them, so the ego must be able to stop before
them, and across the road the way counts that they walk until the ego stands.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from scenarios.metrics.formulas import Numbers
from scenarios.metrics.pairs import AHEAD, ITS_ACROSS, ITS_ALONG, LAT, LONG, OWN_ACROSS, OWN_ALONG, TO_LEFT

RESPONSE_S, ACCEL_MPS2 = 1.0, 3.5
BRAKE_MPS2, HARDEST_MPS2, BRAKE_IN_OWN_LANE_MPS2 = 4.0, 8.0, 3.0
SIDEWAYS_ACCEL_MPS2, SIDEWAYS_BRAKE_MPS2 = 0.2, 0.8
ALONG_SHARE = math.cos(math.radians(45))  # of the speed; below it a body crosses
STANDS_MPS = 0.3


@dataclass(frozen=True)
class SafeDistances:
    """Safe and actual distances of the ego and each body, along and across the road; across negative for an overlap."""

    along_m: Float[np.ndarray, "time actor"]
    safe_along_m: Float[np.ndarray, "time actor"]
    across_m: Float[np.ndarray, "time actor"]
    safe_across_m: Float[np.ndarray, "time actor"]
    opposite: Bool[np.ndarray, "time actor"]
    crosses: Bool[np.ndarray, "time actor"]

    @property
    def margin_m(self) -> Float[np.ndarray, "time actor"]:
        """Where the situation is dangerous the margin along the road, negative; elsewhere the larger of both."""
        along, across = self.along_m - self.safe_along_m, self.across_m - self.safe_across_m
        return np.where((along < 0) & (across < 0), along, np.maximum(along, across))


def rss_longitudinal(
    rear_mps: Numbers, front_mps: Numbers, response_s: float, accel_max: float, brake_min: float, brake_max: float
) -> Numbers:
    """The gap that a follower must keep to a leader in the same direction, metres (lemma 2)."""
    front = np.asarray(front_mps, float)
    way = _response_and_stop(rear_mps, response_s, accel_max, brake_min)
    return np.maximum(0.0, way - front**2 / (2 * brake_max))


def rss_ad_rss(rear_mps: Numbers, front_mps: Numbers) -> Numbers:
    """The same with ad-rss-lib's parameters: response 1 s, 3.5 m/s^2, brakes 4 to 8 m/s^2."""
    return rss_longitudinal(rear_mps, front_mps, RESPONSE_S, ACCEL_MPS2, BRAKE_MPS2, HARDEST_MPS2)


def rss_opposite(own_mps: Numbers, oncoming_mps: Numbers) -> Numbers:
    """The distance to keep from traffic in the opposite direction, metres (lemma 3); both speeds positive.

    Both respond and brake: the one in its own lane with 3 m/s^2, the other with 4 m/s^2.
    """
    own = _response_and_stop(own_mps, RESPONSE_S, ACCEL_MPS2, BRAKE_IN_OWN_LANE_MPS2)
    return own + _response_and_stop(oncoming_mps, RESPONSE_S, ACCEL_MPS2, BRAKE_MPS2)


def rss_stopping(speed_mps: Numbers) -> Numbers:
    """The way in which the ego responds and stops before crossing traffic or a person, metres."""
    return _response_and_stop(speed_mps, RESPONSE_S, ACCEL_MPS2, BRAKE_MPS2)


def rss_lateral(own_mps: Numbers, its_mps: Numbers) -> Numbers:
    """The lateral distance to keep, metres (lemma 4); speeds towards each other are positive."""
    return np.maximum(0.0, _approach(own_mps) + _approach(its_mps))


def _response_and_stop(speed_mps: Numbers, response_s: float, accel: float, brake: float) -> Numbers:
    v = np.asarray(speed_mps, float)
    return v * response_s + accel * response_s**2 / 2 + (v + response_s * accel) ** 2 / (2 * brake)


def _approach(towards_mps: Numbers) -> Numbers:
    """Lateral way towards the other: a response with acceleration towards it, then braking of the lateral speed."""
    v = np.asarray(towards_mps, float)
    then = v + RESPONSE_S * SIDEWAYS_ACCEL_MPS2
    return (v + then) / 2 * RESPONSE_S + np.sign(then) * then**2 / (2 * SIDEWAYS_BRAKE_MPS2)


def safe_distances(figures: Float[np.ndarray, "time actor 15"], on_foot: Bool[np.ndarray, "actor"]) -> SafeDistances:
    """The safe distances of every case, from the figures of `pairs` along the ego's road."""
    ahead = np.where(figures[..., AHEAD] >= 0, 1.0, -1.0)
    own, its = figures[..., OWN_ALONG] * ahead, figures[..., ITS_ALONG] * ahead  # positive: towards the other, and away
    left = np.where(figures[..., TO_LEFT] >= 0, 1.0, -1.0)
    own_side, its_side = figures[..., OWN_ACROSS] * left, -figures[..., ITS_ACROSS] * left
    speed = np.hypot(its, its_side)
    crosses = (np.abs(its) < ALONG_SHARE * speed) & (speed > STANDS_MPS)
    stopped_for = crosses | on_foot
    opposite = ~stopped_for & (own > 0) & (its < -STANDS_MPS)
    follower = np.where(own > 0, own, np.maximum(-its, 0.0))  # the one that drives towards the other
    leader = np.maximum(np.where(own > 0, its, -own), 0.0)
    along = np.asarray(rss_ad_rss(follower, leader))
    along = np.where(opposite, rss_opposite(np.maximum(own, 0), np.maximum(-its, 0)), along)
    stop = np.asarray(rss_stopping(np.maximum(own, 0)))
    along = np.where(stopped_for, np.where(own > 0, stop, 0.0), along)
    walks = np.maximum(its_side, 0) * (RESPONSE_S + np.maximum(own, 0) / BRAKE_MPS2)
    crossing = np.where(on_foot, walks, rss_stopping(np.maximum(its_side, 0)))
    across = np.where(stopped_for, np.where(its_side > 0, crossing, 0.0), rss_lateral(own_side, its_side))
    return SafeDistances(np.maximum(figures[..., LONG], 0), along, figures[..., LAT], across, opposite, crosses)
