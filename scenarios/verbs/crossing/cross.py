"""The verb 'crosses': straight across the road, to its far side."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import Field

from scenarios.event_text import speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import ON_FOOT
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import PATH_GRIP_SHARE, BodyState, RunningAction
from scenarios.simulation.dynamics.lane_path import crossing_side, free_path
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.source.identity import USUAL
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, Speed
from scenarios.verbs.clause import Clause, ClauseError, Part, flat
from scenarios.verbs.performance import Asked, Bound, Performance
from scenarios.verbs.story_verb import ACTOR, Refusal, StoryVerb, WrittenEvent, collected

RIDER_MPS2 = 1.5  # of one that rides or drives across
LATE_S = 0.5  # for the build-up of a rate
WALK_BUILD_UP_S = 0.4  # time in which a pedestrian reaches a speed
BEYOND_EDGE_M = 1.2  # distance beyond the edge of the road where it stops


class CrossDo(Section):
    speed: Speed | None = Field(None, description="a speed such as 5 km/h")


@dataclass(frozen=True)
class Cross(VerbAction):
    """Cross the road at `speed_mps` perpendicular to it, towards the far side."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True
    faces_across: ClassVar[bool] = True

    speed_mps: float
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the speed is not the author's


GRAMMAR = """
cross: _CROSSES _THE_ROAD? cross_part*
    | _JAYWALKS cross_part*
    | gait _ACROSS_THE_ROAD cross_part*
    | gait _OUT _ONTO_THE_ROAD? _IN_FRONT_OF who cross_part* -> run_out
?cross_part: FROM_SIDE -> from_side
    | _mod

_CROSSES.3: ("crosses" | "cross") _E
_JAYWALKS.3: ("jaywalks" | "jaywalk") _E
_THE_ROAD.3: "the " ("road" | "street" | "carriageway" | "lane") _E
_ACROSS_THE_ROAD.3: ("across" | "over" | "onto" | "into") " the " ("road" | "street" | "carriageway") _E
FROM_SIDE.3: "from the " ("left" | "right") _E
"""


def _read_side(items: list) -> Part:
    return "side", items[0].rpartition(" ")[2]


def _read_cross(verb: StoryVerb, items: list) -> Clause | ClauseError:
    gait = items[0] if items and isinstance(items[0], str) else ""
    parts = flat(item for item in items if not isinstance(item, str))
    return collected(verb, parts, **({"speed": gait} if gait else {}))


def _read_run_out(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'runs out in front of the ego': crosses in front of it."""
    gait, whom, *parts = items
    said = collected(verb, [("where", ("in_front_of", (whom,))), *flat(parts)], **({"speed": gait} if gait else {}))
    return replace(said, says=said.says | {"out": True}) if isinstance(said, Clause) else said


def crossing_speed(actor: ActorDescription) -> float | None:
    """The speed where a line says none: its own, else its kind's; None for a kind without one."""
    return actor.speed_mps or KINDS[actor.kind].dynamics.crossing_mps


def _compiled(says: CrossDo, actor: ActorDescription, cast: ActorIndex) -> Cross:
    speed = crossing_speed(actor) if says.speed is None else says.speed
    assert speed is not None, "_check refuses a crossing without a speed"
    return Cross(speed, usual=not says.gives("speed"))


def _words(action: Cross) -> str:
    return f"crosses the road at {speed_text(action.speed_mps)}"


def _check(says: CrossDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.id == "ego":
        yield ACTOR, "the ego", "another actor to cross the road"
    elif actor.lane is not None and event.speed_mps and actor.kind not in ON_FOOT:
        found = f"{actor.id}, which drives along the road"
        yield "", found, "an actor beside the road; of traffic from a side road: road: cross"
    elif says.speed is None and crossing_speed(actor) is None:
        yield "speed", "nothing", f"the speed at which {actor.id} crosses, such as 20 km/h"
    elif says.speed == 0:
        yield "speed", "0 km/h", "a speed above zero"


def _rails(actor: ActorDescription) -> str:
    if actor.speed_mps > 0:
        return "an actor that first stands beside the road at 0 km/h and then crosses it on its rails"
    return ""


def crossing_rate(mover: BodyState, speed_mps: float) -> float:
    """The rate at which a body that crosses the road reaches its speed."""
    if mover.on_foot:
        return min(max(speed_mps / WALK_BUILD_UP_S, 1.0), 5.0)
    return KINDS[mover.body.kind].dynamics.limited(RIDER_MPS2, speed_mps > mover.speed)


def walk_across(mover: BodyState, speed_mps: float, said: str) -> RunningAction:
    """Go straight across the road to its far side, at a speed."""
    x, y, yaw = mover.at
    s, d = mover.road.locate(x, y)
    side = crossing_side(mover.road, d)
    target = float(mover.road.heading(s) + side * math.pi / 2)
    mover.path = free_path(mover.body, (x, y, yaw), PATH_GRIP_SHARE * mover.grip, target)
    mover.target = Target(speed_mps, crossing_rate(mover, speed_mps))
    far = mover.road.edge_at(Side.LEFT if side > 0 else Side.RIGHT, s)
    mover.ends_beyond_d = far + BEYOND_EDGE_M * side
    return RunningAction(said, lambda _: mover.ends_beyond_d is None and mover.speed == 0)


def _motion(action: Cross, mover: BodyState, context: ActionContext) -> RunningAction:
    return walk_across(mover, action.speed_mps, "crosses")


def crossed(speed_mps: float, usual: bool, seen: Performance) -> Iterator[Asked]:
    """The speed of a crossing after its build-up, and its end beyond the far edge of the road."""
    dynamics = KINDS[seen.rollout.bodies[seen.row].kind].dynamics
    if seen.over or seen.seconds > speed_mps / dynamics.limited(RIDER_MPS2, True) + LATE_S:
        yield replace(seen.speed(speed_mps, float(seen.speed_mps.max())), usual=usual)
    else:
        yield replace(seen.speed(speed_mps, None), usual=usual)
    s, d = seen.place[0]
    side = crossing_side(seen.road, float(d))
    far = seen.road.edge_at(Side.LEFT if side > 0 else Side.RIGHT, float(s))
    beyond = side * (float(seen.place[-1, 1]) - far)
    yield seen.distance("beyond the far edge", 0.0, beyond if seen.over else None, Bound.AT_LEAST)


def _achieved(action: Cross, seen: Performance) -> Iterator[Asked]:
    yield from crossed(action.speed_mps, action.usual, seen)


CROSS = StoryVerb(
    key="cross",
    example="{speed: 15 km/h}",
    section=CrossDo,
    action=Cross,
    grammar=GRAMMAR,
    phrases=(
        "{a} crosses the road at 15 km/h after 1 s",
        "{a} walks across the road after 1 s",
        "{a} runs across the road after 1 s",
    ),
    drafts=("a pedestrian crosses the road",),
    participles={
        "crossing": "crosses",
        "walking": "walks",
        "running": "runs",
        "riding": "rides",
        "darting": "darts",
        "dashing": "dashes",
        "jumping": "jumps",
    },
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "its own speed in its section, else of the kind: [Motion of the kinds](#motion-of-the-kinds)"),
        ("the end", f"{BEYOND_EDGE_M:g} m beyond the far edge of the road"),
    ),
    parts={"from_side": _read_side},
    readers={"cross": _read_cross, "run_out": _read_run_out},
    at={SPEED: "speed"},
    check=_check,
    rails=_rails,
)
