"""The verb 'turns around': a U-turn within the width of the road, to the right-hand lane of the other direction."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from scenarios.boxes import box_corners
from scenarios.model.actions import VerbAction
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, FOUR_WHEELS, ON_FOOT, Body, Kind
from scenarios.roads.reference_line import Piece, nodes_of, places_on
from scenarios.roads.road import Road, RoadKind
from scenarios.roads.turn_ways import NoTurn, Turn
from scenarios.scenario import OnLane
from scenarios.simulation.actions.lane_change import move_to
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import MAX_CURVATURE, STEERING_RADPS, WHEELBASE_SHARE, LanePath
from scenarios.simulation.dynamics.turning import SIDEWAYS_MPS2, SIDEWAYS_SHARE, SLOWING_MPS2, Slowing
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent

FULL_LOCK_RAD = math.radians(35.0)  # of the front wheels: a 12 m bus then needs 24.7 m between two walls
EASING_M = 5.0  # distance in which the steering reaches the arc's curvature, and returns to zero
TWO_WHEEL_BASE_M = 1.2
BACK_S = 3.0  # time to the lane's centre, if the arc ends beside it
STRAIGHT_PER_M = 1e-4  # curvature below which a road counts as straight
SPACING_M = 0.25  # of the sample points that measure the width


class TurnAroundDo(Section):
    """Has no arguments; the path follows from the body and the road."""


@dataclass(frozen=True)
class TurnAround(VerbAction):
    """Make a U-turn to the left, slowing down to the speed that radius and steering allow."""

    takes_path: ClassVar[bool] = True
    along_road: ClassVar[bool] = True


GRAMMAR = """
turn_around: _TURNS_AROUND turn_around_part*
?turn_around_part: _mod

_TURNS_AROUND.5: ("turns around" | "turns round" | "turn around" | "turn round" | "makes a u-turn" | "does a u-turn"
    | "performs a u-turn") _E
"""


@dataclass(frozen=True)
class UTurn:
    """A half turn to the left: its radius, its pieces, and the distance to the left from its start to its end."""

    radius_m: float
    pieces: tuple[Piece, ...]
    aside_m: float

    @property
    def length_m(self) -> float:
        return sum(piece.length_m for piece in self.pieces)


def least_radius(body: Body) -> float:
    """Radius of the path at full lock, metres: wheelbase / tan(35 deg), and at least that of any planned turn."""
    return max(1 / MAX_CURVATURE, _wheelbase(body) / math.tan(FULL_LOCK_RAD))


def plan_u_turn(body: Body, road: Road, d_m: float, facing: int, offset_m: float = 0.0) -> tuple[UTurn, float]:
    """The U-turn from an offset on a straight road, and the offset of the lane after it; raises NoTurn.

    It ends in the centre of the right-hand lane of the other direction, or beside it if the body would leave the road
    or needs more room than is between the two. `offset_m`: from the reference point to the box centre.
    """
    lanes = road.lanes + road.opposite_lanes
    if not road.opposite_lanes:
        raise NoTurn("no lane leads in the other direction")
    target = road.lane_centre(lanes - 1 if facing > 0 else 0)
    away = facing * (target - d_m)
    tightest = _half_turn(least_radius(body))
    widest = _as_wide(away, tightest.radius_m) if tightest.aside_m < away else tightest
    room = road.left_edge - d_m if facing > 0 else d_m - road.right_edge
    for share in (1.0, 0.75, 0.5, 0.25, 0.0):
        turn = _half_turn(tightest.radius_m + share * (widest.radius_m - tightest.radius_m))
        if _reach(body, turn, offset_m) <= room:
            return turn, target
    needed = _reach(body, tightest, offset_m)
    least = needed + body.size.width_m / 2
    raise NoTurn(
        f"its turning circle needs a road of {least:.1f} m from its right side on, {needed - room:.1f} m more than "
        f"there are"
    )


def _wheelbase(body: Body) -> float:
    return WHEELBASE_SHARE * body.size.length_m if body.kind in FOUR_WHEELS else TWO_WHEEL_BASE_M


@lru_cache(maxsize=64)
def _half_turn(radius_m: float) -> UTurn:
    bend = 1 / radius_m
    arc = radius_m * math.pi - EASING_M
    pieces = (Piece(EASING_M, 0.0, bend), Piece(arc, bend, bend), Piece(EASING_M, bend, 0.0))
    return UTurn(radius_m, pieces, float(_places(pieces, np.array([arc + 2 * EASING_M]))[0, 1]))


def _places(pieces: tuple[Piece, ...], s: np.ndarray) -> np.ndarray:
    """x, y and heading along the pieces from the origin, along x."""
    return places_on(nodes_of(pieces, 0.0, (0.0, 0.0, 0.0)), s, np.zeros_like(s))


def _as_wide(away_m: float, least_m: float) -> UTurn:
    """The U-turn that ends at this distance to the left."""
    low, high = least_m, away_m / 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _half_turn(middle).aside_m < away_m else (low, middle)
    return _half_turn(high)


def _reach(body: Body, turn: UTurn, offset_m: float) -> float:
    """The largest distance of any of the body's corners to the left of its start, metres."""
    s = np.append(np.arange(0.0, turn.length_m, SPACING_M), turn.length_m)
    x, y, yaw = _places(turn.pieces, s).T
    centre = np.stack([x + offset_m * np.cos(yaw), y + offset_m * np.sin(yaw)], -1)
    size = np.tile([body.size.length_m, body.size.width_m], (len(s), 1))
    return float(box_corners(centre, yaw, size)[..., 1].max())


