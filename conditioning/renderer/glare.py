"""Glare: the sun in the camera's view adds light that is scattered in the lens."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.scenery import Scenery
from conditioning.geometry.camera_view import CameraPose
from conditioning.renderer.shadows import sunlit_triangles
from conditioning.renderer.weather import Lighting

# Scattered light in an eye is 10 E / theta^2 (theta in degrees, CIE 146:2002), in our units 31 sun / theta^2; a clean
# lens scatters about a quarter of that. Within the angle of the sun's glow it is constant.
SCATTER, GLOW_DEG = 8.0, 3.0


def add_glare(
    radiance: Float[np.ndarray, "height width 3"], light: Lighting, view: CameraPose, scenery: Scenery
) -> Float[np.ndarray, "height width 3"]:
    """Add glare, unless a building is between the camera and the sun."""
    sun = light.sun_direction
    if light.cloud >= 0.9 or not sunlit_triangles(np.tile(view.origin, (1, 3, 1)), scenery, light, 0.0)[0]:
        return radiance
    height, width = radiance.shape[:2]
    camera = view.camera.resized(height, width)
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    focal, middle = camera.intrinsic[[0, 1], [0, 1]], camera.intrinsic[:2, 2]
    rays = np.stack([(columns - middle[0]) / focal[0], (rows - middle[1]) / focal[1], np.ones_like(columns)], -1)
    facing = rays @ (view.rotation.T @ sun) / np.linalg.norm(rays, axis=-1)
    angle_deg = np.degrees(np.arccos(np.clip(facing, -1.0, 1.0)))
    return radiance + SCATTER / (angle_deg**2 + GLOW_DEG**2)[..., None] * light.sun
