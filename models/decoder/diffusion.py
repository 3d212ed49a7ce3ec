"""The decoder's diffusion: straight-line noise, clean-picture prediction, GAIA-1's four tasks, few-step sampling."""

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

TOKEN_DROPOUT = 0.05  # GAIA-1 (arXiv 2309.17080): .15; what cannot be known teaches a small network little
# Share of windows that start from nothing but noise. There the layers must be read: a half-clean picture, like a known
# neighbour, gives edges away, and a sampler of few steps decides most there.
FROM_NOISE = 0.5
EDGES = 2.0  # weight of the loss on differences between neighbours: colours come with the draft, sharpness does not
# The world model's tokens are not the tokenizer's: some windows learn with tokens a level or so off and some from
# elsewhere, so that colours are read from many tokens and edges from the layers.
MISTAKEN = 0.3  # share of windows
TOKEN_NOISE = 0.35  # most standard deviation, in quantised values (-1..1; a digit's levels are .25 or .5 apart)
TOKEN_SWAPS = 0.15  # most share of tokens taken from other windows
# It also loses what is small: a walker's tokens become those of the road. The layers alone must do for such a body.
FORGOTTEN = 0.4  # share of windows
THIN = 0.5  # of a token's cell: what covers less is lost
# Against drift over a long clip, known frames are noisy in training, and half of the time the decoder's own.
GIVEN_NOISE = 0.12  # standard deviation
WORN_COLOUR = 0.12  # most change of colour, of -1..1, that differs over the frame
WORN_CONTRAST = 0.3  # most share of contrast lost
OWN = 0.5

# Odds of GAIA-1's tasks. It trains them equally; leaning on those where nothing is known teaches the layers sooner.
ODDS = {"picture": 0.5, "video": 0.1, "forward": 0.3, "backward": 0.03, "interpolation": 0.07}
# Which frames of a window are known, for each task.
KNOWN = {
    "picture": (False,),
    "video": (False, False, False),
    "forward": (True, False, False),
    "backward": (False, False, True),
    "interpolation": (True, False, True),
}


# Tokens' quantised values to pictures: a tokenizer's own decoder.
Read = Callable[[Float[Tensor, "frames digit row column"]], Float[Tensor, "frames 3 height width"]]


@dataclass(frozen=True)
class TrainingWindow:
    """A training window of frames with what is known of them."""

    pictures: Float[Tensor, "batch time 3 height width"]
    layers: Float[Tensor, "batch time layer height width"]
    tokens: Float[Tensor, "batch time digit row column"]
    weight: Float[Tensor, "batch time 1 height width"]
    sight: CameraPath


def mistake(
    tokens: Float[Tensor, "batch time digit row column"], generator: torch.Generator
) -> Float[Tensor, "batch time digit row column"]:
    """Most windows as they are, the others with wrong tokens: a little off, or another window's."""
    batch = len(tokens)
    strength = 1 - (torch.rand(batch, 1, 1, 1, 1, generator=generator) / MISTAKEN).clamp(max=1)
    off = tokens + (TOKEN_NOISE * strength * torch.randn(tokens.shape, generator=generator)).to(tokens)
    others = tokens[torch.randperm(batch, generator=generator).to(tokens.device)].roll((1, 2), (-2, -1))
    draws = torch.rand(batch, tokens.shape[1], 1, *tokens.shape[-2:], generator=generator)
    swapped = (draws < TOKEN_SWAPS * strength).to(tokens.device)
    return torch.where(swapped, others, off.clamp(-1, 1))


