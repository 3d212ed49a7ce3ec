"""Shadows: planar shadows on the ground, buildings that block the sun, and contact shadows under bodies."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int

from conditioning.assets.scenery import Building, Scenery
from conditioning.geometry.backdrop import facade_corners
from conditioning.geometry.camera_view import CameraPose
from conditioning.geometry.raster import rasterise
from conditioning.renderer.weather import Lighting
from scenarios.numba_cache import njit
from scenarios.rollout import Rollout

_SIGHT_M = 90.0
_QUAD = np.array([[0, 1, 2], [0, 2, 3]])
_FOOT = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])


def roof_triangles(buildings: tuple[Building, ...]) -> Float[np.ndarray, "triangle 3 3"]:
    """Flat roofs. Only the sun sees them."""
    quads = [np.c_[facade_corners(b), np.full(4, b.height_m)][_QUAD] for b in buildings]
    return np.concatenate(quads or [np.zeros((0, 3, 3))])


def shadow_on_ground(
    points: Float[np.ndarray, "triangle 3 3"], view: CameraPose, light: Lighting
) -> Float[np.ndarray, "height width"]:
    """1 where a pixel's ground is in the shadow of map triangles."""
    if light.sun.max() < 0.1:
        return np.zeros((view.camera.height, view.camera.width), np.float32)
    height = points @ view.plane - view.offset
    fall = float(light.sun_direction @ view.plane)
    projected = points - np.maximum(height, 0.0)[..., None] * (light.sun_direction / fall)
    in_camera, ahead = view.to_camera_culled(projected, _SIGHT_M)
    surfaces = rasterise(in_camera[ahead], np.zeros((int(ahead.sum()), 3, 1)), view.camera)
    return (surfaces.triangle >= 0).astype(np.float32)


def contact_shadow(
    rollout: Rollout, frame: int, rows: Int[np.ndarray, "actor"], view: CameraPose
) -> Float[np.ndarray, "height width"]:
    """The share of the sky that bodies block from the ground around and below them, 0..1."""
    half = rollout.sizes[rows, :2] / 2
    reach = np.minimum(0.5, 0.3 * half.min(axis=1, initial=np.inf))[:, None]
    local = _FOOT * (half + reach)[:, None]
    c, s = np.cos(rollout.yaw_rad[frame, rows]), np.sin(rollout.yaw_rad[frame, rows])
    turn = np.stack([np.stack([c, s], -1), np.stack([-s, c], -1)], axis=-2)
    foot = np.concatenate([local @ turn, np.zeros((len(rows), 4, 1))], axis=-1) + rollout.centre[frame, rows][:, None]
    foot -= (foot @ view.plane - view.offset)[..., None] * view.plane
    # Position within the enlarged footprint, -1..1, and its size in multiples of the reach.
    multiples = np.broadcast_to(((half + reach) / reach)[:, None], (len(rows), 4, 2))
    footprint = np.concatenate([np.broadcast_to(_FOOT, (len(rows), 4, 2)), multiples], axis=-1)
    in_camera = view.to_camera(foot)[:, _QUAD].reshape(-1, 3, 3)
    surfaces = rasterise(in_camera, footprint[:, _QUAD].reshape(-1, 3, 4), view.camera)
    out = np.zeros(surfaces.depth.shape, np.float32)
    hit = surfaces.triangle >= 0
    value = surfaces.attribute[hit]
    out[hit] = np.clip((1 - np.abs(value[:, :2])) * value[:, 2:] / 1.2, 0, 1).prod(axis=-1)
    return out


@njit(cache=True, nogil=True)
@no_type_check
def _reaches_sun(points, boxes, sun, near, lit):
    for i in range(points.shape[0]):
        x = (points[i, 0, 0] + points[i, 1, 0] + points[i, 2, 0]) / 3 + near * sun[0]
        y = (points[i, 0, 1] + points[i, 1, 1] + points[i, 2, 1]) / 3 + near * sun[1]
        z = (points[i, 0, 2] + points[i, 1, 2] + points[i, 2, 2]) / 3 + near * sun[2]
        lit[i] = 1.0
        for k in range(boxes.shape[0]):
            c, s = boxes[k, 2], boxes[k, 3]
            ax, ay = (x - boxes[k, 0]) * c + (y - boxes[k, 1]) * s, (y - boxes[k, 1]) * c - (x - boxes[k, 0]) * s
            wx, wy = sun[0] * c + sun[1] * s, sun[1] * c - sun[0] * s
            wx, wy = (wx if abs(wx) > 1e-9 else 1e-9), (wy if abs(wy) > 1e-9 else 1e-9)
            x0, x1 = (-boxes[k, 4] - ax) / wx, (boxes[k, 4] - ax) / wx
            y0, y1 = (-boxes[k, 5] - ay) / wy, (boxes[k, 5] - ay) / wy
            enter, leave = max(min(x0, x1), min(y0, y1)), min(max(x0, x1), max(y0, y1))
            if leave > 0.01 and max(enter, 0.0) < min(leave, (boxes[k, 6] - z) / sun[2]):
                lit[i] = 0.0
                break


def sunlit_triangles(
    points: Float[np.ndarray, "triangle 3 3"], scenery: Scenery, light: Lighting, near_m: float
) -> Float[np.ndarray, "triangle"]:
    """1 for triangles lit by the sun past the buildings; the first `near_m` of the ray are not tested."""
    lit = np.ones(len(points))
    if light.sun.max() < 0.1 or not scenery.buildings:
        return lit
    boxes = np.array([
        (b.x_m, b.y_m, np.cos(b.yaw_rad), np.sin(b.yaw_rad), b.length_m / 2, b.width_m / 2, b.height_m)
        for b in scenery.buildings
    ])  # fmt: skip
    _reaches_sun(points, boxes, light.sun_direction, near_m, lit)
    return lit