def _turning_speed(body: Body, radius_m: float, grip: float) -> float:
    """The speed of the arc, m/s: limited by the lateral force and by the steering rate."""
    sideways = min(SIDEWAYS_MPS2, SIDEWAYS_SHARE * grip)
    return min(math.sqrt(sideways * radius_m), STEERING_RADPS * EASING_M * radius_m / _wheelbase(body))


def _compiled(says: TurnAroundDo, actor: ActorDescription, cast: ActorIndex) -> TurnAround:
    return TurnAround()


def _words(action: TurnAround) -> str:
    return "turns around"


def _check(says: TurnAroundDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.kind in ON_FOOT | {Kind.TRAILER}:
        yield "", actor.a_kind, "a vehicle or a cyclist; of who crosses the road: turn_back"
    elif actor.on_ramp and actor.id not in event.moved:
        yield "", f"{actor.id}, which is on the ramp", "merge first"
    elif actor.parked and actor.id not in event.changed:
        yield "", f"{actor.id}, which stands", "an actor that moves; of one that stands: pull_out first"


def _planned(event: PlacedEvent) -> UTurn | None:
    """The U-turn from the lane of its start; None if the actor may have moved, or starts elsewhere. Raises NoTurn."""
    who = event.placed[event.actor]
    if event.actor in event.moved or not isinstance(who.start, OnLane) or who.start.cross or who.start.ramp:
        return None
    offset = EGO_REAR_AXLE_TO_CENTRE_M if event.actor == "ego" else 0.0
    return plan_u_turn(who.body, event.road, who.start.d_m, who.start.facing, offset)[0]


def _check_placed(action: TurnAround, event: PlacedEvent) -> Iterator[Refusal]:
    if not event.road.pieces and event.road.curvature_per_m:
        yield "", "a U-turn in a bend", "a straight road"
        return
    try:
        _planned(event)  # other positions are only known in the simulation, which checks them
    except NoTurn as why:
        yield "", f"{event.actor} cannot turn around: {why}", "more lanes, or a shorter vehicle"


def _remark(action: TurnAround, event: PlacedEvent) -> str:
    if (turn := _planned(event)) is None:
        return "slowing down for it, and then on in the right-hand lane"
    return f"with a radius of {turn.radius_m:.1f} m, slowing down for it, and then on in the right-hand lane"


def _motion(action: TurnAround, mover: BodyState, context: ActionContext) -> RunningAction:
    path = mover.join_lane()
    if mover.turn is not None or not path.settled:
        return decline("cannot turn around while it turns or changes lane")
    try:
        turn, lane_d = _begun(mover, path)
    except NoTurn as why:
        return decline(f"does not turn around: {why}")
    shifts: list[RunningAction] = []

    def step(_: float) -> str:
        if mover.turn is turn or shifts or not _is_back(mover, turn):
            return ""
        shifts.append(move_to(mover, lane_d, BACK_S, "drives on in its lane"))
        return "has turned around"

    def over(t_s: float) -> bool:
        if shifts:
            return shifts[0].over(t_s)
        return mover.turn is not turn and not _is_back(mover, turn)

    return RunningAction("turns around", over, step)


def _is_back(mover: BodyState, turn: Turn) -> bool:
    return isinstance(mover.path, LanePath) and mover.path.road is turn.into and mover.turn is None


def _begun(mover: BodyState, path: LanePath) -> tuple[Turn, float]:
    """Set the body's path, with its approach; returns the turn and the offset of the lane after it."""
    road = mover.road
    u_turn, lane_d = plan_u_turn(mover.body, road, path.d, path.facing, mover.offset_m)
    slow = _turning_speed(mover.body, u_turn.radius_m, mover.grip)
    run_in = max(0.01, 1.05 * (mover.speed**2 - slow**2) / (2 * SLOWING_MPS2))
    ahead = path.s + path.facing * np.linspace(0.0, run_in + 2 * u_turn.radius_m + EASING_M, 40)
    if any(abs(road.curvature(float(s))) > STRAIGHT_PER_M for s in ahead):
        raise NoTurn("the road bends where it would turn; place it on a straight part")
    x, y, heading = road.place(path.s, path.d)
    heading += 0.0 if path.facing > 0 else math.pi
    way = Road(
        RoadKind.PATH, 1, 0, road.lane_width_m, 0.0, 0, 0.0,
        (Piece(run_in), *u_turn.pieces, Piece(60.0)), 0.0, (x, y, heading),
    )  # fmt: skip
    turn = Turn(way, run_in, run_in + u_turn.length_m, road, -path.facing)
    mover.turn, mover.path = turn, LanePath(way, 0.0, 0.0, 1, path.travelled)
    mover.slowing = Slowing(run_in, u_turn.length_m, slow)
    return turn, lane_d


def _achieved(action: TurnAround, seen: Performance) -> Iterator[Asked]:
    yield seen.angle("turn", math.pi, seen.turned())


TURN_AROUND = StoryVerb(
    key="turn_around",
    example="{}",
    section=TurnAroundDo,
    action=TurnAround,
    grammar=GRAMMAR,
    phrases=("{a} turns around after 1 s", "{a} makes a U-turn after 1 s"),
    drafts=("... on a wide road", "a car turns around on a wide road"),
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("the turning circle", f"front wheels at most at {math.degrees(FULL_LOCK_RAD):g}°, turned over {EASING_M:g} m"),
        ("the way", "over its left, into the right-hand lane of the other direction"),
        ("to the middle of that lane, where the arc ends beside it", f"{BACK_S:g} s"),
    ),
    check=_check,
    check_placed=_check_placed,
    remark=_remark,
)
