"""The spec of an event's trigger, and its compilation."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from scenarios.model.triggers import (
    After,
    AfterDistance,
    AfterEvent,
    AllOf,
    AnyOf,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    HasPassed,
    InLane,
    LaneRef,
    Single,
    Trigger,
)
from scenarios.roads.road import Road
from scenarios.source.units import LENGTH
from scenarios.spec.actor_spec import LaneNumber
from scenarios.spec.actor_spec import _lane as read_lane
from scenarios.spec.base import Instant, Lasting, Section, Speed, fault, measured

WHO = "the id of an actor, or ego"
Who = Annotated[str, Field(strict=True, description=WHO)]
MaybeWho = Annotated[str | None, Field(strict=True, description=f"{WHO}; left out: the event's own actor")]
EventId = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_-]*\z", max_length=32)]
Distance = Annotated[float, measured(LENGTH, 0.0, 250.0)]
Way = Annotated[float, measured(LENGTH, 0.0, 4000.0)]
Along = Annotated[float, measured(LENGTH, -300.0, 2000.0)]
Lane = Annotated[LaneNumber, BeforeValidator(read_lane)]


def one_bound(section: Any) -> Any:
    """Requires exactly one of below and above."""
    if (section.below is None) == (section.above is None):
        found = "neither below nor above" if section.below is None else "both below and above"
        raise fault(found, "one of them, such as below: " + section.model_fields["below"].description)
    return section


class GapWhen(Section):
    """A gap along the road, bumper to bumper."""

    of: str | None = Field(None, strict=True, description=f"{WHO}; left out: the event's own actor")
    to: str | None = Field(None, strict=True, description=f"{WHO}; left out: the ego")
    below: Distance | None = Field(None, description="10 m")
    above: Distance | None = Field(None, description="30 m")
    _bound = model_validator(mode="after")(one_bound)


class TTCWhen(Section):
    of: str | None = Field(None, strict=True, description=f"{WHO}; left out: the ego")
    to: str | None = Field(None, strict=True, description=f"{WHO}; left out: the event's own actor")
    below: Lasting = Field(description="a time such as 1.5 s")


class HeadwayWhen(Section):
    """The gap over the follower's own speed."""

    of: str | None = Field(None, strict=True, description=f"the follower: {WHO}; left out: the ego")
    to: str | None = Field(None, strict=True, description=f"the leader: {WHO}; left out: the event's own actor")
    below: Lasting | None = Field(None, description="1.2 s")
    above: Lasting | None = Field(None, description="3 s")
    _bound = model_validator(mode="after")(one_bound)


class SpeedWhen(Section):
    of: MaybeWho = None
    below: Speed | None = Field(None, description="30 km/h")
    above: Speed | None = Field(None, description="60 km/h")
    _bound = model_validator(mode="after")(one_bound)


class StandstillWhen(Section):
    of: MaybeWho = None


class TravelledWhen(Section):
    of: MaybeWho = None
    distance: Way = Field(description="the distance travelled since the start, such as 40 m")


class ReachedWhen(Section):
    of: MaybeWho = None
    along: Along = Field(description="a place along the road, counted from the ego's start, such as 60 m")


class InLaneWhen(Section):
    of: MaybeWho = None
    lane: Lane = Field(description="a lane's number, or 'oncoming 0'")


class PassedWhen(Section):
    of: MaybeWho = None
    what: Who


class EndedWhen(Section):
    event: EventId = Field(description="the id of another event")
    after: Instant = Field(0.0, description="a time after its end, such as 1 s")


class BegunWhen(Section):
    event: EventId = Field(description="the id of another event")
    after: Instant = Field(0.0, description="a time after its beginning, such as 1 s")


def _just_named(key: str, section: type[Section]) -> BeforeValidator:
    """Accepts `ended: slow` as a short form of `ended: {event: slow}`."""

    def read(written: Any) -> Any:
        return {key: written} if isinstance(written, str) else written

    return BeforeValidator(read, json_schema_input_type=section | str | None)


MOST_PARTS = 8  # maximum number of joined conditions


def _parts(written: list["When"]) -> list["When"]:
    if not 2 <= len(written) <= MOST_PARTS:
        raise fault(f"{len(written)} conditions", f"from 2 to {MOST_PARTS} joined conditions")
    return written


Joined = Annotated[list["When"], AfterValidator(_parts), Field(strict=True)]


