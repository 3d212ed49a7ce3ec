"""The verb 'overtakes': past another body in the neighbouring lane, and back to its own lane in front of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from scenarios.event_text import actor_text, number_text, speed_text
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import ON_FOOT
from scenarios.model.kinds.registry import KINDS
from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.scenario import OnLane, Placed
from scenarios.simulation.actions.lane_change import beside, lane_at, move_to
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, Station, decline, station
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.longitudinal_control import Target
from scenarios.source.units import LENGTH, SPEED, shown
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, Speed, measured, one_of
from scenarios.verbs.clause import Part
from scenarios.verbs.performance import Asked, Bound, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent

LANE_CHANGE_S = 3.0  # duration of each of the two lane changes
SPEEDING_UP_MPS2 = 2.0  # acceleration of an overtaking vehicle
GAP_M = 10.0
ASIDE_M = 0.3  # minimum gap between the sides of two bodies for passing
BEHIND_M = 2.0  # minimum gap to its rear before that
CALM_MPS2 = 1.5  # braking that must be enough to stay behind until then

ClearGap = Annotated[float, measured(LENGTH, 0.5, 100.0)]


class OvertakeDo(Section):
    whom: str = Field(strict=True, description="the id of an actor ahead, or ego")
    side: Annotated[Side, one_of(Side)] = Field(Side.LEFT, description="left or right, on which it passes")
    speed: Speed | None = Field(None, description="the speed at which it passes, such as 70 km/h; left out: its own")
    gap: ClearGap = Field(GAP_M, description="from its rear to the other's front when it moves back, such as 10 m")


@dataclass(frozen=True)
class Overtake(VerbAction):
    """Move to the lane on a side, pass `whom` at `speed_mps`, move back with `gap_m` from the own rear to its front."""

    takes_speed: ClassVar[bool] = True
    takes_path: ClassVar[bool] = True
    along_road: ClassVar[bool] = True

    whom: str
    side: Side
    speed_mps: float
    gap_m: float


GRAMMAR = """
overtake: _OVERTAKES overtake_whom overtake_part*
overtake_whom: who
?overtake_part: OVERTAKING_SIDE -> overtaking_side
    | _LEAVING quantity -> overtaking_gap
    | _mod

