"""Footage: bursts of consecutive frames, pictures and layers of the same instants, each clip rendered once."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.presets import PRESETS
from pipeline.errors import UserError
from pipeline.training.batches import COLOUR, NEARNESS, TOKEN_PX, clips_batch, pairs_batch, random_crop, windows_batch
from pipeline.training.learners import PARTS
from pipeline.training.training_data import (
    DURATION_S,
    Footage,
    FootageConfig,
    create_footage,
    draw_moments,
    make_footage,
    open_footage,
)
from scenarios.rollout import FRAME_RATE_HZ, frame_count

CONFIG = FootageConfig(clips=2, bursts=3, burst=5, height=80, width=144)


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> Footage:
    return make_footage(tmp_path_factory.mktemp("footage"), CONFIG, 1, lambda *_: None)


@pytest.mark.parametrize("length", [72, 40, 15, 5])
def test_bursts_are_neighbours_in_order_inside_the_rollout(length):
    bursts = draw_moments(CONFIG, length, seed=3).reshape(CONFIG.bursts, CONFIG.burst)
    assert (np.diff(bursts) == 1).all()
    assert (np.diff(bursts[:, 0]) >= (CONFIG.burst if length >= CONFIG.frames else 0)).all()
    assert bursts.min() >= 0 and bursts.max() < length


def test_objects_in_pictures_are_where_the_layers_have_them(footage):
    for clip, time in np.ndindex(footage.ignore.shape[:2]):
        for box in footage.boxes[clip, time][footage.ignore[clip, time] == 0]:
            x0, y0, x1, y1 = box.round().astype(int)
            inside = footage.layers[clip, time, NEARNESS, y0:y1, x0:x1]
            assert inside.size == 0 or inside.max() > 0


@pytest.mark.parametrize("burst", [1, 4, 75])
def test_a_burst_that_tokens_do_not_fit_is_refused(burst):
    with pytest.raises(UserError, match=f"{burst} pictures"):
        FootageConfig(clips=1, bursts=1, burst=burst, height=80, width=144)


def test_existing_footage_is_not_rendered_again(footage):
    before = (footage.folder / "pictures.npy").stat().st_mtime_ns
    again = make_footage(footage.folder, CONFIG, 1, lambda *_: None)
    assert (footage.folder / "pictures.npy").stat().st_mtime_ns == before
    assert again.ready.tolist() == [0, 1]


def test_footage_of_another_configuration_is_refused(footage):
    with pytest.raises(UserError, match=r"clips=2, .* not for .*clips=3, .*; name another folder"):
        make_footage(
            footage.folder, FootageConfig(clips=3, bursts=3, burst=5, height=80, width=144), 1, lambda *_: None
        )


@pytest.fixture
def begun(tmp_path) -> Path:
    """A footage.json, with empty arrays."""
    create_footage(tmp_path, CONFIG)
    return tmp_path / "footage.json"


def test_footage_of_the_longest_burst_can_be_drawn():
    longest = frame_count(DURATION_S)
    config = FootageConfig(clips=1, bursts=1, burst=longest, height=80, width=144)
    assert draw_moments(config, longest, seed=0).tolist() == list(range(longest))


@pytest.mark.parametrize("gone", ["burst", "layers", "vocabulary", "arrays"])
def test_footage_of_another_version_is_refused_and_the_missing_parts_are_named(begun, gone):
    told = json.loads(begun.read_text())
    del told[gone]
    begun.write_text(json.dumps(told))
    for use in (open_footage, lambda folder: create_footage(folder, CONFIG)):
        with pytest.raises(UserError, match=f"another version: .* differ in {gone}; name another folder"):
            use(begun.parent)


@pytest.mark.parametrize("what", ["layers", "vocabulary"])
def test_footage_with_other_layers_or_words_is_refused_and_they_are_named(begun, what):
    told = json.loads(begun.read_text())
    first, second, *others = told[what]
    begun.write_text(json.dumps(told | {what: [second, first, *others, "comet"]}))
    for use in (open_footage, lambda folder: create_footage(folder, CONFIG)):
        with pytest.raises(UserError, match=f"another list of {what}, gone: 'comet'; moved: .*; name another folder"):
            use(begun.parent)


def test_the_decoder_learns_the_clean_pictures(footage):
    assert 1.0 < np.abs(footage.pictures.astype(int) - footage.clean).mean() < 8.0
    tokens = np.zeros((2, 15, 6, CONFIG.height // TOKEN_PX, CONFIG.width // TOKEN_PX), np.float16)
    black = np.zeros_like(footage.pictures)
    from_clean, from_black = (
        windows_batch(changed, tokens, np.random.default_rng(0), size=4, frames=3, strength=6.0)
        for changed in (replace(footage, pictures=black), replace(footage, clean=black))
    )
    assert from_clean.pictures.std() > 0.1
    assert (from_black.pictures == -1).all()


def test_footage_with_fewer_token_frames_than_the_world_model_sees_is_refused_before_anything_is_made(tmp_path):
    create_footage(tmp_path, FootageConfig(clips=1, bursts=1, burst=5, height=48, width=80))
    window = PRESETS["tiny"].world.window
    with pytest.raises(UserError, match=f"3 pictures with tokens in each clip; .* needs {window} in its context"):
        PARTS["world"](PRESETS["tiny"], open_footage(tmp_path), tmp_path / "none", torch.device("cpu"))


def test_missing_footage_is_refused_with_the_command_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="creates some") as told:
        open_footage(tmp_path)
    (part,) = re.findall(f"`nearmiss train (\\w+) --footage {tmp_path}`", str(told.value))
    assert part in PARTS


def test_clips_keep_their_times_in_order_and_their_codes_beside_their_layers(footage):
    codes = np.arange(2 * 15)[:, None, None].reshape(2, 15, 1, 1) * np.ones((1, 1, 5, 9), np.int64)
    clips = clips_batch(footage, codes, np.random.default_rng(0), size=8, steps=5, strength=3.0)
    frames = clips.codes[:, :, 0, 0]
    assert (np.diff(clips.t_s.numpy(), axis=1) > 0).all()
    for row, clip in enumerate(frames // 15):
        moments = footage.moments[clip, frames[row] % 15]
        assert np.allclose(clips.t_s[row].numpy(), moments / FRAME_RATE_HZ)
        drawn, shot = clips.layers[row].numpy(), footage.layers[clip, frames[row] % 15]
        assert (np.delete(drawn, COLOUR, 1) == np.delete(shot, COLOUR, 1)).all()
        assert (drawn == shot).all() or not drawn[:, COLOUR].any()  # some clips have no body colours in their layers
    assert clips.weight.mean().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("height", "width", "size"), [(48, 80, (48, 80)), (56, 300, (48, 128)), (80, 128, (80, 128)), (144, 256, (80, 128))]
)
def test_a_crop_is_within_the_picture_on_whole_tokens_for_any_picture_size(tmp_path, height, width, size):
    create_footage(tmp_path, FootageConfig(clips=1, bursts=2, burst=3, height=height, width=width))
    footage = open_footage(tmp_path, "r+")
    footage.done[0] = True
    footage.boxes[0, :, 0] = (0, 0, width, height)
    for p in (random_crop(footage, np.random.default_rng(seed), 2) for seed in range(20)):
        assert (p.rows.stop - p.rows.start, p.columns.stop - p.columns.start) == size
        assert p.rows.start >= 0 and p.rows.stop <= height and p.columns.start >= 0 and p.columns.stop <= width
        assert p.rows.start % TOKEN_PX == p.columns.start % TOKEN_PX == 0


def test_windows_and_pairs_stay_within_a_burst(footage):
    tokens = np.zeros((2, 15, 6, 5, 9), np.float32)
    tokens += np.arange(15)[None, :, None, None, None]
    windows = windows_batch(footage, tokens, np.random.default_rng(0), size=16, frames=3, strength=6.0)
    frames = windows.tokens[:, :, 0, 0, 0].numpy().astype(int)
    assert (np.diff(frames) == 1).all()
    assert (frames[:, 0] // CONFIG.burst == frames[:, -1] // CONFIG.burst).all()
    pairs = pairs_batch(footage, np.random.default_rng(0), 8)
    assert pairs.before.shape == pairs.after.shape == (8, 3, 80, 144)
