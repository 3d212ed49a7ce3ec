"""Video files: frames are read back, the same frames give the same bytes, and writing is atomic."""

import av
import numpy as np
import pytest

from outputs.clips.video import frame_rate, read_video, write_video


def moving_square(frames: int = 24) -> np.ndarray:
    """A red square that moves over a grey picture, two pixels per frame."""
    video = np.full((frames, 72, 128, 3), 128, np.uint8)
    for i in range(frames):
        video[i, 30:46, 2 * i + 20 : 2 * i + 36] = (200, 30, 40)
    return video


def test_frames_are_read_back_with_small_errors(tmp_path):
    written = moving_square()
    write_video(tmp_path / "a.mp4", written, 12.0)
    read = read_video(tmp_path / "a.mp4")
    assert read.shape == written.shape
    error = np.abs(read.astype(int) - written)
    assert error.mean() < 1.5
    assert np.abs(read[5, 36:40, 36:40].astype(int) - (200, 30, 40)).max() <= 6  # colour inside the square is preserved


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 140, 60)])
def test_flat_colours_are_kept_by_the_conversion_of_colour_space(tmp_path, colour):
    written = np.full((3, 16, 32, 3), colour, np.uint8)
    write_video(tmp_path / "a.mp4", written, 12.0)
    assert np.abs(read_video(tmp_path / "a.mp4").astype(int) - written).max() <= 3


def test_frames_keep_their_order_and_rate(tmp_path):
    brightness = np.arange(24, dtype=np.uint8) * 10
    frames = np.broadcast_to(brightness[:, None, None, None], (24, 32, 32, 3)).copy()
    write_video(tmp_path / "a.mp4", frames, 12.0)
    assert np.abs(read_video(tmp_path / "a.mp4").mean(axis=(1, 2, 3)) - brightness).max() < 3
    assert frame_rate(tmp_path / "a.mp4") == 12.0


def test_the_same_frames_give_the_same_bytes(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, moving_square(), 12.0)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_browsers_can_play_it_while_it_loads(tmp_path):
    write_video(tmp_path / "a.mp4", moving_square(), 12.0)
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize("shape", [(3, 15, 32, 3), (3, 16, 31, 3), (0, 16, 32, 3)])
def test_frames_of_an_unsupported_shape_are_refused_and_no_file_is_left(tmp_path, shape):
    with pytest.raises(ValueError, match="even"):
        write_video(tmp_path / "a.mp4", np.zeros(shape, np.uint8), 12.0)
    assert list(tmp_path.iterdir()) == []
