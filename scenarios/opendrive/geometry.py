"""The pieces of a reference line as functions of distance: lines, arcs, spirals and cubics. SI units."""

import math
from dataclasses import dataclass

import numpy as np

Bend = tuple[float, float, float, float]  # x, y in metres, heading in radians, curvature in 1/m
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
PANEL_RAD = 0.5  # turn within one panel of the quadrature


@dataclass(frozen=True)
class Cubic:
    """a + b ds + c ds^2 + d ds^3 from `s_m` on."""

    s_m: float
    a: float
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def at(self, s: float) -> float:
        """Its value at `s`, metres."""
        ds = s - self.s_m
        return self.a + ds * (self.b + ds * (self.c + ds * self.d))

    def slope(self, s: float) -> float:
        """Its first derivative at `s`."""
        ds = s - self.s_m
        return self.b + ds * (2 * self.c + 3 * self.d * ds)

    def bend(self, s: float) -> float:
        """Its second derivative at `s`, 1/m."""
        return 2 * self.c + 6 * self.d * (s - self.s_m)


Derivatives = tuple[float, float, float]  # a value in metres, its first derivative, and its second one in 1/m


def cubic_at(cubics: tuple[Cubic, ...], s: float) -> Cubic | None:
    """The last cubic that begins at or before `s`."""
    found = None
    for cubic in cubics:
        if cubic.s_m > s + 1e-9:
            break
        found = cubic
    return found


def in_force(cubics: tuple[Cubic, ...], s: float) -> float:
    """The value of the last cubic that begins at or before `s`; 0 without one."""
    found = cubic_at(cubics, s)
    return 0.0 if found is None else found.at(s)


def derivatives(cubics: tuple[Cubic, ...], s: float) -> Derivatives:
    """`in_force` with its first and second derivative."""
    found = cubic_at(cubics, s)
    return (0.0, 0.0, 0.0) if found is None else (found.at(s), found.slope(s), found.bend(s))


@dataclass(frozen=True)
class Clothoid:
    """Curvature that changes linearly: a line, an arc or a spiral."""

    begins_per_m: float
    ends_per_m: float
    length_m: float

    def at(self, ds: float) -> Bend:
        """Pose in the piece's own frame, which begins at the origin along x."""
        k0, slope = self.begins_per_m, (self.ends_per_m - self.begins_per_m) / self.length_m
        heading = k0 * ds + slope * ds * ds / 2
        if abs(slope) < 1e-15:
            if abs(k0) < 1e-12:
                return ds, 0.0, 0.0, k0
            return math.sin(heading) / k0, (1 - math.cos(heading)) / k0, heading, k0
        x, y = self._integrated(ds, slope)
        return x, y, heading, k0 + slope * ds

    def _integrated(self, ds: float, slope: float) -> tuple[float, float]:
        turned = abs(self.begins_per_m * ds) + abs(slope) * ds * ds
        edges = np.linspace(0.0, ds, min(2 + int(turned / PANEL_RAD), 400))
        half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
        u = middle[:, None] + half[:, None] * _NODES
        angle = self.begins_per_m * u + slope * u * u / 2
        weights = half[:, None] * _WEIGHTS
        return float((np.cos(angle) * weights).sum()), float((np.sin(angle) * weights).sum())


@dataclass(frozen=True)
class Parametric:
    """u and v as cubics of a parameter that increases evenly along the piece, up to `end`."""

    u: Cubic
    v: Cubic
    end: float
    length_m: float

    def at(self, ds: float) -> Bend:
        p = ds / self.length_m * self.end
        du, dv, ddu, ddv = self.u.slope(p), self.v.slope(p), self.u.bend(p), self.v.bend(p)
        speed = max(math.hypot(du, dv), 1e-9)
        return self.u.at(p), self.v.at(p), math.atan2(dv, du), (du * ddv - dv * ddu) / speed**3


@dataclass(frozen=True)
class Graph:
    """v as a cubic of u (poly3): u follows from the distance along it."""

    v: Cubic
    length_m: float

    def at(self, ds: float) -> Bend:
        u = self._u(ds)
        slope = self.v.slope(u)
        return u, self.v.at(u), math.atan(slope), self.v.bend(u) / (1 + slope**2) ** 1.5

    def _u(self, ds: float) -> float:
        """Newton's method on the length of the graph up to u."""
        u = ds
        for _ in range(20):
            nodes = u / 2 * (_NODES + 1)
            slopes = self.v.b + nodes * (2 * self.v.c + 3 * self.v.d * nodes)
            error = float((np.sqrt(1 + slopes**2) * _WEIGHTS).sum()) * u / 2 - ds
            u -= error / math.sqrt(1 + self.v.slope(u) ** 2)
            if abs(error) < 1e-9:
                break
        return u


@dataclass(frozen=True)
class PlanViewGeometry:
    """One geometry of a plan view: its start on the road and in the world, and its shape."""

    s_m: float
    x_m: float
    y_m: float
    heading_rad: float
    shape: Clothoid | Parametric | Graph
    name: str  # element name in the file
    line: int

    @property
    def length_m(self) -> float:
        return self.shape.length_m

    def at(self, s: float) -> Bend:
        """World pose and curvature at `s` along the road; straight beyond its ends."""
        ds = min(max(s - self.s_m, 0.0), self.length_m)
        beyond = s - self.s_m - ds
        u, v, turned, curvature = self.shape.at(ds)
        cos, sin = math.cos(self.heading_rad), math.sin(self.heading_rad)
        heading = self.heading_rad + turned
        x = self.x_m + cos * u - sin * v + beyond * math.cos(heading)
        y = self.y_m + sin * u + cos * v + beyond * math.sin(heading)
        return x, y, heading, curvature if beyond == 0 else 0.0
