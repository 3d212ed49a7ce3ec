"""The dataset loads and evaluates in nuScenes' devkit; the same clips give the same bytes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from nuscenes import NuScenes
from nuscenes.eval.detection.utils import category_to_detection_name
from nuscenes.utils.map_mask import MapMask
from PIL import Image

from conditioning.assets.scenery import NO_SCENERY
from conditioning.geometry.camera import mount_camera
from conditioning.logs.check_log import check_log
from conditioning.logs.read_log import read_log
from conditioning.sensors.lidar import LIDAR_TO_EGO, cast_lidar
from conditioning.sensors.visibility import label_visibility
from outputs.clips.clip import Clip, keyframes, write_clip
from outputs.nuscenes.dataset import write_dataset
from outputs.nuscenes.road_mask import draw_road_mask
from outputs.nuscenes.splits import ALL, TRAIN, VAL, split_of
from outputs.nuscenes.tables import TABLES
from outputs.nuscenes.taxonomy import CATEGORIES, category
from outputs.nuscenes.validate import check_dataset
from scenarios.model.bodies import USUAL_SIZE, Body, Kind, Livery
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import RoadKind
from scenarios.scenario import Expect, FromLog, Scenario
from tests.outputs.made import BAD, CAMERA, FRAMES, ROAD, clip, contents, drawn, record, street

VERSION = "v1.0-trainval"
CLASSES = {
    "car", "truck", "bus", "trailer", "construction_vehicle", "pedestrian", "motorcycle", "bicycle", "traffic_cone",
    "barrier",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "livery", "name"),
    [(Kind.CAR, Livery.POLICE, "vehicle.emergency.police"), (Kind.VAN, Livery.AMBULANCE, "vehicle.emergency.ambulance"),
     (Kind.TRUCK, Livery.FIRE, "vehicle.truck"), (Kind.BUS, Livery.SCHOOL, "vehicle.bus.rigid"),
     (Kind.VAN, Livery.PLAIN, "vehicle.car")],
)  # fmt: skip
def test_emergency_vehicles_have_their_nuscenes_categories(kind, livery, name):
    assert category(Body("it", kind, USUAL_SIZE[kind], livery)) == name
    assert name in CATEGORIES


def place(folder: Path, name: str, **changes) -> Path:
    write_clip(folder / name, clip(record(name, **changes)))
    return folder / name


def rows(root: Path, table: str) -> list[dict]:
    return json.loads((root / VERSION / f"{table}.json").read_text())


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [place(folder, "street-s0"), place(folder, "street-s1", seed=1)]


@pytest.fixture(scope="module")
def dataset(clips, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("dataset")
    write_dataset(clips, root)
    return root


@pytest.fixture(scope="module")
def loaded(dataset) -> NuScenes:
    return NuScenes(VERSION, str(dataset), verbose=False)


def test_ground_truth_evaluates_to_one_for_every_class(dataset):
    report = check_dataset(dataset)
    assert report.problems == ()
    assert set(report.average_precision) == CLASSES
    assert all(value == pytest.approx(1.0) for value in report.average_precision.values())
    assert report.sound


@pytest.mark.parametrize("category", ["animal", "movable_object.debris"])
def test_a_category_outside_the_detection_task_is_annotated_and_not_evaluated(loaded, category):
    assert category_to_detection_name(category) is None
    rows = [row for row in loaded.sample_annotation if row["category_name"] == category]
    assert len(rows) == len(loaded.sample)
    assert any(row["num_lidar_pts"] > 0 for row in rows)


def test_all_thirteen_tables_are_there(dataset):
    assert {p.stem for p in (dataset / VERSION).glob("*.json")} == {*TABLES, "splits"}
    assert len(TABLES) == 13


def test_keyframes_at_2_hz_and_sweeps_between(loaded):
    sample = loaded.get("sample", loaded.scene[0]["first_sample_token"])
    row, frames, keys = loaded.get("sample_data", sample["data"]["CAM_FRONT"]), [], []
    while row:
        frames.append(row["timestamp"])
        keys += [row["timestamp"]] if row["is_key_frame"] else []
        assert ("samples/" in row["filename"]) == row["is_key_frame"]
        row = loaded.get("sample_data", row["next"]) if row["next"] else None
    assert len(frames) == FRAMES
    assert np.allclose(np.diff(frames), 1e6 / 12, atol=1)
    assert np.allclose(np.diff(keys), 5e5, atol=1)


def test_the_devkit_s_boxes_in_the_picture_are_our_labels(loaded):
    """The devkit's projection of the tables agrees with the amodal boxes."""
    labels = clip().labels[0]
    sample = loaded.get("sample", loaded.scene[0]["first_sample_token"])
    _, boxes, intrinsic = loaded.get_sample_data(sample["data"]["CAM_FRONT"])
    car = next(box for box in boxes if box.name == "vehicle.car")
    corners = intrinsic @ car.corners()
    u, v = corners[0] / corners[2], corners[1] / corners[2]
    row = street().index("car")
    assert np.allclose([u.min(), v.min(), u.max(), v.max()], labels.amodal_box[0, row], atol=0.6)
    assert np.allclose(car.wlh, (1.8, 4.4, 1.5))


