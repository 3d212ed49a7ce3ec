"""The lanes beside the ego's along a stretch of a map: which of them keep their place, and what lies outside these."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

import numpy as np
from jaxtyping import Float
from shapely.geometry import LineString

from scenarios.opendrive.chain import Chain, lane_at
from scenarios.opendrive.remarks import MapRemark
from scenarios.opendrive.road_map import Lane

THIN_M = 0.05  # a lane that is narrower is not there
EQUAL_M = 0.005  # widths that differ less are one width
STEADY_M, KEPT_M = 0.05, 0.6  # range within which an edge is exact, and within which it is approximated as constant
NARROWEST, BROADEST, MOST_LANES = 2.0, 6.0, 6
BEFORE_M, BEYOND_M = 100.0, 200.0  # of a side lane that does not begin or end within the stretch
FLATTENED_M = 0.02  # tolerance of the stations of a side lane's width
_SCALE = 1e3  # of distances along the road, so that the tolerance is one of the width
SIDES = {-1: "right", 1: "left"}


@dataclass(frozen=True)
class _Place:
    """Driving lanes at one place in the chain's direction: the ego's, and those to each side from it outwards.

    `side[-1]` holds those to the right and `side[1]` those to the left, each with its width in metres.
    """

    along_m: float
    own: Lane
    own_m: float
    own_t: float
    way: int
    side: dict[int, tuple[tuple[Lane, float], ...]]
    others: tuple[tuple[str, float], ...]  # type and width of all other lanes
    road: str
    line: int

    def edge(self, side: int, count: int) -> float:
        """d of the outer edge of the `count`th lane to a side, from the ego lane's centre; 0: the ego's own edge."""
        return side * (self.own_m / 2 + sum(width for _, width in self.side[side][:count]))


@dataclass(frozen=True)
class MapLanes:
    """Lanes that keep their place along a stretch, from the right, and side lanes that do not.

    `centres_t`: for every place the t of each lane's centre on the map's road.
    """

    along: tuple[int, ...]
    against: tuple[int, ...]
    ego: int
    lane_widths_m: tuple[float, ...]
    side_lanes: tuple[dict[str, object], ...]
    centres_t: tuple[dict[int, float], ...]
    least_steady: tuple[str, int] | None  # element name and line of the lane whose edges move most
    differs: tuple[MapRemark, ...]
    refused: tuple[MapRemark, ...]

    def written(self) -> dict[str, object]:
        """The lanes in the notation of the scenario language."""
        found: dict[str, object] = {"lanes": len(self.along)}
        if self.against:
            found["opposite_lanes"] = len(self.against)
        within = [min(max(width, NARROWEST), BROADEST) for width in self.lane_widths_m]
        if len(set(within)) > 1:
            found["lane_widths"] = [f"{width:.6g} m" for width in within]
        else:
            found["lane_width"] = f"{within[0]:.6g} m"
        return found | ({"side_lanes": list(self.side_lanes)} if self.side_lanes else {})


def lanes_along(chain: Chain, places: list[float]) -> MapLanes:
    """The lanes along a stretch; what a road of the language cannot have is in `refused`."""
    found = [_place(chain, at) for at in places]
    here = min(found, key=lambda place: abs(place.along_m))
    differs, refused = list(_left_out(found)), list(_own_lane(found))
    kept = {side: _kept(found, side) for side in SIDES}
    side_lanes: list[dict[str, object]] = []
    for side in SIDES:
        moving = _side_widths(found, side, kept[side])
        if (most := max(len(place.side[side]) for place in found) - kept[side]) > 1 or moving.max() > BROADEST:
            refused.append(_many(found, side, kept[side], most))
        elif moving.max() > STEADY_M:
            side_lanes.append({"side": SIDES[side], "widths": _stations(chain, places, moving)})
            differs.append(_told(found, side, kept[side]))
    rows = [lane for lane, _ in reversed(here.side[-1][: kept[-1]])], [lane for lane, _ in here.side[1][: kept[1]]]
    every = [*rows[0], here.own, *rows[1]]
    along = tuple(lane.id for lane in every if (lane.id > 0) == (here.own.id > 0))
    against = tuple(lane.id for lane in every if (lane.id > 0) != (here.own.id > 0))
    widths, ranges = _widths(found, kept)
    for i, lane in enumerate(every):
        if ranges[i] > STEADY_M:
            said = f"lane {lane.id} of road {here.road} is up to {ranges[i]:.2f} m wider or narrower; here it is "
            differs.append(MapRemark("width", lane.line, f"{said}{widths[i]:.2f} m wide everywhere"))
    refused += _limits(widths, along, against, here)
    steadiest = int(np.argmax(ranges))
    centres = tuple(_centres(place, kept) for place in found)
    least_steady = ("width", every[steadiest].line) if ranges[steadiest] > STEADY_M else None
    return MapLanes(
        along, against, kept[-1], widths, tuple(side_lanes), centres, least_steady, tuple(differs), tuple(refused)
    )


def _place(chain: Chain, along: float) -> _Place:
    leg = chain.leg(along)
    s = leg.s(along)
    section = leg.road.section(s)
    own = section.by_id[lane_at(leg, s)]
    sides = {side: _outwards(chain, along, own.id, side * leg.way) for side in SIDES}
    named = {own.id, *(lane.id for row in sides.values() for lane, _ in row)}
    others = tuple((lane.kind, section.width(lane, s)) for lane in section.lanes if lane.id not in named)
    width, t = section.width(own, s), leg.road.lane_t(own.id, s)
    return _Place(along, own, width, t, leg.way, sides, others, leg.road.id, section.line)


def _outwards(chain: Chain, along: float, own: int, step: int) -> tuple[tuple[Lane, float], ...]:
    """Driving lanes from the ego's in one direction of the ids, until another lane; the centre lane has no width."""
    leg = chain.leg(along)
    s = leg.s(along)
    section, lane_id, row = leg.road.section(s), own + step or step, []
    while (lane := section.by_id.get(lane_id)) is not None:
        width = section.width(lane, s)
        if width > THIN_M:
            if not lane.driving:
                break
            row.append((lane, width))
        lane_id = lane_id + step or step
    return tuple(row)


