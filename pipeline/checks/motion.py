"""Does the camera move as commanded? Learned inverse dynamics against the rollout's ego."""

import numpy as np
from jaxtyping import Float

from pipeline.checks.scene import CheckedClip, CheckReading
from pipeline.checks.targets import ego_motion

WINDOW = 12  # pairs of frames, one second
MOVING_MPS = 0.4
SLOW_MPS = 4.0  # below this, errors are counted against this speed


def _windows(motion: Float[np.ndarray, "pair"]) -> Float[np.ndarray, "window"]:
    """Medians over half-overlapping seconds."""
    starts = range(0, len(motion) - WINDOW + 1, WINDOW // 2)
    return np.array([np.median(motion[s : s + WINDOW]) for s in starts])


def speeds(scene: CheckedClip) -> tuple[tuple[float, float], ...]:
    """Speed seen and speed commanded, m/s, for every second."""
    seen, asked = _windows(scene.sight.motion[:, 0]), _windows(ego_motion(scene.rollout)[:, 0])
    return tuple((float(a), float(b)) for a, b in zip(seen, asked, strict=True))


def ego_speed_seen(scene: CheckedClip) -> CheckReading:
    """Relative error of the way seen against the way commanded, over the clip: single frames are noisy."""
    seen, asked = scene.sight.motion[:, 0], ego_motion(scene.rollout)[:, 0]
    if len(asked) < WINDOW:
        return CheckReading(None, "the clip is shorter than a second")
    error = abs(seen.mean() - asked.mean()) / max(np.abs(asked).mean(), SLOW_MPS)
    return CheckReading(
        float(error), f"the camera seems to move at {seen.mean():.1f} m/s, commanded {asked.mean():.1f} m/s on average"
    )


def ego_moves(scene: CheckedClip) -> CheckReading:
    """Way seen over way commanded: 0 for a frozen video, negative for a reversed one."""
    seen, asked = scene.sight.motion[:, 0], ego_motion(scene.rollout)[:, 0]
    if len(asked) < WINDOW or abs(asked.mean()) < MOVING_MPS:
        return CheckReading(None, "the ego is told to stand, or the clip is shorter than a second")
    return CheckReading(
        float(seen.mean() / asked.mean()), f"the camera seems to move at {seen.mean():.1f} of {asked.mean():.1f} m/s"
    )


def yaw_rate_seen(scene: CheckedClip) -> CheckReading:
    """Error of the yaw rate seen against the one commanded, by the worst second."""
    seen, asked = _windows(scene.sight.motion[:, 1]), _windows(ego_motion(scene.rollout)[:, 1])
    if not len(seen):
        return CheckReading(None, "the clip is shorter than a second")
    error = np.abs(seen - asked)
    worst = int(error.argmax())
    return CheckReading(
        float(error[worst]),
        f"at worst the camera seems to turn at {seen[worst]:+.2f} rad/s, commanded {asked[worst]:+.2f}",
    )
