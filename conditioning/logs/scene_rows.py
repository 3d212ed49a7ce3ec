"""The rows of one scene that can be used, with their times and poses as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from conditioning.logs.table_fields import Row
from conditioning.logs.tables import Tables

NORM = 0.01  # of a unit quaternion of two decimals, the norm is as much off
HELD_M = 0.3  # an ego that starts to move goes less far within a picture; one whose pose was only repeated goes farther


@dataclass(frozen=True)
class LogSceneRows:
    """A scene's keyframes along their chain, the pictures and sweeps of each channel by time, and the boxes.

    `boxes` have an instance and a category; `category` is its name, in the same order.
    """

    tables: Tables
    scene: Row
    samples: list[Row]
    channels: Mapping[str, list[Row]]
    boxes: list[Row]
    category: list[str]

    @property
    def sample_us(self) -> dict[str, int | float]:
        """The time of each keyframe, by token."""
        return {s["token"]: s["timestamp"] for s in self.samples}

    def poses(self, rows: Sequence[Row]) -> list[Row]:
        """The ego poses of pictures or sweeps."""
        return [self.tables["ego_pose"][row["ego_pose_token"]] for row in rows]


def scene_rows(tables: Tables, scene: Row) -> LogSceneRows:
    """Select a scene's rows."""
    samples = tables.samples(scene)
    channels = {name: sorted(rows, key=lambda r: r["timestamp"]) for name, rows in tables.of_channels(samples).items()}
    boxes, category = [], []
    for row in (row for sample in samples for row in tables.of_samples["sample_annotation"].get(sample["token"], ())):
        instance = tables["instance"].get(row["instance_token"])
        named = instance and tables["category"].get(instance["category_token"])
        if named:
            boxes.append(row)
            category.append(named["name"])
    return LogSceneRows(tables, scene, samples, channels, boxes, category)


def seconds(rows: Sequence[Row], since_us: int | float | None = None) -> Float[np.ndarray, "row"]:
    """The rows' timestamps in seconds after the first one, or after `since_us`."""
    if not rows:
        return np.zeros(0)
    zero = rows[0]["timestamp"] if since_us is None else since_us
    return np.array([row["timestamp"] - zero for row in rows], float) / 1e6


def rotations(rows: Sequence[Row]) -> Float[np.ndarray, "row 4"]:
    """The rows' quaternions as stored, w, x, y, z."""
    return np.array([row["rotation"] for row in rows], float).reshape(-1, 4)


def places(rows: Sequence[Row]) -> Float[np.ndarray, "row 3"]:
    """The rows' translations."""
    return np.array([row["translation"] for row in rows], float).reshape(-1, 3)


def turned(rows: Sequence[Row]) -> Bool[np.ndarray, "row"]:
    """Rows whose quaternion has about the norm 1."""
    return np.abs(np.linalg.norm(rotations(rows), axis=1) - 1) <= NORM


def up_axis(w_x_y_z: Float[np.ndarray, "row 4"]) -> Float[np.ndarray, "row"]:
    """z of the up axis of turned bodies."""
    return 1 - 2 * (w_x_y_z[:, 1] ** 2 + w_x_y_z[:, 2] ** 2)


def forward_axis(w_x_y_z: Float[np.ndarray, "row 4"]) -> Float[np.ndarray, "row 3"]:
    """The forward axis of turned bodies."""
    w, x, y, z = w_x_y_z.T
    return np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], axis=-1)


def pose_steps(t_s: Float[np.ndarray, "row"], poses: Sequence[Row]) -> Float[np.ndarray, "row"]:
    """The time from the last measured pose to each pose, in seconds; 0 for the first one and for repeated poses.

    A pose that equals the one before was not measured anew if the ego is far from it at the next one. An ego that
    stands repeats its pose, too, and moves only a little from it at first.
    """
    place, turn = places(poses), rotations(poses)
    steps = np.zeros(len(poses))
    last = 0
    for i in range(1, len(poses)):
        if np.array_equal(place[i], place[i - 1]) and np.array_equal(turn[i], turn[i - 1]):
            continue
        moved = float(np.linalg.norm(place[i] - place[last]))
        steps[i] = t_s[i] - (t_s[last] if moved > HELD_M else t_s[i - 1])
        last = i
    return steps