def test_our_own_dataset_is_read_as_a_log_without_a_fault(dataset):
    report = check_log(dataset)
    assert report.sound and len(report.scenes) == len(list((dataset / "maps").iterdir()))
    assert [str(fault) for fault in report.faults] == []


def test_velocities_are_those_of_the_rollout(loaded):
    rollout = street()
    for row in loaded.sample_annotation:
        kind = loaded.get("category", loaded.get("instance", row["instance_token"])["category_token"])["name"]
        if kind == "vehicle.bicycle" and row["prev"]:
            assert np.hypot(*loaded.box_velocity(row["token"])[:2]) == pytest.approx(
                rollout.speed_mps[0, rollout.index("cyclist")], abs=0.01
            )


def test_every_annotation_has_the_attribute_of_its_motion(loaded):
    named = {}
    for row in loaded.sample_annotation:
        assert len(row["attribute_tokens"]) <= 1
        named.setdefault(row["category_name"], set()).update(
            loaded.get("attribute", t)["name"] for t in row["attribute_tokens"]
        )
    assert named["vehicle.car"] == {"vehicle.moving"}
    assert named["vehicle.truck"] == {"vehicle.parked"}
    assert named["vehicle.bicycle"] == {"cycle.with_rider"}
    assert named["human.pedestrian.adult"] == {"pedestrian.moving"}
    assert named["human.pedestrian.child"] == {"pedestrian.standing"}
    without = ("movable_object.trafficcone", "movable_object.barrier", "movable_object.debris", "animal")
    assert [named[category] for category in without] == [set()] * 4


def test_a_standing_car_with_brake_lights_is_stopped_not_parked(tmp_path):
    rollout = street()
    lights = rollout.brake_light.copy()
    lights[:, rollout.index("truck")] = True
    write_clip(tmp_path / "a", clip(record("a"), rollout=replace(rollout, brake_light=lights)))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    truck = next(a for a in loaded.sample_annotation if a["category_name"] == "vehicle.truck")
    assert [loaded.get("attribute", t)["name"] for t in truck["attribute_tokens"]] == ["vehicle.stopped"]


def test_a_body_that_no_sensor_sees_has_no_annotation_and_its_track_stays_linked(tmp_path):
    """The child is hidden at the second keyframe: not visible to the camera, without a LiDAR point."""
    whole, keys = clip(), [0, 6, 12, 18, 24]
    child = whole.rollout.index("child")
    labels = replace(whole.labels[0], visibility=whole.labels[0].visibility.copy())
    labels.visibility[6, child] = 0.0
    to_map = whole.rollout.ego_to_map[6] @ LIDAR_TO_EGO
    in_map = whole.lidar[1][:, :3] @ to_map[:3, :3].T + to_map[:3, 3]
    near = np.abs(in_map - whole.rollout.centre[6, child]).max(axis=1) < 1.0
    lidar = (whole.lidar[0], whole.lidar[1][~near], *whole.lidar[2:])
    write_clip(tmp_path / "a", clip(record("a"), labels=(labels,), lidar=lidar))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    track = [a for a in loaded.sample_annotation if a["category_name"] == "human.pedestrian.child"]
    assert len(track) == len(keys) - 1
    assert track[0]["next"] == track[1]["token"]
    assert track[1]["prev"] == track[0]["token"]
    assert check_dataset(tmp_path / "root").problems == ()


def test_visibility_is_a_level_from_one_to_four(tmp_path):
    whole = clip()
    labels = replace(whole.labels[0], visibility=whole.labels[0].visibility.copy())
    for kind, share in ((Kind.CAR, 0.2), (Kind.VAN, 0.5), (Kind.BUS, 0.7), (Kind.CYCLIST, 0.95)):
        labels.visibility[:, whole.rollout.index(str(kind))] = share
    write_clip(tmp_path / "a", clip(record("a"), labels=(labels,)))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    levels = {(a["category_name"], a["visibility_token"]) for a in loaded.sample_annotation}
    assert {("vehicle.car", "1"), ("vehicle.car", "2"), ("vehicle.bus.rigid", "3"), ("vehicle.bicycle", "4")} <= levels


