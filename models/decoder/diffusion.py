"""The decoder's diffusion: linear noise path, clean-picture prediction, GAIA-1's four tasks, few-step sampling."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from models.decoder.network import DecoderConditions, VideoDecoder
from models.decoder.regions import Regions
from models.decoder.reprojection import CameraPath, reproject
from models.tokens.tokenizer import picture_losses

TOKEN_DROPOUT = 0.05  # GAIA-1 (arXiv 2309.17080): .15; a small network learns little from unknowable colours
# Share of windows that start from pure noise. They force the network to read the layers: a half-clean picture or a
# known neighbour shows the edges, and most of a few-step sampler's decisions are made at pure noise.
FROM_NOISE = 0.5
EDGES = 2.0  # weight of the loss on differences between neighbours: the draft has the colours, but it is not sharp
# The world model's tokens contain errors. Some windows are trained with tokens about a level off and some tokens from
# elsewhere, so that the network takes colours from many tokens and edges from the layers.
CORRUPTED_SHARE = 0.3  # share of windows
TOKEN_NOISE = 0.35  # maximum standard deviation, in quantised values (-1..1; a digit's levels are .25 or .5 apart)
TOKEN_SWAPS = 0.15  # maximum share of tokens taken from other windows
# The world model also loses small bodies: a pedestrian's tokens become those of the road. The layers must suffice.
DROPPED_BODIES_SHARE = 0.4  # share of windows
SMALL_BODY = 0.5  # share of a token's cell; bodies that cover less are dropped
# Against drift over a long clip, known frames in training are noisy, and half of them are the decoder's own.
KNOWN_FRAME_NOISE = 0.12  # standard deviation
DEGRADED_COLOUR = 0.12  # maximum change of colour, of -1..1, varying over the frame
DEGRADED_CONTRAST = 0.3  # maximum share of contrast lost
OWN_FRAMES_SHARE = 0.5  # share of windows whose known frames are the decoder's own

# Probabilities of GAIA-1's tasks. GAIA-1 trains them equally; tasks without known frames train the layers faster.
ODDS = {"picture": 0.5, "video": 0.1, "forward": 0.3, "backward": 0.03, "interpolation": 0.07}
# Which frames of a window are known, for each task.
KNOWN = {
    "picture": (False,),
    "video": (False, False, False),
    "forward": (True, False, False),
    "backward": (False, False, True),
    "interpolation": (True, False, True),
}


# From the tokens' quantised values to pictures: the tokenizer's decoder.
TokenDecoder = Callable[[Float[Tensor, "frames digit row column"]], Float[Tensor, "frames 3 height width"]]


@dataclass(frozen=True)
class TrainingWindow:
    """Frames for training, with their conditions."""

    pictures: Float[Tensor, "batch time 3 height width"]
    layers: Float[Tensor, "batch time layer height width"]
    tokens: Float[Tensor, "batch time digit row column"]
    weight: Float[Tensor, "batch time 1 height width"]
    cameras: CameraPath


def corrupt_tokens(
    tokens: Float[Tensor, "batch time digit row column"], generator: torch.Generator
) -> Float[Tensor, "batch time digit row column"]:
    """Add errors to the tokens of some windows: noise on the values, and tokens of other windows."""
    batch = len(tokens)
    strength = 1 - (torch.rand(batch, 1, 1, 1, 1, generator=generator) / CORRUPTED_SHARE).clamp(max=1)
    off = tokens + (TOKEN_NOISE * strength * torch.randn(tokens.shape, generator=generator)).to(tokens)
    others = tokens[torch.randperm(batch, generator=generator).to(tokens.device)].roll((1, 2), (-2, -1))
    draws = torch.rand(batch, tokens.shape[1], 1, *tokens.shape[-2:], generator=generator)
    swapped = (draws < TOKEN_SWAPS * strength).to(tokens.device)
    return torch.where(swapped, others, off.clamp(-1, 1))


def drop_small_bodies(
    tokens: Float[Tensor, "batch time digit row column"],
    layers: Float[Tensor, "batch time layer height width"],
    which: Regions,
    generator: torch.Generator,
) -> Float[Tensor, "batch time digit row column"]:
    """In some windows, replace the tokens of bodies that cover little of a cell by the tokens beside it."""
    share = (layers[:, :, which.front].flatten(0, 1).sum(1, keepdim=True) + len(which.front)) / 2
    coverage = F.avg_pool2d(share, layers.shape[-1] // tokens.shape[-1]).unflatten(0, tokens.shape[:2])
    offset = 2 if torch.rand((), generator=generator) < 0.5 else -2
    chosen = (torch.rand(len(tokens), 1, 1, 1, 1, generator=generator) < DROPPED_BODIES_SHARE).to(tokens.device)
    return torch.where(chosen & (coverage > 0.01) & (coverage < SMALL_BODY), tokens.roll(offset, -1), tokens)


def add_noise(
    clean: Float[Tensor, "batch time 3 height width"], level: Float[Tensor, "batch"], noise: Tensor
) -> Float[Tensor, "batch time 3 height width"]:
    """The point at `level` on the line from the clean picture (0) to noise (1), as in rectified flow."""
    t = level[:, None, None, None, None]
    return (1 - t) * clean + t * noise


def decode_draft(
    read: TokenDecoder, tokens: Float[Tensor, "*any digit row column"]
) -> Float[Tensor, "*any 3 height width"]:
    """The tokenizer's pictures of the tokens."""
    with torch.no_grad():
        pictures = read(tokens.flatten(0, -4)).float().clamp(-1, 1)
    return pictures.unflatten(0, tokens.shape[:-3])


