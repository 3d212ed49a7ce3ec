"""Each fault that a converter makes, alone in a log that is otherwise right: told or refused, with table and row."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from conditioning.geometry.camera import FORWARD_CAMERA_TO_EGO
from conditioning.logs.check_log import check_log
from conditioning.logs.log_fault import LogFault
from conditioning.logs.read_log import log_pictures, read_log
from conditioning.logs.tables import LogError
from scenarios.model.bodies import Kind
from tests.conditioning.log_by_hand import LogTables, hand_tables, write_log, write_pictures, write_tables
from tests.conditioning.logs.situations import scenario

Change = Callable[[LogTables], object]
LEFT_OUT = "category-unknown"  # the litter, which is in every one of these logs


def row(tables: LogTables, table: str, token: str) -> dict:
    return next(r for r in tables[table] if r["token"] == token)


def put(table: str, token: str, /, **values: object) -> Change:
    """Change fields of one row."""
    return lambda tables: row(tables, table, token).update(values)


def every(table: str, change: Callable[[dict], object]) -> Change:
    return lambda tables: [change(r) for r in tables[table]]


def without(table: str, token: str) -> Change:
    return lambda tables: tables[table].remove(row(tables, table, token))


def again(table: str, token: str, /, **values: object) -> Change:
    """A copy of a row with some other values."""
    return lambda tables: tables[table].append(row(tables, table, token) | values)


def scaled_times(factor: float) -> Change:
    def change(tables: LogTables) -> None:
        for table in ("sample", "sample_data", "ego_pose"):
            for r in tables[table]:
                r["timestamp"] = r["timestamp"] * factor if factor < 1 else r["timestamp"] * int(factor)

    return change


def turned(table: str, order: Callable[[list[float]], list[float]]) -> Change:
    return every(table, lambda r: r.update(rotation=order(r["rotation"])))


def as_x_y_z_w(w_x_y_z: list[float]) -> list[float]:
    return [*w_x_y_z[1:], w_x_y_z[0]]


def yawed(degrees: float) -> Callable[[list[float]], list[float]]:
    def turn(w_x_y_z: list[float]) -> list[float]:
        turned = Rotation.from_quat(as_x_y_z_w(w_x_y_z)) * Rotation.from_euler("z", degrees, degrees=True)
        return np.roll(turned.as_quat(), 1).tolist()

    return turn


def to_the_left(tables: LogTables) -> None:
    """A camera that looks 55 degrees to the left; the one straight ahead has the same rotation in both orders."""
    ahead = Rotation.from_matrix(FORWARD_CAMERA_TO_EGO)
    tables["calibrated_sensor"][0]["rotation"] = (Rotation.from_euler("z", 55, degrees=True) * ahead).as_quat().tolist()


def tilted(r: dict) -> None:
    """A camera frame with x forward, as the ego's."""
    r["rotation"] = [1.0, 0.0, 0.0, 0.0]


def straight_east(tables: LogTables) -> None:
    """All yaws are 0 and stored as x, y, z, w: every body is upright in both orders, and only its motion tells."""
    for table in ("ego_pose", "sample_annotation"):
        for r in tables[table]:
            ahead = np.linalg.norm(np.subtract(r["translation"], [100, 200, r["translation"][2]]))
            r.update(translation=[100 + ahead, 200.0, r["translation"][2]], rotation=[0.0, 0.0, 0.0, 1.0])


