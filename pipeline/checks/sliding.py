"""Whether sliding and falling bodies move as physics requires.

A sliding body is exempt from the checks of curvature, steering and direction of travel; friction must be the only
horizontal force on it.
"""

import numpy as np
from jaxtyping import Bool, Float

from outputs.verdict import Verdict
from pipeline.checks.feasibility import slide_deceleration, worst
from pipeline.checks.kinematics import Kinematics, in_the_air
from scenarios.model.driver_models import G
from scenarios.roads.friction import PATCH_ACROSS, PATCH_ALONG
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.simulation.dynamics.friction_map import grip_share, slope_of
from scenarios.simulation.dynamics.sliding import gyration_m2

LEAST_SHARE = 0.25  # of mu g: the lowest deceleration of a slide, also while spinning or partly steering
MOVES_MPS = 1.5  # below it the smoothing window may contain the standstill
REBOUND_MPS = 0.3  # a spin may lend its pivot this much
FALL_TOLERANCE = 1.5  # m/s^2


def sliding_before_impact(rollout: Rollout, motion: Kinematics) -> Bool[np.ndarray, "time actor"] | None:
    """Where bodies slide before any impact; None if none does on the ground."""
    own = rollout.sliding & rollout.valid & (rollout.t_s[:, None] < motion.impact_s)
    return own if (own & ~in_the_air(rollout)).any() else None


def friction_slows(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """A body marked as sliding must be slowed by friction; detects bodies that only roll sideways."""
    if (own := sliding_before_impact(rollout, motion)) is None:
        return ()
    fast = np.pad(_ground_speed(rollout), ((1, 0), (0, 0)), mode="edge") > MOVES_MPS
    counts = motion.sliding & own & fast & np.roll(fast, -2, axis=0)
    share = slide_deceleration(rollout, motion) / (rollout.friction * G) / grip_share(rollout)
    verdict = worst(
        "slide", rollout, np.where(counts, 1 - share, np.nan), 1 - LEAST_SHARE, 1 - LEAST_SHARE, "",
        f"friction slows what slides, mu = {rollout.friction:g}",
        "slides with {value:.0%} of its grip unused, the limit is {limit:.0%}",
    )  # fmt: skip
    return (verdict,)


def speed_never_rises(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """Friction cannot increase the speed."""
    if (own := sliding_before_impact(rollout, motion)) is None:
        return ()
    speed = _ground_speed(rollout)
    within = own[1:-1] & own[2:] & own[:-2]
    verdict = worst(
        "slide speed", rollout, np.where(within, np.diff(speed, axis=0), np.nan), REBOUND_MPS, REBOUND_MPS, "m/s",
        "friction takes energy", "gains {value:.1f} m/s in one frame of its slide, the limit is {limit:.1f}",
    )  # fmt: skip
    return (verdict,)


def spin(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """Yaw acceleration against the largest one that friction at the wheels can give the body's inertia, rad/s^2."""
    if (own := sliding_before_impact(rollout, motion)) is None:
        return ()
    turn = np.diff(np.unwrap(rollout.yaw_rad, axis=0), axis=0) * FRAME_RATE_HZ
    change = np.abs(np.diff(turn, axis=0)) * FRAME_RATE_HZ
    possible = np.array([_most_spin(rollout, body.size) for body in rollout.bodies])
    within = own[1:-1] & own[2:] & own[:-2]
    verdict = worst(
        "slide spin", rollout, np.where(within, change / possible, np.nan), 1.0, 1.1, "", "mu g at the wheels over the "
        "inertia of an even box", "changes its spin {value:.1f} times as fast as friction at its wheels can",
    )  # fmt: skip
    return (verdict,)


def _most_spin(rollout: Rollout, size) -> float:
    lever = np.hypot(PATCH_ALONG * size.length_m, PATCH_ACROSS * size.width_m)
    return float(rollout.friction * G * lever / gyration_m2(size))


def free_fall(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """In the air gravity is the only force; empty if no body falls."""
    if not motion.airborne.any():
        return ()
    slope = slope_of(rollout)
    gravity = G * np.array([np.sin(slope), 0.0, np.cos(slope)])
    off = np.linalg.norm(motion.centre_acceleration + gravity, axis=-1)
    verdict = worst(
        "free fall", rollout, np.where(motion.airborne, off, np.nan), FALL_TOLERANCE, FALL_TOLERANCE, "m/s²", "gravity",
        "accelerates by {value:.1f} m/s² differently from gravity, the limit is {limit:.1f}",
    )  # fmt: skip
    return (verdict,)


def _ground_speed(rollout: Rollout) -> Float[np.ndarray, "step actor"]:
    return np.linalg.norm(np.diff(rollout.centre[..., :2], axis=0), axis=-1) * FRAME_RATE_HZ
