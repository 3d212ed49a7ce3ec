"""Shelters of bus stops: a back wall, a panel at one end, a roof and a post with the stop's sign, as upright boxes.

The layers, the labels, the LiDAR and the procedural camera all draw these boxes.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BusStop
from scenarios.roads.road import Road

LENGTH_M, DEPTH_M, HEIGHT_M = 4.0, 1.3, 2.5
THICK_M = 0.08
FROM_KERB_M = 1.1  # of its open side
BEHIND_FRONT_M = 6.0  # its middle from where the bus's front stands: passengers board in front
SIGN_M = 0.7  # of the stop's post from the kerb


@dataclass(frozen=True)
class Shelter:
    """Middle of its floor, map frame; `yaw_rad` along its back wall, to whose left it is open."""

    x_m: float
    y_m: float
    yaw_rad: float
    sign_x_m: float
    sign_y_m: float


@dataclass(frozen=True)
class Slab:
    """An upright box: centre, length along `yaw_rad`, width, height, metres."""

    PANE, PANEL, ROOF, POST, SIGN = "pane", "panel", "roof", "post", "sign"
    name: str
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw_rad: float

    @property
    def footprint(self) -> Float[np.ndarray, "4 2"]:
        """Corners seen from above, anticlockwise."""
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array(self.size[:2]) / 2
        return half @ np.array([[c, s], [-s, c]]) + np.array(self.centre[:2])

    @property
    def faces(self) -> list[tuple[list[list[float]], list[list[float]]]]:
        """Corners and texture coordinates of the four sides, the top and the bottom."""
        low, high = self.centre[2] - self.size[2] / 2, self.centre[2] + self.size[2] / 2
        foot = self.footprint.tolist()
        made = []
        for (ax, ay), (bx, by) in pairwise([*foot, foot[0]]):
            wide = float(np.hypot(bx - ax, by - ay))
            corners = [[ax, ay, low], [bx, by, low], [bx, by, high], [ax, ay, high]]
            made.append((corners, [[0.0, low], [wide, low], [wide, high], [0.0, high]]))
        for z in (low, high):
            made.append(([[x, y, z] for x, y in foot], [[0.0, z]] * 4))
        return made

    @property
    def triangles(self) -> Float[np.ndarray, "triangle 3 3"]:
        """All faces."""
        return np.concatenate([np.array(corners)[[[0, 1, 2], [0, 2, 3]]] for corners, _ in self.faces])


SHELTER_COLOURS = {
    Slab.PANE: (0.05, 0.075, 0.08), Slab.PANEL: (0.55, 0.53, 0.5), Slab.ROOF: (0.10, 0.11, 0.12),
    Slab.POST: (0.13, 0.135, 0.14), Slab.SIGN: (0.75, 0.58, 0.03),
}  # fmt: skip


def shelters_of(road: Road) -> tuple[Shelter, ...]:
    """Those of the bus stops that have one."""
    return tuple(_shelter(road, stop) for stop in road.bus_stops if stop.shelter)


def _shelter(road: Road, stop: BusStop) -> Shelter:
    side = 1 if stop.side is Side.LEFT else -1
    s = stop.head_m - stop.facing * BEHIND_FRONT_M
    x, y, heading = road.place(s, road.edge_at(stop.side, s) + side * (FROM_KERB_M + DEPTH_M / 2))
    sign_x, sign_y, _ = road.place(stop.head_m, road.edge_at(stop.side, stop.head_m) + side * SIGN_M)
    return Shelter(x, y, heading + (0.0 if side < 0 else np.pi), sign_x, sign_y)


def slabs_of(shelter: Shelter) -> tuple[Slab, ...]:
    """The boxes that it is made of."""
    c, s = np.cos(shelter.yaw_rad), np.sin(shelter.yaw_rad)

    def slab(name: str, along: float, across: float, z: float, long: float, wide: float, high: float) -> Slab:
        x, y = shelter.x_m + c * along - s * across, shelter.y_m + s * along + c * across
        return Slab(name, (float(x), float(y), z), (long, wide, high), shelter.yaw_rad)

    back, wall = -(DEPTH_M - THICK_M) / 2, HEIGHT_M - 0.35
    sign = (shelter.sign_x_m, shelter.sign_y_m)
    return (
        slab(Slab.PANE, 0.0, back, 0.15 + wall / 2, LENGTH_M, THICK_M, wall),
        slab(Slab.PANEL, -(LENGTH_M - 0.15) / 2, 0.1, 0.2 + wall / 2, 0.15, DEPTH_M - 0.3, wall - 0.1),
        slab(Slab.ROOF, 0.0, 0.0, HEIGHT_M - THICK_M, LENGTH_M + 0.3, DEPTH_M + 0.3, 2 * THICK_M),
        slab(Slab.POST, LENGTH_M / 2 - 0.1, -back, HEIGHT_M / 2, 0.09, 0.09, HEIGHT_M),
        Slab(Slab.POST, (*sign, 1.3), (0.07, 0.07, 2.6), shelter.yaw_rad),
        Slab(Slab.SIGN, (*sign, 2.4), (0.06, 0.45, 0.45), shelter.yaw_rad),
    )