def standing_key(tables: LogTables) -> None:
    """Ego poses at the keyframes only, repeated for the pictures between."""
    for i, pose in enumerate(tables["ego_pose"]):
        pose["translation"] = tables["ego_pose"][5 * (i // 5)]["translation"]


def at_the_tail(tables: LogTables) -> None:
    """Pictures after the last keyframe, which belong to it since there is no next one."""
    row(tables, "sample", "s4")["next"] = ""
    row(tables, "scene", "scene").update(last_sample_token="s4", nbr_samples=5)
    tables["sample"] = tables["sample"][:5]
    tables["sample_annotation"] = [r for r in tables["sample_annotation"] if r["sample_token"] not in ("s5", "s6")]
    tables["sample_data"] = [r for r in tables["sample_data"] if int(r["token"][1:]) <= 24]
    tables["sample_data"][-1]["next"] = ""
    for r in tables["sample_data"][21:]:
        r["sample_token"] = "s4"
    boxes = {r["token"] for r in tables["sample_annotation"]}
    for r in tables["sample_annotation"]:
        r["next"] = r["next"] if r["next"] in boxes else ""
    for r in tables["instance"]:
        own = [b["token"] for b in tables["sample_annotation"] if b["instance_token"] == r["token"]]
        r.update(nbr_annotations=len(own), last_annotation_token=own[-1])


REFUSED: dict[str, tuple[Change, str]] = {
    "row-no-mapping": (lambda t: t["sample"].append(7), r"sample, row number 7: a row that is no mapping"),
    "token-twice": (again("category", "vehicle.car"), r"category, row vehicle\.car: a token that an earlier row has"),
    "no-size": (lambda t: row(t, "sample_annotation", "lead-2").pop("size"),
                r"sample_annotation, row lead-2: no size; wanted three finite numbers, width, length, height in metres"),
    "type-of-timestamp": (put("sample", "s3", timestamp="1600000001550000"),
                          r"sample, row s3: timestamp is '1600000001550000'; wanted microseconds"),
    "type-of-next": (put("sample", "s6", next=None), r'sample, row s6: next is None; wanted a token, or ""'),
    "nan": (put("sample_annotation", "lead-3", translation=[float("nan"), 0.0, 0.0]),
            r"sample_annotation, row lead-3: translation is \[nan, 0\.0, 0\.0\]; wanted three finite numbers, metres"),
    "infinity": (put("ego_pose", "p4", translation=[float("inf"), 0.0, 0.0]),
                 r"ego_pose, row p4: translation is \[inf.*finite"),
    "intrinsic-nan": (put("calibrated_sensor", "mount", camera_intrinsic=[[float("nan"), 0, 64], [0, 9, 9], [0, 0, 1]]),
                      r"calibrated_sensor, row mount: camera_intrinsic is \[\[nan"),
    "time-unit ns": (scaled_times(1000), r"sample, rows s0, s1, s2 and 4 more: keyframes are 5e\+08 apart, as if in "
                     r"nanoseconds, the first at 1600000000050000000; wanted microseconds"),
    "time-unit ms": (scaled_times(1e-3), r"keyframes are 500 apart, as if in milliseconds"),
    "time-unit s": (scaled_times(1e-6), r"keyframes are 0\.5 apart, as if in seconds"),
    "time-order": (put("sample", "s3", timestamp=1_600_000_001_050_000),
                   r"sample, row s3: its timestamp is not after that of the keyframe before"),
    "duplicate-time": (put("sample_data", "d7", timestamp=1_600_000_000_600_000),
                       r"sample_data, row d7: CAM_FRONT has an earlier row with the same timestamp"),
    "key-pictures": (put("sample_data", "d9", is_key_frame=True), r"sample, row s2: several CAM_FRONT pictures are its"),
    "duplicate-box": (again("sample_annotation", "lead-1", token="twin"),
                      r"sample_annotation, row twin: an earlier row is of the same instance and sample"),
    "quaternion-norm": (put("ego_pose", "p2", rotation=[1.0, 0.0, 0.0, 1.0]),
                        r"ego_pose, row p2: rotation \[1\.0, 0\.0, 0\.0, 1\.0\] has the norm 1\.41; wanted a norm of 1"),
    "quaternion-zero": (put("sample_annotation", "lead-1", rotation=[0, 0, 0, 0]), r"lead-1: rotation .* has the norm 0;"),
    "quaternion-order ego": (turned("ego_pose", as_x_y_z_w), r"ego_pose, rows p0, .*in the order x, y, z, w it stands"),
    "quaternion-order box": (turned("sample_annotation", as_x_y_z_w), r"sample_annotation, rows .*; in the order x, y, z"),
    "quaternion-order camera": (to_the_left,
                                r"calibrated_sensor, row mount: .* tilts CAM_FRONT; in the order x, y, z, w its picture"),
    "quaternion-order by motion": (straight_east, r"ego_pose, rows p0, p1, p2 and 28 more: the ego moves at 180 degrees to "
                                   r"its heading; in the order x, y, z, w it moves along it"),
    "ego-heading": (turned("ego_pose", yawed(90)), r"ego_pose.*the ego moves at 90 degrees to its heading; wanted x forw"),
    "no-intrinsic": (put("calibrated_sensor", "mount", camera_intrinsic=[]), r"row mount: CAM_FRONT has no camera_intr"),
    "intrinsic-form": (put("calibrated_sensor", "mount", camera_intrinsic=[[0, 0, 64], [0, 0, 36], [0, 0, 1]]),
                       r"camera_intrinsic of CAM_FRONT is \[\[0.*focal lengths above 0"),
    "picture-size": (put("sample_data", "d3", width=1600, height=900),
                     r"sample_data, row d3: CAM_FRONT/03\.png has 128 x 72 pixels, and the table says 1600 x 900"),
    "several-sizes": (put("sample_data", "d3", width=64), r"row d3: CAM_FRONT has pictures of other sizes than its first one"),
    "no-width": (every("sample_data", lambda r: r.pop("width")), r"row d0: CAM_FRONT has the size None x 72"),
    "chain-circle": (put("sample", "s5", next="s2"), r"sample, rows s2, s3, s4 and 1 more: next leads back to the row its"),
    "dangling-next": (put("sample", "s3", next="nowhere"), r"sample, row s3: next names no row; wanted a token of"),
    "chain-end": (put("sample", "s3", next=""), r"scene, row scene: the chain of keyframes ends at sample 's3', and last_"),
    "chain-left-out": (put("sample", "s3", next=""), r"sample, rows s4, s5, s6: a sample of scene 'scene-7' that its"),
    "chain-prev": (put("sample", "s4", prev="s2"), r"sample, row s3: prev of its next row names another row"),
    "dangling-first_sample_token": (put("scene", "scene", first_sample_token="x"), r"first_sample_token 'x' names no row"),
    "dangling-sample_token": (put("sample_annotation", "lead-4", sample_token="gone"),
                              r"sample_annotation, row lead-4: sample_token 'gone' names no row of sample; wanted"),
    "dangling-instance_token": (without("instance", "walker"), r"sample_annotation, rows walker-2, walker-3, walker-4: in"),
    "dangling-ego_pose_token": (without("ego_pose", "p3"), r"sample_data, row d3: ego_pose_token 'p3' names no row of ego"),
    "dangling-category_token": (put("instance", "lead", category_token="x"), r"instance, row lead: category_token 'x' nam"),
    "dangling-sensor_token": (put("calibrated_sensor", "mount", sensor_token="x"), r"row mount: sensor_token 'x' names no"),
    "no-pictures": (put("sensor", "front", channel="CAM_BACK"),
                    r"scene 'scene-7' has no CAM_FRONT picture that can be used; its sensors: CAM_BACK;"),
    "size-sign": (put("sample_annotation", "lead-4", size=[1.9, 0, 1.6]), r"row lead-4: size is \[1\.9, 0, 1\.6\]; wanted"),
    "file-outside": (put("sample_data", "d3", filename="../../etc/passwd"),
                     r"sample_data, row d3: filename of CAM_FRONT leads out of the log's folder"),
    "scene-twice": (again("scene", "scene", token="other"), r"scene, row scene-7: a name that several scenes have"),
}  # fmt: skip
TOLD: dict[str, tuple[Change, str]] = {
    "no-fields": (every("sample_annotation", lambda r: r.pop("visibility_token")),
                  r"sample_annotation, .* and 14 more: no visibility_token, which the devkit needs; wanted a text"),
    "keyframe-gap": (lambda t: [r.update(timestamp=r["timestamp"] + 2_000_000) for n in ("sample", "sample_data", "ego_pose")
                                for r in t[n] if r["timestamp"] > 1_600_000_001_560_000],
                     r"sample, row s3: the next keyframe is 2\.5 s later, and no box is shown between"),
    "picture-gap": (lambda t: t.update(sample_data=[r for r in t["sample_data"] if r["token"] not in ("d6", "d7", "d8", "d9")]),
                    r"row d5: the next picture of CAM_FRONT is 0\.5 s later"),
    "picture-rate": (lambda t: t.update(sample_data=[r for r in t["sample_data"] if r["is_key_frame"]]),
                     r"CAM_FRONT has a picture every 0\.5 s, and each is repeated"),
    "no-key-picture": (put("sample_data", "d10", is_key_frame=False), r"sample, row s2: no CAM_FRONT picture is its keyfr"),
    "keyframe-lag": (put("sample", "s6", timestamp=1_600_000_003_400_000), r"row d30: a keyframe -0\.4 s beside its sample"),
    "pose-lag": (put("ego_pose", "p8", timestamp=1_600_000_000_000_000), r"row d8: its ego pose is of a time -0\.8 s besi"),
    "pose-rate": (standing_key, r"ego_pose, rows p5, p10, p15 and 3 more: no new ego pose for up to 0\.5 s: the physics "
                  r"checks of the ego are inconclusive there; wanted a pose at least every 0\.21 s"),
    "ego-speed": (put("ego_pose", "p8", translation=[500.0, 200.0, 7.0]), r"ego_pose, rows p8, p9: the ego gets here from"),
    "not-interpolated": (at_the_tail, r"sample_data, rows d22, d23, d24: its time is up to 0\.35 s outside of its sample an"
                         r".* draws boxes up to 1\.4 m off \(reading here is not affected\); wanted the next sample after"),
    "coincident-boxes": (lambda t: (again("instance", "lead", token="ghost")(t),
                                    again("sample_annotation", "lead-1", token="g", instance_token="ghost")(t)),
                         r"sample_annotation, row g: a box of another instance of its category has the same place and si"),
    "width-length": (every("sample_annotation", lambda r: r.update(size=[r["size"][1], r["size"][0], r["size"][2]])),
                     r"and 4 more: wider than long: 1 of 1 vehicle\.car; wanted size in the order width, l"),
    "size": (put("sample_annotation", "walker-3", size=[60.0, 60.0, 180.0]), r"walker-3: a human\.pedestrian\.adult of 60 "),
    "off-ground": (put("sample_annotation", "lead-5", translation=[121.2, 221.2, 40.0]), r"row lead-5: a box whose foot is"
                   r" \+32\.2 m from the ego's ground, 17.* m away"),
    "far-box one": (put("sample_annotation", "walker-4", translation=[9000.0, 0.0, 8.0]), r"row walker-4: a box .* from th"),
    "box-heading": (lambda t: [r.update(rotation=yawed(90)(r["rotation"]), translation=[
        r["translation"][0] + k, r["translation"][1] + k, r["translation"][2]]) for k, r in enumerate(t["sample_annotation"])
        if r["instance_token"] == "lead"], r"bodies move across their heading; wanted a box's x axis along its length"),
    LEFT_OUT: (lambda t: None, r"sample_annotation, rows litter-0, litter-1, litter-2 and 4 more: category "
               r"'movable_object\.pushable_pullable' has no kind of body: its boxes are left out"),
    "category-typo": (put("category", "vehicle.car", name="Car"), r"and 4 more: category 'Car' has no kind of body: its bo"
                      r"xes are left out; wanted one of nuScenes' 23 categories; did you mean vehicle\.car\?"),
    "category-wider": (put("category", "human.pedestrian.adult", name="human.pedestrian.stroller"), r"rows walker-2, walker-3, "
                       r"walker-4: category 'human\.pedestrian\.stroller' is read as pedestrian"),
    "several-calibrations": (lambda t: (again("calibrated_sensor", "mount", token="other", translation=[1.5, 0.2, 1.6])(t),
                                        put("sample_data", "d9", calibrated_sensor_token="other")(t)),
                             r"sample_data, row d9: CAM_FRONT has another calibration than in its first picture"),
    "principal-point": (put("calibrated_sensor", "mount", camera_intrinsic=[[1260, 0, 800], [0, 1260, 450], [0, 0, 1]]),
                        r"principal point of CAM_FRONT is at 6\.25 of the width .* not of a size before resizing"),
    "field-of-view": (put("calibrated_sensor", "mount", camera_intrinsic=[[1e5, 0, 64], [0, 1e5, 36], [0, 0, 1]]),
                      r"CAM_FRONT sees 0\.0733 x 0\.0413 degrees"),
    "camera-tilt": (every("calibrated_sensor", tilted), r"row mount: rotation .* tilts CAM_FRONT: its picture is not uprig"),
    "far-mount": (put("calibrated_sensor", "mount", translation=[1500.0, 0.0, 1600.0]), r"2\.19e\+03 m from the ego; want"),
    "distortion": (put("calibrated_sensor", "mount", camera_distortion=[-0.3, 0.1, 0, 0]), r"CAM_FRONT has a distortion, w"),
    "duplicate-file": (put("sample_data", "d3", filename="CAM_FRONT/02.png"), r"row d3: filename of CAM_FRONT is that of"),
    "file-missing": (put("sample_data", "d3", filename="CAM_FRONT/none.png"), r"row d3: CAM_FRONT/none\.png is missing"),
    "chain of boxes": (put("sample_annotation", "lead-2", next="lead-1"), r"sample_annotation, rows lead-1, lead-2: next l"),
    "time-order of boxes": (put("sample_annotation", "lead-2", next="lead-1"), r"row lead-2: the next row is not of a late"),
    "chain of pictures": (put("sample_data", "d4", next="gone"), r"sample_data, row d4: next names no row; wanted a token "),
    "chain-other-instance": (put("sample_annotation", "lead-2", next="walker-3"), r"row lead-2: the next row is of another"),
    "count": (put("instance", "lead", nbr_annotations=99), r"instance, row lead: nbr_annotations is 99, but 7 boxes name"),
}  # fmt: skip


def faults(folder: Path) -> tuple[LogFault, ...]:
    return check_log(folder).faults


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """The pictures, which all of these logs share."""
    root = tmp_path_factory.mktemp("pictures")
    write_pictures(root)
    return root


@pytest.fixture
def log(pictures, tmp_path) -> Callable[[Change], Path]:
    def written(change: Change) -> Path:
        (tmp_path / "CAM_FRONT").symlink_to(pictures / "CAM_FRONT")
        tables = hand_tables()
        change(tables)
        write_tables(tmp_path, tables)
        return tmp_path

    return written


def test_a_log_without_faults_has_only_the_remark_about_what_is_left_out(log):
    assert [fault.kind for fault in faults(log(lambda tables: None))] == [LEFT_OUT]


@pytest.mark.parametrize("case", REFUSED)
def test_a_fault_with_which_a_log_would_be_read_wrongly_is_refused(log, case):
    change, says = REFUSED[case]
    with pytest.raises(LogError, match=says):
        read_log(log(change), scenario())


@pytest.mark.parametrize("case", TOLD)
def test_another_fault_is_told_and_the_log_is_read(log, case):
    change, says = TOLD[case]
    remarks = read_log(log(change), scenario()).remarks
    assert not any(fault.refused for fault in remarks)
    with pytest.raises(AssertionError, match=says):
        raise AssertionError("\n".join(map(str, remarks)))


def test_all_faults_are_told_at_once_and_each_once(log):
    def change(tables: LogTables) -> None:
        put("sample_annotation", "lead-3", size=["wide", 1, 1])(tables)
        put("sample_annotation", "walker-3", rotation=[9.0, 0.0, 0.0, 0.0])(tables)
        put("sample", "s5", next="s2")(tables)
        every("sample_data", lambda r: r.update(ego_pose_token="gone"))(tables)
        put("calibrated_sensor", "mount", camera_intrinsic=[])(tables)

    with pytest.raises(LogError) as told:
        read_log(log(change), scenario())
    head, *lines = str(told.value).splitlines()
    assert f"scene 'scene-7' cannot be read; {len(lines)} faults in its tables:" in head
    for says in ("lead-3: size is", "walker-3: rotation", "next leads back", "d0, d1, d2 and 28 more: ego_pose_token"):
        assert sum(says in line for line in lines) == 1


def test_boxes_that_are_not_in_the_ego_s_frame_are_refused(log):
    def change(tables: LogTables) -> None:
        every("ego_pose", lambda r: r.update(translation=[v + 5000 for v in r["translation"]]))(tables)

    with pytest.raises(LogError, match=r"and 14 more: a box 7051 m from the ego; wanted boxes within 300 m"):
        read_log(log(change), scenario())


def test_a_car_whose_height_is_at_its_foot_is_told(log):
    def change(tables: LogTables) -> None:
        for r in tables["sample_annotation"]:
            r["translation"][2] = 7.0
            if r["instance_token"] == "lead":  # near, so that the slope of the street has no effect
                r["translation"][:2] = np.subtract(r["translation"][:2], 10).tolist()

    told = {fault.kind: str(fault) for fault in faults(log(change))}
    assert "vehicles near the ego are -50% of their height off its ground" in told["half-height"]


def test_missing_tables_of_the_devkit_are_told(log):
    folder = log(lambda tables: None)
    (folder / "v1.0-hand" / "map.json").unlink()
    told = {fault.kind: str(fault) for fault in faults(folder)}
    assert told["table-missing"].startswith("map: no such file; wanted all of nuScenes' thirteen tables")


def test_a_scene_of_several_versions_is_told(log):
    folder = log(lambda tables: None)
    shutil.copytree(folder / "v1.0-hand", folder / "v2.0-hand")
    remarks = {fault.kind: str(fault) for fault in read_log(folder, scenario()).remarks}
    assert "scene 'scene-7' is in v1.0-hand, v2.0-hand; v1.0-hand is read" in remarks["several-versions"]


def reversing_west(tables: LogTables) -> None:
    """The ego and the lead reverse at a heading of 180 degrees: read as x, y, z, w they would drive ahead."""
    straight_east(tables)
    for k, r in enumerate(r for r in tables["sample_annotation"] if r["instance_token"] == "walker"):
        r.update(translation=[120.0, 200.0 + 3 * k, 7.9], rotation=[0.70710678, 0.0, 0.0, 0.70710678])


def test_bodies_that_reverse_at_a_heading_of_180_degrees_are_read_if_another_one_moves_ahead(log):
    told = {fault.kind: fault for fault in read_log(log(reversing_west), scenario()).remarks}
    assert "the ego moves backwards nearly all the time (in the order x, y, z, w it moves" in told["ego-heading"].found


@pytest.mark.parametrize(("swapped", "says"), [(3, "wider than long: 3 of 3 vehicle.bicycle"), (2, "")])
def test_one_class_with_swapped_sizes_among_others_is_told(log, swapped, says):
    def change(tables: LogTables) -> None:
        tables["category"].append({"token": "bicycle", "name": "vehicle.bicycle"})
        for i in range(6):
            category = "bicycle" if i < 3 else "vehicle.car"
            again("instance", "lead", token=f"i{i}", category_token=category, nbr_annotations=1)(tables)
            size = [0.6, 1.9, 1.7] if category == "bicycle" else [1.9, 4.5, 1.6]
            size = [size[1], size[0], size[2]] if i < swapped else size
            place = [130.0 + 5 * i, 200.0, 7.8]
            again("sample_annotation", "lead-1", token=f"b{i}", instance_token=f"i{i}", size=size, translation=place,
                  prev="", next="")(tables)  # fmt: skip

    told = {fault.kind: fault.found for fault in read_log(log(change), scenario()).remarks}
    assert told.get("width-length", "") == says


def test_an_ego_that_slides_across_its_heading_is_read_after_it_drove_along_it(log):
    def change(tables: LogTables) -> None:
        for r in tables["ego_pose"][8:]:
            r["rotation"] = yawed(90)(r["rotation"])

    told = {fault.kind: fault for fault in read_log(log(change), scenario()).remarks}
    assert "the ego moves at 90 degrees to its heading" in told["ego-heading"].found


def test_swapped_sizes_are_read_as_they_stand(log):
    change, _ = TOLD["width-length"]
    body = read_log(log(change), scenario()).rollout.bodies[1]
    assert body.kind is Kind.CAR
    assert (body.size.length_m, body.size.width_m) == (1.9, 4.5)


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"7", b"\xff\xfe", b'[{"token": "a"', b"[" * 100_000, b"9" * 5000],
                         ids=lambda content: repr(content[:8]))  # fmt: skip
