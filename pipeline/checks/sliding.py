"""Could these bodies have slid or fallen like this? What a rollout calls a slide must look like one.

A slide is excused from curvature, steering and direction of travel; in return friction must be all that acts on it.
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

LEAST_SHARE = 0.25  # of mu g that even a spinning, half steering slide is slowed by
MOVES_MPS = 1.5  # slower than this a window may hold the standstill
REBOUND_MPS = 0.3  # a spin may lend its pivot this much
FALL_TOLERANCE = 1.5  # m/s^2


def slid(rollout: Rollout, motion: Kinematics) -> Bool[np.ndarray, "time actor"] | None:
    """Where bodies slide that no impact began to; None where none does, on the ground."""
    own = rollout.sliding & rollout.valid & (rollout.t_s[:, None] < motion.impact_s)
    return own if (own & ~in_the_air(rollout)).any() else None


def slowed(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """Whoever says that it slides must be slowed: what only rolls sideways is found out."""
    if (own := slid(rollout, motion)) is None:
        return ()
    fast = np.pad(_ground_speed(rollout), ((1, 0), (0, 0)), mode="edge") > MOVES_MPS
    counts = motion.sliding & own & fast & np.roll(fast, -2, axis=0)
    share = slide_deceleration(rollout, motion) / (rollout.friction * G) / grip_share(rollout)
    verdict = worst(
        "slide", rollout, np.where(counts, 1 - share, np.nan), 1 - LEAST_SHARE, 1 - LEAST_SHARE, "",
        f"friction slows what slides, mu = {rollout.friction:g}",
        "slides with {value:.0%} of its grip unused, {limit:.0%} is possible",
    )  # fmt: skip
    return (verdict,)


def never_faster(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """Friction takes speed and gives none."""
    if (own := slid(rollout, motion)) is None:
        return ()
    speed = _ground_speed(rollout)
    within = own[1:-1] & own[2:] & own[:-2]
    verdict = worst(
        "slide speed", rollout, np.where(within, np.diff(speed, axis=0), np.nan), REBOUND_MPS, REBOUND_MPS, "m/s",
        "friction takes energy", "gains {value:.1f} m/s in one frame of its slide, {limit:.1f} is possible",
    )  # fmt: skip
    return (verdict,)


def spin(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """The yaw acceleration that all grip at the wheels can give, against the body's inertia; rad/s^2."""
    if (own := slid(rollout, motion)) is None:
        return ()
    turn = np.diff(np.unwrap(rollout.yaw_rad, axis=0), axis=0) * FRAME_RATE_HZ
    change = np.abs(np.diff(turn, axis=0)) * FRAME_RATE_HZ
    possible = np.array([_most_spin(rollout, body.size) for body in rollout.bodies])
    within = own[1:-1] & own[2:] & own[:-2]
    verdict = worst(
        "slide spin", rollout, np.where(within, change / possible, np.nan), 1.0, 1.1, "", "mu g at the wheels over the "
        "inertia of an even box", "spins up {value:.1f} times as fast as its wheels can turn it",
    )  # fmt: skip
    return (verdict,)


def _most_spin(rollout: Rollout, size) -> float:
    lever = np.hypot(PATCH_ALONG * size.length_m, PATCH_ACROSS * size.width_m)
    return float(rollout.friction * G * lever / gyration_m2(size))


def free_fall(rollout: Rollout, motion: Kinematics) -> tuple[Verdict, ...]:
    """In the air gravity alone acts, straight down; none where nothing falls."""
    if not motion.airborne.any():
        return ()
    slope = slope_of(rollout)
    gravity = G * np.array([np.sin(slope), 0.0, np.cos(slope)])
    off = np.linalg.norm(motion.centre_acceleration + gravity, axis=-1)
    verdict = worst(
        "free fall", rollout, np.where(motion.airborne, off, np.nan), FALL_TOLERANCE, FALL_TOLERANCE, "m/s²", "gravity",
        "accelerates by {value:.1f} m/s² otherwise than gravity does, {limit:.1f} is allowed",
    )  # fmt: skip
    return (verdict,)


def _ground_speed(rollout: Rollout) -> Float[np.ndarray, "step actor"]:
    return np.linalg.norm(np.diff(rollout.centre[..., :2], axis=0), axis=-1) * FRAME_RATE_HZ
