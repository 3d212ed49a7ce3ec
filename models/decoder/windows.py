"""How a clip is drawn window by window: the first frame as a picture, then three frames at a time from the last one."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from models.decoder.diffusion import show, steer
from models.decoder.network import WINDOW, DecoderConditions
from models.decoder.regions import Regions
from models.decoder.reprojection import CameraPath, reproject_background

STRIDE = WINDOW - 1  # frames from a window's start to the next one's
ANCHORED = 4  # windows that carry their background from one frame


@dataclass(frozen=True)
class Script:
    """What a batch of clips is drawn from: 12 Hz layers, bytes or in [-1, 1]; 6 Hz tokens and what they look like."""

    layers: UInt8[Tensor, "batch time layer height width"] | Float[Tensor, "batch time layer height width"]
    tokens: Float[Tensor, "batch step digit row column"]
    drafts: Float[Tensor, "batch step 3 height width"]
    sight: CameraPath

    def layers_at(self, frames: Tensor) -> Float[Tensor, "batch window layer height width"]:
        """Layers as the decoder takes them."""
        chosen = self.layers[:, frames]
        return chosen if chosen.is_floating_point() else chosen.float() / 127.5 - 1


def first_frame(script: Script) -> DecoderConditions:
    """For the first frame alone, when no picture of it is known."""
    place = torch.arange(1, device=script.layers.device)
    has_tokens = (place == 0).expand(len(script.layers), -1)
    return steer(script.layers_at(place), script.tokens[:, :1], has_tokens, script.drafts[:, :1])


@dataclass(frozen=True)
class Anchor:
    """A frame of some windows ago from which the background is carried on.

    Carried from frame to frame, it would be looked up between pixels each time, and blur.
    """

    picture: Float[Tensor, "batch 3 height width"]
    frame: int

    def renewed(self, last: Float[Tensor, "batch 3 height width"], start: int) -> "Anchor":
        """The anchor of the window that starts with `last` at `start`: that frame after so many windows, else this."""
        return Anchor(last, start) if start % (ANCHORED * STRIDE) == 0 else self


def window_from(
    script: Script, start: int, last: Float[Tensor, "batch 3 height width"], anchor: Anchor, which: Regions
) -> DecoderConditions:
    """For the frames `start` (even), `start` + 1 and `start` + 2, of which the first is known to be `last`.

    A clip of an even number of frames ends inside its last window, whose third frame is then the second again.
    """
    batch, time = script.layers.shape[:2]
    places = start + torch.arange(WINDOW, device=script.layers.device)
    frames = places.clamp(max=time - 1)
    told = (places // STRIDE).clamp(max=script.tokens.shape[1] - 1)
    flags = lambda row: row.expand(batch, -1)  # noqa: E731
    has_tokens = flags((places % STRIDE == 0) & (places < time))
    steering = steer(script.layers_at(frames), script.tokens[:, told], has_tokens, script.drafts[:, told])
    shown = last[:, None].expand(-1, WINDOW, -1, -1, -1)
    here = CameraPath(script.sight.poses[:, frames], script.sight.intrinsic)
    steering = show(steering, shown, flags(places == start), here, which)
    return steering if anchor.frame == start else _anchored(steering, script, frames, anchor, which)


def _anchored(
    steering: DecoderConditions, script: Script, frames: Tensor, anchor: Anchor, which: Regions
) -> DecoderConditions:
    """The background of the frames that are not known carried from the anchor, where that shows it."""
    batch, unknown = len(steering.layers), len(frames) - 1
    each = lambda x: x[:, None].expand(-1, unknown, *[-1] * (x.ndim - 1)).flatten(0, 1)  # noqa: E731
    theirs = script.layers_at(torch.tensor([anchor.frame], device=frames.device))[:, 0]
    poses = script.sight.poses
    motion = torch.linalg.inv(poses[:, anchor.frame, None]) @ poses[:, frames[1:]]
    ours = steering.layers[:, 1:].flatten(0, 1)
    told = (each(anchor.picture), each(theirs), ours, motion.flatten(0, 1), each(script.sight.intrinsic), which)
    seen = reproject_background(*told)
    where = seen.agrees.unflatten(0, (batch, unknown))

    def instead(of: Tensor, new: Tensor) -> Tensor:
        return torch.cat([of[:, :1], torch.where(where, new.unflatten(0, (batch, unknown)).to(of), of[:, 1:])], 1)

    given, moved = instead(steering.given, seen.picture), instead(steering.moved, seen.moved)
    return replace(steering, given=given, agrees=instead(steering.agrees, seen.agrees), moved=moved)
