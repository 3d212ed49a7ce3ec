"""A camera's pose at one instant in the map frame."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float

from conditioning.geometry.backdrop import ground_plane
from conditioning.geometry.camera import Camera
from conditioning.geometry.cuboids import camera_to_map
from scenarios.numba_cache import njit
from scenarios.rollout import Rollout


@njit(cache=True, nogil=True)
@no_type_check
def _transform_and_cull(points, rotation, origin, half, sight, out, ahead):
    for i in range(points.shape[0]):
        near, far, left, right = 1e9, -1e9, -1e9, 1e9
        for j in range(3):
            x, y, z = points[i, j, 0] - origin[0], points[i, j, 1] - origin[1], points[i, j, 2] - origin[2]
            cx = x * rotation[0, 0] + y * rotation[1, 0] + z * rotation[2, 0]
            cy = x * rotation[0, 1] + y * rotation[1, 1] + z * rotation[2, 1]
            cz = x * rotation[0, 2] + y * rotation[1, 2] + z * rotation[2, 2]
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = cx, cy, cz
            near, far = min(near, cz), max(far, cz)
            left, right = max(left, cx + half * cz), min(right, cx - half * cz)
        ahead[i] = far > 0.2 and near < sight and left > 0 and right < 0


@dataclass(frozen=True)
class CameraPose:
    """Pose of a camera, and the ground plane n . p = offset."""

    camera: Camera
    rotation: Float[np.ndarray, "3 3"]
    origin: Float[np.ndarray, "3"]
    plane: Float[np.ndarray, "3"]
    offset: float

    @property
    def height_m(self) -> float:
        """The camera's height above the ground."""
        return float(self.origin @ self.plane - self.offset)

    def to_camera(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Transform map points to the camera frame."""
        return (points - self.origin) @ self.rotation

    def to_camera_culled(
        self, points: Float[np.ndarray, "triangle 3 3"], sight_m: float
    ) -> tuple[Float[np.ndarray, "triangle 3 3"], Bool[np.ndarray, "triangle"]]:
        """Transform map triangles to the camera frame; also return which can be in the picture within `sight_m`."""
        out, ahead = np.empty(points.shape), np.empty(len(points), bool)
        half = self.camera.width / 2 / self.camera.intrinsic[0, 0] * 1.02
        _transform_and_cull(np.ascontiguousarray(points), self.rotation, self.origin, half, sight_m, out, ahead)
        return out, ahead


def camera_pose_at(rollout: Rollout, camera: Camera, frame: int) -> CameraPose:
    """The camera's pose at a frame of a rollout."""
    pose = camera_to_map(rollout, camera, frame)
    plane, offset = ground_plane(rollout, frame)
    return CameraPose(camera, np.ascontiguousarray(pose[:3, :3]), np.ascontiguousarray(pose[:3, 3]), plane, offset)
