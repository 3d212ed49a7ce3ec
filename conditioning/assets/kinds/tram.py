"""How a tram is drawn."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.kinds.drawn_kind import ControlClass, DrawnKind
from conditioning.assets.mesh import BodyPart, Mesh, Sculptor, section
from conditioning.assets.paints import shade
from scenarios.model.bodies import Size
from scenarios.model.kinds.listed import Kind

P = BodyPart
_TRAM_PAINTS = np.array([(176, 28, 34), (222, 178, 40), (30, 104, 72), (34, 78, 150), (198, 92, 30)])


def _tram_paint(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    return shade(rng, _TRAM_PAINTS)


def tram(size: Size) -> Mesh:
    """One car: a coloured lower and a white upper half, slanted at both ends, with a pantograph on its roof."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, 0.875 * size.height_m
    front = length / 2
    belt, roof = 0.42 * h, 0.96 * h
    stations = ((-front, 0.8), (-front + 0.55, 0.97), (front - 0.55, 0.97), (front, 0.8))
    make.hull([(x, section(w * share, 0.09 * h, w * share, belt)) for x, share in stations], P.PAINT)
    upper = ((-front + 0.06, 0.78), (-front + 0.75, 0.96), (front - 0.75, 0.96), (front - 0.06, 0.78))
    make.hull([(x, section(w * share, belt, w * share * 0.95, roof)) for x, share in upper], P.WHITE)
    make.box((-front + 0.8, -w * 0.84, roof), (front - 0.8, w * 0.84, h), P.TRIM)
    make.box((-front * 0.82, -w * 0.9, 0), (front * 0.82, w * 0.9, 0.09 * h), P.TRIM)  # the bogies' skirt
    _windows(make, size, h)
    for end in (1, -1):
        _end(make, size, h, end)
    _pantograph(make, size, h)
    return make.finish(length, size.width_m, size.height_m)


def _windows(make: Sculptor, size: Size, h: float) -> None:
    """A band of panes along both sides, and doors on the right that reach down to the floor."""
    length, w = size.length_m, size.width_m / 2
    panes = max(4, round(length / 1.45))
    step = (length - 1.7) / panes
    doors = {0, panes // 2, panes - 1}
    for i in range(panes):
        a = -length / 2 + 0.85 + i * step
        for side in (1, -1):
            low = 0.12 * h if side < 0 and i in doors else 0.47 * h
            y = side * w * 0.985
            make.polygon(
                [
                    (a + 0.06, y, low),
                    (a + step - 0.06, y, low),
                    (a + step - 0.06, y, 0.82 * h),
                    (a + 0.06, y, 0.82 * h),
                ],
                P.GLASS,
            )


def _end(make: Sculptor, size: Size, h: float, end: int) -> None:
    """The windscreen, the destination sign and the lamps of one end; white ones ahead, red ones behind."""
    x, w = end * size.length_m / 2, size.width_m / 2
    make.polygon(
        [(x, -w * 0.72, 0.46 * h), (x, w * 0.72, 0.46 * h), (x, w * 0.7, 0.8 * h), (x, -w * 0.7, 0.8 * h)], P.GLASS
    )
    make.polygon(
        [(x, -w * 0.5, 0.83 * h), (x, w * 0.5, 0.83 * h), (x, w * 0.5, 0.93 * h), (x, -w * 0.5, 0.93 * h)], P.SIGN
    )
    lamp = P.HEAD_LIGHT if end > 0 else P.TAIL_LIGHT
    for side in (1, -1):
        y0, y1 = sorted((side * w * 0.42, side * w * 0.7))
        x0, x1 = sorted((x, x - end * 0.05))
        make.box((x0, y0, 0.24 * h), (x1, y1, 0.33 * h), lamp)
    x0, x1 = sorted((x, x - end * 0.3))
    make.box((x0, -w * 0.6, 0.1 * h), (x1, w * 0.6, 0.16 * h), P.TRIM)  # bumper


def _pantograph(make: Sculptor, size: Size, h: float) -> None:
    """Half folded, its bar across the roof."""
    top, w = size.height_m, size.width_m / 2
    for y in (-0.45, 0.45):
        knee = (1.0, y * w, (h + top) / 2)
        make.limb((0.0, y * w, h), knee, 0.04, 0.035, P.METAL, 4)
        make.limb(knee, (0.1, y * w, top - 0.04), 0.035, 0.03, P.METAL, 4)
    make.box((0.0, -w * 0.7, top - 0.08), (0.2, w * 0.7, top), P.METAL)


# Shown in the layer of buses. The shipped detector was taught none, and is not asked.
DRAWN = (
    DrawnKind(
        Kind.TRAM, ControlClass.BUS, None, "bus", lambda body, phase, moving: tram(body.size), paint=_tram_paint,
        lit_windows=True,
    ),
)  # fmt: skip
