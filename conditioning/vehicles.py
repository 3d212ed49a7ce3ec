"""Meshes of things on wheels and of road furniture, scaled to a body's size."""

from dataclasses import dataclass

import numpy as np

from conditioning.shapes import Mesh, Part, Sculptor
from scenarios.bodies import Size

P = Part


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
    "sedan": CarStyle((
        (0.0, 0.52, 0.53, 0), (0.02, 0.63, 0.64, 0), (0.16, 0.66, 0.67, 1), (0.30, 0.66, 0.96, 1), (0.34, 0.66, 0.98, 1),
        (0.47, 0.65, 1.0, 0), (0.495, 0.65, 1.0, 1), (0.60, 0.64, 0.96, 1), (0.745, 0.62, 0.63, 0), (0.93, 0.54, 0.55, 0),
        (1.0, 0.42, 0.43, 0))),
    "hatchback": CarStyle((
        (0.0, 0.55, 0.56, 0), (0.015, 0.62, 0.63, 1), (0.12, 0.63, 0.95, 1), (0.16, 0.63, 0.97, 1), (0.40, 0.62, 1.0, 0),
        (0.43, 0.62, 1.0, 1), (0.57, 0.61, 0.96, 1), (0.74, 0.59, 0.60, 0), (0.92, 0.52, 0.53, 0), (1.0, 0.40, 0.41, 0))),
    "suv": CarStyle((
        (0.0, 0.57, 0.58, 0), (0.015, 0.62, 0.63, 1), (0.07, 0.63, 0.96, 1), (0.11, 0.63, 0.98, 1), (0.24, 0.63, 1.0, 0),
        (0.265, 0.63, 1.0, 1), (0.45, 0.62, 1.0, 0), (0.475, 0.62, 1.0, 1), (0.60, 0.62, 0.96, 1), (0.72, 0.60, 0.61, 0),
        (0.95, 0.56, 0.57, 0), (1.0, 0.46, 0.47, 0)), 0.19, 0.80),
    "pickup": CarStyle((
        (0.0, 0.56, 0.57, 0), (0.01, 0.58, 0.59, 0), (0.36, 0.58, 0.59, 1), (0.385, 0.60, 0.95, 1), (0.41, 0.60, 0.98, 1),
        (0.52, 0.60, 1.0, 0), (0.545, 0.60, 1.0, 1), (0.62, 0.60, 0.96, 1), (0.74, 0.58, 0.59, 0), (0.95, 0.54, 0.55, 0),
        (1.0, 0.44, 0.45, 0)), 0.2, 0.80),
    "van": CarStyle((
        (0.0, 0.5, 0.96, 0), (0.012, 0.5, 0.98, 0), (0.3, 0.52, 1.0, 0), (0.62, 0.5, 1.0, 1), (0.75, 0.5, 0.96, 1),
        (0.87, 0.49, 0.50, 0), (0.98, 0.42, 0.43, 0), (1.0, 0.30, 0.31, 0)), 0.12, 0.86),
}  # fmt: skip
CAR_STYLES = ("sedan", "hatchback", "suv", "sedan", "pickup", "hatchback")


def _cabin(make: Sculptor, style: CarStyle, size: Size) -> None:
    """Lower body and greenhouse as strips between stations."""
    length, height = size.length_m, size.height_m
    half, sill = size.width_m / 2 * 0.96, style.sill * height
    for (xa, ba, ra, glass), (xb, bb, rb, _) in zip(style.profile[:-1], style.profile[1:], strict=True):
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
    _four_wheels(make, size, radius, (0.185, 0.81))
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


def _four_wheels(make: Sculptor, size: Size, radius: float, axles: tuple[float, ...], width: float = 0.22) -> None:
    for x in axles:
        for side in (1, -1):
            at, y = (x - 0.5) * size.length_m, side * size.width_m / 2 * 0.985
            make.wheel(at, y, radius, width, side)
            arch = 1.16 * radius
            angle = np.linspace(0, np.pi, 7)
            ring = [(at + arch * np.cos(t), side * size.width_m / 2 * 0.966, radius + arch * np.sin(t)) for t in angle]
            make.polygon([(at + arch, ring[0][1], 0.6 * radius), *ring, (at - arch, ring[0][1], 0.6 * radius)], P.TRIM)


def _rear_lights(make: Sculptor, size: Size, low: float, high: float, inner: float = 0.72) -> None:
    x, w = -size.length_m / 2, size.width_m / 2
    for side in (1, -1):
        y0, y1 = sorted((side * w * inner, side * w * 0.97))
        make.box((x, y0, low), (x + 0.06, y1, high), P.TAIL_LIGHT)
    make.polygon([(x, 0.3, low), (x, -0.3, low), (x, -0.3, low + 0.14), (x, 0.3, low + 0.14)], P.PLATE)


