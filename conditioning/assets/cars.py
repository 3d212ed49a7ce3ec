"""Meshes of cars and vans: one lofted hull for each body style, scaled to a body's size."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from scenarios.model.bodies import Size

P = BodyPart


@dataclass(frozen=True)
class CarStyle:
    """A car's side view in fractions of length (from the rear, 0..1) and height.

    `profile` are stations (x, belt z, roof z, 0 paint / 1 glass of the piece that follows towards the front).
    """

    profile: tuple[tuple[float, float, float, int], ...]
    sill: float = 0.16
    roof_width: float = 0.74


# The roof line from the rear bumper to the front; where belt = roof there is boot, bed or bonnet.
STYLES: dict[str, CarStyle] = {
    "sedan": CarStyle(
        (
            (0.0, 0.52, 0.53, 0), (0.02, 0.63, 0.64, 0), (0.16, 0.66, 0.67, 1), (0.3, 0.66, 0.96, 1),
            (0.34, 0.66, 0.98, 1), (0.47, 0.65, 1.0, 0), (0.495, 0.65, 1.0, 1), (0.6, 0.64, 0.96, 1),
            (0.745, 0.62, 0.63, 0), (0.93, 0.54, 0.55, 0), (1.0, 0.42, 0.43, 0),
        ),
        sill=0.16,
        roof_width=0.74,
    ),
    "hatchback": CarStyle(
        (
            (0.0, 0.55, 0.56, 0), (0.015, 0.62, 0.63, 1), (0.12, 0.63, 0.95, 1), (0.16, 0.63, 0.97, 1),
            (0.4, 0.62, 1.0, 0), (0.43, 0.62, 1.0, 1), (0.57, 0.61, 0.96, 1), (0.74, 0.59, 0.6, 0),
            (0.92, 0.52, 0.53, 0), (1.0, 0.4, 0.41, 0),
        ),
        sill=0.16,
        roof_width=0.74,
    ),
    "suv": CarStyle(
        (
            (0.0, 0.57, 0.58, 0), (0.015, 0.62, 0.63, 1), (0.07, 0.63, 0.96, 1), (0.11, 0.63, 0.98, 1),
            (0.24, 0.63, 1.0, 0), (0.265, 0.63, 1.0, 1), (0.45, 0.62, 1.0, 0), (0.475, 0.62, 1.0, 1),
            (0.6, 0.62, 0.96, 1), (0.72, 0.6, 0.61, 0), (0.95, 0.56, 0.57, 0), (1.0, 0.46, 0.47, 0),
        ),
        sill=0.19,
        roof_width=0.8,
    ),
    "pickup": CarStyle(
        (
            (0.0, 0.56, 0.57, 0), (0.01, 0.58, 0.59, 0), (0.36, 0.58, 0.59, 1), (0.385, 0.6, 0.95, 1),
            (0.41, 0.6, 0.98, 1), (0.52, 0.6, 1.0, 0), (0.545, 0.6, 1.0, 1), (0.62, 0.6, 0.96, 1),
            (0.74, 0.58, 0.59, 0), (0.95, 0.54, 0.55, 0), (1.0, 0.44, 0.45, 0),
        ),
        sill=0.2,
        roof_width=0.8,
    ),
    "van": CarStyle(
        (
            (0.0, 0.5, 0.96, 0), (0.012, 0.5, 0.98, 0), (0.3, 0.52, 1.0, 0), (0.62, 0.5, 1.0, 1),
            (0.75, 0.5, 0.96, 1), (0.87, 0.49, 0.5, 0), (0.98, 0.42, 0.43, 0), (1.0, 0.3, 0.31, 0),
        ),
        sill=0.12,
        roof_width=0.86,
    ),
}  # fmt: skip
CAR_STYLES = ("sedan", "hatchback", "suv", "sedan", "pickup", "hatchback")


def _cabin(make: Sculptor, style: CarStyle, size: Size) -> None:
    """Lower body and greenhouse as strips between stations."""
    length, height = size.length_m, size.height_m
    half, sill = size.width_m / 2 * 0.96, style.sill * height
    for (xa, ba, ra, glass), (xb, bb, rb, _) in pairwise(style.profile):
        a, b = (xa - 0.5) * length, (xb - 0.5) * length
        wa, wb = half * _taper(xa), half * _taper(xb)
        ta, tb = (w * (style.roof_width if r > belt + 0.05 else 0.97) for w, r, belt in ((wa, ra, ba), (wb, rb, bb)))
        za, zb, rza, rzb = ba * height, bb * height, ra * height, rb * height
        sloped = bool(glass) and abs(ra - rb) > 0.1
        raised = max(ra - ba, rb - bb) > 0.05
        waist = 0.55
        for side in (1, -1):
            mid_a, mid_b = sill + waist * (za - sill), sill + waist * (zb - sill)
            make.polygon(
                [
                    (a, side * wa * 0.94, sill),
                    (b, side * wb * 0.94, sill),
                    (b, side * wb, mid_b),
                    (a, side * wa, mid_a),
                ],
                P.PAINT,
            )
            make.polygon(
                [(a, side * wa, mid_a), (b, side * wb, mid_b), (b, side * wb * 0.97, zb), (a, side * wa * 0.97, za)],
                P.PAINT,
            )
            part = P.GLASS if raised and glass else P.PAINT
            make.polygon(
                [(a, side * wa * 0.97, za), (b, side * wb * 0.97, zb), (b, side * tb, rzb), (a, side * ta, rza)], part
            )
        make.polygon([(a, ta, rza), (b, tb, rzb), (b, -tb, rzb), (a, -ta, rza)], P.GLASS if sloped else P.PAINT)
        make.polygon([(a, wa * 0.94, sill), (b, wb * 0.94, sill), (b, -wb * 0.94, sill), (a, -wa * 0.94, sill)], P.TRIM)


def _taper(x: float) -> float:
    """Half width along the car: a little narrower at both ends."""
    return 1.0 - 0.10 * max(0.0, abs(x - 0.5) - 0.36) / 0.14


def _ends(make: Sculptor, style: CarStyle, size: Size) -> None:
    """Front and rear faces with bumpers, lights and plates, a hand's breadth inside the cuboid."""
    length, height, w = size.length_m, size.height_m, size.width_m / 2 * 0.96 * _taper(0.0)
    for end, (_, belt, roof, _) in ((-1, style.profile[0]), (1, style.profile[-1])):
        x = end * (length / 2 - 0.03)
        z0, top, face = style.sill * height, roof * height, end * length / 2
        wide = w * (style.roof_width if roof > belt + 0.05 else 0.97)
        make.polygon(
            [
                (x, w * 0.94, z0),
                (x, w, belt * height),
                (x, wide, top),
                (x, -wide, top),
                (x, -w, belt * height),
                (x, -w * 0.94, z0),
            ],
            P.PAINT,
        )
        make.box((min(x, face), -w * 0.97, z0), (max(x, face), w * 0.97, z0 + 0.12 * height), P.TRIM)
        make.polygon(
            [
                (face, 0.26, z0 + 0.13 * height),
                (face, -0.26, z0 + 0.13 * height),
                (face, -0.26, z0 + 0.21 * height),
                (face, 0.26, z0 + 0.21 * height),
            ],
            P.PLATE,
        )
    _lights(make, style, size, w)