def _kept(found: list[_Place], side: int) -> int:
    """How many lanes to a side are there all along and keep their edges."""
    least = min(len(place.side[side]) for place in found)

    def steady(count: int) -> bool:
        facing = {(place.side[side][count - 1][0].id > 0) == (place.own.id > 0) for place in found}
        return len(facing) == 1 and float(np.ptp([place.edge(side, count) for place in found])) <= KEPT_M

    return len(list(takewhile(steady, range(1, least + 1))))


def _side_widths(found: list[_Place], side: int, kept: int) -> Float[np.ndarray, "place"]:
    """Width of what lies outside the kept lanes, metres."""
    return np.array([abs(place.edge(side, 99) - place.edge(side, kept)) for place in found])


def _widths(found: list[_Place], kept: dict[int, int]) -> tuple[tuple[float, ...], list[float]]:
    """Widths of the kept lanes from the right, and how much each one's edges move at most."""
    edges = [[place.edge(-1, count) for place in found] for count in range(kept[-1], -1, -1)]
    edges += [[place.edge(1, count) for place in found] for count in range(kept[1] + 1)]
    middles = [(max(edge) + min(edge)) / 2 for edge in edges]
    moves = [max(edge) - min(edge) for edge in edges]
    widths = [round(left - right, 4) for right, left in pairwise(middles)]
    if max(widths) - min(widths) <= EQUAL_M:
        widths = [widths[kept[-1]]] * len(widths)
    return tuple(widths), [max(pair) for pair in pairwise(moves)]


