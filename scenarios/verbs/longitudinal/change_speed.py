"""The verb 'changes speed', 'speeds up', 'slows down': to a speed, at a rate or within a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from scenarios.event_text import number_text, rate_text, speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import (
    BRAKE_JERK,
    DRIVE_JERK,
    LIT_DECEL,
    Eased,
    EvenChange,
    Target,
    rate_within,
)
from scenarios.source.identity import ADDED
from scenarios.source.units import ACCELERATION, SPEED, measure_of
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Rate, Section, Speed, fault, one_of
from scenarios.spec.kind_limits import check_change, check_speed
from scenarios.verbs.clause import WHO, Clause, ClauseError, Part
from scenarios.verbs.exported_action import ExportContext, ExportedSpeed
from scenarios.verbs.longitudinal.brake import REACHED_MPS, beyond_limits
from scenarios.verbs.performance import REACHED_MPS as SEEN_REACHED_MPS
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent, collected
from scenarios.verbs.worded_rates import RelativeSpeed, WordedRate, rated

CHANGING = {"gently": WordedRate("1 m/s^2"), "hard": WordedRate("4 m/s^2")}
USUAL_RATE = {
    "speeds up": WordedRate("1.5 m/s^2", "speeding_up_mps2"),
    "slows down": WordedRate("2 m/s^2", "slowing_down_mps2"),
}


class Profile(StrEnum):
    """The speed over time: at a constant rate after its build-up, at exactly that rate from its first instant, or
    smooth (a cubic whose maximum rate is the given one).
    """

    LINEAR = "linear"
    SMOOTH = "smooth"
    EXACT = "exact"


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


@dataclass(frozen=True)
class ChangeSpeed(VerbAction):
    """Change to `speed_mps`, then hold it: at a rate (the maximum of a smooth profile), or within a time."""

    takes_speed: ClassVar[bool] = True

    speed_mps: float
    rate_mps2: float | None
    profile: Profile = field(default=Profile.LINEAR, metadata=ADDED)
    within_s: float | None = field(default=None, metadata=ADDED)


GRAMMAR = """
change_speed: _CHANGES_SPEED change_part*
speed_up: _SPEEDS_UP faster_part*
slow_down: _SLOWS_DOWN slower_part*
?faster_part: _TO quantity -> to
    | _BY quantity -> speed_by
    | _TO DOUBLE _ITS_SPEED -> speed_share
    | pace_part
?slower_part: _TO quantity -> to
    | _BY quantity -> speed_by
    | _TO HALF _ITS_SPEED -> speed_share
    | pace_part
?change_part: _TO quantity -> to
    | _TO (HALF | DOUBLE) _ITS_SPEED -> speed_share
    | pace_part
?pace_part: MANNER -> manner
    | SMOOTHLY -> smoothly
    | EVENLY -> evenly
    | EXACTLY -> exactly
    | _WITHIN quantity -> within
    | _mod

