"""What shows of each body: the parts of a low-poly shape of its class, scaled to its cuboid.

A cuboid does not say where a car's windows or a walker's legs are. On a log, whose bodies' shapes are unknown, the
class's usual shape is a hint; the cuboid's own layers stay true.
"""

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.camera import Camera
from conditioning.cuboids import present
from conditioning.raster import rasterise
from conditioning.shapes import Part
from conditioning.view import view_at
from conditioning.wardrobe import worn
from scenarios.rollout import Rollout

# Parts that are coloured alike share a layer.
_LAYER_OF: dict[Part, str] = {
    Part.PAINT: "paint", Part.HELMET: "paint",
    Part.CARGO: "cover", Part.TOP: "cover", Part.ORANGE: "cover",
    Part.TROUSERS: "trousers",
    Part.SKIN: "skin",
    Part.GLASS: "glass",
    Part.TRIM: "dark", Part.TYRE: "dark", Part.HAIR: "dark", Part.SHOES: "dark", Part.METAL: "dark",
    Part.TAIL_LIGHT: "red", Part.RED: "red",
    Part.HEAD_LIGHT: "bright", Part.PLATE: "bright", Part.RIM: "bright", Part.WHITE: "bright", Part.AMBER: "bright",
    Part.SIGN: "bright",
}  # fmt: skip
PARTS: tuple[str, ...] = tuple(dict.fromkeys(_LAYER_OF.values()))
_ROW = np.array([PARTS.index(_LAYER_OF[part]) for part in Part])
_FINER = 2  # rays across a pixel, so that a limb of a third of a pixel still shows
_SIGHT_M = 260.0  # nothing beyond is a pixel high


def draw_parts(
    rollout: Rollout, gone_m: Float[np.ndarray, "time actor"], camera: Camera, frame: int
) -> UInt8[np.ndarray, "part height width"]:
    """Share of each pixel, 0..255, that each of `PARTS` covers; the nearest body hides the others.

    `gone_m` is `distance_gone(rollout)`: walkers' legs move with it. Scenery hides nothing here.
    """
    view = view_at(rollout, camera.resized(camera.height * _FINER, camera.width * _FINER), frame)
    bodies = [worn(rollout, gone_m, frame, int(row)) for row in present(rollout, frame)]
    triangles = np.concatenate([np.zeros((0, 3, 3)), *(points for points, _ in bodies)])
    layer = _ROW[np.concatenate([np.zeros(0, int), *(part for _, part in bodies)])]
    in_camera, ahead = view.before(triangles, _SIGHT_M)
    seen = rasterise(in_camera[ahead], in_camera[ahead][..., :0], view.camera)
    rays = np.append(layer[ahead], -1)[seen.triangle]
    rays = rays.reshape(camera.height, _FINER, camera.width, _FINER)
    share = np.stack([(rays == row).mean((1, 3)) for row in range(len(PARTS))])
    return np.rint(255 * share).astype(np.uint8)
