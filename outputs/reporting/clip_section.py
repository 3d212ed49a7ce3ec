"""A clip's section of the report, read from its folder."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conditioning.geometry.camera import Camera
from conditioning.sensors.visibility import Labels
from outputs.clips.clip import read_labels
from outputs.clips.manifest import ClipRecord, read_record
from outputs.clips.rollout_file import read_cameras, read_rollout
from outputs.nuscenes.taxonomy import MOVING_MPS
from outputs.reporting.plots import Plot, Series, line_plot
from scenarios.metrics.criticality import Encounters, closest, encounters
from scenarios.metrics.near_miss import near_miss
from scenarios.rollout import Rollout

TTC_CEILING_S = 10.0  # larger times to collision are not relevant for a near miss
COLOURS = 5  # most lines in one plot; the style sheet has as many colours


@dataclass(frozen=True)
class CameraView:
    """`boxes` has one list a frame of [actor, x0, y0, x1, y1, percent visible]: the amodal boxes, in pixels."""

    name: str
    width: int
    height: int
    generated: str
    source: str  # "" if there is none
    boxes: list[list[list[int | float]]]


@dataclass(frozen=True)
class ClipView:
    record: ClipRecord
    cameras: tuple[CameraView, ...]
    actors: list[dict[str, str]]
    plots: tuple[Plot, ...]
    near_miss: tuple[str, ...]
    duration_s: float
    ended: str


def clip_view(folder: Path) -> ClipView:
    """Read the clip in `folder`; videos become data URIs."""
    record, rollout = read_record(folder / "record.json"), read_rollout(folder)
    cameras = read_cameras(folder / "cameras.json")
    views = tuple(
        _camera_view(folder, camera, labels)
        for camera, labels in zip(cameras, read_labels(folder, cameras), strict=True)
    )
    actors = [{"id": body.id, "kind": body.kind.value} for body in rollout.bodies]
    duration = float(rollout.t_s[-1])
    met = encounters(rollout)
    near = tuple(near_miss(rollout, met).words())
    return ClipView(record, views, actors, _plots(rollout, met), near, duration, rollout.ended.value)


def _camera_view(folder: Path, camera: Camera, labels: Labels) -> CameraView:
    source = folder / camera.name / "source.mp4"
    return CameraView(
        camera.name, camera.width, camera.height, _video_uri(folder / camera.name / "generated.mp4"),
        _video_uri(source) if source.exists() else "", [_boxes(labels, i) for i in range(len(labels.in_view))],
    )  # fmt: skip


def _video_uri(video: Path) -> str:
    return "data:video/mp4;base64," + base64.b64encode(video.read_bytes()).decode()


def _boxes(labels: Labels, frame: int) -> list[list[int | float]]:
    """Sorted by depth, farthest first: the nearest boxes are drawn last."""
    rows = np.flatnonzero(labels.in_view[frame])
    order = rows[np.argsort(-labels.depth_m[frame, rows])]
    boxes, percent = labels.amodal_box[frame].round(1), (100 * labels.visibility[frame]).round()
    return [[int(row), *boxes[row].tolist(), int(percent[row])] for row in order]


def _plots(rollout: Rollout, met: Encounters) -> tuple[Plot, ...]:
    marks = [(h.t_s, f"{h.actor} {h.what}") for h in rollout.happenings]
    ahead = closest(met)
    rows = _plotted_bodies(rollout, met, ahead.row.tolist())
    kmh = np.where(rollout.valid, np.abs(rollout.speed_mps) * 3.6, np.nan)
    speeds = [Series(rollout.bodies[row].id, kmh[:, row], colour) for colour, row in enumerate(rows)]

    gaps = [
        Series(rollout.bodies[row].id, np.where(ahead.row == row, ahead.gap_m, np.nan), colour)
        for colour, row in enumerate(rows)
        if (ahead.row == row).any()
    ]
    times = [
        Series(rollout.bodies[row].id, np.where(np.isfinite(met.ttc_s[:, row]), met.ttc_s[:, row], np.nan), colour)
        for colour, row in enumerate(rows)
        if np.isfinite(met.ttc_s[:, row]).any() or (ahead.row == row).any()
    ]
    above = f"To any side of the ego. Not drawn above {TTC_CEILING_S:g} s or while no contact is about to happen."
    return (
        line_plot("Speed", "km/h", rollout.t_s, speeds, marks),
        line_plot("Gap to the nearest body in the ego's path", "m", rollout.t_s, gaps, marks),
        line_plot("Time to collision", "s", rollout.t_s, times, marks, TTC_CEILING_S, above),
    )


def _plotted_bodies(rollout: Rollout, met: Encounters, ahead: list[int]) -> list[int]:
    """At most `COLOURS` bodies: the ego, those in its path or about to touch it, then others that move; the nearest
    first."""
    nearest = np.argsort(met.distance_m.min(axis=0)).tolist()
    in_the_way, met_soon = set(ahead), np.isfinite(met.ttc_s).any(axis=0)
    moves = (rollout.valid & (np.abs(rollout.speed_mps) > MOVING_MPS)).any(axis=0)
    others = [row for row in nearest if row in in_the_way]
    others += [row for row in nearest if met_soon[row]] + [row for row in nearest if moves[row]]
    return list(dict.fromkeys([0, *others]))[:COLOURS]
