"""One clip as a folder, written atomically.

record.json                    lineage and verdicts (`outputs.clips.manifest`)
rollout.json, rollout.npz      the state of every body at every frame
cameras.json, labels.npz       the rig, and each body's labels in each camera
lidar/0000.pcd.bin ...         one sweep per keyframe, named by its frame
CAM_FRONT/generated.mp4        the generated frames, for viewing
CAM_FRONT/source.mp4           the frames of the log or of the procedural camera, if there are any
CAM_FRONT/frames/0000.jpg ...  the generated frames, for training
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from conditioning.geometry.camera import Camera
from conditioning.sensors.visibility import Labels
from outputs.atomic_write import whole_folder
from outputs.clips.images import read_image, write_image
from outputs.clips.manifest import ClipRecord, read_record, write_record
from outputs.clips.rollout_file import (
    read_arrays,
    read_cameras,
    read_rollout,
    write_arrays,
    write_cameras,
    write_rollout,
)
from outputs.clips.video import read_video, write_video
from scenarios.rollout import KEYFRAME_RATE_HZ, Rollout

LABELS = ("visibility", "truncation", "amodal_box", "modal_box", "in_view", "depth_m")


@dataclass(frozen=True)
class Clip:
    """All data of one scenario and seed. Tuples run over `cameras`, except `lidar`, which runs over keyframes.

    Pictures are "time height width 3"; `source` is empty if there are no source pictures of these instants. LiDAR
    points are x, y, z (m, sensor frame), intensity (0-255) and ring, as returned by
    `conditioning.sensors.lidar.cast_lidar`.
    """

    record: ClipRecord
    rollout: Rollout
    cameras: tuple[Camera, ...]
    labels: tuple[Labels, ...]
    frames: tuple[UInt8[np.ndarray, "_ _ _ 3"], ...]
    source: tuple[UInt8[np.ndarray, "_ _ _ 3"], ...]
    lidar: tuple[Float[np.ndarray, "_ 5"], ...]


def keyframes(frames: int, rate_hz: float) -> range:
    """Indices of the keyframes: the first frame, then one every half second."""
    return range(0, frames, max(1, round(rate_hz / KEYFRAME_RATE_HZ)))


def write_clip(folder: Path, clip: Clip, lossless: bool = False) -> None:
    """Replace `folder`. Frames are JPEG of quality 95, or PNG if `lossless`. ValueError for inconsistent parts."""
    _check_consistency(clip)
    with whole_folder(folder) as part:
        write_record(part / "record.json", clip.record)
        write_rollout(part, clip.rollout)
        write_cameras(part / "cameras.json", clip.cameras)
        write_arrays(part / "labels.npz", _label_arrays(clip))
        _write_lidar(part / "lidar", clip)
        for i, camera in enumerate(clip.cameras):
            _write_frames(part / camera.name / "frames", clip.frames[i], ".png" if lossless else ".jpg")
            write_video(part / camera.name / "generated.mp4", clip.frames[i], clip.record.frame_rate_hz)
            if clip.source:
                write_video(part / camera.name / "source.mp4", clip.source[i], clip.record.frame_rate_hz)


def read_clip(folder: Path) -> Clip:
    """Read the clip in `folder`: generated frames from the frame files, source frames from the video."""
    record, rollout = read_record(folder / "record.json"), read_rollout(folder)
    cameras = read_cameras(folder / "cameras.json")
    frames = tuple(np.stack([read_image(path) for path in frame_paths(folder, c.name)]) for c in cameras)
    videos = [folder / c.name / "source.mp4" for c in cameras]
    source = tuple(read_video(video) for video in videos) if videos[0].exists() else ()
    clip = Clip(record, rollout, cameras, read_labels(folder, cameras), frames, source, read_lidar(folder))
    _check_consistency(clip)
    return clip


def read_labels(folder: Path, cameras: tuple[Camera, ...]) -> tuple[Labels, ...]:
    """The labels of each camera, in the order of the rig."""
    names = tuple(f"{camera.name}.{name}" for camera in cameras for name in LABELS)
    arrays = read_arrays(folder / "labels.npz", names)
    return tuple(Labels(**{name: arrays[f"{camera.name}.{name}"] for name in LABELS}) for camera in cameras)


def read_lidar(folder: Path) -> tuple[Float[np.ndarray, "_ 5"], ...]:
    """The LiDAR sweeps in order of time."""
    return tuple(np.fromfile(path, np.float32).reshape(-1, 5) for path in lidar_paths(folder))


def frame_paths(folder: Path, camera: str) -> list[Path]:
    """The frame files of one camera in order of time. FileNotFoundError if there are none."""
    return _numbered(folder / camera / "frames", r"\d{4}\.(jpg|png)")


def lidar_paths(folder: Path) -> list[Path]:
    return _numbered(folder / "lidar", r"\d{4}\.pcd\.bin")


def _numbered(folder: Path, pattern: str) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if re.fullmatch(pattern, path.name))
    if not paths:
        raise FileNotFoundError(f"{folder}: no file named like {pattern}")
    return paths


def _label_arrays(clip: Clip) -> dict[str, np.ndarray]:
    pairs = zip(clip.cameras, clip.labels, strict=True)
    return {f"{camera.name}.{name}": getattr(labels, name) for camera, labels in pairs for name in LABELS}


def _write_lidar(folder: Path, clip: Clip) -> None:
    folder.mkdir()
    frames = keyframes(len(clip.rollout.t_s), clip.record.frame_rate_hz)
    for frame, points in zip(frames, clip.lidar, strict=True):
        points.astype("<f4").tofile(folder / f"{frame:04d}.pcd.bin")


def _write_frames(folder: Path, frames: np.ndarray, ending: str) -> None:
    folder.mkdir(parents=True)
    for i, picture in enumerate(frames):
        write_image(folder / f"{i:04d}{ending}", picture)


def _check_consistency(clip: Clip) -> None:
    """Raise ValueError unless all parts have the same cameras and instants."""
    names = tuple(camera.name for camera in clip.cameras)
    time = len(clip.rollout.t_s)
    rows = len(keyframes(time, clip.record.frame_rate_hz))
    expected = [(time, camera.height, camera.width, 3) for camera in clip.cameras]
    wrong = {
        "cameras": names != clip.record.cameras or len(set(names)) != len(names),
        "frames": [f.shape for f in clip.frames] != expected,
        "source": bool(clip.source) and [s.shape[0] for s in clip.source] != [time] * len(names),
        "labels": [x.in_view.shape for x in clip.labels] != [(time, len(clip.rollout.bodies))] * len(names),
        "lidar": len(clip.lidar) != rows,
    }
    if any(wrong.values()):
        parts = ", ".join(name for name, bad in wrong.items() if bad)
        raise ValueError(f"clip {clip.record.id}: {parts} disagree with {names}, {time} frames, {rows} keyframes")