def test_the_map_mask_shows_the_road_where_the_ego_drives(loaded):
    for row in loaded.map:
        poses = np.array([pose["translation"] for pose in loaded.ego_pose])
        assert row["mask"].is_on_mask(poses[:, 0], poses[:, 1]).all()
        assert not row["mask"].is_on_mask(poses[:, 0], poses[:, 1] + 15).any()  # beyond the sidewalk
        assert row["mask"].is_on_mask(poses[:, 0] + 50, poses[:, 1]).all()


def test_the_mask_shows_a_curve_in_a_rotated_global_frame(tmp_path):
    """An ego that drives along its lane stays on the mask, on a curved road in a map that is rotated."""
    bend = replace(ROAD, kind=RoadKind.CURVE, curvature_per_m=1 / 60)
    rollout = street(frames=72, road=bend)
    path = bend.pose(np.linspace(0, 60, 72), np.zeros(72))
    pose = rollout.ego_to_map.copy()
    pose[:, :2, 3] = path[:, :2]
    turned = np.eye(4)
    turned[:2, :2], turned[:2, 3] = [[0.6, -0.8], [0.8, 0.6]], (-500, 1e4)
    mask = draw_road_mask(replace(rollout, ego_to_map=pose, map_to_global=turned))
    Image.fromarray(mask.picture).save(tmp_path / "mask.png")
    shown = MapMask(str(tmp_path / "mask.png"))

    def on_mask(d: float) -> np.ndarray:
        xy = bend.pose(np.linspace(-20, 120, 50), np.full(50, d))[:, :2]
        return shown.is_on_mask(*(xy @ mask.map_to_global[:2, :2].T + mask.map_to_global[:2, 3]).T)

    assert on_mask(0.0).all()
    assert on_mask(bend.right_edge - 2.0).all()
    assert not on_mask(bend.right_edge - 3.0).any()
    assert not on_mask(bend.left_edge + 3.0).any()


def test_a_log_without_a_map_keeps_its_global_frame(tmp_path):
    elsewhere = np.eye(4)
    elsewhere[:3, 3] = (-300.0, 40.0, 2.0)
    rollout = replace(street(road=None), map_to_global=elsewhere)
    write_clip(tmp_path / "a", clip(record("a", attribution="Somebody, CC BY 4.0"), rollout=rollout))
    write_dataset([tmp_path / "a"], tmp_path / "root")
    assert rows(tmp_path / "root", "ego_pose")[0]["translation"] == [-300.0, 40.0, 2.0]
    assert "Somebody" in rows(tmp_path / "root", "scene")[0]["description"]
    assert "Somebody" in (tmp_path / "root" / "ATTRIBUTION.txt").read_text()
    assert "Somebody" in (tmp_path / "root" / "README.md").read_text()
    assert check_dataset(tmp_path / "root").sound


def test_a_rig_of_two_cameras_has_both_in_every_sample(tmp_path):
    left = replace(
        CAMERA, name="CAM_FRONT_LEFT", camera_to_ego=mount_camera("", 16, 9, 1.0, (1.5, 0.5, 1.5), 0.9).camera_to_ego
    )
    whole = clip()
    seen = (whole.labels[0], label_visibility(whole.rollout, NO_SCENERY, left))
    made = clip(
        record("two", cameras=("CAM_FRONT", left.name)), cameras=(CAMERA, left), labels=seen,
        frames=(whole.frames[0], drawn(seen[1])), source=(),
    )  # fmt: skip
    write_clip(tmp_path / "two", made)
    write_dataset([tmp_path / "two"], tmp_path / "root")
    loaded = NuScenes(VERSION, str(tmp_path / "root"), verbose=False)
    assert all({"CAM_FRONT", "CAM_FRONT_LEFT", "LIDAR_TOP"} == set(sample["data"]) for sample in loaded.sample)
    assert check_dataset(tmp_path / "root").sound


def test_a_scene_of_a_real_log_gives_a_valid_dataset(street, tmp_path):
    """With tilted ego poses, a hundred bodies and tracks that start and end; LiDAR and labels come from its boxes."""
    scenario = Scenario(
        "log-1",
        "log",
        "",
        {},
        2.0,
        None,
        Surface.DRY,
        0.85,
        Environment(),
        (),
        (),
        Expect(),
        FromLog("scene-0002", 0.0),
    )
    log = read_log(street, scenario)
    camera = log.camera.resized(CAMERA.height, CAMERA.width)
    labels = label_visibility(log.rollout, NO_SCENERY, camera)
    lidar = tuple(cast_lidar(log.rollout, NO_SCENERY, frame, 0) for frame in keyframes(len(log.rollout.t_s), 12.0))
    made = record("log", cameras=(camera.name,), attribution="PandaSet")
    write_clip(tmp_path / "log", Clip(made, log.rollout, (camera,), (labels,), (drawn(labels),), (), lidar))
    write_dataset([tmp_path / "log"], tmp_path / "root")
    report = check_dataset(tmp_path / "root")
    assert report.problems == ()
    assert report.annotations > 100
    assert report.sound
    kinds = {fault.kind for fault in check_log(tmp_path / "root").faults}
    assert "not-interpolated" not in kinds, "the street's own pictures after its last keyframe are not exported"


