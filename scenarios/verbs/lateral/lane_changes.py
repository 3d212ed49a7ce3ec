"""The verbs 'cuts in', 'cuts out' and 'changes lane': to another lane within a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from scenarios.event_text import actor_text, number_text
from scenarios.model.actions import VerbAction
from scenarios.model.sides import Side
from scenarios.model.triggers import LaneRef
from scenarios.roads.road import Road
from scenarios.simulation.actions.lane_change import beside, facing_of, in_turn, lane_at, move_to, to_lane
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction
from scenarios.source.identity import ADDED, USUAL
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Lasting, Section, one_of
from scenarios.spec.trigger_spec import Lane, missing_lane, read_lane
from scenarios.verbs.clause import WHO, Clause, ClauseError, flat, is_possessive
from scenarios.verbs.exported_action import ExportContext, ExportedLaneChange
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.refusals import keeps_no_lane
from scenarios.verbs.story_verb import GENTLY, SHARPLY, Refusal, RoadEvent, StoryVerb, WrittenEvent, collected

CUT_S = 2.0  # default duration of cutting in or out
LANE_CHANGE_S = 4.0  # naturalistic lane changes last 3-6 s


def _lane_or_side(written: Any) -> Side | LaneRef:
    if isinstance(written, str) and written in list(Side):
        return Side(written)
    lane = read_lane(written)
    return LaneRef(lane.number, lane.oncoming)


class CutInDo(Section):
    into: str | None = Field(None, strict=True, description="the id of the actor whose lane it is; left out: the ego")
    within: Lasting = Field(CUT_S, description="how long the lane change takes, such as 1.5 s")


class CutOutDo(Section):
    to: Annotated[Side | None, one_of(Side)] = Field(None, description="left or right; left out: a side with a lane")
    within: Lasting = Field(CUT_S, description="how long the lane change takes, such as 1.5 s")


class ChangeLaneDo(Section):
    to: Annotated[Any, BeforeValidator(_lane_or_side, json_schema_input_type=Lane | Literal["left", "right"])] = Field(
        description="left, right, a lane's number, or 'oncoming 0'"
    )
    within: Lasting = Field(LANE_CHANGE_S, description="how long the lane change takes, such as 3 s")


@dataclass(frozen=True)
class CutIn(VerbAction):
    """Move into the lane of another body, by default the ego's, within `duration_s`."""

    takes_path: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    duration_s: float = CUT_S
    into: str | None = field(default=None, metadata=ADDED)
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


@dataclass(frozen=True)
class CutOut(VerbAction):
    """Leave the ego's lane within `duration_s` for a lane on one side; None: the left one if there is one."""

    takes_path: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    side: Side | None
    duration_s: float
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


@dataclass(frozen=True)
class ChangeLane(VerbAction):
    """Move to the centre of the lane on the own left or right, or of a given lane."""

    takes_path: ClassVar[bool] = True
    joins_road: ClassVar[bool] = True

    to: Side | LaneRef
    within_s: float
    usual: bool = field(default=False, compare=False, metadata=USUAL)  # the duration is not the author's


_CUT_IN_GRAMMAR = r"""
cut_in: (_CUTS_IN | _CUTS_OFF) cut_part*
    | (_CUTS_OFF | _CUTS_BEFORE) who within_part* -> cut_before
    | _CUTS who _OFF within_part* -> cut_before
    | _INTO_GAP_BETWEEN who _AND who within_part* -> cut_between
    | _MOVES_INTO who _LANE within_part* -> cut_into
?cut_part: _WITHIN quantity -> within
    | _mod

_CUTS_IN.3: ("cuts in" | "cut in" | "pulls in") _E /(?! front)/
_CUTS_BEFORE.3: "cuts in front of" _E
_INTO_GAP_BETWEEN.4: ("cuts" | "moves" | "merges" | "pulls" | "changes") " into the " ("gap" | "space") " between" _E
_CUTS.3: "cuts" _E
_OFF.3: "off" _E
_CUTS_OFF.3: "cuts off" _E
_MOVES_INTO.3: ("changes" | "change" | "moves" | "move" | "pulls" | "swerves" | "drifts" | "merges" | "cuts" | "steers"
    | "switches" | "veers") " over"? " " ("into" | "to") _E
"""
_CUT_OUT_GRAMMAR = """
cut_out: _CUTS_OUT side_part*
?side_part: TO_SIDE -> turned
    | within_part

_CUTS_OUT.4: ("cuts out" | "cut out" | "pulls out of its lane" | "pulls out of the lane" | "moves out of its lane"
    | "swerves out of its lane" | "leaves its lane" | "leaves the lane" | "leaves the ego's lane" | "clears the lane"
    | "swerves out") _E
"""
_CHANGE_LANE_GRAMMAR = """
change_lane: _CHANGES_LANE side_part*
    | _ONE_LANE side_part*
    | _MOVES_SIDE TO_SIDE _BY_ONE_LANE within_part* -> change_by_one
    | _MOVES_INTO lane within_part* -> change_to_lane

_CHANGES_LANE.4: ("changes lane" | "changes lanes" | "change lane" | "switches lane" | "switches lanes"
    | "makes a lane change") _E
_ONE_LANE.4: ("moves" | "changes" | "shifts" | "switches") " over"? " " (("one lane" | "a lane") (" over")?
    | "one lane over") _E
_MOVES_SIDE.4: ("moves" | "changes" | "shifts" | "switches") " over"? _E
_BY_ONE_LANE.4: "by "? "one lane" _E
"""


