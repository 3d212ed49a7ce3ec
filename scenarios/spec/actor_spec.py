"""The spec of the ego and the actors: kind, place, speed, and their behaviour without events."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from scenarios.model.driver_models import DRIVERS
from scenarios.model.sides import Side
from scenarios.source.errors import nearest, quoted
from scenarios.source.units import LENGTH
from scenarios.spec.appearance_spec import SIZE, AppearanceSpec, SizedActorSpec
from scenarios.spec.base import Angle, Count, Extents, Gap, Place, Section, Speed, Trajectory, fault, measured, one_of

TRAJECTORY = (
    "a list of at least two [time, x, y] such as [0 s, 0 m, 0 m], in the map frame, times rising; or [time, x, y, "
    "heading] for a body that reverses or skids"
)
SPEED = "a speed such as 50 km/h"


def _driver(written: object) -> str:
    if isinstance(written, str) and written in DRIVERS:
        return written
    raise fault(quoted(written), nearest(written if isinstance(written, str) else "", DRIVERS))


DriverName = Annotated[str, BeforeValidator(_driver, json_schema_input_type=Literal[tuple(DRIVERS)])]


class Drive(StrEnum):
    FOLLOW = "follow"
    HOLD_SPEED = "hold speed"


class Facing(StrEnum):
    ALONG = "along"
    AGAINST = "against"


class Drives(Section):
    """The driver settings of a body."""

    if TYPE_CHECKING:  # the fields of those that inherit, each with its own words
        driver: DriverName | None
        drive: Drive

    @model_validator(mode="after")
    def _driver_follows(self) -> "Drives":
        if self.driver is not None and self.drive is not Drive.FOLLOW:
            raise fault(f"driver '{self.driver}' with drive: {self.drive}", "a driver only with drive: follow")
        return self


RAMP = "ramp"
ON_RAMP = -1  # lane number of the acceleration lane


def _ego_lane(written: object) -> int:
    if written == RAMP:
        return ON_RAMP
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 100:
        return written  # the check of the road states how many lanes it has
    raise fault(quoted(written), EGO_LANE)


EGO_LANE = "the ego's lane, counted from the right, 0 first; or ramp: the acceleration lane"
EgoLane = Annotated[
    int,
    BeforeValidator(_ego_lane, json_schema_input_type=Annotated[int, Field(ge=0, le=5)] | Literal["ramp"]),
]


class Driven(Drives):
    """The ego on its lane, at a constant speed or following traffic."""

    lane: EgoLane = Field(0, description=EGO_LANE)
    speed: Speed = Field(description=SPEED)
    drive: Annotated[Drive, one_of(Drive)] = Field(description="follow or hold speed")
    driver: DriverName | None = Field(None, description="the name of a driver model, with drive: follow")
    size: Extents | None = Field(None, description=SIZE)


class OnTrajectory(Section):
    """A body on a given trajectory: points of time, x, y, and the heading if it is not the direction of travel."""

    if TYPE_CHECKING:  # the field of those that inherit, each with its own words
        trajectory: Trajectory

    @property
    def points(self) -> tuple[tuple[float, float, float], ...]:
        """Time in s, x and y in m."""
        return tuple((t, x, y) for t, x, y, *_ in self.trajectory)

    @property
    def headings(self) -> tuple[float, ...]:
        """The heading at each point, radians; empty if the file gives none."""
        return tuple(heading for *_, heading in self.trajectory) if len(self.trajectory[0]) == 4 else ()


class Guided(OnTrajectory):
    """The ego on a given trajectory of its rear axle."""

    lane: EgoLane = Field(0, description=EGO_LANE)
    trajectory: Trajectory = Field(description=TRAJECTORY)
    size: Extents | None = Field(None, description=SIZE)


def _has(key: str, tag: str, otherwise: str) -> Discriminator:
    return Discriminator(lambda raw: tag if isinstance(raw, dict) and key in raw else otherwise)


EgoSpec = Annotated[
    Annotated[Driven, Tag("<driven>")] | Annotated[Guided, Tag("<guided>")],
    _has("trajectory", "<guided>", "<driven>"),
]


class LaneNumber(Section):
    """A lane of the ego's direction, or an opposite lane counted from the ego's side."""

    number: int = Field(description="a lane's number")
    oncoming: bool = Field(description="against the ego's direction")


_OPPOSITE = "(?:oncoming|opposite)(?: ([0-5]))?"
LaneWritten = (
    Annotated[int, Field(ge=0, le=5)] | Annotated[str, Field(pattern=f"^{_OPPOSITE}$", examples=["oncoming 0"])]
)


def _lane(written: object) -> LaneNumber:
    # Larger numbers than any road has pass here: the check of the road states how many lanes it has.
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 100:
        return LaneNumber(number=written, oncoming=False)
    match = re.fullmatch(_OPPOSITE.replace("[0-5]", "[0-9]{1,2}"), written) if isinstance(written, str) else None
    if match is None:
        wanted = "a lane's number counted from the right, 0 first, or 'oncoming 0' for the nearest opposite lane"
        raise fault(quoted(written), wanted)
    return LaneNumber(number=int(match[1] or 0), oncoming=True)


class Along(SizedActorSpec, Drives):
    """Placed along the road by the free gap to the ego, bumper to bumper."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["ahead"]}, {"required": ["behind"]}]})

    ahead: Gap | None = Field(None, description="the free gap in front of the ego, bumper to bumper, such as 12 m")
    behind: Gap | None = Field(None, description="the free gap behind the ego, bumper to bumper, such as 12 m")
    drive: Annotated[Drive, one_of(Drive)] = Field(Drive.HOLD_SPEED, description="follow or hold speed")
    driver: DriverName | None = Field(None, description="the name of a driver model, with drive: follow")

    @model_validator(mode="after")
    def _one_gap(self) -> "Along":
        if (self.ahead is None) == (self.behind is None):
            found = "neither ahead nor behind" if self.ahead is None else "both ahead and behind"
            raise fault(found, "one of them: the free gap bumper to bumper, such as ahead: 12 m")
        return self


