"""Drawing a clip window by window: the first frame as a picture, then three frames at a time from the last one."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder.diffusion import add_known_frames, build_conditions
from models.decoder.network import WINDOW, DecoderConditions
from models.decoder.regions import Regions
from models.decoder.reprojection import CameraPath, reproject_background

STRIDE = WINDOW - 1  # frames from a window's start to the next one's
ANCHORED = 4  # windows that take their background from one frame


@dataclass(frozen=True)
class DecoderInputs:
    """The inputs of a batch of clips: 12 Hz layers, bytes or in [-1, 1]; 6 Hz tokens and their drafts."""

    layers: UInt8[Tensor, "batch time layer height width"] | Float[Tensor, "batch time layer height width"]
    tokens: Float[Tensor, "batch step digit row column"]
    drafts: Float[Tensor, "batch step 3 height width"]
    cameras: CameraPath

    def layers_at(self, frames: Tensor) -> Float[Tensor, "batch window layer height width"]:
        """The layers of some frames in [-1, 1]."""
        chosen = self.layers[:, frames]
        return chosen if chosen.is_floating_point() else chosen.float() / 127.5 - 1


def first_frame_conditions(inputs: DecoderInputs) -> DecoderConditions:
    """The conditions of the first frame if it is not known."""
    place = torch.arange(1, device=inputs.layers.device)
    has_tokens = (place == 0).expand(len(inputs.layers), -1)
    return build_conditions(inputs.layers_at(place), inputs.tokens[:, :1], has_tokens, inputs.drafts[:, :1])


@dataclass(frozen=True)
class Anchor:
    """An earlier frame from which the background is reprojected.

    Reprojection from frame to frame would interpolate the background each time, and blur it.
    """

    picture: Float[Tensor, "batch 3 height width"]
    frame: int

    def renewed(self, last: Float[Tensor, "batch 3 height width"], start: int) -> "Anchor":
        """The anchor of the window that starts with `last` at `start`: renewed every `ANCHORED` windows."""
        return Anchor(last, start) if start % (ANCHORED * STRIDE) == 0 else self


def window_conditions(
    inputs: DecoderInputs, start: int, last: Float[Tensor, "batch 3 height width"], anchor: Anchor, which: Regions
) -> DecoderConditions:
    """The conditions of the frames `start` (even), `start` + 1 and `start` + 2, of which the first is known as `last`.

    If the number of frames is even, the third frame of the last window repeats the second.
    """
    batch, time = inputs.layers.shape[:2]
    places = start + torch.arange(WINDOW, device=inputs.layers.device)
    frames = places.clamp(max=time - 1)
    token_index = (places // STRIDE).clamp(max=inputs.tokens.shape[1] - 1)
    flags = lambda row: row.expand(batch, -1)  # noqa: E731
    has_tokens = flags((places % STRIDE == 0) & (places < time))
    conditions = build_conditions(
        inputs.layers_at(frames), inputs.tokens[:, token_index], has_tokens, inputs.drafts[:, token_index]
    )
    known_frames = last[:, None].expand(-1, WINDOW, -1, -1, -1)
    window_cameras = CameraPath(inputs.cameras.poses[:, frames], inputs.cameras.intrinsic)
    conditions = add_known_frames(conditions, known_frames, flags(places == start), window_cameras, which)
    return conditions if anchor.frame == start else _anchored(conditions, inputs, frames, anchor, which)


def _anchored(
    conditions: DecoderConditions, inputs: DecoderInputs, frames: Tensor, anchor: Anchor, which: Regions
) -> DecoderConditions:
    """Take the background of the unknown frames from the anchor, where it is visible there."""
    batch, unknown = len(conditions.layers), len(frames) - 1
    each = lambda x: x[:, None].expand(-1, unknown, *[-1] * (x.ndim - 1)).flatten(0, 1)  # noqa: E731
    anchor_layers = inputs.layers_at(torch.tensor([anchor.frame], device=frames.device))[:, 0]
    poses = inputs.cameras.poses
    motion = torch.linalg.inv(poses[:, anchor.frame, None]) @ poses[:, frames[1:]]
    layers = conditions.layers[:, 1:].flatten(0, 1)
    arguments = (
        each(anchor.picture),
        each(anchor_layers),
        layers,
        motion.flatten(0, 1),
        each(inputs.cameras.intrinsic),
        which,
    )
    result = reproject_background(*arguments)
    where = result.agrees.unflatten(0, (batch, unknown))

    def replaced(old: Tensor, new: Tensor) -> Tensor:
        return torch.cat([old[:, :1], torch.where(where, new.unflatten(0, (batch, unknown)).to(old), old[:, 1:])], 1)

    given, moved = replaced(conditions.given, result.picture), replaced(conditions.moved, result.moved)
    return replace(conditions, given=given, agrees=replaced(conditions.agrees, result.agrees), moved=moved)
