"""Optical flow in closed form (Lucas and Kanade, 1981), at several sizes of motion."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

CELL = 4  # pixels per cell of the flow maps
DAMPING = 3e-3  # squared gradient per pixel of a picture in [-1, 1], below which flow is unreliable
LIMIT_PX = 4.0  # in averaged pixels; the linearisation is invalid beyond


def flow_maps(
    before: Float[Tensor, "batch 3 height width"], after: Float[Tensor, "batch 3 height width"], sizes: tuple[int, ...]
) -> Float[Tensor, "batch map row column"]:
    """Flow to the right and down for each size, in averaged pixels; then the confidence of each, 0..1.

    A size is the number of pixels averaged into one before flow is measured. Swapping the pictures negates the flow
    and does not change the confidence.
    """
    grey_before, grey_after = before.float().mean(1, keepdim=True), after.float().mean(1, keepdim=True)
    shape = (before.shape[-2] // CELL, before.shape[-1] // CELL)
    vectors, trusts = [], []
    for size in sizes:
        flow, trust = _flow(F.avg_pool2d(grey_before, size), F.avg_pool2d(grey_after, size), max(CELL // size, 1))
        vectors.append(F.interpolate(flow, shape))
        trusts.append(F.interpolate(trust, shape))
    return torch.cat(vectors + trusts, 1)


def _flow(
    first: Float[Tensor, "batch 1 h w"], second: Float[Tensor, "batch 1 h w"], pool: int
) -> tuple[Float[Tensor, "batch 2 row column"], Float[Tensor, "batch 1 row column"]]:
    """Least squares over neighbourhoods of 3 x 3 cells of `pool` pixels."""
    middle = F.pad((first + second) / 2, (1, 1, 1, 1), mode="replicate")
    slope_x = (middle[..., 1:-1, 2:] - middle[..., 1:-1, :-2]) / 2
    slope_y = (middle[..., 2:, 1:-1] - middle[..., :-2, 1:-1]) / 2
    change = second - first
    products = torch.cat([slope_x**2, slope_y**2, slope_x * slope_y, slope_x * change, slope_y * change], 1)
    xx, yy, xy, xt, yt = F.avg_pool2d(F.avg_pool2d(products, pool), 3, 1, 1, count_include_pad=False).split(1, 1)
    xx, yy = xx + DAMPING, yy + DAMPING
    determinant = xx * yy - xy**2
    flow = torch.cat([xy * yt - yy * xt, xy * xt - xx * yt], 1) / determinant
    return flow.clamp(-LIMIT_PX, LIMIT_PX), 1 - DAMPING * (xx + yy) / determinant / 2
