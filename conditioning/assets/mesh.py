"""Low-poly building blocks: boxes, lofted hulls, wheels, limbs and blobs, each triangle tagged with its part."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Int

from scenarios.model.bodies import Size

Point = Sequence | Float[np.ndarray, "3"]  # x, y, z in metres
Points = Sequence | Float[np.ndarray, "corner 3"]


class BodyPart(IntEnum):
    """What a triangle of a body is made of; a look gives each part its colour."""

    PAINT = 0
    TRIM = 1
    GLASS = 2
    TYRE = 3
    RIM = 4
    HEAD_LIGHT = 5
    TAIL_LIGHT = 6
    PLATE = 7
    METAL = 8
    CARGO = 9
    AMBER = 10
    SKIN = 11
    HAIR = 12
    TOP = 13
    TROUSERS = 14
    SHOES = 15
    HELMET = 16
    ORANGE = 17
    WHITE = 18
    RED = 19
    SIGN = 20
    STRIPE = 21


@dataclass(frozen=True)
class Mesh:
    """Triangles in a body's frame: x forward, y left, z up, origin at the cuboid's centre, metres."""

    points: Float[np.ndarray, "triangle 3 3"]
    part: Int[np.ndarray, "triangle"]


def section(low_half: float, low: float, high_half: float, high: float) -> list[tuple[float, float]]:
    """A cross section (y, z): a trapezium from half width `low_half` at height `low` to `high_half` at `high`."""
    return [(-low_half, low), (-high_half, high), (high_half, high), (low_half, low)]


class Sculptor:
    """Collects triangles; z is height above the ground while sculpting."""

    def __init__(self) -> None:
        self._points: list[np.ndarray] = []
        self._part: list[np.ndarray] = []

    def add(self, triangles: Float[np.ndarray, "triangle 3 3"], part: BodyPart) -> None:
        self._points.append(triangles)
        self._part.append(np.full(len(triangles), int(part)))

    def polygon(self, points: Points, part: BodyPart) -> None:
        """A convex polygon as a fan."""
        p = np.asarray(points, float)
        fan = np.stack([np.broadcast_to(p[0], (len(p) - 2, 3)), p[1:-1], p[2:]], axis=1)
        self.add(fan, part)

    def box(self, low: Point, high: Point, part: BodyPart) -> None:
        (x0, y0, z0), (x1, y1, z1) = low, high
        self.hull(
            [(x0, [(y0, z0), (y0, z1), (y1, z1), (y1, z0)]), (x1, [(y0, z0), (y0, z1), (y1, z1), (y1, z0)])], part
        )

    def hull(self, sections: Sequence[tuple], part: BodyPart) -> None:
        """A closed hull through cross sections (x, ring of (y, z)) with equally many corners."""
        rings = np.array([[(x, y, z) for y, z in ring] for x, ring in sections], float)
        self.tube(rings, part)
        self.polygon(rings[0], part)
        self.polygon(rings[-1], part)

    def tube(self, rings: Float[np.ndarray, "ring corner 3"], part: BodyPart) -> None:
        """The wall between successive rings."""
        a, d = rings[:-1], rings[1:]
        b, c = np.roll(a, -1, axis=1), np.roll(d, -1, axis=1)
        self.add(np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3), part)

    def wheel(self, x: float, y: float, radius: float, width: float, outside: int, rim: float = 0.62) -> None:
        """A tyre standing on the ground with its outer face at y on the side `outside` (+1 left, -1 right)."""
        angle = np.arange(12) * np.pi / 6
        disc = np.stack([x + radius * np.cos(angle), np.full(12, y), radius + radius * np.sin(angle)], axis=1)
        inner = disc - [0, outside * width, 0]
        self.tube(np.stack([inner, disc]), BodyPart.TYRE)
        self.polygon(disc, BodyPart.TYRE)
        hub = (disc - [x, 0, radius]) * [rim, 1, rim] + [x, outside * 0.004, radius]
        self.polygon(hub, BodyPart.RIM)

    def thin_wheel(self, x: float, radius: float, width: float, rim: float, y: float = 0.0) -> None:
        """A spoked wheel, in the middle plane or at `y`: a ring one can look through."""
        angle = np.arange(16) * np.pi / 8
        unit = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], axis=1)
        outer, inner = unit * radius + [x, y, radius], unit * radius * rim + [x, y, radius]
        side = np.array([0, width / 2, 0])
        self.tube(np.stack([inner - side, outer - side, outer + side, inner + side]), BodyPart.TYRE)
        for turn in (0.3, 1.35, 2.4):
            spoke = np.array([np.cos(turn), 0, np.sin(turn)]) * radius * rim
            hub = np.array([x, y, radius])
            self.limb(hub - spoke, hub + spoke, 0.012, 0.012, BodyPart.METAL, 3)

    def limb(self, start: Point, end: Point, r0: float, r1: float, part: BodyPart, sides: int = 6) -> None:
        """A tapered prism between two points."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        along = (end - start) / max(1e-9, float(np.linalg.norm(end - start)))
        across = np.cross(along, [0, 1, 0] if abs(along[1]) < 0.9 else [1, 0, 0])
        across /= np.linalg.norm(across)
        other = np.cross(along, across)
        angle = np.arange(sides) * 2 * np.pi / sides
        ring = np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * other
        rings = np.stack([start + r0 * ring, end + r1 * ring])
        self.tube(rings, part)
        self.polygon(rings[1], part)
        self.polygon(rings[0], part)

    def blob(
        self, centre: Point, radii: Point, part: BodyPart, low: float = -1.0, high: float = 1.0, rings: int = 5
    ) -> None:
        """An ellipsoid, or the slice of it between two heights (-1 bottom .. 1 top)."""
        z = np.sin(np.linspace(np.arcsin(low), np.arcsin(high), rings))
        angle = np.arange(8) * np.pi / 4
        flat = np.sqrt(np.maximum(0.0, 1 - z**2))[:, None]
        unit = np.stack(np.broadcast_arrays(flat * np.cos(angle), flat * np.sin(angle), z[:, None]), axis=-1)
        made = np.asarray(centre) + np.asarray(radii) * unit
        self.tube(made, part)
        self.polygon(made[0], part)
        self.polygon(made[-1], part)

    def triangles(self) -> Float[np.ndarray, "triangle 3 3"]:
        """Everything added so far."""
        return np.concatenate(self._points)

    def finish(self, length: float, width: float, height: float) -> Mesh:
        """The mesh moved to the cuboid's centre; nothing may stick out of the cuboid, so the rest is pressed in."""
        points, half = self.triangles(), np.array([length, width, height]) / 2
        points = points - [0, 0, height / 2]
        return Mesh(np.clip(points, -half, half), np.concatenate(self._part))


def assembled(size: Size, *parts: tuple[Mesh, Point]) -> Mesh:
    """Several meshes as one of a body of `size`, each moved by x, y, z from the body's middle and pressed into the
    body's cuboid.
    """
    half = np.array([size.length_m, size.width_m, size.height_m]) / 2
    points = np.concatenate([mesh.points + np.asarray(at, float) for mesh, at in parts])
    return Mesh(np.clip(points, -half, half), np.concatenate([mesh.part for mesh, _ in parts]))
