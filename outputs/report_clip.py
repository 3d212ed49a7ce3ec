"""What the report shows of one clip, read from its folder."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from conditioning.camera import Camera
from conditioning.visibility import Labels
from outputs.clip import read_labels
from outputs.manifest import ClipRecord, read_record
from outputs.plots import Plot, Series, line_plot
from outputs.rollout_file import read_cameras, read_rollout
from scenarios.measures import gap_and_ttc
from scenarios.rollout import Rollout

TTC_CEILING_S = 10.0  # beyond it a time to collision says nothing about a near miss
NAMED_MOST = 5  # lines in one plot that an eye can still tell apart


@dataclass(frozen=True)
class CameraView:
    """`boxes` has a list per frame of [actor, x0, y0, x1, y1, percent visible] of the amodal boxes, in pixels."""

    name: str
    width: int
    height: int
    generated: str
    source: str  # "" where there is none
    boxes: list[list[list[float]]]


@dataclass(frozen=True)
class ClipView:
    record: ClipRecord
    cameras: tuple[CameraView, ...]
    actors: list[dict[str, str]]
    plots: tuple[Plot, ...]
    duration_s: float
    ended: str


def clip_view(folder: Path) -> ClipView:
    """Everything the page says of the clip in `folder`; videos as data URIs."""
    record, rollout = read_record(folder / "record.json"), read_rollout(folder)
    cameras = read_cameras(folder / "cameras.json")
    views = tuple(
        _camera_view(folder, camera, labels)
        for camera, labels in zip(cameras, read_labels(folder, cameras), strict=True)
    )
    actors = [{"id": body.id, "kind": body.kind.value} for body in rollout.bodies]
    duration = len(rollout.t_s) / record.frame_rate_hz
    return ClipView(record, views, actors, _plots(rollout), duration, rollout.ended.value)


def _camera_view(folder: Path, camera: Camera, labels: Labels) -> CameraView:
    source = folder / camera.name / "source.mp4"
    return CameraView(
        camera.name, camera.width, camera.height, _embedded(folder / camera.name / "generated.mp4"),
        _embedded(source) if source.exists() else "", [_boxes(labels, i) for i in range(len(labels.in_view))],
    )  # fmt: skip


def _embedded(video: Path) -> str:
    return "data:video/mp4;base64," + base64.b64encode(video.read_bytes()).decode()


def _boxes(labels: Labels, frame: int) -> list[list[float]]:
    """Farthest first, so that the nearest are drawn over them."""
    rows = np.flatnonzero(labels.in_view[frame])
    order = rows[np.argsort(-labels.depth_m[frame, rows])]
    return [
        [int(a), *(round(float(v), 1) for v in labels.amodal_box[frame, a]), round(100 * float(labels.visibility[frame, a]))]
        for a in order
    ]  # fmt: skip


def _plots(rollout: Rollout) -> tuple[Plot, ...]: ...
