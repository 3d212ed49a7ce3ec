"""Simulate a scenario in fixed steps: events and drivers decide, bodies move, collisions are resolved."""

import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float

from scenarios.boxes import box_centres
from scenarios.event_text import relation_text
from scenarios.model.driver_models import G, driver
from scenarios.model.kinds.registry import KINDS
from scenarios.model.triggers import Single, Trigger, time_of
from scenarios.roads.road import Road
from scenarios.rollout import FRAME_RATE_HZ, Rollout, SimEvent, frame_count
from scenarios.scenario import Scenario, brought, carriers
from scenarios.simulation.actions.apply_action import perform
from scenarios.simulation.actions.merging import Merging
from scenarios.simulation.actions.motions import ActionContext, TriggerWatch, speed_rule
from scenarios.simulation.dynamics.body_state import BodyState, decline
from scenarios.simulation.dynamics.collisions import (
    Contact,
    contacts,
    impact_speed,
    parting_velocities,
    sliding_decel,
    touching,
)
from scenarios.simulation.dynamics.friction_map import friction_under
from scenarios.simulation.dynamics.lane_path import LanePath
from scenarios.simulation.dynamics.polyline_path import Pose
from scenarios.simulation.dynamics.state_table import PRESENT, drive_on, velocities
from scenarios.simulation.event_scheduler import Storyboard, Waiting
from scenarios.simulation.initial_state import start
from scenarios.simulation.record_rollout import recorded
from scenarios.simulation.relation_check import RelationWatch, out_of_place
from scenarios.simulation.spawn_despawn import arrival, beyond_edge
from scenarios.simulation.traffic.car_following import DriverStates
from scenarios.simulation.traffic.roundabout_yield import Roundabout
from scenarios.simulation.traffic.traffic_signals import Signals
from scenarios.simulation.trigger_conditions import TriggerDistance

SUBSTEPS = 10
LOOK_EVERY = 2  # steps between two observations of a driver
STEP_S = 1 / (FRAME_RATE_HZ * SUBSTEPS)


def simulate(scenario: Scenario) -> Rollout:
    """Every body's motion at 12 Hz from t = 0 to `duration_s`, both included; the same scenario gives the same numbers.

    A collision does not end the rollout: it is recorded as an event, and the bodies slide on under friction.
    Raises ValueError if the scenario starts from a log or if bodies overlap at the start.
    """
    if scenario.from_log is not None:
        raise ValueError(f"{scenario.name}: starts from a log; its motion is read from the log, not simulated")
    world = SimulationState(scenario)
    frames = [world.record()]
    for _ in range(frame_count(scenario.duration_s) - 1):
        for _ in range(SUBSTEPS):
            world.step()
        frames.append(world.record())
    story = world.story
    return recorded(scenario, np.array(frames), tuple(world.happenings), story.unfired(), story.played())


