"""Validation of a dataset: load and evaluate it with nuScenes' devkit, check its links, files and point counts."""

import contextlib
import io
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nuscenes import NuScenes
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.detection.evaluate import DetectionEval
from nuscenes.eval.detection.utils import category_to_detection_name
from nuscenes.utils.data_classes import Box, LidarPointCloud
from nuscenes.utils.geometry_utils import points_in_box
from PIL import Image
from pyquaternion import Quaternion

from outputs.nuscenes.dataset import VERSION
from outputs.nuscenes.splits import ALL

# Some returns lie exactly on a box's face, so the count must be between those in a smaller and in a larger box.
SMALLER, LARGER = 0.98, 1.02
Scores = tuple[dict[str, float], float, float]  # AP by class, mAP, NDS


@dataclass(frozen=True)
class DatasetReport:
    """The devkit's results for a dataset.

    The ground truth is evaluated as if it were the predictions. `average_precision` has every class with a box that
    the evaluation keeps. `mean_ap` and `nds` are the devkit's means over all ten classes, 0 if nothing was evaluated.
    `without_points` counts, by category, the annotations that the evaluation drops because they have no LiDAR point.
    """

    scenes: int
    samples: int
    annotations: int
    average_precision: dict[str, float]
    mean_ap: float
    nds: float
    without_points: dict[str, int]
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """No problem, at least one class evaluated, and every average precision is 1."""
        perfect = all(value > 1 - 1e-9 for value in self.average_precision.values())
        return not self.problems and bool(self.average_precision) and perfect

    @property
    def faults(self) -> tuple[str, ...]:
        """The problems and every average precision below 1, a sentence each; a dataset without boxes is not a fault."""
        short = {name: value for name, value in self.average_precision.items() if value <= 1 - 1e-9}
        scored = (f"{name}: average precision of the ground truth is {value:.3f}" for name, value in short.items())
        return (*self.problems, *scored)


def check_dataset(root: Path, version: str = VERSION, split: str = ALL) -> DatasetReport:
    """Load `root` with the devkit and evaluate one of its splits.

    If the devkit cannot load it, the report has that as a problem. A dataset with problems is not evaluated.
    """
    try:
        loaded = NuScenes(version, str(root), verbose=False)
    except (AssertionError, KeyError, OSError, ValueError, IndexError) as fault:
        return DatasetReport(
            0, 0, 0, {}, 0.0, 0.0, {}, (f"the devkit cannot load it: {type(fault).__name__}: {fault}",)
        )
    problems = (*_file_faults(loaded), *_link_faults(loaded), *_box_faults(loaded))
    empty = Counter(a["category_name"] for a in loaded.sample_annotation if a["num_lidar_pts"] == 0)
    scores: Scores = ({}, 0.0, 0.0) if problems else _evaluate(loaded, split)
    counts = (len(loaded.scene), len(loaded.sample), len(loaded.sample_annotation))
    return DatasetReport(*counts, *scores, dict(empty), problems)


def _file_faults(loaded: NuScenes) -> Iterator[str]:
    """Check that files exist, pictures have the size in the table, sweeps a whole number of points, and that no two
    scenes start at the same time."""
    for row in loaded.sample_data:
        path = Path(loaded.dataroot) / row["filename"]
        if not path.is_file():
            yield f"{row['filename']}: missing"
        elif row["sensor_modality"] == "camera":
            with Image.open(path) as picture:
                if picture.size != (row["width"], row["height"]):
                    yield f"{row['filename']}: {picture.size}, but {row['width']} x {row['height']} in the table"
        elif path.stat().st_size % 20:
            yield f"{row['filename']}: not a whole number of points"
    starts = Counter(loaded.get("sample", scene["first_sample_token"])["timestamp"] for scene in loaded.scene)
    yield from (f"{count} scenes start at {time}" for time, count in starts.items() if count > 1)


def _link_faults(loaded: NuScenes) -> Iterator[str]:
    """Check that prev and next agree, time advances, tokens are unique, and every sample has all sensors."""
    for table in ("sample", "sample_data", "sample_annotation"):
        rows = {row["token"]: row for row in getattr(loaded, table)}
        if len(rows) != len(getattr(loaded, table)):
            yield f"{table}: a token occurs twice"
        for row in rows.values():
            following = row["next"] and rows.get(row["next"])
            if row["next"] and (not following or following["prev"] != row["token"]):
                yield f"{table} {row['token']}: prev of its next row is another row"
            if following and table != "sample_annotation" and following["timestamp"] <= row["timestamp"]:
                yield f"{table} {row['token']}: time does not advance"
    channels = {sensor["channel"] for sensor in loaded.sensor}
    for sample in loaded.sample:
        missing = {"LIDAR_TOP", *channels} - set(sample["data"])
        if missing:
            yield f"sample {sample['token']}: no {sorted(missing)}"


