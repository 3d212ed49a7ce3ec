"""The verb 'merges': from the acceleration lane of a ramp into the lane beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.simulation.actions.merging import MERGING_S, SAFE_MPS2
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.identity import USUAL
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section
from scenarios.verbs.clause import Clause, Part
from scenarios.verbs.performance import ASIDE_M, Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane
from scenarios.verbs.story_verb import Refusal, RoadEvent, StoryVerb, WrittenEvent


class MergeDo(Section):
    within: Lasting = Field(MERGING_S, description="how long the lane change takes, such as 3 s")
    gap: Annotated[bool, Field(strict=True)] = Field(
        False, description="true: only into a safe gap; false: as soon as the lane is alongside"
    )


@dataclass(frozen=True)
class Merge(VerbAction):
    """Move from a ramp's acceleration lane to the lane beside it as soon as possible; `gap`: as soon as it is safe."""

    takes_path: ClassVar[bool] = True
    acts: ClassVar[bool] = False  # it is registered, and begins when the lane is alongside

    within_s: float
    gap: bool
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


GRAMMAR = r"""
merge: _MERGES merge_part*
?merge_part: _INTO_GAP -> into_gap
    | _WITHIN quantity -> within
    | _mod

_MERGES.3: ("merges" | "merge" | "merges in" | "joins the main road" | "joins the motorway"
    | "joins the traffic") _E /(?! (front|the course|to|over (in)?to|into (?!(a|the next) gap)))/
_INTO_GAP.4: ("into a gap" | "into the next gap" | "when there is a gap" | "where there is a gap") _E
"""


def _read_gap(_: list) -> Part:
    return "gap", True


def _meant(clause: Clause, actor: ActorDescription) -> str:
    """The verb 'cuts in' for an actor in a lane."""
    return "cut_in" if "gap" not in clause.says and not actor.on_ramp else ""


def _compiled(says: MergeDo, actor: ActorDescription, cast: ActorIndex) -> Merge:
    return Merge(says.within, says.gap, usual=not says.gives("within"))


def _words(action: Merge) -> str:
    return "merges" + (" into a gap" if action.gap else "") + f" within {number_text(action.within_s)} s"


def _check(says: MergeDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if refused := tuple(keeps_no_lane(actor)):
        yield from refused
    elif not actor.on_ramp:
        yield "", f"{actor.id}, which is not on the ramp", "an actor with road: ramp; in a lane: cut_in"


def _check_road(says: MergeDo, event: RoadEvent) -> Iterator[Refusal]:
    if event.road.ramp is None:
        yield "", "a road without ramp", "road.ramp, such as {joins: 60 m, length: 150 m}"


def _motion(action: Merge, mover: BodyState, context: ActionContext) -> RunningAction:
    return context.merging.register(mover, action.within_s, action.gap)


def _achieved(action: Merge, seen: Performance) -> Iterator[Asked]:
    """The lane change itself, from the acceleration lane to the lane beside it; not the wait for a gap."""
    main = seen.rollout.road
    assert main is not None
    d = main.project(seen.reference)[:, 1]
    before, after = (np.abs(d - main.lane_centre(lane)) <= ASIDE_M for lane in (-1, 0))
    left, there = np.flatnonzero(before), np.flatnonzero(after)
    yield replace(seen.distance("offset from the centre of lane 0", 0.0, None), tolerance=ASIDE_M,
                  done=float(d[-1] - main.lane_centre(0)) if seen.over else None)  # fmt: skip
    if len(left) and len(there) and there[-1] > left[-1]:
        took = float(seen.t_s[there[there > left[-1]][0]] - seen.t_s[left[-1]])
        yield replace(seen.time("time", action.within_s, took), usual=action.usual)


MERGE = StoryVerb(
    key="merge",
    example="{within: 3 s}: from the acceleration lane",
    section=MergeDo,
    action=Merge,
    grammar=GRAMMAR,
    phrases=("{a} merges within 3 s", "{a} merges into a gap"),
    participles={"merging": "merges"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("a safe gap", f"no vehicle has to brake harder than {SAFE_MPS2:g} m/s²"),),
    parts={"into_gap": _read_gap},
    check=_check,
    check_road=_check_road,
    meant=_meant,
)
