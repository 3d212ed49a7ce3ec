"""Motion of a scene's ego and boxes along their headings, as stored and with quaternions read as x, y, z, w."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from conditioning.logs.scene_rows import LogSceneRows, forward_axis, places, rotations, turned, up_axis
from conditioning.logs.table_fields import Row
from conditioning.logs.tracks import GAP_S

ALONG = 0.7  # cosine between motion and heading
UPRIGHT = 0.8  # z of the up axis: a body that leans less than 37 degrees
FASTEST_MPS = 100.0
MOVING_M = 2.0  # from one keyframe to the next: farther than errors of annotation
EGO_STEP_M, EGO_MOVED_M = 0.02, 3.0  # from one picture to the next, and in all


@dataclass(frozen=True)
class BoxSteps:
    """Steps of boxes from one keyframe to the next: those that move, and those that are too fast for any body.

    `stored` and `other` are the cosines between motion and heading; -1 where the body does not stand upright.
    """

    moving: tuple[Row, ...]
    stored: Float[np.ndarray, "step"]
    other: Float[np.ndarray, "step"]
    fast: tuple[Row, ...]
    fast_mps: tuple[float, ...]

    @property
    def ahead(self) -> bool:
        """Whether boxes move, and mostly along their heading as stored."""
        return bool(len(self.moving)) and float((self.stored > ALONG).mean()) > 0.5


def box_steps(scene: LogSceneRows) -> BoxSteps:
    """The steps of all boxes."""
    at = scene.sample_us
    tracks: dict[str, list[Row]] = {}
    for row in sorted(scene.boxes, key=lambda row: at[row["sample_token"]]):
        tracks.setdefault(row["instance_token"], []).append(row)
    moving, cosines, fast, fast_mps = [], [], [], []
    for rows in tracks.values():
        step = np.diff(places(rows), axis=0)
        apart = np.diff([at[row["sample_token"]] / 1e6 for row in rows])
        far = np.linalg.norm(step, axis=1)
        good = turned(rows)
        for i in np.flatnonzero((apart > 0) & (apart <= GAP_S)):
            if far[i] / apart[i] > FASTEST_MPS:
                fast.append(rows[i + 1])
                fast_mps.append(float(far[i] / apart[i]))
            elif far[i] > MOVING_M and good[i]:
                moving.append(rows[i])
                cosines.append(_cosines(rotations(rows[i : i + 1]), step[i : i + 1] / far[i]))
    stored, other = np.array(cosines).reshape(-1, 2).T
    return BoxSteps(tuple(moving), stored, other, tuple(fast), tuple(fast_mps))


def ego_cosines(scene: LogSceneRows, channel: str) -> Float[np.ndarray, "step 2"] | None:
    """The same cosines of the ego's steps from picture to picture, stored and other; None if it hardly moves."""
    poses = scene.poses(scene.channels.get(channel, []))
    if not len(poses) or not turned(poses).all():
        return None
    step = np.diff(places(poses), axis=0)
    far = np.linalg.norm(step, axis=1)
    moved = far > EGO_STEP_M
    if far[moved].sum() < EGO_MOVED_M:
        return None
    each = [_cosines(q[None], s[None]) for q, s in zip(rotations(poses)[:-1][moved], step[moved] / far[moved, None],
                                                       strict=True)]  # fmt: skip
    return np.array(each)


def _cosines(turn: Float[np.ndarray, "1 4"], along: Float[np.ndarray, "1 3"]) -> list[float]:
    """The cosine as stored, and as x, y, z, w."""
    both = np.concatenate([turn, np.roll(turn, 1, axis=1)])
    cosine = forward_axis(both) @ along[0]
    return np.where(up_axis(both) > UPRIGHT, cosine, -1.0).tolist()