def _front_lights(make: Sculptor, size: Size, low: float, high: float) -> None:
    x, w = size.length_m / 2, size.width_m / 2
    for side in (1, -1):
        y0, y1 = sorted((side * w * 0.62, side * w * 0.94))
        make.box((x - 0.05, y0, low), (x, y1, high), P.HEAD_LIGHT)


def truck(size: Size) -> Mesh:
    """A box lorry: cab, cargo box, chassis."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front, cab = length / 2, length / 2 - min(2.0, 0.27 * length)
    make.box((-front, -w * 0.8, 0.16 * h), (front - 0.3, w * 0.8, 0.3 * h), P.TRIM)
    make.box((-front + 0.04, -w, 0.29 * h), (cab - 0.12, w, h), P.CARGO)
    make.box((-front + 0.03, -w * 0.99, 0.29 * h), (-front + 0.05, w * 0.99, 0.33 * h), P.METAL)
    make.box((-front + 0.02, -0.03, 0.33 * h), (-front + 0.04, 0.03, 0.97 * h), P.METAL)
    low, belt, roof = 0.12 * h, 0.5 * h, 0.88 * h
    make.hull([(cab, [(-w, low), (-w, roof), (w, roof), (w, low)]),
               (front - 0.16, [(-w, low), (-w * 0.96, roof), (w * 0.96, roof), (w, low)]),
               (front - 0.03, [(-w * 0.97, low), (-w * 0.95, belt), (w * 0.95, belt), (w * 0.97, low)])], P.PAINT)  # fmt: skip
    x0, x1 = front - 0.045, front - 0.155
    make.polygon(
        [
            (x0 + 0.02, -w * 0.86, belt + 0.03),
            (x0 + 0.02, w * 0.86, belt + 0.03),
            (x1 + 0.02, w * 0.86, roof - 0.1),
            (x1 + 0.02, -w * 0.86, roof - 0.1),
        ],
        P.GLASS,
    )
    for side in (1, -1):
        y = side * w * 0.998
        make.polygon(
            [(cab + 0.5, y, belt), (front - 0.3, y, belt), (front - 0.35, y, roof - 0.18), (cab + 0.5, y, roof - 0.18)],
            P.GLASS,
        )
    make.box((front - 0.06, -w * 0.97, low), (front, w * 0.97, low + 0.35), P.TRIM)
    _front_lights(make, size, low + 0.16, low + 0.42)
    _rear_lights(make, size, 0.17 * h, 0.26 * h)
    _four_wheels(make, size, 0.48, (0.16, 0.87), 0.3)
    return make.finish(length, size.width_m, h)


def bus(size: Size) -> Mesh:
    """A city bus: a long box with bands of windows, doors on the right and a lit destination sign."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front, sill, belt, top = length / 2, 0.1 * h, 0.42 * h, 0.83 * h
    make.hull([(-front + 0.03, [(-w * 0.97, sill), (-w * 0.97, h * 0.98), (w * 0.97, h * 0.98), (w * 0.97, sill)]),
               (front - 0.03, [(-w * 0.97, sill), (-w * 0.97, h), (w * 0.97, h), (w * 0.97, sill)])], P.PAINT)  # fmt: skip
    panes = max(3, round(length / 1.5))
    step = (length - 0.5) / panes
    for i in range(panes):
        a = -front + 0.25 + i * step
        for side in (1, -1):
            door = side < 0 and i in (panes - 1, panes // 2)
            low, y = (0.16 * h if door else belt), side * w * 0.985
            make.polygon(
                [(a + 0.05, y, low), (a + step - 0.05, y, low), (a + step - 0.05, y, top), (a + 0.05, y, top)], P.GLASS
            )
    for x, low, high in ((front - 0.015, 0.34 * h, 0.8 * h), (-front + 0.015, 0.55 * h, 0.82 * h)):
        make.polygon([(x, -w * 0.88, low), (x, w * 0.88, low), (x, w * 0.88, high), (x, -w * 0.88, high)], P.GLASS)
        make.polygon(
            [(x, -w * 0.6, high + 0.06), (x, w * 0.6, high + 0.06), (x, w * 0.6, 0.96 * h), (x, -w * 0.6, 0.96 * h)],
            P.SIGN,
        )
    make.box((-front, -w * 0.96, sill), (-front + 0.05, w * 0.96, sill + 0.25), P.TRIM)
    make.box((front - 0.05, -w * 0.96, sill), (front, w * 0.96, sill + 0.25), P.TRIM)
    _front_lights(make, size, sill + 0.26, sill + 0.5)
    _rear_lights(make, size, 0.26 * h, 0.44 * h, 0.78)
    _four_wheels(make, size, 0.48, (0.24, 0.78), 0.28)
    make.box((-front * 0.6, -w * 0.7, h * 0.97), (-front * 0.2, w * 0.7, h), P.TRIM)
    return make.finish(length, size.width_m, h)


def trailer(size: Size) -> Mesh:
    """A box trailer on two axles."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front = length / 2
    make.box((-front + 0.04, -w, 0.3 * h), (front, w, h), P.CARGO)
    make.box((-front, -w * 0.75, 0.18 * h), (front - 0.4, w * 0.75, 0.31 * h), P.TRIM)
    _rear_lights(make, size, 0.19 * h, 0.27 * h)
    _four_wheels(make, size, 0.45, (0.14, 0.28), 0.3)
    return make.finish(length, size.width_m, h)


def construction(size: Size) -> Mesh:
    """A wheel loader: engine at the back, cab, lifting arms and a bucket."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front = length / 2
    make.box((-front, -w * 0.66, 0.22 * h), (-0.12 * length, w * 0.66, 0.58 * h), P.PAINT)
    make.box((-0.16 * length, -w * 0.6, 0.25 * h), (0.12 * length, w * 0.6, 0.5 * h), P.TRIM)
    make.box((-0.17 * length, -w * 0.58, 0.5 * h), (0.1 * length, w * 0.58, 0.94 * h), P.GLASS)
    make.box((-0.19 * length, -w * 0.62, 0.93 * h), (0.12 * length, w * 0.62, h), P.PAINT)
    for x in (-0.17, 0.1):
        for y in (-0.58, 0.58):
            make.limb((x * length, y * w, 0.5 * h), (x * length, y * w, 0.95 * h), 0.06, 0.06, P.TRIM, 4)
    for side in (1, -1):
        make.limb(
            (0.1 * length, side * w * 0.5, 0.55 * h), (0.4 * length, side * w * 0.5, 0.2 * h), 0.14, 0.12, P.PAINT, 4
        )
    ring = [(0.36, 0.06), (0.5, 0.03), (0.46, 0.36), (0.36, 0.4)]
    for y0, y1 in ((-w, w),):
        a, b = ([(x * length, y, z * h) for x, z in ring] for y in (y0, y1))
        make.tube(np.array([a, b]), P.METAL)
        make.polygon(a, P.METAL)
        make.polygon(b, P.METAL)
    _rear_lights(make, size, 0.44 * h, 0.52 * h, 0.5)
    for x in (0.2, 0.68):
        for side in (1, -1):
            make.wheel((x - 0.5) * length, side * w * 0.97, 0.225 * h, 0.55, side, 0.5)
    make.box((-0.08 * length, -0.1, 0.97 * h), (-0.05 * length, 0.1, h), P.AMBER)
    return make.finish(length, size.width_m, h)


def cone(size: Size) -> Mesh:
    """A traffic cone with two white bands."""
    make, h, r = Sculptor(), size.height_m, min(size.length_m, size.width_m) / 2
    make.box((-size.length_m / 2, -size.width_m / 2, 0), (size.length_m / 2, size.width_m / 2, 0.05 * h), P.TRIM)
    stops = ((0.04, P.ORANGE), (0.35, P.WHITE), (0.5, P.ORANGE), (0.66, P.WHITE), (0.8, P.ORANGE), (1.0, P.ORANGE))
    for (z0, part), (z1, _) in zip(stops[:-1], stops[1:], strict=True):
        make.limb((0, 0, z0 * h), (0, 0, z1 * h), r * (0.86 - 0.7 * z0), r * (0.86 - 0.7 * z1), part, 8)
    return make.finish(size.length_m, size.width_m, h)


def barrier(size: Size) -> Mesh:
    """A red and white board on two feet, across the way it faces."""
    make, h, w, depth = Sculptor(), size.height_m, size.width_m / 2, size.length_m / 2
    for y in (-0.7, 0.7):
        make.box((-depth, y * w - 0.1, 0), (depth, y * w + 0.1, 0.12 * h), P.TRIM)
        make.box((-0.04, y * w - 0.05, 0), (0.04, y * w + 0.05, h), P.METAL)
    bands = np.linspace(-w, w, 9)
    for low, high in ((0.6, 1.0), (0.2, 0.5)):
        for i, (a, b) in enumerate(zip(bands[:-1], bands[1:], strict=True)):
            make.box((-0.06, a, low * h), (0.06, b, high * h), P.RED if i % 2 else P.WHITE)
    for y in (-0.9, 0.9):
        make.box((-0.08, y * w - 0.08, 0.86 * h), (0.08, y * w + 0.08, h), P.AMBER)
    return make.finish(size.length_m, size.width_m, h)