_SPEEDS_UP.3: ("speeds up" | "speed up" | "accelerates" | "accelerate" | "picks up speed") _E
_SLOWS_DOWN.3: ("slows down" | "slow down" | "slows" | "slow" | "decelerates" | "decelerate") _E
_CHANGES_SPEED.4: ("changes speed" | "changes its speed" | "adjusts its speed") _E
HALF.4: "half" _E
DOUBLE.4: ("twice" | "double") _E
_ITS_SPEED.4: "of "? ("its" | "the" | "his" | "her") " " ("current " | "present ")? "speed" _E
SMOOTHLY.3: "smoothly" _E
EXACTLY.4: ("exactly evenly" | "without build-up") _E
EVENLY.3: ("evenly" | "steadily" | "at a constant rate") _E
"""


def _read_smoothly(_: list) -> Part:
    return "profile", "smooth"


def _read_evenly(_: list) -> Part:
    return "profile", "linear"


def _read_by(items: list) -> Part | ClauseError:
    by = str(items[0])
    return ("to", RelativeSpeed(by)) if measure_of(by) is SPEED else ClauseError(f"{SPEED.wanted}, instead of '{by}'")


def _read_share(items: list) -> Part:
    return "to", RelativeSpeed(str(items[0]), share=0.5 if items[0] == "half" else 2.0)


def _read_exactly(_: list) -> Part:
    return "profile", "exact"


def _read_change(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _changing(verb, items, "changes speed")


def _read_speed_up(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _changing(verb, items, "speeds up")


def _read_slow_down(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _changing(verb, items, "slows down")


def _changing(verb: StoryVerb, items: list, said: str) -> Clause | ClauseError:
    clause = collected(verb, rated(items, "rate", CHANGING))
    if isinstance(clause, Clause) and "to" not in clause.says:
        return ClauseError(f"the speed to reach: '{WHO} {said} to 30 km/h'")
    to = clause.says["to"] if isinstance(clause, Clause) else ""
    if isinstance(to, RelativeSpeed) and said not in USUAL_RATE:
        said = "slows down" if to.share < 1 else "speeds up"
    if isinstance(clause, ClauseError) or said not in USUAL_RATE:
        return clause
    usual = {} if {"rate", "within"} & set(clause.says) else {"rate": USUAL_RATE[said]}
    return replace(clause, says=clause.says | usual | {"change": said})


def _compiled(says: ChangeSpeedDo, actor: ActorDescription, cast: ActorIndex) -> ChangeSpeed:
    usual = KINDS[actor.kind].dynamics
    rate = says.rate or (usual.speeding_up_mps2 if says.to > actor.speed_mps else usual.slowing_down_mps2)
    return ChangeSpeed(says.to, None if says.within else rate, says.profile, says.within)


def _words(action: ChangeSpeed) -> str:
    if action.within_s is None:
        assert action.rate_mps2 is not None  # where no time is given instead
        pace = rate_text(action.rate_mps2)
    else:
        pace = f"within {number_text(action.within_s)} s"
    shape = {Profile.SMOOTH: " smoothly", Profile.EXACT: " exactly evenly"}.get(action.profile, "")
    return f"changes speed to {speed_text(action.speed_mps)} {pace}{shape}"


def _check(says: ChangeSpeedDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from check_speed("to", says.to, event.actor)
    if says.within is not None:
        yield from check_change("within", says.to, says.within, event.actor, event.speed_mps)


def _motion(action: ChangeSpeed, mover: BodyState, context: ActionContext) -> RunningAction:
    speed, slower = action.speed_mps, action.speed_mps < mover.speed
    change, grip = abs(action.speed_mps - mover.speed), 0.95 * mover.grip
    if action.profile is Profile.SMOOTH:
        asked = action.within_s if action.rate_mps2 is None else 1.5 * change / action.rate_mps2
        assert asked is not None
        mover.target = Eased(mover.speed, speed, max(asked, 1.5 * change / grip, 0.1))
    elif action.profile is Profile.EXACT:
        asked = action.within_s if action.rate_mps2 is None else change / action.rate_mps2
        assert asked is not None
        mover.target = EvenChange(mover.speed, speed, max(asked, change / grip, 0.01))
    else:
        rate = action.rate_mps2
        if rate is None:
            assert action.within_s is not None
            jerk = BRAKE_JERK if slower else DRIVE_JERK
            rate = max(rate_within(change, action.within_s, jerk, speed == 0), 0.05)
        mover.target = Target(speed, rate, braking=slower and rate > LIT_DECEL)
    needed = 0.0 if action.within_s is None else change / action.within_s
    control = mover.target

    def over(_: float) -> bool:
        timed = isinstance(control, Eased | EvenChange) and control.passed_s < control.lasts_s - 1e-9
        return not timed and abs(mover.speed - speed) <= (REACHED_MPS if speed else 0)

    return RunningAction(
        f"{'slows' if slower else 'speeds up'} to {speed * 3.6:.0f} km/h",
        over,
        short=beyond_limits(mover, needed),
    )


def _exported(action: ChangeSpeed, context: ExportContext) -> ExportedSpeed:
    shape = "cubic" if action.profile is Profile.SMOOTH else "linear"
    if action.within_s is None:
        assert action.rate_mps2 is not None  # where no time is given instead
        slower = action.speed_mps < context.speed_mps and action.rate_mps2 > LIT_DECEL
        builds_up = action.profile is Profile.LINEAR and not context.on_foot
        delay = action.rate_mps2 / (2 * (BRAKE_JERK if slower else DRIVE_JERK)) if builds_up else 0.0
        return ExportedSpeed(action.speed_mps, shape, "rate", action.rate_mps2, delay)
    return ExportedSpeed(action.speed_mps, shape, "time", action.within_s)


def _achieved(action: ChangeSpeed, seen: Performance) -> Iterator[Asked]:
    begun, to = float(seen.speed_mps[0]), action.speed_mps
    reached = seen.when(np.abs(seen.speed_mps - to) <= SEEN_REACHED_MPS)
    if action.within_s is not None:
        yield seen.time("time", action.within_s, reached)
    elif action.profile is Profile.SMOOTH and action.rate_mps2 is not None:
        yield seen.time("time", 1.5 * abs(to - begun) / action.rate_mps2, reached)
    elif action.rate_mps2 is not None:
        yield from seen.rate(action.rate_mps2, to)
    yield seen.ends_at(to)


CHANGE_SPEED = StoryVerb(
    key="change_speed",
    example="{to: 30 km/h}",
    section=ChangeSpeedDo,
    action=ChangeSpeed,
    grammar=GRAMMAR,
    phrases=(
        "{a} speeds up to 60 km/h",
        "{a} accelerates to 60 km/h at 1.5 m/s^2",
        "{a} slows down to 30 km/h after 1 s",
        "{a} changes speed to 40 km/h within 3 s smoothly",
        "{a} changes speed to 40 km/h within 3 s exactly evenly",
    ),
    drafts=("a car slows down to 20 km/h",),
    participles={"slowing": "slows", "accelerating": "accelerates"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`rate`", "of the kind: [Motion of the kinds](#motion-of-the-kinds)"),
        ("`within`", "as `rate` needs"),
        ("*gently*, *hard*", ", ".join(CHANGING[how].replace("^2", "²") for how in ("gently", "hard"))),
    ),
    parts={
        "smoothly": _read_smoothly,
        "evenly": _read_evenly,
        "exactly": _read_exactly,
        "speed_by": _read_by,
        "speed_share": _read_share,
    },
    deeds=("speed_up", "slow_down"),
    readers={"change_speed": _read_change, "speed_up": _read_speed_up, "slow_down": _read_slow_down},
    at={ACCELERATION: "rate"},
    needed=("to", "speed_by", "speed_share"),
    check=_check,
    exported=_exported,
)