def build_conditions(
    layers: Float[Tensor, "batch time layer height width"],
    tokens: Float[Tensor, "batch time digit row column"],
    has_tokens: Bool[Tensor, "batch time"],
    drafts: Float[Tensor, "batch time 3 height width"],
) -> DecoderConditions:
    """Assemble the conditions of a window without known frames.

    Frames without tokens get the mean of the other frames' drafts, or zeros.
    """
    has = has_tokens[:, :, None, None, None].to(drafts.dtype)
    others = (drafts * has).sum(1, keepdim=True) / has.sum(1, keepdim=True).clamp(min=1)
    sketch = has * drafts + (1 - has) * others
    nothing = torch.zeros_like(has_tokens)
    unknown = torch.zeros_like(sketch)
    no_map, no_distance = unknown[:, :, :1], nothing.to(layers.dtype)
    return DecoderConditions(
        layers, tokens, has_tokens, sketch, unknown, no_map, no_map, nothing, no_distance, nothing
    )  # fmt: skip


def add_known_frames(
    conditions: DecoderConditions,
    frames: Float[Tensor, "batch time 3 height width"],
    known: Bool[Tensor, "batch time"],
    cameras: CameraPath,
    which: Regions,
) -> DecoderConditions:
    """Add the known ones of `frames`: each frame gets the nearest, or the earlier of two, reprojected to its camera."""
    batch, time = known.shape
    place = torch.arange(time, device=known.device)
    distance = (place[None, :] - place[:, None]).abs() * 2 + (place[None, :] > place[:, None]).long()
    cost = torch.where(known[:, None, :], distance[None], 1_000)
    nearest = cost.argmin(-1)
    has_given = known.any(-1, keepdim=True).expand(batch, time)
    to_reproject = has_given & ~known
    given = torch.where(known[:, :, None, None, None], frames, 0.0)
    agrees = known[:, :, None, None, None].to(frames.dtype).expand(-1, -1, 1, *frames.shape[-2:]).clone()
    moved = torch.zeros_like(agrees)
    if to_reproject.any():
        at = lambda x: torch.take_along_dim(x, nearest[:, :, None, None, None], dim=1)[to_reproject]  # noqa: E731
        motion, intrinsic = cameras.between(nearest)[to_reproject], cameras.intrinsic.repeat_interleave(time, 0)
        target = conditions.layers[to_reproject]
        result = reproject(at(frames), at(conditions.layers), target, motion, intrinsic[to_reproject.flatten()], which)
        given[to_reproject], agrees[to_reproject] = result.picture, result.agrees.to(frames.dtype)
        moved[to_reproject] = result.moved.to(frames.dtype)
    signed = ((nearest - place) * has_given).to(conditions.layers.dtype)
    return replace(
        conditions, given=given, agrees=agrees, moved=moved, is_given=known, distance=signed, has_given=has_given
    )