def test_the_same_clips_give_the_same_bytes_in_any_order(clips, dataset, tmp_path):
    write_dataset(reversed(clips), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(dataset)


def test_a_rebuilt_dataset_equals_a_new_one_after_clips_are_added_or_removed(clips, tmp_path):
    write_dataset(clips[:1], tmp_path / "root")
    first = contents(tmp_path / "root")
    write_dataset(clips, tmp_path / "root")
    assert len(contents(tmp_path / "root")) > len(first)
    write_dataset(clips[:1], tmp_path / "root")
    assert contents(tmp_path / "root") == first


def test_a_rejected_clip_is_refused_and_the_dataset_stays_unchanged(clips, tmp_path):
    write_dataset(clips[:1], tmp_path / "root")
    before = contents(tmp_path / "root")
    bad = place(tmp_path, "bad", verdicts=BAD)
    with pytest.raises(ValueError, match="leaves its lane"):
        write_dataset([*clips, bad], tmp_path / "root")
    assert contents(tmp_path / "root") == before


def test_a_repeated_id_or_no_clip_is_refused(clips, tmp_path):
    with pytest.raises(ValueError, match="street-s0"):
        write_dataset([clips[0], clips[0]], tmp_path / "root")
    with pytest.raises(ValueError, match="no accepted clip"):
        write_dataset([], tmp_path / "root")


def test_clips_of_one_family_are_in_one_split(tmp_path):
    folders = [place(tmp_path, f"c{i}", family=f"family-{i // 2}", seed=i) for i in range(8)]
    write_dataset(folders, tmp_path / "root")
    splits = json.loads((tmp_path / "root" / VERSION / "splits.json").read_text())
    assert sorted(splits[TRAIN] + splits[VAL]) == splits[ALL]
    assert all((f"c{2 * i}" in splits[VAL]) == (f"c{2 * i + 1}" in splits[VAL]) for i in range(4))


def test_about_one_family_in_five_is_in_val():
    share = np.mean([split_of(f"family-{i}") == VAL for i in range(2000)])
    assert 0.17 < share < 0.23


def spoil_table(root: Path, table: str, change) -> None:
    content = rows(root, table)
    change(content)
    (root / VERSION / f"{table}.json").write_text(json.dumps(content))


def delete_mask(root: Path) -> None:
    next((root / "maps").iterdir()).unlink()


def delete_picture(root: Path) -> None:
    next((root / "sweeps" / "CAM_FRONT").iterdir()).unlink()


def shrink_picture(root: Path) -> None:
    path = next((root / "samples" / "CAM_FRONT").iterdir())
    path.unlink()  # a hard link to the clip's file
    Image.new("RGB", (CAMERA.width // 2, CAMERA.height)).save(path)


def replace_points(root: Path) -> None:
    path = next((root / "samples" / "LIDAR_TOP").iterdir())
    path.unlink()
    np.zeros((5, 5), np.float32).tofile(path)


def add_attribute(rows: list[dict]) -> None:
    rows[0]["attribute_tokens"] = rows[0]["attribute_tokens"] * 2 or ["a", "b"]


FAULTS = {
    "mask": (delete_mask, "cannot load"),
    "picture": (delete_picture, "missing"),
    "size": (shrink_picture, f"but {CAMERA.width} x {CAMERA.height} in the table"),
    "points": (replace_points, "LiDAR points"),
    "attributes": (lambda r: spoil_table(r, "sample_annotation", add_attribute), "annotation"),
    "chain": (lambda r: spoil_table(r, "sample", lambda rows: rows[1].update(prev="")), "prev of its next row"),
    "lidar": (lambda r: spoil_table(r, "sensor", lambda rows: [s.update(channel="X") for s in rows]), "LIDAR_TOP"),
    "log": (lambda r: spoil_table(r, "map", lambda rows: rows[0].update(log_tokens=[])), "cannot load"),
    "ego": (
        lambda r: spoil_table(r, "ego_pose", lambda rows: [p.update(translation=[0, 0, 0]) for p in rows]),
        "LiDAR points",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_validation_finds_every_fault(clips, tmp_path, fault):
    write_dataset(clips[:1], tmp_path / "root")
    insert_fault, message = FAULTS[fault]
    insert_fault(tmp_path / "root")
    report = check_dataset(tmp_path / "root")
    assert not report.sound
    assert any(message in problem for problem in report.problems), report.problems
