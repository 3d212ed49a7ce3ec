"""A part of a map as a road of the scenario language: parallel lanes of one width, or the reasons why it is not."""

import math
from dataclasses import dataclass

import numpy as np

from scenarios.opendrive.bends import TIGHTEST_M, WIDEST_M, TooTight, bends_ahead, jumps, piece_spec
from scenarios.opendrive.chain import Chain
from scenarios.opendrive.road_map import Lane, LaneSection

EVERY_M = 5.0  # distance of the sample points
STRAIGHT_PER_M = 1e-6
SAME_BEND = 0.02  # relative tolerance of curvature
SLOPED = 0.005  # maximum slope that a flat road may approximate
NARROWEST, BROADEST, MOST_LANES = 2.0, 6.0, 6


@dataclass(frozen=True)
class MapRemark:
    """A part of a map that is approximated or refused: an element's name and line."""

    name: str
    line: int
    said: str


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

    `approximated` lists small differences, `refused` what a road of the scenario language cannot have.
    """

    written: dict[str, object]
    lanes: Lanes
    approximated: tuple[MapRemark, ...]
    refused: tuple[MapRemark, ...]

    @property
    def kept_along(self) -> bool:
        """Whether positions keep their coordinates along and across the road, because its line is approximated."""
        bent = self.written["kind"] != "straight" or any("here it is straight" in r.said for r in self.approximated)
        return bent and self.written["kind"] != "curve"


def stretch_of(chain: Chain, back_m: float, ahead_m: float) -> MapStretch:
    """The road from `back_m` behind to `ahead_m` ahead of the chain's vehicle."""
    differs: list[MapRemark] = []
    refused: list[MapRemark] = []
    lanes = lanes_beside(chain, 0.0)
    section, leg = chain.section(0.0), chain.leg(0.0)
    width = section.width(section.by_id[lanes.along[lanes.ego]], leg.s(0.0))
    places = np.arange(max(-back_m, chain.begins_m), min(ahead_m, chain.ends_m) + EVERY_M, EVERY_M)
    inside = [float(min(max(at, chain.begins_m), chain.ends_m - 1e-3)) for at in places]
    if leg.road.left_hand:
        refused.append(
            MapRemark("road", leg.road.line, "left-hand traffic; lanes against the ego are to its left here")
        )
    _compare_lanes(chain, lanes, width, inside, differs, refused)
    _compare_height(chain, inside, differs, refused)
    for end, wanted, road, side in (
        (chain.ends_m, ahead_m, chain.legs[-1].road, "ahead of"),
        (-chain.begins_m, back_m, chain.legs[0].road, "behind"),
    ):
        if end < wanted - 1:
            said = f"road {road.id} ends or branches {end:.0f} m {side} the ego; here it goes on as it is"
            differs.append(MapRemark("road", road.line, said))
    road_written: dict[str, object] = {"kind": "straight", "lanes": len(lanes.along)}
    if lanes.against:
        road_written["opposite_lanes"] = len(lanes.against)
    road_written["lane_width"] = f"{min(max(width, NARROWEST), BROADEST):.6g} m"
    if not NARROWEST <= width <= BROADEST or max(len(lanes.along), len(lanes.against)) > MOST_LANES:
        found = f"{len(lanes.along)} lanes of {width:.2f} m, {len(lanes.against)} against them"
        refused.append(MapRemark("laneSection", section.line, f"{found}; here are at most {MOST_LANES} of 2 to 6 m"))
    road_written |= _bend(chain, inside, differs, refused)
    return MapStretch(road_written, lanes, tuple(dict.fromkeys(differs)), tuple(dict.fromkeys(refused)))


# -- lanes ---------------------------------------------------------------------------------------------------------


def lanes_beside(chain: Chain, along: float) -> Lanes:
    """The driving lanes beside the chain's lane, without gaps between them."""
    leg = chain.leg(along)
    section, ego = chain.section(along), _own_lane(chain, along)
    sign = 1 if ego.id > 0 else -1
    outwards = _row(section, ego.id + sign, sign)
    inwards = _row(section, ego.id - sign, -sign)
    own = [lane.id for lane in inwards if lane.id * sign > 0]
    beyond = [lane.id for lane in inwards if lane.id * sign < 0]
    rightmost_first = [*reversed([lane.id for lane in outwards]), ego.id, *own]
    if leg.road.left_hand:
        return Lanes(tuple(reversed(rightmost_first)), (), len(own))
    return Lanes(tuple(rightmost_first), tuple(beyond), len(outwards))


def _own_lane(chain: Chain, along: float) -> Lane:
    leg = chain.leg(along)
    s = leg.s(along)
    lane = leg.road.lane_at(s, chain.lane_t(along))
    assert lane is not None, "the chain's lane has a width"
    return lane