class When(Section):
    """Exactly one trigger, or several joined ones: `any` of conditions, each of which may be `all` of several."""

    after: Instant | None = Field(None, description="a time from the start, such as 1.5 s")
    ended: Annotated[EndedWhen | None, _just_named("event", EndedWhen)] = Field(
        None, description="the id of another event"
    )
    begun: Annotated[BegunWhen | None, _just_named("event", BegunWhen)] = Field(
        None, description="the id of another event, which has begun"
    )
    gap: GapWhen | None = Field(None, description="a mapping such as {below: 10 m}")
    ttc: TTCWhen | None = Field(None, description="a mapping such as {below: 1.5 s}")
    headway: HeadwayWhen | None = Field(None, description="a mapping such as {below: 1.2 s}")
    speed: SpeedWhen | None = Field(None, description="a mapping such as {of: ego, above: 60 km/h}")
    standstill: Annotated[StandstillWhen | None, _just_named("of", StandstillWhen)] = Field(
        None, description="a mapping: {of: lead}"
    )
    travelled: TravelledWhen | None = Field(None, description="a mapping such as {distance: 40 m}")
    reached: ReachedWhen | None = Field(None, description="a mapping such as {of: ego, along: 60 m}")
    in_lane: InLaneWhen | None = Field(None, description="a mapping such as {of: van, lane: 1}")
    passed: Annotated[PassedWhen | None, _just_named("what", PassedWhen)] = Field(
        None, description="a mapping such as {what: truck}"
    )
    all: Joined | None = Field(
        None,
        description="conditions, all of which hold, such as [{gap: {below: 10 m}}, {speed: {above: 30 km/h}}]",
    )
    any: Joined | None = Field(None, description="a list of conditions, one of which holds; each may be an all: [...]")

    @model_validator(mode="after")
    def _one(self) -> "When":
        named = [name for name in When.model_fields if getattr(self, name) is not None]
        if len(named) != 1:
            raise fault(" and ".join(named) or "no trigger", "exactly one of " + ", ".join(When.model_fields))
        inner = {part.named for part in self.all or self.any or ()} & ({"all", "any"} if self.all else {"any"})
        if inner:
            found = f"{inner.pop()} within {self.named}"
            raise fault(found, "any: [...] outside, all: [...] within it, single conditions within those")
        if len(list(self.singles())) > MOST_PARTS:
            raise fault(f"{len(list(self.singles()))} conditions", f"at most {MOST_PARTS} joined conditions")
        return self

    def singles(self, key: str = "when") -> Iterator[tuple[str, "When"]]:
        """The single conditions of the trigger, each with its path."""
        if self.named not in ("all", "any"):
            yield key, self
        for i, part in enumerate(self.all or self.any or ()):
            yield from part.singles(f"{key}.{self.named}.{i}")

    @property
    def awaits(self) -> "EndedWhen | BegunWhen | None":
        """The end, or the beginning, of another event."""
        return self.ended or self.begun

    @property
    def named(self) -> str:
        return next(name for name in When.model_fields if getattr(self, name) is not None)


def lane_ref(lane: LaneNumber) -> LaneRef:
    return LaneRef(lane.number, lane.oncoming)


def missing_lane(lane: LaneRef, road: Road) -> tuple[str, str] | None:
    """What was found and what would be right, for a lane that the road does not have; None for one that it has."""
    there = road.opposite_lanes if lane.oncoming else road.lanes
    word = "oncoming lane " if lane.oncoming else "lane "
    if lane.number < there:
        return None
    lanes = ", ".join(f"{word}{i}" for i in range(there))
    return f"{word}{lane.number}", f"one of {lanes}" if there else "a lane ahead"


def pair_of(when: When, actor: str, leader: str | None) -> tuple[str | None, str | None]:
    """The two bodies of a gap, TTC or headway.

    Defaults are the event's actor and the ego; if the actor is the ego itself, its leader; None without a leader.
    """
    part = when.gap or when.ttc or when.headway
    assert part is not None
    own, other = (actor, "ego") if actor != "ego" else ("ego", leader)
    if when.gap is not None:
        return part.of or own, part.to or (other if (part.of or own) == own else own)
    first, second = ("ego", actor) if actor != "ego" else ("ego", leader)
    return part.of or first, part.to or (second if part.of in (None, first) else first)


def compiled_trigger(when: When, actor: str, leader: str | None) -> Trigger:
    """The trigger of a valid spec, for an event of `actor`."""
    if when.any is not None:
        return AnyOf(tuple(_single_or_all(part, actor, leader) for part in when.any))
    return _single_or_all(when, actor, leader)


def _single_or_all(when: When, actor: str, leader: str | None) -> Single | AllOf:
    if when.all is not None:
        return AllOf(tuple(_single(part, actor, leader) for part in when.all))
    return _single(when, actor, leader)


def _single(when: When, actor: str, leader: str | None) -> Single:
    match when:
        case When(after=seconds) if seconds is not None:
            return After(seconds)
        case When(ended=EndedWhen() as ended):
            return AfterEvent(ended.event, ended.after)
        case When(begun=BegunWhen() as begun):
            return AfterEvent(begun.event, begun.after, begun=True)
        case When(speed=SpeedWhen() as speed):
            return AtSpeed(speed.of or actor, *_bound(speed.below, speed.above))
        case When(standstill=StandstillWhen() as standstill):
            return AtStandstill(standstill.of or actor)
        case When(travelled=TravelledWhen() as travelled):
            return AfterDistance(travelled.of or actor, travelled.distance)
        case When(reached=ReachedWhen() as reached):
            return AtPlace(reached.of or actor, reached.along)
        case When(in_lane=InLaneWhen() as in_lane):
            return InLane(in_lane.of or actor, lane_ref(in_lane.lane))
        case When(passed=PassedWhen() as passed):
            return HasPassed(passed.of or actor, passed.what)
    of, to = pair_of(when, actor, leader)
    assert of is not None and to is not None, "check_event() refuses an incomplete pair"
    if when.ttc is not None:
        return AtTTC(of, to, when.ttc.below)
    if when.gap is not None:
        return AtGap(of, to, *_bound(when.gap.below, when.gap.above))
    assert when.headway is not None
    return AtHeadway(of, to, *_bound(when.headway.below, when.headway.above))


def _bound(below: float | None, above: float | None) -> tuple[float, bool]:
    if above is not None:
        return above, False
    assert below is not None  # one of them is given
    return below, True
