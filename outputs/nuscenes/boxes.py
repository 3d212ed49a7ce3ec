"""Visibility of each body to the sensors at keyframes: LiDAR points in its box, share visible to the cameras."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from conditioning.sensors.visibility import Labels
from scenarios.rollout import Rollout

# Rounding of float32 coordinates may put a return on a box's face outside the box, by less than this at 100 m.
FACE_M = 0.001


@dataclass(frozen=True)
class BoxVisibility:
    """Rows are keyframes. A body is annotated where a camera sees a part of it or a LiDAR point lies in its box.

    nuScenes' evaluation drops boxes without a point. They stay in the tables, since cameras see them, and
    `outputs.nuscenes.validate` counts them. A body hidden from every sensor has no annotation, but is in `labels.npz`.
    """

    points: Int[np.ndarray, "keyframe actor"]
    visible: Float[np.ndarray, "keyframe actor"]
    annotated: Bool[np.ndarray, "keyframe actor"]


def box_visibility(
    rollout: Rollout,
    labels: tuple[Labels, ...],
    lidar: tuple[Float[np.ndarray, "_ 5"], ...],
    lidar_to_ego: Float[np.ndarray, "4 4"],
    frames: range,
) -> BoxVisibility:
    """Point counts and visibility at `frames`; the visibility is the largest of all cameras."""
    rows = list(frames)
    points = np.stack([
        points_in_boxes(sweep[:, :3], rollout.ego_to_map[frame] @ lidar_to_ego, rollout, frame)
        for frame, sweep in zip(rows, lidar, strict=True)
    ])  # fmt: skip
    visible = np.max([np.where(each.in_view, each.visibility, 0.0)[rows] for each in labels], axis=0)
    present = rollout.valid[rows].copy()
    present[:, 0] = False  # the ego carries the sensors
    return BoxVisibility(points, visible, present & ((visible > 0) | (points > 0)))


def points_in_boxes(
    points: Float[np.ndarray, "point 3"],
    sensor_to_map: Float[np.ndarray, "4 4"],
    rollout: Rollout,
    frame: int,
) -> Int[np.ndarray, "actor"]:
    """Count the points (in the sensor's frame) in each body's box, faces included; 0 where the body is not valid."""
    in_map = points.astype(float) @ sensor_to_map[:3, :3].T + sensor_to_map[:3, 3]
    from_centre = in_map[None] - rollout.centre[frame][:, None]
    cos, sin = np.cos(rollout.yaw_rad[frame])[:, None], np.sin(rollout.yaw_rad[frame])[:, None]
    x, y, z = np.moveaxis(from_centre, -1, 0)
    in_body = np.abs(np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-1))
    inside = (in_body <= rollout.sizes[:, None] / 2 + FACE_M).all(axis=-1)
    return np.where(rollout.valid[frame], inside.sum(axis=-1), 0)
