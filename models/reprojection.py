"""A known frame as it would look from another instant's camera: what stands still moves as the layers' depth says."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

NEARNESS_M = 3.0  # a nearness layer holds sqrt(min(1, NEARNESS_M / depth)) as 0..1


@dataclass(frozen=True)
class Sight:
    """Where the camera of a window of frames is, in double precision, which autocast leaves alone."""

    poses: Float[Tensor, "batch time 4 4"]  # camera (x right, y down, z forward) to a fixed frame, metres
    intrinsic: Float[Tensor, "batch 3 3"]  # pixels of the layers

    def between(self, nearest: Tensor) -> Float[Tensor, "batch time 4 4"]:
        """From every frame's camera to that of the frame at `nearest` (Int "batch time")."""
        theirs = torch.take_along_dim(self.poses, nearest[:, :, None, None], dim=1)
        return torch.linalg.inv(theirs) @ self.poses


def reproject(
    picture: Float[Tensor, "frames 3 height width"],
    nearness: Float[Tensor, "frames height width"],
    still: Bool[Tensor, "frames height width"],
    motion: Float[Tensor, "frames 4 4"],
    intrinsic: Float[Tensor, "frames 3 3"],
) -> Float[Tensor, "frames 3 height width"]:
    """Another frame's `picture` seen by this frame's camera, whose pixels show surfaces of this `nearness` (0..1).

    `motion` leads from this camera to the picture's. Pixels that are not `still` are taken from the same place.
    """
    height, width = picture.shape[-2:]
    here = torch.stack(torch.meshgrid(torch.arange(width), torch.arange(height), indexing="xy")).to(nearness) + 0.5
    ones = torch.ones_like(here[:1])
    rays = torch.linalg.inv(intrinsic) @ torch.cat([here, ones]).flatten(1).double()
    moved = motion[:, :3, :3] @ rays + motion[:, :3, 3:] * (nearness.double().square() / NEARNESS_M).flatten(1)[:, None]
    seen = intrinsic @ moved
    there = (seen[:, :2] / seen[:, 2:].clamp(min=1e-3)).unflatten(-1, (height, width)).to(here)
    there = torch.where(still[:, None] & (seen[:, 2].unflatten(-1, (height, width)) > 0)[:, None], there, here)
    size = torch.tensor([width, height], device=there.device).to(there)
    grid = there.movedim(1, -1) * 2 / size - 1
    return F.grid_sample(picture.float(), grid.float(), padding_mode="border", align_corners=False).to(picture.dtype)
