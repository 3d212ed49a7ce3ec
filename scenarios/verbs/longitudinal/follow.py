"""The verb 'follows': drives with the traffic, as one of the driver models."""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import Field

from scenarios.event_text import speed_text, time_text
from scenarios.model.actions import Follow
from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import DRIVERS, USUAL_DRIVER
from scenarios.simulation.actions.lane_change import settle_in_lane
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.units import SPEED
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.actor_spec import DriverName
from scenarios.spec.base import Lasting, Section, Speed
from scenarios.verbs.clause import Part
from scenarios.verbs.longitudinal.hold_speed import until_over
from scenarios.verbs.performance import Asked, Bound, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent


class FollowDo(Section):
    speed: Speed | None = Field(None, description="the desired speed, such as 50 km/h")
    driver: DriverName | None = Field(None, description="the name of a driver model")
    for_: Lasting | None = Field(
        None, alias="for", description="how long, such as 2 s; left out: until another event changes it"
    )


GRAMMAR = """
follow: _FOLLOWS follow_part*
?follow_part: who -> target
    | _AS DRIVER -> driver
    | _FOR quantity -> lasting
    | _mod

_FOLLOWS.3: ("follows" | "follow") _E
_AS.3: ("as" | "like") " the"? " driver"? _E
DRIVER.4: ("r157 careful" | "attentive" | "aashto" | "aeb r157" | "idm") _E
"""


def _read_driver(items: list) -> Part:
    return "driver", str(items[0])


def _compiled(says: FollowDo, actor: ActorDescription, cast: ActorIndex) -> Follow:
    return Follow(actor.speed_mps if says.speed is None else says.speed, says.driver or USUAL_DRIVER, says.for_)


def _words(action: Follow) -> str:
    return f"follows at {speed_text(action.speed_mps)} as driver {action.driver}{time_text(action.for_s)}"


def _check(says: FollowDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.kind in ON_FOOT:
        yield "", f"{actor.a_kind}, which no driver model drives", "a vehicle"
    elif event.speed_mps == 0 and not says.speed:
        yield "speed", f"{actor.id}, which stands", "the desired speed, such as 30 km/h"


def _endless(says: FollowDo) -> str:
    return "for: 2 s" if says.for_ is None else ""


def _remark(action: Follow, event: PlacedEvent) -> str:
    return DRIVERS[action.driver].source


def _motion(action: Follow, mover: BodyState, context: ActionContext) -> RunningAction:
    mover.drive = action
    settle_in_lane(mover)
    return RunningAction(f"follows as {action.driver}", until_over(context.t_s, action.for_s))


def _achieved(action: Follow, seen: Performance) -> Iterator[Asked]:
    """A driver's desired speed is an upper bound; one that is faster at first has to slow down."""
    fastest = float(seen.speed_mps.max()) if seen.speed_mps[0] <= action.speed_mps else None
    yield replace(
        seen.speed(action.speed_mps, fastest, "desired speed", Bound.AT_MOST), why_open="it is faster at the start"
    )
    yield from seen.lasts(action.for_s)


FOLLOW = StoryVerb(
    key="follow",
    placeless=True,
    example="{speed: 50 km/h}",
    section=FollowDo,
    action=Follow,
    grammar=GRAMMAR,
    phrases=("{a} follows at 50 km/h", "{a} follows traffic"),
    drafts=("a car follows traffic",),
    participles={"following": "follows"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "the actor's speed in its section"),
        ("`driver`", f"`{USUAL_DRIVER}`"),
        ("`for`", "until another event ends it"),
    ),
    parts={"driver": _read_driver},
    at={SPEED: "speed"},
    check=_check,
    endless=_endless,
    remark=_remark,
    targets_leader=True,
)