def _lights(make: Sculptor, style: CarStyle, size: Size, w: float) -> None:
    height, length = size.height_m, size.length_m
    rear_belt, front_belt = style.profile[0][1] * height, style.profile[-1][1] * height
    tall = style.profile[0][2] > style.profile[0][1] + 0.05
    low, high = (0.43 * height, 0.60 * height) if tall else (rear_belt - 0.12 * height, rear_belt + 0.035 * height)
    inner = 0.80 if tall else 0.60
    for side in (1, -1):
        y0, y1 = sorted((side * w * inner, side * w * 1.0))
        make.box((-length / 2 + 0.002, y0, low), (-length / 2 + 0.10, y1, high), P.TAIL_LIGHT)
        y0, y1 = sorted((side * w * 0.55, side * w * 0.99))
        make.box(
            (length / 2 - 0.16, y0, front_belt - 0.11 * height),
            (length / 2 - 0.002, y1, front_belt + 0.015 * height),
            P.HEAD_LIGHT,
        )
    grille = [
        (length / 2 - 0.002, y, z)
        for y, z in (
            (w * 0.5, front_belt - 0.02),
            (-w * 0.5, front_belt - 0.02),
            (-w * 0.5, front_belt - 0.12 * height),
            (w * 0.5, front_belt - 0.12 * height),
        )
    ]
    make.polygon(grille, P.TRIM)


def car(size: Size, style_name: str) -> Mesh:
    """A car or van of one body style."""
    make, style = Sculptor(), STYLES[style_name]
    _cabin(make, style, size)
    _ends(make, style, size)
    radius = min(0.36, 0.235 * size.height_m) * (1.1 if style_name in ("suv", "pickup") else 1.0)
    wheels(make, size, radius, (0.185, 0.81))
    for side in (1, -1):
        y0, y1 = sorted((side * size.width_m * 0.455, side * size.width_m * 0.5))
        belt, at = 0.62 * size.height_m, 0.18 * size.length_m
        make.box((at - 0.08, y0, belt), (at + 0.08, y1, belt + 0.1 * size.height_m), P.PAINT)
    if style_name == "van":
        _rear_door_windows(make, size)
    return make.finish(size.length_m, size.width_m, size.height_m)


def _rear_door_windows(make: Sculptor, size: Size) -> None:
    x, w, h = -size.length_m / 2 + 0.005, size.width_m / 2, size.height_m
    for y0, y1 in ((0.04, 0.66), (-0.66, -0.04)):
        make.polygon(
            [(x, y0 * w, 0.58 * h), (x, y1 * w, 0.58 * h), (x, y1 * w, 0.86 * h), (x, y0 * w, 0.86 * h)], P.GLASS
        )


def wheels(make: Sculptor, size: Size, radius: float, axles: tuple[float, ...], width: float = 0.22) -> None:
    for x in axles:
        for side in (1, -1):
            at, y = (x - 0.5) * size.length_m, side * size.width_m / 2 * 0.985
            make.wheel(at, y, radius, width, side)
            arch = 1.16 * radius
            angle = np.linspace(0, np.pi, 7)
            ring = [(at + arch * np.cos(t), side * size.width_m / 2 * 0.966, radius + arch * np.sin(t)) for t in angle]
            make.polygon([(at + arch, ring[0][1], 0.6 * radius), *ring, (at - arch, ring[0][1], 0.6 * radius)], P.TRIM)
