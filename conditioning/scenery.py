"""Scenery: the still things beside the road that are not actors and carry no label."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Building:
    """An upright box: centre on the ground, map frame, metres, radians."""

    x_m: float
    y_m: float
    yaw_rad: float
    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True)
class Tree:
    x_m: float
    y_m: float
    height_m: float
    crown_radius_m: float


@dataclass(frozen=True)
class Lamp:
    """A street lamp: foot of the pole; the light hangs `reach_m` towards `yaw_rad`."""

    x_m: float
    y_m: float
    yaw_rad: float
    height_m: float
    reach_m: float


@dataclass(frozen=True)
class Scenery:
    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[Lamp, ...]


NO_SCENERY = Scenery((), (), ())
