"""The ego's actions as the world model hears them: speed and curvature."""

import numpy as np
from jaxtyping import Float

from scenarios.rollout import FRAME_RATE_HZ, Rollout

STANDING_MPS = 0.6  # below this a heading change says nothing about the path's curvature


def ego_actions(rollout: Rollout) -> Float[np.ndarray, "time 2"]:
    """Speed (m/s) and path curvature (1/m, positive to the left) of the ego at every frame.

    Curvature is yaw rate over speed, 0 where the ego all but stands.
    """
    speed = rollout.speed_mps[:, 0]
    forward = rollout.ego_to_map[:, :3, 0]
    yaw = np.unwrap(np.arctan2(forward[:, 1], forward[:, 0]))
    rate = np.gradient(yaw) * FRAME_RATE_HZ if len(yaw) > 1 else np.zeros(1)
    rolling = np.abs(speed) >= STANDING_MPS
    curvature = np.where(rolling, rate / np.where(rolling, speed, 1.0), 0.0)
    return np.stack([speed, curvature], axis=-1)


def driven(actions: Float[np.ndarray, "time 2"]) -> Float[np.ndarray, "time 4 4"]:
    """Poses of the ego in the frame of the first, on the arcs that speed and curvature at every frame say."""
    speed, curvature = (actions[1:] + actions[:-1]).T / 2
    step = speed / FRAME_RATE_HZ
    yaw = np.append(0.0, np.cumsum(step * curvature))
    course = (yaw[1:] + yaw[:-1]) / 2
    poses = np.tile(np.eye(4), (len(yaw), 1, 1))
    poses[:, :2, 0] = np.stack([np.cos(yaw), np.sin(yaw)], -1)
    poses[:, :2, 1] = np.stack([-np.sin(yaw), np.cos(yaw)], -1)
    poses[1:, :2, 3] = np.cumsum(step[:, None] * np.stack([np.cos(course), np.sin(course)], -1), 0)
    return poses
