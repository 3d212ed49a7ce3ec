"""Sampled streets: random but plausible scenarios as training and validation data of the networks."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, USUAL_SIZE, Body, Kind, Size
from scenarios.model.driver_models import G
from scenarios.model.environment import FRICTION, TIMES, WEATHERS, Environment, TimeRecord, WeatherRecord
from scenarios.roads.road import Road, RoadKind
from scenarios.scenario import After, Behaviour, Event, Expect, Follow, HoldSpeed, OnLane, Parked, Placed, Scenario
from scenarios.simulation.dynamics.lane_path import crossing_side
from scenarios.verbs.crossing.cross import Cross
from scenarios.verbs.lateral.lane_changes import CutIn
from scenarios.verbs.longitudinal.brake import Brake
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed

Drawn = TypeVar("Drawn", TimeRecord, WeatherRecord)
MOTORED = (Kind.CAR, Kind.CAR, Kind.CAR, Kind.VAN, Kind.TRUCK, Kind.TRUCK, Kind.BUS, Kind.MOTORCYCLE)
DRIVING = (*MOTORED, Kind.CYCLIST, Kind.CYCLIST)
KERBSIDE = (Kind.CAR, Kind.CAR, Kind.CAR, Kind.VAN, Kind.TRUCK, Kind.BUS, Kind.TRAILER, Kind.CONSTRUCTION)
WALKING = (Kind.PEDESTRIAN, Kind.PEDESTRIAN, Kind.CHILD)
STANDING = (Kind.CONE, Kind.BARRIER)
FARTHEST_M = 60.0


class Street:
    """A street under construction; no body is placed on another."""

    def __init__(self, seed: int, duration_s: float):
        self.rng = np.random.default_rng([seed, 1])
        self.seed, self.duration_s = seed, duration_s
        self.road = self._road()
        weather, time = self._drawn(WEATHERS.values()), self._drawn(TIMES.values())
        self.environment = Environment(time.name, weather.name)
        self.surface = weather.street_surfaces[self.rng.integers(len(weather.street_surfaces))]
        bend = max(abs(self.road.curvature_per_m), 1e-4)
        # No vehicle is faster than half the grip allows in the bend, whose inner lanes have a smaller radius.
        self.fastest_mps = float(np.sqrt(0.5 * FRICTION[self.surface] * G * (1 / bend - 12)))
        self.placed: list[Placed] = []
        self.events: list[Event] = []
        self.taken: list[tuple[float, float, float, float]] = []  # s from, s to, d from, d to

    def _drawn(self, records: Iterable[Drawn]) -> Drawn:
        """One of the records, by their shares of streets."""
        among = list(records)
        return among[self.rng.choice(len(among), p=[record.street_share for record in among])]

    def _road(self) -> Road:
        rng = self.rng
        lanes, opposite = int(rng.integers(1, 4)), int(rng.integers(0, 3))
        curved = rng.random() < 0.35
        curvature = float(rng.choice([-1, 1]) / rng.uniform(60, 300)) if curved else 0.0
        kind = RoadKind.CURVE if curved else RoadKind.STRAIGHT
        return Road(kind, lanes, opposite, float(rng.uniform(3.0, 3.75)), curvature, int(rng.integers(lanes)))

    def put(
        self, kind: Kind, start: OnLane, speed_mps: float, behaviour: Behaviour, turned: bool = False
    ) -> str | None:
        """Add a body unless its place, including its path for `duration_s`, is occupied; returns its id."""
        usual, scale = USUAL_SIZE[kind], self.rng.uniform(0.92, 1.08, 3)
        size = Size(usual.length_m * scale[0], usual.width_m * scale[1], usual.height_m * scale[2])
        along, across = (size.width_m, size.length_m) if turned else (size.length_m, size.width_m)
        run = speed_mps * self.duration_s
        ahead, behind = (run, 0.0) if start.facing > 0 else (0.0, run)
        space = (
            start.s_m - along / 2 - behind - 1, start.s_m + along / 2 + ahead + 1,
            start.d_m - across / 2 - 0.3, start.d_m + across / 2 + 0.3,
        )  # fmt: skip
        if any(a[0] < space[1] and space[0] < a[1] and a[2] < space[3] and space[2] < a[3] for a in self.taken):
            return None
        self.taken.append(space)
        body = Body(f"{kind.value}_{len(self.placed)}", kind, size)
        self.placed.append(Placed(body, start, speed_mps, behaviour))
        return body.id

    def put_ego(self) -> None:
        speed = float(self.rng.uniform(0, min(20.0, self.fastest_mps))) if self.rng.random() < 0.85 else 0.0
        # Half of the egos follow traffic, so that their speed changes; the others hold it, brake or speed up.
        behaviour: Behaviour = HoldSpeed(speed)
        if self.rng.random() < 0.55:
            behaviour = Follow(max(speed, 3.0), str(self.rng.choice(["attentive", "r157 careful", "idm"])))
        elif self.rng.random() < 0.4:
            change = self.rng.uniform(0, 0.5 * self.duration_s), self.rng.uniform(1.5, 7)
            slower = Brake(float(change[1]), float(self.rng.choice([0.0, 0.5])) * speed)
            quicker = ChangeSpeed(min(speed + 5.0, self.fastest_mps), 2.0)
            self.events.append(Event("ego", After(float(change[0])), slower if self.rng.random() < 0.7 else quicker))
        self.placed.append(
            Placed(Body("ego", Kind.CAR, EGO_SIZE), OnLane(EGO_REAR_AXLE_TO_CENTRE_M, 0.0), speed, behaviour)
        )
        self.taken.append((-3.0, 5.0 + speed * self.duration_s, -1.2, 1.2))

    def put_traffic(self) -> None:
        """Moving vehicles in all lanes, denser near the ego."""
        rng = self.rng
        for _ in range(int(rng.integers(3, 10))):
            lane = int(rng.integers(self.road.lanes + self.road.opposite_lanes))
            kind = DRIVING[rng.integers(len(DRIVING))]
            facing = 1 if lane < self.road.lanes else -1
            ego = self.placed[0].speed_mps
            speed = float(max(0.0, rng.normal(ego, 2.5))) if facing > 0 else float(rng.uniform(3, 14))
            speed = min(speed, self.fastest_mps, 7.0 if kind is Kind.CYCLIST else 30.0)
            s = float(6 + (FARTHEST_M - 6) * rng.random() ** 1.5)
            edge = -0.9 if kind is Kind.CYCLIST else 0.0
            who = self.put(
                kind, OnLane(s, self.road.lane_centre(lane) + edge * facing, facing), speed, HoldSpeed(speed)
            )
            if who and facing > 0:
                self._give_story(who, lane)

    def put_lead(self) -> None:
        """Often adds a vehicle directly ahead of the ego."""
        if self.rng.random() < 0.6:
            speed = self.placed[0].speed_mps
            gap = float(self.rng.uniform(5, 25))
            kind = MOTORED[self.rng.integers(len(MOTORED))]
            s = self.taken[0][1] - speed * self.duration_s + gap + USUAL_SIZE[kind].length_m / 2
            self.taken[0] = (
                self.taken[0][0],
                5.0,
                -1.2,
                1.2,
            )  # the lead keeps its distance: only its start is occupied
            who = self.put(kind, OnLane(s, 0.0), speed, Follow(speed + 0.1, "idm") if speed else HoldSpeed(0.0))
            if who:
                self._give_story(who, self.road.ego_lane)

    def _give_story(self, who: str, lane: int) -> None:
        rng, t = self.rng, After(float(self.rng.uniform(0, 0.6 * self.duration_s)))
        if rng.random() < 0.35:
            self.events.append(Event(who, t, Brake(float(rng.uniform(1.5, 5)))))
        elif abs(lane - self.road.ego_lane) == 1 and rng.random() < 0.3:
            self.events.append(Event(who, t, CutIn(float(rng.uniform(1.5, 3)))))

    def put_kerbside(self) -> None:
        """Rows of parked vehicles beside the carriageway, some cones and barriers."""
        rng, road = self.rng, self.road
        for side, edge in ((-1, road.right_edge), (1, road.left_edge)):
            if rng.random() < 0.6:
                s = float(rng.uniform(4, 20))
                for _ in range(int(rng.integers(1, 6))):
                    kind = KERBSIDE[rng.integers(len(KERBSIDE))] if rng.random() < 0.7 else Kind.CAR
                    size, facing = USUAL_SIZE[kind], 1 if side < 0 or not road.opposite_lanes else -1
                    s += size.length_m / 2
                    d = edge + side * (0.15 + size.width_m / 2)
                    self.put(kind, OnLane(s, d, facing), 0.0, Parked())
                    s += size.length_m / 2 + float(rng.uniform(1.5, 6))
            for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.3 else 0):
                kind = STANDING[rng.integers(2)]
                d = edge - side * float(rng.uniform(0.3, 1.0))
                self.put(kind, OnLane(float(rng.uniform(6, 35)), d), 0.0, Parked())

    def put_walkers(self) -> None:
        """Pedestrians on the sidewalks and crossing, also from between and behind vehicles."""
        rng, road = self.rng, self.road
        for _ in range(int(rng.integers(2, 13))):
            kind, pace = WALKING[rng.integers(len(WALKING))], float(rng.uniform(0.7, 2.0))
            side, edge = (-1, road.right_edge) if rng.random() < 0.5 else (1, road.left_edge)
            s = float(5 + 35 * rng.random() ** 1.3)
            if rng.random() < 0.45:
                d = float(rng.uniform(road.right_edge, road.left_edge)) if rng.random() < 0.5 else edge + side * 0.8
                if not self._clear_to_cross(s, d, pace) and rng.random() < 0.8:
                    continue
                who = self.put(kind, OnLane(s, d), 0.0, Parked(), turned=True)
                if who:
                    self.events.append(Event(who, After(0.0), Cross(pace)))
            else:
                d = edge + side * float(rng.uniform(0.5, road.sidewalk_m + 2.0))
                self.put(kind, OnLane(s, d, int(rng.choice([-1, 1]))), pace, HoldSpeed(pace))

    def _clear_to_cross(self, s: float, d: float, pace: float) -> bool:
        """Whether a pedestrian meets no body except perhaps the ego: most people look before they cross."""
        reach = crossing_side(self.road, d) * pace * self.duration_s
        low, high = min(d, d + reach) - 0.5, max(d, d + reach) + 0.5
        return not any(a[0] < s + 0.5 and s - 0.5 < a[1] and a[2] < high and low < a[3] for a in self.taken[1:])


def sample_scenario(seed: int, duration_s: float = 2.0) -> Scenario:
    """A street drawn from `seed` alone: any road, light, weather and traffic of the scenario language."""
    street = Street(seed, duration_s)
    street.put_ego()
    street.put_lead()
    street.put_kerbside()
    street.put_traffic()
    street.put_walkers()
    name = f"sampled-{seed}"
    return Scenario(
        name, name, "a sampled street", {"suite": "sampled"}, duration_s, street.road, street.surface,
        FRICTION[street.surface], street.environment, tuple(street.placed), tuple(street.events), Expect(),
    )  # fmt: skip
