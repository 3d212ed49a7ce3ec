"""Exports the roads of the library and imports them again: the lateral deviation of every lane's centre.

python -m tests.scenarios.opendrive.round_trip [NAME...]
"""

import sys
from dataclasses import dataclass

import numpy as np

from scenarios.load import library, load, suites
from scenarios.opendrive.chain import chain_from
from scenarios.opendrive.read_map import map_of
from scenarios.opendrive.stretch import stretch_of
from scenarios.opendrive.write_map import begins_m, lane_id, map_xml
from scenarios.openscenario.actors.course import road_of
from scenarios.roads.road import Road
from scenarios.source.xml_document import parse_xml

BACK_M, AHEAD_M = 30.0, 300.0


@dataclass(frozen=True)
class RoundTrip:
    """What became of a road: refused with reasons, or the road that came back and its worst deviation in metres."""

    refused: tuple[str, ...]
    off_m: float
    road: Road | None


def round_trip(road: Road) -> RoundTrip:
    """Writes a road and reads it again around the ego's start."""
    (made,) = (known := map_of(parse_xml(map_xml(road, "r", 0.8), "r.xodr"))).roads.values()
    at = -begins_m(road)
    chain = chain_from(known, made, lane_id(road, road.ego_lane), at, 400.0, AHEAD_M)
    stretch = stretch_of(chain, BACK_M, AHEAD_M)
    if stretch.refused:
        return RoundTrip(tuple(remark.said for remark in stretch.refused), float("nan"), None)
    back = road_of(stretch.written, stretch.lanes.ego)
    reach = min(made.length_m - at, AHEAD_M)
    s = np.arange(-min(at, BACK_M), reach, 1.0)
    off = 0.0
    for lane in range(road.lanes + road.opposite_lanes):
        xy = road.pose(s, np.full_like(s, road.lane_centre(lane)))[:, :2]
        off = max(off, float(np.abs(back.project(xy)[:, 1] - back.lane_centre(lane)).max()))
    return RoundTrip((), off, back)


def library_roads() -> dict[str, Road]:
    """The distinct roads of the library and of the suites, by the name of the first file that has it."""
    found: dict[Road, str] = {}
    for name, path in (library() | suites()).items():
        for scenario in load(path):
            if scenario.road is not None and scenario.road.ramp is None and scenario.road.ego_lane >= 0:
                found.setdefault(scenario.road, name)
    return {f"{name}#{i}": road for i, (road, name) in enumerate(found.items())}


def main() -> None:
    worst, refused = 0.0, 0
    roads = {name: road for name, road in library_roads().items() if not sys.argv[1:] or name in sys.argv[1:]}
    for name, road in roads.items():
        found = round_trip(road)
        refused += bool(found.refused)
        worst = worst if found.refused else max(worst, found.off_m)
        if found.refused or found.off_m > 0.05:
            sys.stdout.write(f"{name}: {found.refused or f'{found.off_m:.3f} m'}\n")
    sys.stdout.write(f"{len(roads)} roads, {refused} refused, worst {worst:.4f} m\n")


if __name__ == "__main__":
    main()
