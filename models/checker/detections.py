"""What a detector found in one picture, and the thinning of double answers."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Detections:
    """One picture's findings, best first. Boxes x0, y0, x1, y1 in pixels; embeddings have length one."""

    boxes: Float[Tensor, "found 4"]
    classes: Int[Tensor, "found"]
    scores: Float[Tensor, "found"]
    embeddings: Float[Tensor, "found embedding"]

    def __len__(self) -> int:
        return len(self.scores)

    def only(self, keep: Bool[Tensor, "found"] | Int[Tensor, "kept"]) -> "Detections":
        """Some of them, by mask or by place."""
        return Detections(self.boxes[keep], self.classes[keep], self.scores[keep], self.embeddings[keep])


def overlap(a: Float[Tensor, "*n 4"], b: Float[Tensor, "*n 4"]) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """Intersection and union areas of boxes, broadcasting."""
    size = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    both = size.prod(-1)
    area_a, area_b = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1), (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    return both, area_a + area_b - both


def iou(a: Float[Tensor, "m 4"], b: Float[Tensor, "n 4"]) -> Float[Tensor, "m n"]:
    """Intersection over union of every pair."""
    both, either = overlap(a[:, None].expand(-1, len(b), 4), b[None].expand(len(a), -1, 4))
    return both / either.clamp(min=1e-6)


def suppress(found: Detections, limit: float = 0.6) -> Detections:
    """Greedy non-maximum suppression over all classes: one thing is not both a car and a truck."""
    overlaps = iou(found.boxes, found.boxes)
    kept: list[int] = []
    for i in range(len(found)):
        if all(overlaps[i, j] <= limit for j in kept):
            kept.append(i)
    return found.only(torch.tensor(kept, dtype=torch.long, device=found.boxes.device))