def _centres(place: _Place, kept: dict[int, int]) -> dict[int, float]:
    """t of the centre of every kept lane at a place, by its number from the right."""
    found = {kept[-1]: place.own_t}
    for side in SIDES:
        for count in range(1, kept[side] + 1):
            middle = (place.edge(side, count - 1) + place.edge(side, count)) / 2
            found[kept[-1] + side * count] = place.own_t + place.way * middle
    return found


def _stations(chain: Chain, places: list[float], widths: Float[np.ndarray, "place"]) -> list[dict[str, str]]:
    """A side lane's width where it changes; it goes on as it is beyond the ends of the stretch."""
    s = np.array([chain.way(at) for at in places])
    before, beyond = [(s[0] - BEFORE_M, widths[0])], [(s[-1] + BEYOND_M, widths[-1])]
    line = LineString([(a * _SCALE, w) for a, w in zip(s, widths, strict=True)]).simplify(FLATTENED_M)
    rows = [(a / _SCALE, w) for a, w in line.coords]
    rows = [*(before if widths[0] > THIN_M else []), *rows, *(beyond if widths[-1] > THIN_M else [])]
    return [{"at": f"{a:.6g} m", "width": f"{w:.4g} m"} for a, w in rows]


# -- remarks -------------------------------------------------------------------------------------------------------


def _own_lane(found: list[_Place]) -> Iterator[MapRemark]:
    widths = [place.own_m for place in found]
    if max(widths) - min(widths) > KEPT_M:
        place = found[int(np.argmin(widths))]
        said = f"the ego's lane {place.own.id} of road {place.road} changes its width from {max(widths):.2f} to "
        said += f"{min(widths):.2f} m, {abs(place.along_m):.0f} m {'behind' if place.along_m < 0 else 'ahead of'} the "
        yield MapRemark("width", place.own.line, f"{said}ego; here the ego's lane keeps its width")


def _many(found: list[_Place], side: int, kept: int, most: int) -> MapRemark:
    place = max(found, key=lambda one: len(one.side[side]))
    said = f"{most} lanes to the {SIDES[side]} of lane {place.own.id} of road {place.road} begin, end, move or change "
    said += f"their width {abs(place.along_m):.0f} m {'behind' if place.along_m < 0 else 'ahead of'} the ego; here one "
    return MapRemark("laneSection", place.side[side][kept][0].line, f"{said}on each side, the outermost, can")


def _told(found: list[_Place], side: int, kept: int) -> MapRemark:
    place = max(found, key=lambda one: len(one.side[side]))
    said = f"lane {place.side[side][kept][0].id} of road {place.road} begins, ends or changes its width; here it is a "
    return MapRemark("width", place.side[side][kept][0].line, f"{said}side lane, in which no traffic can be placed")


def _left_out(found: list[_Place]) -> Iterator[MapRemark]:
    """Lanes that a road of the language does not have."""
    widest: dict[str, float] = {}
    for place in found:
        for kind, width in place.others:
            if width > THIN_M and kind != "none":
                widest[kind] = max(widest.get(kind, 0.0), width)
    if widest:
        kinds = ", ".join(f"{kind} (up to {width:.2f} m wide)" for kind, width in widest.items())
        said = f"lanes of type {kinds} are left out; here a sidewalk follows the outer lanes"
        yield MapRemark("laneSection", found[0].line, said)


def _limits(
    widths: tuple[float, ...], along: tuple[int, ...], against: tuple[int, ...], here: _Place
) -> Iterator[MapRemark]:
    out = [width for width in widths if not NARROWEST <= width <= BROADEST]
    if out or max(len(along), len(against)) > MOST_LANES:
        wide = ", ".join(f"{width:.2f}" for width in widths)
        said = f"{len(along)} lanes and {len(against)} against them, {wide} m wide; here are at most {MOST_LANES} of 2 "
        yield MapRemark("laneSection", here.line, f"{said}to 6 m")
