"""Events of a story: how they are written as mappings, what must hold of them, and the actions they compile to."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from scenarios.actor_spec import DriverName
from scenarios.bodies import FOUR_WHEELS, STATIC, Kind
from scenarios.faults import nearest
from scenarios.references import Cast, Member
from scenarios.scenario import (
    Action,
    After,
    Brake,
    ChangeSpeed,
    Cross,
    CutIn,
    Event,
    Follow,
    HoldSpeed,
    StepOut,
)
from scenarios.section import Instant, Lasting, Rate, Section, Speed, fault
from scenarios.units import SPEED, shown

DRIVER = "r157 careful"
# How fast somebody walks or rides onto the road if the story does not say: Euro NCAP's walking adult and child
# (CPNA, CPNCO) and its crossing bicycle (CBNA).
CROSSING_MPS = {Kind.PEDESTRIAN: 5 / 3.6, Kind.CHILD: 5 / 3.6, Kind.CYCLIST: 15 / 3.6}
SPEEDING_UP, SLOWING_DOWN = 1.5, 2.0  # m/s^2, usual traffic


class BrakeDo(Section):
    decel: Rate = Field(description="a deceleration such as 6 m/s^2")
    until: Speed = Field(0.0, description="the speed at which it stops braking, such as 20 km/h")


class ChangeSpeedDo(Section):
    to: Speed = Field(description="the speed to reach, such as 30 km/h")
    rate: Rate | None = Field(None, description="an acceleration such as 2 m/s^2, positive also to slow down")


class HoldSpeedDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 50 km/h")


class FollowDo(Section):
    speed: Speed | None = Field(None, description="the speed wished for, such as 50 km/h")
    driver: DriverName | None = Field(None, description="the name of a driver model")


class CutInDo(Section):
    within: Lasting = Field(2.0, description="how long the lane change takes, such as 1.5 s")


class CrossDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")


class StepOutDo(Section):
    behind: str = Field(strict=True, description="the id of a parked actor")
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")


class Do(Section):
    """Exactly one action."""

    brake: BrakeDo | None = Field(None, description="a mapping such as {decel: 6 m/s^2}")
    change_speed: ChangeSpeedDo | None = Field(None, description="a mapping such as {to: 30 km/h}")
    hold_speed: HoldSpeedDo | None = Field(None, description="a mapping such as {speed: 50 km/h}")
    follow: FollowDo | None = Field(None, description="a mapping such as {speed: 50 km/h}")
    cut_in: CutInDo | None = Field(None, description="a mapping such as {within: 1.5 s}")
    cross: CrossDo | None = Field(None, description="a mapping such as {speed: 15 km/h}")
    step_out: StepOutDo | None = Field(None, description="a mapping such as {behind: truck, speed: 5 km/h}")

    @model_validator(mode="after")
    def _one(self) -> "Do":
        named = [name for name in Do.model_fields if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(" and ".join(named) or "no action", "exactly one of " + ", ".join(Do.model_fields))
        return self

    @property
    def verb(self) -> str:
        return next(name for name in Do.model_fields if getattr(self, name) is not None)


def _bare_word(written: Any) -> Any:
    return {written: {}} if isinstance(written, str) else written


class When(Section):
    after: Instant = Field(description="a time from the start, such as 1.5 s")


class EventSpec(Section):
    actor: str = Field(strict=True, description="the id of an actor, or ego")
    when: When = Field(description="a mapping such as {after: 1.5 s}")
    do: Annotated[Do, BeforeValidator(_bare_word)] = Field(description="a mapping such as {brake: {decel: 6 m/s^2}}")


Doubt = tuple[str, str, str]  # key within the event, what was found, what would be right


SETS_SPEED = {"brake", "change_speed", "hold_speed", "follow", "cross", "step_out"}


def doubts(spec: EventSpec, story: Sequence[EventSpec], cast: Cast, duration_s: float) -> Iterator[Doubt]:
    """What cannot be in an event of a story although each of its parts is well written."""
    if spec.when.after >= duration_s:
        yield "when.after", f"{spec.when.after:g} s", f"a time before the clip ends at {duration_s:g} s"
    if spec.actor in cast.broken:
        return
    if spec.actor not in cast.members:
        yield "actor", f"'{spec.actor}'", nearest(spec.actor, [*cast.members, *sorted(cast.broken)])
        return
    actor = cast.members[spec.actor]
    if actor.on_trajectory:
        yield "actor", f"{actor.id}, which follows its trajectory", "an actor without a trajectory"
    elif actor.kind in STATIC:
        yield "actor", f"a {actor.kind}, which cannot move", "an actor that can move"
    else:
        yield from _ACTION_DOUBTS.get(spec.do.verb, _no_doubts)(spec.do, actor, cast)
        others = [e for e in story if e is not spec and e.actor == actor.id and e.do.verb in SETS_SPEED]
        yield from _speed_doubts(spec.do, actor, any(e.when.after <= spec.when.after for e in others))


def _no_doubts(do: Do, actor: Member, cast: Cast) -> Iterator[Doubt]:
    yield from ()


def _speed_doubts(do: Do, actor: Member, changed: bool) -> Iterator[Doubt]:
    """`changed`: something before this event gave the actor another speed than its first."""
    if do.verb == "hold_speed" and changed and do.hold_speed.speed is None:
        yield "do.hold_speed.speed", "nothing", f"the speed that {actor.id} holds from then on, such as 30 km/h"
    if do.verb != "brake" or changed:
        return
    if actor.speed_mps == 0:
        yield "do.brake", f"{actor.id} braking, which stands", "an actor that moves"
    elif do.brake.until >= actor.speed_mps:
        wanted = f"a speed below the {shown(actor.speed_mps, SPEED)} of {actor.id}"
        yield "do.brake.until", shown(do.brake.until, SPEED), wanted


def _cut_in_doubts(do: Do, actor: Member, cast: Cast) -> Iterator[Doubt]:
    if not actor.beside_ego_lane:
        wanted = "an actor in another lane of the ego's direction"
        yield "do.cut_in", f"{actor.id}, which is not beside the ego's lane", wanted


def _cross_doubts(do: Do, actor: Member, cast: Cast) -> Iterator[Doubt]:
    if actor.id == "ego":
        yield "actor", "the ego", "another actor to cross the road"
    elif do.cross.speed is None and _crossing_speed(actor) is None:
        yield "do.cross.speed", "nothing", f"the speed at which {actor.id} crosses, such as 20 km/h"
    elif do.cross.speed == 0:
        yield "do.cross.speed", "0 km/h", "a speed above zero"


def _step_out_doubts(do: Do, actor: Member, cast: Cast) -> Iterator[Doubt]:
    cover = cast.members.get(do.step_out.behind)
    if actor.kind in FOUR_WHEELS:
        yield "actor", f"a {actor.kind}", "somebody on foot or on two wheels"
    elif do.step_out.speed == 0:
        yield "do.step_out.speed", "0 km/h", "a speed above zero"
    if do.step_out.behind in cast.broken:
        return
    others = [m.id for m in cast.members.values() if m.parked and m.id not in ("ego", actor.id)]
    if cover is None:
        yield "do.step_out.behind", f"'{do.step_out.behind}'", nearest(do.step_out.behind, others)
    elif cover.id not in others:
        yield "do.step_out.behind", f"{cover.id}, which is not parked", nearest(cover.id, others)


_ACTION_DOUBTS = {
    "cut_in": _cut_in_doubts,
    "cross": _cross_doubts,
    "step_out": _step_out_doubts,
}


def _crossing_speed(actor: Member) -> float | None:
    return actor.speed_mps or CROSSING_MPS.get(actor.kind)


def compiled(spec: EventSpec, actor: Member) -> Event:
    """The event that a well-formed mapping means for this actor; what it leaves open gets the usual value."""
    return Event(spec.actor, After(spec.when.after), _action(spec.do, actor))


def _action(do: Do, actor: Member) -> Action:
    match do.verb:
        case "brake":
            return Brake(do.brake.decel, do.brake.until)
        case "change_speed":
            usual = SPEEDING_UP if do.change_speed.to > actor.speed_mps else SLOWING_DOWN
            return ChangeSpeed(do.change_speed.to, do.change_speed.rate or usual)
        case "hold_speed":
            return HoldSpeed(_or(do.hold_speed.speed, actor.speed_mps))
        case "follow":
            return Follow(_or(do.follow.speed, actor.speed_mps), do.follow.driver or DRIVER)
        case "cut_in":
            return CutIn(do.cut_in.within)
        case "cross":
            return Cross(_or(do.cross.speed, _crossing_speed(actor)))
        case "step_out":
            usual = CROSSING_MPS.get(actor.kind, CROSSING_MPS[Kind.PEDESTRIAN])
            return StepOut(do.step_out.behind, _or(do.step_out.speed, usual))
    raise AssertionError(f"no action for {do.verb}")


def _or(value: float | None, usual: float | None) -> float:
    chosen = usual if value is None else value
    assert chosen is not None, "doubts() lets nothing through that has no speed"
    return chosen


LATERAL = (CutIn, Cross, StepOut)


def clashes(events: tuple[Event, ...]) -> Iterator[tuple[int, str, str]]:
    """Events that cannot both be: one actor told two different things of the same sort at the same instant."""
    for i, event in enumerate(events):
        for earlier in events[:i]:
            same = (earlier.actor, earlier.when) == (event.actor, event.when)
            if same and event.do != earlier.do and isinstance(event.do, LATERAL) == isinstance(earlier.do, LATERAL):
                found = f"{event.actor} told two things at {event.when.t_s:g} s"
                yield i, found, "one of them, or another time"
                break
