"""follows a trajectory: through points at times, both counted from where and when it begins; then straight on."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, Field

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.polyline_path import joined_line
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Instant, Place, Section, fault
from scenarios.spec.kind_limits import check_path
from scenarios.verbs.clause import Part
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent

MOST_POINTS = 200


def _rising(points: tuple[tuple[float, float, float], ...]) -> tuple[tuple[float, float, float], ...]:
    times = [t for t, _, _ in points]
    if not 1 <= len(points) <= MOST_POINTS or times[0] <= 0 or sorted(set(times)) != times:
        found = f"{len(points)} points at {', '.join(f'{t:g}' for t in times[:6])} s"
        raise fault(found, f"from one to {MOST_POINTS} points, their times above 0 s and rising")
    return points


class TrajectoryDo(Section):
    points: Annotated[tuple[tuple[Instant, Place, Place], ...], AfterValidator(_rising)] = Field(
        description="a list of [time, forward, left] from where it begins, such as [[2 s, 20 m, 0 m], [4 s, 38 m, 3 m]]"
    )


@dataclass(frozen=True)
class DriveTrajectory(VerbAction):
    """Through points (t_s, forward_m, left_m), all counted from where and when it begins; then straight on."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True

    points: tuple[tuple[float, float, float], ...]


GRAMMAR = """
follow_trajectory: _TAKES_PATH path_points when?
path_points: path_point (_COMMA? path_point)*
path_point: "(" quantity _COMMA? quantity _COMMA? quantity ")"

_TAKES_PATH.4: ("follows" | "drives" | "takes") " " ("the" | "a") " " ("trajectory" | "path") " through"? _E
"""


def _read_point(items: list) -> list:
    return items


def _read_points(items: list) -> Part:
    return "points", items


def _compiled(says: TrajectoryDo, actor: ActorDescription, cast: ActorIndex) -> DriveTrajectory:
    return DriveTrajectory(says.points)


def _words(action: DriveTrajectory) -> str:
    points = (f"({number_text(t)} s, {number_text(x)} m, {number_text(y)} m)" for t, x, y in action.points)
    return f"follows the trajectory {', '.join(points)}"


def _check(says: TrajectoryDo, event: WrittenEvent) -> Iterator[Refusal]:
    points = ((0.0, 0.0, 0.0), *says.points)
    for found, wanted in check_path(event.actor.kind, points, event.speed_mps):
        yield "points", f"{event.actor.a_kind} {found}", wanted


def _motion(action: DriveTrajectory, mover: BodyState, context: ActionContext) -> RunningAction:
    line = joined_line(mover.at, max(mover.speed, 0.0), context.t_s, action.points)
    mover.path, mover.scripted, mover.ends_beyond_d = line, True, None
    return RunningAction("follows a trajectory", lambda _: mover.path is not line or not mover.scripted)


def _achieved(action: DriveTrajectory, seen: Performance) -> Iterator[Asked]:
    """The largest distance from the given points at their times, of those within the view."""
    (x, y), yaw = seen.reference[0], float(seen.yaw_rad[0])
    late = seen.began_s - float(seen.rollout.t_s[seen.first])
    x, y = x + late * seen.speed_mps[0] * math.cos(yaw), y + late * seen.speed_mps[0] * math.sin(yaw)
    off = []
    for t_s, forward, left in action.points:
        if t_s > seen.seconds + 1e-6:
            break
        there = [np.interp(t_s + seen.began_s, seen.rollout.t_s[seen.frames], axis) for axis in seen.reference.T]
        wanted = x + forward * math.cos(yaw) - left * math.sin(yaw), y + forward * math.sin(yaw) + left * math.cos(yaw)
        off.append(math.dist(there, wanted))
    yield seen.distance("distance from its points", 0.0, max(off) if off else None)


FOLLOW_TRAJECTORY = StoryVerb(
    key="follow_trajectory",
    example="{points: [[2 s, 20 m, 1 m]]}",
    section=TrajectoryDo,
    action=DriveTrajectory,
    grammar=GRAMMAR,
    phrases=("{a} follows the trajectory (2 s, 20 m, 0 m), (4 s, 38 m, 3 m)",),
    drafts=("a car follows the trajectory (2 s, 20 m, 0 m), (4 s, 38 m, 0 m)",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("after the last point", "straight on, at the last speed"),),
    parts={"path_points": _read_points, "path_point": _read_point},
    check=_check,
)