def _box_faults(loaded: NuScenes) -> Iterator[str]:
    """Check that annotations have at most one attribute, a known visibility, and the number of LiDAR points of the
    sweep in their box."""
    levels = {row["token"] for row in loaded.visibility}
    for sample in loaded.sample:
        if "LIDAR_TOP" not in sample["data"]:
            continue
        points = _points_in_global(loaded, sample["data"]["LIDAR_TOP"])
        for row in (loaded.get("sample_annotation", own) for own in sample["anns"]):
            if len(row["attribute_tokens"]) > 1 or row["visibility_token"] not in levels:
                yield f"annotation {row['token']}: {row['attribute_tokens']}, visibility {row['visibility_token']!r}"
            box = Box(row["translation"], row["size"], Quaternion(row["rotation"]))
            least, most = (int(points_in_box(box, points, factor).sum()) for factor in (SMALLER, LARGER))
            if not least <= row["num_lidar_pts"] <= most:
                counted = f"{least} to {most} LiDAR points"
                yield f"annotation {row['token']}: {counted} in its box, but {row['num_lidar_pts']} in the table"


def _points_in_global(loaded: NuScenes, sample_data: str) -> np.ndarray:
    row = loaded.get("sample_data", sample_data)
    if not (Path(loaded.dataroot) / row["filename"]).is_file():
        return np.zeros((3, 0))
    points = LidarPointCloud.from_file(str(Path(loaded.dataroot) / row["filename"])).points[:3].astype(float)
    calibrated = loaded.get("calibrated_sensor", row["calibrated_sensor_token"])
    for pose in (calibrated, loaded.get("ego_pose", row["ego_pose_token"])):
        points = Quaternion(pose["rotation"]).rotation_matrix @ points + np.array(pose["translation"])[:, None]
    return points


def _evaluate(loaded: NuScenes, split: str) -> Scores:
    """Evaluate the ground truth as predictions: AP of each class that has a box, mAP and NDS."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        results = os.path.join(folder, "results.json")
        given = _as_predictions(loaded, _samples_of(loaded, split))
        if not any(given.values()):
            return {}, 0.0, 0.0
        modality = {f"use_{name}": False for name in ("camera", "lidar", "radar", "map", "external")}
        Path(results).write_text(json.dumps({"meta": modality, "results": given}), encoding="utf-8")
        evaluation = DetectionEval(loaded, config_factory("detection_cvpr_2019"), results, split, folder, verbose=False)
        kept = {box.detection_name for box in evaluation.gt_boxes.all}
        metrics, _ = evaluation.evaluate()
    thresholds = evaluation.cfg.dist_ths
    found = {name: float(np.mean([metrics.get_label_ap(name, t) for t in thresholds])) for name in sorted(kept)}
    return found, metrics.mean_ap, metrics.nd_score


def _samples_of(loaded: NuScenes, split: str) -> list[str]:
    """The sample tokens of one of the dataset's splits; empty for a split without scenes."""
    splits = json.loads((Path(loaded.dataroot) / loaded.version / "splits.json").read_text("utf-8"))
    scenes = {loaded.field2token("scene", "name", name)[0] for name in splits[split]}
    return [sample["token"] for sample in loaded.sample if sample["scene_token"] in scenes]


def _as_predictions(loaded: NuScenes, samples: list[str]) -> dict[str, list[dict[str, object]]]:
    """The ground truth boxes that the evaluation keeps, in the format of a submission."""
    return {own: list(_predictions(loaded, own)) for own in samples}


def _predictions(loaded: NuScenes, sample: str) -> Iterator[dict[str, object]]:
    for row in (loaded.get("sample_annotation", own) for own in loaded.get("sample", sample)["anns"]):
        name = category_to_detection_name(row["category_name"])
        if name is None or row["num_lidar_pts"] + row["num_radar_pts"] == 0:
            continue
        attributes = [loaded.get("attribute", own)["name"] for own in row["attribute_tokens"]]
        yield {
            "sample_token": sample, "translation": row["translation"], "size": row["size"],
            "rotation": row["rotation"], "velocity": np.nan_to_num(loaded.box_velocity(row["token"])[:2]).tolist(),
            "detection_name": name, "detection_score": 1.0, "attribute_name": (attributes or [""])[0],
        }  # fmt: skip
