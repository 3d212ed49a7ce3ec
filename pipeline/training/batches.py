"""Training batches of each network: crops, windows and clips from footage, drawn with a seed."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from conditioning.ego_actions import driven
from conditioning.layers.control_layers import LAYERS
from models.decoder.diffusion import TrainingWindow
from models.decoder.reprojection import CameraPath
from models.pixels import signed
from pipeline.training.training_data import Footage
from scenarios.rollout import FRAME_RATE_HZ

NEARNESS = LAYERS.index("foreground_nearness")
TOKEN_PX = 16
CROP = (80, 128)  # a third of a picture, in whole tokens; bodies are a larger share of it than of the whole picture
OBJECT_CLIPS, OBJECT_FRAMES = 4, 2  # of a batch of the detector, each drawn once
BODY_SHARE = 0.8  # share of crops that are placed on a body
NO_SCENERY = 0.15  # share of windows whose layers have no scenery, as for a log
NO_COLOUR = 0.25  # share of windows whose layers have no body colours
COLOUR = slice(LAYERS.index("colour_red"), LAYERS.index("colour_known") + 1)
SCENERY = slice(LAYERS.index("building"), LAYERS.index("tree") + 1)


Batch = TypeVar("Batch")


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Copy a batch, a dataclass of tensors (or of such dataclasses) or a tuple or dict of tensors, to a device."""
    return cast(Batch, _copied(batch, device))  # a copy is of the same type


def _copied(batch: object, device: torch.device) -> object:
    match batch:
        case Tensor():
            return batch.to(device)
        case tuple():
            return tuple(_copied(value, device) for value in batch)
        case dict():
            return {name: _copied(value, device) for name, value in batch.items()}
        case _ if is_dataclass(batch) and not isinstance(batch, type):
            return replace(batch, **{f.name: _copied(getattr(batch, f.name), device) for f in fields(batch)})
    raise TypeError(f"{type(batch).__name__} is no batch")


@dataclass(frozen=True)
class CropPlace:
    """The position of a crop: clip, first frame, and rows and columns."""

    clip: int
    frame: int
    rows: slice
    columns: slice


def body_weight(nearness: UInt8[np.ndarray, "... height width"], strength: float) -> Float[Tensor, "... height width"]:
    """Loss weights of mean 1: bodies have `strength` times the background's, distant (small) bodies more."""
    near = torch.from_numpy(np.ascontiguousarray(nearness)).float() / 255
    weight = 1 + (near > 0) * (strength - 1) * (1.5 - near)
    return weight / weight.mean()


