"""A second reading of OpenDRIVE, written from the standard alone, to compare the product's with.

Reads the XML itself and shares no code with the product: plan view, lane offset, widths, links. Metres, radians.
"""

import math
from dataclasses import dataclass

import numpy as np
from lxml import etree

STEP_M = 0.05  # of the numerical integration of a plan view


@dataclass(frozen=True)
class StandardRoad:
    """One road: `s, x, y, heading` sampled along its reference line, and its XML element."""

    element: etree._Element
    s: np.ndarray
    line: np.ndarray  # x, y, heading a row

    @property
    def length_m(self) -> float:
        return float(self.element.get("length"))

    def reference(self, s: float) -> tuple[float, float, float]:
        return tuple(float(np.interp(s, self.s, column)) for column in self.line.T)

    def section(self, s: float) -> etree._Element:
        """The laneSection at `s`."""
        found = sorted(self.element.iterfind("lanes/laneSection"), key=lambda one: float(one.get("s")))
        return [one for one in found if float(one.get("s")) <= s + 1e-9 or one is found[0]][-1]

    def lane(self, lane_id: int, s: float) -> etree._Element | None:
        found = (one for one in self.section(s).iterfind("*/lane") if int(one.get("id")) == lane_id)
        return next(found, None)

    def centre(self, lane_id: int, s: float) -> tuple[float, float] | None:
        """World x, y of the middle of a lane; None if the road has no such lane at `s`."""
        begins = float(self.section(s).get("s"))
        t, sign = polynomial(self.element.iterfind("lanes/laneOffset"), "s", s), 1 if lane_id > 0 else -1
        for inner in range(sign, lane_id + sign, sign):
            if (lane := self.lane(inner, s)) is None:
                return None
            width = polynomial(lane.iterfind("width"), "sOffset", s - begins)
            t += sign * (width / 2 if inner == lane_id else width)
        x, y, heading = self.reference(s)
        return x - t * math.sin(heading), y + t * math.cos(heading)


def polynomial(records, key: str, at: float) -> float:
    """The value of the record in force at a place: the last that begins at or before it."""
    held = [one for one in records if float(one.get(key)) <= at + 1e-9]
    if not held:
        return 0.0
    last = max(held, key=lambda one: float(one.get(key)))
    ds = at - float(last.get(key))
    return sum(float(last.get(name)) * ds**power for power, name in enumerate("abcd"))


def read_roads(xml: bytes) -> dict[str, StandardRoad]:
    """All roads of a file by their id."""
    root = etree.fromstring(xml, etree.XMLParser(huge_tree=False, resolve_entities=False))
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    return {road.get("id"): _sampled(road) for road in root.iterfind("road")}


def _sampled(road: etree._Element) -> StandardRoad:
    s, rows = [], []
    for piece in sorted(road.iterfind("planView/geometry"), key=lambda one: float(one.get("s"))):
        length = float(piece.get("length"))
        ds = np.linspace(0.0, length, max(2, math.ceil(length / STEP_M) + 1))
        u, v, turned = _shape(piece, ds, length)
        x0, y0, heading = (float(piece.get(name)) for name in ("x", "y", "hdg"))
        cos, sin = math.cos(heading), math.sin(heading)
        s.append(ds + float(piece.get("s")))
        rows.append(np.stack([x0 + cos * u - sin * v, y0 + sin * u + cos * v, heading + turned], axis=-1))
    line = np.concatenate(rows)
    line[:, 2] = np.unwrap(line[:, 2])
    return StandardRoad(road, np.concatenate(s), line)


def _shape(piece: etree._Element, ds: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, v and heading in the piece's own frame."""
    shape = next(one for one in piece if one.tag in ("line", "arc", "spiral", "poly3", "paramPoly3"))
    if shape.tag in ("poly3", "paramPoly3"):
        return _cubic(shape, ds, length)
    begins, ends = {
        "line": (0.0, 0.0),
        "arc": (shape.get("curvature"),) * 2,
        "spiral": (shape.get("curvStart"), shape.get("curvEnd")),
    }[shape.tag]
    k0, k1 = float(begins), float(ends)
    turned = k0 * ds + (k1 - k0) / length * ds**2 / 2
    return _integral(np.cos(turned), ds), _integral(np.sin(turned), ds), turned


def _cubic(shape: etree._Element, ds: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if shape.tag == "poly3":
        u = np.linspace(0.0, length, len(ds) * 4)
        v = np.polynomial.Polynomial([float(shape.get(name)) for name in "abcd"])
        way = _integral(np.hypot(1.0, v.deriv()(u)), u)
        u = np.interp(ds, way, u)
        return u, v(u), np.arctan(v.deriv()(u))
    end = length if shape.get("pRange", "normalized") == "arcLength" else 1.0
    u, v = (np.polynomial.Polynomial([float(shape.get(f"{name}{axis}")) for name in "abcd"]) for axis in "UV")
    p = ds / length * end
    return u(p), v(p), np.unwrap(np.arctan2(v.deriv()(p), u.deriv()(p)))


def _integral(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(at))])
