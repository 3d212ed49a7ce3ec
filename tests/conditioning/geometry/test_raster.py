"""The z-buffer: the nearest surface is visible, depths are exact, triangles across the camera's plane are clipped."""

import numpy as np
import pytest

from conditioning.geometry.camera import mount_camera
from conditioning.geometry.raster import NEAR_M, rasterise

CAMERA = mount_camera("c", 64, 48, 50.0, (0.0, 0.0, 1.5), 0.0)


def sheet(z: float, half: float = 1.0) -> np.ndarray:
    """A square facing the camera at depth z, as two triangles."""
    corner = np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]])
    return corner[[[0, 1, 2], [0, 2, 3]]]


def draw(*sheets: np.ndarray):
    points = np.concatenate(sheets)
    return rasterise(points, points, CAMERA)


def test_the_nearest_surface_is_visible_in_either_order():
    for sheets in ((sheet(5.0), sheet(9.0)), (sheet(9.0), sheet(5.0))):
        seen = draw(*sheets)
        assert seen.depth[24, 32] == pytest.approx(5.0)


def test_a_square_covers_the_pixels_of_its_projection():
    seen = draw(sheet(5.0))
    assert (seen.triangle >= 0).sum() == 20 * 20  # 2 m at 5 m through 50 px
    assert np.isinf(seen.depth[0, 0])
    assert seen.triangle[0, 0] == -1


def test_attributes_follow_perspective():
    tilted = np.array([[[-2, 1, 2.0], [2, 1, 2.0], [0, 1, 40.0]]])  # a floor that extends away from the camera
    seen = rasterise(tilted, tilted, CAMERA)
    rows, columns = np.nonzero(seen.triangle >= 0)
    assert len(rows) > 50
    expected = CAMERA.project(seen.attribute[rows, columns].astype(float))
    np.testing.assert_allclose(expected, np.stack([columns, rows], axis=-1) + 0.5, atol=1e-3)
    np.testing.assert_allclose(seen.attribute[rows, columns, 2], seen.depth[rows, columns], rtol=1e-5)


def test_a_triangle_through_the_camera_plane_is_clipped():
    floor = np.array([[[-5, 1.5, -10.0], [5, 1.5, -10.0], [0, 1.5, 60.0]]])
    seen = rasterise(floor, floor, CAMERA)
    assert (seen.triangle[:24] == -1).all()  # nothing above the horizon
    assert (seen.triangle[-1] == 0).any()
    assert seen.depth[seen.triangle == 0].min() >= NEAR_M


def test_what_is_behind_the_camera_is_not_drawn():
    assert (draw(sheet(-5.0)).triangle == -1).all()


def test_two_triangles_sharing_an_edge_leave_no_hole():
    assert (draw(sheet(1.0, half=3.0)).triangle >= 0).all()
