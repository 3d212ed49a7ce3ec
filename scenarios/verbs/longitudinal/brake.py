"""The verb 'brakes': at a rate, by a word such as "hard", or as hard as the road allows."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from scenarios.event_text import rate_text, speed_text, time_text
from scenarios.model.actions import VerbAction
from scenarios.model.driver_models import G
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import BRAKE_JERK, LIT_DECEL, Target
from scenarios.source.identity import ADDED
from scenarios.source.units import ACCELERATION, SPEED, measure_of, shown
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Rate, Section, Speed
from scenarios.verbs.clause import WHO, Clause, ClauseError, Part, flat
from scenarios.verbs.exported_action import ExportContext, ExportedSpeed
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent, collected
from scenarios.verbs.worded_rates import BRAKING, rated

HARDEST = "hardest"
TAP = "0.5 s"  # a tap on the brakes
RELEASED_MPS2 = 2.0  # rate with which the speed is held after the brakes are released
REACHED_MPS = 0.02  # tolerance within which a requested speed counts as reached


def _rate_or_hardest(written: Any) -> Any:
    return None if written == HARDEST else written


class BrakeDo(Section):
    decel: Annotated[Rate | None, BeforeValidator(_rate_or_hardest, json_schema_input_type=Rate | Literal[HARDEST])] = (
        Field(description=f"a deceleration such as 6 m/s^2, or '{HARDEST}': as hard as the road allows")
    )
    until: Speed = Field(0.0, description="the speed at which it stops braking, such as 20 km/h")
    for_: Lasting | None = Field(None, alias="for", description="how long it brakes at most, such as 2 s")


@dataclass(frozen=True)
class Brake(VerbAction):
    """Decelerate at `decel_mps2` until the speed `until_mps` (0: standstill)."""

    takes_speed: ClassVar[bool] = True

    decel_mps2: float
    until_mps: float = 0.0
    for_s: float | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class BrakeHardest(VerbAction):
    """Brake with all available grip."""

    takes_speed: ClassVar[bool] = True

    until_mps: float = 0.0
    for_s: float | None = field(default=None, metadata=ADDED)


GRAMMAR = r"""
brake: _BRAKES brake_part*
    | _SLOWS_DOWN _AT quantity braking_part* -> decelerate
    | _BRAKES _TO_A_STOP stopping_way _mod* -> brake_within
full_brake: _BRAKES_FULLY brake_part*
tap: _TAPS braking_part*
emergency: _SLAMS brake_part*
?stopping_way: _WITHIN quantity -> within
    | _IN quantity -> in_length
?brake_part: HARDEST -> hardest
    | braking_part
?braking_part: _TO quantity -> until
    | _UNTIL quantity -> until
    | _TO_A_STOP -> to_a_stop
    | _mod

_BRAKES.3: ("brakes" | "brake" | "is braking") _E
_BRAKES_FULLY.4: ("does" | "makes" | "performs") " a full " ("brake" | "braking" | "stop") _E
    | ("brakes" | "brake") " fully" _E
_TAPS.4: ("taps" | "dabs") " the brakes" (" briefly")? _E
_SLAMS.3: ("slams on the brakes" | "slam on the brakes" | "does an emergency stop" | "makes an emergency stop"
    | "performs an emergency stop" | "does an emergency braking" | "brakes in an emergency") _E
HARDEST.4: ("as hard as the road allows" | "as hard as possible" | "as hard as it can" | "with all its grip"
    | "at the limit of grip") _E
"""


def _read_hardest(_: list) -> Part:
    return "decel", HARDEST


def _read_brake(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, rated(items, "decel", BRAKING), decel=BRAKING["plain"])


def _read_decelerate(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'decelerates at 4 m/s^2', without a speed to reach."""
    if measure_of(str(items[0])) is not ACCELERATION:
        return ClauseError(f"the speed to reach: '{WHO} slows down to 30 km/h'")
    return collected(verb, [("decel", items[0]), *flat(items[1:])])


