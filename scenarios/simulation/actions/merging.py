"""How bodies come along a ramp and merge from its acceleration lane into the lane beside it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenarios.model.actions import MERGING_S, Merge
from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import IDM_STANDSTILL_GAP_M, idm
from scenarios.roads.road import Road
from scenarios.simulation.actions.lane_change import move_to
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, Station, at_once, station
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Pedals
from scenarios.simulation.dynamics.turning import Slowing, Turn

ALONGSIDE_M = 8.0  # behind where the acceleration lane begins, nothing is left of the ramp's bend
SAFE_MPS2 = 3.0  # of braking that a merge may ask of anybody, the one behind included
CLOSEST_M = 3.0  # bumper to bumper at which anybody merges
COMFORTABLE_MPS2, HARDEST_MPS2 = 2.0, 6.0  # braking before the end of the lane: from when, and at most
BEFORE_END_M = 3.0  # of its narrowing one stops who found no gap
TIME_GAP_S = 0.6  # behind whom one merges


def come_alongside(mover: BodyState, main: Road) -> None:
    """Put a body that starts on the ramp on its way: at its end it is on the ego's road."""
    way = main.ramp_way
    assert way is not None
    mover.road = main
    mover.turn, mover.slowing = Turn(way, 0.0, main.ramp_joins_m + ALONGSIDE_M, main, 1), Slowing(0.0, 0.0, math.inf)


@dataclass
class Wish:
    """What somebody on the ramp intends: to merge when it can, within so many seconds; `gap`: only where it is safe."""

    within_s: float
    gap: bool
    done: bool = False


@dataclass
class Merging:
    """Who wants to merge from the ramp of a road, and what drivers on it do until then."""

    road: Road
    wishes: dict[str, Wish] = field(default_factory=dict)

    def wish(self, mover: BodyState, action: Merge) -> RunningAction:
        """A story's merge: at once where the lane is alongside, or where there is a gap if it says so."""
        if self.road.ramp is None or not self._before_its_end(mover):
            return RunningAction("does not merge: it is not on the ramp", at_once)
        wish = self.wishes[mover.body.id] = Wish(action.within_s, action.gap)
        said = "looks for a gap to merge into" if action.gap else "merges as soon as the lane is alongside"
        return RunningAction(said, lambda _: wish.done and isinstance(mover.path, LanePath) and mover.path.settled)

    def step(self, movers: Sequence[BodyState]) -> Iterator[tuple[BodyState, str]]:
        """Let who can merge begin to; tells of each."""
        if self.road.ramp is None:
            return
        for mover in movers:
            if mover.drive is not None and mover.body.id not in self.wishes and self._before_its_end(mover):
                self.wishes[mover.body.id] = Wish(MERGING_S, True)
            wish = self.wishes.get(mover.body.id)
            if wish is None or wish.done or not self._alongside(mover):
                continue
            if not wish.gap or self._gap_is_safe(mover, movers):
                wish.done = True
                yield mover, move_to(mover, self.road.lane_centre(0), wish.within_s, "merges").said

    def heeded(self, mover: BodyState, movers: Sequence[BodyState], pedals: Pedals) -> Pedals:
        """What a driver's pedals become on the acceleration lane: behind whom one merges, and before its end."""
        wish = self.wishes.get(mover.body.id)
        if wish is None or mover.drive is None or wish.done or not self._alongside(mover):
            return pedals
        own, asked = station(mover, self.road), pedals.accel_mps2
        ahead, _ = self._beside(own, movers, mover)
        if ahead is not None and (gap := ahead.near_m - own.far_m) > 0:
            desired = max(mover.drive.speed_mps, 0.1)
            asked = min(asked, max(idm(mover.speed, desired, gap, ahead.along_mps, TIME_GAP_S), -COMFORTABLE_MPS2))
        assert self.road.ramp is not None  # it is alongside
        room = self.road.ramp.narrows_m - BEFORE_END_M - own.far_m
        needed = mover.speed**2 / (2 * max(room, 0.1))
        if (needed > COMFORTABLE_MPS2 or room < 1.0) and mover.speed > 0:
            asked = min(asked, -min(max(needed, COMFORTABLE_MPS2), HARDEST_MPS2))
        return Pedals(asked, asked < -LIT_DECEL) if asked < pedals.accel_mps2 else pedals

    def foreseen(self, mover: BodyState) -> np.ndarray:
        """The velocity that others expect to see: a ramp comes alongside, whoever is on it does not cross it."""
        velocity = mover.velocity()
        if mover.turn is None or mover.turn.way is not self.road.ramp_way:
            return velocity
        heading = self.road.heading(self.road.locate(*mover.at[:2])[0])
        return mover.speed * np.array([math.cos(heading), math.sin(heading)])

    def _before_its_end(self, mover: BodyState) -> bool:
        """On the ramp or its lane, whether it wants to merge or not."""
        if mover.turn is not None and mover.turn.way is self.road.ramp_way:
            return True
        return self._alongside(mover)

    def _alongside(self, mover: BodyState) -> bool:
        ramp, path = self.road.ramp, mover.path
        if ramp is None or mover.turn is not None or not isinstance(path, LanePath):
            return False
        if path.road is not self.road or not path.settled:
            return False
        there = abs(path.d - self.road.lane_centre(-1)) < self.road.lane_width_m / 2
        return there and ramp.joins_m <= path.s < ramp.ends_m and mover.present and not mover.slides

    def _beside(
        self, own: Station, movers: Sequence[BodyState], me: BodyState
    ) -> tuple[Station | None, Station | None]:
        """Who is next ahead and next behind in the lane to merge into, or partly in it."""
        half, centre = self.road.lane_width_m / 2, self.road.lane_centre(0)
        near = []
        for other in movers:
            if other is me or not other.present or other.body.kind in ON_FOOT:
                continue
            there = station(other, self.road)
            if abs(there.d_m - centre) < half + other.body.size.width_m / 2 - 0.3:
                near.append(there)
        middle = (own.near_m + own.far_m) / 2
        ahead = [x for x in near if x.near_m + x.far_m >= 2 * middle]
        behind = [x for x in near if x.near_m + x.far_m < 2 * middle]
        return min(ahead, key=lambda x: x.near_m, default=None), max(behind, key=lambda x: x.far_m, default=None)

    def _gap_is_safe(self, mover: BodyState, movers: Sequence[BodyState]) -> bool:
        """Whether neither it nor who is behind would have to brake hard (the safety criterion of MOBIL)."""
        own = station(mover, self.road)
        ahead, behind = self._beside(own, movers, mover)
        for rear, front in ((own, ahead), (behind, own)):
            if rear is None or front is None:
                continue
            gap = front.near_m - rear.far_m
            if gap < CLOSEST_M:
                return False
            speed = max(rear.along_mps, 0.1)
            wanted = idm(speed, speed, gap + IDM_STANDSTILL_GAP_M, front.along_mps, TIME_GAP_S)
            if wanted < -SAFE_MPS2:
                return False
        return True
