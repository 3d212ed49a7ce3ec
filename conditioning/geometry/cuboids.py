"""Bodies as cuboids: corners, triangles, and a picture of the nearest cuboid in each pixel."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from conditioning.geometry.camera import Camera
from conditioning.geometry.raster import NEAR_M, rasterise
from scenarios.rollout import Rollout

# Corners in units of half the size, in the body's frame: x forward, y left, z up.
UNIT_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
TRIANGLES = np.concatenate([_FACES[:, [0, 1, 2]], _FACES[:, [0, 2, 3]]])
_EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1])


@dataclass(frozen=True)
class CuboidView:
    """A camera's view of the bodies' cuboids alone.

    `actor` is the row in `rollout.bodies`, -1 for none; `local` is the position on the cuboid in the body's frame,
    -1..1 along each axis; `depth` is along the camera's axis in metres, inf for none.
    """

    actor: Int[np.ndarray, "height width"]
    local: Float[np.ndarray, "height width 3"]
    depth: Float[np.ndarray, "height width"]


def corners(
    centre: Float[np.ndarray, "*n 3"], size: Float[np.ndarray, "*n 3"], yaw_rad: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n 8 3"]:
    """The eight corners of upright boxes, in the order of `UNIT_CORNERS`."""
    half = UNIT_CORNERS * size[..., None, :] / 2
    c, s = np.cos(yaw_rad)[..., None], np.sin(yaw_rad)[..., None]
    turned = np.stack([c * half[..., 0] - s * half[..., 1], s * half[..., 0] + c * half[..., 1], half[..., 2]], axis=-1)
    return turned + centre[..., None, :]


def present_bodies(rollout: Rollout, frame: int) -> Int[np.ndarray, "actor"]:
    """Rows of the bodies, without the ego, that exist at a frame."""
    rows = np.flatnonzero(rollout.valid[frame])
    return rows[rows != 0]


def camera_to_map(rollout: Rollout, camera: Camera, frame: int) -> Float[np.ndarray, "4 4"]:
    """Pose of the camera in the map frame."""
    return rollout.ego_to_map[frame] @ camera.camera_to_ego


def map_to_camera(
    points: Float[np.ndarray, "*n 3"], rollout: Rollout, camera: Camera, frame: int
) -> Float[np.ndarray, "*n 3"]:
    """Transform map points to the camera frame."""
    pose = camera_to_map(rollout, camera, frame)
    return (points - pose[:3, 3]) @ pose[:3, :3]


def camera_corners(
    rollout: Rollout, camera: Camera, frame: int, rows: Int[np.ndarray, "actor"]
) -> Float[np.ndarray, "actor 8 3"]:
    """The bodies' corners in the camera frame."""
    in_map = corners(rollout.centre[frame, rows], rollout.sizes[rows], rollout.yaw_rad[frame, rows])
    return map_to_camera(in_map, rollout, camera, frame)


def outline(box: Float[np.ndarray, "8 3"]) -> Float[np.ndarray, "point 3"]:
    """Camera-frame points whose projections bound the part of a box in front of the camera; empty if there is none."""
    a, b = box[_EDGES[:, 0]], box[_EDGES[:, 1]]
    crossing = (a[:, 2] < NEAR_M) != (b[:, 2] < NEAR_M)
    a, b = a[crossing], b[crossing]
    along = (NEAR_M - a[:, 2:]) / (b[:, 2:] - a[:, 2:])
    return np.concatenate([box[box[:, 2] >= NEAR_M], a + along * (b - a)])


def render_cuboids(rollout: Rollout, camera: Camera, frame: int) -> CuboidView:
    """Render the cuboids of all bodies except the ego, without any other surface."""
    rows = present_bodies(rollout, frame)
    boxes = camera_corners(rollout, camera, frame, rows)
    boxes_ahead = (boxes[..., 2] > NEAR_M).any(axis=1)
    rows, boxes = rows[boxes_ahead], boxes[boxes_ahead]
    local = np.broadcast_to(UNIT_CORNERS[TRIANGLES], (len(rows), *TRIANGLES.shape, 3))
    surfaces = rasterise(boxes[:, TRIANGLES].reshape(-1, 3, 3), local.reshape(-1, 3, 3), camera)
    actor = np.append(np.repeat(rows, len(TRIANGLES)), -1)[surfaces.triangle]
    return CuboidView(actor, surfaces.attribute, surfaces.depth)
