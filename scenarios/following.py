"""A driver at the wheel: follows by IDM what lies ahead, and brakes in an emergency after the reaction time."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from scenarios.behaviour import Mover
from scenarios.drivers import accepted_time_gap, driver, idm
from scenarios.paths import LanePath
from scenarios.pedals import LIT_DECEL, Pedals
from scenarios.perception import RECOGNISED_SHARE, Ahead, Scene, ahead, visible_share

FOLLOWS_WITHIN_S = 4.0  # time headway within which a leader's brake lights concern the driver
CROSSING_HORIZON_S = 3.0  # a body that will cross the path later than this is not yet an emergency
HARD_MPS2 = 3.0  # braking beyond what following needs


@dataclass(frozen=True)
class Observation:
    """The leader as it was: metres, m/s; `travelled` is the driver's own way so far. None ahead: infinite gap."""

    t_s: float
    gap: float
    lead_mps: float
    travelled: float

    def expected_gap(self, t_s: float, travelled: float) -> float:
        """The gap that a driver believes in who saw this, knows the own way since, and takes the leader as steady."""
        return self.gap + self.lead_mps * (t_s - self.t_s) - (travelled - self.travelled)


@dataclass
class Driver:
    """What one `Follow` driver knows and intends. `me` is the body's place in the scene."""

    me: int
    name: str
    known: set[int] = field(default_factory=set)
    risk_since: dict[int, float] = field(default_factory=dict)
    memory: deque[Observation] = field(default_factory=deque)
    time_gap_s: float | None = None
    braking_for: int | None = None
    waits_for: int | None = None  # after an emergency stop: stay until this body moves on
    crossed: bool = False  # the emergency is somebody crossing
    news: list[tuple[str, int]] = field(default_factory=list)

    def decide(self, mover: Mover, scene: Scene, t_s: float) -> Pedals:
        """What the driver asks of the vehicle until the next look."""
        assert mover.drive is not None
        assert isinstance(mover.path, LanePath)
        model = driver(self.name)
        view = ahead(scene, self.me, mover.path.d, mover.path.facing, mover.speed)
        seen = self._recognised(scene, view)
        leads = [i for i in seen if view.inside[i] or view.entering[i]]
        crossers = [i for i in seen if view.crossing[i] and not view.inside[i]]
        desired = mover.drive.speed_mps
        following = self._follow(mover, view, leads, t_s, model.pedal_s, desired)
        if model.emergency:
            self._watch(mover, scene, view, leads, crossers, t_s)
            if self.braking_for is not None or (self.waits_for is not None and mover.speed == 0):
                return Pedals(-model.decel_mps2, True, model.jerk)
        return Pedals(max(following, -model.decel_mps2), following < -LIT_DECEL, model.jerk)

    def _recognised(self, scene: Scene, view: Ahead) -> list[int]:
        """The bodies that matter and that were seen by now; what is known is remembered when hidden again."""
        matter: list[int] = (view.inside | view.entering | view.crossing).nonzero()[0].tolist()
        for i in matter:
            if i not in self.known and visible_share(scene, self.me, i) >= RECOGNISED_SHARE:
                self.known.add(i)
        return [i for i in matter if i in self.known]

    def _follow(self, mover: Mover, view: Ahead, leads: list[int], t_s: float, delay_s: float, desired: float) -> float:
        nearest = min(leads, key=lambda i: view.gap[i], default=None)
        way = mover.path.travelled if isinstance(mover.path, LanePath) else 0.0
        now = Observation(t_s, np.inf, 0.0, way)
        if nearest is not None:
            now = Observation(t_s, float(view.gap[nearest]), max(0.0, float(view.speed_mps[nearest])), way)
        if self.time_gap_s is None:
            self.time_gap_s = accepted_time_gap(mover.speed, now.gap, now.lead_mps)
        self.memory.append(now)
        while len(self.memory) > 1 and self.memory[1].t_s <= t_s - delay_s:
            self.memory.popleft()
        alert = any(t_s - since >= delay_s for since in self.risk_since.values())
        seen = now if alert or nearest is None else self.memory[0]
        return idm(mover.speed, desired, seen.expected_gap(t_s, way), seen.lead_mps, self.time_gap_s)

    def _watch(
        self, mover: Mover, scene: Scene, view: Ahead, leads: list[int], crossers: list[int], t_s: float
    ) -> None:
        model = driver(self.name)
        risky = {i for i in leads if self._closing_in(mover, scene, view, i)}
        risky |= {i for i in crossers if max(view.gap[i], 0.0) < CROSSING_HORIZON_S * mover.speed}
        for i in risky:
            if i not in self.risk_since:
                self.risk_since[i] = t_s
                self.news.append(("notices", i))
        for i in [i for i in self.risk_since if i not in risky and i != self.braking_for]:
            if i not in leads and i not in crossers:
                del self.risk_since[i]
        if self.braking_for is not None and self._over(mover, scene, view, leads, crossers):
            self.braking_for, self.waits_for = None, self.braking_for
        if self.waits_for is not None and self._moves_on(scene, view, leads, self.waits_for):
            self.waits_for = None
        if self.braking_for is None and mover.speed > 0.1:
            for i in sorted(risky, key=lambda i: view.gap[i]):
                if t_s - self.risk_since[i] >= model.pedal_s - 1e-6:
                    self.braking_for, self.crossed = i, i in crossers
                    self.news.append(("brakes hard for", i))
                    break

    def _closing_in(self, mover: Mover, scene: Scene, view: Ahead, i: int) -> bool:
        model = driver(self.name)
        gap, closing = max(float(view.gap[i]), 0.01), mover.speed - float(view.speed_mps[i])
        braked = scene.braking[i] and view.speed_mps[i] > 0.5 and closing > -0.1
        if braked and model.heeds_brake_lights and gap < FOLLOWS_WITHIN_S * mover.speed:
            return True
        # A short time alone is no emergency: every ordinary stop ends with one.
        hard = closing**2 / (2 * gap) > min(HARD_MPS2, mover.grip / 2)
        return closing > 0 and gap / closing < model.critical_ttc_s and hard

    def _over(self, mover: Mover, scene: Scene, view: Ahead, leads: list[int], crossers: list[int]) -> bool:
        """Whether the emergency has passed: it stands, the way is clear, or the leader draws away unbraked."""
        i = self.braking_for
        assert i is not None
        if mover.speed <= 0.0:
            return True
        if i in leads:
            return bool(mover.speed <= view.speed_mps[i] and not scene.braking[i])
        # A walker who would only just have cleared the path is waited for until past it.
        return i not in crossers and not (self.crossed and bool(view.approaching[i]))

    def _moves_on(self, scene: Scene, view: Ahead, leads: list[int], i: int) -> bool:
        return i not in leads or bool(view.speed_mps[i] > 1 and not scene.braking[i])
