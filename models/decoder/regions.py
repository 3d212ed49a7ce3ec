"""Regions from the layers: a soft draft's colours are averaged inside each region and do not cross its edges.

Joint bilateral filtering (Petschnigg et al. 2004) with regions as the guide: edges are those of the layers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

CELL = 4  # pixels averaged first: a draft has no finer detail
REACH = 5  # cells over which a region's colour is averaged


@dataclass(frozen=True)
class Regions:
    """Indices of the layers that define what a pixel shows: masks behind (if all are 0: sky), road paint, masks in
    front."""

    behind: tuple[int, ...]
    paint: int
    front: tuple[int, ...]
    behind_nearness: int
    front_nearness: int
    place: tuple[int, int, int]  # position on the body in front, in its own frame
    colours: tuple[int, ...]  # red, green and blue of the body in front, and whether they are known


def regions(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> Float[Tensor, "frames region height width"]:
    """The share of each pixel that belongs to each region, summing to one; layers in [-1, 1]."""
    share = (layers + 1) / 2
    front = share[:, which.front] * _in_front(layers, which)
    visible_behind = 1 - front.sum(1, keepdim=True).clamp(max=1)
    behind = share[:, which.behind].round()
    sky = 1 - behind.sum(1, keepdim=True).clamp(max=1)
    paint = share[:, which.paint, None]
    return torch.cat([front, torch.cat([behind, sky], 1) * (1 - paint) * visible_behind, paint * visible_behind], 1)


def known_colours(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> tuple[Float[Tensor, "frames 3 height width"], Float[Tensor, "frames 1 height width"]]:
    """The colour of the body in front in white light (0..1), and the share of each pixel where it is known."""
    share = (layers + 1) / 2
    *colour, known = which.colours
    coverage = share[:, which.front].sum(1, keepdim=True).clamp(max=1)
    return share[:, colour], coverage * share[:, known, None] * _in_front(layers, which)


def _in_front(
    layers: Float[Tensor, "frames layer height width"], which: Regions
) -> Float[Tensor, "frames 1 height width"]:
    nearer = layers[:, which.front_nearness] >= layers[:, which.behind_nearness]
    return nearer.to(layers.dtype)[:, None]


@torch.no_grad()
def fill_regions(
    draft: Float[Tensor, "frames 3 height width"], shares: Float[Tensor, "frames region height width"]
) -> Float[Tensor, "frames 3 height width"]:
    """Replace each region's pixels by the region's local mean colour; its interior has more weight than its edges."""
    colour, share = F.avg_pool2d(draft, CELL), F.avg_pool2d(shares, CELL)
    weight = share * _mean(share, 3).square() + 1e-6
    total = _mean(weight, REACH)
    painted = torch.zeros_like(draft)
    for channel in range(3):
        mean = _mean(weight * colour[:, channel, None], REACH) / total
        painted[:, channel] = (F.interpolate(mean, scale_factor=float(CELL), mode="bilinear") * shares).sum(1)
    return painted


def _mean(x: Float[Tensor, "frames region row column"], across: int) -> Float[Tensor, "frames region row column"]:
    return F.avg_pool2d(x, across, 1, across // 2, count_include_pad=False)