class LanePlacement(Along):
    lane: Annotated[LaneNumber, BeforeValidator(_lane, json_schema_input_type=LaneWritten)] = Field(
        description="a lane's number, or 'oncoming 0'"
    )
    speed: Speed = Field(description="a speed such as 50 km/h; 0 km/h if it stands")
    offset: Annotated[float, measured(LENGTH, -3.0, 3.0)] = Field(
        0.0, description="the offset to the left of the lane's centre, such as 0.4 m; negative to the right"
    )


class OnCross(SizedActorSpec, Drives):
    """On the road that crosses the ego's at the junction, driving towards it."""

    road: Literal["cross"] = Field("cross", description="cross: the road that crosses the ego's")
    from_: Annotated[Side, one_of(Side)] = Field(alias="from", description="left or right: the side that it comes from")
    before: Annotated[float, measured(LENGTH, 0.0, 140.0)] = Field(
        description="the free distance from its front to the edge of the ego's road, such as 25 m"
    )
    lane: Count = Field(0, ge=0, le=5, description="a lane's number, counted from its own right, 0 first")
    speed: Speed = Field(description="a speed such as 50 km/h; 0 km/h if it stands")
    drive: Annotated[Drive, one_of(Drive)] = Field(Drive.HOLD_SPEED, description="follow or hold speed")
    driver: DriverName | None = Field(None, description="the name of a driver model, with drive: follow")


