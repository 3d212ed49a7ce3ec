"""Runs a scenario: fixed inner steps, driver and story decide, bodies move, contacts are resolved."""

from math import cos, sin

import numpy as np
from jaxtyping import Float

from scenarios.behaviour import Pedals
from scenarios.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.following import Driver
from scenarios.impact import mass_kg, parting_velocities, sliding_decel, touching
from scenarios.perception import Scene, box_centres, look
from scenarios.rollout import FRAME_RATE_HZ, Ended, Happening, Rollout
from scenarios.scenario import Event, Scenario
from scenarios.starts import start

SUBSTEPS = 10
LOOK_EVERY = 2  # steps between two looks of a driver
STEP_S = 1 / (FRAME_RATE_HZ * SUBSTEPS)


def simulate(scenario: Scenario) -> Rollout:
    """Every body's motion at 12 Hz from t = 0, `duration_s` long; the same scenario gives the same numbers.

    A collision does not end the rollout: it is a happening, and the bodies slide on under friction.
    Raises ValueError when the scenario starts from a log, or bodies overlap at the start.
    """
    if scenario.from_log is not None:
        raise ValueError(f"{scenario.name}: starts from a log; its motion is read from there, not simulated")
    world = World(scenario)
    frames = [world.record()]
    for _ in range(round(scenario.duration_s * FRAME_RATE_HZ) - 1):
        for _ in range(SUBSTEPS):
            world.step()
        frames.append(world.record())
    return _rollout(scenario, np.array(frames), tuple(world.happenings))


class World:
    """The bodies between two steps."""

    def __init__(self, scenario: Scenario) -> None:
        self.t_s, self.steps = 0.0, 0
        self.road, self.friction = scenario.road, scenario.friction
        self.pending = sorted(scenario.events, key=lambda e: e.when.t_s)
        first = {e.actor: e.do for e in reversed(self.pending)}
        self.movers = [
            start(p, scenario.road, scenario.friction, i == 0, first.get(p.body.id))
            for i, p in enumerate(scenario.placed)
        ]
        self.place = {m.body.id: i for i, m in enumerate(self.movers)}
        self.drivers: dict[int, Driver] = {}
        self.pedals: dict[int, Pedals] = {}
        self.happenings: list[Happening] = []
        self.touched: set[tuple[int, int]] = set()
        self.size = np.array([(m.body.size.length_m, m.body.size.width_m, m.body.size.height_m) for m in self.movers])
        self.offset_m = np.array([m.offset_m for m in self.movers])
        self._refuse_overlaps()

    def step(self) -> None:
        """One inner step: events, decisions, motion, contacts."""
        while self.pending and self.pending[0].when.t_s <= self.t_s + 1e-9:
            self._fire(self.pending.pop(0))
        self._decide()
        self.steps += 1
        self.t_s = self.steps * STEP_S
        for mover in self.movers:
            mover.advance(self.t_s, STEP_S)
        self._collide()

    def record(self) -> list[tuple[float, ...]]:
        """Per body: reference x, y, yaw, speed, acceleration, brake light."""
        return [(*m.at, m.speed, m.accel, float(m.lit)) for m in self.movers]

    def _fire(self, event: Event) -> None:
        if event.actor not in self.place:
            raise ValueError(f"the story names {event.actor!r}; there are {', '.join(self.place)}")
        self.drivers.pop(self.place[event.actor], None)
        self.pedals.pop(self.place[event.actor], None)
        self._tell(event.actor, self.movers[self.place[event.actor]].perform(event.do))

    def _tell(self, actor: str, what: str, hit: str = "") -> None:
        self.happenings.append(Happening(round(self.t_s, 4), actor, what, hit))

    def _decide(self) -> None:
        following = [i for i, m in enumerate(self.movers) if m.drive is not None]
        if following and self.steps % LOOK_EVERY == 0:
            self._look_around(following)
        for i, mover in enumerate(self.movers):
            if mover.still or mover.slide is not None or mover.scripted:
                continue
            if mover.drive is not None and i in self.pedals:
                mover.press(self.pedals[i], STEP_S)
            else:
                mover.pursue(STEP_S)

    def _look_around(self, following: list[int]) -> None:
        scene = self._scene()
        for i in following:
            mover = self.movers[i]
            assert mover.drive is not None
            driver = self.drivers.setdefault(i, Driver(i, mover.drive.driver))
            self.pedals[i] = driver.decide(mover, scene, self.t_s)
            for what, other in driver.news:
                self._tell(mover.body.id, f"{what} {self.movers[other].body.id}")
            driver.news.clear()

    def _centres(self) -> tuple[Float[np.ndarray, "actor 2"], Float[np.ndarray, "actor"]]:
        return box_centres(np.array([m.at for m in self.movers]), self.offset_m)

    def _scene(self) -> Scene:
        xy, yaw = self._centres()
        velocity = np.array([(m.speed * cos(m.at[2]), m.speed * sin(m.at[2])) for m in self.movers])
        for i, mover in enumerate(self.movers):
            if mover.slide is not None:
                velocity[i] = mover.slide
        return look(self.road, xy, yaw, self.size, velocity, np.array([m.lit for m in self.movers]))

    def _touching(self) -> list[tuple[int, int, Float[np.ndarray, "2"]]]:
        moving = np.array([m.speed != 0 or m.slide is not None for m in self.movers])
        return touching(*self._centres(), self.size, moving)

    def _refuse_overlaps(self) -> None:
        overlaps = [f"{self.movers[i].body.id} and {self.movers[j].body.id}" for i, j, _ in self._touching()]
        if overlaps:
            raise ValueError(f"bodies overlap at the start: {'; '.join(overlaps)}")

    def _collide(self) -> None:
        for i, j, normal in self._touching():
            a, b = self.movers[i], self.movers[j]
            va, vb = a.velocity(), b.velocity()
            closing = float((va - vb) @ normal)
            if (i, j) not in self.touched:
                self.touched.add((i, j))
                words = f"at {max(closing, 0) * 3.6:.1f} km/h"
                self._tell(a.body.id, f"collision with {b.body.id} {words}", b.body.id)
            if closing <= 0:
                continue
            va, vb = parting_velocities(normal, va, vb, mass_kg(a.body), mass_kg(b.body))
            a.struck(va, sliding_decel(a.body, self.friction))
            b.struck(vb, sliding_decel(b.body, self.friction))


