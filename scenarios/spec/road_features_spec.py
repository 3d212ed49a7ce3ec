"""Spec of features along a road: surface patches, rows of parked vehicles, bus stops, ramps, road works."""

from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from scenarios.model.bodies import CALLED, FOUR_WHEELS, Kind
from scenarios.model.environment import FRICTION, Surface
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.roads.bus_stop import BAY_M, BusStop, StopKind
from scenarios.roads.friction import Patch
from scenarios.roads.ramp import Ramp
from scenarios.roads.road import Road
from scenarios.roads.widening import SideLane
from scenarios.source.units import LENGTH
from scenarios.spec.actor_spec import LaneNumber, LaneWritten
from scenarios.spec.actor_spec import _lane as read_lane
from scenarios.spec.base import Count, Section, fault, measured, one_of
from scenarios.spec.roadside import ParkedRow, Works

AT_KERBS = frozenset(kind for kind in FOUR_WHEELS if not KINDS[kind].on_rails)
MOST_STATIONS = 100
Mark = Annotated[float, measured(LENGTH, -100.0, 1000.0)]


class RoadSpan(Section):
    """A range along the road, measured from the ego's start."""

    from_: Mark = Field(alias="from", description="where it begins along the road, such as 30 m")
    to: Mark = Field(description="where it ends, such as 45 m")

    @model_validator(mode="after")
    def _ahead(self) -> "RoadSpan":
        if self.to <= self.from_:
            raise fault(f"from {self.from_:g} m to {self.to:g} m", "an end beyond the beginning")
        return self


class ParkedSpec(RoadSpan):
    """A row of vehicles parked at the kerb; it holds as many as fit."""

    side: Annotated[Side, one_of(Side)] = Field(description="left or right of the road")
    kind: Annotated[Kind, one_of(Kind, CALLED)] = Field(Kind.CAR, description="one of " + ", ".join(sorted(AT_KERBS)))
    gap: Annotated[float, measured(LENGTH, 0.2, 20.0)] = Field(
        1.0, description="the gap between two of them, such as 1 m"
    )

    @model_validator(mode="after")
    def _vehicles(self) -> "ParkedSpec":
        if self.kind not in AT_KERBS:
            raise fault(f"a row of {self.kind}s", "a vehicle on four wheels or more, and not on rails")
        return self

    def row(self) -> ParkedRow:
        """Convert to numbers."""
        return ParkedRow(self.side, self.kind, self.from_, self.to, self.gap)


class BusStopSpec(Section):
    """Where a bus stops: an actor with `at: bus stop` stands there."""

    at: Mark = Field(description="where the front of a bus stands along the road, such as 40 m")
    kind: Annotated[StopKind, one_of(StopKind)] = Field(StopKind.KERB, description="kerb, or bay: beside the lanes")
    side: Annotated[Side, one_of(Side)] = Field(Side.RIGHT, description="left or right of the road")
    length: Annotated[float, measured(LENGTH, 8.0, 40.0)] = Field(14.0, description="how long it is, such as 14 m")
    shelter: Annotated[bool, Field(strict=True)] = Field(True, description="whether it has a shelter: true or false")

    def stop(self, opposite_lanes: int) -> BusStop:
        """Convert to numbers."""
        facing = -1 if self.side is Side.LEFT and opposite_lanes else 1
        bay_m = BAY_M if self.kind is StopKind.BAY else 0.0
        return BusStop(self.side, self.at, self.length, facing, bay_m, self.shelter)


class RampSpec(Section):
    """A ramp that joins from the right: an acceleration lane as wide as a lane, then a taper."""

    joins: Annotated[float, measured(LENGTH, -300.0, 600.0)] = Field(
        description="where the acceleration lane begins along the road, such as 60 m; negative behind the ego"
    )
    length: Annotated[float, measured(LENGTH, 20.0, 500.0)] = Field(
        150.0, description="how long the acceleration lane is before it narrows, such as 150 m"
    )
    taper: Annotated[float, measured(LENGTH, 10.0, 150.0)] = Field(
        50.0, description="the length over which it narrows to zero, such as 50 m"
    )

    def ramp(self) -> Ramp:
        """Convert to numbers."""
        return Ramp(self.joins, self.length, self.taper)


class WidthStation(Section):
    """The width of a lane at a place along the road."""

    at: Annotated[float, measured(LENGTH, -3000.0, 3000.0)] = Field(
        description="a place along the road, counted from the ego's start, such as 40 m; negative behind it"
    )
    width: Annotated[float, measured(LENGTH, 0.0, 6.0)] = Field(description="the width there, such as 3.5 m, or 0 m")


class SideLaneSpec(Section):
    """A lane beside the others that begins, ends or changes its width: evenly between the places that are listed."""

    side: Annotated[Side, one_of(Side)] = Field(description="left or right of the other lanes")
    widths: tuple[WidthStation, ...] = Field(
        description="a list such as [{at: 40 m, width: 0 m}, {at: 80 m, width: 3.5 m}, {at: 200 m, width: 3.5 m}]"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "SideLaneSpec":
        at = [station.at for station in self.widths]
        if not 2 <= len(at) <= MOST_STATIONS or any(b <= a for a, b in pairwise(at)):
            raise fault(
                f"{len(at)} places", f"from 2 to {MOST_STATIONS} places, each farther along than the one before"
            )
        return self

    def side_lane(self) -> SideLane:
        """Convert to numbers."""
        return SideLane(self.side, tuple((station.at, station.width) for station in self.widths))


class WorksSpec(RoadSpan):
    """A closed lane: cones close it over a taper of 20 m and mark its edge, and a barrier stands across it."""

    lane: Count = Field(0, ge=0, le=5, description="the closed lane's number, counted from the right, 0 first")

    def works(self) -> Works:
        """Convert to numbers."""
        return Works(self.lane, self.from_, self.to)


class PatchSpec(RoadSpan):
    """Another surface on a part of the road."""

    surface: Annotated[Surface, one_of(Surface)] = Field(description="the surface there: " + ", ".join(Surface))
    friction: float | None = Field(
        None, strict=True, ge=0.02, le=1.3, description="a coefficient of friction from 0.02 to 1.3, without unit"
    )
    lane: Annotated[LaneNumber | None, BeforeValidator(read_lane, json_schema_input_type=LaneWritten)] = Field(
        None, description="a lane's number, or 'oncoming 0'; left out: the whole carriageway"
    )

    def patch(self, road: Road) -> Patch:
        """The patch in the coordinates of a road."""
        friction = FRICTION[self.surface] if self.friction is None else self.friction
        right, left = road.right_edge, road.left_edge
        if self.lane is not None:
            centre = road.lane_centre(self.lane.number + (road.lanes if self.lane.oncoming else 0))
            half = road.width_of(self.lane.number + (road.lanes if self.lane.oncoming else 0)) / 2
            right, left = centre - half, centre + half
        return Patch(self.surface, friction, self.from_, self.to, right, left)
