"""Visibility labels of every body in a camera: amodal and modal boxes, visibility, truncation."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from conditioning.assets.posts import post_triangles
from conditioning.assets.scenery import Scenery
from conditioning.geometry.backdrop import build_mesh
from conditioning.geometry.camera import Camera
from conditioning.geometry.cuboids import TRIANGLES, camera_corners, map_to_camera, outline, present_bodies
from conditioning.geometry.raster import NEAR_M, rasterise
from scenarios.rollout import Rollout

FINER = 2  # resolution factor of the masks: a distant person is only a dozen pixels
WIDER = 3.0  # size factor of the picture plane for the denominator of truncation


@dataclass(frozen=True)
class Labels:
    """One camera's labels of each body; the ego (row 0) is never in view. Pixels, metres.

    `visibility` is modal over amodal pixels, 0 if not in view. `truncation` is 1 - amodal pixels inside the picture
    over those in a wider frustum. Boxes are x0, y0, x1, y1 clipped to the picture, zeros if absent. `depth_m` is the
    box centre's distance along the camera's axis. A body in view with visibility 0 is fully occluded.
    """

    visibility: Float[np.ndarray, "time actor"]
    truncation: Float[np.ndarray, "time actor"]
    amodal_box: Float[np.ndarray, "time actor 4"]
    modal_box: Float[np.ndarray, "time actor 4"]
    in_view: Bool[np.ndarray, "time actor"]
    depth_m: Float[np.ndarray, "time actor"]


def label_visibility(rollout: Rollout, scenery: Scenery, camera: Camera, frames: Iterable[int] | None = None) -> Labels:
    """Label every body with a z-buffer of cuboids, buildings, trees, lamp posts and signals.

    In frames that are not in `frames` (None: all) no body is in view. The ground is left out: it is a plane below the
    camera and the bodies, so it occludes none of them.
    """
    shape = rollout.valid.shape
    labels = Labels(
        np.zeros(shape), np.zeros(shape), np.zeros((*shape, 4)), np.zeros((*shape, 4)), np.zeros(shape, bool),
        np.zeros(shape),
    )  # fmt: skip
    static = np.concatenate([build_mesh(scenery).points, post_triangles(scenery, rollout.road)])
    for frame in range(shape[0]) if frames is None else frames:
        _label_frame(labels, rollout, static, camera, frame)
    return labels


def visibility_level(visibility: float) -> int:
    """nuScenes' level 1..4: up to 40, 60, 80 and 100 % visible."""
    return 1 + sum(visibility > border for border in (0.4, 0.6, 0.8))


def _label_frame(
    labels: Labels, rollout: Rollout, static: Float[np.ndarray, "triangle 3 3"], camera, frame: int
) -> None:
    rows = present_bodies(rollout, frame)
    boxes = camera_corners(rollout, camera, frame, rows)
    labels.depth_m[frame, rows] = boxes[..., 2].mean(axis=1)
    ahead = (boxes[..., 2] > NEAR_M).any(axis=1)
    rows, boxes = rows[ahead], boxes[ahead]
    fine = camera.resized(camera.height * FINER, camera.width * FINER)
    nearest = _nearest(boxes, map_to_camera(static, rollout, camera, frame), fine)
    for index, (row, box) in enumerate(zip(rows, boxes, strict=True)):
        _label(labels, (frame, int(row)), box, nearest == index, fine)


def _nearest(boxes: Float[np.ndarray, "actor 8 3"], static: Float[np.ndarray, "triangle 3 3"], camera: Camera):
    """The index of the nearest box in each pixel; -1 for scenery or nothing."""
    points = np.concatenate([boxes[:, TRIANGLES].reshape(-1, 3, 3), static])
    surfaces = rasterise(points, np.zeros((len(points), 3, 0)), camera)
    box = np.append(np.repeat(np.arange(len(boxes)), len(TRIANGLES)), np.full(len(static) + 1, -1))
    return box[surfaces.triangle]


def _label(
    labels: Labels,
    at: tuple[int, int],
    box: Float[np.ndarray, "8 3"],
    modal: Bool[np.ndarray, "height width"],
    camera: Camera,
) -> None:
    wide = camera.widened(WIDER)
    left, top, right, bottom = bounds = _bounds(box, wide)
    if right <= left or bottom <= top:
        return
    alone = rasterise(box[TRIANGLES], np.zeros((len(TRIANGLES), 3, 0)), wide.window(*bounds)).triangle >= 0
    down, across = (wide.height - camera.height) // 2, (wide.width - camera.width) // 2
    inside = alone[max(0, down - top) : max(0, down + camera.height - top),
                   max(0, across - left) : max(0, across + camera.width - left)]  # fmt: skip
    if not inside.any():
        return
    labels.in_view[at] = True
    labels.truncation[at] = 1 - inside.sum() / alone.sum()
    labels.visibility[at] = min(1.0, modal.sum() / inside.sum())
    limit = np.array([camera.width, camera.height] * 2)
    around = camera.project(outline(box))
    labels.amodal_box[at] = np.clip(np.concatenate([around.min(axis=0), around.max(axis=0)]), 0, limit) / FINER
    labels.modal_box[at] = _extent(modal) / FINER


def _bounds(box: Float[np.ndarray, "8 3"], camera: Camera) -> tuple[int, int, int, int]:
    """The pixel rectangle of a box's projection: left, top, right, bottom."""
    around = camera.project(outline(box))
    limit = np.array([camera.width, camera.height])
    low = np.clip(np.floor(around.min(axis=0)), 0, limit).astype(int)
    high = np.clip(np.ceil(around.max(axis=0)), 0, limit).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _extent(mask: Bool[np.ndarray, "height width"]) -> Int[np.ndarray, "4"]:
    """x0, y0, x1, y1 around a mask, the last two exclusive; zeros for an empty one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros(4, int)
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
