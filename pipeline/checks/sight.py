"""Run the checker's networks on a clip's frames; the result is NumPy arrays."""

from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Int, UInt8

from models.checker.detections import Detections
from models.checker.detector import Detector
from models.checker.egomotion import EgoMotion
from models.pixels import signed
from models.precision import compute_context

Frames = UInt8[np.ndarray, "time height width 3"]
BATCH = 12
FAINT = 0.15  # lowest score of a detection


@dataclass(frozen=True)
class Checker:
    """The checker's networks, trained on source frames only, and the hash of their weights."""

    detector: Detector
    egomotion: EgoMotion
    fingerprint: str


@dataclass(frozen=True)
class FrameDetections:
    """One frame's detections, best first. Boxes x0, y0, x1, y1 in pixels; mean colours of the box's middle, 0..1."""

    boxes: Float[np.ndarray, "found 4"]
    classes: Int[np.ndarray, "found"]
    scores: Float[np.ndarray, "found"]
    looks: Float[np.ndarray, "found embedding"]
    colours: Float[np.ndarray, "found 3"]


@dataclass(frozen=True)
class ClipObservation:
    """A clip's detections; motion is speed (m/s) and yaw rate (rad/s) between consecutive frames."""

    found: tuple[FrameDetections, ...]
    motion: Float[np.ndarray, "pair 2"]


@torch.inference_mode()
def observe(frames: Frames, checker: Checker) -> ClipObservation:
    """Run both networks over a clip."""
    pictures = _pictures(frames)
    pairs = zip(pictures[:-1].split(BATCH), pictures[1:].split(BATCH), strict=True)
    with compute_context():
        motion = [checker.egomotion(before, after).float().numpy() for before, after in pairs]
    return ClipObservation(
        find_objects(frames, checker), np.concatenate(motion) if motion else np.zeros((0, 2), np.float32)
    )


@torch.inference_mode()
def find_objects(frames: Frames, checker: Checker) -> tuple[FrameDetections, ...]:
    """Run only the detector over a clip, which takes half the time of both networks."""
    with compute_context():  # the precision of training, and of the baseline
        found = [d for batch in _pictures(frames).split(BATCH) for d in checker.detector.detect(batch, FAINT)]
    return tuple(_frame_detections(d, frame) for d, frame in zip(found, frames, strict=True))


def _pictures(frames: Frames) -> Float[torch.Tensor, "time 3 height width"]:
    pictures = rearrange(signed(frames), "t h w c -> t c h w")
    return pictures.contiguous(memory_format=torch.channels_last)


def _frame_detections(found: Detections, frame: UInt8[np.ndarray, "height width 3"]) -> FrameDetections:
    boxes = found.boxes.numpy()
    return FrameDetections(
        boxes, found.classes.numpy(), found.scores.numpy(), found.embeddings.numpy(), middle_colours(frame, boxes)
    )


def middle_colours(
    frame: UInt8[np.ndarray, "height width 3"], boxes: Float[np.ndarray, "found 4"]
) -> Float[np.ndarray, "found 3"]:
    """Mean colour, 0..1, of the middle half of each box, at least one pixel."""
    height, width = frame.shape[:2]
    centre, reach = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 4
    low = np.clip(np.floor(centre - reach).astype(int), 0, [width - 1, height - 1])
    high = np.maximum(np.ceil(centre + reach).astype(int), low + 1)
    middles = [frame[y0:y1, x0:x1].mean((0, 1)) / 255 for (x0, y0), (x1, y1) in zip(low, high, strict=True)]
    return np.array(middles, np.float32).reshape(-1, 3)
