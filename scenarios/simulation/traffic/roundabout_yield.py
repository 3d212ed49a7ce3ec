"""Driving through a roundabout: the exit of a body, and giving way to circulating traffic."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import IDM_STANDSTILL_GAP_M, idm
from scenarios.model.sides import Side
from scenarios.roads.ring_ways import RingTurn, driven_radius, exits, plan_ring
from scenarios.roads.road import Road
from scenarios.roads.turn_ways import NoTurn
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Pedals
from scenarios.simulation.dynamics.turning import Slowing
from scenarios.simulation.traffic.roundabout_path import ring_speed

STOPPING_MPS2 = 4.0  # maximum braking to give way
YIELDING_MPS2 = 3.0  # others expect a body to give way if it can stop at the line with this
BEFORE_S, AFTER_S = 2.0, 3.0  # time around the own arrival in which no other body may arrive
STARTING_MPS2 = 1.2  # expected acceleration of the entering body
SLOWEST_MPS = 3.0  # minimum expected speed of circulating bodies
LOOKS_FROM_S = 4.0  # time before the line from which a driver looks for circulating traffic


def approach(mover: BodyState, main: Road) -> None:
    """Set the path of a body on a road with a roundabout: straight on, or else to the first exit.

    Bodies past the roundabout and pedestrians keep their paths.
    """
    if main.junction is None or not main.junction.ring_m or mover.body.kind in ON_FOOT or mover.still:
        return
    path = mover.path
    if not isinstance(path, LanePath) or not path.settled or path.road not in (main, main.cross):
        return
    there = exits(main, path.road, path.facing)
    try:
        _send(mover, main, path.road, path, "ahead" if "ahead" in there else there[0])
    except NoTurn:
        return


def take_exit(mover: BodyState, number: int) -> RunningAction:
    """Change the exit before the roundabout is reached; exits are counted from the entry."""
    main = mover.main or mover.road
    if main.junction is None or not main.junction.ring_m:
        return decline("there is no roundabout")
    path, turn = mover.path, mover.turn
    if not isinstance(turn, RingTurn):
        return decline("takes no exit: it does not drive towards the roundabout")
    if not isinstance(path, LanePath) or path.s > turn.begins_m:
        return decline("takes no other exit: it is in the roundabout, or past it")
    own, (x, y, yaw) = mover.road, mover.at
    s, d = own.locate(x, y)
    facing = 1 if math.cos(yaw - own.heading(s)) >= 0 else -1
    there = exits(main, own, facing)
    if number > len(there):
        return decline(f"takes no exit {number}: there are {len(there)}")
    try:
        made = _send(mover, main, own, LanePath(own, s, d, facing, path.travelled), there[number - 1])
    except NoTurn as why:
        return decline(f"takes no other exit: {why}")
    return RunningAction(f"takes exit {number} of the roundabout", lambda _: mover.turn is not made)


def turn_in_ring(mover: BodyState, side: Side) -> RunningAction:
    """Leave the roundabout to a side."""
    main, own = mover.main or mover.road, mover.road
    s, _ = own.locate(*mover.at[:2])
    there = exits(main, own, 1 if math.cos(mover.at[2] - own.heading(s)) >= 0 else -1)
    if str(side) not in there:
        return decline(f"does not turn {side}: no road leads to the {side}")
    return take_exit(mover, there.index(str(side)) + 1)


def _send(mover: BodyState, main: Road, own: Road, path: LanePath, leave: str) -> RingTurn:
    turn = plan_ring(main, own, path, leave)
    mover.turn, mover.path = turn, LanePath(turn.way, 0.0, 0.0, 1, path.travelled)
    mover.slowing = Slowing(turn.begins_m, turn.ends_m - turn.begins_m, ring_speed(main, mover.body, mover.grip))
    return turn


class Roundabout:
    """The right of way at a roundabout; on a road without one it changes nothing."""

    def __init__(self, road: Road) -> None:
        self.radius_m = driven_radius(road) if road.junction is not None and road.junction.ring_m else 0.0

    def limited_pedals(self, mover: BodyState, movers: Sequence[BodyState], pedals: Pedals) -> Pedals:
        """A driver's pedals before the yield line while a circulating body would be in its path."""
        turn, room = mover.turn, self._room(mover)
        if not isinstance(turn, RingTurn) or room < 0 or room > LOOKS_FROM_S * max(mover.speed, SLOWEST_MPS):
            return pedals
        needed = mover.speed**2 / (2 * max(room, 0.1))
        if needed > min(STOPPING_MPS2, mover.grip) and mover.speed > 0.5:
            return pedals
        if not any(self._in_the_way(mover, room, turn, other) for other in movers if other is not mover):
            return pedals
        assert mover.drive is not None
        asked = min(idm(mover.speed, mover.drive.speed_mps, room + IDM_STANDSTILL_GAP_M, 0.0), -needed)
        if asked >= pedals.accel_mps2:
            return pedals
        return Pedals(max(asked, -STOPPING_MPS2), asked < -LIT_DECEL)

    def expected_velocity(self, mover: BodyState, observer: BodyState) -> Float[np.ndarray, "2"] | None:
        """The velocity of a body that an observer expects; None for the actual one.

        Zero for a body that can still give way to the observer. For a circulating body, while the observer can still
        give way itself, only the component along the observer's own road, because the observer stops at the line.
        """
        if not isinstance(observer.path, LanePath) or not isinstance(mover.turn, RingTurn):
            return None
        road, (x, y, yaw) = observer.path.road, mover.at
        s, d = road.locate(x, y)
        along = road.heading(s)
        if self._can_yield(mover):
            return None if abs(d) < 2.0 and math.cos(yaw - along) > 0.8 else np.zeros(2)
        if self._can_yield(observer) or self._leaves_before(mover, observer):
            inside = isinstance(mover.path, LanePath) and mover.path.s < mover.turn.ends_m
            lane = np.array([math.cos(along), math.sin(along)])
            return mover.speed * math.cos(yaw - along) * lane if inside else None
        return None

    def _leaves_before(self, mover: BodyState, observer: BodyState) -> bool:
        """Whether a body leaves the ring before the place where the observer is about to enter."""
        turn = observer.turn
        if not isinstance(turn, RingTurn) or not isinstance(observer.path, LanePath):
            return False
        return observer.path.s < turn.ring_from_m and self._to_entry(mover, turn) is None

    def _can_yield(self, mover: BodyState) -> bool:
        """Whether a body is before the line and can stop there with comfortable braking."""
        room = self._room(mover)
        return room >= 0 and mover.speed**2 / (2 * max(room, 0.1)) <= YIELDING_MPS2

    def _room(self, mover: BodyState) -> float:
        """Distance of the body's front to the yield line; negative past it or without a roundabout on its path."""
        if not isinstance(mover.turn, RingTurn) or not isinstance(mover.path, LanePath):
            return -1.0
        return mover.turn.yields_m - mover.path.s - mover.offset_m - mover.body.size.length_m / 2

    def _to_entry(self, other: BodyState, turn: RingTurn) -> float | None:
        """Distance of a body to the point where a turn enters the ring, metres; None if it leaves before that."""
        ring, path = other.turn, other.path
        assert isinstance(ring, RingTurn) and isinstance(path, LanePath)
        to_go = max(ring.ring_to_m - max(path.s, ring.ring_from_m), 0.0) / self.radius_m
        to_me = (turn.enters_rad - ring.leaves_rad + to_go) % math.tau
        if to_me > to_go + 0.05:
            return None
        return max(ring.ring_from_m - path.s, 0.0) + self.radius_m * to_me

    def _in_the_way(self, mover: BodyState, room: float, turn: RingTurn, other: BodyState) -> bool:
        """Whether a circulating body reaches the entry point at about the same time."""
        ring, path = other.turn, other.path
        if not isinstance(ring, RingTurn) or not isinstance(path, LanePath) or not other.present:
            return False
        if self._can_yield(other) or path.s > ring.ring_to_m:
            return False
        way = self._to_entry(other, turn)
        if way is None:
            return False
        arrives_s = way / max(other.speed, SLOWEST_MPS)
        own_s = _until(room + turn.ring_from_m - turn.yields_m, mover)
        return -BEFORE_S < arrives_s - own_s < AFTER_S


def _until(way_m: float, mover: BodyState) -> float:
    """Time for a distance into the roundabout, at the speed of its bends or accelerating up to it; seconds."""
    assert mover.slowing is not None
    if mover.speed >= mover.slowing.turn_mps - 0.2:
        return way_m / max(mover.slowing.turn_mps, 0.1)
    return (math.sqrt(mover.speed**2 + 2 * STARTING_MPS2 * way_m) - mover.speed) / STARTING_MPS2
