"""Sampled streets are physically possible, varied and repeatable."""

from collections import Counter

import numpy as np
import pytest

from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics
from scenarios.random_scenarios import sample_scenario
from scenarios.simulation.simulate import simulate

SEEDS, DRIVEN = range(60), 10


@pytest.fixture(scope="module")
def streets():
    return [sample_scenario(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def rollouts(streets):
    return [simulate(street) for street in streets[:DRIVEN]]


def test_every_sampled_street_passes_the_physics_checks(streets, rollouts):
    """Bodies do not overlap at the start either, since simulate refuses that."""
    for street, rollout in zip(streets[:DRIVEN], rollouts, strict=True):
        wrong = [v for v in check_physics(rollout, street) if v.gates and v.outcome is Outcome.FAIL]
        assert not wrong, f"{street.id}: {wrong}"


def test_the_seed_decides_the_street(streets):
    assert sample_scenario(7) == streets[7]
    assert sample_scenario(8).placed != streets[7].placed


def test_the_duration_is_that_of_the_caller():
    assert simulate(sample_scenario(3, 1.0)).t_s[-1] == pytest.approx(1.0)


def test_all_light_weather_roads_and_most_kinds_occur(streets):
    kinds = Counter(p.body.kind for s in streets for p in s.placed)
    assert len(kinds) >= 11
    assert {s.environment.time for s in streets} == {"day", "dusk", "night"}
    assert {s.environment.weather for s in streets} == {"clear", "rain", "fog", "snow"}
    assert {s.road.kind for s in streets} == {"straight", "curve"}
    assert {type(e.do).__name__ for s in streets for e in s.events} >= {"Brake", "Cross", "CutIn"}


def test_many_bodies_are_near_enough_for_training(rollouts):
    """At 203 px focal length a body of height h at depth z is 203 h / z px tall; 16 px and more can be recognised."""
    tall = []
    for rollout in rollouts:
        offset = rollout.centre[0, 1:, :2] - rollout.ego_to_map[0, :2, 3]
        ahead = (offset[:, 0] > 4) & (np.abs(offset[:, 1]) < 0.6 * offset[:, 0])
        tall.append(int((203 * rollout.sizes[1:, 2] / np.maximum(offset[:, 0], 1) > 16)[ahead].sum()))
    assert np.mean(tall) > 2.5
