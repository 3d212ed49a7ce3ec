"""Rows of one clip in nuScenes' thirteen tables, and the files of its pictures and sweeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from jaxtyping import Float

from conditioning.geometry.camera import Camera
from conditioning.sensors.lidar import LIDAR_TO_EGO
from conditioning.sensors.visibility import visibility_level
from outputs.clips.clip import frame_paths, keyframes, lidar_paths, read_labels, read_lidar
from outputs.clips.manifest import ClipRecord, read_record
from outputs.clips.rollout_file import read_cameras, read_rollout
from outputs.defaults import FIRST_RENDERER
from outputs.nuscenes import taxonomy
from outputs.nuscenes.boxes import BoxVisibility, box_visibility
from outputs.nuscenes.road_mask import RoadMask, draw_road_mask
from outputs.nuscenes.taxonomy import token
from scenarios.rollout import Rollout

TABLES = (
    "attribute", "calibrated_sensor", "category", "ego_pose", "instance", "log", "map", "sample", "sample_annotation",
    "sample_data", "scene", "sensor", "visibility",
)  # fmt: skip
LIDAR = "LIDAR_TOP"
LIDAR_KEYFRAMES = f"samples/{LIDAR}/"  # prefix of its file names
# A clip has no real time: its clock starts at a microsecond derived from its id, within three years after this one.
CLOCK_FROM_US, CLOCK_SPAN_US = 1_600_000_000_000_000, 100_000_000_000_000
Row = dict[str, object]


@dataclass(frozen=True)
class ClipTables:
    """The data of one clip that its rows are made from."""

    folder: Path
    record: ClipRecord
    rollout: Rollout
    cameras: tuple[Camera, ...]
    keys: range
    seen: BoxVisibility
    mask: RoadMask

    def time_us(self, frame: int) -> int:
        """Microseconds on the clip's own clock."""
        start = int(token("clock", self.record.id), 16) % CLOCK_SPAN_US
        return CLOCK_FROM_US + start + round(float(self.rollout.t_s[frame]) * 1e6)

    def token(self, kind: str, *parts: object) -> str:
        return token(kind, self.record.id, *parts)


@dataclass(frozen=True)
class SceneRows:
    """`tables` by name; `files` maps each file name in the dataset to the clip's file."""

    tables: dict[str, list[Row]]
    files: dict[str, Path]


def open_scene(folder: Path) -> ClipTables:
    """Read a clip's folder, without its pictures."""
    record, rollout = read_record(folder / "record.json"), read_rollout(folder)
    cameras = read_cameras(folder / "cameras.json")
    keys = keyframes(len(rollout.t_s), record.frame_rate_hz)
    seen = box_visibility(rollout, read_labels(folder, cameras), read_lidar(folder), LIDAR_TO_EGO, keys)
    return ClipTables(folder, record, rollout, cameras, keys, seen, draw_road_mask(rollout))


def scene_rows(scene: ClipTables) -> SceneRows:
    """All rows of one clip. Boxes and poses are in the global frame of its map.

    Pictures after the last keyframe are left out: readers interpolate boxes between keyframes only.
    """
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    files: dict[str, Path] = {}
    frames = range(scene.keys[-1] + 1)
    for camera in scene.cameras:
        size = {"width": camera.width, "height": camera.height}
        pictures = frame_paths(scene.folder, camera.name)[: len(frames)]
        calibrated = _calibrate(tables, camera.name, camera.camera_to_ego, camera.intrinsic)
        _record_sensor(scene, tables, files, calibrated, camera.name, frames, pictures, size)
    calibrated = _calibrate(tables, LIDAR, LIDAR_TO_EGO, None)
    no_size = {"width": 0, "height": 0}
    _record_sensor(scene, tables, files, calibrated, LIDAR, scene.keys, lidar_paths(scene.folder), no_size)
    tables["sample"] = _samples(scene)
    tables["scene"], tables["log"], tables["map"] = [_scene_row(scene)], [_log_row(scene)], [_map_row(scene)]
    for actor in np.flatnonzero(scene.seen.annotated.any(axis=0)).tolist():
        annotations = _annotations(scene, actor)
        tables["sample_annotation"] += annotations
        tables["instance"].append(_instance(scene, actor, annotations))
    return SceneRows(tables, files)


def mask_name(scene: ClipTables) -> str:
    return f"maps/{scene.record.id}.png"


def _calibrate(
    tables: dict[str, list[Row]],
    channel: str,
    sensor_to_ego: Float[np.ndarray, "4 4"],
    intrinsic: Float[np.ndarray, "3 3"] | None,
) -> str:
    """Add a sensor and its calibration; returns the calibration's token. Clips with the same calibration share it."""
    matrix = [] if intrinsic is None else intrinsic.tolist()
    place, turn = taxonomy.translation(sensor_to_ego[:3, 3]), taxonomy.quaternion(sensor_to_ego[:3, :3])
    sensor, calibrated = token("sensor", channel), token("calibrated_sensor", channel, place, turn, matrix)
    modality = "lidar" if intrinsic is None else "camera"
    tables["sensor"].append({"token": sensor, "channel": channel, "modality": modality})
    tables["calibrated_sensor"].append({
        "token": calibrated, "sensor_token": sensor, "translation": place, "rotation": turn, "camera_intrinsic": matrix,
    })  # fmt: skip
    return calibrated


