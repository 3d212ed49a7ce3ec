"""The verb 'pulls out': from a standstill into traffic, out of a bay or from the kerb."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from scenarios.event_text import speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import ON_FOOT
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.actions.lane_change import SHIFT_PEAK, TIGHTEST_PER_M, facing_of, lane_at, lane_count
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import STEERING_RADPS, WHEELBASE_SHARE
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, Speed
from scenarios.verbs.clause import Clause
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent

PULLING_OUT_MPS2 = 1.2  # typical of a bus


class PullOutDo(Section):
    speed: Speed | None = Field(None, description="the speed to reach, such as 30 km/h")


@dataclass(frozen=True)
class PullOut(VerbAction):
    """From a standstill to the nearest lane of the own direction, accelerating to `speed_mps`."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True
    along_road: ClassVar[bool] = True

    speed_mps: float


GRAMMAR = """
pull_out: _PULLS_OUT pull_part*
?pull_part: _mod

_PULLS_OUT.3: ("pulls out" | "pull out" | "pulls away" | "moves off" | "drives off" | "sets off"
    | "leaves the stop" | "leaves the bus stop") _E
"""


def _compiled(says: PullOutDo, actor: ActorDescription, cast: ActorIndex) -> PullOut:
    usual = KINDS[actor.kind].dynamics
    return PullOut(says.speed or min(usual.pulling_out_mps, usual.fastest_mps or math.inf))


def _words(action: PullOut) -> str:
    return f"pulls out at {speed_text(action.speed_mps)}"


def _check(says: PullOutDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.kind in ON_FOOT or KINDS[actor.kind].towed:
        yield "", actor.a_kind, "a vehicle or a cyclist"
    elif actor.speed_mps > 0 and actor.id not in event.moved:
        yield "", f"{actor.id}, which moves already", "an actor that stands; of one that moves: cut_in"


def _meant(clause: Clause, actor: ActorDescription) -> str:
    """The verb 'cuts in' for an actor that already moves in the lane beside the ego's, if no speed is given."""
    under_way = actor.beside_ego_lane and actor.speed_mps > 0
    return "cut_in" if under_way and "speed" not in clause.says else ""


def _motion(action: PullOut, mover: BodyState, context: ActionContext) -> RunningAction:
    """Accelerate and move to the nearest lane of its direction, over the distance that steering and grip need."""
    speed_mps = action.speed_mps
    if abs(mover.speed) > 1.0:
        return decline("does not pull out: it moves already")
    road, facing = mover.road, facing_of(mover)
    lanes = range(road.lanes) if facing > 0 or not road.opposite_lanes else range(road.lanes, lane_count(road))
    d = road.locate(*mover.at[:2])[1]
    target = min((road.lane_centre(lane) for lane in lanes), key=lambda centre: abs(centre - d))
    mover.target = Target(speed_mps, KINDS[mover.body.kind].dynamics.limited(PULLING_OUT_MPS2, True))
    path = mover.join_lane()
    path.shift(target, _way_out(mover, abs(target - path.d), speed_mps))
    return RunningAction(
        f"pulls out and speeds up to {speed_mps * 3.6:.0f} km/h",
        lambda _: mover.path is not path or (path.settled and mover.speed >= speed_mps - 0.02),
    )


def _way_out(mover: BodyState, change_m: float, speed_mps: float) -> float:
    """The minimum distance in which a body that accelerates from standstill can move this far sideways, metres."""
    wheelbase, way = WHEELBASE_SHARE * mover.body.size.length_m, 8.0
    while True:
        pace = min(speed_mps, math.sqrt(2 * PULLING_OUT_MPS2 * way))
        bend = SHIFT_PEAK * change_m / way**2
        steered = 60 * change_m / way**3 * wheelbase * pace  # steering rate of the wheels, rad/s
        held = bend * pace**2 <= PATH_GRIP_SHARE * mover.grip
        if bend <= TIGHTEST_PER_M and steered <= STEERING_RADPS and held:
            return way
        way *= 1.05


def _achieved(action: PullOut, seen: Performance) -> Iterator[Asked]:
    yield seen.ends_at(action.speed_mps)
    d = float(seen.place[-1, 1])
    aside = abs(d - seen.road.lane_centre(lane_at(seen.road, d)))
    yield seen.distance("distance from the lane's centre", 0.0, aside if seen.over else None)


PULL_OUT = StoryVerb(
    key="pull_out",
    example="{speed: 30 km/h}: from a standstill",
    section=PullOutDo,
    action=PullOut,
    grammar=GRAMMAR,
    phrases=("{a} pulls out at 30 km/h after 1 s",),
    drafts=("a parked car pulls out",),
    participles={"pulling": "pulls"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "of the kind: [Motion of the kinds](#motion-of-the-kinds)"),
        ("speeding up", f"{PULLING_OUT_MPS2:g} m/s²"),
    ),
    at={SPEED: "speed"},
    check=_check,
    meant=_meant,
)
