"""The verb 'stops at the line': with its front at the stop line before the junction."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import rate_text, time_text
from scenarios.model.actions import VerbAction
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import FRAME_RATE_HZ
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.turning import stop_line
from scenarios.simulation.traffic.traffic_signals import BEFORE_LINE_M, stop_at_line
from scenarios.source.identity import ADDED
from scenarios.source.units import ACCELERATION
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Instant, Rate, Section
from scenarios.verbs.clause import Clause, ClauseError
from scenarios.verbs.performance import RATE_MPS2, RATE_SHARE, Asked, Bound, Performance
from scenarios.verbs.refusals import keeps_no_lane, no_junction
from scenarios.verbs.story_verb import Refusal, RoadEvent, StoryVerb, WrittenEvent, collected
from scenarios.verbs.worded_rates import BRAKING, rated


class StopAtLineDo(Section):
    decel: Rate | None = Field(None, description="a deceleration such as 3 m/s^2")
    for_: Instant = Field(0.0, alias="for", description="how long it stands before this event has ended, such as 2 s")


@dataclass(frozen=True)
class StopAtLine(VerbAction):
    """Stop with the front at the stop line before the junction, at `decel_mps2` as late as possible."""

    takes_speed: ClassVar[bool] = True

    decel_mps2: float
    for_s: float = field(default=0.0, metadata=ADDED)


GRAMMAR = """
stop_at_line: _STOPS_AT_LINE line_part*
?line_part: MANNER -> manner
    | _mod

_STOPS_AT_LINE.5: ("stops" | "stop" | "halts" | "waits") " at the " ("line" | "stop line" | "junction" | "crossroads"
    | "intersection" | "traffic lights" | "traffic light" | "lights" | "red light") _E
"""


def _read_stop(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, rated(items, "decel", BRAKING))


def _compiled(says: StopAtLineDo, actor: ActorDescription, cast: ActorIndex) -> StopAtLine:
    return StopAtLine(says.decel or KINDS[actor.kind].dynamics.at_line_mps2, says.for_)


def _words(action: StopAtLine) -> str:
    return f"stops at the line {rate_text(action.decel_mps2)}{time_text(action.for_s or None)}"


def _check(says: StopAtLineDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from keeps_no_lane(event.actor)


def _check_road(says: StopAtLineDo, event: RoadEvent) -> Iterator[Refusal]:
    yield from no_junction(event.road)


def _motion(action: StopAtLine, mover: BodyState, context: ActionContext) -> RunningAction:
    deed = stop_at_line(mover, action.decel_mps2)
    if not action.for_s:
        return deed
    stood: list[float] = []

    def over(now: float) -> bool:
        if deed.over(now) and not stood:
            stood.append(now)
        return bool(stood) and now >= stood[0] + action.for_s - 1e-9

    return replace(deed, over=over)


def _achieved(action: StopAtLine, seen: Performance) -> Iterator[Asked]:
    main = seen.rollout.road
    assert main is not None
    if seen.over:
        x, y = map(float, seen.centre[-1])
        front = seen.rollout.bodies[seen.row].size.length_m / 2
        room: float | None = stop_line(main, seen.road, (x, y, float(seen.yaw_rad[-1]))) - front
    else:
        room = None
    yield seen.distance("front before the line", BEFORE_LINE_M, room)
    slowing = -np.diff(seen.speed_mps) * FRAME_RATE_HZ
    hardest = float(slowing.max()) if len(slowing) else 0.0
    yield Asked("rate", action.decel_mps2, hardest if seen.over else None, "m/s^2",
                max(RATE_MPS2, RATE_SHARE * action.decel_mps2), Bound.AT_MOST, why_open=seen.open)  # fmt: skip


STOP_AT_LINE = StoryVerb(
    key="stop_at_line",
    example="{decel: 3 m/s^2}",
    section=StopAtLineDo,
    action=StopAtLine,
    grammar=GRAMMAR,
    phrases=("{a} stops at the line",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`decel`", "of the kind: [Motion of the kinds](#motion-of-the-kinds)"),
        ("`for`", "0 s: the event has ended when it stands"),
        ("the place", f"its front {BEFORE_LINE_M:g} m before the line"),
    ),
    readers={"stop_at_line": _read_stop},
    at={ACCELERATION: "decel"},
    check=_check,
    check_road=_check_road,
)
