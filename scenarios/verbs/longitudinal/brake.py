"""The verb 'brakes': at a rate, by a word such as "hard", or as hard as the road allows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from scenarios.event_text import rate_text, speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.driver_models import G
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Target
from scenarios.source.units import ACCELERATION, SPEED, shown
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Rate, Section, Speed
from scenarios.verbs.clause import Clause, ClauseError, Part
from scenarios.verbs.exported_action import ExportContext, ExportedSpeed
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent, collected
from scenarios.verbs.worded_rates import BRAKING, rated

HARDEST = "hardest"
REACHED_MPS = 0.02  # tolerance within which a requested speed counts as reached


def _rate_or_hardest(written: Any) -> Any:
    return None if written == HARDEST else written


class BrakeDo(Section):
    decel: Annotated[Rate | None, BeforeValidator(_rate_or_hardest, json_schema_input_type=Rate | Literal[HARDEST])] = (
        Field(description=f"a deceleration such as 6 m/s^2, or '{HARDEST}': as hard as the road allows")
    )
    until: Speed = Field(0.0, description="the speed at which it stops braking, such as 20 km/h")


@dataclass(frozen=True)
class Brake(VerbAction):
    """Decelerate at `decel_mps2` until the speed `until_mps` (0: standstill)."""

    takes_speed: ClassVar[bool] = True

    decel_mps2: float
    until_mps: float = 0.0


@dataclass(frozen=True)
class BrakeHardest(VerbAction):
    """Brake with all available grip."""

    takes_speed: ClassVar[bool] = True

    until_mps: float = 0.0


GRAMMAR = r"""
brake: _BRAKES brake_part*
emergency: _SLAMS brake_part*
?brake_part: MANNER -> manner
    | HARDEST -> hardest
    | _TO quantity -> until
    | _UNTIL quantity -> until
    | _TO_A_STOP -> to_a_stop
    | _mod

_BRAKES.3: ("brakes" | "brake") _E
_SLAMS.3: ("slams on the brakes" | "slam on the brakes" | "does an emergency stop" | "makes an emergency stop"
    | "performs an emergency stop" | "does an emergency braking" | "brakes in an emergency") _E
HARDEST.4: ("as hard as the road allows" | "as hard as possible" | "as hard as it can" | "with all its grip"
    | "at the limit of grip") _E
"""


def _read_hardest(_: list) -> Part:
    return "decel", HARDEST


def _read_brake(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, rated(items, "decel", BRAKING), decel=BRAKING["plain"])


def _read_emergency(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, rated(items, "decel", BRAKING), decel=BRAKING["emergency"])


def _compiled(says: BrakeDo, actor: ActorDescription, cast: ActorIndex) -> Brake | BrakeHardest:
    return BrakeHardest(says.until) if says.decel is None else Brake(says.decel, says.until)


def _words(action: Brake | BrakeHardest) -> str:
    until = f" until {speed_text(action.until_mps)}" if action.until_mps else ""
    how = rate_text(action.decel_mps2) if isinstance(action, Brake) else "as hard as the road allows"
    return f"brakes {how}{until}"


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
        return _brake(mover, action.decel_mps2, action.until_mps)
    deed = _brake(mover, mover.hardest_mps2, action.until_mps)
    return RunningAction(deed.said.partition(" (")[0], deed.over)  # no requested value, so no limit


def _brake(mover: BodyState, decel: float, until: float) -> RunningAction:
    mover.target = Target(min(until, mover.speed), decel, braking=True)
    possible = min(decel, mover.grip - mover.pull_mps2)
    mover.lit = mover.speed > until and decel > LIT_DECEL  # the brake lamps light with the pedal
    limit = f" ({decel:.1f} asked; the road gives no more)" if possible < decel - 0.05 else ""
    return RunningAction(
        f"brakes at {possible:.1f} m/s²{limit}", lambda _: mover.speed <= until + (REACHED_MPS if until else 0)
    )


def beyond_brakes(mover: BodyState, needed_mps2: float) -> str:
    """Why a change of speed is not as requested, for a kind that brakes less hard than the road allows."""
    hardest = KINDS[mover.body.kind].dynamics.hardest_mps2
    if hardest is None or needed_mps2 <= hardest:
        return ""
    return f"not as asked: it needs {needed_mps2:.1f} m/s^2, and the hardest of its kind is {hardest:g} m/s^2"


def _exported(action: Brake | BrakeHardest, context: ExportContext) -> ExportedSpeed:
    grip = context.grip_mps2
    rate = min(action.decel_mps2, grip) if isinstance(action, Brake) else grip
    return ExportedSpeed(action.until_mps, "linear", "rate", rate)


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
    ),
    parts={"hardest": _read_hardest},
    deeds=("emergency",),
    readers={"brake": _read_brake, "emergency": _read_emergency},
    at={ACCELERATION: "decel"},
    check=_check,
    remark=_remark,
    exported=_exported,
)
