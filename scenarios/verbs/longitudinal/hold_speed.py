"""The verb 'holds': keeps a speed for a time, or until another event changes it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from pydantic import Field

from scenarios.event_text import speed_text, time_text
from scenarios.model.actions import HoldSpeed
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import BRAKE_JERK, DRIVE_JERK, Target
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section, Speed
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.exported_action import ExportContext, ExportedSpeed
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent, collected

HOLDING_MPS2 = 2.0  # rate with which a held speed is reached
LATE_S = 1.0  # for the build-up and the end of that change


class HoldSpeedDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 50 km/h")
    for_: Lasting | None = Field(
        None, alias="for", description="how long, such as 2 s; left out: until another event changes it"
    )


GRAMMAR = r"""
hold_speed: _HOLDS _speed_noun? hold_part*
    | _DRIVES hold_part*
    | _DRIVES_ON hold_part* -> drive_on
?hold_part: quantity -> speed
    | _FOR quantity -> lasting
    | _mod
_speed_noun: _ITS? _SPEED _OF?

_HOLDS.3: ("holds" | "hold" | "keeps" | "keep" | "maintains" | "maintain") _E /(?! (driving|going))/
_DRIVES.3: ("drives" | "keeps driving" | "keeps going" | "goes") _E
_DRIVES_ON.3: ("drives on" | "continues" | "goes on" | "carries on") _E
_ITS.3: ("its" | "their" | "his" | "her" | "the" | "a") /(?= (current )?speed)/
"""


def _read_drive_on(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'drives on': at the speed of its section where another event has changed it."""
    said = collected(verb, flat(items))
    return (
        replace(said, says={"on": True} | said.says) if isinstance(said, Clause) and "speed" not in said.says else said
    )


def _compiled(says: HoldSpeedDo, actor: ActorDescription, cast: ActorIndex) -> HoldSpeed:
    return HoldSpeed(actor.speed_mps if says.speed is None else says.speed, says.for_)


def _words(action: HoldSpeed) -> str:
    return f"holds {speed_text(action.speed_mps)}{time_text(action.for_s)}"


def _check(says: HoldSpeedDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.id in event.changed and says.speed is None:
        yield "speed", "nothing", f"the speed that {event.actor.id} holds from then on, such as 30 km/h"


def _endless(says: HoldSpeedDo) -> str:
    return "for: 2 s" if says.for_ is None else ""


def until_over(t_s: float, lasting_s: float | None) -> Callable[[float], bool]:
    """Whether an action that began at a time is over; one without a duration never is."""
    return lambda now: lasting_s is not None and now >= t_s + lasting_s - 1e-9


def _motion(action: HoldSpeed, mover: BodyState, context: ActionContext) -> RunningAction:
    speed = action.speed_mps
    rate = KINDS[mover.body.kind].dynamics.limited(HOLDING_MPS2, speed > mover.speed)
    mover.target = Target(speed, rate, braking=speed < mover.speed)
    return RunningAction(f"holds {speed * 3.6:.0f} km/h", until_over(context.t_s, action.for_s))


def _exported(action: HoldSpeed, context: ExportContext) -> ExportedSpeed | None:
    if action.for_s is not None:
        return None
    jerk = BRAKE_JERK if action.speed_mps < context.speed_mps else DRIVE_JERK
    changes = abs(action.speed_mps - context.speed_mps) > 1e-6 and not context.on_foot
    return ExportedSpeed(
        action.speed_mps, "linear", "rate", HOLDING_MPS2, HOLDING_MPS2 / (2 * jerk) if changes else 0.0
    )


def _achieved(action: HoldSpeed, seen: Performance) -> Iterator[Asked]:
    """The speed that differs most from the asked one, once there was time to reach it."""
    change = action.speed_mps - float(seen.speed_mps[0])
    dynamics = KINDS[seen.rollout.bodies[seen.row].kind].dynamics
    reaching_s = abs(change) / dynamics.limited(HOLDING_MPS2, change > 0) + LATE_S
    held = seen.speed_mps[seen.t_s >= reaching_s]
    worst = float(held[np.argmax(np.abs(held - action.speed_mps))]) if len(held) else None
    yield seen.speed(action.speed_mps, worst)
    yield from seen.lasts(action.for_s)


HOLD_SPEED = StoryVerb(
    key="hold_speed",
    placeless=True,
    example="{speed: 50 km/h}",
    section=HoldSpeedDo,
    action=HoldSpeed,
    grammar=GRAMMAR,
    phrases=("{a} holds its speed", "{a} keeps 50 km/h"),
    drafts=("a car keeps 40 km/h",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "the actor's speed in its section"),
        ("`for`", "until another event ends it"),
        ("reaching the speed", f"at {HOLDING_MPS2:g} m/s², or the usual rate of a kind below a car's"),
    ),
    readers={"drive_on": _read_drive_on},
    at={SPEED: "speed"},
    check=_check,
    endless=_endless,
    exported=_exported,
)
