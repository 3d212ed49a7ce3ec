"""The spec of a road, and its conversion to a `Road`."""

import math
import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from scenarios.model.environment import Surface
from scenarios.model.sides import Side
from scenarios.roads.junction import Arms, Junction, SignalInterval, SignalState
from scenarios.roads.reference_line import Piece, smoothed
from scenarios.roads.road import Road, RoadKind
from scenarios.scenario import Placed
from scenarios.source.errors import quoted
from scenarios.source.units import ANGLE, LENGTH, NotAQuantity, quantity
from scenarios.spec.base import Count, Lasting, Section, fault, measured, one_of
from scenarios.spec.road_features_spec import BusStopSpec, ParkedSpec, PatchSpec, RampSpec, SideLaneSpec, WorksSpec
from scenarios.spec.roadside import closed_lane, parked_vehicles

BEFORE_M, BEYOND_M = 100.0, 200.0  # straight road on either side, for the transitions of the first and last piece
STEEPEST_RAD = 0.2915  # 30 %
KINDS = "straight, curve or path"
Radius = Annotated[float, measured(LENGTH, 20.0, 1e6)]
MOST_PIECES = 200


class SignalPhase(Section):
    along: Annotated[SignalState, one_of(SignalState)] = Field(description="green, yellow or red: along the ego's road")
    across: Annotated[SignalState | None, one_of(SignalState)] = Field(
        None, description="the signal of the other road; left out: green while the ego's road has red, else red"
    )
    for_: Lasting | None = Field(None, alias="for", description="how long, such as 3 s; the last phase has no end")

    @model_validator(mode="after")
    def _not_both(self) -> "SignalPhase":
        if self.along is not SignalState.RED and self.across not in (None, SignalState.RED):
            raise fault(f"{self.along} and {self.across} at once", "red for one of the roads")
        return self

    def phase(self) -> SignalInterval:
        """Convert to numbers, with defaults for missing values."""
        across = self.across or (SignalState.GREEN if self.along is SignalState.RED else SignalState.RED)
        return SignalInterval(self.along, across, self.for_ or 0.0)


def _timed(phases: tuple[SignalPhase, ...]) -> tuple[SignalPhase, ...]:
    if len(phases) > 20:
        raise fault(f"a list of {len(phases)}", "at most 20 phases")
    if any(phase.for_ is None for phase in phases[:-1]):
        raise fault("a phase without end before another", "for: 3 s in every phase but the last")
    return phases


class JunctionSpec(Section):
    """Another road that crosses the ego's road at a right angle."""

    at: Annotated[float, measured(LENGTH, 10.0, 400.0)] = Field(
        description="its centre along the ego's road, counted from the ego's start, such as 40 m"
    )
    arms: Annotated[Arms, one_of(Arms)] = Field(Arms.BOTH, description="both, or left or right: a T-junction")
    lanes: Count = Field(1, ge=1, le=3, description="the number of its lanes from right to left, 1 to 3")
    opposite_lanes: Count = Field(1, ge=0, le=3, description="the number of its lanes from left to right, 0 to 3")
    lane_width: Annotated[float, measured(LENGTH, 2.0, 6.0)] = Field(3.5, description="a lane's width, such as 3.5 m")
    signals: Annotated[tuple[SignalPhase, ...], AfterValidator(_timed)] = Field(
        (), description="a list of phases such as [{along: green, for: 3 s}, {along: yellow, for: 3 s}, {along: red}]"
    )

    def junction(self) -> Junction:
        """Convert to numbers."""
        phases = tuple(phase.phase() for phase in self.signals)
        return Junction(self.at, self.lanes, self.opposite_lanes, self.lane_width, self.arms, phases)


class RoundaboutSpec(Section):
    """A roundabout with one lane where another road crosses at a right angle; circulating traffic has right of way."""

    at: Annotated[float, measured(LENGTH, 20.0, 400.0)] = Field(
        description="its centre along the ego's road, counted from the ego's start, such as 60 m"
    )
    radius: Annotated[float, measured(LENGTH, 13.0, 30.0)] = Field(17.0, description="its outer radius, such as 17 m")
    arms: Annotated[Arms, one_of(Arms)] = Field(Arms.BOTH, description="both, or left or right: three arms in all")
    lane_width: Annotated[float, measured(LENGTH, 2.5, 4.5)] = Field(
        3.5, description="the width of the crossing road's lanes, such as 3.5 m"
    )

    def junction(self) -> Junction:
        """Convert to numbers."""
        return Junction(self.at, 1, 1, self.lane_width, self.arms, (), self.radius)


