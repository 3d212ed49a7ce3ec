"""Frame by frame: are the labelled objects there, where and as large as labelled, and nothing else?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from pipeline.checks.scene import CheckedClip, CheckReading, covered, pairwise_iou
from pipeline.checks.targets import CLASSES

HEIGHT_BINS_PX = (8.0, 16.0, 32.0, np.inf)
LEAST_ASKED = 6  # object-frames below which a share says nothing
LEAST_HOPED = 3.0  # finds expected of source frames, below which missing them says nothing
RELIABLE = 0.6  # recall on source frames from which a kind of object, seen for a second, has to be found
SECOND = 12  # frames
CONFIDENT = 0.5  # score of a finding that must be explained
GHOST_FRAMES = 3


@dataclass(frozen=True)
class DetectionCounts:
    """Objects asked for and found, by class and height bin (8-16, 16-32, 32+ px); tallies add up."""

    asked: Int[np.ndarray, "class bin"]
    found: Int[np.ndarray, "class bin"]

    def __add__(self, other: "DetectionCounts") -> "DetectionCounts":
        return DetectionCounts(self.asked + other.asked, self.found + other.found)


def tally(scene: CheckedClip) -> DetectionCounts:
    """Count plain objects of 8 px and more, and those found with the right class at IoU .5."""
    asked = np.zeros((len(CLASSES), len(HEIGHT_BINS_PX) - 1), int)
    found = np.zeros_like(asked)
    frames, actors = np.nonzero(scene.askable & (scene.height_px >= HEIGHT_BINS_PX[0]))
    bins = np.searchsorted(HEIGHT_BINS_PX, scene.height_px[frames, actors], side="right") - 1
    np.add.at(asked, (scene.kinds[actors], bins), 1)
    np.add.at(found, (scene.kinds[actors], bins), scene.strict[frames, actors] >= 0)
    return DetectionCounts(asked, found)


def label_recall(scene: CheckedClip, expected: Float[np.ndarray, "class bin"]) -> CheckReading:
    """Recall over the recall expected of source frames holding the same objects; 16 px and more."""
    counts = tally(scene)
    asked, found = counts.asked[:, 1:], counts.found[:, 1:]
    if asked.sum() < LEAST_ASKED:
        return CheckReading(None, f"only {asked.sum()} plain objects of 16 px or more in all frames together")
    hoped = (asked * expected[:, 1:]).sum()
    if hoped < LEAST_HOPED:
        return CheckReading(None, f"of these {asked.sum()} objects the checker would find {hoped:.1f} on source frames")
    missed = ", ".join(
        f"{CLASSES[c]} {found[c].sum()} of {asked[c].sum()}" for c in np.flatnonzero(found.sum(1) < asked.sum(1))
    )
    return CheckReading(
        float(found.sum() / hoped),
        f"{found.sum()} of {asked.sum()} labelled objects of 16 px or more were found, {hoped:.0f} expected"
        + (f" (missed among: {missed})" if missed else ""),
    )


def least_found_object(scene: CheckedClip, expected: Float[np.ndarray, "class bin"]) -> CheckReading:
    """The lowest recall, over source's, among single objects that the checker finds reliably on source frames."""
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
                f"{body.id} is found in {(scene.strict[frames, actor] >= 0).sum()} of {len(frames)} frames",
            )
    if not who:
        return CheckReading(None, "no object of a kind that the checker finds reliably is in plain view for a second")
    return CheckReading(lowest, f"{who}, the least of all objects in plain view")


def _offsets(scene: CheckedClip) -> Float[np.ndarray, "match 3"]:
    """Shift right and down of findings against labels (px), and log of their height ratio; unhidden objects."""
    plain = scene.eligible & (scene.labels.visibility >= 0.9) & (scene.labels.truncation <= 0.05)
    frames, actors = np.nonzero(plain & (scene.loose >= 0))
    label = scene.labels.modal_box[frames, actors]
    places = scene.loose[frames, actors]
    seen = np.array([scene.sight.found[t].boxes[i] for t, i in zip(frames, places, strict=True)]).reshape(-1, 4)
    shift = (seen[:, :2] + seen[:, 2:] - label[:, :2] - label[:, 2:]) / 2
    heights = np.maximum(seen[:, 3] - seen[:, 1], 1.0) / (label[:, 3] - label[:, 1])
    return np.column_stack([shift, np.log(heights)])


def placement(scene: CheckedClip) -> CheckReading:
    """How far findings lie from their labels, by the median over the clip: a camera that looks elsewhere."""
    offsets = _offsets(scene)
    if len(offsets) < LEAST_ASKED:
        return CheckReading(None, f"only {len(offsets)} unhidden objects were found to compare places with")
    right, down = np.median(offsets[:, :2], axis=0)
    return CheckReading(
        float(max(abs(right), abs(down))), f"findings lie {right:+.1f} px right and {down:+.1f} px down of labels"
    )


def size_against_distance(scene: CheckedClip) -> CheckReading:
    """Relative error of the distance that the seen heights imply (f H / h), by the median over the clip."""
    offsets = _offsets(scene)
    if len(offsets) < LEAST_ASKED:
        return CheckReading(None, f"only {len(offsets)} unhidden objects were found to compare sizes with")
    ratio = float(np.exp(-np.median(offsets[:, 2])))
    return CheckReading(abs(ratio - 1), f"heights seen imply {ratio:.2f} of the labelled distances")


def ghost_share(scene: CheckedClip) -> CheckReading:
    """Confident findings that no label explains, followed for 3 frames or more, per frame of the clip."""
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
        f"{len(lasting)} unlabelled things were seen for {GHOST_FRAMES} frames or more, {sum(lasting)} frames in all",
    )


def _explained(scene: CheckedClip, t: int) -> Bool[np.ndarray, "found"]:
    """Findings that overlap a label enough, or lie mostly within one of their class: half an object is no ghost.

    What is of no class of the detector's explains a finding of any.
    """
    found, labels = scene.sight.found[t], scene.labels
    shown = labels.visibility[t] > 0
    near = pairwise_iou(found.boxes, labels.amodal_box[t][shown]).max(1, initial=0) >= 0.3
    near |= pairwise_iou(found.boxes, labels.modal_box[t][shown]).max(1, initial=0) >= 0.3
    fits = (found.classes[:, None] == scene.kinds[shown]) | ~scene.taught[shown]
    part = covered(found.boxes, labels.modal_box[t][shown]) * fits
    return near | (part.max(1, initial=0) >= 0.7)
