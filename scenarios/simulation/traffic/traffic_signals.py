"""Behaviour at a junction: turning, stopping at the line, obeying or running a signal."""

import math
from collections.abc import Iterator, Sequence

from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import IDM_STANDSTILL_GAP_M, idm
from scenarios.model.sides import Side
from scenarios.roads.junction import Junction, SignalState
from scenarios.roads.road import Road
from scenarios.roads.turn_ways import NoTurn, plan_turn
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, at_once, decline
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Halt, Pedals
from scenarios.simulation.dynamics.turning import Slowing, stop_line, turn_speed
from scenarios.simulation.traffic.roundabout_yield import turn_in_ring

STOPPING_MPS2 = 4.0  # maximum braking for a signal that has changed
BEFORE_LINE_M = 0.5  # between the front and the stop line


def main_road(mover: BodyState) -> Road:
    """The ego's road, on which the junction lies."""
    return mover.main or mover.road


def room_to_line(mover: BodyState) -> float:
    """Distance of the front to the stop line, metres; infinite if there is none ahead."""
    front = mover.offset_m + mover.body.size.length_m / 2
    return stop_line(main_road(mover), mover.road, mover.at) - front


def turn_off(mover: BodyState, side: Side) -> RunningAction:
    """Start the path of a turn; the speed is reduced near the junction."""
    junction = main_road(mover).junction
    if junction is not None and junction.ring_m:
        return turn_in_ring(mover, side)
    path = mover.join_lane()
    if mover.turn is not None or not path.settled:
        return decline("cannot turn while it turns or changes lane")
    try:
        turn = plan_turn(main_road(mover), mover.road, path, side)
    except NoTurn as why:
        return decline(f"does not turn {side}: {why}")
    mover.turn, mover.path = turn, LanePath(turn.way, 0.0, 0.0, 1, path.travelled)
    mover.slowing = Slowing(turn.begins_m, turn.ends_m - turn.begins_m, turn_speed(mover.body, side, mover.grip))
    return RunningAction(f"turns {side} at the junction", lambda _: mover.turn is not turn)


def stop_at_line(mover: BodyState, decel: float) -> RunningAction:
    """Cruise until even braking needs `decel` m/s^2, then stop at the line."""
    room = room_to_line(mover) - BEFORE_LINE_M
    if not 0 < room < math.inf:
        return decline("has no stop line ahead")
    mover.target = Halt(room, mover.speed, decel)
    return RunningAction("stops at the line", lambda _: mover.speed == 0)


def run_red(mover: BodyState) -> RunningAction:
    """Let the body ignore the signals from now on."""
    mover.heeds_signals = False
    return RunningAction("takes no notice of the signals", at_once)


class Signals:
    """The signals of a junction as bodies meet them."""

    def __init__(self, junction: Junction | None) -> None:
        self.junction = junction if junction is not None and junction.signals else None
        self.room: dict[str, float] = {}

    def light(self, mover: BodyState, t_s: float) -> SignalState | None:
        """The state of the signal that faces a body."""
        return self.junction.shows(t_s, mover.road is not main_road(mover)) if self.junction is not None else None

    def limited_pedals(self, mover: BodyState, pedals: Pedals, t_s: float) -> Pedals:
        """A driver's pedals before a signal that is not green, if stopping is still possible."""
        if self.junction is None or not mover.heeds_signals or self.light(mover, t_s) is SignalState.GREEN:
            return pedals
        room = room_to_line(mover) - BEFORE_LINE_M
        if room < -BEFORE_LINE_M or room == math.inf:
            return pedals
        needed = mover.speed**2 / (2 * max(room, 0.1))
        if needed > min(STOPPING_MPS2, mover.grip) and mover.speed > 0.5:
            return pedals
        assert mover.drive is not None
        stopping = min(idm(mover.speed, mover.drive.speed_mps, room + IDM_STANDSTILL_GAP_M, 0.0), -0.8 * needed)
        if stopping >= pedals.accel_mps2:
            return pedals
        return Pedals(max(stopping, -STOPPING_MPS2), stopping < -LIT_DECEL)

    def run_at_red(self, movers: Sequence[BodyState], t_s: float) -> Iterator[BodyState]:
        """Bodies that have just passed a stop line at red."""
        for mover in movers if self.junction is not None else ():
            if mover.body.kind in ON_FOOT or mover.still or not mover.present:
                continue
            before, room = self.room.get(mover.body.id, math.inf), room_to_line(mover)
            self.room[mover.body.id] = room
            if room < 0 <= before < math.inf and self.light(mover, t_s) is SignalState.RED:
                yield mover
