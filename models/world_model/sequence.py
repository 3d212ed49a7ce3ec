"""The conditions of a step of the world model's sequence, known before its image tokens: action, words, layout, time.

GAIA-1 (arXiv 2309.17080) orders a step text, image tokens, action; the last action of a step leads to the next one.
Here the action comes first in the step that it leads to: action, text, image tokens. The layout has no slots of its
own: each slot has the layout of its own cell and of the cell whose token it predicts.
"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn

PREFIX = 2  # slots before the image tokens: action, text
CONDITIONS = ("text", "layout", "action")  # conditions that can be dropped, in the order of the `dropped` axis
_PERIODS = 6  # sine-cosine pairs for each of speed and curvature


class StepEncoder(nn.Module):
    """Sum all conditions into one vector per slot and step."""

    def __init__(self, width: int, grid: tuple[int, int], channels: int, vocabulary: int, words: int):
        super().__init__()
        cells = grid[0] * grid[1]
        self.words = WordEncoder(width, vocabulary, words)
        self.actions = nn.Sequential(nn.Linear(4 * _PERIODS + 2, width), nn.GELU(), nn.Linear(width, width))
        self.layout = LayoutEncoder(width, grid, channels)
        self.here = nn.Linear(width, width, bias=False)
        self.next = nn.Linear(width, width, bias=False)
        self.next.load_state_dict(self.here.state_dict())  # at first a query for a cell resembles that cell's key
        self.slot = nn.Parameter(torch.randn(PREFIX + cells, width) * 0.3)
        self.no_text = nn.Parameter(torch.randn(width) * 0.3)
        self.no_action = nn.Parameter(torch.randn(width) * 0.3)
        self.no_layout = nn.Parameter(torch.randn(width) * 0.3)
        self.noise = nn.Parameter(torch.randn(width) * 0.3)

    def forward(
        self,
        layers: UInt8[Tensor, "batch time layer height width"],
        actions: Float[Tensor, "batch time 2"],
        words: Int[Tensor, "batch word"],
        noise: Float[Tensor, "batch time"],
        dropped: Bool[Tensor, "batch 3"],
    ) -> Float[Tensor, "batch time slot channel"]:
        """`noise`: the share of replaced tokens per step. `dropped`: conditions left out, by `CONDITIONS`."""
        no_text, no_layout, no_action = (dropped[:, i, None] for i in range(3))
        steps = layers.shape[1]
        text = torch.where(no_text, self.no_text, self.words(words))[:, None].expand(-1, steps, -1)
        action = torch.where(
            no_action[..., None], self.no_action, self.actions(action_features(actions).to(self.slot.dtype))
        )
        layout = torch.where(no_layout[..., None, None], self.no_layout, self.layout(layers))
        here = F.pad(self.here(layout), (0, 0, PREFIX, 0))
        coming = F.pad(self.next(layout), (0, 0, PREFIX - 1, 1))
        prefix = F.pad(torch.stack([action, text], 2), (0, 0, 0, layout.shape[2]))
        return self.slot + (noise[..., None] * self.noise)[:, :, None] + here + coming + prefix


class WordEncoder(nn.Module):
    """A caption of a closed vocabulary as one vector: the mean over its words, each with its position."""

    def __init__(self, width: int, vocabulary: int, words: int):
        super().__init__()
        self.word = nn.Embedding(vocabulary, width)
        self.place = nn.Parameter(torch.randn(words, width) * 0.3)
        self.inner = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, words: Int[Tensor, "batch word"]) -> Float[Tensor, "batch width"]:
        """0 is padding."""
        present = (words > 0)[..., None]
        hidden = F.gelu(self.inner(self.word(words) + self.place)) * present
        return self.outer(hidden.sum(1) / present.sum(1).clamp(min=1))


class LayoutEncoder(nn.Module):
    """One vector per cell from its layers: patches of 4 x 4 pixels, then the cell, then its neighbours."""

    FINE = 64

    def __init__(self, width: int, grid: tuple[int, int], channels: int):
        super().__init__()
        self.grid = grid
        self.patch = nn.Linear(channels * 16, self.FINE)
        self.cell = nn.Linear(self.FINE * 16, width)
        self.around = nn.Conv2d(width, width, 3, padding=1)

    def forward(
        self, layers: UInt8[Tensor, "batch time layer height width"]
    ) -> Float[Tensor, "batch time cell channel"]:
        rows, columns = self.grid
        patches = rearrange(
            layers,
            "batch time layer (row y i) (column x j) -> (batch time row column) y x (layer i j)",
            row=rows, column=columns, i=4, j=4,
        )  # fmt: skip
        # The scaling to [-1, 1] is applied to the weights, which are much smaller than the patches.
        weight, bias = self.patch.weight / 127.5, self.patch.bias - self.patch.weight.sum(1)
        fine = F.gelu(F.linear(patches.to(_compute_dtype(weight)), weight, bias))
        cells = self.cell(fine.flatten(1))
        picture = rearrange(
            cells, "(picture row column) channel -> picture channel row column", row=rows, column=columns
        )
        mixed = rearrange(self.around(F.gelu(picture)), "picture channel row column -> (picture row column) channel")
        return rearrange(cells + mixed, "(batch time cell) channel -> batch time cell channel",
                         batch=len(layers), time=layers.shape[1])  # fmt: skip


def action_features(actions: Float[Tensor, "batch time 2"]) -> Float[Tensor, "batch time feature"]:
    """Symlog of speed (m/s) and of curvature (1/100 m, so that bends have an effect), with sines and cosines."""
    scaled = actions * actions.new_tensor([1.0, 100.0])
    symlog = scaled.sign() * scaled.abs().log1p()
    angles = symlog[..., None] * (2.0 ** torch.arange(_PERIODS, device=actions.device))
    return torch.cat([symlog, angles.sin().flatten(-2), angles.cos().flatten(-2)], -1)


class Rotation(nn.Module):
    """Rotary positions from time in seconds, row and column; a query has the position of the cell that it predicts.

    Only time differences matter, so cached keys stay valid for any choice of context frames.
    """

    rates: Float[Tensor, "rate"]
    places: Float[Tensor, "slot 2 rate"]

    def __init__(self, grid: tuple[int, int], channels: int):
        super().__init__()
        rows, columns = grid
        pairs = channels // 2
        across = pairs // 3
        self.register_buffer("rates", _rates(pairs - 2 * across, 0.5, 40.0), persistent=False)
        cells = torch.arange(-PREFIX, rows * columns + 1)
        place = torch.stack([cells.div(columns, rounding_mode="floor"), cells % columns], -1)
        angles = (place[..., None] * _rates(across, 3.0, 80.0)).flatten(-2)
        slots = PREFIX + rows * columns
        # The slot before a cell holds the query for it: keys are one cell behind queries.
        self.register_buffer("places", torch.stack([angles[1 : slots + 1], angles[:slots]], 1), persistent=False)

    def forward(self, t_s: Float[Tensor, "batch time"]) -> Float[Tensor, "batch time slot 2 2 pair"]:
        """Cosine and sine (fifth axis) of the angles of queries and keys (fourth axis)."""
        slots = len(self.places)
        time = repeat(t_s[..., None] * self.rates, "batch time rate -> batch time slot 2 rate", slot=slots)
        place = self.places.expand(*t_s.shape, -1, -1, -1)
        angles = torch.cat([time, place], -1)
        return torch.stack([angles.cos(), angles.sin()], -2)


def rotate(
    x: Float[Tensor, "batch token 2 head channel"], turn: Float[Tensor, "batch token 2 2 pair"]
) -> Float[Tensor, "batch token 2 head channel"]:
    """Rotate queries and keys by the angles of their positions."""
    cosine, sine = turn.to(x.dtype)[..., None, :].unbind(-3)
    first, second = x.chunk(2, -1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)


def _rates(count: int, shortest: float, longest: float) -> Float[Tensor, "rate"]:
    """Angular rates of geometrically spaced periods."""
    return 2 * math.pi / torch.logspace(math.log10(shortest), math.log10(longest), count)


def _compute_dtype(weight: Tensor) -> torch.dtype:
    device = weight.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
