"""Corners and centres of boxes in top view."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.numba_cache import njit


def box_corners(
    xy: Float[np.ndarray, "*n 2"], yaw: Float[np.ndarray, "*n"], size: Float[np.ndarray, "*n k"]
) -> Float[np.ndarray, "*n 4 2"]:
    """Corners of boxes in top view: front left, rear left, rear right, front right."""
    count = math.prod(yaw.shape)
    flat = corners_of(
        np.ascontiguousarray(xy, float).reshape(count, 2),
        np.ascontiguousarray(yaw, float).reshape(count),
        np.ascontiguousarray(size, float).reshape(count, size.shape[-1]),
    )
    return flat.reshape(*yaw.shape, 4, 2)


@njit(cache=True, nogil=True)
@no_type_check
def corners_of(xy, yaw, size):
    """`box_corners` of an array of boxes, compiled."""
    out = np.empty((len(yaw), 4, 2))
    for i in range(len(yaw)):
        cos, sin = math.cos(yaw[i]), math.sin(yaw[i])
        fx, fy = cos * size[i, 0] / 2, sin * size[i, 0] / 2
        lx, ly = -sin * size[i, 1] / 2, cos * size[i, 1] / 2
        out[i, 0] = xy[i, 0] + fx + lx, xy[i, 1] + fy + ly
        out[i, 1] = xy[i, 0] - fx + lx, xy[i, 1] - fy + ly
        out[i, 2] = xy[i, 0] - fx - lx, xy[i, 1] - fy - ly
        out[i, 3] = xy[i, 0] + fx - lx, xy[i, 1] + fy - ly
    return out


@njit(cache=True, nogil=True)
@no_type_check
def box_centres(poses, offset_m):
    """Box centres "actor 2" and headings "actor"; a pose is that of the reference point, `offset_m` behind it."""
    xy, yaw = np.empty((len(poses), 2)), poses[:, 2].copy()
    for i in range(len(poses)):
        xy[i, 0] = poses[i, 0] + offset_m[i] * math.cos(yaw[i])
        xy[i, 1] = poses[i, 1] + offset_m[i] * math.sin(yaw[i])
    return xy, yaw
