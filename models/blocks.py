"""Convolutional blocks shared by the tokenizer, the decoder and the checker."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel.

    Used instead of group norm: on a CPU in bf16 with channels last it is up to twice as fast, and torch 2.13's group
    norm crashed there.
    """

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Residual(nn.Module):
    """x + conv(silu(conv(norm(x)) + shift)); starts near the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = ChannelNorm(width)
        self.expand = nn.Conv2d(width, width, 3, padding=1)
        self.contract = nn.Conv2d(width, width, 3, padding=1)
        nn.init.normal_(self.contract.weight, std=0.1 / width)
        nn.init.zeros_(self.contract.get_parameter("bias"))

    def forward(
        self, x: Float[Tensor, "batch channel height width"], shift: Float[Tensor, "batch channel 1 1"] | None = None
    ) -> Float[Tensor, "batch channel height width"]:
        hidden = self.expand(self.norm(x))
        return x + self.contract(F.silu(hidden if shift is None else hidden + shift))


def downsample(width_in: int, width_out: int) -> nn.Conv2d:
    """Halve height and width."""
    return nn.Conv2d(width_in, width_out, 2, stride=2)


def upsample(width_in: int, width_out: int) -> nn.Sequential:
    """Double height and width: each position becomes 2 x 2 positions (pixel shuffle)."""
    return nn.Sequential(nn.Conv2d(width_in, width_out * 4, 1), nn.PixelShuffle(2))
