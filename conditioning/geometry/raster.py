"""The z-buffer rasteriser: triangles to the nearest surface per pixel."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int

from conditioning.geometry.camera import Camera
from scenarios.numba_cache import njit

NEAR_M = 0.2


@dataclass(frozen=True)
class Surfaces:
    """The nearest surface in each pixel.

    `triangle` is the row of the input triangle, -1 for none; `depth` is along the camera's z axis in metres, inf for
    none; `attribute` is the vertex attribute, interpolated with perspective.
    """

    depth: Float[np.ndarray, "height width"]
    triangle: Int[np.ndarray, "height width"]
    attribute: Float[np.ndarray, "height width attribute"]


@njit(cache=True, nogil=True)
@no_type_check
def _clip_near(points, attributes, near, out_points, out_attributes):
    """Clip at z = near (Sutherland-Hodgman); return the number of vertices kept (0, 3 or 4)."""
    kept = 0
    for i in range(3):
        j = (i + 1) % 3
        zi, zj = points[i, 2], points[j, 2]
        if zi >= near:
            out_points[kept] = points[i]
            out_attributes[kept] = attributes[i]
            kept += 1
        if (zi >= near) != (zj >= near):
            f = (near - zi) / (zj - zi)
            out_points[kept] = points[i] + f * (points[j] - points[i])
            out_attributes[kept] = attributes[i] + f * (attributes[j] - attributes[i])
            kept += 1
    return kept


@njit(cache=True, nogil=True)
@no_type_check
def _fill(p, a, row, fx, fy, cx, cy, depth, triangle, attribute):
    """Draw one clipped triangle (vertices p with attributes a) into the buffers."""
    height, width = depth.shape
    u, v, w = np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        w[i] = 1.0 / p[i, 2]
        u[i] = fx * p[i, 0] * w[i] + cx
        v[i] = fy * p[i, 1] * w[i] + cy
    area = (u[1] - u[0]) * (v[2] - v[0]) - (u[2] - u[0]) * (v[1] - v[0])
    if abs(area) < 1e-9:
        return
    # Clamped before the cast: a vertex near the image plane can be projected beyond the range of an int.
    top = max(0, int(np.ceil(max(min(v), 0.0) - 0.5)))
    bottom = min(height - 1, int(np.floor(min(max(v), float(height)) - 0.5)))
    left = max(0, int(np.ceil(max(min(u), 0.0) - 0.5)))
    right = min(width - 1, int(np.floor(min(max(u), float(width)) - 0.5)))
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            px, py = x + 0.5, y + 0.5
            b0 = ((u[1] - px) * (v[2] - py) - (u[2] - px) * (v[1] - py)) / area
            b1 = ((u[2] - px) * (v[0] - py) - (u[0] - px) * (v[2] - py)) / area
            b2 = 1.0 - b0 - b1
            if b0 < 0 or b1 < 0 or b2 < 0:
                continue
            z = 1.0 / (b0 * w[0] + b1 * w[1] + b2 * w[2])
            if z < depth[y, x]:
                depth[y, x] = z
                triangle[y, x] = row
                for k in range(attribute.shape[2]):
                    attribute[y, x, k] = z * (b0 * w[0] * a[0, k] + b1 * w[1] * a[1, k] + b2 * w[2] * a[2, k])


@njit(cache=True, nogil=True)
@no_type_check
def _rasterise(points, attributes, fx, fy, cx, cy, near, depth, triangle, attribute):
    clipped, carried = np.empty((4, 3)), np.empty((4, attributes.shape[2]))
    fan_p, fan_a = np.empty((3, 3)), np.empty((3, attributes.shape[2]))
    for row in range(points.shape[0]):
        kept = _clip_near(points[row], attributes[row], near, clipped, carried)
        for k in range(1, kept - 1):
            fan_p[0], fan_p[1], fan_p[2] = clipped[0], clipped[k], clipped[k + 1]
            fan_a[0], fan_a[1], fan_a[2] = carried[0], carried[k], carried[k + 1]
            _fill(fan_p, fan_a, row, fx, fy, cx, cy, depth, triangle, attribute)


def rasterise(
    points: Float[np.ndarray, "triangle 3 3"],
    attributes: Float[np.ndarray, "triangle 3 attribute"],
    camera: Camera,
) -> Surfaces:
    """Draw camera-frame triangles; pixel centres are at half-integers, both sides of a triangle are visible."""
    height, width = camera.height, camera.width
    depth = np.full((height, width), np.inf, np.float32)
    triangle = np.full((height, width), -1, np.int32)
    attribute = np.zeros((height, width, attributes.shape[-1]), np.float32)
    k = camera.intrinsic
    _rasterise(
        np.ascontiguousarray(points, np.float64), np.ascontiguousarray(attributes, np.float64),
        k[0, 0], k[1, 1], k[0, 2], k[1, 2], NEAR_M, depth, triangle, attribute,
    )  # fmt: skip
    return Surfaces(depth, triangle, attribute)
