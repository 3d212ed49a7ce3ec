"""The layers a model is steered by: what stands where, drawn from cuboids, lanes and scenery."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

# Background, drawn without the actors, so that what stands behind a body's outline inside its cuboid is known.
BACKGROUND = (
    "road", "marking", "sidewalk", "terrain", "building", "tree",  # 0 or 255; none of them: sky
    "background_nearness",  # 255 * sqrt(min(1, 3 m / depth)); 0 for sky
    "texture_sin_u", "texture_cos_u", "texture_sin_v", "texture_cos_v",  # phase of a 3 m grid fixed to the surface
)  # fmt: skip
# Actors' cuboids, nearest first; all 0 where there is none (local and heading channels: 128 means zero).
FOREGROUND = (
    "car", "truck", "bus", "two_wheeler", "person", "obstacle",  # car includes van; truck: trailer, construction
    "local_x", "local_y", "local_z",  # place on the cuboid's surface in the body frame, -1..1 -> 1..255
    "foreground_nearness",
    "brake_light",
    "heading_sin", "heading_cos",  # the body's heading relative to the camera ray's azimuth
)  # fmt: skip
LAYERS: tuple[str, ...] = BACKGROUND + FOREGROUND


@dataclass(frozen=True)
class Layers:
    """Control pictures of one camera, channels named by `LAYERS`."""

    values: UInt8[np.ndarray, "time layer height width"]