def _few(things: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(things) > 50:
        raise fault(f"a list of {len(things)}", "at most 50 of them")
    return things


def _slope(written: object) -> float:
    """A slope as a percentage or an angle; radians."""
    percent = re.fullmatch(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?)\s*%\s*", written) if isinstance(written, str) else None
    try:
        slope = math.atan(float(percent[1]) / 100) if percent else quantity(written, ANGLE)
    except NotAQuantity as error:
        raise fault(quoted(written), "a rise such as 6 %, or an angle such as 3 deg; negative downhill") from error
    if abs(slope) > STEEPEST_RAD:
        raise fault(quoted(written), "a slope from -30 % to 30 %")
    return slope


class StraightRoad(Section):
    """`lanes` counts the lanes in the ego's direction; the opposite lanes lie to their left."""

    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "straight"})] = Field(
        RoadKind.STRAIGHT, description=KINDS
    )
    lanes: Count = Field(ge=1, le=6, description="the number of lanes in the ego's direction, 1 to 6")
    opposite_lanes: Count = Field(0, ge=0, le=6, description="the number of lanes against the ego's direction, 0 to 6")
    lane_width: Annotated[float, measured(LENGTH, 2.0, 6.0)] = Field(3.5, description="a lane's width, such as 3.5 m")
    lane_widths: tuple[Annotated[float, measured(LENGTH, 2.0, 6.0)], ...] = Field(
        (), description="the width of every lane from the right, opposite ones last, such as [3.5 m, 3.25 m]"
    )
    side_lanes: Annotated[tuple[SideLaneSpec, ...], AfterValidator(_few)] = Field(
        (), description="lanes that begin, end or change their width beside the others, one on a side"
    )
    surface: Annotated[Surface | None, one_of(Surface)] = Field(None, description="the road surface")
    friction: float | None = Field(
        None, strict=True, ge=0.02, le=1.3, description="a coefficient of friction from 0.02 to 1.3, without unit"
    )
    patches: Annotated[tuple[PatchSpec, ...], AfterValidator(_few)] = Field(
        (), description="a list such as [{surface: ice, from: 30 m, to: 45 m, lane: 0}]"
    )
    zebras: Annotated[tuple[Annotated[float, measured(LENGTH, -100.0, 1000.0)], ...], AfterValidator(_few)] = Field(
        (), description="positions of pedestrian crossings along the road, such as [40 m]"
    )
    parked: Annotated[tuple[ParkedSpec, ...], AfterValidator(_few)] = Field(
        (), description="a list of rows such as [{side: right, from: 10 m, to: 60 m}]"
    )
    bus_stops: Annotated[tuple[BusStopSpec, ...], AfterValidator(_few)] = Field(
        (), description="a list such as [{at: 40 m, kind: bay}]; a bus with at: bus stop stands there"
    )
    works: WorksSpec | None = Field(None, description="a closed lane, such as {lane: 0, from: 40 m, to: 90 m}")
    ramp: RampSpec | None = Field(
        None, description="a ramp from the right with its acceleration lane, such as {joins: 60 m, length: 150 m}"
    )
    slope: Annotated[float, BeforeValidator(_slope, json_schema_input_type=str)] = Field(
        0.0, description="the slope of the road ahead of the ego, such as 6 %; negative downhill"
    )
    junction: JunctionSpec | None = Field(None, description="a mapping such as {at: 40 m, arms: both}")
    roundabout: RoundaboutSpec | None = Field(None, description="a mapping such as {at: 60 m, radius: 17 m}")

    @model_validator(mode="after")
    def _every_width(self) -> "StraightRoad":
        if len(self.lane_widths) not in (0, count := self.lanes + self.opposite_lanes):
            raise fault(f"{len(self.lane_widths)} lane_widths", f"{count}, one for every lane from the right")
        sides = [lane.side for lane in self.side_lanes]
        if len(sides) > len(set(sides)):
            raise fault("two side lanes on one side", "one on each side at most")
        return self

    @model_validator(mode="after")
    def _one_crossing(self) -> "StraightRoad":
        if self.roundabout is None:
            return self
        if self.junction is not None:
            raise fault("both junction and roundabout", "one of them")
        if (self.lanes, self.opposite_lanes) != (1, 1):
            found = f"a roundabout on a road with {self.lanes} and {self.opposite_lanes} lanes"
            raise fault(found, "lanes: 1 and opposite_lanes: 1 beside a roundabout")
        return self


class CurvedRoad(StraightRoad):
    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "curve"})] = Field(description=KINDS)
    radius: Radius = Field(description="the radius of the ego lane's centre, such as 120 m")
    direction: Annotated[Side, one_of(Side)] = Field(description="left or right")


