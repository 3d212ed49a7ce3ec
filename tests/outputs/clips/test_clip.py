"""Clip folders: data are read back unchanged, inconsistent parts are refused, and writing is atomic."""

from dataclasses import fields

import numpy as np
import pytest

from conditioning.sensors.visibility import Labels
from outputs.clips import clip as clips
from outputs.clips.clip import keyframes, read_clip, write_clip
from tests.outputs.made import FRAMES, clip, contents


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("clips") / "street-s0"
    write_clip(place, clip(), lossless=True)
    return place


def test_arrays_come_back_bit_for_bit(folder):
    written, read = clip(), read_clip(folder)
    assert read.record == written.record
    for field in fields(written.rollout):
        before, after = getattr(written.rollout, field.name), getattr(read.rollout, field.name)
        assert np.array_equal(before, after) if isinstance(before, np.ndarray) else before == after, field.name
    for field in fields(written.labels[0]):
        assert np.array_equal(getattr(written.labels[0], field.name), getattr(read.labels[0], field.name)), field.name
    assert all(np.array_equal(a, b) for a, b in zip(written.lidar, read.lidar, strict=True))
    assert np.array_equal(written.cameras[0].camera_to_ego, read.cameras[0].camera_to_ego)
    assert np.array_equal(written.frames[0], read.frames[0])


def test_jpeg_frames_and_the_source_video_are_read_back_with_small_errors(tmp_path):
    write_clip(tmp_path / "a", clip())
    read = read_clip(tmp_path / "a")
    assert np.abs(read.frames[0].astype(int) - clip().frames[0]).mean() < 1.0
    assert np.abs(read.source[0].astype(int) - clip().source[0]).mean() < 2.0


def test_a_clip_without_a_source_has_none(tmp_path):
    write_clip(tmp_path / "a", clip(source=()))
    assert read_clip(tmp_path / "a").source == ()


def test_the_same_clip_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_clip(tmp_path / name, clip())
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_failed_write_leaves_no_files(tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(clips, "write_video", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_clip(tmp_path / "a", clip())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["frames", "source", "lidar", "labels"])
def test_parts_of_different_lengths_are_refused(tmp_path, part):
    whole = clip()
    shorter = {
        "frames": (whole.frames[0][:-1],),
        "source": (whole.source[0][:-1],),
        "lidar": whole.lidar[:-1],
        "labels": (Labels(**{f.name: getattr(whole.labels[0], f.name)[:-1] for f in fields(Labels)}),),
    }[part]
    with pytest.raises(ValueError, match=part):
        write_clip(tmp_path / "a", clip(**{part: shorter}))


def test_a_missing_frame_is_refused(folder, tmp_path):
    write_clip(tmp_path / "a", clip())
    (tmp_path / "a" / "CAM_FRONT" / "frames" / "0003.jpg").unlink()
    with pytest.raises(ValueError, match="frames"):
        read_clip(tmp_path / "a")


def test_keyframes_are_half_a_second_apart():
    assert list(keyframes(FRAMES, 12.0)) == [0, 6, 12, 18, 24]
    assert list(keyframes(7, 12.0)) == [0, 6]
    assert list(keyframes(3, 2.0)) == [0, 1, 2]
