"""A whole clip from tokens and layers: the first frame as a picture, then windows that go on from the last frame."""

import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder import WINDOW, VideoDecoder
from models.diffusion import Read, sample, show, steer

LEVELS = (1.0, 0.4)  # noise levels of the few steps taken


def as_steering(layers: UInt8[Tensor, "*any layer height width"]) -> Float[Tensor, "*any layer height width"]:
    """Layers as the decoder takes them, bytes to -1..1."""
    return layers.float() / 127.5 - 1


@torch.inference_mode()
def render(
    decoder: VideoDecoder,
    read: Read,
    tokens: Float[Tensor, "step digit row column"],
    layers: UInt8[Tensor, "time layer height width"],
    generator: torch.Generator,
    levels: tuple[float, ...] = LEVELS,
) -> UInt8[Tensor, "time height width 3"]:
    """12 Hz pictures from 6 Hz tokens (quantised values) and 12 Hz layers.

    `read` is the decoder of the tokenizer that the tokens come from.

    Every other frame has tokens; the frames between are interpolated by the same windows.
    """
    time, height, width = layers.shape[0], *layers.shape[-2:]
    if len(tokens) != (time + 1) // 2:
        raise ValueError(f"{time} frames need {(time + 1) // 2} token frames, found {len(tokens)}")
    draw = lambda count: torch.randn(1, count, 3, height, width, generator=generator)  # noqa: E731
    made = [_picture(decoder, read, tokens[:1], layers[:1], draw(1), levels)]
    for start in range(0, time - 1, 2):
        frames = range(start, start + WINDOW)
        inside = [min(frame, time - 1) for frame in frames]  # a clip of even length ends inside a window
        has_tokens = torch.tensor([[frame % 2 == 0 and frame < time for frame in frames]])
        values = torch.stack([tokens[min(frame // 2, len(tokens) - 1)] for frame in frames])
        known = torch.tensor([[True, False, False]])
        steering = steer(read, as_steering(layers[inside])[None], values[None], has_tokens)
        steering = show(steering, torch.stack([made[start]] * WINDOW)[None], known)
        with torch.autocast("cpu", torch.bfloat16):
            window = sample(decoder, steering, levels, draw(WINDOW))[0]
        made.extend(window[1 : 1 + min(2, time - 1 - start)])
    pictures = rearrange(torch.stack(made), "time channel height width -> time height width channel")
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def _picture(decoder, read, tokens, layers, noise, levels) -> Float[Tensor, "3 height width"]:
    steering = steer(read, as_steering(layers)[None], tokens[None], torch.tensor([[True]]))
    with torch.autocast("cpu", torch.bfloat16):
        return sample(decoder, steering, levels, noise)[0, 0]
