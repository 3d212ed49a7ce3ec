"""The verb 'reverses'."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import number_text, speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import FOUR_WHEELS
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import FRAME_RATE_HZ
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.longitudinal_control import BACKING_RATE, Halt, Target
from scenarios.source.units import LENGTH, SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, measured
from scenarios.verbs.performance import SPEED_MPS, Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent

REVERSING_MPS = 5 / 3.6
Backwards = Annotated[float, measured(SPEED, 0.1, 3.0)]
Stretch = Annotated[float, measured(LENGTH, 0.5, 250.0)]


class ReverseDo(Section):
    speed: Backwards = Field(REVERSING_MPS, description="a speed up to 10.8 km/h, such as 5 km/h")
    distance: Stretch | None = Field(
        None, description="the distance, such as 10 m; left out: until another event changes it"
    )


@dataclass(frozen=True)
class Reverse(VerbAction):
    """Stop if needed, then reverse at `speed_mps` for `distance_m`, or until another action."""

    takes_speed: ClassVar[bool] = True

    speed_mps: float
    distance_m: float | None


GRAMMAR = """
reverse: _REVERSES reverse_part*
?reverse_part: _FOR quantity -> reversed_way
    | _BY? quantity -> reversed_way
    | _mod

_REVERSES.4: ("reverses" | "reverse" | "backs up" | "backs" | "drives backwards" | "goes backwards" | "rolls back") _E
"""


def _compiled(says: ReverseDo, actor: ActorDescription, cast: ActorIndex) -> Reverse:
    return Reverse(says.speed, says.distance)


def _words(action: Reverse) -> str:
    way = "" if action.distance_m is None else f" for {number_text(action.distance_m)} m"
    return f"reverses at {speed_text(action.speed_mps)}{way}"


def _check(says: ReverseDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.kind not in FOUR_WHEELS or KINDS[event.actor.kind].towed:
        yield "", f"{event.actor.a_kind} going backwards", "a car, van, truck, bus or construction vehicle"


def _endless(says: ReverseDo) -> str:
    return "distance: 10 m" if says.distance is None else ""


def _motion(action: Reverse, mover: BodyState, context: ActionContext) -> RunningAction:
    speed, distance = action.speed_mps, action.distance_m
    mover.wanted_gear = -1
    mover.target = Target(speed, BACKING_RATE) if distance is None else Halt(distance, speed, BACKING_RATE)
    target = mover.target

    def over(_: float) -> bool:
        return isinstance(target, Halt) and mover.gear == -1 and mover.speed == 0 and target.room_m < 0.2

    return RunningAction("reverses", over)


def _achieved(action: Reverse, seen: Performance) -> Iterator[Asked]:
    """Over a short distance the speed is not reached: half of it is for speeding up, and half for slowing down."""
    way = action.distance_m
    speed = action.speed_mps if way is None else min(action.speed_mps, math.sqrt(BACKING_RATE * way))
    back = np.maximum(-seen.speed_mps, 0.0)
    ready = seen.over or float(back.max()) >= speed - SPEED_MPS
    yield seen.speed(speed, float(back.max()) if ready else None)
    if way is not None:
        moved = float((back[:-1] + back[1:]).sum() / 2 / FRAME_RATE_HZ)
        yield seen.distance("distance", way, moved if seen.over else None)


REVERSE = StoryVerb(
    key="reverse",
    example="{speed: 5 km/h, distance: 10 m}",
    section=ReverseDo,
    action=Reverse,
    grammar=GRAMMAR,
    phrases=("{a} reverses at 5 km/h for 10 m",),
    drafts=("a parked car reverses",),
    participles={"reversing": "reverses"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`distance`", "until another event ends it"),
        ("speeding up", f"{BACKING_RATE:g} m/s²"),
    ),
    parts={"reversed_way": "distance"},
    at={SPEED: "speed"},
    check=_check,
    endless=_endless,
)
