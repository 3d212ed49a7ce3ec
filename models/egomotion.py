"""Learned inverse dynamics: how the camera moved between two pictures taken one after the other."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from models.augment import disturb
from models.blocks import ChannelNorm, Residual, halve

SCALE = (10.0, 0.3)  # m/s and rad/s that count as one


@dataclass(frozen=True)
class EgoMotionConfig:
    """Widths at one quarter, one eighth and one sixteenth of the picture's size.

    tiny: widths (64, 64, 96), depth 1: 0.4 M parameters.
    """

    widths: tuple[int, int, int]
    depth: int


class EgoMotion(nn.Module):
    """Two pictures in [-1, 1], a twelfth of a second apart -> speed (m/s, backwards is negative), yaw rate (rad/s)."""

    def __init__(self, config: EgoMotionConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(96, fine, 3, padding=1), *[Residual(fine) for _ in range(config.depth)],
            halve(fine, middle), *[Residual(middle) for _ in range(config.depth)],
            halve(middle, coarse), *[Residual(coarse) for _ in range(config.depth)],
            ChannelNorm(coarse),
        )  # fmt: skip
        self.local = nn.Conv2d(coarse, 4, 1)  # each place votes for both numbers, with a weight of its own
        self.register_buffer("scale", torch.tensor(SCALE), persistent=False)

    def forward(
        self, before: Float[Tensor, "batch 3 height width"], after: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 2"]:
        # The difference beside the mean: motion is in the first, where it happens in the second.
        votes = self.local(self.body(torch.cat([(before + after) / 2, after - before], 1))).float().flatten(2)
        value, weight = votes[:, :2], votes[:, 2:].softmax(-1)
        return (value * weight).sum(-1) * self.scale

    def loss(
        self,
        before: Float[Tensor, "batch 3 height width"],
        after: Float[Tensor, "batch 3 height width"],
        motion: Float[Tensor, "batch 2"],
        generator: torch.Generator,
    ) -> dict[str, Tensor]:
        """Smooth L1 on scaled motion. Some pairs are mirrored, run backwards or frozen, and told so."""
        before, after, motion = _varied(before, after, motion, generator)
        state = generator.get_state()
        before = disturb(before, generator)
        generator.set_state(state)  # one exposure for both, or brightness would look like motion
        made = self(before, disturb(after, generator))
        each = F.smooth_l1_loss(made / self.scale, motion / self.scale, beta=0.1, reduction="none").mean(0)
        speed, yaw = (made - motion).detach().abs().mean(0)
        return {"total": each.sum(), "speed_error_mps": speed, "yaw_error_radps": yaw}


def _varied(
    before: Tensor, after: Tensor, motion: Float[Tensor, "batch 2"], generator: torch.Generator
) -> tuple[Tensor, Tensor, Float[Tensor, "batch 2"]]:
    draw = torch.rand(2, len(before), 1, generator=generator).to(motion)
    mirrored, backwards, frozen = draw[0] < 0.5, draw[1] < 0.2, draw[1] > 0.93
    sign = torch.where(mirrored, motion.new_tensor([1.0, -1.0]), motion.new_tensor([1.0, 1.0]))
    motion = torch.where(frozen, 0.0, torch.where(backwards, -1.0, 1.0) * sign * motion)
    wide = (..., None, None)
    before, after = (torch.where(mirrored[wide], x.flip(-1), x) for x in (before, after))
    first = torch.where(backwards[wide], after, before)
    return first, torch.where(frozen[wide], first, torch.where(backwards[wide], before, after)), motion
