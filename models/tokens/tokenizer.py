"""The image tokenizer: a picture to a small grid of discrete codes, and back."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.blocks import Residual, downsample, upsample
from models.tokens.fsq import FSQ


@dataclass(frozen=True)
class TokenizerConfig:
    """Widths at 1/4, 1/8 and 1/16 of the picture's size; a token covers 16 x 16 pixels."""

    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    levels: tuple[int, ...]


class Tokenizer(nn.Module):
    """Encoder, finite scalar quantiser and deterministic decoder. Pictures are in [-1, 1]."""

    def __init__(self, config: TokenizerConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        many, some, few = config.depths
        digits = len(config.levels)
        # Patches before convolutions: convolutions at full resolution are slow on a CPU.
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(48, fine, 3, padding=1), *[Residual(fine) for _ in range(many)],
            downsample(fine, middle), *[Residual(middle) for _ in range(some)],
            downsample(middle, coarse), *[Residual(coarse) for _ in range(few)],
            nn.Conv2d(coarse, digits, 1),
        )  # fmt: skip
        self.quantiser = FSQ(config.levels)
        self.decoder = nn.Sequential(
            nn.Conv2d(digits, coarse, 3, padding=1), *[Residual(coarse) for _ in range(few)],
            upsample(coarse, middle), *[Residual(middle) for _ in range(some)],
            upsample(middle, fine), *[Residual(fine) for _ in range(many)],
            nn.Conv2d(fine, 48, 3, padding=1), nn.PixelShuffle(4),
        )  # fmt: skip

    def quantise(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch digit row column"]:
        """Quantised values in [-1, 1]."""
        return self.quantiser(self.encoder(pictures).movedim(1, -1)).movedim(-1, 1)

    def encode(self, pictures: Float[Tensor, "batch 3 height width"]) -> Int[Tensor, "batch row column"]:
        """Codes, one for each 16 x 16 pixels."""
        values = rearrange(self.quantise(pictures), "batch digit row column -> batch row column digit")
        return self.quantiser.codes(self.quantiser.digits(values))

    def embed(self, codes: Int[Tensor, "batch row column"]) -> Float[Tensor, "batch digit row column"]:
        """The quantised values of codes."""
        return self.quantiser.values(self.quantiser.uncode(codes)).movedim(-1, 1)

    def decode(self, codes: Int[Tensor, "batch row column"]) -> Float[Tensor, "batch 3 height width"]:
        """Pictures from codes."""
        return self.decoder(self.embed(codes))

    def loss(
        self, pictures: Float[Tensor, "batch 3 height width"], weight: Float[Tensor, "batch 1 height width"]
    ) -> dict[str, Tensor]:
        """L1 + L2 as GAIA-1 (arXiv 2309.17080), and the mean colours of 4 x 4 pixels.

        `weight` (mean about 1) is larger on bodies: otherwise sky and road are nearly all of the loss. Edges are left
        to the video decoder, which sees the layers; tokens must encode appearance.
        """
        values = self.quantise(pictures)
        predicted = self.decoder(values.to(pictures.dtype)).float()
        return picture_losses(predicted, pictures, weight, edges=0.0)


def picture_losses(
    predicted: Float[Tensor, "batch 3 height width"],
    target: Float[Tensor, "batch 3 height width"],
    weight: Float[Tensor, "batch 1 height width"],
    edges: float,
) -> dict[str, Tensor]:
    """Weighted L1 + L2 on pixels, L1 on the mean colour of 4 x 4 pixels, on its hue, and on neighbours' differences.

    Hue (red - green, green - blue) is a separate term: streets are grey, and brightness is learned much earlier.
    Neighbours are means of 2 x 2 pixels, since single pixels differ mostly by noise.
    """
    error = predicted - target
    half_error, half_weight = F.avg_pool2d(error, 2), F.avg_pool2d(weight, 2)
    coarse_error, coarse_weight = F.avg_pool2d(error, 4), F.avg_pool2d(weight, 4)
    across = half_error[..., :, 1:] - half_error[..., :, :-1]
    down = half_error[..., 1:, :] - half_error[..., :-1, :]
    terms = {
        "l1": (weight * error.abs()).mean(),
        "l2": (weight * error.square()).mean(),
        "colour": (coarse_weight * coarse_error.abs()).mean(),
        "hue": (coarse_weight * (coarse_error[:, 1:] - coarse_error[:, :-1]).abs()).mean(),
        "edge": (half_weight[..., 1:] * across.abs()).mean() + (half_weight[..., 1:, :] * down.abs()).mean(),
    }
    total = terms["l1"] + terms["l2"] + terms["colour"] + 2 * terms["hue"] + edges * terms["edge"]
    return {"total": total, **{name: term.detach() for name, term in terms.items()}}


def psnr(predicted: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [-1, 1]."""
    error = predicted.detach().float() - target.detach().float()
    return float(10 * torch.log10(4 / error.square().mean()))