def degrade_frames(
    frames: Float[Tensor, "batch 3 height width"], generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Degrade real frames as repeated reprojection would: a third unchanged, the others softer, with less contrast and
    shifted colours. The decoder learns to correct this instead of passing it on."""
    batch = len(frames)
    draw = lambda *shape: torch.rand(shape, generator=generator).to(frames)  # noqa: E731
    soft = F.avg_pool2d(F.avg_pool2d(frames, 3, 1, 1, count_include_pad=False), 3, 1, 1, count_include_pad=False)
    shift = F.interpolate(DEGRADED_COLOUR * (2 * draw(batch, 3, 2, 3) - 1), size=frames.shape[-2:], mode="bilinear")
    strength = (1.5 * draw(batch, 1, 1, 1) - 0.5).clamp(min=0)
    pale = torch.lerp(
        torch.lerp(frames, soft, strength), frames.mean((2, 3), keepdim=True), DEGRADED_CONTRAST * strength
    )
    return (pale + strength * shift).clamp(-1, 1)


def predict_clean(model: VideoDecoder, conditions: DecoderConditions) -> Float[Tensor, "batch wanted 3 height width"]:
    """Predict the unknown frames of a window in one step from pure noise, whose input is zero."""
    noise = torch.zeros_like(conditions.given)
    return model(noise, noise.new_ones(len(noise)), conditions, (~conditions.is_given).any(0)).float()


def diffusion_loss(
    model: VideoDecoder, read: TokenDecoder, window: TrainingWindow, task: str, generator: torch.Generator
) -> dict[str, Tensor]:
    """Error of the predicted clean frames that are not known, for one task; "picture" needs single frames."""
    batch, time = window.pictures.shape[:2]
    device = window.pictures.device
    draw = lambda of, *shape: of(shape, generator=generator).to(device)  # noqa: E731
    known = torch.tensor(KNOWN[task], device=device).expand(batch, time)
    has_tokens = (torch.arange(time, device=device) % 2 == 0).expand(batch, time)
    has_tokens = has_tokens & (draw(torch.rand, batch, 1) >= TOKEN_DROPOUT)
    level = draw(torch.rand, batch).clamp(0.05)
    level = torch.where(draw(torch.rand, batch) < FROM_NOISE, 1.0, level)
    blur = KNOWN_FRAME_NOISE * draw(torch.rand, batch, 1, 1, 1, 1)
    noise = draw(torch.randn, *window.pictures.shape)
    tokens = drop_small_bodies(window.tokens, window.layers, model.config.regions, generator)
    tokens = corrupt_tokens(tokens, generator)
    conditions = build_conditions(window.layers, tokens, has_tokens, decode_draft(read, tokens))
    frames = window.pictures
    if known.any() and torch.rand((), generator=generator) < OWN_FRAMES_SHARE:
        with torch.no_grad():
            frames = model(noise, torch.ones(batch, device=device), conditions).float().clamp(-1, 1)
    frames = frames + blur * draw(torch.randn, *frames.shape)
    conditions = add_known_frames(conditions, frames, known, window.cameras, model.config.regions)
    noisy = torch.where(known[:, :, None, None, None], frames, add_noise(window.pictures, level, noise))
    unknown = ~known[0]
    predicted = model(noisy, level, conditions, unknown).float().flatten(0, 1)
    return picture_losses(
        predicted, window.pictures[:, unknown].flatten(0, 1), window.weight[:, unknown].flatten(0, 1), EDGES
    )


@torch.inference_mode()
def sample_frames(
    model: VideoDecoder,
    conditions: DecoderConditions,
    levels: tuple[float, ...],
    noise: Float[Tensor, "batch time 3 height width"],
) -> Float[Tensor, "batch time 3 height width"]:
    """Sample clean frames by deterministic steps down `levels` (first 1.0); known frames are returned unchanged."""
    known, unknown = conditions.is_given[:, :, None, None, None], (~conditions.is_given).any(0)
    x = noise
    for level, next_level in zip(levels, (*levels[1:], 0.0), strict=True):
        x = torch.where(known, conditions.given, x)
        clean = x.clone()
        clean[:, unknown] = (
            model(x, torch.full((len(x),), level, device=x.device), conditions, unknown).float().clamp(-1, 1)
        )
        direction = (x - (1 - level) * clean) / level
        x = (1 - next_level) * clean + next_level * direction
    return torch.where(known, conditions.given, x)
