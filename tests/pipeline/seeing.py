"""Situations with occlusions, and the detections of a perfect checker, into which faults can be inserted."""

from dataclasses import replace
from functools import cache

import numpy as np

from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FRONT
from conditioning.sensors.visibility import Labels, label_visibility
from pipeline.checks.baseline import Baseline, calibrate
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import ClipObservation, FrameDetections
from pipeline.checks.targets import class_indices, ego_motion
from scenarios.model.bodies import Kind
from scenarios.rollout import Rollout
from tests.conditioning.situations import moving, situation, still

CAMERA: Camera = FRONT.resized(144, 256)
FRAMES = 72


def behind_a_truck() -> Rollout:
    """A pedestrian walks behind a parked truck and reappears; a car stands on the left; the ego drives slowly."""
    return situation(
        still(17.0, -0.5, Kind.TRUCK, name="truck"),
        moving(22.5, 4.5, Kind.PEDESTRIAN, 2.1, yaw=-np.pi / 2, name="walker"),
        still(19.0, 7.5, Kind.CAR, name="car"),
        moving(24.0, 5.5, Kind.PEDESTRIAN, 0.2, yaw=np.pi / 2, name="bystander"),
        frames=FRAMES,
        ego_speed=0.5,
    )


def open_road() -> Rollout:
    """Three cars ahead at 10 m/s, two of them side by side, without occlusion."""
    return situation(
        moving(16.0, 0.0, Kind.CAR, 10.3, name="lead"),
        moving(18.0, 4.5, Kind.CAR, 10.0, name="left"),
        moving(24.0, -5.0, Kind.BUS, 10.0, name="bus"),
        frames=FRAMES,
        ego_speed=10.0,
    )


def labels_of(rollout: Rollout, camera: Camera = CAMERA) -> Labels:
    return label_visibility(rollout, NO_SCENERY, camera)


def perfect_sight(rollout: Rollout, labels: Labels) -> ClipObservation:
    """A detection of every visible object, exactly as labelled, each with its own embedding and colour."""
    kinds, count = class_indices(rollout), len(rollout.bodies)
    found = []
    for t in range(len(rollout.t_s)):
        seen = np.flatnonzero(
            (labels.visibility[t] >= 0.3) & (labels.modal_box[t, :, 3] - labels.modal_box[t, :, 1] >= 6)
        )
        boxes, scores = labels.modal_box[t, seen], np.full(len(seen), 0.9)
        colours = np.eye(3)[seen % 3] * (0.5 + 0.5 * seen[:, None] / count)
        found.append(FrameDetections(boxes, kinds[seen], scores, np.eye(count)[seen], colours))
    return ClipObservation(tuple(found), ego_motion(rollout))


def scene_of(rollout: Rollout, sight: ClipObservation | None = None, labels: Labels | None = None) -> CheckedClip:
    labels = labels_of(rollout) if labels is None else labels
    return CheckedClip(perfect_sight(rollout, labels) if sight is None else sight, labels, rollout, CAMERA)


@cache
def strict_baseline() -> Baseline:
    """The baseline of a perfect checker: every limit at its aim."""
    measured = calibrate([scene_of(behind_a_truck()), scene_of(open_road())], "perfect", "by hand")
    return replace(measured, least_likeness=0.6, most_repainted=0.3)


def drop(found: FrameDetections, keep: np.ndarray) -> FrameDetections:
    return FrameDetections(
        found.boxes[keep], found.classes[keep], found.scores[keep], found.looks[keep], found.colours[keep]
    )


def edited(sight: ClipObservation, frames: range, edit) -> ClipObservation:
    """The same detections with `edit(found)` in some frames."""
    return replace(sight, found=tuple(edit(f) if t in frames else f for t, f in enumerate(sight.found)))
