"""Stages: seeds from content, consistent conditions, tokens and frames of equal length."""

import json
import time

import numpy as np
import pytest

from conditioning.layers.control_layers import LAYERS
from conditioning.layers.part_masks import COLOURS
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import condition, seed_for, source_frames
from pipeline.worlds import roll_out
from tests.pipeline.situations import car_ahead


def test_each_use_of_random_numbers_has_its_own_seed_from_content():
    scenario = car_ahead()
    seeds = {seed_for(scenario, seed, what) for seed in (0, 1) for what in ("look", "tokens", "frames", "lidar")}
    assert len(seeds) == 8
    assert seed_for(scenario, 0, "look") == seed_for(car_ahead(), 0, "look")


def test_a_car_ahead_is_in_layers_labels_and_caption(rig):
    rollout = roll_out(car_ahead())
    conditions = condition(rollout, rig, 0)
    (view,) = conditions.views
    assert view.layers.values.shape[0] == len(rollout.t_s) == conditions.actions.shape[0]
    assert view.labels.in_view[:, 1].all()
    assert not view.labels.in_view[:, 0].any()
    assert "car" in conditions.caption


def test_the_seed_changes_the_look_and_not_the_geometry(rig):
    rollout = roll_out(car_ahead())
    conditions, again, another = (condition(rollout, rig, look) for look in (1, 1, 2))
    drawn, redrawn, recoloured = (c.views[0].layers.values for c in (conditions, again, another))
    assert (drawn == redrawn).all()
    colour = slice(LAYERS.index(COLOURS[0]), LAYERS.index(COLOURS[-1]))
    assert (drawn[:, colour] != recoloured[:, colour]).any()
    assert (np.delete(drawn, colour, 1) == np.delete(recoloured, colour, 1)).all()
    (one,), (same,), (other,) = (source_frames(rollout, conditions, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_the_stopwatch_sums_stages_and_shows_the_running_one(tmp_path):
    shown = tmp_path / "x.stage"
    clock = Stopwatch(shown)
    with clock("simulate"):
        assert json.loads(shown.read_text())["stage"] == "simulate"
        time.sleep(0.02)
    once = clock.seconds["simulate"]
    with clock("simulate"):
        time.sleep(0.02)
    assert clock.seconds["simulate"] >= once + 0.015 >= 0.03
    assert set(clock.seconds) == {"simulate"}
    assert json.loads(shown.read_text())["stage"] == "simulate"
    with pytest.raises(TypeError), clock("draw"):
        max(1, "a")
    assert json.loads(shown.read_text())["stage"] == "draw"
    assert set(clock.seconds) == {"simulate"}
    clock.stop()
    assert not shown.exists()
