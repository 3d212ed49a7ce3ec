"""Cameras: intrinsics, pose on the ego vehicle, and projection."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

# Camera axes are x right, y down, z forward; the ego's are x forward, y left, z up.
FORWARD_CAMERA_TO_EGO = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True)
class Camera:
    """A pinhole camera fixed to the ego. Pixels, metres."""

    name: str
    width: int
    height: int
    intrinsic: Float[np.ndarray, "3 3"]
    camera_to_ego: Float[np.ndarray, "4 4"]

    def resized(self, height: int, width: int) -> "Camera":
        """The same view at another size; if the new aspect ratio is wider, rows are cropped at the top."""
        scale = width / self.width
        intrinsic = self.intrinsic.copy()
        intrinsic[:2] *= scale
        intrinsic[1, 2] -= (self.height * scale - height) / 2
        return replace(self, width=width, height=height, intrinsic=intrinsic)

    def widened(self, factor: float) -> "Camera":
        """The same optics on a larger picture plane with the same centre: whole pixels are added on each side."""
        across, down = round(self.width * (factor - 1) / 2), round(self.height * (factor - 1) / 2)
        return self.window(-across, -down, self.width + across, self.height + down)

    def window(self, left: int, top: int, right: int, bottom: int) -> "Camera":
        """A part of the picture plane, in this picture's pixels; it may extend beyond the picture."""
        intrinsic = self.intrinsic.copy()
        intrinsic[:2, 2] -= (left, top)
        return replace(self, width=right - left, height=bottom - top, intrinsic=intrinsic)

    def project(self, points_camera: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
        """Pixel positions of camera-frame points in front of the camera."""
        uvw = points_camera @ self.intrinsic.T
        return uvw[..., :2] / uvw[..., 2:]


def mount_camera(
    name: str, width: int, height: int, focal_px: float, place_m: tuple[float, float, float], yaw_rad: float,
    pitch_rad: float = 0.0,
) -> Camera:  # fmt: skip
    """A camera at `place_m` in the ego frame, turned left by `yaw_rad` and then down by `pitch_rad`, without roll; its
    axis goes through the picture's centre."""
    pose = np.eye(4)
    turned = Rotation.from_euler("ZY", [yaw_rad, pitch_rad]) if pitch_rad else Rotation.from_euler("z", yaw_rad)
    pose[:3, :3] = turned.as_matrix() @ FORWARD_CAMERA_TO_EGO
    pose[:3, 3] = place_m
    intrinsic = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1.0]])
    return Camera(name, width, height, intrinsic, pose)
