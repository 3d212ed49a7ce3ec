"""Whole clips from tokens and layers: the first frame as a picture, then windows that go on from the last frame."""

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder import WINDOW, VideoDecoder
from models.diffusion import Read, draft, sample, show, steer
from models.precision import computing
from models.reprojection import Sight

LEVELS = (1.0, 0.4)  # noise levels of the few steps taken


def as_steering(layers: UInt8[Tensor, "*any layer height width"]) -> Float[Tensor, "*any layer height width"]:
    """Layers as the decoder takes them, bytes to -1..1."""
    return layers.float() / 127.5 - 1


@torch.inference_mode()
def render(
    decoder: VideoDecoder,
    read: Read,
    tokens: Float[Tensor, "batch step digit row column"],
    layers: UInt8[Tensor, "batch time layer height width"],
    sight: Sight,
    chances: Sequence[torch.Generator],
    levels: tuple[float, ...] = LEVELS,
) -> UInt8[Tensor, "batch time height width 3"]:
    """12 Hz pictures from 6 Hz tokens (quantised values) and 12 Hz layers, each clip with a generator of its own.

    `read` is the decoder of the tokenizer that the tokens come from. Every other frame has tokens; the frames between
    are interpolated by the same windows.
    """
    (batch, time), steps = layers.shape[:2], tokens.shape[1]
    if steps != (time + 1) // 2:
        raise ValueError(f"{time} frames need {(time + 1) // 2} token frames, found {steps}")
    places = torch.arange(WINDOW, device=layers.device)
    flags = lambda row: row.expand(batch, -1)  # noqa: E731
    with computing(layers.device.type):
        drafts = draft(read, tokens)
        first = steer(as_steering(layers[:, :1]), tokens[:, :1], flags(places[:1] == 0), drafts[:, :1])
        made = [sample(decoder, first, levels, _noise(1, layers, chances))]
        for start in range(0, time - 1, 2):
            frames = (start + places).clamp(max=time - 1)  # an even clip ends inside a window
            told = ((start + places) // 2).clamp(max=steps - 1)
            has_tokens = flags((places % 2 == 0) & (start + places < time))
            steering = steer(as_steering(layers[:, frames]), tokens[:, told], has_tokens, drafts[:, told])
            shown = made[-1][:, -1:].expand(-1, WINDOW, -1, -1, -1)
            here = Sight(sight.poses[:, frames], sight.intrinsic)
            steering = show(steering, shown, flags(places == 0), here, decoder.config.regions)
            window = sample(decoder, steering, levels, _noise(WINDOW, layers, chances))
            made.append(window[:, 1 : 1 + min(2, time - 1 - start)])
    pictures = rearrange(torch.cat(made, 1), "batch time channel height width -> batch time height width channel")
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def _noise(
    frames: int, layers: UInt8[Tensor, "batch time layer height width"], chances: Sequence[torch.Generator]
) -> Float[Tensor, "batch frames 3 height width"]:
    shape = (frames, 3, *layers.shape[-2:])
    drawn = [torch.randn(shape, generator=chance) for _, chance in zip(layers, chances, strict=True)]
    return torch.stack(drawn).to(layers.device)
