"""Learned inverse dynamics: the camera's motion between two consecutive pictures."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from models.blocks import ChannelNorm, Residual, downsample
from models.checker.augment import augment_appearance
from models.checker.flow import CELL, flow_maps

SCALE = (10.0, 0.3)  # m/s and rad/s that are scaled to one
SIZES = (1, 2, 4, 8)  # pixels averaged before flow is measured: each size measures motions of about its own size
FLICKER = 0.03  # exposure difference between consecutive generated frames


@dataclass(frozen=True)
class EgoMotionConfig:
    """Widths at 1/4, 1/8 and 1/16 of the picture's size.

    tiny: widths (64, 64, 96), depth 1: 0.4 M parameters.
    """

    widths: tuple[int, int, int]
    depth: int


class EgoMotion(nn.Module):
    """Two pictures in [-1, 1], 1/12 s apart -> speed (m/s, negative backwards) and yaw rate (rad/s).

    Swapping the pictures negates the output by construction, so identical pictures give zero.
    """

    scale: Float[Tensor, "2"]

    def __init__(self, config: EgoMotionConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        seen = 2 * 3 * CELL**2 + 3 * len(SIZES) + 2
        self.body = nn.Sequential(
            nn.Conv2d(seen, fine, 3, padding=1), *[Residual(fine) for _ in range(config.depth)],
            downsample(fine, middle), *[Residual(middle) for _ in range(config.depth)],
            downsample(middle, coarse), *[Residual(coarse) for _ in range(config.depth)],
            ChannelNorm(coarse),
        )  # fmt: skip
        self.votes = nn.Conv2d(coarse, 4, 1)  # each cell gives both numbers, each with a weight
        self.register_buffer("scale", torch.tensor(SCALE), persistent=False)

    def forward(
        self, before: Float[Tensor, "batch 3 height width"], after: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 2"]:
        flow = flow_maps(before, after, SIZES)
        return (self._read(before, after, flow, 1.0) - self._read(after, before, flow, -1.0)) * self.scale

    def _read(self, first: Tensor, second: Tensor, flow: Tensor, sign: float) -> Float[Tensor, "batch 2"]:
        """The output for one order of the pictures, before antisymmetrisation."""
        vectors, trust = flow[:, : 2 * len(SIZES)] * sign, flow[:, 2 * len(SIZES) :]
        rows, columns = flow.shape[-2:]
        down = torch.linspace(-1, 1, rows, device=flow.device)[:, None].expand(rows, columns)
        across = torch.linspace(-1, 1, columns, device=flow.device).expand(rows, columns)
        place = torch.stack([down, across]).expand(len(flow), 2, rows, columns)
        patches = F.pixel_unshuffle(torch.cat([(first + second) / 2, second - first], 1), CELL)
        votes = self.votes(self.body(torch.cat([patches, vectors, trust, place], 1))).float().flatten(2)
        return (votes[:, :2] * votes[:, 2:].softmax(-1)).sum(-1)

    def loss(
        self,
        before: Float[Tensor, "batch 3 height width"],
        after: Float[Tensor, "batch 3 height width"],
        motion: Float[Tensor, "batch 2"],
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Smooth L1 on scaled motion; half of the pairs are mirrored, all are augmented."""
        draw = torch.rand(2, len(before), 1, 1, 1, generator=generator).to(before)
        mirrored = draw[0] < 0.5
        before, after = (torch.where(mirrored, x.flip(-1), x) for x in (before, after))
        turn = torch.where(mirrored[:, 0, 0], motion.new_tensor([1.0, -1.0]), motion.new_tensor([1.0, 1.0]))
        motion = motion * turn
        # Stacked vertically: both pictures get the same exposure and sharpness, but different noise.
        before, after = augment_appearance(torch.cat([before, after], -2), generator).chunk(2, -2)
        after = after * (1 + FLICKER * (2 * draw[1] - 1))
        predicted = self(before, after)
        each = F.smooth_l1_loss(predicted / self.scale, motion / self.scale, beta=0.1, reduction="none").mean(0)
        speed, yaw = (predicted - motion).detach().abs().mean(0)
        return {"total": each.sum(), "speed_error_mps": speed, "yaw_error_radps": yaw}
