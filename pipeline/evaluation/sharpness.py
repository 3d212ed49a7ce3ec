"""Measures of blur, colour drift and flicker: sharpness, colours of facades, and changes beside motion.
All are sums, so that clips need not be kept. The same pixels are used for every subject, so ratios to the source's
sums need no counts.
source's sums need no counts.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from conditioning.geometry.camera import Camera
from conditioning.layers.control_layers import LAYERS
from models.decoder.reprojection import CameraPath, reproject
from models.pixels import signed
from models.presets import REGIONS
from pipeline.checks.sight import Frames
from scenarios.rollout import FRAME_RATE_HZ, Rollout

REGION_NAMES = ("whole picture", "background", "bodies")
MOMENTS = ("all frames", "at 1 s", "at the end")
CELL_PX = 16  # side of the squares over which facades' colours are averaged
FACADE_SHARE = 0.95  # minimum share of facade in such a square


@dataclass(frozen=True)
class Sharpness:
    """The sums of one or several clips.

    `energy` is the sum of squared differences of neighbouring pixels' brightness (0..1); "all frames" leaves out the
    first frame, which is the prompt. `facade_error` is the sum over facade cells of |mean colour - source's| (0..1,
    mean of the channels) at 1 s and at the end. `flicker` is the sum of absolute differences (0..1) of consecutive
    frames where the earlier one, reprojected with the layers, shows the same surface.
    """

    energy: Float[np.ndarray, "region moment"]
    facade_error: Float[np.ndarray, "later"]
    facade_cells: Float[np.ndarray, "later"]
    flicker: float

    @property
    def contrast(self) -> Float[np.ndarray, "region moment"]:
        """Square root of the energy, which is proportional to the contrast of edges."""
        return np.sqrt(self.energy)

    def __add__(self, other: "Sharpness") -> "Sharpness":
        return Sharpness(*(getattr(self, n) + getattr(other, n) for n in self.__dataclass_fields__))


def sharpness(
    frames: Frames, source: Frames, layers: UInt8[np.ndarray, "time layer height width"], rollout: Rollout,
    camera: Camera,
) -> Sharpness:  # fmt: skip
    """Measure one clip of at least one second."""
    bodies = on_bodies(layers)
    energy = np.stack([gradient_energy(frame, body) for frame, body in zip(frames, bodies, strict=True)], -1)
    second, end = min(round(FRAME_RATE_HZ), len(frames) - 1), len(frames) - 1
    errors = [facade_errors(frames[t], source[t], layers[t], bodies[t]) for t in (second, end)]
    return Sharpness(
        np.stack([energy[:, 1:].sum(1), energy[:, second], energy[:, end]], -1),
        np.array([e.sum() for e in errors]), np.array([float(len(e)) for e in errors]),
        flicker(frames, layers, rollout, camera),
    )  # fmt: skip


def on_bodies(layers: UInt8[np.ndarray, "time layer height width"]) -> Bool[np.ndarray, "time height width"]:
    """Pixels that show a body, not an object in front of it."""
    front, behind = (layers[:, LAYERS.index(f"{name}_nearness")] for name in ("foreground", "background"))
    return (front > 0) & (front >= behind)


def gradient_energy(
    frame: UInt8[np.ndarray, "height width 3"], body: Bool[np.ndarray, "height width"]
) -> Float[np.ndarray, "region"]:
    """Sum of squared differences to the pixels right and below, by `REGION_NAMES`, without the last row and column."""
    bright = frame.astype(np.float64).mean(-1) / 255
    energy = np.square(np.diff(bright, axis=1)[:-1]) + np.square(np.diff(bright, axis=0)[:, :-1])
    body = body[:-1, :-1]
    return np.array([energy.sum(), energy[~body].sum(), energy[body].sum()])


def facade_errors(
    frame: UInt8[np.ndarray, "height width 3"], source: UInt8[np.ndarray, "height width 3"],
    layers: UInt8[np.ndarray, "layer height width"], body: Bool[np.ndarray, "height width"],
) -> Float[np.ndarray, "cell"]:  # fmt: skip
    """|mean colour - source's| of every cell that shows only facade, 0..1."""
    facade = (layers[LAYERS.index("building")] > 0) & ~body
    mean = lambda x: x.reshape(x.shape[0] // CELL_PX, CELL_PX, x.shape[1] // CELL_PX, CELL_PX, -1).mean((1, 3))  # noqa: E731
    error = np.abs(mean(frame.astype(np.float64)) - mean(source.astype(np.float64))).mean(-1) / 255
    return error[mean(facade.astype(np.float64))[..., 0] >= FACADE_SHARE]


def flicker(
    frames: Frames, layers: UInt8[np.ndarray, "time layer height width"], rollout: Rollout, camera: Camera
) -> float:
    """Sum of |frame - the reprojected frame before| (0..1) where both show the same surface."""
    poses = torch.from_numpy(rollout.ego_to_map @ camera.camera_to_ego)[None]
    cameras = CameraPath(poses, torch.from_numpy(camera.intrinsic)[None])
    motion = cameras.between(torch.arange(-1, len(frames) - 1).clamp(min=0)[None])[0]
    total = 0.0
    for t in range(1, len(frames)):
        pictures, signed_layers = signed(frames[t - 1 : t + 1]).movedim(-1, 1), signed(layers[t - 1 : t + 1])
        warped = reproject(
            pictures[:1], signed_layers[:1], signed_layers[1:], motion[t, None], cameras.intrinsic, REGIONS
        )
        total += float(((warped.picture - pictures[1:]).abs() * warped.agrees).sum()) / 2
    return total
