"""Six cameras end to end with the procedural renderer: read with nuScenes' devkit, boxes agree with the layers."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.utils.geometry_utils import BoxVisibility, view_points

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import RIGS
from conditioning.layers.control_layers import CLASS_OF, LAYERS, draw_layers
from conditioning.renderer.procedural import render_procedural
from outputs.clips.clip import Clip, read_clip
from outputs.nuscenes.validate import check_dataset
from outputs.verdict import Outcome
from outputs.versioned.fetch import fetch_version
from outputs.versioned.store import open_store
from pipeline.batch.generate import NoObserver, Summary, generate
from pipeline.datasets.merge import merge
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from scenarios.model.environment import Weather
from tests.pipeline.rigs.all_round import PAIR, pair_in, scenario_in

CAMERAS = tuple(camera.name for camera in RIGS["nuscenes"])


def made_with(rig: str, folder: Path, weights: Path) -> Summary:
    request = RunConfig(
        paths=(scenario_in(folder),),
        out=folder / "run",
        preset="speck",
        weights=weights,
        renderer="procedural",
        rig=rig,
    )
    return generate(request, ExecutionConfig(use_ray=False), NoObserver())


@pytest.fixture(scope="module")
def six(speck_weights, tmp_path_factory) -> Summary:
    return made_with("nuscenes", tmp_path_factory.mktemp("six"), speck_weights)


@pytest.fixture(scope="module")
def clip(six) -> Clip:
    return read_clip(six.run / "clips" / six.records[0].id)


@pytest.fixture(scope="module")
def loaded(six) -> NuScenes:
    return NuScenes("v1.0-trainval", str(six.run / "dataset"), verbose=False)


def test_the_clip_is_accepted_and_the_dataset_is_valid(six):
    assert six.accepted == 1
    report = check_dataset(six.run / "dataset")
    assert report.problems == ()
    assert f"* **Cameras**: {six.records[0].rig} (1 clip): `CAM_FRONT`" in (six.run / "dataset/README.md").read_text()
    assert "drawn separately" not in (six.run / "dataset/README.md").read_text()


def test_every_sample_has_the_six_channels_with_their_calibrations(loaded):
    assert {sensor["channel"] for sensor in loaded.sensor} == {*CAMERAS, "LIDAR_TOP"}
    for sample in loaded.sample:
        assert set(sample["data"]) == {*CAMERAS, "LIDAR_TOP"}
        for camera in RIGS["nuscenes"]:
            row = loaded.get("sample_data", sample["data"][camera.name])
            mount = loaded.get("calibrated_sensor", row["calibrated_sensor_token"])
            np.testing.assert_allclose(mount["translation"], camera.camera_to_ego[:3, 3])
            np.testing.assert_allclose(mount["camera_intrinsic"], camera.resized(48, 80).intrinsic)
            assert f"/{camera.name}/" in row["filename"]


def test_boxes_projected_by_the_devkit_agree_with_labels_and_layers(clip, loaded):
    """For every camera and every mostly visible body, so that no box is mirrored, turned or of another camera."""
    rollout, seen = clip.rollout, Counter()
    layers = {c.name: draw_layers(rollout, build_scenery(rollout), c, range(0, 13, 6)) for c in clip.cameras}
    for key, sample in enumerate(loaded.sample):
        for camera, labels in zip(clip.cameras, clip.labels, strict=True):
            _, boxes, intrinsic = loaded.get_sample_data(sample["data"][camera.name], BoxVisibility.ANY)
            for box in boxes:
                row = row_of(loaded, clip, box.token, 6 * key)
                if labels.visibility[6 * key, row] < 0.9 or box.corners()[2].min() < 0.2:
                    continue
                corners = view_points(box.corners(), intrinsic, normalize=True)[:2]
                low, high = corners.min(1), corners.max(1)
                hull = np.clip([*low, *high], 0, [camera.width, camera.height] * 2)
                np.testing.assert_allclose(hull, labels.amodal_box[6 * key, row], atol=0.1)
                x, y = ((hull[:2] + hull[2:]) / 2).astype(int)
                drawn = layers[camera.name].values[key, LAYERS.index(CLASS_OF[rollout.bodies[row].kind]), y, x]
                assert drawn == 255, (camera.name, rollout.bodies[row].id)
                seen[camera.name] += 1
    assert set(seen) == set(CAMERAS)


def row_of(loaded: NuScenes, clip: Clip, annotation: str, frame: int) -> int:
    """The body of an annotation, by its position: map frame and global frame differ only by a shift."""
    at = loaded.sample[frame // 6]["timestamp"]
    (ego,) = {tuple(pose["translation"]) for pose in loaded.ego_pose if pose["timestamp"] == at}
    place = np.array(loaded.get("sample_annotation", annotation)["translation"][:2]) - ego[:2]
    away = clip.rollout.centre[frame, :, :2] - clip.rollout.ego_to_map[frame, :2, 3]
    distance = np.linalg.norm(away - place, axis=1)
    assert distance.min() < 1e-3
    return int(distance.argmin())


def test_the_left_cameras_show_bodies_on_the_left(clip):
    def where(name: str) -> set[str]:
        row = clip.rollout.index(name)
        views = zip(clip.cameras, clip.labels, strict=True)
        return {camera.name for camera, labels in views if labels.visibility[:, row].max() > 0.1}

    assert where("lead") == {"CAM_FRONT"}
    assert where("car-behind") == {"CAM_BACK"}
    for name, camera, other in (
        ("bus-left", "CAM_FRONT_LEFT", "RIGHT"),
        ("child-left", "CAM_FRONT_LEFT", "RIGHT"),
        ("adult-behind-left", "CAM_BACK_LEFT", "RIGHT"),
        ("truck-right", "CAM_FRONT_RIGHT", "LEFT"),
        ("cone-right", "CAM_FRONT_RIGHT", "LEFT"),
        ("barrier-behind-right", "CAM_BACK_RIGHT", "LEFT"),
    ):
        assert camera in where(name)
        assert not any(other in shown for shown in where(name))
    labels = dict(zip(CAMERAS, clip.labels, strict=True))
    middle = labels["CAM_BACK"].amodal_box[0][:, [0, 2]].mean(1)
    van, motorcycle = (middle[clip.rollout.index(name)] for name in ("van-behind-right", "motorcycle-behind-left"))
    assert van < 40 < motorcycle  # a camera that looks back has the ego's right side on the left


@pytest.mark.parametrize("camera", RIGS["nuscenes"], ids=lambda camera: camera.name)
def test_a_body_is_at_its_label_in_the_picture(clip, camera):
    """The same picture without the body differs only in the body's box and at its shadow."""
    camera, labels = camera.resized(144, 240), clip.labels[CAMERAS.index(camera.name)]
    tall = np.ptp(labels.amodal_box[0][:, [1, 3]], axis=1)
    row = int((labels.visibility[0] * (labels.truncation[0] < 0.9) * tall).argmax())
    valid = clip.rollout.valid.copy()
    valid[:, row] = False
    scenery, bare = build_scenery(clip.rollout), replace(clip.rollout, valid=valid)
    with_it, without = (render_procedural(r, scenery, camera, 1, [0])[0].astype(int) for r in (clip.rollout, bare))
    differs = np.abs(with_it - without).max(-1) > 24
    x0, y0, x1, y1 = (labels.amodal_box[0, row] * 3 + [-2, -2, 2, 2]).clip(0).astype(int)
    inside = np.zeros_like(differs)
    inside[y0:y1, x0:x1] = True
    assert (differs & inside).sum() > 0.15 * inside.sum()  # a body fills a part of its box
    above = differs & ~inside
    above[int((y0 + y1) / 2) :] = False  # shadows lie on the ground, below
    assert above.sum() < 0.02 * differs.sum()