def _row(section: LaneSection, first: int, step: int) -> list[Lane]:
    """Driving lanes in sequence from an id; the centre lane has no width and is skipped."""
    found, lane_id = [], first or step
    while (lane := section.by_id.get(lane_id)) is not None and lane.driving:
        found.append(lane)
        lane_id = lane_id + step or step
    return found


def _compare_lanes(
    chain: Chain, lanes: Lanes, width: float, places: list[float], differs: list[MapRemark], refused: list[MapRemark]
) -> None:
    for along in places:
        leg, section = chain.leg(along), chain.section(along)
        s = leg.s(along)
        if section.width(_own_lane_or_first(section, leg, s, chain, along), s) < 0.1:
            continue
        here = lanes_beside(chain, along)
        if (len(here.along), len(here.against), here.ego) != (len(lanes.along), len(lanes.against), lanes.ego):
            said = f"{len(here.along)} lanes along and {len(here.against)} against the ego from {along:.0f} m on, not "
            said += f"{len(lanes.along)} and {len(lanes.against)}; a road here keeps its lanes"
            refused.append(MapRemark("laneSection", section.line, said))
            return
        for lane_id in (*here.along, *here.against):
            off = abs(section.width(section.by_id[lane_id], s) - width)
            if off > 1.5:
                said = (
                    f"lane {lane_id} is {section.width(section.by_id[lane_id], s):.2f} m wide, the ego's {width:.2f} m"
                )
                refused.append(MapRemark("width", section.by_id[lane_id].line, said))
            elif off > 0.005:
                said = f"lane {lane_id} of road {leg.road.id} is not {width:.2f} m wide everywhere; here all lanes are"
                differs.append(MapRemark("width", section.by_id[lane_id].line, said))


def _own_lane_or_first(section: LaneSection, leg, s: float, chain: Chain, along: float) -> Lane:
    return leg.road.lane_at(s, chain.lane_t(along)) or section.lanes[0]


# -- shape ---------------------------------------------------------------------------------------------------------


def _compare_height(chain: Chain, places: list[float], differs: list[MapRemark], refused: list[MapRemark]) -> None:
    for along in places:
        leg = chain.leg(along)
        s = leg.s(along)
        for name, cubics in (("elevation", leg.road.elevation), ("superelevation", leg.road.superelevation)):
            at = next((c for c in reversed(cubics) if c.s_m <= s + 1e-9), None)
            if at is None:
                continue
            ds = s - at.s_m
            slope = at.b + 2 * at.c * ds + 3 * at.d * ds * ds if name == "elevation" else at.at(s)
            if abs(slope) > SLOPED:
                said = f"road {leg.road.id} has a {name} of {100 * slope:.1f} % at s = {s:.0f} m; roads here are flat"
                refused.append(MapRemark(name, leg.road.line, said))
                return
            if abs(slope) > 1e-6:
                differs.append(MapRemark(name, leg.road.line, f"road {leg.road.id} is not quite flat; here it is"))


def _bend(chain: Chain, places: list[float], differs: list[MapRemark], refused: list[MapRemark]) -> dict[str, object]:
    """The curvature of the road's line, as keys in addition to those of a straight road."""
    curvature = np.array([chain.pose(at)[3] for at in places])
    least, most = float(curvature.min()), float(curvature.max())
    mean = (least + most) / 2
    if max(abs(least), abs(most)) < STRAIGHT_PER_M:
        return {}
    tightest = places[int(np.argmax(np.abs(curvature)))]
    here = chain.leg(tightest)
    piece = here.road.piece(here.s(tightest))
    if max(abs(least), abs(most)) < 1 / WIDEST_M:
        turned = math.degrees(abs(mean) * (places[-1] - places[0]))
        said = f"road {here.road.id} bends by {turned:.1f} degrees over the stretch; here it is straight, and all"
        differs.append(MapRemark(piece.name, piece.line, f"{said} places are as far along and across"))
        return {}
    if most - least <= SAME_BEND * abs(mean) and TIGHTEST_M <= 1 / abs(mean) <= WIDEST_M:
        side = "left" if mean > 0 else "right"
        return {"kind": "curve", "radius": f"{1 / abs(mean):.9g} m", "direction": side}
    try:
        bends = bends_ahead(chain, places[-1])
    except TooTight as reason:
        refused.append(MapRemark(piece.name, piece.line, f"road {here.road.id} has {reason}"))
        return {}
    if jumps(bends):
        said = "its bends begin and end at once; here over some way"
        differs.append(MapRemark(piece.name, piece.line, f"road {here.road.id}: {said}"))
    if any(abs(chain.pose(at)[3]) > 1 / WIDEST_M for at in places if at < -1):
        differs.append(
            MapRemark("road", here.road.line, "the road is bent behind the ego, too; here it is straight there")
        )
    return {"kind": "path", "pieces": [piece_spec(bend) for bend in bends]}
