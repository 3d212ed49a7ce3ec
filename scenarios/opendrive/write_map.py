"""Writes a road as an OpenDRIVE map (1.7): one road with the centre of the ego's lane as its reference line."""

from itertools import accumulate

from lxml import etree

from scenarios.model.sides import Side
from scenarios.roads.reference_line import Piece
from scenarios.roads.road import Road

ROAD_ID = "1"
BEFORE_M, BEYOND_M = 300.0, 700.0  # of road around the ego's start
HALF_TURN_SHARE = 0.8  # maximum share of a half turn on either side, so that the road does not cross itself
HALF_TURN_RAD = 3.141592653589793


def begins_m(road: Road) -> float:
    """s on the scenario's road at which the map's road begins (its s is 0 there)."""
    if road.pieces:
        return road.begins_m
    return -min(BEFORE_M, _bound(road))


def lane_id(road: Road, lane: int) -> int:
    """OpenDRIVE's id of a lane; opposite lanes have the numbers from `road.lanes` on."""
    return lane - road.lanes if lane < road.lanes else lane - road.lanes + 1


def lane_centre(road: Road, map_lane: int) -> float:
    """d of the centre of one of the map's lanes, in the scenario's road coordinates."""
    return road.lane_centre(map_lane + road.lanes if map_lane < 0 else map_lane + road.lanes - 1)


def map_xml(road: Road, name: str, friction: float) -> bytes:
    """The file's bytes; the friction is that of all its lanes."""
    first = begins_m(road)
    pieces = road.pieces or (Piece(min(BEYOND_M, _bound(road)) - first, road.curvature_per_m, road.curvature_per_m),)
    root = etree.Element("OpenDRIVE")
    bounds = dict.fromkeys(("north", "south", "east", "west"), "0")
    etree.SubElement(root, "header", revMajor="1", revMinor="7", name=name, version="1", vendor="nearmiss", **bounds)
    total = sum(piece.length_m for piece in pieces)
    made = etree.SubElement(root, "road", name=name, length=_n(total), id=ROAD_ID, junction="-1", rule="RHT")
    plan = etree.SubElement(made, "planView")
    begins = accumulate((piece.length_m for piece in pieces), initial=0.0)
    for s, piece in zip(begins, pieces, strict=False):
        _geometry(plan, road, s, first, piece)
    _lanes(made, road, friction)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _bound(road: Road) -> float:
    return HALF_TURN_SHARE * HALF_TURN_RAD / abs(road.curvature_per_m) if road.curvature_per_m else 1e9


def _geometry(plan: etree._Element, road: Road, s: float, first: float, piece: Piece) -> None:
    x, y, heading = road.place(first + s, 0.0)
    pose = {"s": _n(s), "x": _n(x), "y": _n(y), "hdg": _n(heading), "length": _n(piece.length_m)}
    made = etree.SubElement(plan, "geometry", pose)
    if abs(piece.curvature_per_m - piece.to_curvature_per_m) > 1e-12:
        etree.SubElement(made, "spiral", curvStart=_n(piece.curvature_per_m), curvEnd=_n(piece.to_curvature_per_m))
    elif abs(piece.curvature_per_m) > 1e-12:
        etree.SubElement(made, "arc", curvature=_n(piece.curvature_per_m))
    else:
        etree.SubElement(made, "line")


