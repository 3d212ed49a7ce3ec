"""The video decoder's network: from noisy frames, layers and tokens to clean frames."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from models.blocks import ChannelNorm, Residual, downsample, upsample
from models.decoder.regions import Regions, fill_regions, known_colours, regions

RESTORED = 0.35  # share of the coarse colour error that a window corrects; the rest decays within half a second
COARSE_PX = 8
WINDOW = 3  # frames per window: the first and the last have tokens (6 Hz), the middle one is interpolated (12 Hz)


@dataclass(frozen=True)
class DecoderConfig:
    """Widths at full size (a cheap path for the layers), 1/4, 1/8 and 1/16."""

    layers: tuple[str, ...]  # names of the input layers, in their order
    regions: Regions
    digits: int
    full: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]


@dataclass(frozen=True)
class DecoderConditions:
    """The conditions of a window of frames, on its device and in its dtype."""

    layers: Float[Tensor, "batch time layer height width"]  # in [-1, 1]
    tokens: Float[Tensor, "batch time digit row column"]  # quantised values; ignored where `has_tokens` is False
    has_tokens: Bool[Tensor, "batch time"]
    draft: Float[Tensor, "batch time 3 height width"]  # the tokenizer's picture of the tokens: soft, with right colours
    given: Float[Tensor, "batch time 3 height width"]  # the nearest known frame seen from this camera, or zeros
    agrees: Float[Tensor, "batch time 1 height width"]  # 1 where `given` shows the same surface as this frame
    moved: Float[Tensor, "batch time 1 height width"]  # 0 where `given` was not resampled, up to 1 (loss of sharpness)
    is_given: Bool[Tensor, "batch time"]  # this frame itself is known
    distance: Float[Tensor, "batch time"]  # frames to the nearest known one, signed; 0 if none is known
    has_given: Bool[Tensor, "batch time"]


class TimeMix(nn.Module):
    """Mix each position over all frames of the window; starts as the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = ChannelNorm(width)
        self.mix = nn.Conv2d(WINDOW * width, WINDOW * width, 1)
        for parameter in self.mix.parameters():
            nn.init.zeros_(parameter)

    def forward(
        self, x: Float[Tensor, "frames channel row column"], time: int
    ) -> Float[Tensor, "frames channel row column"]:
        if time == 1:  # a single picture has no other frames
            return x
        stacked = rearrange(self.norm(x), "(b t) c h w -> b (t c) h w", t=time)
        return x + rearrange(self.mix(stacked), "b (t c) h w -> (b t) c h w", t=time)


class Head(nn.Module):
    """Twelve full-size maps from the layers, gated by features of each 4 x 4 pixels; zero at initialisation.

    Maps 1-3: a colour correction. 4: the weight of the regions' colours. 5: the light on known body colours. 6-8: a
    correction of the lit colours, such as fog. 9: the weight of the known frame. 10-12: a correction of the known
    frame, which loses sharpness when it is resampled. The gates combine an edge of the layers with a colour of the
    tokens in one product.
    """

    def __init__(self, inputs: int, fine: int, width: int):
        super().__init__()
        self.gates = nn.Sequential(ChannelNorm(fine), nn.Conv2d(fine, 2 * width, 1))
        self.first = nn.Conv2d(inputs, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, 12, 3, padding=1)
        for layer in (
            self.first,
            self.second,
        ):  # torch's default initialisation loses two thirds of the signal per layer
            nn.init.kaiming_normal_(layer.weight)
        for parameter in (*self.gates[1].parameters(), *self.last.parameters()):
            nn.init.zeros_(parameter)

    def forward(
        self, inputs: Float[Tensor, "frames channel height width"], fine: Float[Tensor, "frames fine row column"]
    ) -> Float[Tensor, "frames 12 height width"]:
        first, second = (1 + self.gates(fine)).chunk(2, dim=1)
        hidden = _gated(F.silu(self.first(inputs)), first)
        return self.last(_gated(F.silu(self.second(hidden)), second))


