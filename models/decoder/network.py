"""The video decoder's network: noisy frames, layers and tokens in, clean frames out."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn

from models.blocks import ChannelNorm, Residual, double, halve
from models.decoder.regions import Regions, fill, regions, told

RESTORED = 0.35  # share of a window's difference in coarse colours; what is kept returns in half a second
COARSE_PX = 8
WINDOW = 3  # frames a window: tokens come with the first and the last (6 Hz), the middle one is interpolated (12 Hz)


@dataclass(frozen=True)
class DecoderConfig:
    """Widths at full size (the cheap path that sees the layers), a quarter, an eighth and a sixteenth."""

    layers: tuple[str, ...]  # names of the layers read, in their order
    regions: Regions
    digits: int
    full: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]


@dataclass(frozen=True)
class DecoderConditions:
    """What steers a window of frames, on its device and in its dtype."""

    layers: Float[Tensor, "batch time layer height width"]  # in [-1, 1]
    tokens: Float[Tensor, "batch time digit row column"]  # quantised values; ignored where `has_tokens` is False
    has_tokens: Bool[Tensor, "batch time"]
    draft: Float[Tensor, "batch time 3 height width"]  # the tokenizer's own reading of the tokens, soft but in colour
    given: Float[Tensor, "batch time 3 height width"]  # the nearest known frame from here, or zeros
    agrees: Float[Tensor, "batch time 1 height width"]  # 1 where that shows the surface that this frame shows
    moved: Float[
        Tensor, "batch time 1 height width"
    ]  # 0 where it shows it at the same pixel, and lost nothing; up to 1
    is_given: Bool[Tensor, "batch time"]  # this very frame is known
    distance: Float[Tensor, "batch time"]  # frames to the nearest known one, signed; 0 where none is known
    has_given: Bool[Tensor, "batch time"]


class TimeMix(nn.Module):
    """Every place looks at itself in all frames of the window; starts as the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = ChannelNorm(width)
        self.mix = nn.Conv2d(WINDOW * width, WINDOW * width, 1)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(
        self, x: Float[Tensor, "frames channel row column"], time: int
    ) -> Float[Tensor, "frames channel row column"]:
        if time == 1:  # a picture has no neighbours
            return x
        stacked = rearrange(self.norm(x), "(b t) c h w -> b (t c) h w", t=time)
        return x + rearrange(self.mix(stacked), "b (t c) h w -> (b t) c h w", t=time)


class Head(nn.Module):
    """Full-size maps from layers, gated by what the coarser network knows of each 4 x 4 pixels; zeros at first.

    Three are a correction of the colours; the fourth says how far to trust the regions' colours, the fifth what light
    falls on colours that are told; three are a correction of these, such as fog's; the ninth says how far to keep the
    known frame, and three are a correction of that, which lost sharpness as it was moved. Gates let an edge of the
    layers meet a colour of the tokens in one product.
    """

    def __init__(self, inputs: int, fine: int, width: int):
        super().__init__()
        self.gates = nn.Sequential(ChannelNorm(fine), nn.Conv2d(fine, 2 * width, 1))
        self.first = nn.Conv2d(inputs, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, 12, 3, padding=1)
        for layer in (self.first, self.second):  # torch's own start loses two thirds of the signal a layer
            nn.init.kaiming_normal_(layer.weight)
        for layer in (self.gates[1], self.last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, inputs: Float[Tensor, "frames channel height width"], fine: Float[Tensor, "frames fine row column"]
    ) -> Float[Tensor, "frames 12 height width"]:
        first, second = (1 + self.gates(fine)).chunk(2, dim=1)
        hidden = _gated(F.silu(self.first(inputs)), first)
        return self.last(_gated(F.silu(self.second(hidden)), second))


def _gated(
    x: Float[Tensor, "frames channel height width"], gate: Float[Tensor, "frames channel row column"]
) -> Float[Tensor, "frames channel height width"]:
    """Every pixel times the gate of its place, smoothly between cells: gates in steps leave a grid in the picture."""
    return x * F.interpolate(gate, size=x.shape[-2:], mode="bilinear")


def _coarse(
    x: Float[Tensor, "frames channel height width"], weight: Float[Tensor, "frames 1 height width"]
) -> Float[Tensor, "frames channel height width"]:
    """Weighted means over `COARSE_PX` pixels aside, smoothly between them."""
    mean = F.avg_pool2d(x * weight, COARSE_PX) / F.avg_pool2d(weight, COARSE_PX).clamp(min=1e-3)
    return F.interpolate(mean, scale_factor=float(COARSE_PX), mode="bilinear")