def _lanes(parent: etree._Element, road: Road, friction: float) -> None:
    lanes = etree.SubElement(parent, "lanes")
    centre = road.lane_centre(road.lanes - 1) + road.width_of(road.lanes - 1) / 2
    etree.SubElement(lanes, "laneOffset", s="0", a=_n(centre), b="0", c="0", d="0")
    section = etree.SubElement(lanes, "laneSection", s="0")
    left = etree.SubElement(section, "left")
    beside = _beside(road, Side.LEFT)
    _lane(left, road.opposite_lanes + 1 + len(beside), "sidewalk", road.sidewalk_m, "none", friction)
    for number in range(len(beside), 0, -1):
        _varying_lane(left, road.opposite_lanes + number, *beside[number - 1], begins_m(road))
    for number in range(road.opposite_lanes, 0, -1):
        mark = "broken" if number < road.opposite_lanes else "solid"
        _lane(left, number, "driving", road.width_of(road.lanes + number - 1), mark, friction)
    middle = etree.SubElement(section, "center")
    _mark(etree.SubElement(middle, "lane", id="0", type="none", level="false"), "solid")
    right = etree.SubElement(section, "right")
    for number in range(1, road.lanes + 1):
        mark = "broken" if number < road.lanes else "solid"
        _lane(right, -number, "driving", road.width_of(road.lanes - number), mark, friction)
    beside = _beside(road, Side.RIGHT)
    for number, (kind, rows) in enumerate(beside, start=1):
        _varying_lane(right, -road.lanes - number, kind, rows, begins_m(road))
    _lane(right, -road.lanes - 1 - len(beside), "sidewalk", road.sidewalk_m, "none", friction)


_Rows = list[tuple[float, float, float, float]]  # s from and to, and the width at both


def _beside(road: Road, side: Side) -> list[tuple[str, _Rows]]:
    """What lies beside the lanes on a side, outwards: its type and rows. Side lanes, and the bays of bus stops."""
    lanes = [row for lane in road.side_lanes if lane.side is side for row in lane.strips(0.0, 0.0)]
    bays = [row for stop in road.bus_stops if stop.side is side for row in stop.strips(0.0, 0.0)]
    begins = begins_m(road)
    kinds = (("driving", _rows(lanes, begins)), ("bus", _rows(bays, begins)))
    return [(kind, rows) for kind, rows in kinds if rows]


def _rows(strips: list[tuple[float, ...]], begins: float) -> _Rows:
    """Widths of strips from the map's begin on."""
    rows = ((s0, s1, left0 - right0, left1 - right1) for s0, s1, right0, right1, left0, left1 in strips)
    held = (row for row in rows if row[1] > begins)
    return sorted(
        (max(s0, begins), s1, w0 + (w1 - w0) * max(begins - s0, 0.0) / (s1 - s0), w1) for s0, s1, w0, w1 in held
    )


def _varying_lane(parent: etree._Element, number: int, kind: str, bays: _Rows, begins: float) -> None:
    """A lane with the width of its rows, and zero width between them."""
    lane = etree.SubElement(parent, "lane", id=str(number), type=kind, level="false")
    etree.SubElement(lane, "width", sOffset="0", a="0", b="0", c="0", d="0")
    for (s0, s1, width0, width1), after in zip(bays, [*bays[1:], None], strict=True):
        slope = _n((width1 - width0) / (s1 - s0))
        etree.SubElement(lane, "width", sOffset=_n(s0 - begins), a=_n(width0), b=slope, c="0", d="0")
        if after is None or after[0] > s1 + 1e-6:
            etree.SubElement(lane, "width", sOffset=_n(s1 - begins), a="0", b="0", c="0", d="0")
    _mark(lane, "none")


def _lane(parent: etree._Element, number: int, kind: str, width: float, mark: str, friction: float) -> None:
    lane = etree.SubElement(parent, "lane", id=str(number), type=kind, level="false")
    etree.SubElement(lane, "width", sOffset="0", a=_n(width), b="0", c="0", d="0")
    _mark(lane, mark)
    if kind == "driving":
        etree.SubElement(lane, "material", sOffset="0", surface="asphalt", friction=_n(friction), roughness="0.015")


def _mark(lane: etree._Element, kind: str) -> None:
    etree.SubElement(
        lane, "roadMark", sOffset="0", type=kind, weight="standard", color="standard", width="0.12", laneChange="both",
    )  # fmt: skip


def _n(value: float) -> str:
    return f"{value:.12g}"