def _read_cut_into(verb: StoryVerb, items: list) -> Clause | ClauseError:
    if not is_possessive(items[0]):
        return ClauseError(f"'{items[0]}'s lane', of an actor")
    return collected(verb, [("into", items[0]), *flat(items[1:])])


def _read_cut_between(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, [("where", ("between", (items[0], items[1]))), *flat(items[2:])])


def _read_cut_before(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, [("where", ("in_front_of", (items[0],))), *flat(items[1:])])


def _read_change_lane(verb: StoryVerb, items: list) -> Clause | ClauseError:
    said = collected(verb, flat(items))
    if isinstance(said, Clause) and "to" not in said.says:
        return ClauseError(f"the side: '{WHO} changes lane to the left'")
    return said


def _read_change_by_one(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, [("to", "left" if "left" in items[0].split() else "right"), *flat(items[1:])])


def _read_change_to_lane(verb: StoryVerb, items: list) -> Clause | ClauseError:
    return collected(verb, flat(items))


def _compiled_cut_in(says: CutInDo, actor: ActorDescription, cast: ActorIndex) -> CutIn:
    into = says.into if says.into != "ego" or actor.oncoming else None
    return CutIn(says.within, into, usual=not says.gives("within"))


def _compiled_cut_out(says: CutOutDo, actor: ActorDescription, cast: ActorIndex) -> CutOut:
    return CutOut(says.to, says.within, usual=not says.gives("within"))


def _compiled_change_lane(says: ChangeLaneDo, actor: ActorDescription, cast: ActorIndex) -> ChangeLane:
    return ChangeLane(says.to, says.within, usual=not says.gives("within"))


def _cut_in_words(action: CutIn) -> str:
    within = f"within {number_text(action.duration_s)} s"
    return f"cuts in {within}" if action.into is None else f"moves into {actor_text(action.into)}'s lane {within}"


def _cut_out_words(action: CutOut) -> str:
    side = f" to the {action.side}" if action.side else ""
    return f"cuts out{side} within {number_text(action.duration_s)} s"


def _change_lane_words(action: ChangeLane) -> str:
    way = f"changes lane to the {action.to}" if isinstance(action.to, Side) else f"moves to {action.to}"
    return f"{way} within {number_text(action.within_s)} s"


# -- checks --------------------------------------------------------------------------------------------------------


