"""Whole clips from tokens and layers: the first frame as it is known, or as a picture; then windows that go on."""

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder.diffusion import Read, draft, sample
from models.decoder.network import WINDOW, VideoDecoder
from models.decoder.reprojection import CameraPath
from models.decoder.windows import STRIDE, Anchor, Script, first_frame, window_from
from models.precision import computing

LEVELS = (1.0,)  # noise levels of the few steps taken


@torch.inference_mode()
def render(
    decoder: VideoDecoder,
    read: Read,
    tokens: Float[Tensor, "batch step digit row column"],
    layers: UInt8[Tensor, "batch time layer height width"],
    sight: CameraPath,
    prompt: UInt8[Tensor, "batch height width 3"] | None,
    chances: Sequence[torch.Generator],
    levels: tuple[float, ...] = LEVELS,
) -> UInt8[Tensor, "batch time height width 3"]:
    """12 Hz pictures from 6 Hz tokens (quantised values) and 12 Hz layers, each clip with a generator of its own.

    `read` is the decoder of the tokenizer that the tokens come from; `prompt` is the first frame where that is known,
    and comes back as it is. Every other frame has tokens; the frames between are interpolated by the same windows.
    """
    (_, time), steps = layers.shape[:2], tokens.shape[1]
    if steps != (time + 1) // 2:
        raise ValueError(f"{time} frames need {(time + 1) // 2} token frames, found {steps}")
    with computing(layers.device.type):
        script = Script(layers, tokens, draft(read, tokens), sight)
        if prompt is None:
            made = [sample(decoder, first_frame(script), levels, _noise(1, layers, chances))]
        else:
            made = [rearrange(prompt.float() / 127.5 - 1, "batch height width channel -> batch 1 channel height width")]
        anchor = Anchor(made[0][:, -1], 0)
        for start in range(0, time - 1, STRIDE):
            last = made[-1][:, -1]
            anchor = anchor.renewed(last, start)
            steering = window_from(script, start, last, anchor, decoder.config.regions)
            window = sample(decoder, steering, levels, _noise(WINDOW, layers, chances))
            made.append(window[:, 1 : 1 + min(STRIDE, time - 1 - start)])
    pictures = rearrange(torch.cat(made, 1), "batch time channel height width -> batch time height width channel")
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def _noise(
    frames: int, layers: UInt8[Tensor, "batch time layer height width"], chances: Sequence[torch.Generator]
) -> Float[Tensor, "batch frames 3 height width"]:
    shape = (frames, 3, *layers.shape[-2:])
    drawn = [torch.randn(shape, generator=chance) for _, chance in zip(layers, chances, strict=True)]
    return torch.stack(drawn).to(layers.device)
