"""Reads an OpenDRIVE file (1.1-1.8) as a map, or reports all its faults."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from scenarios.opendrive.geometry import Clothoid, Cubic, Graph, Parametric, PlanViewGeometry
from scenarios.opendrive.road_map import (
    Connection,
    Lane,
    LaneSection,
    Link,
    MapJunction,
    MapRoad,
    RoadMap,
    UnreadElement,
)
from scenarios.source.errors import SpecError, SpecErrors, quoted
from scenarios.source.xml_document import Element, XmlFile, read_xml

FARTHEST = 1e7  # metres; coordinates of whole countries
MOST_ROADS = 20_000
LONGEST_M = 30_000.0  # of one road
LOOSE_M = 0.1  # tolerance between a geometry's end and the next one's start, for rounded numbers


class Malformed(ValueError):
    """An invalid or incomplete element."""

    def __init__(self, element: Element, found: str, wanted: str):
        self.fault = SpecError(element.tag, found, wanted, element.line, 1)
        super().__init__(str(self.fault))


def read_map(path: str | Path) -> RoadMap:
    """The map of one file; raises SpecErrors."""
    return map_of(read_xml(path))


def map_of(file: XmlFile) -> RoadMap:
    """The map of a file that is parsed already; raises SpecErrors with one fault per broken road or junction."""
    if file.root.tag != "OpenDRIVE":
        raise SpecErrors(
            file.path, [SpecError("file", f"<{quoted(file.root.tag)[1:-1]}>", "<OpenDRIVE>", file.root.line, 1)]
        )
    faults: list[SpecError] = []
    roads: dict[str, MapRoad] = {}
    junctions: dict[str, MapJunction] = {}
    for element in file.root.children[:MOST_ROADS]:
        try:
            if element.tag == "road":
                road = _road(element)
                if road.id in roads:
                    raise Malformed(element, f"the road {quoted(road.id)} a second time", "each id once")
                roads[road.id] = road
            elif element.tag == "junction":
                junction = _junction(element)
                junctions[junction.id] = junction
        except Malformed as malformed:
            faults.append(malformed.fault)
    if not roads and not faults:
        faults.append(SpecError("OpenDRIVE", "no road", "at least one", file.root.line, 1))
    if faults:
        raise SpecErrors(file.path, faults)
    return RoadMap(roads, junctions)


def _road(element: Element) -> MapRoad:
    length = _number(element, "length")
    plan, lanes, link = (_one(element, name) for name in ("planView", "lanes", "link"))
    if plan is None or lanes is None or length <= 0:
        raise Malformed(element, "no planView, no lanes or no length", "a road with all three")
    if length > LONGEST_M:
        raise Malformed(element, f"a length of {length:g} m", f"at most {LONGEST_M:g} m, or several roads")
    pieces = _pieces(plan, length)
    return MapRoad(
        _word(element, "id"), element.attributes.get("name", ""), length, element.attributes.get("junction", "-1"),
        element.attributes.get("rule", "RHT") == "LHT", pieces, _cubics(lanes, "laneOffset"),
        _cubics(_one(element, "elevationProfile"), "elevation"),
        _cubics(_one(element, "lateralProfile"), "superelevation"), _sections(lanes, length),
        _link(link, "predecessor"), _link(link, "successor"), element.line, tuple(_unread(element)),
    )  # fmt: skip


_PLACES = {"objects": ("object", "bridge", "tunnel"), "signals": ("signal",), "surface": ("CRG",),
           "lateralProfile": ("shape", "crossfall")}  # fmt: skip


def _unread(road: Element) -> Iterator[UnreadElement]:
    """What stands along a road or shapes its surface and is not read."""
    for parent, names in _PLACES.items():
        for name in names:
            found = [one for place in _all(road, parent) for one in _all(place, name)]
            if found:
                yield UnreadElement(name, len(found), found[0].line)


def _pieces(plan: Element, length: float) -> tuple[PlanViewGeometry, ...]:
    """The geometries in order, without gaps from the road's start to its end."""
    found = sorted(((_piece(part), part) for part in _all(plan, "geometry")), key=lambda pair: pair[0].s_m)
    if not found:
        raise Malformed(plan, "no geometry", "at least one")
    if abs(found[0][0].s_m) > LOOSE_M:
        raise Malformed(found[0][1], f"a first geometry that begins at s = {found[0][0].s_m:g} m", "s = 0")
    for (piece, element), (after, _) in pairwise(found):
        if abs(piece.s_m + piece.length_m - after.s_m) > LOOSE_M:
            said = f"a geometry from s = {piece.s_m:g} m on, {piece.length_m:g} m long, before one that begins at"
            raise Malformed(element, f"{said} {after.s_m:g} m", "geometries that follow each other without gaps")
    ends = found[-1][0].s_m + found[-1][0].length_m
    if ends < length - LOOSE_M:
        raise Malformed(found[-1][1], f"geometries that end at s = {ends:g} m", f"the road's length, {length:g} m")
    return tuple(piece for piece, _ in found)


def _piece(element: Element) -> PlanViewGeometry:
    s, x, y, heading = (_number(element, name) for name in ("s", "x", "y", "hdg"))
    length = _number(element, "length")
    if not 1e-6 <= length <= FARTHEST:
        raise Malformed(element, f"a length of {length:g} m", "one above zero")
    shapes = [child for child in element.children if child.tag in _SHAPES]
    if len(shapes) != 1:
        said = ", ".join(child.tag for child in element.children) or "nothing"
        raise Malformed(element, said, "one of " + ", ".join(_SHAPES))
    shape = _SHAPES[shapes[0].tag](shapes[0], length)
    return PlanViewGeometry(s, x, y, heading, shape, shapes[0].tag, element.line)


