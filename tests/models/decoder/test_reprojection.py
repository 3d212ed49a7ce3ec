"""Reprojection to a moved camera: similar triangles, bodies at their own positions, and no hidden surfaces."""

import pytest
import torch
from torch import Tensor

from models.decoder.regions import Regions
from models.decoder.reprojection import NEARNESS_M, CameraPath, Reprojected, reproject

HEIGHT, WIDTH, FOCAL = 40, 60, 50.0
K = torch.tensor([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]]).double()[None]
ACROSS = (torch.arange(WIDTH) + 0.5).expand(HEIGHT, WIDTH)
DOWN = (torch.arange(HEIGHT) + 0.5)[:, None].expand(HEIGHT, WIDTH)
PLACES = torch.stack([ACROSS / WIDTH, DOWN / HEIGHT, torch.zeros_like(ACROSS)])[None]  # pixels hold their position
WHICH = Regions(behind=(0,), paint=1, front=(2,), behind_nearness=3, front_nearness=4, place=(5, 6, 7),
                colours=(8, 9, 10, 11))  # fmt: skip


def moved(x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> Tensor:
    """Poses of two cameras: the first at the origin, the second moved right, down, ahead and turned right."""
    poses = torch.eye(4).double().repeat(1, 2, 1, 1)
    c, s = torch.cos(torch.tensor(yaw).double()), torch.sin(torch.tensor(yaw).double())
    poses[0, 1, 0, 0], poses[0, 1, 0, 2], poses[0, 1, 2, 0], poses[0, 1, 2, 2] = c, s, -s, c
    poses[0, 1, :3, 3] = torch.tensor([x, y, z])
    return poses


def wall(depth_m: float) -> Tensor:
    """Layers of a wall of one material."""
    layers = torch.full((1, 12, HEIGHT, WIDTH), -1.0)
    layers[:, 0] = 1.0
    layers[:, 3] = 2 * (NEARNESS_M / depth_m) ** 0.5 - 1
    return layers


def with_body(layers: Tensor, left: int, depth_m: float, top: int = 10, width: int = 20, height: int = 16) -> Tensor:
    """Add a body in front, whose own coordinates extend over its outline."""
    layers = layers.clone()
    rows, columns = slice(top, top + height), slice(left, left + width)
    layers[:, 2, rows, columns] = 1.0
    layers[:, 4, rows, columns] = 2 * (NEARNESS_M / depth_m) ** 0.5 - 1
    layers[:, 5:8] = 0.0
    layers[:, 6, rows, columns] = torch.linspace(-1, 1, width)
    layers[:, 7, rows, columns] = torch.linspace(1, -1, height)[:, None]
    return layers


def from_the_first(poses: Tensor, theirs: Tensor, ours: Tensor) -> Reprojected:
    motion = CameraPath(poses, K).between(torch.zeros(1, 2, dtype=torch.long))[:, 1]
    return reproject(PLACES, theirs, ours, motion, K, WHICH)


def test_a_wall_ahead_was_smaller_in_the_earlier_frame():
    seen = from_the_first(moved(z=2.0), wall(20.0), wall(18.0))
    assert torch.allclose(seen.picture[0, 0] * WIDTH, WIDTH / 2 + (ACROSS - WIDTH / 2) * 18 / 20, atol=0.1)
    assert torch.allclose(seen.picture[0, 1] * HEIGHT, HEIGHT / 2 + (DOWN - HEIGHT / 2) * 18 / 20, atol=0.1)
    assert seen.agrees.all()


def test_a_step_to_the_right_shifts_near_walls_more_than_far_ones():
    for depth_m in (10.0, 50.0):
        seen = from_the_first(moved(x=1.0), wall(depth_m), wall(depth_m))
        assert torch.allclose(seen.picture[0, 0, :, :40] * WIDTH, (ACROSS + FOCAL / depth_m)[:, :40], atol=0.1)
        assert seen.agrees[0, 0, :, :40].all() and not seen.agrees[0, 0, :, -1].any()  # the edge was outside


@pytest.mark.parametrize("depth_m", [4.0, 400.0])
def test_a_turn_shifts_all_depths_equally(depth_m):
    shift = FOCAL * torch.tan(torch.tensor(0.05))
    seen = from_the_first(moved(yaw=0.05), wall(depth_m), wall(depth_m))
    assert seen.picture[0, 0, 20, 30] * WIDTH == pytest.approx(float(30.5 + shift), abs=0.05)


def test_cameras_that_do_not_move_have_the_same_picture():
    seen = from_the_first(moved(), wall(10.0), wall(10.0))
    assert torch.allclose(seen.picture, PLACES, atol=1e-3) and seen.agrees.all()


@pytest.mark.parametrize("shift", [0, 3, -6])
def test_a_body_is_matched_by_its_own_coordinates_after_any_motion(shift):
    theirs, ours = with_body(wall(30.0), 20, 12.0), with_body(wall(30.0), 20 + shift, 12.0)
    seen = from_the_first(moved(), theirs, ours)
    inner = (slice(11, 25), slice(21 + shift, 39 + shift))
    assert torch.allclose(seen.picture[0, 0][inner] * WIDTH, (ACROSS - shift)[inner], atol=0.1)
    assert seen.agrees[0, 0][inner].all()


def test_a_surface_that_appears_from_behind_a_body_is_not_copied_from_it():
    seen = from_the_first(moved(), with_body(wall(30.0), 20, 12.0), with_body(wall(30.0), 26, 12.0))
    assert not seen.agrees[0, 0, 12:24, 21:25].any()  # the body stood there
    assert seen.agrees[0, 0, :8].all() and seen.agrees[0, 0, 12:24, 50:].all()


def test_a_body_that_was_absent_has_no_match():
    seen = from_the_first(moved(), wall(30.0), with_body(wall(30.0), 20, 12.0))
    assert not seen.agrees[0, 0, 10:26, 20:40].any()


def test_a_body_far_behind_another_is_not_matched_with_it():
    seen = from_the_first(moved(), with_body(wall(60.0), 20, 50.0), with_body(wall(60.0), 20, 12.0))
    assert not seen.agrees[0, 0, 10:26, 20:40].any()


def test_another_material_at_the_same_distance_is_not_the_same_surface():
    ours = wall(10.0)
    ours[:, 0, :, :30] = -1.0  # sky by its material
    assert not from_the_first(moved(), wall(10.0), ours).agrees[0, 0, :, :30].any()


def test_background_inside_a_body_s_cuboid_does_not_move_with_it():
    theirs, ours = with_body(wall(30.0), 20, 12.0), with_body(wall(30.0), 23, 12.0)
    theirs[:, 2, 18:], ours[:, 2, 18:] = -1.0, -1.0  # a cuboid whose lower half is empty
    seen = from_the_first(moved(), theirs, ours)
    below = (slice(19, 25), slice(23, 43))
    assert seen.agrees[0, 0][below].all() and torch.allclose(seen.picture[0, 0][below], PLACES[0, 0][below], atol=1e-3)
    above = (slice(11, 17), slice(24, 42))
    assert torch.allclose(seen.picture[0, 0][above] * WIDTH, (ACROSS - 3)[above], atol=0.1)


def test_a_body_of_another_colour_at_the_same_place_is_another_body():
    theirs, ours = with_body(wall(30.0), 20, 12.0), with_body(wall(30.0), 21, 12.0)
    for layers, red in ((theirs, 1.0), (ours, -1.0)):
        layers[:, 8], layers[:, 11] = red, 1.0
    assert not from_the_first(moved(), theirs, ours).agrees[0, 0, 11:25, 22:39].any()
    ours[:, 8] = 1.0
    assert from_the_first(moved(), theirs, ours).agrees[0, 0, 11:25, 22:39].all()
