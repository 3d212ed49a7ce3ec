"""Driving along a ramp and merging from its acceleration lane into the lane beside it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenarios.model.bodies import ON_FOOT
from scenarios.model.driver_models import IDM_STANDSTILL_GAP_M, idm
from scenarios.roads.road import Road
from scenarios.roads.turn_ways import Turn
from scenarios.simulation.actions.lane_change import move_to
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, Station, decline, station
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.longitudinal_control import LIT_DECEL, Pedals
from scenarios.simulation.dynamics.turning import Slowing

MERGING_S = 3.0  # default duration of the lane change
ALONGSIDE_M = 8.0  # behind the start of the acceleration lane; from here on the ramp is parallel to the road
SAFE_MPS2 = 3.0  # maximum braking that a merge may require of any vehicle, the one behind included
CLOSEST_M = 3.0  # minimum gap for a merge, bumper to bumper
COMFORTABLE_MPS2, HARDEST_MPS2 = 2.0, 6.0  # braking before the end of the lane: where it begins, and the maximum
BEFORE_END_M = 3.0  # stopping place before the taper of the lane, if no gap was found
TIME_GAP_S = 0.6  # to the vehicle ahead of the merge


def come_alongside(mover: BodyState, main: Road) -> None:
    """Put a body that starts on the ramp onto a path whose end is on the ego's road."""
    way = main.ramp_way
    assert way is not None
    mover.road = main
    mover.turn, mover.slowing = Turn(way, 0.0, main.ramp_joins_m + ALONGSIDE_M, main, 1), Slowing(0.0, 0.0, math.inf)


@dataclass
class PendingMerge:
    """A pending merge: possible for `within_s` seconds; with `gap` only where it is safe."""

    within_s: float
    gap: bool
    done: bool = False


@dataclass
class Merging:
    """The pending merges from the ramp of a road, and what drivers on the ramp do until then."""

    road: Road
    pending: dict[str, PendingMerge] = field(default_factory=dict)

    def register(self, mover: BodyState, within_s: float, gap: bool) -> RunningAction:
        """Register a merge of the story: as soon as the lane is alongside, or with `gap` when there is a safe gap."""
        if self.road.ramp is None or not self._before_its_end(mover):
            return decline("does not merge: it is not on the ramp")
        merge = self.pending[mover.body.id] = PendingMerge(within_s, gap)
        said = "looks for a gap to merge into" if gap else "merges as soon as the lane is alongside"
        return RunningAction(said, lambda _: merge.done and isinstance(mover.path, LanePath) and mover.path.settled)

    def step(self, movers: Sequence[BodyState]) -> Iterator[tuple[BodyState, str]]:
        """Start all merges that are possible now; yields each body with a description."""
        if self.road.ramp is None:
            return
        for mover in movers:
            if mover.drive is not None and mover.body.id not in self.pending and self._before_its_end(mover):
                self.pending[mover.body.id] = PendingMerge(MERGING_S, True)
            merge = self.pending.get(mover.body.id)
            if merge is None or merge.done or not self._alongside(mover):
                continue
            if not merge.gap or self._gap_is_safe(mover, movers):
                merge.done = True
                yield mover, move_to(mover, self.road.lane_centre(0), merge.within_s, "merges").said

    def limited_pedals(self, mover: BodyState, movers: Sequence[BodyState], pedals: Pedals) -> Pedals:
        """A driver's pedals on the acceleration lane: limited by the vehicle ahead of the merge and the lane's end."""
        merge = self.pending.get(mover.body.id)
        if merge is None or mover.drive is None or merge.done or not self._alongside(mover):
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

    def expected_velocity(self, mover: BodyState) -> np.ndarray:
        """The velocity that others expect of a body; on a ramp it is along the road, since the ramp joins alongside."""
        velocity = mover.velocity()
        if mover.turn is None or mover.turn.way is not self.road.ramp_way:
            return velocity
        heading = self.road.heading(self.road.locate(*mover.at[:2])[0])
        return mover.speed * np.array([math.cos(heading), math.sin(heading)])

    def _before_its_end(self, mover: BodyState) -> bool:
        """Whether a body is on the ramp or its acceleration lane, with or without a pending merge."""
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
        """The next bodies ahead and behind that are at least partly in the lane to merge into."""
        half, centre = self.road.width_of(0) / 2, self.road.lane_centre(0)
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
        """Whether neither the body nor the one behind would have to brake hard (the safety criterion of MOBIL)."""
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
