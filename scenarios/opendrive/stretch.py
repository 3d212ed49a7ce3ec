"""A part of a map as a road of the scenario language, or the reasons why it is not."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.opendrive.bends import TIGHTEST_M, WIDEST_M, Bend, TooTight, bends_of, jumps, piece_of, piece_spec
from scenarios.opendrive.chain import Chain
from scenarios.opendrive.cross_section import MapLanes, lanes_along
from scenarios.opendrive.height import height_remarks
from scenarios.opendrive.remarks import MapRemark
from scenarios.roads.reference_line import Piece, smoothed
from scenarios.roads.road import Road, RoadKind

EVERY_M = 2.0  # distance of the sample points
STRAIGHT_PER_M = 1 / WIDEST_M
SAME_BEND = 0.02  # relative tolerance of the curvature of one bend
EXACT_M = 0.05  # deviation that need not be told
FARTHEST_OFF_M = 0.3  # deviation of a lane above which a map is refused
TRANSITIONS_M = (20.0, 10.0, 5.0, 2.0, 1.0)  # of a step in the curvature, the smoothest first
CLOTHOIDS_M = (10.0, 5.0, 2.5)  # lengths of the clothoids that replace other curves
BEFORE_M, BEYOND_M = 100.0, 200.0  # of a path's straight road on either side, as the language adds it


@dataclass(frozen=True)
class Lanes:
    """The lanes of the ego's direction from the right, and the opposite ones from the ego's side."""

    along: tuple[int, ...]
    against: tuple[int, ...]
    ego: int  # index of its lane in `along`

    def number(self, lane_id: int) -> tuple[int, bool] | None:
        """The scenario language's number of a lane, and whether it is oncoming."""
        if lane_id in self.along:
            return self.along.index(lane_id), False
        return (self.against.index(lane_id), True) if lane_id in self.against else None


@dataclass(frozen=True)
class MapStretch:
    """A road in the notation of the scenario language, its lanes, and differences from the map.

    `approximated` lists small differences, `refused` what a road of the scenario language cannot have; `off_m` is the
    largest lateral deviation of a lane's centre from the map.
    """

    written: dict[str, object]
    lanes: Lanes
    approximated: tuple[MapRemark, ...]
    refused: tuple[MapRemark, ...]
    off_m: float = 0.0

    @property
    def kept_along(self) -> bool:
        """Whether positions keep their coordinates along and across the road, because its line is approximated."""
        return self.written["kind"] == "path"


def stretch_of(chain: Chain, back_m: float, ahead_m: float) -> MapStretch:
    """The road from `back_m` behind to `ahead_m` ahead of the chain's vehicle."""
    begins, ends = max(-back_m, chain.begins_m), min(ahead_m, chain.ends_m)
    places = [float(at) for at in np.append(np.arange(begins, ends - 1e-3, EVERY_M), ends - 1e-3)]
    leg, found = chain.leg(0.0), lanes_along(chain, places)
    differs, refused = [*_ends(chain, back_m, ahead_m), *found.differs], list(found.refused)
    if leg.road.left_hand:
        said = "left-hand traffic; lanes against the ego are to its left here"
        refused.append(MapRemark("road", leg.road.line, said))
    lanes = Lanes(found.along, found.against, found.ego)
    written, off_m = found.written(), 0.0
    if not refused:
        line = _line_of(chain, found, places, differs, refused)
        written, off_m = line[0] | written, line[1]
    written = {"kind": "straight"} | written
    heights = height_remarks(chain, places, straight=written["kind"] == "straight")
    written |= heights.written
    differs, refused = [*differs, *heights.differs], [*refused, *heights.refused]
    return MapStretch(written, lanes, tuple(dict.fromkeys(differs)), tuple(dict.fromkeys(refused)), off_m)


def _ends(chain: Chain, back_m: float, ahead_m: float) -> Iterator[MapRemark]:
    """Where the map ends or branches within the stretch, and what of it is not read."""
    for end, wanted, road, side in (
        (chain.ends_m, ahead_m, chain.legs[-1].road, "ahead of"),
        (-chain.begins_m, back_m, chain.legs[0].road, "behind"),
    ):
        if end < wanted - 1:
            said = f"road {road.id} or its lane ends or branches {end:.0f} m {side} the ego; here it goes on as it is"
            yield MapRemark("road", road.line, said)
    for leg in chain.legs:
        if leg.begins_m > ahead_m or leg.begins_m + leg.length_m < -back_m:
            continue
        for unread in leg.road.unread:
            said = f"road {leg.road.id} has {unread.count} {unread.name}, left out here"
            yield MapRemark(unread.name, unread.line, said)
        if leg.road.junction != "-1":
            said = f"road {leg.road.id} is part of junction {leg.road.junction}; here no other road crosses"
            yield MapRemark("junction", leg.road.line, said)


