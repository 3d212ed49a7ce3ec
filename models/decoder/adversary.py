"""Adversarial training of the decoder: a network that tells drawn frames from real ones, and the gradient it gives.

A decoder taught by the mean error alone draws the mean of all that may be there, which is fog. Here it is also taught
what no real picture looks like (Goodfellow et al., arXiv 1406.2661; hinge loss as Lim and Ye, arXiv 1705.02894; feature
matching as Wang et al., arXiv 1711.11585). Both gradients are scaled to that of the reconstruction (as Esser et al.,
arXiv 2012.09841), so that none drowns the others.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from models.blocks import ChannelNorm
from models.tokens.tokenizer import picture_losses

EDGES = 1.0  # weight of neighbours' differences: half of what it was without an adversary, which sees edges as well
GRID = 8.0  # weight of the pattern of 4 x 4 pixels
PATCH = 4  # pixels aside of the decoder's smallest cell
ADVERSARY, FEATURES = 1.0, 1.0  # size of each gradient, of the reconstruction's
WARM_UP = 150  # steps in which the adversary learns before it is heard in full


@dataclass(frozen=True)
class CriticConfig:
    """Widths at a half, a quarter and an eighth of the picture's size."""

    layers: tuple[str, ...]  # names of the layers read, in their order
    widths: tuple[int, int, int]


@dataclass(frozen=True)
class CriticOutput:
    """Scores of overlapping patches, above zero for real ones, and the features that led to them, by scale."""

    scores: tuple[Float[Tensor, "frames 1 _ _"], ...]
    features: tuple[Float[Tensor, "frames _ _ _"], ...]


class Critic(nn.Module):
    """Judges frames at three scales by the picture and its high frequencies; layers come in by a side door, so that it
    knows what should be there, but looks at the picture first."""

    SIDE = 0.3
    CONTRAST = 4.0  # high frequencies are small beside the picture

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
        self.register_buffer("age", torch.zeros((), dtype=torch.int64))  # steps learnt

    def forward(
        self, pictures: Float[Tensor, "frames 3 height width"], layers: Float[Tensor, "frames layer height width"]
    ) -> CriticOutput:
        detail = self.CONTRAST * (pictures - F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False))
        seen = torch.cat([pictures, detail], 1).contiguous(memory_format=torch.channels_last)
        fine = self.fine(seen) + self.SIDE * self.layers(F.avg_pool2d(layers, 2))
        middle = self.middle(fine)
        features = (fine, middle, self.coarse(middle))
        scores = tuple(head(x).float() for head, x in zip(self.heads, features, strict=True))
        return CriticOutput(scores, tuple(x.float() for x in features))

    def loss(self, drawn: Tensor, real: Tensor, layers: Tensor) -> Tensor:
        """Hinge: real patches above 1, drawn ones below -1."""
        of_drawn, of_real = self(drawn.detach(), layers).scores, self(real, layers).scores
        pairs = zip(of_drawn, of_real, strict=True)
        return sum(F.relu(1 + d).mean() + F.relu(1 - r).mean() for d, r in pairs) / len(self.heads)


def _halved(width_in: int, width_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width_in, width_out, 4, 2, 1), ChannelNorm(width_out), nn.LeakyReLU(0.2))


def grid_pattern(error: Float[Tensor, "frames channel height width"]) -> Tensor:
    """How far errors repeat every 4 pixels: the mean size of each of the 16 places' own local mean.

    A decoder that draws in patches of 4 x 4 leaves that pattern; pictures' own patterns are not in the error.
    """
    places = rearrange(error, "f c (row y) (column x) -> f (c y x) row column", y=PATCH, x=PATCH)
    local = F.avg_pool2d(places, 5, 1, 2, count_include_pad=False)
    local = rearrange(local, "f (c place) row column -> f c place row column", place=PATCH * PATCH)
    return (local - local.mean(2, keepdim=True)).abs().mean()


def descend(
    critic: Critic,
    drawn: Float[Tensor, "frames 3 height width"],
    real: Float[Tensor, "frames 3 height width"],
    layers: Float[Tensor, "frames layer height width"],
    weight: Float[Tensor, "frames 1 height width"],
) -> dict[str, Tensor]:
    """Terms of the decoder's loss; "total" is the reconstruction's, with the scaled sum of three gradients for a slope.

    Reconstruction (with the pattern of 4 x 4 pixels), the adversary's judgement, and its features.
    """
    opinion = critic(drawn, layers)
    with torch.no_grad():
        wanted = critic(real, layers)
    terms = picture_losses(drawn, real, weight, EDGES)
    grid = grid_pattern(drawn - real)
    against = -sum(score.mean() for score in opinion.scores) / len(opinion.scores)
    pairs = zip(opinion.features, wanted.features, strict=True)
    features = sum((ours - theirs).abs().mean() for ours, theirs in pairs) / len(opinion.features)
    slope = lambda of: torch.autograd.grad(of, drawn, retain_graph=True)[0]  # noqa: E731
    base = slope(terms["total"] + GRID * grid)
    heard = min(1.0, float(critic.age) / WARM_UP)
    scaled = lambda share, other: share * heard * base.norm() / (other.norm() + 1e-12) * other  # noqa: E731
    gradient = base + scaled(ADVERSARY, slope(against)) + scaled(FEATURES, slope(features))
    said = {name: term for name, term in terms.items() if name != "total"}
    judged = {"grid": grid.detach(), "against": against.detach(), "features": features.detach()}
    linear = (drawn * gradient.detach()).sum()
    return {"total": terms["total"].detach() + linear - linear.detach(), **said, **judged}