def _rollout(
    scenario: Scenario, frames: Float[np.ndarray, "time actor 6"], happenings: tuple[Happening, ...]
) -> Rollout:
    x, y, yaw, speed, accel, lit = np.moveaxis(frames, -1, 0)
    yaw = np.unwrap(yaw, axis=0)
    offset = np.array([EGO_REAR_AXLE_TO_CENTRE_M] + [0.0] * (len(scenario.placed) - 1))
    height = np.array([p.body.size.height_m for p in scenario.placed])
    centre = np.stack([x + offset * np.cos(yaw), y + offset * np.sin(yaw), np.broadcast_to(height / 2, x.shape)], -1)
    return Rollout(
        id=scenario.id,
        name=scenario.name,
        t_s=np.arange(len(frames)) / FRAME_RATE_HZ,
        bodies=tuple(p.body for p in scenario.placed),
        centre=centre,
        yaw_rad=np.arctan2(np.sin(yaw), np.cos(yaw)),
        speed_mps=speed,
        acceleration_mps2=accel,
        valid=np.ones(x.shape, bool),
        brake_light=lit > 0.5,
        ego_to_map=_ground_poses(x[:, 0], y[:, 0], yaw[:, 0]),
        map_to_global=np.eye(4),
        road=scenario.road,
        surface=scenario.surface,
        friction=scenario.friction,
        environment=scenario.environment,
        happenings=happenings,
        ended=Ended.DURATION,
    )


def _ground_poses(
    x: Float[np.ndarray, "time"], y: Float[np.ndarray, "time"], yaw: Float[np.ndarray, "time"]
) -> Float[np.ndarray, "time 4 4"]:
    poses = np.tile(np.eye(4), (len(x), 1, 1))
    poses[:, 0, 0] = poses[:, 1, 1] = np.cos(yaw)
    poses[:, 1, 0], poses[:, 0, 1] = np.sin(yaw), -np.sin(yaw)
    poses[:, 0, 3], poses[:, 1, 3] = x, y
    return poses
