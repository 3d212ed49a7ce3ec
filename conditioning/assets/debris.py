"""Meshes of debris: a wheel, a pallet, a crate, and the open door of a car."""

import numpy as np

from conditioning.assets.mesh import BodyPart, Mesh, Sculptor
from scenarios.model.bodies import Kind, Size, variant_of

P = BodyPart


def debris(size: Size) -> Mesh:
    """What a piece of debris of this size looks like."""
    return {"tyre": _wheel, "pallet": _pallet, "crate": _crate, "door": _door}[variant_of(Kind.DEBRIS, size)](size)


def _crate(size: Size) -> Mesh:
    """A wooden crate: boards with gaps between them, a frame and a brace on each side, a white label."""
    make, (x, y, h) = Sculptor(), (size.length_m / 2, size.width_m / 2, size.height_m)
    board = 0.04 * min(size.length_m, size.width_m, h)
    make.box((-x + 2 * board, -y + 2 * board, 0.02 * h), (x - 2 * board, y - 2 * board, 0.96 * h), P.TRIM)
    for i in range(4):
        low, high = (0.25 * i + 0.02) * h, (0.25 * i + 0.23) * h
        make.box((-x + board, -y + board, low), (x - board, y - board, high), P.CARGO)
    for along, across in ((x, y), (x, -y), (-x, y), (-x, -y)):
        corner, inner = np.array([along, across]), np.array([along, across]) * (1 - 0.16)
        (x0, x1), (y0, y1) = sorted((corner[0], inner[0])), sorted((corner[1], inner[1]))
        make.box((x0, y0, 0), (x1, y1, h), P.TROUSERS)
    for low in (0.0, 0.88 * h):
        make.box((-x, -y, low), (x, -y + 2 * board, low + 0.12 * h), P.TROUSERS)
        make.box((-x, y - 2 * board, low), (x, y, low + 0.12 * h), P.TROUSERS)
        make.box((-x, -y, low), (-x + 2 * board, y, low + 0.12 * h), P.TROUSERS)
        make.box((x - 2 * board, -y, low), (x, y, low + 0.12 * h), P.TROUSERS)
    for end in (-1, 1):
        face = end * (x - 0.3 * board)
        make.limb((face, -0.8 * y, 0.1 * h), (face, 0.8 * y, 0.9 * h), 1.4 * board, 1.4 * board, P.TROUSERS, 4)
        face = end * (y - 0.3 * board)
        make.limb((-0.8 * x, face, 0.1 * h), (0.8 * x, face, 0.9 * h), 1.4 * board, 1.4 * board, P.TROUSERS, 4)
    return make.finish(size.length_m, size.width_m, h)


def _door(size: Size) -> Mesh:
    """The front door of a car, which opens along x: its paint in front, its lining behind, a window above."""
    make, x, y, h = Sculptor(), size.length_m / 2, size.width_m / 2, size.height_m
    sill, belt = 0.2 * h, 0.64 * h
    for back, front, part in ((-x, -0.2 * x, P.TRIM), (-0.2 * x, x, P.PAINT)):
        make.box((back, -y, sill), (front, y, belt), part)
    for edge in (-y, y - 0.06):
        make.box((-0.4 * x, edge, belt), (0.4 * x, edge + 0.06, h), P.PAINT)
    make.box((-0.4 * x, -y, 0.95 * h), (0.4 * x, y, h), P.PAINT)
    make.box((-0.15 * x, -y + 0.06, belt), (0.15 * x, y - 0.06, 0.95 * h), P.GLASS)
    make.box((-x, -0.5 * y, 0.55 * h), (-0.6 * x, 0.4 * y, 0.6 * h), P.METAL)
    return make.finish(size.length_m, size.width_m, h)


def _pallet(size: Size) -> Mesh:
    """Boards on blocks on boards, as EUR pallets are; the thinnest side is up."""
    (length, width, thick), up = _lying(size)
    make, x, y = Sculptor(), length / 2, width / 2
    for edge in np.linspace(-y, y - 0.14 * width, 5):
        make.box((-x, edge, 0.82 * thick), (x, edge + 0.14 * width, thick), P.CARGO)
    for at in (-x, -0.09 * length, x - 0.18 * length):
        make.box((at, -y, 0.66 * thick), (at + 0.18 * length, y, 0.81 * thick), P.TROUSERS)
        for edge in (-y, -0.09 * width, y - 0.18 * width):
            make.box((at, edge, 0.16 * thick), (at + 0.18 * length, edge + 0.18 * width, 0.66 * thick), P.TROUSERS)
    for edge in (-y, -0.09 * width, y - 0.18 * width):
        make.box((-x, edge, 0), (x, edge + 0.18 * width, 0.15 * thick), P.CARGO)
    return _raised(make.finish(length, width, thick), up)


def _wheel(size: Size) -> Mesh:
    """A tyre on its rim, lying or standing as its box does."""
    (length, width, thick), up = _lying(size)
    make, angle = Sculptor(), np.arange(16) * np.pi / 8

    def ring(radius: float, z: float) -> np.ndarray:
        return np.stack([length / 2 * radius * np.cos(angle), width / 2 * radius * np.sin(angle),
                         np.full(16, z * thick)], axis=1)  # fmt: skip

    profile = ((0.58, 0.06), (0.7, 0.0), (0.93, 0.04), (1.0, 0.2), (1.0, 0.8), (0.93, 0.96), (0.7, 1.0), (0.58, 0.94))
    make.tube(np.stack([ring(radius, z) for radius, z in profile]), P.TYRE)
    for low, high in ((0.94, 0.74), (0.06, 0.26)):
        make.tube(np.stack([ring(0.58, low), ring(0.52, high)]), P.RIM)
        make.polygon(ring(0.52, high), P.RIM)
        out = 0.01 if high > 0.5 else -0.01
        for turn in np.arange(5) * 2 * np.pi / 5:
            hole = 0.25 * ring(0.36, high + out) + [0.2 * length * np.cos(turn), 0.2 * width * np.sin(turn), 0]
            make.polygon(hole * [1, 1, 0] + [0, 0, (high + out) * thick], P.TRIM)
    make.limb((0, 0, 0.3 * thick), (0, 0, 0.84 * thick), 0.07 * length, 0.05 * length, P.METAL, 8)
    return _raised(make.finish(length, width, thick), up)


def _lying(size: Size) -> tuple[tuple[float, float, float], int]:
    """Length, width and thickness when the thinnest side is up, and which axis of the body that side is on."""
    extent = [size.length_m, size.width_m, size.height_m]
    up = int(np.argmin(extent))
    swapped = [extent[2] if axis == up else extent[axis] for axis in (0, 1)]
    return (swapped[0], swapped[1], extent[up]), up


def _raised(mesh: Mesh, up: int) -> Mesh:
    """The mesh turned so that its z axis is the body's axis `up`."""
    order = [2 if axis == up else axis for axis in (0, 1)] + [up]
    return Mesh(mesh.points[..., order], mesh.part)
