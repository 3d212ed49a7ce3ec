"""A clip's labels matched with the detections in its frames."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FRONT
from conditioning.sensors.visibility import Labels
from pipeline.checks.sight import ClipObservation
from pipeline.checks.targets import ALIKE, CLASSES, class_indices, detectable
from scenarios.rollout import Rollout

FLOOR_PX = 16.0  # objects of a smaller height are not checked
DETECTOR = "centre-point detector"  # `model` of verdicts on objects
# How far a camera may differ from the front camera, for which the networks that check were trained and their limits
# measured: as far as one car's front camera differs from another's.
MOST_TURNED_DEG, MOST_RAISED_M, MOST_ZOOMED = 5.0, 0.3, 0.1
SURE = 0.3  # lowest score of a detection that counts for a labelled object


def pairwise_iou(a: Float[np.ndarray, "m 4"], b: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "m n"]:
    """Intersection over union."""
    both = _intersection(a, b)
    return both / np.maximum(_area(a)[:, None] + _area(b) - both, 1e-6)


def covered(a: Float[np.ndarray, "m 4"], b: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "m n"]:
    """Share of each `a` that lies within each `b`."""
    return _intersection(a, b) / np.maximum(_area(a)[:, None], 1e-6)


def _area(boxes: Float[np.ndarray, "*n 4"]) -> Float[np.ndarray, "*n"]:
    return np.clip(boxes[..., 2:] - boxes[..., :2], 0, None).prod(-1)


def _intersection(a: Float[np.ndarray, "m 4"], b: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "m n"]:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.clip(high - low, 0, None).prod(-1)


def unlike_front(camera: Camera) -> str:
    """How a camera differs from the front camera in direction, height and field of view, in words; "" if not."""
    axes, height_m = camera.camera_to_ego[:3, :3], float(camera.camera_to_ego[2, 3])
    own, front = (c.intrinsic[0, 0] / c.width for c in (camera, FRONT))
    left, down = np.degrees([np.arctan2(axes[1, 2], axes[0, 2]), -np.arcsin(np.clip(axes[2, 2], -1, 1))])
    differs = []
    if abs(left) > MOST_TURNED_DEG:
        differs.append(f"looks {abs(left):.0f} degrees to the {'left' if left > 0 else 'right'}")
    if abs(down) > MOST_TURNED_DEG:
        differs.append(f"looks {abs(down):.0f} degrees {'down' if down > 0 else 'up'}")
    if abs(height_m - FRONT.camera_to_ego[2, 3]) > MOST_RAISED_M:
        differs.append(f"is {height_m:.1f} m above the ground")
    if abs(own / front - 1) > MOST_ZOOMED:
        differs.append(f"sees {2 * np.degrees(np.arctan(0.5 / own)):.0f} degrees across")
    return f"{camera.name} {' and '.join(differs)}" if differs else ""


@dataclass(frozen=True)
class CheckedClip:
    """One clip's labels and detections, with the masks and matches that several checks use."""

    sight: ClipObservation
    labels: Labels
    rollout: Rollout
    camera: Camera

    def __post_init__(self) -> None:
        frames, labelled = len(self.sight.found), len(self.labels.in_view)
        if frames != labelled or frames != len(self.rollout.t_s):
            raise ValueError(f"{frames} frames, {labelled} labelled, {len(self.rollout.t_s)} in the rollout")

    @cached_property
    def unlike_front(self) -> str:
        """How the camera differs from the front camera, in words; "" if it does not."""
        return unlike_front(self.camera)

    @cached_property
    def kinds(self) -> Int[np.ndarray, "actor"]:
        return class_indices(self.rollout)

    @cached_property
    def detectable(self) -> Bool[np.ndarray, "actor"]:
        """Bodies of the detector's classes; others count neither as missed nor as ghosts."""
        return detectable(self.rollout)

    @cached_property
    def left_out(self) -> str:
        """Part of a verdict's reason: the visible bodies outside the detector's classes; "" without any."""
        there = np.flatnonzero(~self.detectable & (self.labels.visibility > 0).any(axis=0))
        named = ", ".join(f"{self.rollout.bodies[row].id} ({self.rollout.bodies[row].kind})" for row in there)
        return f"; ignored, since the detector has no class for: {named}" if named else ""

    @cached_property
    def height_px(self) -> Float[np.ndarray, "time actor"]:
        """Height of the visible part."""
        return self.labels.modal_box[..., 3] - self.labels.modal_box[..., 1]

    @cached_property
    def mostly_visible(self) -> Bool[np.ndarray, "time actor"]:
        """Objects at least 0.6 visible and at most 0.3 outside the picture, of any height."""
        plain = self.labels.in_view & (self.labels.visibility >= 0.6) & (self.labels.truncation <= 0.3)
        return plain & self.detectable

    @cached_property
    def eligible(self) -> Bool[np.ndarray, "time actor"]:
        """Objects in plain view, which must be detected: mostly visible, and at least `FLOOR_PX` high."""
        return self.mostly_visible & (self.height_px >= FLOOR_PX)

    @cached_property
    def hidden(self) -> Bool[np.ndarray, "time actor"]:
        """Objects in the picture that are almost entirely occluded."""
        return (_area(self.labels.amodal_box) > 0) & (self.labels.visibility < 0.1)

    @cached_property
    def strict(self) -> Int[np.ndarray, "time actor"]:
        """Index of the detection that matches the object by class, IoU 0.5 and score; -1 without one."""
        return np.stack([self._match(t, 0.5, SURE, np.arange(len(CLASSES))) for t in range(len(self.sight.found))])

    @cached_property
    def alike(self) -> Int[np.ndarray, "time actor"]:
        """The same for any similar class: a truck that is detected as a bus counts."""
        return np.stack([self._match(t, 0.5, SURE, ALIKE) for t in range(len(self.sight.found))])

    @cached_property
    def loose(self) -> Int[np.ndarray, "time actor"]:
        """The same for any class and score, IoU 0.3."""
        return np.stack([self._match(t, 0.3, 0.0, np.zeros(len(CLASSES), int)) for t in range(len(self.sight.found))])

    def _match(
        self, t: int, least_iou: float, least_score: float, sort: Int[np.ndarray, "class"]
    ) -> Int[np.ndarray, "actor"]:
        """One-to-one matching with the largest sum of IoU; only pairs above the thresholds whose classes have the same
        `sort`."""
        found, matched = self.sight.found[t], np.full(len(self.kinds), -1)
        iou = pairwise_iou(self.labels.modal_box[t], found.boxes)
        allowed = (iou >= least_iou) & ((self.labels.visibility[t] > 0) & self.detectable)[:, None]
        allowed &= found.scores >= least_score
        allowed &= sort[self.kinds][:, None] == sort[found.classes]
        worth = np.where(allowed, iou, 0.0)
        actors, places = linear_sum_assignment(worth, maximize=True)
        good = worth[actors, places] > 0
        matched[actors[good]] = places[good]
        return matched


@dataclass(frozen=True)
class CheckReading:
    """The value that a check measured on a clip, None if it could not, and a sentence about it."""

    value: float | None
    reason: str


def runs(mask: Bool[np.ndarray, "time"]) -> list[tuple[int, int]]:
    """Half-open intervals [start, end) where `mask` is True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
