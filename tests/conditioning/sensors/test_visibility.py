"""Visibility and truncation in situations computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import NO_SCENERY, Scenery
from conditioning.geometry.camera import mount_camera
from conditioning.geometry.rigs import FRONT
from conditioning.sensors.visibility import label_visibility, visibility_level
from scenarios.model.bodies import Kind, Size
from tests.conditioning.situations import building, situation, still, tree

CAMERA = FRONT.resized(144, 256)
PLATE = Size(0.02, 2.0, 1.6)  # a board facing the camera: its mask is a rectangle
THIN = 0.011  # half a board


def look(*actors, scenery=NO_SCENERY, camera=CAMERA):
    return label_visibility(situation(*actors), scenery, camera)


def test_a_single_body_is_entirely_visible():
    labels = look(still(20, 0, Kind.CAR))
    assert labels.in_view[0, 1]
    assert labels.visibility[0, 1] == 1
    assert labels.truncation[0, 1] == 0
    assert labels.depth_m[0, 1] == pytest.approx(20 - 1.70)


def test_boxes_agree_with_the_projection():
    labels = look(still(21.7 + THIN, 0, Kind.BARRIER, size=PLATE))  # 2.0 x 1.6 m, 20 m ahead, its foot on the ground
    f = CAMERA.intrinsic[0, 0]
    expected = [128 - f / 20, 72 + (1.51 - 1.6) * f / 20, 128 + f / 20, 72 + 1.51 * f / 20]
    np.testing.assert_allclose(labels.amodal_box[0, 1], expected, atol=0.05)
    np.testing.assert_allclose(labels.modal_box[0, 1], expected, atol=0.51)  # pixels of a mask at double resolution


def test_the_ego_is_never_in_view():
    camera = mount_camera("chase", 256, 144, 200.0, (-8.0, 0.0, 2.5), 0.0)
    labels = look(still(20, 0, Kind.CAR), camera=camera)
    assert not labels.in_view[:, 0].any()
    assert labels.in_view[0, 1]


@pytest.mark.parametrize("covered", [0.25, 0.5, 0.75])
def test_a_board_in_front_hides_the_share_it_covers(covered):
    near, far = 10.0, 20.0
    left_edge = 1.0 - 2.0 * covered  # of the hidden part of the far board, metres to the left of the axis
    shield = still(1.70 + near, left_edge * near / far + 2.0, Kind.BARRIER, size=Size(0.02, 4.0, 3.0))
    labels = look(still(1.70 + far, 0, Kind.BARRIER, size=PLATE, name="far"), shield)
    assert labels.visibility[0, 1] == pytest.approx(1 - covered, abs=0.04)
    assert labels.visibility[0, 2] == 1
    x0, _, x1, _ = labels.modal_box[0, 1]
    full = labels.amodal_box[0, 1, 2] - labels.amodal_box[0, 1, 0]
    assert (x1 - x0) / full == pytest.approx(1 - covered, abs=0.04)


def test_a_person_beside_a_long_truck_is_visible_although_the_truck_s_centre_is_nearer():
    """Ordering by centre distance is wrong here: the person is at the truck's rear corner, in front of its rear."""
    truck = still(15.0, 0.0, Kind.TRUCK)  # 8 m long: its rear face is at 11 m
    person = still(10.5, 0.6, Kind.PEDESTRIAN)
    behind = still(20.0, 1.0, Kind.PEDESTRIAN)
    labels = look(truck, person, behind)
    assert labels.visibility[0, 2] == 1
    assert labels.visibility[0, 1] < 1
    assert labels.visibility[0, 3] == 0


def test_a_person_can_be_hidden_by_a_truck_with_a_farther_centre():
    truck = still(15.0, 2.2, Kind.TRUCK, size=Size(12.0, 2.5, 3.2))  # from 9 m to 21 m
    person = still(12.0, 4.2, Kind.PEDESTRIAN)  # beyond the truck's near side, and behind its rear face for the camera
    labels = look(truck, person)
    assert labels.depth_m[0, 2] < labels.depth_m[0, 1]
    assert labels.in_view[0, 2]
    assert labels.visibility[0, 2] == 0


def test_an_entirely_hidden_body_is_in_view_with_visibility_zero():
    labels = look(still(12, 0, Kind.TRUCK), still(20, 0, Kind.CHILD))
    assert labels.in_view[0, 2]
    assert labels.visibility[0, 2] == 0
    assert not labels.modal_box[0, 2].any()
    assert labels.amodal_box[0, 2].any()


@pytest.mark.parametrize(
    "scenery",
    [Scenery((building(15, 0, 0, 2, 8, 6),), (), ()), Scenery((), (tree(8, 0, 2.2, 2.0),), ())],
    ids=["wall", "tree"],
)
def test_scenery_hides_bodies(scenery):
    labels = look(still(25, 0, Kind.PEDESTRIAN), scenery=scenery)
    assert labels.in_view[0, 1]
    assert labels.visibility[0, 1] == 0


def test_a_board_half_outside_the_picture_is_half_truncated():
    edge = 128 / CAMERA.intrinsic[0, 0] * 10.0  # metres to the left at 10 m, at the edge of the picture
    labels = look(still(11.70, edge, Kind.BARRIER, size=PLATE))
    assert labels.truncation[0, 1] == pytest.approx(0.5, abs=0.03)
    assert labels.visibility[0, 1] == 1  # truncation is not occlusion
    assert labels.amodal_box[0, 1, 0] == 0


@pytest.mark.parametrize(("x", "y"), [(-10.0, 0.0), (5.0, 12.0)])
def test_bodies_behind_or_beside_the_picture_are_not_in_view(x, y):
    labels = look(still(x, y, Kind.CAR))
    assert not labels.in_view[0, 1]
    for value in (labels.visibility, labels.truncation, labels.amodal_box, labels.modal_box):
        assert not value[0, 1].any()


def test_a_bus_that_extends_behind_the_camera_is_clipped():
    labels = look(still(4.0, 2.8, Kind.BUS))
    assert labels.in_view[0, 1]
    assert labels.truncation[0, 1] > 0.4
    assert np.isfinite(labels.amodal_box[0, 1]).all()
    assert labels.amodal_box[0, 1, 0] == 0


def test_a_body_that_does_not_exist_yet_has_no_label_and_hides_nothing():
    rollout = situation(still(10, 0, Kind.TRUCK), still(20, 0, Kind.CAR))
    labels = label_visibility(replace(rollout, valid=np.array([[True, False, True]])), NO_SCENERY, CAMERA)
    assert not labels.in_view[0, 1]
    assert labels.visibility[0, 2] == 1


@pytest.mark.parametrize(
    ("visibility", "level"), [(0.0, 1), (0.4, 1), (0.41, 2), (0.6, 2), (0.61, 3), (0.8, 3), (0.81, 4), (1.0, 4)]
)
def test_levels_are_those_of_nuscenes(visibility, level):
    assert visibility_level(visibility) == level
