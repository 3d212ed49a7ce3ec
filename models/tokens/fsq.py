"""Finite scalar quantisation (Mentzer et al., arXiv 2309.15505): the codebook is a fixed grid and cannot collapse."""

from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class FSQ(nn.Module):
    """Round each of D bounded numbers to one of `levels[d]` values; a code is the index of the grid cell."""

    level: Float[Tensor, "digit"]
    basis: Int[Tensor, "digit"]

    def __init__(self, levels: tuple[int, ...]):
        super().__init__()
        self.levels = levels
        self.codebook_size = prod(levels)
        bases = [prod(levels[:d]) for d in range(len(levels))]
        self.register_buffer("level", torch.tensor(levels, dtype=torch.float32), persistent=False)
        self.register_buffer("basis", torch.tensor(bases), persistent=False)

    def bound(self, z: Float[Tensor, "*batch digit"]) -> Float[Tensor, "*batch digit"]:
        """Limit to the range whose roundings are exactly the levels (even counts are shifted by half)."""
        half = (self.level - 1) * (1 - 1e-3) / 2
        offset = torch.where(self.level % 2 == 0, 0.5, 0.0)
        shift = torch.atanh(offset / half)
        return torch.tanh(z + shift) * half - offset

    def forward(self, z: Float[Tensor, "*batch digit"]) -> Float[Tensor, "*batch digit"]:
        """Quantised values in [-1, 1], with straight-through gradients."""
        bounded = self.bound(z.float())
        rounded = bounded + (bounded.round() - bounded).detach()
        return rounded / (self.level // 2)

    def digits(self, values: Float[Tensor, "*batch digit"]) -> Int[Tensor, "*batch digit"]:
        """Grid coordinates, 0 .. levels - 1, of quantised values."""
        return (values * (self.level // 2) + self.level // 2).round().long()

    def values(self, digits: Int[Tensor, "*batch digit"]) -> Float[Tensor, "*batch digit"]:
        """Quantised values in [-1, 1] of grid coordinates; inverse of `digits`."""
        return (digits - self.level // 2) / (self.level // 2)

    def codes(self, digits: Int[Tensor, "*batch digit"]) -> Int[Tensor, "*batch"]:
        """One number per token, 0 .. codebook_size - 1."""
        return (digits * self.basis).sum(-1)

    def uncode(self, codes: Int[Tensor, "*batch"]) -> Int[Tensor, "*batch digit"]:
        """Grid coordinates of codes; inverse of `codes`."""
        return (codes[..., None] // self.basis) % self.level.long()