class RoadPiece(Section):
    """A straight, a bend, or a transition: curvature changes evenly from `radius` (none: straight) to `to_radius`."""

    length: Annotated[float, measured(LENGTH, 1.0, 2000.0)] = Field(description="its length, such as 40 m")
    radius: Radius | None = Field(None, description="of a bend: its radius at the ego lane's centre, such as 80 m")
    to_radius: Radius | None = Field(None, description="the radius at the end of the piece, such as 40 m")
    direction: Annotated[Side | None, one_of(Side)] = Field(None, description="left or right")

    @model_validator(mode="after")
    def _whole(self) -> "RoadPiece":
        bent = self.radius is not None or self.to_radius is not None
        if bent and self.direction is None:
            raise fault("a bend without direction", "direction: left or direction: right beside the radius")
        if self.direction is not None and not bent:
            raise fault("a direction without radius", "a radius such as 80 m beside the direction")
        return self

    def piece(self) -> Piece:
        """Convert to numbers."""
        side = -1.0 if self.direction is Side.RIGHT else 1.0
        begins = side / self.radius if self.radius is not None else 0.0
        return Piece(self.length, begins, begins if self.to_radius is None else side / self.to_radius)


def _not_endless(pieces: tuple[RoadPiece, ...]) -> tuple[RoadPiece, ...]:
    if not 1 <= len(pieces) <= MOST_PIECES:
        raise fault(f"a list of {len(pieces)}", f"from 1 to {MOST_PIECES} pieces, in order from the ego's start")
    return pieces


class PathRoad(StraightRoad):
    """Pieces in order from the ego's start, or `behind` it; the road is straight before and beyond them."""

    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "path"})] = Field(description=KINDS)
    pieces: Annotated[tuple[RoadPiece, ...], AfterValidator(_not_endless)] = Field(
        description="a list such as [{length: 40 m}, {length: 60 m, radius: 80 m, direction: left}]"
    )
    transition: Annotated[float, measured(LENGTH, 1.0, 100.0)] = Field(
        20.0, description="the length of the transition at the ends of a bend, such as 20 m"
    )
    behind: Annotated[float, measured(LENGTH, 0.0, 2000.0)] = Field(
        0.0, description="how much of the pieces lies behind the ego's start, such as 30 m"
    )


def _road_variant(raw: Any) -> str:
    keys = raw if isinstance(raw, dict) else {}
    kind = keys.get("kind", "straight")
    misspelt = kind not in list(RoadKind)  # then the other keys decide which kind was meant
    if kind == "path" or (misspelt and "pieces" in keys):
        return "<path>"
    return "<curve>" if kind == "curve" or (misspelt and "radius" in keys) else "<straight>"


RoadSpec = Annotated[
    Annotated[StraightRoad, Tag("<straight>")]
    | Annotated[CurvedRoad, Tag("<curve>")]
    | Annotated[PathRoad, Tag("<path>")],
    Discriminator(_road_variant),
]


def made_road(spec: StraightRoad, ego_lane: int) -> Road:
    """The road of a spec, with the ego in one of its lanes."""
    bare = _line(spec, ego_lane)
    patches = tuple(patch.patch(bare) for patch in spec.patches)
    stops = tuple(stop.stop(spec.opposite_lanes) for stop in spec.bus_stops)
    ramp = None if spec.ramp is None else spec.ramp.ramp()
    beside = tuple(lane.side_lane() for lane in spec.side_lanes)
    return replace(
        bare, patches=patches, slope_rad=spec.slope, zebras_m=spec.zebras, bus_stops=stops, ramp=ramp,
        side_lanes=beside,
    )  # fmt: skip


def brought_along(spec: StraightRoad, road: Road) -> tuple[Placed, ...]:
    """The bodies that the road's features add."""
    works = () if spec.works is None else closed_lane(spec.works.works(), road)
    return (*parked_vehicles(tuple(row.row() for row in spec.parked), road), *works)


def _line(spec: StraightRoad, ego_lane: int) -> Road:
    crossed = spec.junction or spec.roundabout
    there = crossed.junction() if crossed is not None else None
    width = spec.lane_widths[ego_lane] if 0 <= ego_lane < len(spec.lane_widths) else spec.lane_width
    lanes = (spec.kind, spec.lanes, spec.opposite_lanes, width)
    widths = spec.lane_widths if len(set(spec.lane_widths)) > 1 else ()
    if isinstance(spec, PathRoad):
        whole = [Piece(BEFORE_M), *(part.piece() for part in spec.pieces), Piece(BEYOND_M)]
        begins = -BEFORE_M - spec.behind
        return Road(
            *lanes, 0.0, ego_lane, pieces=smoothed(whole, spec.transition), begins_m=begins, junction=there,
            lane_widths_m=widths,
        )  # fmt: skip
    curvature = 0.0
    if isinstance(spec, CurvedRoad):
        curvature = (1 if spec.direction is Side.LEFT else -1) / spec.radius
    return Road(*lanes, curvature, ego_lane, junction=there, lane_widths_m=widths)
