"""`synthesize`: a clip is complete, reproducible, and has its lineage. Clips are specks."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from conditioning.renderer.procedural import render_with_clean
from outputs.clips.clip import Clip, read_clip, write_clip
from pipeline.renderers.models import LoadedModels, load_models
from pipeline.runs.run_folder import Job
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import condition, seed_for
from pipeline.synthesize import imagine, prepare, synthesize
from scenarios.load import library, load
from scenarios.model.environment import Environment, Weather
from tests.pipeline.situations import car_ahead


@pytest.fixture(scope="module")
def models(speck_weights) -> LoadedModels:
    return load_models("gaia", "speck", 1, speck_weights)


@pytest.fixture(scope="module")
def clip(models) -> Clip:
    return synthesize(Job("a", replace(car_ahead(), spec_hash="ab" * 32), 0), models, Stopwatch())


def test_every_stage_adds_its_part_to_the_clip(clip):
    time = len(clip.rollout.t_s)
    assert time == 13
    assert clip.frames[0].shape == clip.source[0].shape == (time, 48, 80, 3)
    assert len(clip.lidar) == 3
    assert clip.labels[0].in_view.shape == (time, 2)
    assert {(v.family, v.camera) for v in clip.record.verdicts} == {("physics", ""), ("pixels", "CAM_FRONT")}


def test_the_first_frame_is_the_source_and_snow_falls_as_in_the_source(models):
    snowing = replace(car_ahead(), environment=Environment(weather=Weather.SNOW))
    clip = synthesize(Job("a", snowing, 0), models, Stopwatch())
    made, source = (frames[0].astype(float) for frames in (clip.frames, clip.source))
    assert np.array_equal(made[0], source[0])
    conditions = condition(clip.rollout, clip.cameras, seed_for(snowing, 0, "look"))
    (view,) = conditions.views
    clean = render_with_clean(
        clip.rollout, conditions.scenery, view.camera, seed_for(snowing, 0, "look"), range(len(made))
    ).clean
    flakes = (source - clean).mean(-1) > 20
    assert flakes[1:].mean((1, 2)).min() > 0.002
    around = made[1:].mean(-1) - uniform_filter(made[1:].mean(-1), (0, 5, 5))
    assert around[flakes[1:]].mean() > around[~flakes[1:]].mean() + 10


def test_the_record_has_the_time_of_each_stage_and_the_lineage(clip, models):
    record = clip.record
    stages = ["open_world", "condition", "take_pictures", "predict_tokens", "render_frames", "sense_lidar", "judge"]
    assert list(record.stage_s) == stages
    assert record.weights == models.fingerprints
    assert record.scenario_id == "car-ahead"
    assert record.spec_hash == "ab" * 32
    assert len(record.code_version) == 12


def test_the_record_has_the_device_of_the_networks(clip, models):
    assert clip.record.device == "cpu"
    networks = models.renderer.networks
    moved = replace(networks, tokenizer=deepcopy(networks.tokenizer).to("meta"))
    assert replace(models.renderer, networks=moved).device == "meta"


def test_clips_generated_in_one_batch_equal_those_generated_alone(models):
    """With two scenes and seeds; only the last bits of sums in another order may differ."""
    jobs = (Job("a", car_ahead(), 0), Job("b", car_ahead(), 1))
    scenes = [prepare(job, models.rig, Stopwatch()) for job in jobs]
    together = imagine(jobs, scenes, models.renderer, Stopwatch())
    for job, scene, made in zip(jobs, scenes, together, strict=True):
        (alone,) = imagine((job,), (scene,), models.renderer, Stopwatch())
        assert np.abs(made.frames.astype(int) - alone.frames).mean() < 0.1
        assert made.frames.shape == (1, 13, 48, 80, 3)
    assert np.abs(together[0].frames.astype(int) - together[1].frames).mean() > 1


def test_the_same_job_gives_the_same_bytes(clip, models):
    again = synthesize(Job("a", car_ahead(), 0), models, Stopwatch())
    assert np.array_equal(clip.frames[0], again.frames[0])
    assert all(np.array_equal(a, b) for a, b in zip(clip.lidar, again.lidar, strict=True))
    assert clip.record.verdicts == again.record.verdicts


def test_another_seed_changes_the_look_and_not_the_geometry(clip, models):
    other = synthesize(Job("b", car_ahead(), 1), models, Stopwatch())
    assert not np.array_equal(clip.frames[0], other.frames[0])
    assert np.array_equal(clip.rollout.centre, other.rollout.centre)
    assert np.array_equal(clip.labels[0].modal_box, other.labels[0].modal_box)


def test_a_clip_is_read_back_unchanged(clip, tmp_path):
    write_clip(tmp_path / "a", clip, lossless=True)
    back = read_clip(tmp_path / "a")
    assert back.record == clip.record
    assert np.array_equal(back.frames[0], clip.frames[0])


def test_a_scenario_from_a_log_starts_with_the_real_picture(newborn_weights, street):
    models = load_models("gaia", "tiny", 1, newborn_weights)  # a speck's pictures have another shape than the log's
    (scenario,) = load(library()["logs/street-behind-white-car"])
    job = Job("log", replace(scenario, duration_s=1.0), 0, street, "whom to name")
    clip = synthesize(job, models, Stopwatch())
    assert clip.record.attribution == "whom to name"
    assert clip.rollout.road is None
    assert len(clip.rollout.bodies) > 10
    assert clip.cameras[0].width == 256
    assert clip.source[0].shape == clip.frames[0].shape
