"""The verbs 'appears' and 'disappears': at the scene's edge, far from the ego."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from scenarios.model.actions import VerbAction
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.spawn_despawn import EDGE_AHEAD_M, EDGE_BEHIND_M, disappear
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import ACTOR, Refusal, StoryVerb, WrittenEvent


class EdgeDo(Section):
    """Has no arguments; the event is at the scene's edge."""


@dataclass(frozen=True)
class Appear(VerbAction):
    """Appear at the scene's edge: as far from the ego's present position as it was placed from the ego's start."""

    acts: ClassVar[bool] = False
    arrives: ClassVar[bool] = True


@dataclass(frozen=True)
class Disappear(VerbAction):
    """Disappear as soon as the scene's edge is reached."""

    acts: ClassVar[bool] = False


_APPEAR_GRAMMAR = r"""
appear: _APPEARS when?

_APPEARS.4: ("appears" | "enters the scene" | "comes into the scene") (" at the edge" | " at the scene's edge"
    | " from the edge")? _E /(?! (out|from behind|from in front|from before|in front|across|over|onto|into)\b)/
"""
_DISAPPEAR_GRAMMAR = """
disappear: _DISAPPEARS when?

_DISAPPEARS.4: ("disappears" | "vanishes" | "leaves the scene") (" at the edge" | " at the scene's edge")? _E
"""


def _compiled_appear(says: EdgeDo, actor: ActorDescription, cast: ActorIndex) -> Appear:
    return Appear()


def _compiled_disappear(says: EdgeDo, actor: ActorDescription, cast: ActorIndex) -> Disappear:
    return Disappear()


def _appear_words(action: Appear) -> str:
    return "appears at the scene's edge"


def _disappear_words(action: Disappear) -> str:
    return "disappears at the scene's edge"


def _check_appear(says: EdgeDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    far = (actor.gap_ahead_m or 0.0) >= EDGE_AHEAD_M or (actor.gap_behind_m or 0.0) >= EDGE_BEHIND_M
    if actor.id == "ego" or not far:
        found = "the ego" if actor.id == "ego" else f"{actor.id}, which would appear inside the scene"
        places = f"ahead: {EDGE_AHEAD_M:g} m or behind: {EDGE_BEHIND_M:g} m, or more"
        yield "", found, f"an actor placed at the scene's edge: {places}"


def _check_disappear(says: EdgeDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.id == "ego":
        yield ACTOR, "the ego", "another actor: the scene is where the ego is"


def _appear_motion(action: Appear, mover: BodyState, context: ActionContext) -> RunningAction:
    context.arrive(mover)
    return RunningAction("appears at the scene's edge", lambda _: mover.present)


def _disappear_motion(action: Disappear, mover: BodyState, context: ActionContext) -> RunningAction:
    return disappear(mover)


_EDGE = ("the scene's edge", f"{EDGE_AHEAD_M:g} m ahead of the ego and {EDGE_BEHIND_M:g} m behind it, bumper to bumper")


def _appeared(action: Appear, seen: Performance) -> Iterator[Asked]:
    there = seen.rollout.valid[:, seen.row]
    yield Asked("in the scene", "yes", "yes" if there[seen.last] else None, why_open=seen.open)


def _disappeared(action: Disappear, seen: Performance) -> Iterator[Asked]:
    gone = not seen.rollout.valid[seen.last, seen.row]
    yield Asked("in the scene", "no", "no" if gone else None, why_open=seen.open or "still in the scene")


APPEAR = StoryVerb(
    key="appear",
    placeless=True,
    example="{}",
    section=EdgeDo,
    action=Appear,
    grammar=_APPEAR_GRAMMAR,
    phrases=("{a} appears at the scene's edge after 1 s",),
    compiled=_compiled_appear,
    words=_appear_words,
    motion=_appear_motion,
    achieved=_appeared,
    usual=(_EDGE, ("the place", "as far from the ego then as it is placed from the ego's start")),
    check=_check_appear,
    on_trajectory=True,
    of_static=True,
)
DISAPPEAR = StoryVerb(
    key="disappear",
    placeless=True,
    example="{}",
    section=EdgeDo,
    action=Disappear,
    grammar=_DISAPPEAR_GRAMMAR,
    phrases=("{a} disappears at the scene's edge",),
    drafts=("a car disappears",),
    compiled=_compiled_disappear,
    words=_disappear_words,
    motion=_disappear_motion,
    achieved=_disappeared,
    usual=(_EDGE, ("the time", "as soon as it is there")),
    check=_check_disappear,
    on_trajectory=True,
    of_static=True,
)