class OnRamp(SizedActorSpec, Drives):
    """On the ramp, or already on its acceleration lane."""

    road: Literal["ramp"] = Field("ramp", description="ramp: the ramp that joins the ego's road")
    before: Annotated[float, measured(LENGTH, -500.0, 140.0)] = Field(
        description="the distance from its front to the acceleration lane, such as 25 m; negative on that lane"
    )
    speed: Speed = Field(description="a speed such as 80 km/h")
    drive: Annotated[Drive, one_of(Drive)] = Field(Drive.HOLD_SPEED, description="follow or hold speed")
    driver: DriverName | None = Field(None, description="the name of a driver model, with drive: follow")


_AT_STOP = "bus stop(?: ([1-9]))?"


def _stop_number(written: object) -> int:
    match = re.fullmatch(_AT_STOP, written) if isinstance(written, str) else None
    if match is None:
        raise fault(quoted(written), "bus stop, or bus stop 2 for the second one of road.bus_stops")
    return int(match[1] or 1)


class AtStop(SizedActorSpec):
    """Stands at a bus stop, with its front at the stop's position."""

    at: Annotated[
        int,
        BeforeValidator(_stop_number, json_schema_input_type=Annotated[str, Field(pattern=f"^{_AT_STOP}$")]),
    ] = Field(description="bus stop, or bus stop 2 for the second one of road.bus_stops")


class Beside(Along):
    """Beside the carriageway; it stands unless a speed is given."""

    side: Annotated[Side, one_of(Side)] = Field(description="left or right of the road")
    offset: Annotated[float, measured(LENGTH, -10.0, 30.0)] = Field(
        description="the free distance from the road's edge to its nearer side, such as 0.5 m; negative on the road"
    )
    speed: Speed = Field(0.0, description=SPEED)
    facing: Annotated[Facing, one_of(Facing)] = Field(Facing.ALONG, description="along or against the ego's direction")


class Box(Section):
    at: tuple[Place, Place] = Field(description="the box's centre on the ground in the map frame, such as [30 m, 6 m]")
    size: Extents | None = Field(None, description=SIZE)
    heading: Angle = Field(0.0, description="an angle from the map's x axis to the left, such as 90 deg")


class Boxed(AppearanceSpec):
    """A plain bounding box in the map frame; it is parked unless a speed is given."""

    box: Box = Field(description="a box {at: [x, y], size: [l, w, h], heading: angle}")
    speed: Speed = Field(0.0, description=SPEED)


class Moved(SizedActorSpec, OnTrajectory):
    """On a given trajectory of the box's centre."""

    trajectory: Trajectory = Field(description=TRAJECTORY)


class Hidden(SizedActorSpec):
    """Without a start position: an event must make it step out from behind another body, or drop it."""

    @model_validator(mode="before")
    @classmethod
    def _speed_has_a_place(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "speed" in raw:
            wanted = "a place as well (lane and ahead, or side, ahead and offset)"
            raise fault("a speed without a place", f"{wanted}, or the speed in the story: 'steps out ... at 6 km/h'")
        return raw


def _actor_variant(raw: Any) -> str:
    keys = raw if isinstance(raw, dict) else {}
    if keys.get("road") == RAMP:
        return "<ramp>"
    if {"road", "from", "before"} & set(keys):
        return "<cross>"
    for key, tag in (("box", "<box>"), ("trajectory", "<moved>"), ("side", "<beside>"), ("at", "<stop>")):
        if key in keys:
            return tag
    placed = {"lane", "ahead", "behind", "offset"} & set(keys)
    return "<lane>" if placed else "<hidden>"


ActorSpec = Annotated[
    Annotated[LanePlacement, Tag("<lane>")]
    | Annotated[Beside, Tag("<beside>")]
    | Annotated[OnCross, Tag("<cross>")]
    | Annotated[AtStop, Tag("<stop>")]
    | Annotated[OnRamp, Tag("<ramp>")]
    | Annotated[Boxed, Tag("<box>")]
    | Annotated[Moved, Tag("<moved>")]
    | Annotated[Hidden, Tag("<hidden>")],
    Discriminator(_actor_variant),
]