def forget(
    tokens: Float[Tensor, "batch time digit row column"],
    layers: Float[Tensor, "batch time layer height width"],
    which: Regions,
    generator: torch.Generator,
) -> Float[Tensor, "batch time digit row column"]:
    """Some windows without the bodies that cover little of a cell: there the tokens are those of cells aside."""
    share = (layers[:, :, which.front].flatten(0, 1).sum(1, keepdim=True) + len(which.front)) / 2
    covered = F.avg_pool2d(share, layers.shape[-1] // tokens.shape[-1]).unflatten(0, tokens.shape[:2])
    aside = 2 if torch.rand((), generator=generator) < 0.5 else -2
    chosen = (torch.rand(len(tokens), 1, 1, 1, 1, generator=generator) < FORGOTTEN).to(tokens.device)
    return torch.where(chosen & (covered > 0.01) & (covered < THIN), tokens.roll(aside, -1), tokens)


def diffuse(
    clean: Float[Tensor, "batch time 3 height width"], level: Float[Tensor, "batch"], noise: Tensor
) -> Float[Tensor, "batch time 3 height width"]:
    """On the straight line from the clean picture (level 0) to noise (level 1), as in rectified flow."""
    t = level[:, None, None, None, None]
    return (1 - t) * clean + t * noise


def draft(read: Read, tokens: Float[Tensor, "*any digit row column"]) -> Float[Tensor, "*any 3 height width"]:
    """What the tokenizer makes of the tokens."""
    with torch.no_grad():
        pictures = read(tokens.flatten(0, -4)).float().clamp(-1, 1)
    return pictures.unflatten(0, tokens.shape[:-3])


def steer(
    layers: Float[Tensor, "batch time layer height width"],
    tokens: Float[Tensor, "batch time digit row column"],
    has_tokens: Bool[Tensor, "batch time"],
    drafts: Float[Tensor, "batch time 3 height width"],
) -> DecoderConditions:
    """Gather what a window is steered by, none of its frames being known.

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


def show(
    steering: DecoderConditions,
    frames: Float[Tensor, "batch time 3 height width"],
    known: Bool[Tensor, "batch time"],
    sight: CameraPath,
    which: Regions,
) -> DecoderConditions:
    """Tell the known ones of `frames`; every frame is shown the nearest, the earlier of two, from its own camera."""
    batch, time = known.shape
    place = torch.arange(time, device=known.device)
    distance = (place[None, :] - place[:, None]).abs() * 2 + (place[None, :] > place[:, None]).long()
    cost = torch.where(known[:, None, :], distance[None], 1_000)
    nearest = cost.argmin(-1)
    has_given = known.any(-1, keepdim=True).expand(batch, time)
    to_carry = has_given & ~known
    given = torch.where(known[:, :, None, None, None], frames, 0.0)
    agrees = known[:, :, None, None, None].to(frames.dtype).expand(-1, -1, 1, *frames.shape[-2:]).clone()
    moved = torch.zeros_like(agrees)
    if to_carry.any():
        at = lambda x: torch.take_along_dim(x, nearest[:, :, None, None, None], dim=1)[to_carry]  # noqa: E731
        motion, intrinsic = sight.between(nearest)[to_carry], sight.intrinsic.repeat_interleave(time, 0)
        ours = steering.layers[to_carry]
        seen = reproject(at(frames), at(steering.layers), ours, motion, intrinsic[to_carry.flatten()], which)
        given[to_carry], agrees[to_carry] = seen.picture, seen.agrees.to(frames.dtype)
        moved[to_carry] = seen.moved.to(frames.dtype)
    signed = ((nearest - place) * has_given).to(steering.layers.dtype)
    return replace(
        steering, given=given, agrees=agrees, moved=moved, is_given=known, distance=signed, has_given=has_given
    )


def worn(
    frames: Float[Tensor, "batch 3 height width"], generator: torch.Generator
) -> Float[Tensor, "batch 3 height width"]:
    """Real frames as they might be after seconds of being carried on: a third as they are, the others softer, paler and
    of slightly other colours, so that the decoder learns to undo both and not to hand them on."""
    batch = len(frames)
    draw = lambda *shape: torch.rand(shape, generator=generator).to(frames)  # noqa: E731
    soft = F.avg_pool2d(F.avg_pool2d(frames, 3, 1, 1, count_include_pad=False), 3, 1, 1, count_include_pad=False)
    shift = F.interpolate(WORN_COLOUR * (2 * draw(batch, 3, 2, 3) - 1), size=frames.shape[-2:], mode="bilinear")
    strength = (1.5 * draw(batch, 1, 1, 1) - 0.5).clamp(min=0)
    pale = torch.lerp(torch.lerp(frames, soft, strength), frames.mean((2, 3), keepdim=True), WORN_CONTRAST * strength)
    return (pale + strength * shift).clamp(-1, 1)


def predict_clean(model: VideoDecoder, steering: DecoderConditions) -> Float[Tensor, "batch wanted 3 height width"]:
    """The frames of a window that are not known, in one step from nothing but noise, which says nothing."""
    noise = torch.zeros_like(steering.given)
    return model(noise, noise.new_ones(len(noise)), steering, (~steering.is_given).any(0)).float()


def loss(
    model: VideoDecoder, read: Read, window: TrainingWindow, task: str, generator: torch.Generator
) -> dict[str, Tensor]:
    """Error of the predicted clean frames that were not given, for one of the tasks; "picture" wants single frames."""
    batch, time = window.pictures.shape[:2]
    device = window.pictures.device
    draw = lambda of, *shape: of(shape, generator=generator).to(device)  # noqa: E731
    known = torch.tensor(KNOWN[task], device=device).expand(batch, time)
    has_tokens = (torch.arange(time, device=device) % 2 == 0).expand(batch, time)
    has_tokens = has_tokens & (draw(torch.rand, batch, 1) >= TOKEN_DROPOUT)
    level = draw(torch.rand, batch).clamp(0.05)
    level = torch.where(draw(torch.rand, batch) < FROM_NOISE, 1.0, level)
    blur = GIVEN_NOISE * draw(torch.rand, batch, 1, 1, 1, 1)
    noise = draw(torch.randn, *window.pictures.shape)
    tokens = forget(window.tokens, window.layers, model.config.regions, generator)
    tokens = mistake(tokens, generator)
    steering = steer(window.layers, tokens, has_tokens, draft(read, tokens))
    frames = window.pictures
    if known.any() and torch.rand((), generator=generator) < OWN:
        with torch.no_grad():
            frames = model(noise, torch.ones(batch, device=device), steering).float().clamp(-1, 1)
    frames = frames + blur * draw(torch.randn, *frames.shape)
    steering = show(steering, frames, known, window.sight, model.config.regions)
    noisy = torch.where(known[:, :, None, None, None], frames, diffuse(window.pictures, level, noise))
    wanted = ~known[0]
    made = model(noisy, level, steering, wanted).float().flatten(0, 1)
    return picture_losses(made, window.pictures[:, wanted].flatten(0, 1), window.weight[:, wanted].flatten(0, 1), EDGES)


@torch.inference_mode()
def sample(
    model: VideoDecoder,
    steering: DecoderConditions,
    levels: tuple[float, ...],
    noise: Float[Tensor, "batch time 3 height width"],
) -> Float[Tensor, "batch time 3 height width"]:
    """Clean frames by deterministic steps down `levels` (first 1.0); known frames are returned as they are."""
    known, wanted = steering.is_given[:, :, None, None, None], (~steering.is_given).any(0)
    x = noise
    for here, after in zip(levels, (*levels[1:], 0.0), strict=True):
        x = torch.where(known, steering.given, x)
        clean = x.clone()
        clean[:, wanted] = model(x, torch.full((len(x),), here, device=x.device), steering, wanted).float().clamp(-1, 1)
        direction = (x - (1 - here) * clean) / here
        x = (1 - after) * clean + after * direction
    return torch.where(known, steering.given, x)
