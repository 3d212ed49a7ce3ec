"""How a road is written, and the road that it means."""

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from scenarios.environment import Surface
from scenarios.reference_line import Piece, smoothed
from scenarios.road import Road, RoadKind
from scenarios.section import Count, Section, Side, fault, measured, one_of
from scenarios.units import LENGTH

BEFORE_M, BEYOND_M = 100.0, 200.0  # straight road on either side of the pieces, so that the first and last ease in
KINDS = "straight, curve or path"
Radius = Annotated[float, measured(LENGTH, 20.0, 5000.0)]


class StraightRoad(Section):
    """`lanes` counts the ego's direction; opposite lanes lie to their left."""

    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "straight"})] = Field(
        RoadKind.STRAIGHT, description=KINDS
    )
    lanes: Count = Field(ge=1, le=6, description="the number of lanes in the ego's direction, 1 to 6")
    opposite_lanes: Count = Field(0, ge=0, le=6, description="the number of lanes against the ego's direction, 0 to 6")
    lane_width: Annotated[float, measured(LENGTH, 2.0, 6.0)] = Field(3.5, description="a lane's width, such as 3.5 m")
    surface: Annotated[Surface | None, one_of(Surface)] = Field(None, description="what lies on the road")
    friction: float | None = Field(
        None, strict=True, ge=0.02, le=1.3, description="a coefficient of friction from 0.02 to 1.3, without unit"
    )


class CurvedRoad(StraightRoad):
    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "curve"})] = Field(description=KINDS)
    radius: Radius = Field(description="the radius of the ego lane's centre, such as 120 m")
    direction: Annotated[Side, one_of(Side)] = Field(description="left or right")


class RoadPiece(Section):
    """Straight, a bend, or one that tightens or opens evenly from `radius` (left out: straight) to `to_radius`."""

    length: Annotated[float, measured(LENGTH, 5.0, 2000.0)] = Field(description="the way along it, such as 40 m")
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
        """The same in numbers."""
        side = -1.0 if self.direction is Side.RIGHT else 1.0
        begins = side / self.radius if self.radius is not None else 0.0
        return Piece(self.length, begins, begins if self.to_radius is None else side / self.to_radius)


def _not_endless(pieces: tuple[RoadPiece, ...]) -> tuple[RoadPiece, ...]:
    if not 1 <= len(pieces) <= 50:
        raise fault(f"a list of {len(pieces)}", "from 1 to 50 pieces, one after the other from the ego's start on")
    return pieces


class PathRoad(StraightRoad):
    """Pieces one after the other from the ego's start on; straight before and beyond them."""

    kind: Annotated[RoadKind, one_of(RoadKind), WithJsonSchema({"const": "path"})] = Field(description=KINDS)
    pieces: Annotated[tuple[RoadPiece, ...], AfterValidator(_not_endless)] = Field(
        description="a list such as [{length: 40 m}, {length: 60 m, radius: 80 m, direction: left}]"
    )
    transition: Annotated[float, measured(LENGTH, 1.0, 100.0)] = Field(
        20.0, description="over what length a bend begins and ends, such as 20 m"
    )


def _road_variant(raw: Any) -> str:
    keys = raw if isinstance(raw, dict) else {}
    kind = keys.get("kind", "straight")
    misspelt = kind not in list(RoadKind)  # then the other keys tell which kind was meant
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
    """The road that is written, the ego in one of its lanes."""
    lanes = (spec.kind, spec.lanes, spec.opposite_lanes, spec.lane_width)
    if isinstance(spec, PathRoad):
        whole = [Piece(BEFORE_M), *(part.piece() for part in spec.pieces), Piece(BEYOND_M)]
        return Road(*lanes, 0.0, ego_lane, pieces=smoothed(whole, spec.transition), begins_m=-BEFORE_M)
    curvature = 0.0
    if isinstance(spec, CurvedRoad):
        curvature = (1 if spec.direction is Side.LEFT else -1) / spec.radius
    return Road(*lanes, curvature, ego_lane)
