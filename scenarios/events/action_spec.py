"""The spec of an event's action, and its compilation."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, create_model, model_validator

from scenarios.model.actions import (
    MERGING_S,
    Action,
    Appear,
    Brake,
    BrakeHardest,
    ChangeLane,
    ChangeSpeed,
    Cross,
    CutIn,
    CutOut,
    Disappear,
    Drop,
    Follow,
    HoldSpeed,
    LaneOffset,
    Merge,
    Profile,
    RunRed,
    StepOut,
    Stop,
    StopAtLine,
    TakeExit,
    TurnAt,
)
from scenarios.model.kinds.actor_kind import Dynamics
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.model.triggers import LaneRef
from scenarios.source.units import LENGTH
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.actor_spec import DriverName
from scenarios.spec.base import Count, Instant, Lasting, Rate, Section, Speed, fault, measured, one_of
from scenarios.spec.trigger_spec import Lane, read_lane
from scenarios.verbs import VERBS

DRIVER = "r157 careful"
LANE_CHANGE_S = 4.0  # naturalistic lane changes last 3-6 s
BED_M = 1.2  # height of a truck's load floor; the roofs of cars are slightly higher
HARDEST = "hardest"


def _rate_or_hardest(written: Any) -> Any:
    return None if written == HARDEST else written


Sideways = Annotated[float, measured(LENGTH, -2.0, 2.0)]
Height = Annotated[float, measured(LENGTH, 0.0, 4.0)]
Stretch = Annotated[float, measured(LENGTH, 0.5, 250.0)]


class TurnDo(Section):
    to: Annotated[Side, one_of(Side)] = Field(description="left or right")


class StopAtLineDo(Section):
    decel: Rate | None = Field(None, description="a deceleration such as 3 m/s^2")


class RunRedDo(Section):
    """Has no arguments."""


class TakeExitDo(Section):
    number: Count = Field(ge=1, le=4, description="the exit's number, counted from the entry, 1 first")


class MergeDo(Section):
    within: Lasting = Field(MERGING_S, description="how long the lane change takes, such as 3 s")
    gap: Annotated[bool, Field(strict=True)] = Field(
        False, description="true: only into a safe gap; false: as soon as the lane is alongside"
    )


class BrakeDo(Section):
    decel: Annotated[Rate | None, BeforeValidator(_rate_or_hardest, json_schema_input_type=Rate | Literal[HARDEST])] = (
        Field(description=f"a deceleration such as 6 m/s^2, or '{HARDEST}': as hard as the road allows")
    )
    until: Speed = Field(0.0, description="the speed at which it stops braking, such as 20 km/h")


class ChangeSpeedDo(Section):
    to: Speed = Field(description="the speed to reach, such as 30 km/h")
    rate: Rate | None = Field(None, description="an acceleration such as 2 m/s^2, positive also to slow down")
    within: Lasting | None = Field(None, description="how long it takes, such as 3 s, instead of a rate")
    profile: Annotated[Profile, one_of(Profile)] = Field(
        Profile.LINEAR, description="linear, exact (no build-up of the acceleration) or smooth"
    )

    @model_validator(mode="after")
    def _one_pace(self) -> "ChangeSpeedDo":
        if self.rate is not None and self.within is not None:
            raise fault("both rate and within", "one of them")
        return self


class HoldSpeedDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 50 km/h")
    for_: Lasting | None = Field(
        None, alias="for", description="how long, such as 2 s; left out: until another event changes it"
    )


class FollowDo(Section):
    speed: Speed | None = Field(None, description="the desired speed, such as 50 km/h")
    driver: DriverName | None = Field(None, description="the name of a driver model")
    for_: Lasting | None = Field(
        None, alias="for", description="how long, such as 2 s; left out: until another event changes it"
    )


class StopDo(Section):
    decel: Rate | None = Field(None, description="a deceleration such as 4 m/s^2")
    within: Stretch | None = Field(None, description="the distance to standstill, such as 15 m, instead of decel")
    for_: Instant = Field(0.0, alias="for", description="how long it stands before this event has ended, such as 2 s")

    @model_validator(mode="after")
    def _one_pace(self) -> "StopDo":
        if self.decel is not None and self.within is not None:
            raise fault("both decel and within", "one of them")
        return self


class CutInDo(Section):
    within: Lasting = Field(2.0, description="how long the lane change takes, such as 1.5 s")


class CutOutDo(Section):
    to: Annotated[Side | None, one_of(Side)] = Field(None, description="left or right; left out: a side with a lane")
    within: Lasting = Field(2.0, description="how long the lane change takes, such as 1.5 s")


def _lane_or_side(written: Any) -> Side | LaneRef:
    if isinstance(written, str) and written in list(Side):
        return Side(written)
    lane = read_lane(written)
    return LaneRef(lane.number, lane.oncoming)


class ChangeLaneDo(Section):
    to: Annotated[Any, BeforeValidator(_lane_or_side, json_schema_input_type=Lane | Literal["left", "right"])] = Field(
        description="left, right, a lane's number, or 'oncoming 0'"
    )
    within: Lasting = Field(LANE_CHANGE_S, description="how long the lane change takes, such as 3 s")


class OffsetDo(Section):
    to: Sideways = Field(description="the offset from its lane's centre to its left, such as 0.5 m; negative: right")
    within: Lasting = Field(2.0, description="the duration of the move, such as 1.5 s")


class CrossDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")


class StepOutDo(Section):
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["behind"]}, {"required": ["before"]}]})

    behind: str | None = Field(None, strict=True, description="the id of a parked actor")
    before: str | None = Field(
        None, strict=True, description="the id of a parked actor, in front of which it steps out"
    )
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")

    @model_validator(mode="after")
    def _one_side(self) -> "StepOutDo":
        if (self.behind is None) == (self.before is None):
            found = "neither behind nor before" if self.behind is None else "both behind and before"
            raise fault(found, "one of them: the id of a parked actor")
        return self

    @property
    def cover(self) -> str:
        """The id of the body that it steps out from."""
        cover = self.behind or self.before
        assert cover is not None
        return cover


class DropDo(Section):
    cargo: str = Field(strict=True, description="the id of an actor without a place of its own")
    height: Height | None = Field(None, description="of its underside when it falls, such as 1.2 m")


class EdgeDo(Section):
    """Has no arguments; the event is at the scene's edge."""


