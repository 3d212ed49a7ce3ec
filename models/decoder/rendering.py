"""Whole clips from tokens and layers: the first frame is given or drawn as a picture; windows continue it."""

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder.diffusion import TokenDecoder, decode_draft, sample_frames
from models.decoder.network import WINDOW, VideoDecoder
from models.decoder.reprojection import CameraPath
from models.decoder.windows import STRIDE, Anchor, DecoderInputs, first_frame_conditions, window_conditions
from models.precision import compute_context

LEVELS = (1.0,)  # noise levels of the sampling steps


@torch.inference_mode()
def render_video(
    decoder: VideoDecoder,
    read: TokenDecoder,
    tokens: Float[Tensor, "batch step digit row column"],
    layers: UInt8[Tensor, "batch time layer height width"],
    cameras: CameraPath,
    prompt: UInt8[Tensor, "batch height width 3"] | None,
    generators: Sequence[torch.Generator],
    levels: tuple[float, ...] = LEVELS,
) -> UInt8[Tensor, "batch time height width 3"]:
    """Draw 12 Hz pictures from 6 Hz tokens (quantised values) and 12 Hz layers; each clip has its own generator.

    `read` is the decoder of the tokenizer that made the tokens. `prompt` is the first frame if it is known, and is
    returned unchanged. Every second frame has tokens; the frames between are interpolated within the same windows.
    """
    (_, time), steps = layers.shape[:2], tokens.shape[1]
    if steps != (time + 1) // 2:
        raise ValueError(f"{time} frames need {(time + 1) // 2} token frames, got {steps}")
    with compute_context(layers.device.type):
        inputs = DecoderInputs(layers, tokens, decode_draft(read, tokens), cameras)
        if prompt is None:
            parts = [sample_frames(decoder, first_frame_conditions(inputs), levels, _noise(1, layers, generators))]
        else:
            parts = [
                rearrange(prompt.float() / 127.5 - 1, "batch height width channel -> batch 1 channel height width")
            ]
        anchor = Anchor(parts[0][:, -1], 0)
        for start in range(0, time - 1, STRIDE):
            last = parts[-1][:, -1]
            anchor = anchor.renewed(last, start)
            conditions = window_conditions(inputs, start, last, anchor, decoder.config.regions)
            window = sample_frames(decoder, conditions, levels, _noise(WINDOW, layers, generators))
            parts.append(window[:, 1 : 1 + min(STRIDE, time - 1 - start)])
    pictures = rearrange(torch.cat(parts, 1), "batch time channel height width -> batch time height width channel")
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def _noise(
    frames: int, layers: UInt8[Tensor, "batch time layer height width"], generators: Sequence[torch.Generator]
) -> Float[Tensor, "batch frames 3 height width"]:
    shape = (frames, 3, *layers.shape[-2:])
    drawn = [torch.randn(shape, generator=generator) for _, generator in zip(layers, generators, strict=True)]
    return torch.stack(drawn).to(layers.device)