OVERTAKING_SIDE.4: ("on the " ("left" | "right")) _E
_LEAVING.5: ("leaving" | "with") " a " ("gap" | "clearance") " of" _E
"""


def _read_side(items: list) -> Part:
    return "side", items[0].rpartition(" ")[2]


def _compiled(says: OvertakeDo, actor: ActorDescription, cast: ActorIndex) -> Overtake:
    return Overtake(says.whom, says.side, actor.speed_mps if says.speed is None else says.speed, says.gap)


def _words(action: Overtake) -> str:
    how = f"on the {action.side} at {speed_text(action.speed_mps)}"
    return f"overtakes {actor_text(action.whom)} {how} leaving a gap of {number_text(action.gap_m)} m"


def _check(says: OvertakeDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor, whom = event.actor, event.cast.members[says.whom]
    if actor.kind in ON_FOOT:
        yield "", f"{actor.a_kind}, which does not keep to a lane", "a vehicle or a cyclist"
    if whom.hidden or whom.on_trajectory:
        found = f"{whom.id}, which {'has no place of its own' if whom.hidden else 'follows its trajectory'}"
        yield "whom", found, "an actor that drives along the road"
    elif says.speed is None and actor.id in event.changed:
        yield "speed", "nothing", f"the speed at which {actor.id} passes, such as 70 km/h"
    elif whom.id not in event.changed and whom.oncoming == actor.oncoming:
        speed = actor.speed_mps if says.speed is None else says.speed
        if speed <= whom.speed_mps:
            wanted = f"a speed above the {shown(whom.speed_mps, SPEED)} of {whom.id}"
            yield "speed", f"{shown(speed, SPEED)}, which is not faster than {whom.id}", wanted


def _start_lane(placed: Placed, road: Road) -> int | None:
    """The lane in which a body starts; None for one that starts beside the road, across it, or on a ramp."""
    if not isinstance(placed.start, OnLane) or placed.start.cross or placed.start.ramp:
        return None
    lane = lane_at(road, placed.start.d_m)
    return lane if abs(placed.start.d_m - road.lane_centre(lane)) <= road.width_of(lane) / 2 else None


def _check_placed(action: Overtake, event: PlacedEvent) -> Iterator[Refusal]:
    if event.actor in event.moved:
        return  # its position at that time is only known in the simulation, which checks it
    who, whom = event.placed[event.actor], event.placed[action.whom]
    lane = _start_lane(who, event.road)
    if lane is None:
        yield "", f"{event.actor}, which is in no lane of the road", "an actor in a lane"
        return
    assert isinstance(who.start, OnLane)
    if beside(event.road, lane, action.side, who.start.facing) is None:
        other = Side.LEFT if action.side is Side.RIGHT else Side.RIGHT
        found = f"no lane on the {action.side} of {event.actor}"
        there = beside(event.road, lane, other, who.start.facing) is not None
        yield "side", found, f"the lane on its {other}" if there else "a road with more lanes"
    if action.whom not in event.moved:
        yield from _ahead_refusals(action, event.actor, who, whom, lane, event.road)


def _ahead_refusals(
    action: Overtake, actor: str, who: Placed, whom: Placed, lane: int, road: Road
) -> Iterator[Refusal]:
    assert isinstance(who.start, OnLane)
    wanted = f"an actor ahead of {actor} in its lane"
    if _start_lane(whom, road) != lane:
        yield "whom", f"{action.whom}, which is not in the lane of {actor}", wanted
        return
    assert isinstance(whom.start, OnLane)
    if whom.start.facing != who.start.facing and whom.speed_mps > 0:
        yield "whom", f"{action.whom}, which comes towards {actor}", wanted
    elif (whom.start.s_m - who.start.s_m) * who.start.facing <= 0:
        yield "whom", f"{action.whom}, which is behind {actor}", wanted


def _remark(action: Overtake, event: PlacedEvent) -> str:
    """Whether the passing lane is oncoming; unknown before the simulation if the actor has left its first lane."""
    then = f"gap from rear to front; takes {LANE_CHANGE_S:g} s or more each way, then drives on as before"
    who = event.placed[event.actor]
    lane = None if event.actor in event.moved else _start_lane(who, event.road)
    if lane is None or not isinstance(who.start, OnLane):
        return then
    other = beside(event.road, lane, action.side, who.start.facing)
    oncoming = other is not None and (other < event.road.lanes) != (lane < event.road.lanes)
    return f"in the lane of the oncoming traffic; {then}" if oncoming else then


@dataclass
class _Overtaking:
    """The state of an overtaking manoeuvre."""

    action: Overtake
    mover: BodyState
    context: ActionContext
    home_d: float
    shifts: list[RunningAction] = field(default_factory=list)  # the lane changes out and back
    back: bool = False
    held: bool = False  # whether it waits behind the other body

    def step(self, t_s: float) -> str:
        """Keep the speed; once past, move back; once back, restore the former speed control."""
        if len(self.shifts) == 2:
            self._end_when_back()
            return ""
        other = self.context.look(self.action.whom)
        own, his = station(self.mover, self.mover.road), station(other, self.mover.road)
        if not other.present or -_gap(own, his) - _length(own) - _length(his) >= self.action.gap_m:
            self.drive()
            self.shifts.append(move_to(self.mover, self.home_d, LANE_CHANGE_S, "moves back"))
            return f"moves back in front of {self.action.whom}"
        self._keep_behind(own, his, other)
        return ""

    def over(self, _: float) -> bool:
        """Whether it is finished, or another action has replaced its path."""
        return self.back or not isinstance(self.mover.path, LanePath)

    def _end_when_back(self) -> None:
        path = self.mover.path
        if isinstance(path, LanePath) and path.settled and not self.back:
            self.back = True
            if self.context.before.drive is not None:
                self.context.before.apply(self.mover)

    def _keep_behind(self, own: Station, his: Station, other: BodyState) -> None:
        """Limit the speed to the other body's while it is in the way and later comfortable braking is not enough."""
        aside = abs(own.d_m - his.d_m) - (self.mover.body.size.width_m + other.body.size.width_m) / 2
        gap, closing = _gap(own, his), (own.along_mps - his.along_mps) * own.facing
        needed = max(closing, 0.0) ** 2 / (2 * max(gap - BEHIND_M, 0.1))
        if aside >= ASIDE_M or needed < CALM_MPS2:
            if self.held:
                self.drive()
        elif gap > 0:
            self.held = True
            self.mover.target = Target(max(his.along_mps * own.facing, 0.0), max(needed, 2.0), braking=True)

    def drive(self) -> None:
        """Accelerate to the passing speed."""
        self.held = False
        slower = self.action.speed_mps < self.mover.speed
        rate = KINDS[self.mover.body.kind].dynamics.limited(SPEEDING_UP_MPS2, not slower)
        self.mover.target = Target(self.action.speed_mps, rate, braking=slower)


