"""Blur, colour drift of facades and flicker that are added to source pictures are measured."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from conditioning.assets.scenery import build_scenery
from conditioning.layers.control_layers import LAYERS, Layers, draw_layers
from conditioning.renderer.procedural import render_procedural
from pipeline.checks.sight import Frames
from pipeline.evaluation.sharpness import MOMENTS, REGION_NAMES, Sharpness, on_bodies, sharpness
from scenarios.random_scenarios import sample_scenario
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from tests.pipeline.seeing import CAMERA

SECOND = 12  # frames


@pytest.fixture(scope="module")
def street() -> tuple[Rollout, Layers, Frames]:
    """A sampled street by day with buildings and a body in view."""
    rollout = simulate(sample_scenario(1_200_003, duration_s=2.0))
    scenery = build_scenery(rollout)
    layers = draw_layers(rollout, scenery, CAMERA)
    assert (layers.values[:, LAYERS.index("building")] > 0).any() and on_bodies(layers.values).any()
    return rollout, layers, render_procedural(rollout, scenery, CAMERA, 0)


def measured(street, frames: Frames) -> Sharpness:
    rollout, layers, source = street
    return sharpness(frames, source, layers.values, rollout, CAMERA)


def test_fog_over_bodies_and_fog_behind_them_are_distinguished(street):
    _, layers, source = street
    soft = np.stack([gaussian_filter(frame, (1.5, 1.5, 0)) for frame in source])
    bodies = on_bodies(layers.values)[..., None]
    energy = measured(street, source).energy
    everywhere, behind = (measured(street, frames).energy / energy for frames in (soft, np.where(bodies, source, soft)))
    at = REGION_NAMES.index
    assert (everywhere < 0.8).all()
    assert (behind[at("background")] < 0.8).all() and (behind[at("bodies")] > 0.95).all()


def test_fog_that_starts_later_is_in_the_values_over_time(street):
    _, _, source = street
    late = source.copy()
    late[-1] = gaussian_filter(source[-1], (2, 2, 0))
    ratio = measured(street, late).energy[0] / measured(street, source).energy[0]
    at = MOMENTS.index
    assert ratio[at("at 1 s")] == 1 and ratio[at("at the end")] < 0.7 < ratio[at("all frames")]


def test_the_colour_change_of_facades_is_measured(street):
    _, layers, source = street
    building = (layers.values[:, LAYERS.index("building")] > 0)[..., None]
    drift = np.linspace(0, 30, len(source))[:, None, None, None] * building
    m = measured(street, np.clip(source + drift, 0, 255).astype(np.uint8))
    error = m.facade_error / m.facade_cells
    assert error[1] == pytest.approx(30 / 255, rel=0.1) and error[0] == pytest.approx(
        30 * SECOND / (len(source) - 1) / 255, rel=0.1
    )
    assert (measured(street, source).facade_error == 0).all()


def test_texture_that_moves_with_its_surface_does_not_flicker_and_new_noise_does(street):
    _, _, source = street
    noise = np.random.default_rng(0).integers(-12, 13, source.shape)
    still = measured(street, source).flicker
    assert measured(street, np.clip(source + noise, 0, 255).astype(np.uint8)).flicker > 1.5 * still
    held = np.repeat(source[:1], len(source), 0)
    assert measured(street, held).flicker > 1.2 * still  # in a constant picture, surfaces do not move as expected


def test_sums_add_up(street):
    one = measured(street, street[2])
    both = one + one
    assert (both.energy == 2 * one.energy).all() and both.flicker == 2 * one.flicker
    assert (both.facade_cells == 2 * one.facade_cells).all()
