"""Checks of single frames: labelled objects are detected at their position and size, and no others are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from pipeline.checks.scene import CheckedClip, CheckReading, covered, pairwise_iou
from pipeline.checks.targets import CLASSES

HEIGHT_BINS_PX = (8.0, 16.0, 32.0, np.inf)
LEAST_ASKED = 6  # object-frames; with fewer, recall is not measured
LEAST_HOPED = 3.0  # expected detections by the recall on source frames; with fewer, recall is not measured
RELIABLE = 0.6  # recall on source frames from which every single object in plain view for a second is checked
SECOND = 12  # frames
CONFIDENT = 0.5  # score from which a detection without a label counts as a ghost
GHOST_FRAMES = 3


@dataclass(frozen=True)
class DetectionCounts:
    """Labelled and detected objects by class and height bin (8-16, 16-32, 32+ px)."""

    asked: Int[np.ndarray, "class bin"]
    found: Int[np.ndarray, "class bin"]

    def __add__(self, other: "DetectionCounts") -> "DetectionCounts":
        return DetectionCounts(self.asked + other.asked, self.found + other.found)


def tally(scene: CheckedClip) -> DetectionCounts:
    """Count mostly visible objects of 8 px and more, and those detected with the right class at IoU 0.5."""
    asked = np.zeros((len(CLASSES), len(HEIGHT_BINS_PX) - 1), int)
    found = np.zeros_like(asked)
    frames, actors = np.nonzero(scene.mostly_visible & (scene.height_px >= HEIGHT_BINS_PX[0]))
    bins = np.searchsorted(HEIGHT_BINS_PX, scene.height_px[frames, actors], side="right") - 1
    np.add.at(asked, (scene.kinds[actors], bins), 1)
    np.add.at(found, (scene.kinds[actors], bins), scene.strict[frames, actors] >= 0)
    return DetectionCounts(asked, found)


def label_recall(scene: CheckedClip, expected: Float[np.ndarray, "class bin"]) -> CheckReading:
    """Recall of objects of 16 px and more, relative to the recall expected for such objects on source frames."""
    counts = tally(scene)
    asked, found = counts.asked[:, 1:], counts.found[:, 1:]
    if asked.sum() < LEAST_ASKED:
        return CheckReading(None, f"only {asked.sum()} objects in plain view of 16 px or more in all frames together")
    hoped = (asked * expected[:, 1:]).sum()
    if hoped < LEAST_HOPED:
        return CheckReading(
            None, f"on source frames the checker detects only {hoped:.1f} of {asked.sum()} such objects"
        )
    missed = ", ".join(
        f"{CLASSES[c]} {found[c].sum()} of {asked[c].sum()}" for c in np.flatnonzero(found.sum(1) < asked.sum(1))
    )
    return CheckReading(
        float(found.sum() / hoped),
        f"{found.sum()} of {asked.sum()} labelled objects of 16 px or more were detected, {hoped:.0f} expected"
        + (f" (missed among: {missed})" if missed else ""),
    )


def least_found_object(scene: CheckedClip, expected: Float[np.ndarray, "class bin"]) -> CheckReading:
    """The lowest recall of a single object, relative to source frames, of kinds that are detected reliably there."""
    lowest, who = np.inf, ""
    for actor, body in enumerate(scene.rollout.bodies):
        frames = np.flatnonzero(scene.eligible[:, actor])
        bins = np.searchsorted(HEIGHT_BINS_PX, scene.height_px[frames, actor], side="right") - 1
        hoped = expected[scene.kinds[actor], bins]
        if len(frames) < SECOND or hoped.mean() < RELIABLE:
            continue
        ratio = float((scene.strict[frames, actor] >= 0).sum() / hoped.sum())
        if ratio < lowest:
            lowest, who = (
                ratio,
                f"{body.id} is detected in {(scene.strict[frames, actor] >= 0).sum()} of {len(frames)} frames",
            )
    if not who:
        return CheckReading(None, "no object of a reliably detected kind is in plain view for a second")
    return CheckReading(lowest, f"{who}, the lowest share of all objects in plain view")


def _offsets(scene: CheckedClip) -> Float[np.ndarray, "match 3"]:
    """Shift of detections to the right and down of their labels, px, and log of their height ratio; only of objects
    that are almost entirely visible."""
    plain = scene.eligible & (scene.labels.visibility >= 0.9) & (scene.labels.truncation <= 0.05)
    frames, actors = np.nonzero(plain & (scene.loose >= 0))
    label = scene.labels.modal_box[frames, actors]
    places = scene.loose[frames, actors]
    seen = np.array([scene.sight.found[t].boxes[i] for t, i in zip(frames, places, strict=True)]).reshape(-1, 4)
    shift = (seen[:, :2] + seen[:, 2:] - label[:, :2] - label[:, 2:]) / 2
    heights = np.maximum(seen[:, 3] - seen[:, 1], 1.0) / (label[:, 3] - label[:, 1])
    return np.column_stack([shift, np.log(heights)])


def placement(scene: CheckedClip) -> CheckReading:
    """Median shift of detections from their labels, px; large if the camera's direction is wrong."""
    offsets = _offsets(scene)
    if len(offsets) < LEAST_ASKED:
        return CheckReading(None, f"only {len(offsets)} unhidden objects were detected, too few to compare positions")
    right, down = np.median(offsets[:, :2], axis=0)
    return CheckReading(
        float(max(abs(right), abs(down))),
        f"detections are {right:+.1f} px to the right and {down:+.1f} px below labels",
    )