class SimulationState:
    """The state of all bodies between two steps."""

    def __init__(self, scenario: Scenario) -> None:
        road = scenario.road
        assert road is not None  # `simulate` refuses what starts from a log
        self.t_s, self.steps = 0.0, 0
        self.road, self.friction = road, scenario.friction * math.cos(road.slope_rad)
        events = sorted(scenario.events, key=lambda event: time_of(event.when))
        first = {e.actor: e.do for e in reversed(events)}
        self.movers = [
            start(p, road, scenario.friction, i == 0, first.get(p.body.id)) for i, p in enumerate(scenario.placed)
        ]
        self.place = {m.body.id: i for i, m in enumerate(self.movers)}
        self.story = Storyboard(scenario.events, tuple(self.place))
        self.carried = [self.movers[self.place[name]] for name in brought(scenario.events)]
        self.arriving: list[BodyState] = []
        self.ego_began_s = self.road.locate(*self.movers[0].centre())[0]
        arrive = (e.actor for e in scenario.events if e.do.arrives)
        for name in {*carriers(scenario.events), *brought(scenario.events), *arrive}:
            self.movers[self.place[name]].present = False
        self.minds = DriverStates(len(self.movers))
        self.happenings: list[SimEvent] = []
        self.touched: set[tuple[int, int]] = set()
        self.signals = Signals(road.junction)
        self.merging, self.roundabout = Merging(road), Roundabout(road)
        self.merges = road.ramp is not None or self.roundabout.radius_m > 0  # paths of several roads join
        self.size = np.array([(m.body.size.length_m, m.body.size.width_m, m.body.size.height_m) for m in self.movers])
        self.offset_m = np.array([m.offset_m for m in self.movers])
        self.table = np.stack([m.row for m in self.movers])
        for mover, row in zip(self.movers, self.table, strict=True):
            mover.row = row
        self._refuse_overlaps()

    def step(self) -> None:
        """One inner step: events, decisions, motion, collisions, bodies that appear or disappear."""
        self.story.step_relations()
        for actor, said in self.story.step_actions(self._body, self.t_s):
            self._record_event(actor, said)
        while (due := self.story.due(self._body, self.t_s)) is not None:
            self._fire(due)
        if self.road.patches:
            self._update_grip()
        if self.steps % LOOK_EVERY == 0:
            for mover, said in self.merging.step(self.movers):
                self._record_event(mover.body.id, said)
            self._update_drivers()
        self.steps += 1
        self.t_s = self.steps * STEP_S
        self._move()
        for mover in self.signals.run_at_red(self.movers, self.t_s):
            self._record_event(mover.body.id, "runs the red light")
        self._collide()
        self._appear_and_disappear()
        self.story.end_finished(self.t_s)

    def record(self) -> list[tuple[float, ...]]:
        """Per body: reference x, y, yaw, height above ground, speed, acceleration, brake light, present, sliding."""
        flags = ((float(m.lit), float(m.present), float(m.slides)) for m in self.movers)
        return [(*m.at, m.bottom_m, m.speed, m.accel, *told) for m, told in zip(self.movers, flags, strict=True)]

    def _body(self, name: str) -> BodyState:
        return self.movers[self.place[name]]

    def _fire(self, due: Waiting) -> None:
        event = due.event
        mover = self._body(event.actor)
        why = out_of_place(event.where, mover, self._body) if event.where is not None else ""
        if event.where is not None and why:
            deed = decline(f"does not do it {relation_text(event.where)}: {why}")
        else:
            deed = perform(mover, event.do, self._context(mover))
        if mover.drive is None or event.do.takes_speed:
            mover.driven = False
        self._record_event(event.actor, deed.said)
        self.story.begin(due, deed, self.t_s)
        if event.where is not None and not why:
            self.story.watch(event, RelationWatch(event.where, self._body(event.actor), self._body))

    def _context(self, mover: BodyState) -> ActionContext:
        before = speed_rule(mover)
        return ActionContext(self.t_s, self._body, self._watch, before, self.arriving.append, self.merging)

    def _watch(self, when: Trigger) -> TriggerWatch:
        nearest: dict[Single, TriggerDistance] = {}

        def holds() -> bool:
            return self.story.holds(when, nearest, self._body, self.t_s)

        return TriggerWatch(holds, lambda: self.story.why(when, nearest))

    def _appear_and_disappear(self) -> None:
        """Add bodies that are due once their place at the scene's edge is free; remove leaving bodies at the edge."""
        for mover in list(self.arriving):
            path = arrival(mover, self.movers[0], self.ego_began_s)
            if self._free(mover, path.pose()):
                mover.path, mover.at, mover.present = path, path.pose(), True
                self.arriving.remove(mover)
        for mover in self.movers:
            if mover.leaving and mover.present and beyond_edge(mover, self.movers[0]):
                mover.present = False

    def _free(self, mover: BodyState, pose: Pose) -> bool:
        """Whether `mover` would overlap no present body at `pose`."""
        xy, yaw = self._centres()
        me, there = self.place[mover.body.id], self._present()
        xy[me], yaw[me], there[me] = pose[:2], pose[2], True
        return not touching(xy, yaw, self.size, np.arange(len(there)) == me, there)

    def _record_event(self, actor: str, what: str) -> None:
        self.happenings.append(SimEvent(round(self.t_s, 4), actor, what))

    def _move(self) -> None:
        """Move all bodies by one step: bodies that only follow a road in one compiled loop, the others one by one."""
        cruising = []
        for place, mover in enumerate(self.movers):
            if mover.still or not mover.present:
                continue
            road = mover.cruising()
            if road is None:
                mover.move(self.t_s, STEP_S)
            else:
                cruising.append((place, road))
        for road, places in _by_road(cruising):
            drive_on(self.table, np.array(places), road.nodes, road.curvature_per_m, STEP_S)
        for mover in self.carried:
            if mover.attached is not None and mover.attached.carrier.slides:
                mover.go_with_carrier(STEP_S)

    def _update_grip(self) -> None:
        """Set the grip of every body from the friction under its wheels."""
        xy, yaw = self._centres()
        for mover, friction in zip(
            self.movers, friction_under(self.road, self.friction, xy, yaw, self.size), strict=True
        ):
            mover.grip = KINDS[mover.body.kind].dynamics.grip(float(friction) * G)
            if mover.skid is not None:
                mover.skid.decel_mps2 = sliding_decel(mover.body, float(friction))

    def _update_drivers(self) -> None:
        """Let every driver observe the traffic and set its pedal request until the next observation."""
        drivers = [(i, m.path) for i, m in enumerate(self.movers) if m.drive is not None and m.present]
        if not drivers:
            return
        news = []
        roads = []
        for i, path in drivers:
            assert isinstance(path, LanePath)
            path.share_row(self.movers[i].row)
            self._start_driver(i)
            roads.append((i, path.road))
        for road, places in _by_road(roads):
            velocity = self._expected_velocities(self.movers[places[0]])
            news += self.minds.decide(self.table, self.offset_m, self.size, velocity, np.array(places), road, self.t_s)
        for i, what, other in sorted(news, key=lambda told: told[0]):
            self._record_event(self.movers[i].body.id, f"{what} {self.movers[other].body.id}")
        if self.merges or self.signals.junction is not None:
            for mover in (self.movers[i] for i, _ in drivers):
                pedals = self.signals.limited_pedals(mover, mover.asked, self.t_s)
                pedals = self.roundabout.limited_pedals(mover, self.movers, pedals)
                mover.ask(self.merging.limited_pedals(mover, self.movers, pedals))

    def _start_driver(self, place: int) -> None:
        mover = self.movers[place]
        assert mover.drive is not None
        if not mover.driven:
            self.minds.begin(place, driver(mover.drive.driver), mover.drive.speed_mps)
        mover.driven, mover.written_target = True, None

    def _centres(self) -> tuple[Float[np.ndarray, "actor 2"], Float[np.ndarray, "actor"]]:
        return box_centres(self.table, self.offset_m)

    def _expected_velocities(self, observer: BodyState) -> Float[np.ndarray, "actor 2"]:
        """The velocities that an observer, and all drivers on its road, expect of the other bodies."""
        velocity = velocities(self.table)
        if self.merges:
            for mover, own in zip(self.movers, velocity, strict=True):
                found = self.roundabout.expected_velocity(mover, observer)
                own[:] = self.merging.expected_velocity(mover) if found is None else found
        return velocity

    def _touching(self) -> list[Contact]:
        return contacts(self.table, self.offset_m, self.size)

    def _present(self) -> Bool[np.ndarray, "actor"]:
        return self.table[:, PRESENT] > 0

    def _refuse_overlaps(self) -> None:
        overlaps = [f"{self.movers[i].body.id} and {self.movers[j].body.id}" for i, j, _ in self._touching()]
        if overlaps:
            raise ValueError(f"bodies overlap at the start: {'; '.join(overlaps)}")

    def _collide(self) -> None:
        met = [mover.velocity() for mover in self.movers]  # before this step's impacts: their order has no effect
        for i, j, normal in self._touching():
            a, b = self.movers[i], self.movers[j]
            va, vb = a.velocity(), b.velocity()
            closing = float((va - vb) @ normal)
            if (i, j) not in self.touched:
                self.touched.add((i, j))
                speed, along, across = (round(v, 4) for v in impact_speed(met[i], met[j], a.at[2]))
                words = f"collision with {b.body.id} at {speed * 3.6:.1f} km/h"
                self.happenings.append(SimEvent(round(self.t_s, 4), a.body.id, words, b.body.id, speed, along, across))
            if closing <= 0:
                continue
            va, vb = parting_velocities(normal, va, vb, a.mass, b.mass)
            a.struck(va, sliding_decel(a.body, self.friction))
            b.struck(vb, sliding_decel(b.body, self.friction))


def _by_road(bodies: Iterable[tuple[int, Road]]) -> Iterable[tuple[Road, list[int]]]:
    """The places of bodies, grouped by road."""
    found: dict[int, tuple[Road, list[int]]] = {}
    for place, road in bodies:
        found.setdefault(id(road), (road, []))[1].append(place)
    return found.values()
