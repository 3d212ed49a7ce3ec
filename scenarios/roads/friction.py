"""Forces between road and tyres: friction that varies with position, and gravity along a slope."""

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float

from scenarios.model.environment import Surface
from scenarios.numba_cache import njit

PATCH_ALONG, PATCH_ACROSS = 0.3, 0.4  # position of the four wheels as a share of length and width
_WHEELS = np.array([[a, b] for a in (PATCH_ALONG, -PATCH_ALONG) for b in (PATCH_ACROSS, -PATCH_ACROSS)])


@dataclass(frozen=True)
class Patch:
    """An area of another surface: range of s and d, metres."""

    surface: Surface
    friction: float
    s_from: float
    s_to: float
    d_from: float
    d_to: float


def friction_at(patches: tuple[Patch, ...], friction: float, s_d: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
    """The coefficient of friction at positions of a road; where patches overlap the last one applies."""
    s, d = s_d[..., 0], s_d[..., 1]
    found = np.full(s.shape, friction)
    for patch in patches:
        on = (s >= patch.s_from) & (s <= patch.s_to) & (d >= patch.d_from) & (d <= patch.d_to)
        found = np.where(on, patch.friction, found)
    return found


def wheel_contacts(
    xy: Float[np.ndarray, "*n 2"], yaw: Float[np.ndarray, "*n"], size: Float[np.ndarray, "*n 3"]
) -> Float[np.ndarray, "*n 4 2"]:
    """Contact points of the four wheels of boxes, map frame."""
    local = _WHEELS * size[..., None, :2]
    cos, sin = np.cos(yaw)[..., None], np.sin(yaw)[..., None]
    x, y = cos * local[..., 0] - sin * local[..., 1], sin * local[..., 0] + cos * local[..., 1]
    return np.stack([x, y], axis=-1) + xy[..., None, :]


@njit(cache=True, nogil=True)
@no_type_check
def gravity_along(slope_rad, yaw_rad):
    """Acceleration by gravity of a body that heads `yaw_rad` on a plane that rises along x, m/s²."""
    return -9.81 * math.sin(slope_rad) * math.cos(yaw_rad)
