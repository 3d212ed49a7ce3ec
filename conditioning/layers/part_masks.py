"""Masks of visible body parts: a low-poly mesh of the body's class, scaled to its cuboid.

A cuboid does not show the positions of a car's windows or a pedestrian's legs, nor their colours. In a log the real
shapes are unknown: the usual shape of the class is an approximation, and colours are not given.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Num, UInt8

from conditioning.assets.body_meshes import worn
from conditioning.assets.mesh import BodyPart
from conditioning.geometry.camera import Camera
from conditioning.geometry.camera_view import camera_pose_at
from conditioning.geometry.cuboids import present_bodies
from conditioning.geometry.raster import rasterise
from scenarios.rollout import Rollout

# Parts of similar colour share a layer.
_LAYER_OF: dict[BodyPart, str] = {
    BodyPart.PAINT: "paint", BodyPart.HELMET: "paint", BodyPart.STRIPE: "paint",
    BodyPart.CARGO: "cover", BodyPart.TOP: "cover", BodyPart.ORANGE: "cover",
    BodyPart.TROUSERS: "trousers",
    BodyPart.SKIN: "skin",
    BodyPart.GLASS: "glass",
    BodyPart.TRIM: "dark", BodyPart.TYRE: "dark", BodyPart.HAIR: "dark", BodyPart.SHOES: "dark", BodyPart.METAL: "dark",
    BodyPart.TAIL_LIGHT: "red", BodyPart.RED: "red",
    BodyPart.HEAD_LIGHT: "bright", BodyPart.PLATE: "bright", BodyPart.RIM: "bright", BodyPart.WHITE: "bright",
    BodyPart.AMBER: "bright",
    BodyPart.SIGN: "bright",
}  # fmt: skip
PARTS: tuple[str, ...] = tuple(dict.fromkeys(_LAYER_OF.values()))
# The colours of the bodies' surfaces in white light (sRGB), and whether they are known; zeros where unknown.
COLOURS = ("colour_red", "colour_green", "colour_blue", "colour_known")
_ROW = np.array([PARTS.index(_LAYER_OF[part]) for part in BodyPart])
_FINER = 2  # rays per pixel and axis, so that a limb of a third of a pixel is still visible
_SIGHT_M = 260.0  # bodies beyond are less than a pixel high


def draw_parts(
    rollout: Rollout,
    gone_m: Float[np.ndarray, "time actor"],
    camera: Camera,
    frame: int,
    colours: Sequence[Float[np.ndarray, "kind 3"]] | None = None,
) -> UInt8[np.ndarray, "layer height width"]:
    """The share of each pixel, 0..255, that each of `PARTS` covers, with occlusion between bodies; then `COLOURS`.

    `gone_m` is `distance_gone(rollout)`, which moves pedestrians' legs. Scenery does not occlude here. `colours` has
    the linear colours of each body by part, if they are known.
    """
    view = camera_pose_at(rollout, camera.resized(camera.height * _FINER, camera.width * _FINER), frame)
    rows = present_bodies(rollout, frame)
    bodies = [worn(rollout, gone_m, frame, int(row)) for row in rows]
    triangles = np.concatenate([np.zeros((0, 3, 3)), *(points for points, _ in bodies)])
    layer = _ROW[np.concatenate([np.zeros(0, int), *(part for _, part in bodies)])]
    in_camera, ahead = view.to_camera_culled(triangles, _SIGHT_M)
    surfaces = rasterise(in_camera[ahead], in_camera[ahead][..., :0], view.camera)
    rays = _by_pixel(np.append(layer[ahead], -1)[surfaces.triangle])
    share = np.stack([(rays == row).mean((1, 3)) for row in range(len(PARTS))])
    drawn = np.rint(255 * share).astype(np.uint8)
    if colours is None:
        return np.concatenate([drawn, np.zeros((len(COLOURS), *drawn.shape[1:]), np.uint8)])
    part_colours = [colours[row][part] for row, (_, part) in zip(rows, bodies, strict=True)]
    paint = np.concatenate([np.zeros((0, 3)), *part_colours])[ahead]
    ray_colours = _by_pixel(np.append(paint, np.zeros((1, 3)), 0)[surfaces.triangle])
    return np.concatenate([drawn, _mean_colour(ray_colours, rays >= 0)])


def _by_pixel(rays: Num[np.ndarray, "rows columns *n"]) -> Num[np.ndarray, "height finer width finer *n"]:
    return rays.reshape(rays.shape[0] // _FINER, _FINER, rays.shape[1] // _FINER, _FINER, *rays.shape[2:])


def _mean_colour(
    paint: Float[np.ndarray, "height finer width finer 3"], hit: Bool[np.ndarray, "height finer width finer"]
) -> UInt8[np.ndarray, "4 height width"]:
    """Mean colour of the rays that hit a body, as sRGB bytes, and a mask of the pixels with such rays."""
    hits = hit.sum((1, 3))
    mean = paint.sum((1, 3)) / np.maximum(hits, 1)[..., None]
    colour = 255 * np.clip(mean, 0, 1) ** (1 / 2.2)
    return np.rint(np.concatenate([np.moveaxis(colour, -1, 0), 255 * (hits > 0)[None]])).astype(np.uint8)
