"""The verb 'turns': to a side at the junction."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from scenarios.model.actions import VerbAction
from scenarios.model.sides import Side
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.simulation.dynamics.lane_path import wrapped
from scenarios.simulation.traffic.traffic_signals import turn_off
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, one_of
from scenarios.verbs.clause import WHO, Clause, ClauseError, flat
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane, no_junction
from scenarios.verbs.story_verb import Refusal, RoadEvent, StoryVerb, WrittenEvent, collected


class TurnDo(Section):
    to: Annotated[Side, one_of(Side)] = Field(description="left or right")


@dataclass(frozen=True)
class TurnAt(VerbAction):
    """Turn to a side at the junction, at a speed that its radius and the grip allow."""

    takes_path: ClassVar[bool] = True
    along_road: ClassVar[bool] = True

    side: Side

    def by_first_exit(self) -> bool:
        return self.side is Side.RIGHT


GRAMMAR = """
turn: _TURNS turn_part*
?turn_part: TO_SIDE -> turned
    | _AT_JUNCTION -> nothing
    | _mod

_TURNS.4: ("turns" | "turn" | "turns off" | "makes a turn") _E
_AT_JUNCTION.4: ("at" | "into") " the " ("junction" | "crossroads" | "intersection" | "traffic lights" | "traffic light"
    | "lights" | "side road"
    | "cross road") _E
"""


def _read_turn(verb: StoryVerb, items: list) -> Clause | ClauseError:
    said = collected(verb, flat(items))
    if isinstance(said, Clause) and "to" not in said.says:
        return ClauseError(f"the side: '{WHO} turns left at the junction'")
    return said


def _compiled(says: TurnDo, actor: ActorDescription, cast: ActorIndex) -> TurnAt:
    return TurnAt(says.to)


def _words(action: TurnAt) -> str:
    return f"turns {action.side} at the junction"


def _check(says: TurnDo, event: WrittenEvent) -> Iterator[Refusal]:
    yield from keeps_no_lane(event.actor)


def _check_road(says: TurnDo, event: RoadEvent) -> Iterator[Refusal]:
    yield from no_junction(event.road)


def _motion(action: TurnAt, mover: BodyState, context: ActionContext) -> RunningAction:
    return turn_off(mover, action.side)


def _achieved(action: TurnAt, seen: Performance) -> Iterator[Asked]:
    """The heading at the end against that of the arm to this side; a body that comes out of a bend turns by less."""
    turned = seen.turned()
    yield seen.angle("turn", (1 if action.side is Side.LEFT else -1) * math.pi / 2,
                     None if turned is None else wrapped(turned + _bend(seen)))  # fmt: skip


def _bend(seen: Performance) -> float:
    """The change of heading of the actor's road from its start to the junction, which is no part of the turn."""
    main, road = seen.rollout.road, seen.road
    assert main is not None and main.junction is not None
    if road is not main:
        return 0.0
    return road.heading(float(seen.place[0, 0])) - road.heading(main.junction.at_m)


TURN = StoryVerb(
    key="turn",
    example="{to: left}: at the junction",
    section=TurnDo,
    action=TurnAt,
    grammar=GRAMMAR,
    phrases=("{a} turns left at the junction",),
    participles={"turning": "turns"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("the speed in the turn", "as its radius and the grip allow"),),
    readers={"turn": _read_turn},
    needed=("turned",),
    check=_check,
    check_road=_check_road,
)