def random_crop(footage: Footage, rng: np.random.Generator, frames: int) -> CropPlace:
    """A random crop of `frames` frames, usually on a body, aligned to the token grid; not larger than the pictures."""
    clip = int(rng.choice(footage.ready))
    bursts, burst = footage.config.bursts, footage.config.burst
    frame = int(rng.integers(bursts) * burst + rng.integers(burst - frames + 1))
    whole = (footage.config.height, footage.config.width)
    height, width = (min(crop, full // TOKEN_PX * TOKEN_PX) for crop, full in zip(CROP, whole, strict=True))
    x, y = rng.uniform(0, footage.config.width), rng.uniform(0, footage.config.height)
    boxes = footage.boxes[clip, frame][footage.ignore[clip, frame] == 0]
    boxes = boxes[(boxes[:, 2] > boxes[:, 0])]
    if len(boxes) and rng.random() < BODY_SHARE:
        x0, y0, x1, y1 = boxes[rng.integers(len(boxes))]
        x, y = (x0 + x1) / 2 + rng.normal(0, 16), (y0 + y1) / 2 + rng.normal(0, 8)
    snap = lambda centre, size, full: int(np.clip(round((centre - size / 2) / TOKEN_PX), 0, (full - size) // TOKEN_PX))  # noqa: E731
    top = TOKEN_PX * snap(y, height, footage.config.height)
    left = TOKEN_PX * snap(x, width, footage.config.width)
    return CropPlace(clip, frame, slice(top, top + height), slice(left, left + width))


def pictures_batch(
    footage: Footage, rng: np.random.Generator, size: int, strength: float
) -> tuple[Float[Tensor, "batch 3 height width"], Float[Tensor, "batch 1 height width"]]:
    """Crops and their loss weights, half of them mirrored."""
    pictures, weights = [], []
    for p in (random_crop(footage, rng, 1) for _ in range(size)):
        picture = signed(footage.pictures[p.clip, p.frame, p.rows, p.columns])
        weight = body_weight(footage.layers[p.clip, p.frame, NEARNESS, p.rows, p.columns], strength)
        if rng.random() < 0.5:
            picture, weight = picture.flip(1), weight.flip(1)
        pictures.append(rearrange(picture, "h w c -> c h w"))
        weights.append(weight[None])
    return torch.stack(pictures), torch.stack(weights)


def layers_for_networks(
    layers: UInt8[np.ndarray, "time layer height width"], drop_scenery: bool, drop_colour: bool
) -> Float[Tensor, "time layer height width"]:
    """Layers in [-1, 1]; scenery or colours can be dropped, since logs have none."""
    values = signed(layers)
    if drop_colour:
        values[:, COLOUR] = -1
    if drop_scenery:
        facade = values[:, SCENERY].amax(1, keepdim=True) > 0
        background = slice(0, LAYERS.index("car"))
        textures = slice(LAYERS.index("texture_sin_u"), LAYERS.index("texture_cos_v") + 1)
        blank = torch.full_like(values[:, background], -1)
        blank[:, textures] = 1 / 255  # the byte 128 represents zero
        values[:, background] = torch.where(facade, blank, values[:, background])
    return values


def windows_batch(
    footage: Footage, tokens: Float[np.ndarray, "clip time digit row column"], rng: np.random.Generator, size: int,
    frames: int, strength: float,
) -> TrainingWindow:  # fmt: skip
    """Windows of consecutive clean frames, some of them without scenery in the layers."""
    pictures, layers, values, weights, poses, intrinsics = [], [], [], [], [], []
    for p in (random_crop(footage, rng, frames) for _ in range(size)):
        time = slice(p.frame, p.frame + frames)
        rows, columns = (slice(s.start // TOKEN_PX, s.stop // TOKEN_PX) for s in (p.rows, p.columns))
        pictures.append(rearrange(signed(footage.clean[p.clip, time, p.rows, p.columns]), "t h w c -> t c h w"))
        layer_crop = footage.layers[p.clip, time, :, p.rows, p.columns]
        layers.append(layers_for_networks(layer_crop, rng.random() < NO_SCENERY, rng.random() < NO_COLOUR))
        values.append(torch.from_numpy(np.array(tokens[p.clip, time, :, rows, columns], np.float32)))
        weights.append(body_weight(layer_crop[:, NEARNESS], strength)[:, None])
        camera = footage.config.camera.window(p.columns.start, p.rows.start, p.columns.stop, p.rows.stop)
        poses.append(torch.from_numpy(driven(footage.actions[p.clip, time]) @ camera.camera_to_ego))
        intrinsics.append(torch.from_numpy(camera.intrinsic))
    cameras = CameraPath(torch.stack(poses), torch.stack(intrinsics))
    return TrainingWindow(
        torch.stack(pictures), torch.stack(layers), torch.stack(values), torch.stack(weights), cameras
    )


def objects_batch(footage: Footage, rng: np.random.Generator, clips: int, frames: int) -> dict[str, Tensor]:
    """Whole pictures with boxes, `frames` from each of `clips` clips; instance numbers are unique within the batch."""
    rows: dict[str, list[np.ndarray]] = {"pictures": [], "boxes": [], "classes": [], "instances": [], "ignore": []}
    for order, clip in enumerate(rng.choice(footage.ready, clips, replace=False)):
        for frame in sorted(rng.choice(footage.config.frames, frames, replace=False)):
            for name, into in rows.items():
                values = np.array(getattr(footage, name)[clip, frame])
                into.append(values + order * 1_000 * (values >= 0) if name == "instances" else values)
    tensors = {name: torch.from_numpy(np.stack(values)) for name, values in rows.items() if name != "pictures"}
    return {"pictures": rearrange(signed(np.stack(rows["pictures"])), "b h w c -> b c h w"), **tensors}


@dataclass(frozen=True)
class Pairs:
    """Two consecutive pictures and the ego's motion at the second: speed in m/s, yaw rate in rad/s."""

    before: Float[Tensor, "batch 3 height width"]
    after: Float[Tensor, "batch 3 height width"]
    motion: Float[Tensor, "batch 2"]


def pairs_batch(footage: Footage, rng: np.random.Generator, size: int) -> Pairs:
    """Pairs from clips drawn with replacement."""
    clips = rng.choice(footage.ready, size)
    bursts, burst = footage.config.bursts, footage.config.burst
    frames = rng.integers(bursts, size=size) * burst + rng.integers(1, burst, size)
    before, after = (rearrange(signed(footage.pictures[clips, frames - back]), "b h w c -> b c h w") for back in (1, 0))
    speed, curvature = footage.actions[clips, frames].T
    return Pairs(before, after, torch.from_numpy(np.stack([speed, speed * curvature], -1)).float())


@dataclass(frozen=True)
class Clips:
    """A batch for the world model: whole clips at the token rate."""

    codes: Int[Tensor, "batch time row column"]
    layers: UInt8[Tensor, "batch time layer height width"]
    actions: Float[Tensor, "batch time 2"]
    words: Int[Tensor, "batch word"]
    t_s: Float[Tensor, "batch time"]
    weight: Float[Tensor, "batch time row column"]  # mean 1, larger on bodies


def clips_batch(
    footage: Footage, codes: Int[np.ndarray, "clip time row column"], rng: np.random.Generator, size: int, steps: int,
    strength: float,
) -> Clips:  # fmt: skip
    """`steps` token frames of each clip: consecutive, or with gaps as in the context of a long clip."""
    at_token_rate = footage.config.at_token_rate
    chosen = rng.choice(footage.ready, size)
    steps_chosen = np.stack([_places(len(at_token_rate), rng, steps) for _ in range(size)])
    frames = at_token_rate[steps_chosen]
    codes_at, layers_at, actions_at = (
        torch.from_numpy(np.array(array[chosen[:, None], frames])) for array in (codes, footage.layers, footage.actions)
    )
    layers_at[torch.from_numpy(rng.random(size) < NO_COLOUR), :, COLOUR] = 0
    t_s = torch.from_numpy(footage.moments[chosen[:, None], frames] / FRAME_RATE_HZ).float()
    near = body_weight(layers_at[:, :, NEARNESS].numpy(), strength)
    weight = F.avg_pool2d(near, TOKEN_PX)
    return Clips(codes_at, layers_at, actions_at, torch.from_numpy(np.array(footage.words[chosen])), t_s, weight)


def _places(count: int, rng: np.random.Generator, steps: int) -> Int[np.ndarray, "step"]:
    if rng.random() < 0.5:
        return np.sort(rng.choice(count, steps, replace=False))
    return rng.integers(count - steps + 1) + np.arange(steps)
