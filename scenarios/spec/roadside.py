"""Rows of bodies along a road: parked vehicles at the kerb, cones and barriers round a closed lane."""

from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.model.actions import Parked
from scenarios.model.bodies import USUAL_SIZE, Body, Kind
from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.scenario import OnLane, Placed

KERB_M = 0.3  # gap between a parked vehicle and the carriageway's edge
TAPER_M = 20.0  # length over which cones close a lane
APART_M = 5.0  # distance between two cones
INSET_M = 0.3  # distance of the cones from the edge of the closed lane
MOST = 60  # bodies that road features may add


@dataclass(frozen=True)
class ParkedRow:
    """Vehicles of one kind in a row with equal gaps; range of s in metres."""

    side: Side
    kind: Kind
    s_from: float
    s_to: float
    gap_m: float


@dataclass(frozen=True)
class Works:
    """A lane closed over a range of s: cones close it in a taper and mark its edge, and a barrier stands across it."""

    lane: int
    s_from: float
    s_to: float


def parked_vehicles(rows: tuple[ParkedRow, ...], road: Road) -> Iterator[Placed]:
    """The vehicles of every row, starting with the nearest to the ego."""
    count = 0
    for row in rows:
        size = USUAL_SIZE[row.kind]
        off = KERB_M + size.width_m / 2
        d = road.left_edge + off if row.side is Side.LEFT else road.right_edge - off
        facing = -1 if row.side is Side.LEFT and road.opposite_lanes else 1
        s = row.s_from + size.length_m / 2
        while s + size.length_m / 2 <= row.s_to + 1e-9:
            count += 1
            yield _standing(f"parked-{count}", row.kind, OnLane(s, d, facing))
            s += size.length_m + row.gap_m


def closed_lane(works: Works, road: Road) -> Iterator[Placed]:
    """Cones in a taper across the lane and along its edge to the next lane, and a barrier behind the taper."""
    centre, half = road.lane_centre(works.lane), road.width_of(works.lane) / 2 - INSET_M
    open_side = -1 if works.lane == road.lanes - 1 and road.lanes > 1 else 1  # towards the lane that stays open
    count = 0
    s = works.s_from
    while s <= works.s_to + 1e-9:
        across = min(1.0, (s - works.s_from) / TAPER_M)
        count += 1
        yield _standing(f"cone-{count}", Kind.CONE, OnLane(s, centre + open_side * half * (2 * across - 1)))
        s += APART_M
    barrier = works.s_from + TAPER_M + 2.0
    if barrier < works.s_to:
        yield _standing("works-barrier", Kind.BARRIER, OnLane(barrier, centre - open_side * 0.4))


def _standing(name: str, kind: Kind, start: OnLane) -> Placed:
    return Placed(Body(name, kind, USUAL_SIZE[kind]), start, 0.0, Parked())
