"""A whole clip from tokens and layers: the first frame as a picture, then windows that go on from the last frame."""

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
    tokens: Float[Tensor, "step digit row column"],
    layers: UInt8[Tensor, "time layer height width"],
    sight: Sight,
    generator: torch.Generator,
    levels: tuple[float, ...] = LEVELS,
) -> UInt8[Tensor, "time height width 3"]:
    """12 Hz pictures from 6 Hz tokens (quantised values) and 12 Hz layers.

    `read` is the decoder of the tokenizer that the tokens come from, `sight` one clip's cameras.

    Every other frame has tokens; the frames between are interpolated by the same windows.
    """
    time, height, width = layers.shape[0], *layers.shape[-2:]
    if len(tokens) != (time + 1) // 2:
        raise ValueError(f"{time} frames need {(time + 1) // 2} token frames, found {len(tokens)}")
    draw = lambda count: torch.randn(1, count, 3, height, width, generator=generator)  # noqa: E731
    with computing():
        drafts = draft(read, tokens)
        first = steer(as_steering(layers[:1])[None], tokens[None, :1], torch.tensor([[True]]), drafts[None, :1])
        made = [*sample(decoder, first, levels, draw(1))[0]]
        for start in range(0, time - 1, 2):
            frames = [min(start + place, time - 1) for place in range(WINDOW)]  # an even clip ends inside a window
            steps = [min((start + place) // 2, len(tokens) - 1) for place in range(WINDOW)]
            has_tokens = torch.tensor([[place % 2 == 0 and start + place < time for place in range(WINDOW)]])
            steering = steer(as_steering(layers[frames])[None], tokens[None, steps], has_tokens, drafts[None, steps])
            known = torch.tensor([[True, False, False]])
            shown = made[start].expand(1, WINDOW, -1, -1, -1)
            here = Sight(sight.poses[:, frames], sight.intrinsic)
            window = sample(decoder, show(steering, shown, known, here, decoder.config.regions), levels, draw(WINDOW))
            made.extend(window[0, 1 : 1 + min(2, time - 1 - start)])
    pictures = rearrange(torch.stack(made), "time channel height width -> time height width channel")
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