def test_a_table_that_is_cut_or_no_list_is_named(log, content):
    folder = log(lambda tables: None)
    (folder / "v1.0-hand" / "instance.json").write_bytes(content)
    with pytest.raises(LogError, match=r"instance\.json: .*wanted a list of rows"):
        read_log(folder, scenario())
    assert any("instance.json" in str(fault) for fault in faults(folder))


def test_splits_that_are_no_mapping_are_named(log):
    folder = log(lambda tables: None)
    (folder / "v1.0-hand" / "splits.json").write_text("[1]")
    with pytest.raises(LogError, match=r"splits\.json: \[1\], not a mapping"):
        read_log(folder, scenario(split="val"))


def test_a_cut_picture_is_told_and_refused_where_it_is_needed(tmp_path):
    folder = write_log(tmp_path / "log")
    picture = folder / "CAM_FRONT" / "02.png"
    picture.write_bytes(picture.read_bytes()[:40])
    read = read_log(folder, scenario())
    (folder / "CAM_FRONT" / "03.png").write_bytes(b"no picture")
    with pytest.raises(LogError, match=r"02\.png: not a whole picture"):
        log_pictures(read, read.camera.resized(36, 64), [2])
    told = {fault.kind: str(fault) for fault in read_log(folder, scenario()).remarks}
    assert "sample_data, rows d2, d3: the file of CAM_FRONT cannot be read as a picture" in told["file-unreadable"]


