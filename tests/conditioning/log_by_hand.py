"""A small log in nuScenes format with motion that can be worked out on paper."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from conditioning.geometry.camera import FORWARD_CAMERA_TO_EGO

EGO_SPEED = 5.0
_START, _HEADING = np.array([100.0, 200.0, 7.0]), np.pi / 4
_ZERO_US = 1_600_000_000_000_000
_FORWARD = np.array([np.cos(_HEADING), np.sin(_HEADING), 0.0])


def _wxyz(rotation: Rotation) -> list[float]:
    return np.roll(rotation.as_quat(), 1).tolist()


def _box(sample: int, name: str, ahead_m: float, height_m: float, size: list[float]) -> dict:
    return {
        "token": f"{name}-{sample}", "sample_token": f"s{sample}", "instance_token": name, "size": size,
        "translation": (_START + ahead_m * _FORWARD + [0, 0, height_m]).tolist(),
        "rotation": _wxyz(Rotation.from_euler("z", _HEADING)),
    }  # fmt: skip


def _tables() -> dict[str, list[dict]]:
    keys = range(7)  # 2 Hz keyframes over 3 s
    shots = range(31)  # 10 Hz pictures
    level = _wxyz(Rotation.from_euler("z", _HEADING))
    boxes = [_box(k, "lead", 20 + 4.0 * k / 2, 0.8, [1.9, 4.5, 1.6]) for k in keys]
    boxes += [_box(k, "walker", 30, 0.9, [0.6, 0.6, 1.8]) for k in (2, 3, 4)]
    boxes += [_box(k, "litter", 12, 0.1, [0.2, 0.2, 0.2]) for k in keys]
    return {
        "scene": [{"token": "scene", "name": "scene-7", "first_sample_token": "s0"}],
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
            {"token": "lead", "category_token": "vehicle.car"},
            {"token": "walker", "category_token": "human.pedestrian.adult"},
            {"token": "litter", "category_token": "movable_object.pushable_pullable"},
        ],
        "sample": [
            {"token": f"s{k}", "timestamp": _ZERO_US + 500_000 * k + 50_000, "next": f"s{k + 1}" if k < 6 else ""}
            for k in keys
        ],
        "ego_pose": [
            {"token": f"p{i}", "rotation": level, "translation": (_START + EGO_SPEED * i / 10 * _FORWARD).tolist()}
            for i in shots
        ],
        "sample_data": [
            {
                "token": f"d{i}", "sample_token": f"s{min(6, round(i / 5))}", "ego_pose_token": f"p{i}",
                "calibrated_sensor_token": "mount", "timestamp": _ZERO_US + 100_000 * i, "is_key_frame": i % 5 == 0,
                "width": 128, "height": 72, "filename": f"CAM_FRONT/{i:02d}.png",
            }
            for i in shots
        ],
        "sample_annotation": boxes,
    }  # fmt: skip


def write_log(root: Path) -> Path:
    """An ego at 5 m/s and a car 20 m ahead of its rear axle at 4 m/s; a walker from 1 s to 2 s; litter.

    Keyframes carry a time 50 ms after their picture, as a LiDAR sweep's end does.
    """
    version = root / "v1.0-hand"
    version.mkdir(parents=True)
    tables = _tables()
    for name, rows in tables.items():
        (version / f"{name}.json").write_text(json.dumps(rows))
    (version / "splits.json").write_text(json.dumps({"by_hand": ["scene-7"]}))
    (root / "CAM_FRONT").mkdir()
    for i, row in enumerate(tables["sample_data"]):
        picture = np.zeros((72, 128, 3), np.uint8)
        picture[...] = 10 * min(i, 25)
        picture[:4] = 255
        Image.fromarray(picture).save(root / row["filename"])
    return root
