"""A small log in nuScenes format with motion that can be worked out on paper."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from conditioning.geometry.camera import FORWARD_CAMERA_TO_EGO

EGO_SPEED = 5.0
KEYS, SHOTS = range(7), range(31)  # 2 Hz keyframes over 3 s, 10 Hz pictures
_START, _HEADING = np.array([100.0, 200.0, 7.0]), np.pi / 4
_ZERO_US = 1_600_000_000_000_000
_FORWARD = np.array([np.cos(_HEADING), np.sin(_HEADING), 0.0])
LogTables = dict[str, list[dict]]


def _wxyz(rotation: Rotation) -> list[float]:
    return np.roll(rotation.as_quat(), 1).tolist()


def _box(sample: int, name: str, ahead_m: float, height_m: float, size: list[float]) -> dict:
    return {
        "token": f"{name}-{sample}", "sample_token": f"s{sample}", "instance_token": name, "size": size,
        "translation": (_START + ahead_m * _FORWARD + [0, 0, height_m]).tolist(),
        "rotation": _wxyz(Rotation.from_euler("z", _HEADING)), "visibility_token": "", "attribute_tokens": [],
        "num_lidar_pts": 5, "num_radar_pts": 0,
    }  # fmt: skip


def chained(rows: list[dict]) -> list[dict]:
    """The rows with prev and next."""
    tokens = [row["token"] for row in rows]
    linked = zip(rows, ["", *tokens[:-1]], [*tokens[1:], ""], strict=True)
    return [row | {"prev": before, "next": after} for row, before, after in linked]


def _instance(boxes: list[dict], category: str) -> dict:
    return {
        "token": boxes[0]["instance_token"], "category_token": category, "nbr_annotations": len(boxes),
        "first_annotation_token": boxes[0]["token"], "last_annotation_token": boxes[-1]["token"],
    }  # fmt: skip


def hand_tables() -> LogTables:
    """All thirteen tables of the log."""
    level = _wxyz(Rotation.from_euler("z", _HEADING))
    lead = chained([_box(k, "lead", 20 + 4.0 * k / 2, 0.8, [1.9, 4.5, 1.6]) for k in KEYS])
    walker = chained([_box(k, "walker", 30, 0.9, [0.6, 0.6, 1.8]) for k in (2, 3, 4)])
    litter = chained([_box(k, "litter", 12, 0.1, [0.2, 0.2, 0.2]) for k in KEYS])
    return {
        "scene": [{
            "token": "scene", "name": "scene-7", "first_sample_token": "s0", "last_sample_token": "s6",
            "nbr_samples": len(KEYS), "log_token": "log", "description": "",
        }],
        "sensor": [{"token": "front", "channel": "CAM_FRONT", "modality": "camera"}],
        "calibrated_sensor": [{
            "token": "mount", "sensor_token": "front", "translation": [1.5, 0.0, 1.6],
            "rotation": _wxyz(Rotation.from_matrix(FORWARD_CAMERA_TO_EGO)),
            "camera_intrinsic": [[100.0, 0, 64], [0, 100.0, 36], [0, 0, 1]],
        }],
        "category": [
            {"token": name, "name": name}
            for name in ("vehicle.car", "human.pedestrian.adult", "movable_object.pushable_pullable")
        ],
        "instance": [
            _instance(lead, "vehicle.car"),
            _instance(walker, "human.pedestrian.adult"),
            _instance(litter, "movable_object.pushable_pullable"),
        ],
        "sample": chained([
            {"token": f"s{k}", "timestamp": _ZERO_US + 500_000 * k + 50_000, "scene_token": "scene"} for k in KEYS
        ]),
        "ego_pose": [
            {"token": f"p{i}", "rotation": level, "translation": (_START + EGO_SPEED * i / 10 * _FORWARD).tolist(),
             "timestamp": _ZERO_US + 100_000 * i}
            for i in SHOTS
        ],
        "sample_data": chained([
            {
                "token": f"d{i}", "sample_token": f"s{-(-i // 5)}", "ego_pose_token": f"p{i}",
                "calibrated_sensor_token": "mount", "timestamp": _ZERO_US + 100_000 * i, "is_key_frame": i % 5 == 0,
                "width": 128, "height": 72, "filename": f"CAM_FRONT/{i:02d}.png", "fileformat": "png",
            }
            for i in SHOTS
        ]),
        "sample_annotation": [*lead, *walker, *litter],
        "attribute": [], "visibility": [],
        "log": [{"token": "log", "logfile": "by hand", "vehicle": "", "date_captured": "", "location": ""}],
        "map": [{"token": "map", "log_tokens": ["log"], "category": "semantic_prior", "filename": ""}],
    }  # fmt: skip


def write_log(root: Path, change: Callable[[LogTables], object] = lambda tables: None) -> Path:
    """An ego at 5 m/s and a car 20 m ahead of its rear axle at 4 m/s; a walker from 1 s to 2 s; litter.

    Keyframes carry a time 50 ms after their picture, as a LiDAR sweep's end does. `change` may change the tables.
    """
    write_pictures(root)
    tables = hand_tables()
    change(tables)
    write_tables(root, tables)
    return root


def write_pictures(root: Path) -> None:
    (root / "CAM_FRONT").mkdir(parents=True)
    for i in SHOTS:
        picture = np.zeros((72, 128, 3), np.uint8)
        picture[...] = 10 * min(i, 25)
        picture[:4] = 255
        picture[-1] = i  # no two are alike
        Image.fromarray(picture).save(root / f"CAM_FRONT/{i:02d}.png")


def write_tables(root: Path, tables: LogTables) -> None:
    version = root / "v1.0-hand"
    version.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (version / f"{name}.json").write_text(json.dumps(rows))
    (version / "splits.json").write_text(json.dumps({"by_hand": ["scene-7"]}))