def size_against_distance(scene: CheckedClip) -> CheckReading:
    """Relative error of the distance from the detected height (f H / h), by the median over the clip."""
    offsets = _offsets(scene)
    if len(offsets) < LEAST_ASKED:
        return CheckReading(None, f"only {len(offsets)} unhidden objects were detected, too few to compare sizes")
    ratio = float(np.exp(-np.median(offsets[:, 2])))
    return CheckReading(abs(ratio - 1), f"detected heights correspond to {ratio:.2f} times the labelled distances")


def ghost_share(scene: CheckedClip) -> CheckReading:
    """Number per frame of confident detections without a label that persist for 3 frames or more."""
    open_ends: list[tuple[Float[np.ndarray, "4"], int]] = []
    lengths: list[int] = []
    for t, found in enumerate(scene.sight.found):
        boxes = found.boxes[(found.scores >= CONFIDENT) & ~_explained(scene, t)]
        followed = []
        for box in boxes:
            overlaps = [float(pairwise_iou(box[None], end[None])[0, 0]) for end, _ in open_ends]
            best = int(np.argmax(overlaps)) if overlaps else -1
            goes_on = best >= 0 and overlaps[best] >= 0.3
            followed.append((box, open_ends.pop(best)[1] + 1 if goes_on else 1))
        lengths += [length for _, length in open_ends]
        open_ends = followed
    lasting = [n for n in lengths + [n for _, n in open_ends] if n >= GHOST_FRAMES]
    return CheckReading(
        sum(lasting) / len(scene.sight.found),
        f"{len(lasting)} unlabelled objects were detected for {GHOST_FRAMES} frames or more, "
        f"{sum(lasting)} frames in total",
    )


def _explained(scene: CheckedClip, t: int) -> Bool[np.ndarray, "found"]:
    """Detections that overlap a label enough, or lie mostly within a label of their class: part of an object.

    A label of a kind outside the detector's classes explains a detection of any class.
    """
    found, labels = scene.sight.found[t], scene.labels
    shown = labels.visibility[t] > 0
    near = pairwise_iou(found.boxes, labels.amodal_box[t][shown]).max(1, initial=0) >= 0.3
    near |= pairwise_iou(found.boxes, labels.modal_box[t][shown]).max(1, initial=0) >= 0.3
    fits = (found.classes[:, None] == scene.kinds[shown]) | ~scene.detectable[shown]
    part = covered(found.boxes, labels.modal_box[t][shown]) * fits
    return near | (part.max(1, initial=0) >= 0.7)
