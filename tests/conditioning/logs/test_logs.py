"""Logs in nuScenes format: one written by hand with known motion, and the real street if it is present."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.camera import FORWARD_CAMERA_TO_EGO
from conditioning.logs.read_log import log_pictures, nearest_pictures, read_log
from conditioning.logs.tables import LogError, log_fingerprint
from conditioning.logs.tracks import kind_of_category
from conditioning.sensors.visibility import label_visibility
from scenarios.model.bodies import Kind
from scenarios.rollout import RolloutEnd
from tests.conditioning.log_by_hand import EGO_SPEED, write_log
from tests.conditioning.logs.situations import scenario

EAST_45 = np.array([np.cos(np.pi / 4), np.sin(np.pi / 4)])


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory) -> Path:
    return write_log(tmp_path_factory.mktemp("log"))


def test_the_ego_starts_at_the_origin_along_x_and_keeps_its_speed(by_hand):
    rollout = read_log(by_hand, scenario()).rollout
    assert len(rollout.t_s) == 25
    assert rollout.ended == RolloutEnd.DURATION
    np.testing.assert_allclose(rollout.ego_to_map[0, :2, 3], 0, atol=1e-9)
    np.testing.assert_allclose(rollout.ego_to_map[:, 0, 3], EGO_SPEED * rollout.t_s, atol=1e-6)
    np.testing.assert_allclose(rollout.speed_mps[:, 0], EGO_SPEED, atol=1e-6)
    np.testing.assert_allclose(rollout.acceleration_mps2[:, 0], 0, atol=1e-5)


def test_the_transform_to_the_global_frame_is_kept(by_hand):
    rollout = read_log(by_hand, scenario()).rollout
    there = rollout.map_to_global @ rollout.ego_to_map
    np.testing.assert_allclose(there[0, :3, 3], [100, 200, 7], atol=1e-6)
    np.testing.assert_allclose(there[0, :2, 0], EAST_45, atol=1e-6)
    assert rollout.map_to_global[2, 2] == 1  # the map is level


def test_boxes_are_at_their_annotated_positions_also_between_keyframes(by_hand):
    rollout = read_log(by_hand, scenario()).rollout
    lead = rollout.index("car-1")
    np.testing.assert_allclose(rollout.centre[:, lead, 0], 20 + 4.0 * rollout.t_s, atol=1e-6)
    np.testing.assert_allclose(rollout.centre[:, lead, 1:], [[0, 0.8]] * 25, atol=1e-6)
    np.testing.assert_allclose(rollout.yaw_rad[:, lead], 0, atol=1e-6)
    np.testing.assert_allclose(rollout.speed_mps[:, lead], 4.0, atol=1e-6)
    size = rollout.bodies[lead].size
    assert (size.length_m, size.width_m, size.height_m) == (4.5, 1.9, 1.6)


def test_a_box_is_valid_only_near_its_annotations(by_hand):
    rollout = read_log(by_hand, scenario(duration_s=4.0)).rollout
    walker = rollout.index("pedestrian-1")  # annotated from 1.0 s to 2.0 s
    known = rollout.t_s[rollout.valid[:, walker]]
    assert 0.8 < known[0] <= 1.0
    assert 2.0 <= known[-1] < 2.2


def test_other_categories_are_counted(by_hand):
    assert read_log(by_hand, scenario()).left_out == {"movable_object.pushable_pullable": 7}


def test_a_longer_duration_ends_with_the_log(by_hand):
    rollout = read_log(by_hand, scenario(duration_s=60.0)).rollout
    assert rollout.ended == RolloutEnd.LOG_END
    assert rollout.t_s[-1] == 3.0


@pytest.mark.parametrize("asked_s", [60.0, 6.0])
def test_a_log_that_ends_between_two_keyframes_of_the_clip_is_read_to_the_last_one(by_hand, asked_s):
    rollout = read_log(by_hand, scenario(start_s=0.7, duration_s=asked_s)).rollout
    assert rollout.ended == RolloutEnd.LOG_END
    assert rollout.t_s[-1] == 2.0  # 2.3 s remain


def test_less_than_half_a_second_is_refused(by_hand):
    with pytest.raises(LogError, match=r"less than half a second of the scene is left after 2\.6 s"):
        read_log(by_hand, scenario(start_s=2.6))


def test_a_later_start_moves_the_map_with_it(by_hand):
    rollout = read_log(by_hand, scenario(start_s=1.0)).rollout
    np.testing.assert_allclose(rollout.ego_to_map[0, :2, 3], 0, atol=1e-9)
    assert rollout.centre[0, rollout.index("car-1"), 0] == pytest.approx(20 + 4.0 - EGO_SPEED)


def test_pictures_are_the_nearest_ones_in_the_requested_size(by_hand):
    log = read_log(by_hand, scenario())
    camera = log.camera.resized(36, 64)
    shown = log_pictures(log, camera)
    assert shown.shape == (25, 36, 64, 3)
    # The k-th picture, taken at k / 10 s, has the grey value 10 k.
    np.testing.assert_allclose(shown[:, 18, 32, 0], 10 * np.rint(log.rollout.t_s * 10 - 1e-6), atol=1)
    assert (np.abs(log.picture_t_s[nearest_pictures(log, log.rollout.t_s)] - log.rollout.t_s) <= 0.0501).all()
    np.testing.assert_array_equal(log_pictures(log, camera, [5, 0]), shown[[5, 0]])


def test_a_camera_that_the_log_does_not_have_gets_no_pictures(by_hand):
    log = read_log(by_hand, scenario())
    other = replace(log.camera.resized(36, 64), camera_to_ego=np.eye(4))
    with pytest.raises(ValueError, match="resized"):
        log_pictures(log, other)


def test_a_flatter_picture_is_cut_evenly_from_top_and_bottom(by_hand):
    log = read_log(by_hand, scenario())
    whole, flat = (log_pictures(log, log.camera.resized(height, 64), [0])[0] for height in (36, 20))
    np.testing.assert_allclose(flat, whole[8:28], atol=3)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ({"scene": "scene-9"}, r"no scene 'scene-9'; there are .*scene-7"),
        ({"start_s": 30.0}, "start_s is 30 s, but the scene lasts 3.0 s"),
        ({"split": "val"}, r"not in split 'val'.*by_hand"),
    ],
)
def test_a_wrong_request_is_refused_with_the_available_values(by_hand, ask, says):
    with pytest.raises(LogError, match=says):
        read_log(by_hand, scenario(**ask))


def test_a_missing_folder_or_table_is_named(tmp_path):
    with pytest.raises(LogError, match="no such folder"):
        read_log(tmp_path / "nowhere", scenario())
    with pytest.raises(LogError, match=r"scene.json"):
        read_log(tmp_path, scenario())
    log = write_log(tmp_path / "log")
    (log / "v1.0-hand" / "ego_pose.json").unlink()
    with pytest.raises(LogError, match=r"\['ego_pose'\] are missing"):
        read_log(log, scenario())


def test_a_broken_table_is_named(tmp_path):
    log = write_log(tmp_path / "log")
    (log / "v1.0-hand" / "sample.json").write_text('[{"token": ')
    with pytest.raises(LogError, match=r"sample\.json: not a JSON table"):
        read_log(log, scenario())


def test_a_missing_picture_is_named(tmp_path):
    folder = write_log(tmp_path / "log")
    log = read_log(folder, scenario())
    log.picture_files[0].unlink()
    with pytest.raises(LogError, match="the file is missing"):
        log_pictures(log, log.camera.resized(36, 64), [0])


def test_the_fingerprint_follows_the_tables(tmp_path):
    first, second = write_log(tmp_path / "a"), write_log(tmp_path / "b")
    assert log_fingerprint(first) == log_fingerprint(second)
    table = second / "v1.0-hand" / "sample_annotation.json"
    rows = json.loads(table.read_text())
    rows[0]["translation"][0] += 0.5
    table.write_text(json.dumps(rows))
    assert log_fingerprint(first) != log_fingerprint(second)


@pytest.mark.parametrize(
    ("category", "kind"),
    [("vehicle.bus.rigid", Kind.BUS), ("human.pedestrian.child", Kind.CHILD), ("vehicle.car", Kind.CAR),
     ("human.pedestrian.adult", Kind.PEDESTRIAN), ("animal", Kind.ANIMAL), ("movable_object.debris", Kind.DEBRIS),
     ("movable_object.pushable_pullable", None), ("vehicle.carriage", None)],
)  # fmt: skip
def test_categories_are_mapped_to_kinds(category, kind):
    assert kind_of_category(category) is kind


def test_the_camera_has_the_log_s_calibration(by_hand):
    camera = read_log(by_hand, scenario()).camera
    np.testing.assert_allclose(camera.camera_to_ego[:3, :3], FORWARD_CAMERA_TO_EGO, atol=1e-9)
    np.testing.assert_allclose(camera.camera_to_ego[:3, 3], [1.5, 0, 1.6])


def test_the_real_street_has_the_white_car_in_its_box(street):
    """The lead car of the street log is the brightest object in the centre of the picture: its box must contain it."""
    log = read_log(street, scenario("scene-0002", duration_s=6.0))
    assert len(log.rollout.t_s) == 73
    camera = log.camera.resized(144, 256)
    looked_at = np.isin(np.arange(73), (0, 40, 72))[:, None]  # the others would only take time
    labels = label_visibility(replace(log.rollout, valid=log.rollout.valid & looked_at), NO_SCENERY, camera)
    lead = next(
        row for row in np.flatnonzero(labels.visibility[0] > 0.9)
        if labels.depth_m[0, row] < 20 and abs(labels.amodal_box[0, row, [0, 2]].mean() - 125) < 10
    )  # fmt: skip
    for frame in (0, 40, 72):
        x0, y0, x1, y1 = labels.amodal_box[frame, lead].round().astype(int)
        grey = log_pictures(log, camera, [frame])[0].mean(axis=-1)
        body = grey[y0 + (y1 - y0) // 4 : (y0 + y1) // 2, x0:x1]
        beside = grey[y0 + (y1 - y0) // 4 : (y0 + y1) // 2, x1 + 2 : x1 + 12]
        assert body.max(axis=0).mean() > beside.mean() + 30
    assert log.rollout.speed_mps[0, 0] == pytest.approx(0, abs=0.3)
    assert log.rollout.speed_mps[-1, 0] == pytest.approx(5, abs=1)