class _WrittenAction(Section):
    """Exactly one action."""

    brake: BrakeDo | None = Field(None, description="a mapping such as {decel: 6 m/s^2}")
    stop: StopDo | None = Field(None, description="a mapping such as {within: 15 m}")
    change_speed: ChangeSpeedDo | None = Field(None, description="a mapping such as {to: 30 km/h}")
    hold_speed: HoldSpeedDo | None = Field(None, description="a mapping such as {speed: 50 km/h}")
    follow: FollowDo | None = Field(None, description="a mapping such as {speed: 50 km/h}")
    cut_in: CutInDo | None = Field(None, description="a mapping such as {within: 1.5 s}")
    cut_out: CutOutDo | None = Field(None, description="a mapping such as {to: left, within: 1.5 s}")
    change_lane: ChangeLaneDo | None = Field(None, description="a mapping such as {to: left, within: 3 s}")
    offset: OffsetDo | None = Field(None, description="a mapping such as {to: 0.5 m, within: 2 s}")
    cross: CrossDo | None = Field(None, description="a mapping such as {speed: 15 km/h}")
    step_out: StepOutDo | None = Field(None, description="a mapping such as {behind: truck, speed: 5 km/h}")
    turn: TurnDo | None = Field(None, description="a mapping such as {to: left}: at the junction")
    stop_at_line: StopAtLineDo | None = Field(None, description="a mapping such as {decel: 3 m/s^2}")
    run_red_light: RunRedDo | None = Field(None, description="an empty mapping")
    take_exit: TakeExitDo | None = Field(None, description="a mapping such as {number: 2}: of a roundabout")
    merge: MergeDo | None = Field(None, description="a mapping such as {within: 3 s}: from the acceleration lane")
    drop: DropDo | None = Field(None, description="a mapping such as {cargo: crate}")
    appear: EdgeDo | None = Field(None, description="an empty mapping")
    disappear: EdgeDo | None = Field(None, description="an empty mapping")

    @model_validator(mode="after")
    def _one(self) -> "_WrittenAction":
        known = type(self).model_fields
        named = [name for name in known if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(" and ".join(named) or "no action", "exactly one of " + ", ".join(known))
        return self

    @property
    def verb(self) -> str:
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def says(self) -> Any:
        """The section of the one action."""
        return getattr(self, self.verb)


_OWN: dict[str, Any] = {
    verb.key: (verb.section | None, Field(None, description=f"a mapping such as {verb.example}"))
    for verb in VERBS.all()
}
Do: Any = create_model("Do", __base__=_WrittenAction, __doc__=_WrittenAction.__doc__, **_OWN)


def crossing_speed(actor: ActorDescription) -> float | None:
    return actor.speed_mps or KINDS[actor.kind].dynamics.crossing_mps


def compiled_action(do: Do, actor: ActorDescription, cast: ActorIndex) -> Action:
    """The action of a valid spec for this actor, with defaults for missing values."""
    says: Any = do.says
    if (verb := VERBS.get(do.verb)) is not None:
        return verb.compiled(says, actor, cast)
    usual = KINDS[actor.kind].dynamics
    match do.verb:
        case "brake":
            return BrakeHardest(says.until) if says.decel is None else Brake(says.decel, says.until)
        case "stop" if says.within is None and says.for_ == 0:
            return Brake(says.decel or usual.stopping_mps2)
        case "stop":
            return Stop(None if says.within else says.decel or usual.stopping_mps2, says.within, says.for_)
        case "change_speed":
            faster = says.to > actor.speed_mps
            rate = says.rate or (usual.speeding_up_mps2 if faster else usual.slowing_down_mps2)
            rate = None if says.within else rate
            return ChangeSpeed(says.to, rate, says.profile, says.within)
        case "hold_speed":
            return HoldSpeed(_or(says.speed, actor.speed_mps), says.for_)
        case "follow":
            return Follow(_or(says.speed, actor.speed_mps), says.driver or DRIVER, says.for_)
        case "cross":
            return Cross(_or(says.speed, crossing_speed(actor)))
        case "step_out":
            on_foot = KINDS[Kind.PEDESTRIAN].dynamics.crossing_mps
            return StepOut(says.cover, _or(says.speed, usual.crossing_mps or on_foot), says.before is not None)
        case "drop":
            return Drop(says.cargo, _or(says.height, BED_M))
        case "appear":
            return Appear()
        case "disappear":
            return Disappear()
    return road_action(do.verb, says, usual) or _sideways(do)


def _sideways(do: Do) -> Action:
    says: Any = do.says
    match do.verb:
        case "cut_in":
            return CutIn(says.within)
        case "cut_out":
            return CutOut(says.to, says.within)
        case "change_lane":
            return ChangeLane(says.to, says.within)
        case "offset":
            return LaneOffset(says.to, says.within)
    raise AssertionError(f"no action for {do.verb}")


def _or(value: float | None, usual: float | None) -> float:
    chosen = usual if value is None else value
    assert chosen is not None, "check_event() refuses an action without a speed"
    return chosen


def road_action(verb: str, says: Any, usual: Dynamics) -> Action | None:
    """The action of a verb that needs a junction, roundabout or ramp; None for any other verb."""
    match verb:
        case "turn":
            return TurnAt(says.to)
        case "stop_at_line":
            return StopAtLine(says.decel or usual.at_line_mps2)
        case "run_red_light":
            return RunRed()
        case "take_exit":
            return TakeExit(says.number)
        case "merge":
            return Merge(says.within, says.gap)
    return None