def test_pictures_of_the_dataset_are_those_of_their_camera(clip):
    for camera, frames in zip(clip.cameras, clip.frames, strict=True):
        others = [np.abs(frames[0].astype(int) - other[0]).mean() for other in clip.frames if other is not frames]
        assert min(others) > 5, camera.name


def test_each_camera_is_judged_and_checks_that_do_not_apply_say_so(six):
    (record,) = six.records
    motion = {"ego-moves", "ego-speed-seen", "yaw-rate-seen"}
    for camera in CAMERAS:
        verdicts = {v.id: v for v in record.verdicts if v.camera == camera}
        assert motion < set(verdicts)
        for name in motion:
            told = verdicts[name].reason.startswith(f"does not apply: {camera} ")
            assert told == (camera != "CAM_FRONT")
            assert not told or verdicts[name].outcome is Outcome.INCONCLUSIVE
        own = {v.id for v in verdicts.values() if v.outcome is Outcome.PASS and v.gates}
        assert (own == {"source-pictures"}) == (camera != "CAM_FRONT")
    assert "looks 110 degrees to the left" in next(
        v.reason for v in record.verdicts if (v.camera, v.id) == ("CAM_BACK_LEFT", "ghosts")
    )


def test_two_rigs_cannot_be_merged_and_one_rig_with_another_mounting_can(six, tmp_path, speck_weights):
    pair = made_with(pair_in(tmp_path / "pair"), tmp_path / "pair", speck_weights)
    assert pair.accepted == 1
    merged = merge([six.run, pair.run], str(tmp_path / "dataset"))
    assert merged.added == (six.records[0].id,)
    (left,) = merged.left_out
    assert left.clip.name == pair.records[0].id
    assert "it has the cameras CAM_LEFT, CAM_RIGHT, the dataset CAM_FRONT" in left.reason
    assert merge([pair.run], str(tmp_path / "dataset")).added == ()
    other = made_with(pair_in(tmp_path / "other", text=PAIR.replace("1.4]", "1.6]")), tmp_path / "other", speck_weights)
    both = merge([pair.run, other.run], str(tmp_path / "pairs"))
    assert len(both.added) == 2
    fetch_version(open_store(str(tmp_path / "pairs")), both.version, tmp_path / "copy")
    loaded = NuScenes(both.version.name, str(tmp_path / "copy"), verbose=False)
    assert {len(sample["data"]) for sample in loaded.sample} == {3}
    assert len(loaded.calibrated_sensor) == 2 * 2 + 1


def test_rain_and_noise_are_each_camera_s_own_and_the_front_camera_s_as_ever(clip):
    rollout = replace(clip.rollout, environment=replace(clip.rollout.environment, weather=Weather.RAIN))
    scenery, ahead = build_scenery(rollout), RIGS["nuscenes"][0].resized(36, 64)
    assert ahead.name == "CAM_FRONT"
    twin = replace(ahead, name="CAM_FRONT_2")
    front, six_s, other = (
        render_procedural(rollout, scenery, camera, 1, [0]).astype(int)
        for camera in (RIGS["front"][0].resized(36, 64), ahead, twin)
    )
    np.testing.assert_array_equal(front, six_s)
    assert 0.5 < np.abs(front - other).mean() < 20  # other drops over the same street