def _record_sensor(
    scene: ClipTables,
    tables: dict[str, list[Row]],
    files: dict[str, Path],
    calibrated: str,
    channel: str,
    frames: Sequence[int],
    sources: list[Path],
    size: dict[str, int],
) -> None:
    """Add a sample_data and an ego_pose row for every frame of one sensor."""
    for i, (frame, source) in enumerate(zip(frames, sources, strict=True)):
        key, time_us = frame in scene.keys, scene.time_us(frame)
        ending = source.name.split(".", 1)[1]
        name = f"{'samples' if key else 'sweeps'}/{channel}/{scene.record.id}__{channel}__{time_us}.{ending}"
        files[name] = source
        tables["ego_pose"].append(_ego_pose(scene, channel, frame))
        tables["sample_data"].append({
            "token": scene.token("sample_data", channel, frame), "sample_token": _sample_of(scene, frame),
            "ego_pose_token": scene.token("ego_pose", channel, frame), "calibrated_sensor_token": calibrated,
            "timestamp": time_us, "fileformat": ending.split(".")[0], "is_key_frame": key, **size, "filename": name,
            "prev": scene.token("sample_data", channel, frames[i - 1]) if i > 0 else "",
            "next": scene.token("sample_data", channel, frames[i + 1]) if i + 1 < len(frames) else "",
        })  # fmt: skip


def _sample_of(scene: ClipTables, frame: int) -> str:
    """A frame between keyframes belongs to the next sample."""
    return scene.token("sample", next(key for key in scene.keys if key >= frame))


def _ego_pose(scene: ClipTables, channel: str, frame: int) -> Row:
    pose = scene.mask.map_to_global @ scene.rollout.ego_to_map[frame]
    return {
        "token": scene.token("ego_pose", channel, frame), "timestamp": scene.time_us(frame),
        "rotation": taxonomy.quaternion(pose[:3, :3]), "translation": taxonomy.translation(pose[:3, 3]),
    }  # fmt: skip


def _samples(scene: ClipTables) -> list[Row]:
    tokens = [scene.token("sample", frame) for frame in scene.keys]
    return [
        {"token": own, "timestamp": scene.time_us(frame), "prev": before, "next": after,
         "scene_token": scene.token("scene")}
        for own, frame, before, after in zip(tokens, scene.keys, ["", *tokens[:-1]], [*tokens[1:], ""], strict=True)
    ]  # fmt: skip


def _scene_row(scene: ClipTables) -> Row:
    description = ". ".join(text for text in (scene.record.caption, scene.record.attribution) if text)
    return {
        "token": scene.token("scene"), "log_token": scene.token("log"), "nbr_samples": len(scene.keys),
        "first_sample_token": scene.token("sample", scene.keys[0]),
        "last_sample_token": scene.token("sample", scene.keys[-1]),
        "name": scene.record.id, "description": description,
    }  # fmt: skip


def vehicle_of(renderer: str) -> str:
    """`vehicle` of a renderer's logs; the first renderer keeps the name from before there were several."""
    return "nearmiss" if renderer == FIRST_RENDERER else f"nearmiss {renderer}"


def _log_row(scene: ClipTables) -> Row:
    date = datetime.fromtimestamp(scene.time_us(0) / 1e6, UTC).date().isoformat()
    return {
        "token": scene.token("log"), "logfile": scene.record.scenario_id, "vehicle": vehicle_of(scene.record.renderer),
        "date_captured": date, "location": "generated",
    }  # fmt: skip


def _map_row(scene: ClipTables) -> Row:
    return {
        "token": scene.token("map"), "log_tokens": [scene.token("log")], "category": "semantic_prior",
        "filename": mask_name(scene),
    }  # fmt: skip


def _annotations(scene: ClipTables, actor: int) -> list[Row]:
    """One row for every keyframe at which a sensor sees the body; prev and next skip the other keyframes."""
    rows = np.flatnonzero(scene.seen.annotated[:, actor]).tolist()
    tokens = [scene.token("sample_annotation", actor, scene.keys[row]) for row in rows]
    linked = zip(rows, tokens, ["", *tokens[:-1]], [*tokens[1:], ""], strict=True)
    return [_annotation(scene, actor, row) | {"token": own, "prev": before, "next": after}
            for row, own, before, after in linked]  # fmt: skip


def _annotation(scene: ClipTables, actor: int, row: int) -> Row:
    frame, rollout, to_global = scene.keys[row], scene.rollout, scene.mask.map_to_global
    centre = to_global[:3, :3] @ rollout.centre[frame, actor] + to_global[:3, 3]
    turn = to_global[:3, :3] @ taxonomy.yaw_matrix(float(rollout.yaw_rad[frame, actor]))
    named = taxonomy.attribute(rollout, actor, frame)
    return {
        "token": "", "sample_token": scene.token("sample", frame), "instance_token": scene.token("instance", actor),
        "visibility_token": str(visibility_level(float(scene.seen.visible[row, actor]))),
        "attribute_tokens": [token("attribute", named)] if named else [],
        "translation": taxonomy.translation(centre), "size": taxonomy.wlh(rollout.bodies[actor].size),
        "rotation": taxonomy.quaternion(turn), "prev": "", "next": "",
        "num_lidar_pts": int(scene.seen.points[row, actor]), "num_radar_pts": 0,
    }  # fmt: skip


def _instance(scene: ClipTables, actor: int, annotations: list[Row]) -> Row:
    return {
        "token": scene.token("instance", actor),
        "category_token": token("category", taxonomy.category(scene.rollout.bodies[actor])),
        "nbr_annotations": len(annotations),
        "first_annotation_token": annotations[0]["token"], "last_annotation_token": annotations[-1]["token"],
    }  # fmt: skip
