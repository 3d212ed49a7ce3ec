"""The verb 'offset': drives beside the centre of its lane, or returns to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import Field

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.model.sides import Side
from scenarios.simulation.actions.lane_change import facing_of, in_turn, lane_at, move_to
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.identity import USUAL
from scenarios.source.units import LENGTH
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section, measured
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.exported_action import ExportContext, ExportedOffset
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent, collected

Sideways = Annotated[float, measured(LENGTH, -2.0, 2.0)]


class OffsetDo(Section):
    to: Sideways = Field(description="the offset from its lane's centre to its left, such as 0.5 m; negative: right")
    within: Lasting = Field(2.0, description="the duration of the move, such as 1.5 s")


@dataclass(frozen=True)
class LaneOffset(VerbAction):
    """Drive `offset_m` to the own left of the lane's centre; negative to the right."""

    takes_path: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    offset_m: float
    within_s: float
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


GRAMMAR = """
offset: _SHIFTS quantity TO_SIDE _OFF_CENTRE? within_part* -> offset
    | SHIFTS_TO_SIDE quantity _OFF_CENTRE? within_part* -> offset_by
    | _RETURNS within_part* -> centred

_SHIFTS.2: ("moves" | "shifts" | "drifts" | "edges" | "swerves" | "steers") " over"? " by"? _E
SHIFTS_TO_SIDE.4: ("moves" | "shifts" | "drifts" | "edges" | "swerves" | "steers") " to the " ("left"
    | "right") " by" _E
_RETURNS.4: ("returns" | "moves back" | "goes back") " to the " ("centre" | "center"
    | "middle") " of " ("its" | "the") " lane" _E
_OFF_CENTRE.3: ("of" | "in" | "within" | "from") " " ("its" | "the") " lane" ("'s centre")? _E
    | ("of" | "from") " " ("its" | "the") " lane's " ("centre" | "center" | "middle") _E
"""


def _read_offset(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[0], items[1], items[2:])


def _read_offset_by(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[1], items[0], items[2:])


def _read_centred(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items), to="0 m")


def _shifted(verb: StoryVerb, far: str, side: str, parts: list) -> Clause | ClauseError:
    return collected(verb, flat(parts), to=far if "left" in side.split() else f"-{far.lstrip('+')}")


def _compiled(says: OffsetDo, actor: ActorDescription, cast: ActorIndex) -> LaneOffset:
    return LaneOffset(says.to, says.within, usual=not says.gives("within"))


def _words(action: LaneOffset) -> str:
    within = f"within {number_text(action.within_s)} s"
    if not action.offset_m:
        return f"returns to the centre of its lane {within}"
    side = Side.LEFT if action.offset_m > 0 else Side.RIGHT
    return f"drifts {number_text(abs(action.offset_m))} m to the {side} of its lane's centre {within}"


def _check(says: OffsetDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.on_ramp and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the ramp", "merge first"
    yield from keeps_no_lane(event.actor)


def _motion(action: LaneOffset, mover: BodyState, context: ActionContext) -> RunningAction:
    if (refused := in_turn(mover)) is not None:
        return refused
    lane = lane_at(mover.road, mover.road.locate(*mover.at[:2])[1])
    target = mover.road.lane_centre(lane) + facing_of(mover) * action.offset_m
    return move_to(mover, target, action.within_s, "moves within its lane")


def _exported(action: LaneOffset, context: ExportContext) -> ExportedOffset:
    return ExportedOffset(context.facing * action.offset_m, action.within_s)


def _achieved(action: LaneOffset, seen: Performance) -> Iterator[Asked]:
    lane = lane_at(seen.road, float(seen.place[0, 1]))
    yield from seen.sideways(seen.road.lane_centre(lane) + seen.facing * action.offset_m, action.within_s, action.usual)


OFFSET = StoryVerb(
    key="offset",
    example="{to: 0.5 m, within: 2 s}",
    section=OffsetDo,
    action=LaneOffset,
    grammar=GRAMMAR,
    phrases=("{a} drifts 0.5 m to the right after 1 s", "{a} returns to the centre of its lane"),
    drafts=("a car drifts 0.5 m to the right",),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(("the lane", "the one whose centre is nearest when it begins"),),
    readers={"offset": _read_offset, "offset_by": _read_offset_by, "centred": _read_centred},
    check=_check,
    exported=_exported,
)
