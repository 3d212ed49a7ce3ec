"""What shows of each body: the parts of a low-poly shape of its class, scaled to its cuboid.

A cuboid does not say where a car's windows or a walker's legs are, nor what colour they have. On a log, whose bodies'
shapes are unknown, the class's usual shape is a hint, and colours are not told; the cuboid's own layers stay true.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Num, UInt8

from conditioning.assets.body_meshes import worn
from conditioning.assets.mesh import BodyPart
from conditioning.geometry.camera import Camera
from conditioning.geometry.camera_view import view_at
from conditioning.geometry.cuboids import present
from conditioning.geometry.raster import rasterise
from scenarios.rollout import Rollout

# Parts that are coloured alike share a layer.
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
# What the bodies' surfaces look like in white light (sRGB), and whether that is told: zeros where it is not.
COLOURS = ("colour_red", "colour_green", "colour_blue", "colour_known")
_ROW = np.array([PARTS.index(_LAYER_OF[part]) for part in BodyPart])
_FINER = 2  # rays across a pixel, so that a limb of a third of a pixel still shows
_SIGHT_M = 260.0  # nothing beyond is a pixel high


def draw_parts(
    rollout: Rollout,
    gone_m: Float[np.ndarray, "time actor"],
    camera: Camera,
    frame: int,
    colours: Sequence[Float[np.ndarray, "kind 3"]] | None = None,
) -> UInt8[np.ndarray, "layer height width"]:
    """Share of each pixel, 0..255, that each of `PARTS` covers, the nearest body hiding the others; then `COLOURS`.

    `gone_m` is `distance_gone(rollout)`: walkers' legs move with it. Scenery hides nothing here. `colours` are each
    body's, by part and linear, where they are known.
    """
    view = view_at(rollout, camera.resized(camera.height * _FINER, camera.width * _FINER), frame)
    rows = present(rollout, frame)
    bodies = [worn(rollout, gone_m, frame, int(row)) for row in rows]
    triangles = np.concatenate([np.zeros((0, 3, 3)), *(points for points, _ in bodies)])
    layer = _ROW[np.concatenate([np.zeros(0, int), *(part for _, part in bodies)])]
    in_camera, ahead = view.before(triangles, _SIGHT_M)
    seen = rasterise(in_camera[ahead], in_camera[ahead][..., :0], view.camera)
    rays = _by_pixel(np.append(layer[ahead], -1)[seen.triangle])
    share = np.stack([(rays == row).mean((1, 3)) for row in range(len(PARTS))])
    drawn = np.rint(255 * share).astype(np.uint8)
    if colours is None:
        return np.concatenate([drawn, np.zeros((len(COLOURS), *drawn.shape[1:]), np.uint8)])
    own = [colours[row][part] for row, (_, part) in zip(rows, bodies, strict=True)]
    paint = np.concatenate([np.zeros((0, 3)), *own])[ahead]
    told = _by_pixel(np.append(paint, np.zeros((1, 3)), 0)[seen.triangle])
    return np.concatenate([drawn, _mean_colour(told, rays >= 0)])


def _by_pixel(rays: Num[np.ndarray, "rows columns *n"]) -> Num[np.ndarray, "height finer width finer *n"]:
    return rays.reshape(rays.shape[0] // _FINER, _FINER, rays.shape[1] // _FINER, _FINER, *rays.shape[2:])


def _mean_colour(
    paint: Float[np.ndarray, "height finer width finer 3"], hit: Bool[np.ndarray, "height finer width finer"]
) -> UInt8[np.ndarray, "4 height width"]:
    """Mean colour of the rays that hit a body, as sRGB bytes, and where there are any."""
    hits = hit.sum((1, 3))
    mean = paint.sum((1, 3)) / np.maximum(hits, 1)[..., None]
    colour = 255 * np.clip(mean, 0, 1) ** (1 / 2.2)
    return np.rint(np.concatenate([np.moveaxis(colour, -1, 0), 255 * (hits > 0)[None]])).astype(np.uint8)
