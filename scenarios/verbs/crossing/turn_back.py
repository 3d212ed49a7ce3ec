"""The verb 'turns back': a crossing actor turns and goes back to its side of the road."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import ON_FOOT, TWO_WHEELS
from scenarios.model.sides import Side
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import FreePath, free_path
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, Speed
from scenarios.verbs.crossing.cross import BEYOND_EDGE_M, crossing_rate
from scenarios.verbs.performance import ANGLE_RAD, Asked, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent

STANDS_MPS = 0.2
LEFT_ABOUT_RAD = 1e-6  # less than half a turn, so that all actors turn over the left


class TurnBackDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 8 km/h; left out: the speed at which it crosses")


@dataclass(frozen=True)
class TurnBack(VerbAction):
    """While crossing: turn and leave the road on the side of the start, at `speed_mps` or the own speed."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True

    speed_mps: float | None


GRAMMAR = """
turn_back: _TURNS_BACK turn_back_part*
?turn_back_part: _mod

_TURNS_BACK.5: ("turns back" | "turn back" | "turns round and goes back" | "turns around and goes back"
    | "goes back the way it came") _E
"""


def _compiled(says: TurnBackDo, actor: ActorDescription, cast: ActorIndex) -> TurnBack:
    return TurnBack(says.speed)


def _words(action: TurnBack) -> str:
    return "turns back" + ("" if action.speed_mps is None else f" at {speed_text(action.speed_mps)}")


def _check(says: TurnBackDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.kind not in ON_FOOT | TWO_WHEELS:
        yield "", actor.a_kind, "a pedestrian, a two-wheeler or an animal; for a vehicle: turn_around"
    elif not {"cross", "step_out"} & set(event.earlier):
        wanted = f"a line before it, such as '{actor.id} crosses the road'"
        yield "", f"{actor.id}, which does not cross the road before", wanted
    elif says.speed == 0:
        yield "speed", "0 km/h", "a speed above zero"


def _remark(action: TurnBack, event: PlacedEvent) -> str:
    return "at the speed at which it crosses" if action.speed_mps is None else ""


def _motion(action: TurnBack, mover: BodyState, context: ActionContext) -> RunningAction:
    far = mover.ends_beyond_d
    if far is None or not isinstance(mover.path, FreePath):
        return _declined(mover, context, "it does not cross")
    speed = _pace(mover, context) if action.speed_mps is None else action.speed_mps
    if speed < STANDS_MPS:
        return _declined(mover, context, "it stands, and no speed is said")
    s, d = mover.road.locate(*mover.at[:2])
    near = mover.road.edge_at(Side.RIGHT, s) - BEYOND_EDGE_M, mover.road.edge_at(Side.LEFT, s) + BEYOND_EDGE_M
    mover.ends_beyond_d = near[0] if far > d else near[1]
    back = float(mover.road.heading(s)) + math.copysign(math.pi / 2, mover.ends_beyond_d - d)
    mover.path = free_path(mover.body, mover.at, PATH_GRIP_SHARE * mover.grip, back - LEFT_ABOUT_RAD)
    mover.target = Target(speed, crossing_rate(mover, speed), braking=speed < mover.speed)
    path = mover.path

    def over(_: float) -> bool:
        return mover.path is not path or (mover.ends_beyond_d is None and mover.speed == 0)

    return RunningAction(f"turns back at {speed * 3.6:.0f} km/h", over)


def _pace(mover: BodyState, context: ActionContext) -> float:
    """Its speed; for one that has just started to move again, its target speed."""
    target = context.before.target
    return max(mover.speed, target.speed_mps) if isinstance(target, Target) else mover.speed


def _declined(mover: BodyState, context: ActionContext, why: str) -> RunningAction:
    context.before.apply(mover)
    return decline(f"does not turn back: {why}")


def _achieved(action: TurnBack, seen: Performance) -> Iterator[Asked]:
    """Half a turn, the speed on the way back, and the edge of the road from which it came."""
    back = np.abs(np.abs(seen.yaw_rad - seen.yaw_rad[0]) - math.pi) < ANGLE_RAD
    if action.speed_mps is not None:
        done = float(seen.speed_mps[back].max()) if seen.over and back.any() else None
        yield seen.speed(action.speed_mps, done)
    yield seen.angle("turn", math.pi, float(np.ptp(seen.yaw_rad)) if seen.over or back.any() else None)


TURN_BACK = StoryVerb(
    key="turn_back",
    example="{speed: 8 km/h}: of who is crossing the road",
    section=TurnBackDo,
    action=TurnBack,
    grammar=GRAMMAR,
    phrases=("{a} turns back after 3 s", "{a} turns back at 8 km/h after 3 s"),
    drafts=("a child runs across the road and turns back",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "the speed at which it crosses, or its own where it slows down"),
        ("the end", f"{BEYOND_EDGE_M:g} m beyond the edge of the road from which it came"),
    ),
    at={SPEED: "speed"},
    check=_check,
    remark=_remark,
)
