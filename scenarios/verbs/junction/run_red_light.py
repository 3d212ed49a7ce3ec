"""The verb 'runs the red light': from then on, the actor ignores the signals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scenarios.model.actions import VerbAction
from scenarios.roads.junction import SignalState
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.turning import stop_line
from scenarios.simulation.traffic.traffic_signals import run_red
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane, no_junction
from scenarios.verbs.story_verb import Refusal, RoadEvent, StoryVerb, WrittenEvent


class RunRedDo(Section):
    """Has no arguments."""


@dataclass(frozen=True)
class RunRed(VerbAction):
    """Ignore the signals."""


GRAMMAR = """
run_red_light: _RUNS_RED _mod*

_RUNS_RED.5: ("runs" | "jumps" | "ignores" | "drives through" | "goes through") " " ("the"
    | "a") " red" (" light" | " signal" | " traffic light")? _E
    | ("crosses" | "crosses the junction" | "drives on" | "goes"
    | "drives through the junction") " " ("on" | "at") " red" _E
"""


def _compiled(says: RunRedDo, actor: ActorDescription, cast: ActorIndex) -> RunRed:
    return RunRed()


def _words(action: RunRed) -> str:
    return "runs the red light"


def _check(says: RunRedDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from keeps_no_lane(event.actor)


def _check_road(says: RunRedDo, event: RoadEvent) -> Iterator[Refusal]:
    yield from no_junction(event.road)
    if event.road.junction is not None and not event.road.junction.signals:
        yield "", "a junction without signals", "road.junction.signals"


def _motion(action: RunRed, mover: BodyState, context: ActionContext) -> RunningAction:
    return run_red(mover)


def _achieved(action: RunRed, seen: Performance) -> Iterator[Asked]:
    """The light at which its front passes the stop line, at any time after the event: it holds from then on."""
    rollout, main = seen.rollout, seen.rollout.road
    assert main is not None and main.junction is not None
    later = slice(seen.first, len(rollout.t_s))
    yaw, front = rollout.yaw_rad[later, seen.row], rollout.bodies[seen.row].size.length_m / 2
    line = np.array([
        stop_line(main, seen.road, (x, y, a)) - front
        for (x, y), a in zip(rollout.centre[later, seen.row, :2].tolist(), yaw.tolist(), strict=True)
    ])  # fmt: skip
    passed = np.flatnonzero((line[:-1] >= 0) & (line[1:] < 0) & np.isfinite(line[:-1]))
    if not len(passed):
        yield Asked("light at the line", str(SignalState.RED), None, why_open="the line was not passed in the clip")
        return
    light = main.junction.shows(float(rollout.t_s[later][passed[0] + 1]), seen.road is not main)
    yield Asked("light at the line", str(SignalState.RED), str(light))


RUN_RED_LIGHT = StoryVerb(
    key="run_red_light",
    placeless=True,
    example="{}",
    section=RunRedDo,
    action=RunRed,
    grammar=GRAMMAR,
    phrases=("{a} runs the red light",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("how long", "from then on, at every signal"),),
    check=_check,
    check_road=_check_road,
)