# -- the line ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """A line for the road: in the notation of the language, and as keys of a `Road`."""

    written: dict[str, object]
    kind: RoadKind
    curvature_per_m: float = 0.0
    pieces: tuple[Piece, ...] = ()
    begins_m: float = 0.0
    stepped: bool = False

    def road(self, lanes: MapLanes) -> Road:
        counts = len(lanes.along), len(lanes.against)
        widths = lanes.lane_widths_m if len(set(lanes.lane_widths_m)) > 1 else ()
        return Road(
            self.kind, *counts, lanes.lane_widths_m[lanes.ego], self.curvature_per_m, lanes.ego, pieces=self.pieces,
            begins_m=self.begins_m, lane_widths_m=widths,
        )  # fmt: skip


def _line_of(
    chain: Chain, lanes: MapLanes, places: list[float], differs: list[MapRemark], refused: list[MapRemark]
) -> tuple[dict[str, object], float]:
    """The first line with which every lane lies where the map has it, or the best one; and how far off a lane is."""
    centres = _lane_centres(chain, lanes, places)
    curvature = np.array([chain.pose(at)[3] for at in places])
    tightest = chain.leg(places[int(np.argmax(np.abs(curvature)))])
    piece = tightest.road.piece(tightest.s(places[int(np.argmax(np.abs(curvature)))]))
    best: tuple[float, _Line] | None = None
    try:
        for line in _lines(chain, places, curvature):
            off = _off(line.road(lanes), centres)
            if best is None or off < best[0]:
                best = off, line
            if off <= EXACT_M:
                break
    except TooTight as reason:
        if best is None or best[0] > FARTHEST_OFF_M:
            refused.append(MapRemark(piece.name, piece.line, f"road {tightest.road.id} has {reason}"))
            return {}, 0.0
    assert best is not None
    off, line = best
    if off > FARTHEST_OFF_M:
        name, at_line = lanes.least_steady or (piece.name, piece.line)
        said = f"a lane of road {tightest.road.id} would be up to {off:.2f} m off its place here"
        refused.append(MapRemark(name, at_line, said))
    elif off > EXACT_M:
        said = f"road {tightest.road.id} is approximated: a lane's middle is up to {off:.2f} m off its place"
        differs.append(MapRemark(piece.name, piece.line, said))
    if line.stepped:
        said = f"road {tightest.road.id}: its bends begin and end at once; here over {line.written['transition']}"
        differs.append(MapRemark(piece.name, piece.line, said))
    return line.written, off


def _lines(chain: Chain, places: list[float], curvature: Float[np.ndarray, "place"]) -> Iterator[_Line]:
    """Lines for a road, the simplest first; raises TooTight."""
    least, most = float(curvature.min()), float(curvature.max())
    mean = (least + most) / 2
    if max(abs(least), abs(most)) < 0.05:  # else a straight road is far off, too
        yield _Line({"kind": "straight"}, RoadKind.STRAIGHT)
    if most - least <= SAME_BEND * abs(mean) and TIGHTEST_M <= 1 / max(abs(mean), 1e-12) <= WIDEST_M:
        side, radius = "left" if mean > 0 else "right", f"{1 / abs(mean):.9g} m"
        yield _Line({"kind": "curve", "radius": radius, "direction": side}, RoadKind.CURVE, mean)
    before: tuple[Bend, ...] = ()
    for every_m in CLOTHOIDS_M:
        bends = bends_of(chain, places[0], places[-1], every_m)
        if bends == before:
            return
        before = bends
        for transition in (
            TRANSITIONS_M if jumps((Bend(1.0, 0.0, 0.0), *bends, Bend(1.0, 0.0, 0.0))) else TRANSITIONS_M[:1]
        ):
            yield _path(bends, chain.way(places[0]), transition)


def _path(bends: tuple[Bend, ...], from_m: float, transition: float) -> _Line:
    pieces = smoothed([Piece(BEFORE_M), *map(piece_of, bends), Piece(BEYOND_M)], transition)
    written: dict[str, object] = {
        "kind": "path",
        "pieces": [piece_spec(b) for b in bends],
        "transition": f"{transition:g} m",
    }
    if from_m < -1e-6:
        written["behind"] = f"{-from_m:.6f}".rstrip("0").rstrip(".") + " m"
    return _Line(written, RoadKind.PATH, 0.0, pieces, -BEFORE_M + min(from_m, 0.0), jumps(bends))


def _lane_centres(chain: Chain, lanes: MapLanes, places: list[float]) -> list[tuple[int, Float[np.ndarray, "place 2"]]]:
    """The centres of all lanes by the map, in the frame of the ego's start: number of the lane, and points."""
    x0, y0, h0, _ = chain.pose(0.0)
    cos, sin = math.cos(h0), math.sin(h0)
    rows: dict[int, list[tuple[float, float]]] = {}
    for at, centres in zip(places, lanes.centres_t, strict=True):
        leg = chain.leg(at)
        for number, t in centres.items():
            x, y, _ = leg.road.pose(leg.s(at), t)
            rows.setdefault(number, []).append((cos * (x - x0) + sin * (y - y0), cos * (y - y0) - sin * (x - x0)))
    return [(number, np.array(points)) for number, points in rows.items()]


def _off(road: Road, centres: list[tuple[int, Float[np.ndarray, "place 2"]]]) -> float:
    """The largest lateral deviation of the map's lane centres from the road's, metres."""
    return max(float(np.abs(road.project(xy)[:, 1] - road.lane_centre(number)).max()) for number, xy in centres)
