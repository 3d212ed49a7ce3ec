"""What vehicles on duty wear beside their paint: a band along the flanks, and lamps on the roof."""

import numpy as np

from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from scenarios.model.bodies import Kind, Livery, Size

LAMP_M = 0.13  # height of the lamps: how much lower the vehicle below them is
_OUTSIDE = 0.992  # of the half width; bodies are narrower than their cuboid


def below_lamps(size: Size) -> Size:
    """The size of the vehicle without its lamps."""
    return Size(size.length_m, size.width_m, size.height_m - LAMP_M)


def liveried(vehicle: Mesh, kind: Kind, size: Size, livery: Livery) -> Mesh:
    """A vehicle of `below_lamps(size)` with its band and lamps, together as large as `size`."""
    make = Sculptor()
    make.add(vehicle.points + np.array([0, 0, (size.height_m - LAMP_M) / 2]), BodyPart.PAINT)
    if DRAWN[kind].band:
        _band(make, size)
    (_corner_lamps if livery is Livery.SCHOOL else _light_bar)(make, kind, size)
    worn = make.finish(size.length_m, size.width_m, size.height_m)
    part = worn.part.copy()
    part[: len(vehicle.part)] = vehicle.part
    return Mesh(worn.points, part)


def _band(make: Sculptor, size: Size) -> None:
    x, y, h = 0.43 * size.length_m, _OUTSIDE * size.width_m / 2, size.height_m
    for side in (y, -y):
        make.polygon(
            [(-x, side, 0.34 * h), (x, side, 0.34 * h), (x, side, 0.4 * h), (-x, side, 0.4 * h)], BodyPart.STRIPE
        )


def _light_bar(make: Sculptor, kind: Kind, size: Size) -> None:
    x = DRAWN[kind].beacon_x * size.length_m
    wide, top = 0.36 * size.width_m, size.height_m
    make.box((x - 0.13, -wide, top - LAMP_M), (x + 0.13, wide, top), BodyPart.AMBER)


def _corner_lamps(make: Sculptor, kind: Kind, size: Size) -> None:
    x, top = 0.47 * size.length_m, size.height_m
    for at in (x, -x):
        for y in np.array([-0.4, -0.26, 0.26, 0.4]) * size.width_m:
            make.box((at - 0.06, y - 0.09, top - LAMP_M), (at + 0.06, y + 0.09, top), BodyPart.AMBER)