def _check_cut_in(says: CutInDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if refused := tuple(keeps_no_lane(actor)):
        yield from refused
    elif says.into is not None and (says.into != "ego" or actor.oncoming):
        yield from _check_into(says.into, event)
    elif not actor.beside_ego_lane and actor.id not in event.moved:
        yield "", f"{actor.id}, which is not beside the ego's lane", "an actor in another lane of the ego's direction"
    yield from _check_stands(event)


def _check_into(into: str, event: WrittenEvent) -> Iterator[Refusal]:
    """Refuses a lane of another actor that is no lane, or the actor's own."""
    actor, other = event.actor, event.cast.members.get(into)
    if other is None or actor.id in event.moved or into in event.moved:
        return
    if other.lane is None or actor.lane is None:
        who = into if other.lane is None else actor.id
        yield "into", f"{who}, which is in no lane", "two actors in lanes"
    elif (other.lane, other.oncoming) == (actor.lane, actor.oncoming):
        yield "into", f"{actor.id}, which is in the lane of {into} already", "an actor in another lane"


def _check_stands(event: WrittenEvent) -> Iterator[Refusal]:
    if event.speed_mps == 0 and event.actor.id not in event.moved:
        yield (
            "",
            f"{event.actor.id}, which stands",
            f"an actor that moves; '{event.actor.id} pulls out' of one that stands",
        )


def _check_cut_out(says: CutOutDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if refused := tuple(keeps_no_lane(actor)):
        yield from refused
    elif actor.id == "ego" or not (actor.in_ego_lane or actor.id in event.moved):
        yield "", f"{actor.id}, which is not ahead in the ego's lane", "an actor in the ego's lane"


def _check_change_lane(says: ChangeLaneDo, event: WrittenEvent) -> Iterator[Refusal]:
    if event.actor.on_ramp and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the ramp", "merge first"
    if event.actor.on_cross and event.actor.id not in event.moved:
        yield "", f"{event.actor.id}, which is on the crossing road", "an actor on the ego's road"
    own = event.actor.lane if event.actor.id not in event.moved else None
    if isinstance(says.to, LaneRef) and own is not None and says.to == LaneRef(own, event.actor.oncoming):
        yield "to", f"{event.actor.id}, which is in {says.to} already", "another lane"
    yield from keeps_no_lane(event.actor)
    yield from _check_stands(event)


def _check_lane_there(says: CutOutDo | ChangeLaneDo, event: RoadEvent) -> Iterator[Refusal]:
    """Refuses a lane that does not exist, or for an actor in its first lane a side without a lane."""
    if isinstance(says.to, LaneRef):
        if missing := missing_lane(says.to, event.road):
            yield "to", *missing
        return
    if event.lane is None:
        return
    sides = [side for side in Side if beside(event.road, event.lane, side, event.facing) is not None]
    if (says.to is not None and says.to not in sides) or not sides:
        found = f"no lane on the {says.to} of {event.actor}" if says.to else f"no lane beside {event.actor}"
        yield "to", found, f"a lane on its {sides[0]}" if sides else "a road with more lanes"


# -- motion --------------------------------------------------------------------------------------------------------


def _cut_in_motion(action: CutIn, mover: BodyState, context: ActionContext) -> RunningAction:
    if action.into is None:
        return in_turn(mover) or move_to(mover, 0.0, action.duration_s, "cuts in")
    d = mover.road.locate(*context.look(action.into).at[:2])[1]
    lane = mover.road.lane_centre(lane_at(mover.road, d))
    return in_turn(mover) or move_to(mover, lane, action.duration_s, f"moves into the lane of {action.into}")


def _cut_out_motion(action: CutOut, mover: BodyState, context: ActionContext) -> RunningAction:
    here, facing = _here(mover)
    lane = _way_out(mover.road, here, action.side, facing)
    return in_turn(mover) or to_lane(mover, lane, action.duration_s, "cuts out")


def _change_lane_motion(action: ChangeLane, mover: BodyState, context: ActionContext) -> RunningAction:
    if isinstance(action.to, LaneRef):
        lane: int | None = action.to.number + (mover.road.lanes if action.to.oncoming else 0)
        said = f"moves to {action.to}"
    else:
        here, facing = _here(mover)
        lane, said = beside(mover.road, here, action.to, facing), f"changes lane to the {action.to}"
    return in_turn(mover) or to_lane(mover, lane, action.within_s, said)


def _here(mover: BodyState) -> tuple[int, int]:
    """The nearest lane, and the direction along the road that the body faces."""
    return lane_at(mover.road, mover.road.locate(*mover.at[:2])[1]), facing_of(mover)


def _way_out(road: Road, lane: int, side: Side | None, facing: int) -> int | None:
    """The lane to cut out to. Without a given side: the left lane of the same direction, or else the right one."""
    if side is not None:
        return beside(road, lane, side, facing)
    sides = [beside(road, lane, s, facing) for s in (Side.LEFT, Side.RIGHT)]
    return next((b for b in sides if b is not None and (b < road.lanes) == (lane < road.lanes)), None)


# -- export --------------------------------------------------------------------------------------------------------


def _export_cut_in(action: CutIn, context: ExportContext) -> ExportedLaneChange | None:
    if action.into is not None:
        return None
    return ExportedLaneChange(context.road.ego_lane, action.duration_s)


def _export_cut_out(action: CutOut, context: ExportContext) -> ExportedLaneChange:
    left = context.lane + 1 < context.road.lanes if action.side is None else action.side is Side.LEFT
    return ExportedLaneChange(context.lane + context.facing * (1 if left else -1), action.duration_s)


def _export_change_lane(action: ChangeLane, context: ExportContext) -> ExportedLaneChange:
    if isinstance(action.to, Side):
        lane = context.lane + context.facing * (1 if action.to is Side.LEFT else -1)
    else:
        lane = action.to.number + (context.road.lanes if action.to.oncoming else 0)
    return ExportedLaneChange(lane, action.within_s)


def _cut_in_achieved(action: CutIn, seen: Performance) -> Iterator[Asked]:
    lane_d = 0.0
    if action.into is not None:
        x, y = map(float, seen.rollout.centre[seen.first, seen.other(action.into), :2])
        lane_d = seen.road.lane_centre(lane_at(seen.road, seen.road.locate(x, y)[1]))
    yield from seen.sideways(lane_d, action.duration_s, action.usual)


def _cut_out_achieved(action: CutOut, seen: Performance) -> Iterator[Asked]:
    lane = _way_out(seen.road, lane_at(seen.road, float(seen.place[0, 1])), action.side, seen.facing)
    assert lane is not None  # otherwise it was declined
    yield from seen.sideways(seen.road.lane_centre(lane), action.duration_s, action.usual)


def _change_lane_achieved(action: ChangeLane, seen: Performance) -> Iterator[Asked]:
    if isinstance(action.to, LaneRef):
        lane: int | None = action.to.number + (seen.road.lanes if action.to.oncoming else 0)
    else:
        lane = beside(seen.road, lane_at(seen.road, float(seen.place[0, 1])), action.to, seen.facing)
    assert lane is not None  # otherwise it was declined
    yield from seen.sideways(seen.road.lane_centre(lane), action.within_s, action.usual)


CUT_IN = StoryVerb(
    key="cut_in",
    example="{within: 1.5 s}",
    section=CutInDo,
    action=CutIn,
    grammar=_CUT_IN_GRAMMAR,
    phrases=(
        "{a} cuts in after 1 s",
        "{a} cuts in within 1.5 s after 1 s",
        "{a} changes into the ego's lane after 1 s",
    ),
    drafts=("a car cuts in",),
    participles={"cutting": "cuts"},
    compiled=_compiled_cut_in,
    words=_cut_in_words,
    motion=_cut_in_motion,
    achieved=_cut_in_achieved,
    usual=(
        ("`into`", "the ego's lane; with a place, such as 'in front of the truck', the lane of that actor"),
        (
            "*sharply*, *gently* and the like, of every lateral move",
            f"{SHARPLY:g} and {GENTLY:g} of the usual duration",
        ),
    ),
    readers={"cut_into": _read_cut_into, "cut_before": _read_cut_before, "cut_between": _read_cut_between},
    names=("into",),
    check=_check_cut_in,
    exported=_export_cut_in,
)
CUT_OUT = StoryVerb(
    key="cut_out",
    example="{to: left, within: 1.5 s}",
    section=CutOutDo,
    action=CutOut,
    grammar=_CUT_OUT_GRAMMAR,
    phrases=("{a} cuts out to the left after 1 s",),
    drafts=("a car cuts out",),
    compiled=_compiled_cut_out,
    words=_cut_out_words,
    motion=_cut_out_motion,
    achieved=_cut_out_achieved,
    usual=(("`to`", "the side on which there is a lane of its direction, the left one first"),),
    check=_check_cut_out,
    check_road=_check_lane_there,
    exported=_export_cut_out,
)
CHANGE_LANE = StoryVerb(
    key="change_lane",
    example="{to: left, within: 3 s}",
    section=ChangeLaneDo,
    action=ChangeLane,
    grammar=_CHANGE_LANE_GRAMMAR,
    phrases=("{a} changes lane to the left within 3 s", "{a} moves to lane 0 after 1 s"),
    drafts=("a car changes lane to the left",),
    participles={"changing": "changes"},
    compiled=_compiled_change_lane,
    words=_change_lane_words,
    motion=_change_lane_motion,
    achieved=_change_lane_achieved,
    usual=(("the end", "in the centre of the lane"),),
    readers={
        "change_lane": _read_change_lane,
        "change_to_lane": _read_change_to_lane,
        "change_by_one": _read_change_by_one,
    },
    needed=("turned",),
    check=_check_change_lane,
    check_road=_check_lane_there,
    exported=_export_change_lane,
)
