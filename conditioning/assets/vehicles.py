"""Meshes of lorries, buses, machines and road furniture, scaled to a body's size."""

from itertools import pairwise

import numpy as np

from conditioning.assets.cars import wheels
from conditioning.assets.mesh import BodyPart, Mesh, Sculptor, section
from scenarios.model.bodies import Size

P = BodyPart


def _rear_lights(make: Sculptor, size: Size, low: float, high: float, inner: float = 0.72, outer: float = 0.97) -> None:
    x, w = -size.length_m / 2, size.width_m / 2
    for side in (1, -1):
        y0, y1 = sorted((side * w * inner, side * w * outer))
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
    make.hull(
        [
            (cab, section(w, low, w, roof)),
            (front - 0.16, section(w, low, w * 0.96, roof)),
            (front - 0.03, section(w * 0.97, low, w * 0.95, belt)),
        ],
        P.PAINT,
    )
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
    wheels(make, size, 0.48, (0.16, 0.87), 0.3)
    return make.finish(length, size.width_m, h)


def bus(size: Size) -> Mesh:
    """A city bus: a long box with bands of windows, doors on the right and a lit destination sign."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front, sill, belt, top = length / 2, 0.1 * h, 0.42 * h, 0.83 * h
    make.hull(
        [
            (-front + 0.03, section(w * 0.97, sill, w * 0.97, h * 0.98)),
            (front - 0.03, section(w * 0.97, sill, w * 0.97, h)),
        ],
        P.PAINT,
    )
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
    wheels(make, size, 0.48, (0.24, 0.78), 0.28)
    make.box((-front * 0.6, -w * 0.7, h * 0.97), (-front * 0.2, w * 0.7, h), P.TRIM)
    return make.finish(length, size.width_m, h)


def trailer(size: Size) -> Mesh:
    """A box trailer on two axles."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front = length / 2
    make.box((-front + 0.04, -w, 0.3 * h), (front, w, h), P.CARGO)
    make.box((-front, -w * 0.75, 0.18 * h), (front - 0.4, w * 0.75, 0.31 * h), P.TRIM)
    _rear_lights(make, size, 0.19 * h, 0.27 * h)
    wheels(make, size, 0.45, (0.14, 0.28), 0.3)
    return make.finish(length, size.width_m, h)


def construction(size: Size) -> Mesh:
    """A wheel loader: engine at the back, cab, lifting arms and a bucket."""
    make, length, w, h = Sculptor(), size.length_m, size.width_m / 2, size.height_m
    front = length / 2
    make.box((-front + 0.02, -w * 0.66, 0.22 * h), (-0.12 * length, w * 0.66, 0.58 * h), P.PAINT)
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
    a, b = ([(x * length, y, z * h) for x, z in ring] for y in (-w, w))
    make.tube(np.array([a, b]), P.METAL)
    make.polygon(a, P.METAL)
    make.polygon(b, P.METAL)
    _rear_lights(make, size, 0.44 * h, 0.52 * h, 0.45, 0.66)
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
    for (z0, part), (z1, _) in pairwise(stops):
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
        for i, (a, b) in enumerate(pairwise(bands)):
            make.box((-0.06, a, low * h), (0.06, b, high * h), P.RED if i % 2 else P.WHITE)
    for y in (-0.9, 0.9):
        make.box((-0.08, y * w - 0.08, 0.86 * h), (0.08, y * w + 0.08, h), P.AMBER)
    return make.finish(size.length_m, size.width_m, h)
