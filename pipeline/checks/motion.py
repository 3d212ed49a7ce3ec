"""Camera motion measured by a network (learned inverse dynamics) against the ego's motion in the rollout."""

import numpy as np
from jaxtyping import Float

from pipeline.checks.scene import CheckedClip, CheckReading
from pipeline.checks.targets import ego_motion

WINDOW = 12  # pairs of frames, one second
MOVING_MPS = 0.4
SLOW_MPS = 4.0  # below it, errors are relative to this speed


def _windows(motion: Float[np.ndarray, "pair"]) -> Float[np.ndarray, "window"]:
    """Medians over windows of one second that overlap by half."""
    starts = range(0, len(motion) - WINDOW + 1, WINDOW // 2)
    return np.array([np.median(motion[s : s + WINDOW]) for s in starts])


def speeds(scene: CheckedClip) -> tuple[tuple[float, float], ...]:
    """Measured and commanded speed, m/s, of every window."""
    seen, asked = _windows(scene.sight.motion[:, 0]), _windows(ego_motion(scene.rollout)[:, 0])
    return tuple((float(a), float(b)) for a, b in zip(seen, asked, strict=True))


def ego_speed_seen(scene: CheckedClip) -> CheckReading:
    """Relative error of the measured distance over the whole clip, since single frames are noisy."""
    seen, asked = scene.sight.motion[:, 0], ego_motion(scene.rollout)[:, 0]
    if len(asked) < WINDOW:
        return CheckReading(None, "the clip is shorter than a second")
    error = abs(seen.mean() - asked.mean()) / max(np.abs(asked).mean(), SLOW_MPS)
    return CheckReading(
        float(error), f"the camera seems to move at {seen.mean():.1f} m/s, commanded {asked.mean():.1f} m/s on average"
    )


def ego_moves(scene: CheckedClip) -> CheckReading:
    """Measured over commanded distance: 0 for a frozen video, negative for a reversed one."""
    seen, asked = scene.sight.motion[:, 0], ego_motion(scene.rollout)[:, 0]
    if len(asked) < WINDOW or abs(asked.mean()) < MOVING_MPS:
        return CheckReading(None, "the ego stands, or the clip is shorter than a second")
    return CheckReading(
        float(seen.mean() / asked.mean()),
        f"the camera seems to move at {seen.mean():.1f} m/s, commanded {asked.mean():.1f} m/s",
    )


def yaw_rate_seen(scene: CheckedClip) -> CheckReading:
    """Largest error of the measured yaw rate in any window."""
    seen, asked = _windows(scene.sight.motion[:, 1]), _windows(ego_motion(scene.rollout)[:, 1])
    if not len(seen):
        return CheckReading(None, "the clip is shorter than a second")
    error = np.abs(seen - asked)
    worst = int(error.argmax())
    return CheckReading(
        float(error[worst]),
        f"the camera seems to turn at {seen[worst]:+.2f} rad/s, commanded {asked[worst]:+.2f}, in the worst second",
    )
