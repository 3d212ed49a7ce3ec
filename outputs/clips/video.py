"""H.264 videos: written for any browser, read back with the colours that a browser shows."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from jaxtyping import UInt8

from outputs.atomic_write import whole_file

# Constant rate factor of x264, 0 (lossless) to 51; 18 is usually considered visually lossless.
QUALITY_CRF = 18
BT709 = 1  # the code of BT.709 in H.264's primaries, transfer and matrix fields; without it players guess by size


def write_video(path: Path, frames: UInt8[np.ndarray, "time height width 3"], rate_hz: float) -> None:
    """Write RGB frames as an MP4 that can play while it loads; the same frames give the same bytes.

    ValueError for an odd height or width: 4:2:0 chroma needs even ones.
    """
    time, height, width, _ = frames.shape
    if time == 0 or height % 2 or width % 2:
        raise ValueError(f"{path}: a video needs frames of even height and width; got {time} of {height} x {width}")
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with whole_file(path) as part, av.open(str(part), "w", format="mp4", options=options) as container:
        _encode(container, frames, Fraction(rate_hz).limit_denominator(1001))


def _encode(container: av.container.OutputContainer, frames: np.ndarray, rate: Fraction) -> None:
    # One thread: x264's rate control depends on the thread count. One keyframe per second makes seeking fast.
    options = {"crf": str(QUALITY_CRF), "preset": "medium", "threads": "1", "g": str(round(rate)), "flags": "+bitexact"}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = ColorRange.MPEG
    reformat = VideoReformatter()
    for picture in frames:
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        yuv = reformat.reformat(rgb, format="yuv420p", dst_colorspace=Colorspace.ITU709)
        container.mux(stream.encode(yuv))
    container.mux(stream.encode())


def read_video(path: Path) -> UInt8[np.ndarray, "time height width 3"]:
    """All frames of a video's first stream as RGB. ValueError for a file without pictures."""
    reformat = VideoReformatter()
    with av.open(str(path)) as container:
        decoded = (
            reformat.reformat(frame, format="rgb24", src_colorspace=Colorspace.ITU709).to_ndarray()
            for frame in container.decode(video=0)
        )
        frames = list(decoded)
    if not frames:
        raise ValueError(f"{path}: no picture in it")
    return np.stack(frames)


def frame_rate(path: Path) -> float:
    """Frames per second, as given in the file; ValueError where none is."""
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate
    if rate is None:
        raise ValueError(f"{path}: no frame rate in it")
    return float(rate)
