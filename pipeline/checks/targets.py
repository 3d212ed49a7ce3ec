"""Targets of the checker's networks, from the labels."""

import numpy as np
from jaxtyping import Bool, Float, Int

from conditioning.assets.kinds.registry import DRAWN
from conditioning.layers.control_layers import FOREGROUND
from conditioning.sensors.visibility import Labels
from scenarios.rollout import Rollout

CLASSES: tuple[str, ...] = FOREGROUND[:6]  # the detector's classes, in its order
# Groups of similar classes, of which the detector may confuse one with another: vehicles; people on foot or two wheels.
ALIKE = np.array([{"car": 0, "truck": 0, "bus": 0, "two_wheeler": 1, "person": 1, "obstacle": 2}[c] for c in CLASSES])
MAX_OBJECTS = 32
VISIBLE_FROM = 0.3  # objects with a smaller visible share are ignored
TALL_FROM_PX = 6.0


def class_indices(rollout: Rollout) -> Int[np.ndarray, "actor"]:
    """Each body's index in `CLASSES`; for a kind that the detector does not know, its layer's. Includes the ego."""
    return np.array(
        [CLASSES.index(DRAWN[body.kind].detector_class or DRAWN[body.kind].layer) for body in rollout.bodies]
    )


def detectable(rollout: Rollout) -> Bool[np.ndarray, "actor"]:
    """Bodies of a kind that the detector was trained on; others are ignored, as in nuScenes' detection task."""
    return np.array([DRAWN[body.kind].detector_class is not None for body in rollout.bodies])


def targets(
    labels: Labels, rollout: Rollout
) -> tuple[
    Float[np.ndarray, "time object 4"],
    Int[np.ndarray, "time object"],
    Int[np.ndarray, "time object"],
    Float[np.ndarray, "time object"],
]:
    """Modal boxes, classes (-1 is padding), instances (index on the actor axis) and ignore flags of every frame.

    The largest `MAX_OBJECTS` of a frame are kept. Ignored are objects that are too hidden or too small, and those
    outside the detector's classes.
    """
    frames = len(labels.in_view)
    boxes = np.zeros((frames, MAX_OBJECTS, 4), np.float32)
    classes = np.full((frames, MAX_OBJECTS), -1, np.int64)
    instances = np.full((frames, MAX_OBJECTS), -1, np.int64)
    ignore = np.zeros((frames, MAX_OBJECTS), np.float32)
    kinds, known = class_indices(rollout), detectable(rollout)
    size = labels.modal_box[..., 2:] - labels.modal_box[..., :2]
    for t in range(frames):
        seen = np.flatnonzero(labels.in_view[t] & (size[t].min(-1) > 0))
        seen = seen[np.argsort(-size[t, seen].prod(-1), kind="stable")][:MAX_OBJECTS]
        n = len(seen)
        boxes[t, :n], classes[t, :n], instances[t, :n] = labels.modal_box[t, seen], kinds[seen], seen
        ignore[t, :n] = (labels.visibility[t, seen] < VISIBLE_FROM) | (size[t, seen, 1] < TALL_FROM_PX) | ~known[seen]
    return boxes, classes, instances, ignore


def ego_motion(rollout: Rollout) -> Float[np.ndarray, "pair 2"]:
    """Speed (m/s, along the heading) and yaw rate (rad/s) between consecutive frames, from the poses."""
    pose, dt_s = rollout.ego_to_map, np.diff(rollout.t_s)
    step = np.einsum("tji,tj->ti", pose[:-1, :3, :3], np.diff(pose[:, :3, 3], axis=0))
    yaw = np.unwrap(np.arctan2(pose[:, 1, 0], pose[:, 0, 0]))
    return np.stack([step[:, 0] / dt_s, np.diff(yaw) / dt_s], -1)
