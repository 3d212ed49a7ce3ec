"""The figures on the dataset card agree with the devkit's detection task."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.eval.common.config import config_factory
from nuscenes.eval.common.loaders import add_center_dist, filter_eval_boxes, load_gt_of_sample_tokens
from nuscenes.eval.detection.data_classes import DetectionBox
from nuscenes.eval.detection.utils import category_to_detection_name

from conditioning.assets.scenery import NO_SCENERY
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import label_visibility
from outputs.clips.clip import Clip, write_clip
from outputs.nuscenes.dataset import write_dataset
from outputs.nuscenes.detection_task import best_scores
from outputs.nuscenes.splits import ALL, TRAIN, VAL
from outputs.nuscenes.taxonomy import CATEGORIES, DETECTION_CLASS, DETECTION_RANGE_M
from outputs.nuscenes.validate import check_dataset
from scenarios.model.bodies import Kind
from scenarios.rollout import Rollout
from tests.outputs.made import CAMERA, drawn, record, street

VERSION = "v1.0-trainval"
CLASSES = set(DETECTION_RANGE_M)
SEEN = {
    "brake": (Kind.CAR, Kind.PEDESTRIAN, Kind.CHILD), "cross": (Kind.CYCLIST, Kind.CONE, Kind.TRUCK),
    "turn": (Kind.BARRIER, Kind.BUS, Kind.ANIMAL),
}  # fmt: skip


def clip_of(folder: Path, name: str, rollout: Rollout) -> Path:
    labels = label_visibility(rollout, NO_SCENERY, CAMERA)
    lidar = tuple(cast_lidar(rollout, NO_SCENERY, frame, 0) for frame in (0, 6))
    about = record(name, family=name)
    write_clip(folder / name, Clip(about, rollout, (CAMERA,), (labels,), (drawn(labels),), (), lidar))
    return folder / name


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_dataset(
        [clip_of(folder, name, street(frames=7, kinds=kinds)) for name, kinds in SEEN.items()], folder / "root"
    )
    return folder / "root"


def columns(card: str) -> dict[str, dict[str, float]]:
    """The card's table: values by split, then by class or score."""
    head, _, *lines = [[cell.strip(" *`") for cell in line.strip("|").split("|")]
                       for line in card.splitlines() if line.startswith("|")]  # fmt: skip
    return {split: {line[0].partition(",")[0]: float(line[i]) for line in lines} for i, split in enumerate(head) if i}


def test_classes_and_ranges_are_those_of_the_devkit():
    assert all(category_to_detection_name(name) == DETECTION_CLASS.get(name) for name in CATEGORIES)
    assert config_factory("detection_cvpr_2019").class_range == DETECTION_RANGE_M


def test_the_card_counts_the_boxes_that_the_evaluation_keeps(root):
    loaded = NuScenes(VERSION, str(root), verbose=False)
    boxes = load_gt_of_sample_tokens(loaded, [sample["token"] for sample in loaded.sample], DetectionBox)
    kept = filter_eval_boxes(loaded, add_center_dist(loaded, boxes), config_factory("detection_cvpr_2019").class_range)
    names = [box.detection_name for box in kept.all]
    scores = columns((root / "README.md").read_text())[ALL]
    assert {name: scores[name] for name in CLASSES} == {name: names.count(name) for name in CLASSES}
    assert len(boxes.all) == len(names) > 0
    assert names.count("pedestrian") == 4


@pytest.mark.parametrize("split", [ALL, TRAIN, VAL])
def test_the_best_scores_are_the_devkit_s_scores_of_the_ground_truth(root, split):
    scores = columns((root / "README.md").read_text())[split]
    report = check_dataset(root, split=split)
    assert set(report.average_precision) == {name for name in CLASSES if scores[name]}
    assert scores["best mAP"] == pytest.approx(report.mean_ap, abs=6e-4)
    assert scores["best NDS"] == pytest.approx(report.nds, abs=6e-4)


def test_with_all_ten_classes_a_perfect_detector_scores_one():
    assert best_scores(CLASSES) == (1.0, 1.0)
    assert best_scores(set()) == (0.0, 0.0)
    assert best_scores({"traffic_cone"})[1] == pytest.approx((5 * 0.1 + 0.1 + 0.1) / 10), "it has no heading, no motion"


def test_the_card_names_the_classes_that_are_absent(root):
    (absent,) = re.findall(r"Absent from this dataset: \*\*(.*)\*\*", (root / "README.md").read_text())
    assert set(absent.split(", ")) == {"trailer", "construction_vehicle", "motorcycle"}


def test_a_body_beyond_the_range_of_its_class_is_annotated_and_not_counted(tmp_path):
    near = street(frames=7, kinds=(Kind.CONE,))
    away = near.centre + np.array([[0.0, 0.0, 0.0], [20.0, 0.0, 0.0]])
    write_dataset([clip_of(tmp_path, "far", replace(near, centre=away))], tmp_path / "root")
    (first, _) = json.loads((tmp_path / "root" / VERSION / "sample_annotation.json").read_text())
    assert first["num_lidar_pts"] > 0
    assert columns((tmp_path / "root" / "README.md").read_text())[ALL]["traffic_cone"] == 0