def test_two_pictures_with_the_same_bytes_are_told(tmp_path):
    folder = write_log(tmp_path / "log")
    shutil.copy(folder / "CAM_FRONT" / "11.png", folder / "CAM_FRONT" / "12.png")
    told = {fault.kind: str(fault) for fault in faults(folder)}
    assert "sample_data, row d12: the file of CAM_FRONT has the bytes of the one before it" in told["duplicate-picture"]


def test_a_chain_of_two_thousand_keyframes_in_a_circle_ends(log):
    def change(tables: LogTables) -> None:
        first = tables["sample"][0]
        tables["sample"] = [
            first | {"token": f"s{i}", "timestamp": first["timestamp"] + 500_000 * i, "next": f"s{(i + 1) % 2_000}",
                     "prev": f"s{(i - 1) % 2_000}"}
            for i in range(2_000)
        ]  # fmt: skip

    with pytest.raises(LogError, match=r"sample, rows s0, s1, s2 and 1997 more: next leads back to the row itself"):
        read_log(log(change), scenario())


def test_the_devkit_draws_boxes_off_where_the_check_says_so(log):
    """Its interpolation is compared with the boxes' real places, which are known on paper."""
    NuScenes = pytest.importorskip("nuscenes").NuScenes
    folder = log(at_the_tail)
    Image.new("L", (1, 1)).save(folder / "none.png")
    maps = json.loads((folder / "v1.0-hand" / "map.json").read_text())
    (folder / "v1.0-hand" / "map.json").write_text(json.dumps([maps[0] | {"filename": "none.png"}]))
    loaded = NuScenes("v1.0-hand", str(folder), verbose=False)
    off = {}
    for data in loaded.sample_data:
        box = next(b for b in loaded.get_boxes(data["token"]) if b.name == "vehicle.car")
        t_s = (data["timestamp"] - loaded.sample[0]["timestamp"]) / 1e6  # the devkit's time of a box: its sample's
        ahead = np.linalg.norm(box.center[:2] - [100, 200])
        off[data["token"]] = abs(ahead - (20 + 4.0 * t_s))
    told = next(fault for fault in faults(folder) if fault.kind == "not-interpolated")
    assert {token for token, metres in off.items() if metres > 4.0 * 0.1} == set(told.rows)
    assert f"up to {max(off.values()):.1f} m off" in told.found
