"""The detections in one picture, and non-maximum suppression."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Detections:
    """Detections of one picture, best score first. Boxes x0, y0, x1, y1 in pixels; embeddings have length one."""

    boxes: Float[Tensor, "detection 4"]
    classes: Int[Tensor, "detection"]
    scores: Float[Tensor, "detection"]
    embeddings: Float[Tensor, "detection embedding"]

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, keep: Bool[Tensor, "detection"] | Int[Tensor, "kept"]) -> "Detections":
        """Some of the detections, by mask or by index."""
        return Detections(self.boxes[keep], self.classes[keep], self.scores[keep], self.embeddings[keep])


def intersection_and_union(
    a: Float[Tensor, "*n 4"], b: Float[Tensor, "*n 4"]
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """Areas of the intersection and of the union of boxes, with broadcasting."""
    size = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    intersection = size.prod(-1)
    area_a, area_b = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1), (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    return intersection, area_a + area_b - intersection


def iou(a: Float[Tensor, "m 4"], b: Float[Tensor, "n 4"]) -> Float[Tensor, "m n"]:
    """Intersection over union of all pairs."""
    intersection, union = intersection_and_union(a[:, None].expand(-1, len(b), 4), b[None].expand(len(a), -1, 4))
    return intersection / union.clamp(min=1e-6)


def non_maximum_suppression(detections: Detections, limit: float = 0.6) -> Detections:
    """Greedy non-maximum suppression over all classes: one object is not both a car and a truck."""
    overlaps = iou(detections.boxes, detections.boxes)
    kept: list[int] = []
    for i in range(len(detections)):
        if all(overlaps[i, j] <= limit for j in kept):
            kept.append(i)
    return detections.select(torch.tensor(kept, dtype=torch.long, device=detections.boxes.device))
