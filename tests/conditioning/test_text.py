"""Captions: what happens in a clip, in words that the world model knows."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.caption import VOCABULARY, WORDS, caption, word_ids
from scenarios.model.bodies import Kind
from scenarios.model.environment import Environment, Surface, TimeOfDay, Weather
from scenarios.random_scenarios import sample_scenario
from scenarios.rollout import SimEvent
from scenarios.simulation.simulate import simulate
from tests.conditioning.situations import BEND, moving, situation, still


def test_light_weather_surface_and_road_come_first():
    rollout = replace(situation(road=BEND), environment=Environment(TimeOfDay.NIGHT, Weather.RAIN), surface=Surface.WET)
    assert caption(rollout) == "night rain wet curve three lanes ego stands"


def test_a_log_is_a_street():
    assert "street" in caption(situation(road=None)).split()


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (still(20, -3, Kind.TRUCK), "truck parked"),
        (moving(20, 0, Kind.CAR, 8.0), "car drives"),
        (moving(40, 3.5, Kind.BUS, 8.0, np.pi), "bus oncoming"),
        (moving(20, -4, Kind.CHILD, 1.5, np.pi / 2), "child crosses"),
        (moving(20, -4, Kind.PEDESTRIAN, 1.5, 0.0), "pedestrian walks"),
        (moving(20, -1, Kind.CYCLIST, 4.0), "cyclist rides"),
        (moving(20, -4, Kind.CYCLIST, 4.0, np.pi / 2), "cyclist crosses"),
    ],
)
def test_an_actor_is_named_with_its_action(actor, said):
    assert caption(situation(actor, frames=24)).endswith(said)


def test_braking_is_recognised_from_the_motion():
    rollout = situation(moving(20, 0, Kind.CAR, 8.0), frames=24, ego_speed=8.0)
    slowing = np.zeros_like(rollout.acceleration_mps2)
    slowing[5:, 1] = -5.0
    assert "ego drives car brakes" in caption(replace(rollout, acceleration_mps2=slowing))


def test_a_collision_is_in_the_caption():
    rollout = replace(situation(), happenings=(SimEvent(0.5, "ego", "collision with car at 12.0 km/h"),))
    assert caption(rollout).endswith("ego hits")


def test_bodies_behind_or_far_away_are_not_in_the_caption():
    assert caption(situation(still(-20, 0, Kind.BUS), still(90, 0, Kind.TRUCK))).endswith("ego stands")


def test_the_most_important_actions_come_first():
    parked = [still(10 + 3 * i, -5, kind) for i, kind in enumerate((Kind.CAR, Kind.VAN, Kind.BUS, Kind.TRUCK))]
    said = caption(situation(*parked, moving(40, -4, Kind.CHILD, 1.5, np.pi / 2), frames=12)).split()
    assert len(said) <= WORDS
    assert said[8:10] == ["child", "crosses"]


@pytest.mark.parametrize("seed", range(12))
def test_every_word_of_sampled_streets_is_known(seed):
    words = word_ids(caption(simulate(sample_scenario(seed, duration_s=1.0))))
    assert words.shape == (WORDS,)
    assert not (words == 1).any()
    assert words[0] > 1


def test_padding_has_id_zero_and_unknown_words_have_id_one():
    ids = word_ids("night zebra")
    assert ids.tolist() == [VOCABULARY.index("night"), 1] + [0] * (WORDS - 2)
    assert word_ids("").tolist() == [0] * WORDS
    assert len(word_ids("day " * 40)) == WORDS


def test_the_vocabulary_is_closed_and_small_enough_for_the_models():
    assert VOCABULARY[:2] == ("", "?")
    assert len(set(VOCABULARY)) == len(VOCABULARY) <= 128
