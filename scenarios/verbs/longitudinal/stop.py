"""The verb 'stops': at a rate or within a distance, and stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from scenarios.event_text import number_text, rate_text, time_text
from scenarios.model.actions import VerbAction
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import Halt, Target
from scenarios.source.units import ACCELERATION, LENGTH, TIME, measure_of
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Instant, Rate, Section, fault, measured
from scenarios.spec.kind_limits import check_stop
from scenarios.verbs.clause import WHO, Clause, ClauseError
from scenarios.verbs.exported_action import ExportContext, ExportedSpeed
from scenarios.verbs.longitudinal.brake import Brake, beyond_limits, stands
from scenarios.verbs.longitudinal.change_speed import CHANGE_SPEED
from scenarios.verbs.performance import STANDS_MPS, Asked, Bound, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent, collected
from scenarios.verbs.worded_rates import BRAKING, rated

Stretch = Annotated[float, measured(LENGTH, 0.5, 250.0)]


class StopDo(Section):
    decel: Rate | None = Field(None, description="a deceleration such as 4 m/s^2")
    within: Stretch | None = Field(None, description="the distance to standstill, such as 15 m, instead of decel")
    for_: Instant = Field(0.0, alias="for", description="how long it stands before this event has ended, such as 2 s")

    @model_validator(mode="after")
    def _one_pace(self) -> "StopDo":
        if self.decel is not None and self.within is not None:
            raise fault("both decel and within", "one of them")
        return self


@dataclass(frozen=True)
class Stop(VerbAction):
    """Stop at a rate or within a distance, and stand; ends `for_s` after standstill."""

    takes_speed: ClassVar[bool] = True

    decel_mps2: float | None
    within_m: float | None
    for_s: float = 0.0


GRAMMAR = """
stop: _STOPS stop_part*
    | _STANDS_STILL stop_part*
?stop_part: MANNER -> manner
    | _TO_A_STOP -> to_a_stop
    | _WITHIN quantity -> within
    | _FOR quantity -> lasting
    | _mod

_STANDS_STILL.4: "stands still" _E
"""


def _read_stop(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """A stop within a time is a change of speed to standstill."""
    parts = [part for part in rated(items, "decel", BRAKING) if part != ("until", "0 km/h")]
    times = [value for key, value in parts if key == "within" and measure_of(str(value)) is TIME]
    if times and any(key == "for" for key, _ in parts):
        return ClauseError(f"a distance instead of 'within {times[0]}': '{WHO} stops within 20 m for 2 s'")
    if times:
        return collected(CHANGE_SPEED, parts, to="0 km/h")
    return collected(verb, parts)


def _compiled(says: StopDo, actor: ActorDescription, cast: ActorIndex) -> Brake | Stop:
    rate = says.decel or KINDS[actor.kind].dynamics.stopping_mps2
    if says.within is None and says.for_ == 0:
        return Brake(rate)
    return Stop(None if says.within else rate, says.within, says.for_)


def _words(action: Stop) -> str:
    if action.decel_mps2 is None and action.within_m is not None:
        pace = f"within {number_text(action.within_m)} m"
    else:
        assert action.decel_mps2 is not None  # where no distance is given instead
        pace = rate_text(action.decel_mps2)
    return f"stops {pace}{time_text(action.for_s or None)}"


def _check(says: StopDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from stands(event, "stopping")
    if says.within is not None:
        yield from check_stop("within", says.within, event.actor, event.speed_mps)


def _motion(action: Stop, mover: BodyState, context: ActionContext) -> RunningAction:
    short, within = "", action.within_m
    if within is None:
        assert action.decel_mps2 is not None
        mover.target, said = Target(0.0, action.decel_mps2, braking=True), "stops"
    else:
        mover.target, said = Halt(within, mover.speed, None), f"stops within {within:.1f} m"
        needed = mover.speed**2 / (2 * within)
        short = beyond_limits(mover, needed)
        if needed > mover.grip:
            said += f" (would need {needed:.1f} m/s²; the road gives {mover.grip:.1f})"
    stood: list[float] = []

    def over(now: float) -> bool:
        if mover.speed == 0 and not stood:
            stood.append(now)
        return bool(stood) and now >= stood[0] + action.for_s - 1e-9

    return RunningAction(said, over, short=short)


def _exported(action: Stop, context: ExportContext) -> ExportedSpeed | None:
    if action.decel_mps2 is not None or action.for_s:
        return None
    return ExportedSpeed(0.0, "linear", "distance", action.within_m)


def _achieved(action: Stop, seen: Performance) -> Iterator[Asked]:
    stands = np.abs(seen.speed_mps) < STANDS_MPS
    if action.within_m is None:
        assert action.decel_mps2 is not None
        yield from seen.rate(action.decel_mps2, 0.0)
    else:
        stopped = float(seen.moved_m[int(np.argmax(stands))]) if stands.any() else None
        if stopped is None and seen.moved_m[-1] > action.within_m:
            stopped = float(seen.moved_m[-1])  # it has gone further already
        yield seen.distance("distance", action.within_m, stopped, Bound.AT_MOST)
    yield seen.speed(0.0, 0.0 if stands.any() else float(seen.speed_mps[-1]) if seen.over else None)
    if action.for_s:
        yield seen.standing(action.for_s, Bound.AT_LEAST)


STOP = StoryVerb(
    key="stop",
    example="{within: 15 m}",
    section=StopDo,
    action=Stop,
    grammar=GRAMMAR,
    phrases=("{a} comes to a stop", "{a} stops within 20 m"),
    drafts=("a car stops within 20 m",),
    participles={"stopping": "stops"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`decel`", "of the kind: [Motion of the kinds](#motion-of-the-kinds)"),
        ("`within`", "as `decel` needs; a stop within a time is a change of speed to 0 km/h"),
    ),
    readers={"stop": _read_stop},
    at={ACCELERATION: "decel"},
    check=_check,
    exported=_exported,
)