def _gated(
    x: Float[Tensor, "frames channel height width"], gate: Float[Tensor, "frames channel row column"]
) -> Float[Tensor, "frames channel height width"]:
    """Multiply pixels by the interpolated gate of their cell: constant gates per cell would leave a grid."""
    return x * F.interpolate(gate, size=x.shape[-2:], mode="bilinear")


def _coarse(
    x: Float[Tensor, "frames channel height width"], weight: Float[Tensor, "frames 1 height width"]
) -> Float[Tensor, "frames channel height width"]:
    """Weighted means over squares of `COARSE_PX` pixels, interpolated between them."""
    mean = F.avg_pool2d(x * weight, COARSE_PX) / F.avg_pool2d(weight, COARSE_PX).clamp(min=1e-3)
    return F.interpolate(mean, scale_factor=float(COARSE_PX), mode="bilinear")


class VideoDecoder(nn.Module):
    """A small U-Net over a window of one or three frames with a full-size path for the layers.

    The clean picture is composed of the tokenizer's draft, the same colours restricted to the regions of the layers,
    the lit body colours where the layers give them, and a correction. Tokens set all other colours; layers set edges
    and detail. Where a known frame shows the same surface, the head decides how much of it is kept, and its coarse
    colours are pulled towards those painted from the tokens, so that colour errors do not grow from window to window.
    Surfaces that come into view are always painted anew.
    """

    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.config = config
        fine, middle, coarse = config.widths
        many, some, few = config.depths
        inputs = 3 + len(config.layers) + 3 + 3 + 3 + 1
        self.facts = nn.Sequential(nn.Linear(16 + 5, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU())
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(16 * inputs, fine, 1))
        self.fine_in = nn.ModuleList(Residual(fine) for _ in range(many))
        self.halve_fine = downsample(fine, middle)
        self.middle_in = nn.ModuleList(Residual(middle) for _ in range(some))
        self.mix_middle = TimeMix(middle)
        self.halve_middle = downsample(middle, coarse)
        self.read_tokens = nn.Sequential(
            nn.Conv2d(config.digits, coarse, 3, padding=1), Residual(coarse), ChannelNorm(coarse)
        )  # fmt: skip
        self.bottom = nn.ModuleList(Residual(coarse) for _ in range(few))
        self.mix_coarse = TimeMix(coarse)
        self.double_coarse = nn.Sequential(ChannelNorm(coarse), upsample(coarse, middle))
        self.tokens_middle = nn.Sequential(ChannelNorm(coarse), upsample(coarse, middle))
        self.middle_out = nn.ModuleList(Residual(middle) for _ in range(some))
        self.double_middle = nn.Sequential(ChannelNorm(middle), upsample(middle, fine))
        self.tokens_fine = nn.Sequential(ChannelNorm(middle), upsample(middle, fine))
        self.fine_out = nn.ModuleList(Residual(fine) for _ in range(many))
        # Normalised before the sum: otherwise the coarse paths outgrow the fine one, which sees the layers.
        blocks = [*self.fine_in, *self.middle_in, *self.bottom, *self.middle_out, *self.fine_out]
        self.shifts = nn.ModuleList(nn.Linear(128, block.expand.out_channels) for block in blocks)
        self.unfold = nn.Sequential(ChannelNorm(fine), nn.Conv2d(fine, 16 * 16, 1), nn.PixelShuffle(4))
        self.head = Head(16 + inputs, fine, config.full)

    def forward(
        self,
        noisy: Float[Tensor, "batch time 3 height width"],
        level: Float[Tensor, "batch"],
        conditions: DecoderConditions,
        wanted: Bool[Tensor, "time"] | None = None,
    ) -> Float[Tensor, "batch wanted 3 height width"]:
        """Predict the clean frames from `noisy` at noise `level` (1: pure noise).

        Only the `wanted` frames (all if None) are drawn at full size, which is most of the computation.
        """
        time = noisy.shape[1]
        wanted = torch.ones(time, dtype=torch.bool, device=noisy.device) if wanted is None else wanted
        selected = lambda x: x.unflatten(0, (-1, time))[:, wanted].flatten(0, 1)  # noqa: E731
        flat = lambda x: rearrange(x, "b t ... -> (b t) ...")  # noqa: E731
        weighted = noisy * (1 - level)[:, None, None, None, None]  # pure noise has no information: it becomes zero
        draft, layers = flat(conditions.draft), flat(conditions.layers)
        filled = fill_regions(draft, regions(layers, self.config.regions))
        inputs = torch.cat(
            [flat(weighted), layers, flat(conditions.given), draft, filled, flat(conditions.agrees)], dim=1
        )
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        shifts = iter(self._shifts(level, conditions))
        tokens = self.read_tokens(flat(conditions.tokens)) * flat(conditions.has_tokens)[:, None, None, None]

        fine = self._run(self.fine_in, self.stem(inputs), shifts)
        middle = self.mix_middle(self._run(self.middle_in, self.halve_fine(fine), shifts), time)
        coarse = self._run(self.bottom, self.halve_middle(middle) + tokens, shifts)
        coarse = self.mix_coarse(coarse, time) + tokens
        upsampled = self.tokens_middle(coarse)
        middle = self._run(self.middle_out, middle + self.double_coarse(coarse), shifts)
        fine = selected(fine) + self.double_middle(selected(middle)) + self.tokens_fine(selected(upsampled))
        fine = self._run(self.fine_out, fine, map(selected, shifts))
        maps = self.head(torch.cat([self.unfold(fine), selected(inputs)], dim=1), fine).float()
        painting, keep, sharpening = maps.split((8, 1, 3), dim=1)
        painted = self._painted(selected(draft), selected(filled), selected(layers), painting)
        given, agrees = (selected(flat(x)).float() for x in (conditions.given, conditions.agrees))
        kept = (
            given + sharpening * selected(flat(conditions.moved)).float() + RESTORED * _coarse(painted - given, agrees)
        )
        mixed = torch.lerp(painted, kept, keep.sigmoid() * agrees)
        return mixed.unflatten(0, (len(noisy), -1))

    def _painted(
        self,
        draft: Float[Tensor, "frames 3 height width"],
        filled: Float[Tensor, "frames 3 height width"],
        layers: Float[Tensor, "frames layer height width"],
        maps: Float[Tensor, "frames 8 height width"],
    ) -> Float[Tensor, "frames 3 height width"]:
        """Compose the picture from the draft, the regions' colours, the known body colours and the head's maps."""
        correction, trust, light, haze = maps.split((3, 1, 1, 3), dim=1)
        colour, coverage = known_colours(layers, self.config.regions)
        lit = 4 * colour * light.sigmoid() - 1 + haze  # at most twice as bright as in white light
        return torch.lerp(torch.lerp(draft, filled, trust.sigmoid()) + correction, lit, coverage)

    def _shifts(
        self, level: Float[Tensor, "batch"], conditions: DecoderConditions
    ) -> list[Float[Tensor, "frames channel 1 1"]]:
        """The shift of each block from noise level, known frames and tokens."""
        frequencies = torch.pi * 2.0 ** torch.arange(8, device=level.device)
        angles = repeat(level, "b -> b t", t=conditions.is_given.shape[1])[..., None] * frequencies
        flags = [
            conditions.has_tokens,
            conditions.is_given,
            conditions.has_given,
            conditions.distance,
            conditions.distance.abs(),
        ]
        facts = torch.cat([angles.sin(), angles.cos(), torch.stack([f.float() for f in flags], -1)], -1)
        hidden = self.facts(rearrange(facts, "b t f -> (b t) f"))
        return [linear(hidden)[..., None, None] for linear in self.shifts]

    @staticmethod
    def _run(blocks: nn.ModuleList, x: Tensor, shifts) -> Tensor:
        for block in blocks:
            x = block(x, next(shifts).to(x.dtype))
        return x