def _read_within(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'brakes to a stop within 20 m' is a stop."""
    way, *parts = items
    said = way if isinstance(way, ClauseError) else collected(verb, flat(parts))
    return said if isinstance(said, ClauseError) else replace(said, verb="stop", says=dict([way]) | said.says)


def _read_full_brake(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, [("decel", HARDEST), *flat(items)])


def _read_tap(verb: StoryVerb, items: list) -> Clause | ClauseError:
    said = collected(verb, flat(items), decel=BRAKING["gently"])
    return replace(said, says={"for": TAP} | said.says) if isinstance(said, Clause) else said


def _read_emergency(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, rated(items, "decel", BRAKING), decel=BRAKING["emergency"])


def _compiled(says: BrakeDo, actor: ActorDescription, cast: ActorIndex) -> Brake | BrakeHardest:
    if says.decel is None:
        return BrakeHardest(says.until, says.for_)
    return Brake(says.decel, says.until, says.for_)


def _words(action: Brake | BrakeHardest) -> str:
    until = f" until {speed_text(action.until_mps)}" if action.until_mps else ""
    how = rate_text(action.decel_mps2) if isinstance(action, Brake) else "as hard as the road allows"
    return f"brakes {how}{until}{time_text(action.for_s)}"


def stands(event: WrittenEvent, doing: str) -> Iterator[Refusal]:
    """Refuses an actor that stands when the event begins."""
    if event.speed_mps == 0:
        yield "", f"{event.actor.id} {doing}, which stands", "an actor that moves"


def _check(says: BrakeDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from stands(event, "braking")
    if event.speed_mps and says.until >= event.speed_mps:
        wanted = f"a speed below the {shown(event.speed_mps, SPEED)} of {event.actor.id}"
        yield "until", shown(says.until, SPEED), wanted


def _remark(action: Brake | BrakeHardest, event: PlacedEvent) -> str:
    road = event.friction * G
    if isinstance(action, Brake):
        return f"the road gives no more than {road:.1f} m/s^2" if action.decel_mps2 > road else ""
    hardest = KINDS[event.placed[event.actor].body.kind].dynamics.grip(road)
    return f"that is {hardest:.1f} m/s^2" + (", the limit of its brakes" if hardest < road else "")


def _motion(action: Brake | BrakeHardest, mover: BodyState, context: ActionContext) -> RunningAction:
    if isinstance(action, Brake):
        return _for_a_time(_brake(mover, action.decel_mps2, action.until_mps), mover, context.t_s, action.for_s)
    deed = _brake(mover, mover.hardest_mps2, action.until_mps)
    deed = RunningAction(deed.said.partition(" (")[0], deed.over)  # no requested value, so no limit
    return _for_a_time(deed, mover, context.t_s, action.for_s)


def _for_a_time(deed: RunningAction, mover: BodyState, t_s: float, lasting_s: float | None) -> RunningAction:
    """A braking that ends after a time; its body then holds the speed that it has."""
    if lasting_s is None:
        return deed
    done: list[float] = []

    def step(now: float) -> str:
        if not done and now >= t_s + lasting_s - 1e-9 and not deed.over(now):
            done.append(now)
            mover.target, mover.lit = Target(mover.speed, RELEASED_MPS2), False
            return f"releases the brakes at {mover.speed * 3.6:.0f} km/h"
        return ""

    return replace(deed, over=lambda now: bool(done) or deed.over(now), step=step)


def _brake(mover: BodyState, decel: float, until: float) -> RunningAction:
    mover.target = Target(min(until, mover.speed), decel, braking=True)
    possible = min(decel, mover.grip - mover.pull_mps2)
    mover.lit = mover.speed > until and decel > LIT_DECEL  # the brake lamps light with the pedal
    limit = f" ({decel:.1f} asked; the road gives no more)" if possible < decel - 0.05 else ""
    return RunningAction(
        f"brakes at {possible:.1f} m/s²{limit}",
        lambda _: mover.speed <= until + (REACHED_MPS if until else 0),
        short=f"the road gives {possible:.1f} m/s^2 there" if limit else "",
    )


def beyond_limits(mover: BodyState, needed_mps2: float) -> str:
    """Why a change of speed is not as requested: beyond the brakes of its kind, or else beyond the road's grip."""
    hardest = KINDS[mover.body.kind].dynamics.hardest_mps2
    if hardest is None or needed_mps2 <= hardest or mover.grip < hardest:
        grip = mover.grip
        return f"it needs {needed_mps2:.1f} m/s^2, and the road gives {grip:.1f}" if needed_mps2 > grip else ""
    return f"not as asked: it needs {needed_mps2:.1f} m/s^2, and the hardest of its kind is {hardest:g} m/s^2"


def _exported(action: Brake | BrakeHardest, context: ExportContext) -> ExportedSpeed | None:
    if action.for_s is not None:
        return None
    grip = context.grip_mps2
    rate = min(action.decel_mps2, grip) if isinstance(action, Brake) else grip
    return ExportedSpeed(action.until_mps, "linear", "rate", rate, 0.0 if context.on_foot else rate / (2 * BRAKE_JERK))


def _achieved(action: Brake | BrakeHardest, seen: Performance) -> Iterator[Asked]:
    if isinstance(action, Brake):
        yield from seen.rate(action.decel_mps2, action.until_mps)
    yield seen.ends_at(min(action.until_mps, float(seen.speed_mps[0])))


BRAKE = StoryVerb(
    key="brake",
    example="{decel: 6 m/s^2}",
    section=BrakeDo,
    action=Brake,
    other_actions=(BrakeHardest,),
    grammar=GRAMMAR,
    phrases=(
        "{a} brakes at 6 m/s^2 after 1.5 s",
        "{a} brakes hard after 1.5 s",
        "{a} brakes gently after 1.5 s",
        "{a} brakes at 4 m/s^2 until 20 km/h",
        "{a} brakes to a stop",
        "{a} brakes as hard as the road allows when the gap is below 10 m",
        "{a} makes an emergency stop after 1 s",
        "{a} does a full brake after 1 s",
        "{a} taps the brakes after 1 s",
    ),
    drafts=("a car brakes hard",),
    participles={"braking": "brakes"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`decel`", f"`{HARDEST}` is what the tyres give; an error if it is left out"),
        (
            "*brakes*, *gently*, *hard*, an emergency stop",
            ", ".join(BRAKING[how].replace("^2", "²") for how in ("plain", "gently", "hard", "emergency")),
        ),
        ("*suddenly*, *abruptly*", "as *hard*"),
        ("*fully*, *a full brake*", f"`{HARDEST}`"),
        ("`for`", f"until it stands or another event ends it; *taps the brakes*: gently for {TAP}"),
    ),
    parts={"hardest": _read_hardest},
    deeds=("emergency", "full_brake", "tap"),
    readers={
        "brake": _read_brake,
        "emergency": _read_emergency,
        "decelerate": _read_decelerate,
        "full_brake": _read_full_brake,
        "brake_within": _read_within,
        "tap": _read_tap,
    },
    at={ACCELERATION: "decel"},
    check=_check,
    remark=_remark,
    exported=_exported,
)
