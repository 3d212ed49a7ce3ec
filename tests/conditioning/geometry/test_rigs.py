"""Rigs are files: cameras look where the file says, and what is wrong in one is said by its place."""

import re
from pathlib import Path

import numpy as np
import pytest

from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FILES, RIGS, RigError, find_rig, read_rig

PAGE = Path(__file__).resolve().parents[3] / "docs" / "extending" / "rigs.md"


def pixel(camera: Camera, ego_point: tuple[float, float, float]) -> np.ndarray:
    """Where a point of the ego frame is in the picture; it must lie ahead of the camera."""
    local = np.linalg.inv(camera.camera_to_ego) @ (*ego_point, 1.0)
    assert local[2] > 0
    return camera.project(local[None, :3])[0]


def test_the_front_camera_is_that_of_the_networks():
    (camera,) = RIGS["front"]
    assert camera.name == "CAM_FRONT"
    np.testing.assert_array_equal(camera.intrinsic, [[1266.4, 0, 800], [0, 1266.4, 450], [0, 0, 1]])
    pose = [[0, 0, 1, 1.70], [-1, 0, 0, 0], [0, -1, 0, 1.51], [0, 0, 0, 1]]
    np.testing.assert_array_equal(camera.camera_to_ego, pose)


def test_six_cameras_cover_all_directions_and_the_left_ones_look_left():
    rig = {camera.name: camera for camera in RIGS["nuscenes"]}
    assert len(rig) == 6
    for name, bearing in (("CAM_FRONT", 0), ("CAM_FRONT_LEFT", 55), ("CAM_BACK_LEFT", 110), ("CAM_BACK", 180),
                          ("CAM_BACK_RIGHT", -110), ("CAM_FRONT_RIGHT", -55)):  # fmt: skip
        ahead = rig[name].camera_to_ego[:3, 2]
        assert np.degrees(np.arctan2(ahead[1], ahead[0])) % 360 == pytest.approx(bearing % 360)
        place = rig[name].camera_to_ego[:3, 3]
        at = pixel(rig[name], tuple(place + 20 * ahead))
        np.testing.assert_allclose(at, [800, 450], atol=1e-6)
    for degrees in range(0, 360, 5):  # nothing 20 m away is out of sight of all
        point = np.array([20 * np.cos(np.radians(degrees)), 20 * np.sin(np.radians(degrees)), 1.5])
        assert any(_in_picture(camera, point) for camera in rig.values()), degrees


def _in_picture(camera: Camera, ego_point: np.ndarray) -> bool:
    local = (np.linalg.inv(camera.camera_to_ego) @ (*ego_point, 1.0))[None, :3]
    if local[0, 2] <= 0:
        return False
    x, y = camera.project(local)[0]
    return bool(0 <= x < camera.width and 0 <= y < camera.height)


def test_the_page_s_example_looks_down_and_to_its_sides(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "pair.toml").write_text(text, encoding="utf-8")
    left, right = find_rig(str(tmp_path / "pair.toml"))
    assert (left.name, right.name) == ("CAM_LEFT", "CAM_RIGHT")
    assert left.camera_to_ego[1, 2] == pytest.approx(np.sin(np.radians(10)) * np.cos(np.radians(5)))
    assert left.camera_to_ego[2, 2] == pytest.approx(-np.sin(np.radians(5)))
    assert left.camera_to_ego[2, 0] == pytest.approx(0)  # no roll
    assert right.camera_to_ego[1, 2] == pytest.approx(-left.camera_to_ego[1, 2])


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ('name = "CAM_FRONT"', "", "camera.0.name: Field required"),
        ("focal_px", "focal", "camera.0.focal: Unexpected keyword argument"),
        ("height = 900", 'height = "900"', "camera.0.height: Input should be a valid integer"),
        ("height = 900", "height = true", "camera.0.height: Input should be a valid integer"),
        ("focal_px = 1266.4", "focal_px = nan", "camera.0.focal_px: Input should be a finite number"),
        ("at_m =", "yaw_deg = 500.0\nat_m =", "CAM_FRONT: yaw_deg is from -180 to 180"),
        ("1.51]", "-1.5]", "CAM_FRONT: a camera -1.5 m above the ground"),
        ("focal_px = 1266.4", "focal_px = 1e-9", "CAM_FRONT: 1e-09 px see more than 170 degrees"),
        (
            "focal_px = 1266.4",
            "focal_px = 900000",
            "CAM_FRONT: 900000 px see less than 5 degrees; for 1600 x 900 pixels focal_px is from 70 to 18323",
        ),
        ("width = 1600", "width = 9", "CAM_FRONT: 9 x 900; from 16 to 20000 pixels"),
        ("at_m = [1.70", "at_m = [1e6", "m is not on a vehicle: at most 30 m from its rear axle"),
        ("width = 1600", "width = 0", "CAM_FRONT: width, height and focal_px are above 0"),
        ('"CAM_FRONT"', '"../CAM"', "a camera named '../CAM'"),
        ("[[camera]]", "[[cameras]]", "camera: Field required"),
    ],
)
def test_faults_of_a_file_are_reported_with_their_place(tmp_path, written, instead, told):
    path = tmp_path / "rig.toml"
    path.write_text((FILES / "front.toml").read_text(encoding="utf-8").replace(written, instead), encoding="utf-8")
    with pytest.raises(RigError, match=re.escape(told)):
        read_rig(path)


@pytest.mark.parametrize("focal_px", [70, 18323])
def test_the_focal_lengths_that_a_refusal_names_are_accepted(focal_px, tmp_path):
    path = tmp_path / "rig.toml"
    written = (FILES / "front.toml").read_text(encoding="utf-8").replace("1266.4", str(focal_px))
    path.write_text(written, encoding="utf-8")
    (camera,) = read_rig(path)
    assert camera.intrinsic[0, 0] == focal_px


def test_two_cameras_of_one_name_and_a_missing_rig_are_refused(tmp_path):
    text = (FILES / "front.toml").read_text(encoding="utf-8")
    (tmp_path / "rig.toml").write_text(text + text, encoding="utf-8")
    with pytest.raises(RigError, match="two cameras named CAM_FRONT"):
        read_rig(tmp_path / "rig.toml")
    with pytest.raises(RigError, match="no rig 'stereo'; there are front, nuscenes"):
        find_rig("stereo")
