"""The verb 'waits': stands for a time, or until a condition holds, and then continues as before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, model_validator

from scenarios.event_text import condition_text, number_text
from scenarios.model.actions import VerbAction
from scenarios.model.driver_models import G
from scenarios.model.kinds.listed import Kind
from scenarios.model.kinds.registry import KINDS
from scenarios.model.triggers import Trigger
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section, fault
from scenarios.spec.trigger_spec import When, compiled_trigger
from scenarios.verbs.clause import Moment, Part
from scenarios.verbs.performance import STANDS_MPS, Asked, Bound, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent


class WaitDo(Section):
    for_: Lasting | None = Field(None, alias="for", description="how long it stands, such as 2 s")
    until: When | None = Field(None, description="a trigger such as {passed: {of: ego, what: walker}}, instead of for")

    @model_validator(mode="after")
    def _one_end(self) -> "WaitDo":
        if (self.for_ is None) == (self.until is None):
            found = "neither for nor until" if self.for_ is None else "both for and until"
            raise fault(found, "one of them, such as for: 2 s")
        return self


@dataclass(frozen=True)
class Wait(VerbAction):
    """Stop, stand for `for_s` from standstill or until a trigger holds, then restore the former speed control."""

    takes_speed: ClassVar[bool] = True

    for_s: float | None
    until: Trigger | None


GRAMMAR = """
wait: _WAITS wait_part*
?wait_part: _FOR? quantity -> waiting_time
    | _UNTIL conditions -> waiting_until
    | _UNTIL who _HAS_PASSED -> waiting_passed
    | _FOR who (_TO_PASS)? -> waiting_passed
    | _mod

_TO_PASS.4: "to pass" _E
_WAITS.4: ("waits" | "wait" | "pauses") _E
"""


def _read_until(items: list) -> Part:
    return "until", items[0][1]


def _read_passed(items: list) -> Part:
    return "until", Moment("passed", {}, {"of": items[0], "what": "it"})  # "it" is the actor of the action


def _compiled(says: WaitDo, actor: ActorDescription, cast: ActorIndex) -> Wait:
    until = None if says.until is None else compiled_trigger(says.until, actor.id, cast.leader())
    return Wait(says.for_, until)


def _words(action: Wait) -> str:
    if action.until is not None:
        return f"waits until {condition_text(action.until)}"
    assert action.for_s is not None
    return f"waits {number_text(action.for_s)} s"


def _check(says: WaitDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.on_ramp and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the ramp", "merge first"


def _remark(action: Wait, event: PlacedEvent) -> str:
    rate = stopping_rate(event.placed[event.actor].body.kind, event.friction * G)
    return f"slows at {number_text(round(rate, 2))} m/s^2 if it moves, and then goes on as before"


def stopping_rate(kind: Kind, road_mps2: float) -> float:
    """The rate of its stop: that of the kind at a line, or what the road gives."""
    dynamics = KINDS[kind].dynamics
    return min(dynamics.at_line_mps2, dynamics.grip(road_mps2))


def _motion(action: Wait, mover: BodyState, context: ActionContext) -> RunningAction:
    until = action.until
    watch = None if until is None else context.watch(until)
    if until is not None and watch is not None and watch.holds():
        context.before.apply(mover)
        return decline(f"does not wait, since this holds already: {condition_text(until)}")
    mover.target = Target(0.0, stopping_rate(mover.body.kind, mover.grip), braking=True)
    stands_s: list[float] = []
    done: list[float] = []

    def step(t_s: float) -> str:
        if done:
            return ""
        if mover.speed == 0 and not stands_s:
            stands_s.append(t_s)
        stood = bool(stands_s) and action.for_s is not None and t_s >= stands_s[0] + action.for_s - 1e-9
        if not stood and (watch is None or not watch.holds()):
            return ""
        context.before.apply(mover)
        done.append(t_s)
        return "has waited and goes on"

    def waits_for() -> str:
        if watch is None:
            return ""
        return f"{mover.body.id} was hit before" if mover.struck_once else watch.why_not()

    return RunningAction("waits", lambda _: bool(done), step, waits_for=waits_for)


def _achieved(action: Wait, seen: Performance) -> Iterator[Asked]:
    stood = seen.stood()
    if abs(float(seen.speed_mps[0])) > STANDS_MPS and (stood or not seen.over):
        yield from seen.rate(stopping_rate(seen.rollout.bodies[seen.row].kind, seen.rollout.friction * G), 0.0)
    if action.for_s is not None:
        yield seen.standing(action.for_s, Bound.EXACT)


WAIT = StoryVerb(
    key="wait",
    placeless=True,
    example="{for: 2 s}, or {until: {passed: {of: ego, what: walker}}}",
    section=WaitDo,
    action=Wait,
    grammar=GRAMMAR,
    phrases=(
        "{a} waits 2 s",
        "{a} waits until {b} has passed",
        "{a} waits until the gap to {b} is below 10 m",
    ),
    drafts=("... 2 s", "a car waits 2 s"),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`for`, `until`", "an error: one of them is required"),
        ("stopping", "as at a line: [Motion of the kinds](#motion-of-the-kinds)"),
        ("afterwards", "its driver, or its speed, as before"),
    ),
    parts={"waiting_time": "for", "waiting_until": _read_until, "waiting_passed": _read_passed},
    triggers=("until",),
    needed=("waiting_time", "waiting_until", "waiting_passed"),
    check=_check,
    remark=_remark,
)
