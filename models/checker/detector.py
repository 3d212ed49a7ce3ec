"""The checker's detector: boxes, classes and a re-identification embedding for each cell of 4 x 4 pixels.

A centre-point detector (Zhou et al., arXiv 1904.07850) with TTFNet's box regression (arXiv 1909.00700), which
learns from all cells near a centre and so needs far fewer steps. It is trained on source pictures only.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.blocks import ChannelNorm, Residual, downsample, upsample
from models.checker.augment import augment_appearance, crop_on_objects, flip_horizontally, recolour_objects
from models.checker.detections import Detections, non_maximum_suppression
from models.checker.detector_losses import box_loss, centre_targets, class_loss, heat_loss, identity_loss

STRIDE = 4  # pixels per output cell
UNIT_PX = 8.0  # edge distance in pixels = exp(output) * UNIT_PX


@dataclass(frozen=True)
class DetectorConfig:
    """Widths and residual depths at 1/4, 1/8 and 1/16 of the picture's size.

    tiny: widths (64, 128, 192), depths (2, 2, 3), classes 6, embedding 32: 3.5 M parameters.
    """

    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    classes: int
    embedding: int


@dataclass(frozen=True)
class DetectorOutput:
    """Raw output maps: heat map logits, edge distances in pixels, embeddings of length one."""

    heat: Float[Tensor, "batch class row column"]
    edges_px: Float[Tensor, "batch 4 row column"]
    embedding: Float[Tensor, "batch embedding row column"]


class Detector(nn.Module):
    """Pictures in [-1, 1] -> positions, boxes, classes and embeddings of objects."""

    def __init__(self, config: DetectorConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        many, some, few = config.depths
        # Patches before convolutions: convolutions at full resolution are slow on a CPU.
        self.fine = nn.Sequential(
            nn.PixelUnshuffle(STRIDE),
            nn.Conv2d(3 * STRIDE**2, fine, 3, padding=1),
            *[Residual(fine) for _ in range(many)],
        )
        self.middle = nn.Sequential(downsample(fine, middle), *[Residual(middle) for _ in range(some)])
        self.coarse = nn.Sequential(downsample(middle, coarse), *[Residual(coarse) for _ in range(few)])
        self.to_middle = upsample(coarse, middle)
        self.merge_middle = Residual(middle)
        self.to_fine = upsample(middle, fine)
        self.merge_fine = nn.Sequential(*[Residual(fine) for _ in range(many)])
        self.head = nn.Sequential(ChannelNorm(fine), nn.Conv2d(fine, 2 * fine, 3, padding=1), nn.SiLU())
        self.heat = nn.Conv2d(2 * fine, config.classes, 1)
        self.edges = nn.Conv2d(2 * fine, 4, 1)
        self.embedding = nn.Conv2d(2 * fine, config.embedding, 1)
        nn.init.constant_(
            self.heat.get_parameter("bias"), -4.6
        )  # objects are rare: the initial probability is 1 in 100

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> DetectorOutput:
        fine = self.fine(pictures)
        middle = self.middle(fine)
        middle = self.merge_middle(middle + self.to_middle(self.coarse(middle)))
        features = self.head(self.merge_fine(fine + self.to_fine(middle)))
        edges = self.edges(features).float().clamp(-4.0, 4.0).exp() * UNIT_PX
        return DetectorOutput(self.heat(features).float(), edges, F.normalize(self.embedding(features).float(), dim=1))

    def loss(
        self,
        pictures: Float[Tensor, "batch 3 height width"],
        boxes: Float[Tensor, "batch n 4"],
        classes: Int[Tensor, "batch n"],
        instances: Int[Tensor, "batch n"],
        weight: Float[Tensor, "batch n"],
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Training losses of one batch, on augmented pictures so that the detector tolerates blur and noise.

        boxes are modal, x0 y0 x1 y1 in pixels; classes -1 is padding; weight is 1 for an object that must be detected
        and 0 for one that may be missed (hidden or small); instances have one number per object over all pictures of
        the batch, -1 for padding. Identity is only learned from two or more pictures of a clip.
        """
        pictures, boxes, classes, weight = crop_on_objects(pictures, boxes, classes, weight, generator)
        instances = torch.where(classes >= 0, instances, -1)
        pictures, instances = recolour_objects(pictures, boxes, instances, generator)
        pictures, boxes = flip_horizontally(pictures, boxes, generator)
        output = self(augment_appearance(pictures, generator))
        targets = centre_targets(boxes, classes, weight, self.config.classes, STRIDE, output.heat.shape[-2:])
        heat = heat_loss(output.heat, targets)
        box = box_loss(output.edges_px, boxes, targets, STRIDE)
        identity = identity_loss(output.embedding, targets, instances, generator)
        kind = class_loss(output.heat, classes, targets)
        total = heat + kind + 2.0 * box + 0.4 * identity
        terms = {"heat": heat, "class": kind, "box": box, "identity": identity}
        return {"total": total, **{name: term.detach() for name, term in terms.items()}}

    @torch.no_grad()
    def detect(
        self, pictures: Float[Tensor, "batch 3 height width"], floor: float = 0.1, most: int = 64
    ) -> list[Detections]:
        """Detect the objects of each picture, best score first; scores below `floor` are not returned."""
        output = self(pictures)
        heat = output.heat.sigmoid()
        peaks = torch.where(F.max_pool2d(heat, 3, 1, 1) == heat, heat, 0.0)
        return [
            non_maximum_suppression(_read(peaks[i], output.edges_px[i], output.embedding[i], floor, most))
            for i in range(len(heat))
        ]


def _read(
    peaks: Float[Tensor, "class row column"],
    edges_px: Float[Tensor, "4 row column"],
    embedding: Float[Tensor, "embedding row column"],
    floor: float,
    most: int,
) -> Detections:
    """The highest peaks of one picture as boxes."""
    rows, columns = peaks.shape[-2:]
    scores, places = peaks.flatten().topk(most)
    scores, places = scores[scores >= floor], places[scores >= floor]
    classes, cell = places // (rows * columns), places % (rows * columns)
    x, y = (cell % columns + 0.5) * STRIDE, (cell // columns + 0.5) * STRIDE
    left, top, right, bottom = edges_px.flatten(1)[:, cell]
    boxes = torch.stack([x - left, y - top, x + right, y + bottom], -1)
    limits = torch.tensor([columns, rows, columns, rows], device=boxes.device) * float(STRIDE)
    return Detections(boxes.clamp(min=0).minimum(limits), classes, scores, embedding.flatten(1)[:, cell].T)
