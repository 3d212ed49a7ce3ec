"""Table of OpenDRIVE files: what is read or refused, and how far lanes deviate from a second reading of the standard.

python -m tests.scenarios.opendrive.compare_maps FOLDER_OR_FILE... [--each]
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenarios.opendrive.chain import Chain, chain_from
from scenarios.opendrive.read_map import read_map
from scenarios.opendrive.road_map import MapRoad, RoadMap
from scenarios.opendrive.stretch import MapStretch, stretch_of
from scenarios.openscenario.actors.course import road_of
from scenarios.source.errors import SpecErrors
from tests.scenarios.opendrive.standard import StandardRoad, polynomial, read_roads

BACK_M, AHEAD_M = 30.0, 300.0
MOST_ROADS = 40  # of one file
THIN_M = 0.05  # a lane that is narrower is not there
FARTHEST_M = 0.3  # deviation that must not pass


@dataclass(frozen=True)
class LaneResult:
    """One start of an ego in a lane: why it was refused, or the worst deviation of all lanes in metres."""

    road: str
    lane: int
    refused: str
    worst_m: float
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileResult:
    path: Path
    refused: str
    lanes: tuple[LaneResult, ...] = ()


def compare_file(path: Path) -> FileResult:
    """Compares every lane of a file; a file that is not read has a reason instead."""
    try:
        known = read_map(path)
    except SpecErrors as errors:
        fault = errors.faults[0]
        return FileResult(path, f"{fault.where}: {fault.found}")
    standard = read_roads(path.read_bytes())
    rows = []
    for road in list(known.roads.values())[:MOST_ROADS]:
        for lane, s in _starts(road):
            rows.append(compare_lane(known, standard, road, lane, s))
    return FileResult(path, "" if rows else "no lane for driving", tuple(rows))


def _starts(road: MapRoad):
    """A place near the begin of every driving lane."""
    for along in (True, False):
        s = min(0.3 * road.length_m, BACK_M) if along else max(0.7 * road.length_m, road.length_m - BACK_M)
        for lane in road.section(s).lanes:
            drives_along = (lane.id < 0) != road.left_hand
            if lane.driving and drives_along == along and road.section(s).width(lane, s) > 0.5:
                yield lane.id, s


def compare_lane(
    known: RoadMap, standard: dict[str, StandardRoad], road: MapRoad, lane: int, s: float, ahead_m: float = AHEAD_M
) -> LaneResult:
    """Imports the road with the ego in a lane, and compares it with the standard."""
    chain = chain_from(known, road, lane, s, 400.0, ahead_m)
    stretch = stretch_of(chain, BACK_M, ahead_m)
    if stretch.refused:
        first = stretch.refused[0]
        return LaneResult(road.id, lane, f"{first.name}: {first.said}", math.nan)
    told = tuple(remark.said for remark in stretch.approximated)
    try:
        return LaneResult(road.id, lane, "", worst_deviation(chain, stretch, standard, ahead_m), told)
    except SpecErrors as errors:  # the language refuses the road
        fault = errors.faults[0]
        return LaneResult(road.id, lane, f"{fault.where}: {fault.found}", math.nan)


def worst_deviation(
    chain: Chain, stretch: MapStretch, standard: dict[str, StandardRoad], ahead_m: float = AHEAD_M
) -> float:
    """The largest distance of a lane's middle, by the standard, from the same lane's middle in the made road."""
    made = road_of(stretch.written, stretch.lanes.ego)
    x0, y0, heading, _ = chain.pose(0.0)  # where the product says that its own map begins
    worst = 0.0
    for along in np.arange(max(-BACK_M, chain.begins_m), min(ahead_m, chain.ends_m) - 0.01, 1.0):
        leg = chain.leg(float(along))
        s = leg.s(float(along))
        own = _id_at(leg, s)
        for number, lane_id in _numbered(standard[leg.road.id], own, s, leg.way, stretch.lanes.ego):
            if number >= made.lanes + made.opposite_lanes:
                continue
            centre = standard[leg.road.id].centre(lane_id, s)
            if centre is None:
                continue
            dx, dy = centre[0] - x0, centre[1] - y0
            x = math.cos(heading) * dx + math.sin(heading) * dy
            y = math.cos(heading) * dy - math.sin(heading) * dx
            _, d = made.locate(x, y)
            worst = max(worst, abs(d - made.lane_centre(number)))
    return worst


def _id_at(leg, s: float) -> int:
    """The id of the leg's lane at `s`: its links from section to section, read from the XML's numbers."""
    sections = leg.road.sections
    here = max(i for i, one in enumerate(sections) if one.s_m <= leg.s_in + 1e-6 or i == 0)
    there = max(i for i, one in enumerate(sections) if one.s_m <= s + 1e-9 or i == 0)
    lane = leg.lane_id
    for i in range(here, there, 1 if there > here else -1):
        link = sections[i].by_id.get(lane)
        after = None if link is None else link.successor if there > here else link.predecessor
        lane = lane if after is None else after
    return lane


DRIVING = ("driving", "bidirectional", "entry", "exit", "onRamp", "offRamp", "connectingRamp")


def _numbered(road: StandardRoad, own: int, s: float, way: int, ego: int):
    """The made road's number and the id of each driving lane beside the ego's lane, and of its own."""
    lanes = {int(one.get("id")): one for one in road.section(s).iterfind("*/lane")}
    if own not in lanes:
        return
    yield ego, own
    for step, count in ((-way, -1), (way, 1)):
        lane, number = own + step or step, ego + count
        while lane in lanes and number >= 0:
            there = polynomial(lanes[lane].iterfind("width"), "sOffset", s - float(road.section(s).get("s"))) > THIN_M
            if there and lanes[lane].get("type") not in DRIVING:
                break
            if there:
                yield number, lane
            lane, number = lane + step or step, number + count * there


def report(files: list[Path], each: bool) -> Iterator[str]:
    """Lines of the table, and sums."""
    reasons: Counter[str] = Counter()
    rows: list[LaneResult] = []
    read = some = 0
    for path in files:
        found = compare_file(path)
        if found.refused:
            yield f"{path.name}: refused: {found.refused}"
            reasons[f"file: {found.refused.split(':')[0]}"] += 1
            continue
        good = [one for one in found.lanes if not one.refused]
        read, some, rows = read + 1, some + bool(good), [*rows, *found.lanes]
        first = next((one.refused for one in found.lanes if one.refused), "")
        most = max((one.worst_m for one in good), default=0.0)
        yield f"{path.name}: {len(good)} of {len(found.lanes)} lanes, worst {most:.2f} m; {first}"
        for one in found.lanes:
            if each or one.worst_m > FARTHEST_M:
                yield f"    road {one.road} lane {one.lane}: {one.refused or f'{one.worst_m:.3f} m'} {list(one.told)}"
    good = [one for one in rows if not one.refused]
    reasons.update(one.refused.split(":")[0] for one in rows if one.refused)
    far = sum(one.worst_m > FARTHEST_M for one in good)
    yield f"{len(files)} files: {read} read, {some} with a lane; {len(good)} of {len(rows)} lanes imported"
    worst = max((one.worst_m for one in good), default=0.0)
    yield f"worst {worst:.3f} m; above {FARTHEST_M:g} m: {far} lanes; refused by {dict(reasons.most_common())}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("paths", nargs="+", type=Path)
    asked.add_argument("--each", action="store_true", help="one line a lane")
    args = asked.parse_args()
    files = sorted(f for path in args.paths for f in ([path] if path.is_file() else path.rglob("*.xodr")))
    for line in report(files, args.each):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
