"""Adversarial training of the decoder: a critic that separates drawn frames from real ones, and the decoder's loss.

A decoder trained on the mean error alone draws the mean of all possible pictures, which is blurred. The critic adds
a penalty on pictures that do not look real (Goodfellow et al., arXiv 1406.2661; hinge loss as Lim and Ye, arXiv
1705.02894; feature matching as Wang et al., arXiv 1711.11585). Both gradients are scaled to the norm of the
reconstruction's gradient (as Esser et al., arXiv 2012.09841), so that no term dominates.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.blocks import ChannelNorm
from models.tokens.tokenizer import picture_losses

EDGES = 1.0  # weight of differences between neighbours: half of that without a critic, which also sees edges
GRID = 8.0  # weight of the pattern of 4 x 4 pixels
PATCH = 4  # side in pixels of the decoder's smallest cell
ADVERSARY, FEATURES = 1.0, 1.0  # norm of each gradient over that of the reconstruction
WARM_UP = 150  # critic steps until its gradient has full weight


@dataclass(frozen=True)
class CriticConfig:
    """Widths at 1/2, 1/4 and 1/8 of the picture's size."""

    layers: tuple[str, ...]  # names of the input layers, in their order
    widths: tuple[int, int, int]


@dataclass(frozen=True)
class CriticOutput:
    """Scores of overlapping patches, positive for real ones, and the features behind them, by scale."""

    scores: tuple[Float[Tensor, "frames 1 _ _"], ...]
    features: tuple[Float[Tensor, "frames _ _ _"], ...]


class Critic(nn.Module):
    """Scores frames at three scales from the picture and its high frequencies. The layers enter with a small weight, so
    that the critic knows the content but depends mainly on the picture."""

    SIDE = 0.3
    CONTRAST = 4.0  # gain of the high frequencies, which are small
    age: Int[Tensor, ""]

    def __init__(self, config: CriticConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        self.fine = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(24, fine, 3, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(fine, fine, 3, padding=1), ChannelNorm(fine), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.layers = nn.Conv2d(len(config.layers), fine, 1)
        self.middle, self.coarse = _halved(fine, middle), _halved(middle, coarse)
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 3, padding=1) for width in config.widths)
        self.register_buffer("age", torch.zeros((), dtype=torch.int64))  # training steps so far

    def forward(
        self, pictures: Float[Tensor, "frames 3 height width"], layers: Float[Tensor, "frames layer height width"]
    ) -> CriticOutput:
        detail = self.CONTRAST * (pictures - F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False))
        inputs = torch.cat([pictures, detail], 1).contiguous(memory_format=torch.channels_last)
        fine = self.fine(inputs) + self.SIDE * self.layers(F.avg_pool2d(layers, 2))
        middle = self.middle(fine)
        features = (fine, middle, self.coarse(middle))
        scores = tuple(head(x).float() for head, x in zip(self.heads, features, strict=True))
        return CriticOutput(scores, tuple(x.float() for x in features))

    def loss(self, drawn: Tensor, real: Tensor, layers: Tensor) -> Tensor:
        """Hinge loss: real patches above 1, drawn ones below -1."""
        of_drawn, of_real = self(drawn.detach(), layers).scores, self(real, layers).scores
        pairs = zip(of_drawn, of_real, strict=True)
        terms = (F.relu(1 + d).mean() + F.relu(1 - r).mean() for d, r in pairs)
        return sum(terms, start=drawn.new_zeros(())) / len(self.heads)


def _halved(width_in: int, width_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width_in, width_out, 4, 2, 1), ChannelNorm(width_out), nn.LeakyReLU(0.2))


def grid_pattern(error: Float[Tensor, "frames channel height width"]) -> Tensor:
    """The 4 x 4 periodic part of the error: the mean deviation of the local means of its 16 positions.

    A decoder that draws in patches of 4 x 4 leaves this pattern. Patterns of the picture itself are not in the error.
    """
    places = rearrange(error, "f c (row y) (column x) -> f (c y x) row column", y=PATCH, x=PATCH)
    local = F.avg_pool2d(places, 5, 1, 2, count_include_pad=False)
    local = rearrange(local, "f (c place) row column -> f c place row column", place=PATCH * PATCH)
    return (local - local.mean(2, keepdim=True)).abs().mean()


def decoder_loss(
    critic: Critic,
    drawn: Float[Tensor, "frames 3 height width"],
    real: Float[Tensor, "frames 3 height width"],
    layers: Float[Tensor, "frames layer height width"],
    weight: Float[Tensor, "frames 1 height width"],
) -> dict[str, Tensor]:
    """Terms of the decoder's loss. The gradient of "total" is the scaled sum of three gradients.

    They come from the reconstruction (with the 4 x 4 pattern), from the critic's scores and from its features. The
    value of "total" is that of the reconstruction.
    """
    output = critic(drawn, layers)
    with torch.no_grad():
        target = critic(real, layers)
    terms = picture_losses(drawn, real, weight, EDGES)
    grid = grid_pattern(drawn - real)
    against = -sum(score.mean() for score in output.scores) / len(output.scores)
    pairs = zip(output.features, target.features, strict=True)
    features = sum((ours - theirs).abs().mean() for ours, theirs in pairs) / len(output.features)
    gradient_of = lambda term: torch.autograd.grad(term, drawn, retain_graph=True)[0]  # noqa: E731
    base = gradient_of(terms["total"] + GRID * grid)
    ramp = min(1.0, float(critic.age) / WARM_UP)
    scaled = lambda share, other: share * ramp * base.norm() / (other.norm() + 1e-12) * other  # noqa: E731
    gradient = base + scaled(ADVERSARY, gradient_of(against)) + scaled(FEATURES, gradient_of(features))
    reconstruction = {name: term for name, term in terms.items() if name != "total"}
    adversarial = {"grid": grid.detach(), "against": against.detach(), "features": features.detach()}
    linear = (drawn * gradient.detach()).sum()
    return {"total": terms["total"].detach() + linear - linear.detach(), **reconstruction, **adversarial}
