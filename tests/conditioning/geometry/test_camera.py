"""Cameras: projections computed by hand, and views that are unchanged by resizing."""

import numpy as np
import pytest

from conditioning.geometry.camera import mount_camera
from conditioning.geometry.rigs import FRONT


def test_a_point_on_the_axis_is_projected_to_the_centre():
    np.testing.assert_allclose(FRONT.project(np.array([[0.0, 0.0, 20.0]])), [[800, 450]])


def test_one_metre_at_ten_metres_is_a_tenth_of_the_focal_length():
    left, right = FRONT.project(np.array([[-0.5, 0, 10.0], [0.5, 0, 10.0]]))
    assert right[0] - left[0] == pytest.approx(126.64)


def test_a_resized_camera_sees_the_same_directions():
    small = FRONT.resized(144, 256)
    point = np.array([[2.0, 1.0, 15.0]])
    np.testing.assert_allclose(small.project(point), FRONT.project(point) * 256 / 1600)


def test_another_aspect_crops_rows_evenly():
    low = FRONT.resized(100, 256)
    point = np.array([[0.0, 1.0, 15.0]])
    full = FRONT.resized(144, 256).project(point)
    np.testing.assert_allclose(low.project(point), full - [0, 22])


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("size", [(144, 256), (135, 241)])
def test_a_widened_camera_contains_the_original_picture_pixel_for_pixel(factor, size):
    camera = FRONT.resized(*size)
    wide = camera.widened(factor)
    shift = wide.intrinsic[:2, 2] - camera.intrinsic[:2, 2]
    np.testing.assert_allclose(shift, np.round(shift))
    np.testing.assert_allclose([wide.width - camera.width, wide.height - camera.height], 2 * shift)


def test_a_window_is_a_part_of_the_same_image_plane():
    point = np.array([[1.0, 0.5, 8.0]])
    part = FRONT.window(100, 50, 900, 500)
    assert (part.width, part.height) == (800, 450)
    np.testing.assert_allclose(part.project(point), FRONT.project(point) - [100, 50])


def test_a_camera_turned_left_looks_to_the_ego_s_left():
    side = mount_camera("left", 640, 480, 500.0, (1.0, 0.5, 1.5), np.pi / 2)
    np.testing.assert_allclose(side.camera_to_ego[:3, 2], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(side.camera_to_ego[:3, 0], [1, 0, 0], atol=1e-12)  # picture's right is the ego's front
