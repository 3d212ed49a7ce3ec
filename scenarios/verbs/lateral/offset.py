"""The verb 'offset': drives beside the centre of its lane, or returns to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from scenarios.event_text import number_text
from scenarios.model.actions import VerbAction
from scenarios.model.sides import Side
from scenarios.simulation.actions.lane_change import facing_of, in_turn, lane_at, move_to
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.identity import ADDED, USUAL
from scenarios.source.units import LENGTH, measure_of
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section, fault, measured
from scenarios.verbs.clause import Clause, ClauseError, flat
from scenarios.verbs.exported_action import ExportContext, ExportedOffset
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane
from scenarios.verbs.story_verb import Refusal, StoryVerb, WrittenEvent, collected

Sideways = Annotated[float, measured(LENGTH, -2.0, 2.0)]


class OffsetDo(Section):
    to: Sideways | None = Field(
        None, description="the offset from its lane's centre to its left, such as 0.5 m; negative: right"
    )
    by: Sideways | None = Field(None, description="how far to its left of where it is, such as 0.5 m, instead of to")
    within: Lasting = Field(2.0, description="the duration of the move, such as 1.5 s")

    @model_validator(mode="after")
    def _one(self) -> "OffsetDo":
        if (self.to is None) == (self.by is None):
            raise fault("neither to nor by" if self.to is None else "both to and by", "one of them, such as to: 0.5 m")
        return self


@dataclass(frozen=True)
class LaneOffset(VerbAction):
    """Drive `offset_m` to the own left of the lane's centre; negative to the right. `relative`: of where it is."""

    takes_path: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    offset_m: float
    within_s: float
    relative: bool = field(default=False, metadata=ADDED)
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


GRAMMAR = """
offset: _SHIFTS quantity TO_SIDE within_part*
    | _SHIFTS TO_SIDE _BY? quantity within_part* -> offset_by
    | _SHIFTS quantity TO_SIDE _OFF_CENTRE within_part* -> offset_to
    | _SHIFTS TO_SIDE _BY? quantity _OFF_CENTRE within_part* -> offset_by_to
    | _RETURNS within_part* -> centred
    | _BACK within_part* -> moved_back
    | quantity TO_SIDE within_part* -> offset_again

_SHIFTS.2: ("moves" | "shifts" | "drifts" | "edges" | "swerves" | "steers" | "veers") " over"? " by"? _E
_BACK.4: (("comes" | "moves" | "swerves" | "steers" | "drifts" | "goes") " ")? "back" _E /(?! to\b)/
_RETURNS.4: ("returns" | "moves back" | "goes back") " to the " ("centre" | "center"
    | "middle") " of " ("its" | "the") " lane" _E
_OFF_CENTRE.3: ("of" | "in" | "within" | "from") " " ("its" | "the") " lane" ("'s centre")? _E
    | ("of" | "from") " " ("its" | "the") " lane's " ("centre" | "center" | "middle") _E
"""


def _read_offset(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[0], items[1], items[2:], "by")


def _read_offset_by(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[1], items[0], items[2:], "by")


def _read_offset_to(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[0], items[1], items[2:], "to")


def _read_offset_by_to(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return _shifted(verb, items[1], items[0], items[2:], "to")


def _read_again(verb: StoryVerb, items: list) -> Clause | ClauseError:
    """'then 0.5 m to the left', after another move."""
    said = _shifted(verb, items[0], items[1], items[2:], "by")
    return replace(said, elliptic=True) if isinstance(said, Clause) else said


def _read_back(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items), back=True)


def _read_centred(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items), to="0 m")


def _shifted(verb: StoryVerb, far: str, side: str, parts: list, key: str) -> Clause | ClauseError:
    """`key`: "to" an offset from the centre of the lane, or "by" a distance from where it is."""
    if measure_of(far) is not LENGTH:
        return ClauseError(f"{LENGTH.wanted}, instead of '{far}'")
    return collected(verb, flat(parts), **{key: far if "left" in side.split() else f"-{far.lstrip('+')}"})


def _compiled(says: OffsetDo, actor: ActorDescription, cast: ActorIndex) -> LaneOffset:
    usual = not says.gives("within")
    if says.to is None:
        assert says.by is not None  # the section has one of them
        return LaneOffset(says.by, says.within, relative=True, usual=usual)
    return LaneOffset(says.to, says.within, usual=usual)


def _words(action: LaneOffset) -> str:
    within = f"within {number_text(action.within_s)} s"
    if not action.offset_m and not action.relative:
        return f"returns to the centre of its lane {within}"
    side = Side.LEFT if action.offset_m > 0 else Side.RIGHT
    of = "" if action.relative else " of its lane's centre"
    return f"drifts {number_text(abs(action.offset_m))} m to the {side}{of} {within}"


def _check(says: OffsetDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.on_ramp and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the ramp", "merge first"
    if event.actor.on_cross and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the crossing road", "an actor on the ego's road"
    if event.speed_mps == 0 and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which stands", "an actor that moves"
    yield from keeps_no_lane(event.actor)


def _motion(action: LaneOffset, mover: BodyState, context: ActionContext) -> RunningAction:
    if (refused := in_turn(mover)) is not None:
        return refused
    d = mover.road.locate(*mover.at[:2])[1]
    middle = d if action.relative else mover.road.lane_centre(lane_at(mover.road, d))
    target = middle + facing_of(mover) * action.offset_m
    return move_to(mover, target, action.within_s, "moves within its lane")


def _exported(action: LaneOffset, context: ExportContext) -> ExportedOffset | None:
    if action.relative:
        return None
    return ExportedOffset(context.facing * action.offset_m, action.within_s)


def _achieved(action: LaneOffset, seen: Performance) -> Iterator[Asked]:
    d = float(seen.place[0, 1])
    middle = d if action.relative else seen.road.lane_centre(lane_at(seen.road, d))
    yield from seen.sideways(middle + seen.facing * action.offset_m, action.within_s, action.usual)


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
    usual=(
        ("the lane", "the one whose centre is nearest when it begins"),
        ("`to`, `by`", "an error: one of them is required; a line means `by`, and `to` with *of its lane's centre*"),
    ),
    readers={
        "offset": _read_offset,
        "offset_by": _read_offset_by,
        "offset_to": _read_offset_to,
        "offset_by_to": _read_offset_by_to,
        "centred": _read_centred,
        "moved_back": _read_back,
        "offset_again": _read_again,
    },
    check=_check,
    exported=_exported,
)
