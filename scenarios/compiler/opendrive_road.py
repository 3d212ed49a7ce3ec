"""Roads from OpenDRIVE files: the part of a map's road on which the ego drives becomes an ordinary road section.

The map is read when the scenario file is read, before its sweep; other road settings are written beside it and may
vary in a sweep.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from scenarios.opendrive.chain import chain_from
from scenarios.opendrive.read_map import read_map
from scenarios.opendrive.road_map import MapRoad, RoadMap
from scenarios.opendrive.stretch import MapRemark, MapStretch, stretch_of
from scenarios.source.errors import SpecError, SpecErrors, nearest, quoted
from scenarios.source.sibling_files import WANTED, Elsewhere, neighbour
from scenarios.source.units import LENGTH
from scenarios.source.yaml_document import Document
from scenarios.spec.base import Count, Section, as_faults, measured

BEHIND_M, AHEAD_M = 30.0, 300.0
SHAPE = ("kind", "lanes", "opposite_lanes", "lane_width", "pieces", "transition", "radius", "direction")


class OnMap(Section):
    """The ego's start on a map: its rear axle, in the driving direction of its lane."""

    file: str = Field(description="an OpenDRIVE file beside this one, such as town.xodr")
    id: int | str | None = Field(None, description="the id of one of its roads, such as 3; may be left out of one road")
    lane: Count | None = Field(
        None, description="the id of one of its lanes there, such as -1; left out: the rightmost for driving"
    )
    at: Annotated[float, measured(LENGTH, 0.0, 1e6)] = Field(0.0, description="how far along the road, such as 120 m")
    ahead: Annotated[float, measured(LENGTH, 10.0, 2000.0)] = Field(
        AHEAD_M, description="how much of it ahead of the ego is needed, such as 300 m"
    )


@dataclass(frozen=True)
class Grounded:
    """A document whose road section is complete, and remarks on differences from its map."""

    document: Document
    remarks: tuple[str, ...] = ()


def grounded(document: Document) -> Grounded:
    """The document with the part of a map that it names as its road; raises SpecErrors."""
    road = document.data.get("road")
    if not isinstance(road, dict) or "file" not in road:
        return Grounded(document)
    place = {key: value for key, value in road.items() if key in OnMap.model_fields}
    faults = [SpecError(f"road.{key}", quoted(road[key]), "no such key beside file: the map defines it")
              for key in SHAPE if key in road]  # fmt: skip
    try:
        said = OnMap.model_validate(place)
    except ValidationError as error:
        raise document.faults([*faults, *as_faults(error, "road")]) from error
    stretch = _stretch(said, document)
    faults += [_beyond_us(said, remark) for remark in stretch.refused] + _other_lane(document.data, stretch)
    if faults:
        raise document.faults(faults)
    rest = {key: value for key, value in road.items() if key not in place}
    data = document.data | {"road": stretch.written | rest, "ego": _in_lane(document.data, stretch)}
    told = tuple(f"{said.file} line {remark.line}: {remark.said}" for remark in stretch.approximated)
    return Grounded(replace(document, data=data), told)


def _stretch(said: OnMap, document: Document) -> MapStretch:
    known = _map(said, document)
    road = _road(said, known, document)
    section, lane = road.section(said.at), said.lane
    driven = [one.id for one in section.lanes if one.driving]
    if lane is None and driven:
        lane = max(driven) if min(driven) > 0 else min(driven)
    if lane not in driven:
        where = (
            f"lane {quoted(lane)} at {said.at:g} m of road {road.id}" if driven else f"road {road.id} at {said.at:g} m"
        )
        wanted = (
            f"a lane for driving: {', '.join(map(str, sorted(driven)))}" if driven else "a road with lanes for driving"
        )
        raise document.faults([SpecError("road.lane", where, wanted)])
    return stretch_of(chain_from(known, road, lane, said.at, 400.0, said.ahead), BEHIND_M, said.ahead)


def _map(said: OnMap, document: Document) -> RoadMap:
    try:
        return read_map(neighbour(said.file, document.path))
    except Elsewhere as reason:
        raise document.faults([SpecError("road.file", str(reason), WANTED)]) from None
    except SpecErrors as faults:
        told = [SpecError("road.file", _inside(fault), fault.wanted) for fault in faults.faults]
        raise document.faults(told) from faults


def _inside(fault: SpecError) -> str:
    return f"{fault.found} ({fault.where} in line {fault.line} of it)" if fault.line else fault.found


def _road(said: OnMap, known: RoadMap, document: Document) -> MapRoad:
    if said.id is None and len(known.roads) == 1:
        return _long_enough(next(iter(known.roads.values())), said, document)
    if said.id is None:
        raise document.faults(
            [SpecError("road.id", "nothing", f"the road's id: {nearest('', list(known.roads)[:20])}")]
        )
    if (road := known.roads.get(str(said.id))) is None:
        raise document.faults([SpecError("road.id", quoted(said.id), nearest(str(said.id), list(known.roads)[:20]))])
    return _long_enough(road, said, document)


def _long_enough(road: MapRoad, said: OnMap, document: Document) -> MapRoad:
    if said.at < road.length_m:
        return road
    wanted = f"a place on road {road.id}, which is {road.length_m:.1f} m long"
    raise document.faults([SpecError("road.at", f"{said.at:g} m", wanted)])


def _beyond_us(said: OnMap, remark: MapRemark) -> SpecError:
    wanted = "a stretch with parallel lanes of one width: another place, or less of it with ahead:"
    return SpecError("road.file", f"{Path(said.file).name} line {remark.line}: {remark.said}", wanted)


def _in_lane(data: dict[str, object], stretch: MapStretch) -> object:
    ego = data.get("ego")
    return {"lane": stretch.lanes.ego} | ego if isinstance(ego, dict) else ego


def _other_lane(data: dict[str, Any], stretch: MapStretch) -> list[SpecError]:
    ego = data.get("ego")
    lane = ego.get("lane", stretch.lanes.ego) if isinstance(ego, dict) else stretch.lanes.ego
    if lane == stretch.lanes.ego:
        return []
    wanted = f"{stretch.lanes.ego}, or no lane here: road.lane already sets the ego's lane"
    return [SpecError("ego.lane", quoted(lane), wanted)]