def _gap(own: Station, his: Station) -> float:
    """Distance from one's front to the other's rear, metres; negative when the front is ahead of the rear."""
    return his.near_m - own.far_m if own.facing > 0 else own.near_m - his.far_m


def _length(there: Station) -> float:
    return there.far_m - there.near_m


def _motion(action: Overtake, mover: BodyState, context: ActionContext) -> RunningAction:
    if (why := _hindrance(action, mover, context)) is not None:
        context.before.apply(mover)
        return decline(f"does not overtake {action.whom}: {why}")
    path, own = mover.join_lane(), station(mover, mover.road)
    lane = lane_at(mover.road, own.d_m)
    to = beside(mover.road, lane, action.side, own.facing)
    assert to is not None
    home_d = path.d if path.settled else mover.road.lane_centre(lane)
    deed = _Overtaking(action, mover, context, home_d)
    deed.drive()
    out = move_to(mover, mover.road.lane_centre(to), LANE_CHANGE_S, f"overtakes {action.whom} on the {action.side}")
    deed.shifts.append(out)
    oncoming = (to < mover.road.lanes) != (lane < mover.road.lanes)
    return RunningAction(out.said + (" in the oncoming lane" if oncoming else ""), deed.over, deed.step)


def _hindrance(action: Overtake, mover: BodyState, context: ActionContext) -> str | None:
    """The reason why it is not possible from the present positions."""
    other, road = context.look(action.whom), mover.road
    if mover.turn is not None:
        return "it is in a turn"
    if not other.present:
        return f"{action.whom} is not there"
    own, his = station(mover, road), station(other, road)
    lane = lane_at(road, own.d_m)
    if beside(road, lane, action.side, own.facing) is None:
        return f"there is no lane on its {action.side}"
    if _gap(own, his) < 0 or lane_at(road, his.d_m) != lane:
        return f"{action.whom} is not ahead of it in its lane"
    if his.along_mps * own.facing >= action.speed_mps:
        return f"{action.whom} is not slower than {action.speed_mps * 3.6:.0f} km/h"
    return None


def _achieved(action: Overtake, seen: Performance) -> Iterator[Asked]:
    """The passing speed at its nearest, the gap at its largest, and the lane at the end."""
    off = np.abs(seen.speed_mps - action.speed_mps)
    yield seen.speed(action.speed_mps, float(seen.speed_mps[int(np.argmin(off))]) if seen.over else None)
    gap = float(seen.gap_along(action.whom).max())
    yield seen.distance(f"gap in front of {action.whom}", action.gap_m, gap if seen.over else None, Bound.AT_LEAST)
    lanes = [lane_at(seen.road, float(d)) for d in (seen.place[0, 1], seen.place[-1, 1])]
    yield seen.distance("lane at the end", float(lanes[0]), float(lanes[1]) if seen.over else None)


OVERTAKE = StoryVerb(
    key="overtake",
    example="{whom: truck, side: left, speed: 70 km/h}",
    section=OvertakeDo,
    action=Overtake,
    grammar=GRAMMAR,
    phrases=(
        "{a} overtakes {b}",
        "{a} overtakes {b} on the left at 70 km/h after 1 s",
        "{a} overtakes {b} with a gap of 15 m",
    ),
    drafts=("... at 70 km/h", "... at 130 km/h", "... a truck at 70 km/h", "a car overtakes a truck at 70 km/h"),
    participles={"overtaking": "overtakes"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`speed`", "its own speed in its section"),
        ("the lane changes", f"{LANE_CHANGE_S:g} s or more each way"),
        ("speeding up", f"{SPEEDING_UP_MPS2:g} m/s²"),
        ("behind the other, until there is room beside it", f"no nearer than {BEHIND_M:g} m"),
    ),
    parts={"overtake_whom": "whom", "overtaking_side": _read_side, "overtaking_gap": "gap"},
    at={SPEED: "speed"},
    names=("whom",),
    check=_check,
    check_placed=_check_placed,
    remark=_remark,
)