def _line(_: Element, length: float) -> Clothoid:
    return Clothoid(0.0, 0.0, length)


def _arc(element: Element, length: float) -> Clothoid:
    curvature = _bounded_bend(element, "curvature")
    return Clothoid(curvature, curvature, length)


def _spiral(element: Element, length: float) -> Clothoid:
    return Clothoid(_bounded_bend(element, "curvStart"), _bounded_bend(element, "curvEnd"), length)


def _bounded_bend(element: Element, name: str) -> float:
    if abs(value := _number(element, name)) > 10:
        raise Malformed(element, f"{name} {value:g}", "a curvature of at most 10 1/m")
    return value


def _graph(element: Element, length: float) -> Graph:
    return Graph(Cubic(0.0, *(_number(element, name) for name in "abcd")), length)


def _parametric(element: Element, length: float) -> Parametric:
    u, v = (Cubic(0.0, *(_number(element, f"{name}{axis}") for name in "abcd")) for axis in "UV")
    said = element.attributes.get("pRange", "normalized")
    if said not in ("normalized", "arcLength"):
        raise Malformed(element, f"pRange {quoted(said)}", "arcLength or normalized")
    return Parametric(u, v, length if said == "arcLength" else 1.0, length)


_Shape = Clothoid | Parametric | Graph
_SHAPES: dict[str, Callable[[Element, float], _Shape]] = {
    "line": _line,
    "arc": _arc,
    "spiral": _spiral,
    "poly3": _graph,
    "paramPoly3": _parametric,
}


def _sections(lanes: Element, length: float) -> tuple[LaneSection, ...]:
    found = sorted(_all(lanes, "laneSection"), key=lambda part: _number(part, "s"))
    if not found:
        raise Malformed(lanes, "no laneSection", "at least one")
    for part in found:
        if part.attributes.get("singleSide", "false") == "true":
            raise Malformed(
                part, "a laneSection of one side alone (singleSide)", "sections with the lanes of both sides"
            )
    ends = [*(_number(part, "s") for part in found[1:]), length]
    return tuple(
        LaneSection(_number(part, "s"), end, tuple(sorted(_lanes(part), key=lambda lane: lane.id)), part.line)
        for part, end in zip(found, ends, strict=True)
    )


def _lanes(section: Element) -> Iterator[Lane]:
    seen: set[int] = set()
    for side in section.children:
        if side.tag not in ("left", "right"):
            continue
        for element in _all(side, "lane"):
            number = _whole(element, "id")
            if number in seen or (number > 0) != (side.tag == "left") or number == 0:
                raise Malformed(element, f"lane {number} on the {side.tag}", "each lane once, positive ids on the left")
            seen.add(number)
            yield _lane(element, number)


def _lane(element: Element, number: int) -> Lane:
    if (border := _one(element, "border")) is not None:
        raise Malformed(border, "a lane by its border", "lanes by their widths")
    link = _one(element, "link")
    linked = [None if link is None else _one(link, name) for name in ("predecessor", "successor")]
    before, after = (None if one is None else _whole(one, "id") for one in linked)
    widths = _cubics(element, "width", "sOffset")
    kind = element.attributes.get("type", "none")
    return Lane(number, kind, widths, before, after, element.line)


def _link(link: Element | None, name: str) -> Link | None:
    element = None if link is None else _one(link, name)
    if element is None:
        return None
    kind = element.attributes.get("elementType", "road")
    return Link(kind, _word(element, "elementId"), element.attributes.get("contactPoint", ""))


def _junction(element: Element) -> MapJunction:
    ways = []
    for part in _all(element, "connection"):
        if "incomingRoad" not in part.attributes or "connectingRoad" not in part.attributes:
            continue  # a direct junction links roads themselves
        lanes = {_whole(lane, "from"): _whole(lane, "to") for lane in _all(part, "laneLink")}
        contact = part.attributes.get("contactPoint", "start")
        ways.append(Connection(_word(part, "incomingRoad"), _word(part, "connectingRoad"), contact, lanes))
    return MapJunction(_word(element, "id"), tuple(ways))


def _cubics(parent: Element | None, name: str, begins: str = "s") -> tuple[Cubic, ...]:
    parts = [] if parent is None else _all(parent, name)
    found = (Cubic(*(_number(part, key) for key in (begins, "a", "b", "c", "d"))) for part in parts)
    return tuple(sorted(found, key=lambda cubic: cubic.s_m))


def _all(parent: Element, name: str) -> list[Element]:
    return [child for child in parent.children if child.tag == name]


def _one(parent: Element, name: str) -> Element | None:
    return next(iter(_all(parent, name)), None)


def _word(element: Element, name: str) -> str:
    if name not in element.attributes:
        raise Malformed(element, f"no {name}", f"{name}=...")
    return element.attributes[name][:64]


def _number(element: Element, name: str) -> float:
    said = _word(element, name)
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not abs(value) <= FARTHEST:
        raise Malformed(element, f"{name} {quoted(said)}", "a number")
    return value


def _whole(element: Element, name: str) -> int:
    value = _number(element, name)
    if value != int(value) or abs(value) > 1000:
        raise Malformed(element, f"{name} {quoted(element.attributes[name])}", "a whole number")
    return int(value)