class VideoDecoder(nn.Module):
    """A small U-Net over a window of one or three frames with a full-size path for the layers.

    Predicts the clean picture from the tokenizer's draft, from the same colours kept inside the outlines of the
    layers, from bodies' own colours where the layers tell them, lit, and from a correction: tokens keep their say in
    all other colour, the layers put edges and detail where they belong. Where a known frame shows the same surface, it
    is kept as far as the head says, and its coarse colours return to those painted from the tokens, so that no fault of
    colour grows from window to window; what comes out from behind something is always painted anew.
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
        self.halve_fine = halve(fine, middle)
        self.middle_in = nn.ModuleList(Residual(middle) for _ in range(some))
        self.mix_middle = TimeMix(middle)
        self.halve_middle = halve(middle, coarse)
        self.read_tokens = nn.Sequential(
            nn.Conv2d(config.digits, coarse, 3, padding=1), Residual(coarse), ChannelNorm(coarse)
        )  # fmt: skip
        self.bottom = nn.ModuleList(Residual(coarse) for _ in range(few))
        self.mix_coarse = TimeMix(coarse)
        self.double_coarse = nn.Sequential(ChannelNorm(coarse), double(coarse, middle))
        self.tokens_middle = nn.Sequential(ChannelNorm(coarse), double(coarse, middle))
        self.middle_out = nn.ModuleList(Residual(middle) for _ in range(some))
        self.double_middle = nn.Sequential(ChannelNorm(middle), double(middle, fine))
        self.tokens_fine = nn.Sequential(ChannelNorm(middle), double(middle, fine))
        self.fine_out = nn.ModuleList(Residual(fine) for _ in range(many))
        # Normed before they meet: else the coarse paths grow until the fine one, which sees the layers, is drowned.
        blocks = [*self.fine_in, *self.middle_in, *self.bottom, *self.middle_out, *self.fine_out]
        self.shifts = nn.ModuleList(nn.Linear(128, block.expand.out_channels) for block in blocks)
        self.unfold = nn.Sequential(ChannelNorm(fine), nn.Conv2d(fine, 16 * 16, 1), nn.PixelShuffle(4))
        self.head = Head(16 + inputs, fine, config.full)

    def forward(
        self,
        noisy: Float[Tensor, "batch time 3 height width"],
        level: Float[Tensor, "batch"],
        steering: DecoderConditions,
        wanted: Bool[Tensor, "time"] | None = None,
    ) -> Float[Tensor, "batch wanted 3 height width"]:
        """The clean frames expected, given `noisy` at noise `level` (1: nothing but noise).

        Only the `wanted` frames of the window (all if None) are drawn at full size, which is most of the work.
        """
        time = noisy.shape[1]
        wanted = torch.ones(time, dtype=torch.bool, device=noisy.device) if wanted is None else wanted
        drawn = lambda x: x.unflatten(0, (-1, time))[:, wanted].flatten(0, 1)  # noqa: E731
        flat = lambda x: rearrange(x, "b t ... -> (b t) ...")  # noqa: E731
        heard = noisy * (1 - level)[:, None, None, None, None]  # pure noise says nothing and would only disturb
        draft, layers = flat(steering.draft), flat(steering.layers)
        filled = fill(draft, regions(layers, self.config.regions))
        inputs = torch.cat([flat(heard), layers, flat(steering.given), draft, filled, flat(steering.agrees)], dim=1)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        shifts = iter(self._shifts(level, steering))
        tokens = self.read_tokens(flat(steering.tokens)) * flat(steering.has_tokens)[:, None, None, None]

        fine = self._run(self.fine_in, self.stem(inputs), shifts)
        middle = self.mix_middle(self._run(self.middle_in, self.halve_fine(fine), shifts), time)
        coarse = self._run(self.bottom, self.halve_middle(middle) + tokens, shifts)
        coarse = self.mix_coarse(coarse, time) + tokens
        carried = self.tokens_middle(coarse)
        middle = self._run(self.middle_out, middle + self.double_coarse(coarse), shifts)
        fine = drawn(fine) + self.double_middle(drawn(middle)) + self.tokens_fine(drawn(carried))
        fine = self._run(self.fine_out, fine, map(drawn, shifts))
        said = self.head(torch.cat([self.unfold(fine), drawn(inputs)], dim=1), fine).float()
        painting, keep, sharpening = said.split((8, 1, 3), dim=1)
        painted = self._painted(drawn(draft), drawn(filled), drawn(layers), painting)
        given, agrees = (drawn(flat(x)).float() for x in (steering.given, steering.agrees))
        kept = given + sharpening * drawn(flat(steering.moved)).float() + RESTORED * _coarse(painted - given, agrees)
        made = torch.lerp(painted, kept, keep.sigmoid() * agrees)
        return made.unflatten(0, (len(noisy), -1))

    def _painted(
        self,
        draft: Float[Tensor, "frames 3 height width"],
        filled: Float[Tensor, "frames 3 height width"],
        layers: Float[Tensor, "frames layer height width"],
        said: Float[Tensor, "frames 8 height width"],
    ) -> Float[Tensor, "frames 3 height width"]:
        """The picture that the head's maps make of the colours there are."""
        correction, trust, light, veil = said.split((3, 1, 1, 3), dim=1)
        colour, cover = told(layers, self.config.regions)
        lit = 4 * colour * light.sigmoid() - 1 + veil  # at most twice as bright as in white light
        return torch.lerp(torch.lerp(draft, filled, trust.sigmoid()) + correction, lit, cover)

    def _shifts(
        self, level: Float[Tensor, "batch"], steering: DecoderConditions
    ) -> list[Float[Tensor, "frames channel 1 1"]]:
        """What each block is told about noise, known frames and tokens."""
        frequencies = torch.pi * 2.0 ** torch.arange(8, device=level.device)
        angles = repeat(level, "b -> b t", t=steering.is_given.shape[1])[..., None] * frequencies
        flags = [steering.has_tokens, steering.is_given, steering.has_given, steering.distance, steering.distance.abs()]
        facts = torch.cat([angles.sin(), angles.cos(), torch.stack([f.float() for f in flags], -1)], -1)
        hidden = self.facts(rearrange(facts, "b t f -> (b t) f"))
        return [linear(hidden)[..., None, None] for linear in self.shifts]

    @staticmethod
    def _run(blocks: nn.ModuleList, x: Tensor, shifts) -> Tensor:
        for block in blocks:
            x = block(x, next(shifts).to(x.dtype))
        return x
