"""What a camera that moved sees of an earlier picture: similar triangles."""

import pytest
import torch

from models.reprojection import NEARNESS_M, Sight, reproject

HEIGHT, WIDTH, FOCAL = 40, 60, 50.0
K = torch.tensor([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]]).double()[None]
ACROSS = (torch.arange(WIDTH) + 0.5).expand(HEIGHT, WIDTH)
DOWN = (torch.arange(HEIGHT) + 0.5)[:, None].expand(HEIGHT, WIDTH)
PLACES = torch.stack([ACROSS, DOWN, torch.zeros_like(ACROSS)])[None]  # every pixel holds its own place


def moved(x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> torch.Tensor:
    """Poses of two cameras: the first at the origin, the second moved right, down, ahead and turned right."""
    poses = torch.eye(4).double().repeat(1, 2, 1, 1)
    c, s = torch.cos(torch.tensor(yaw).double()), torch.sin(torch.tensor(yaw).double())
    poses[0, 1, 0, 0], poses[0, 1, 0, 2], poses[0, 1, 2, 0], poses[0, 1, 2, 2] = c, s, -s, c
    poses[0, 1, :3, 3] = torch.tensor([x, y, z])
    return poses


def from_the_first(poses: torch.Tensor, depth_m: float, still: bool = True) -> torch.Tensor:
    """Where in the first picture the second camera finds a wall that stands `depth_m` ahead of it."""
    motion = Sight(poses, K).between(torch.zeros(1, 2, dtype=torch.long))[:, 1]
    nearness = torch.full((1, HEIGHT, WIDTH), (NEARNESS_M / depth_m) ** 0.5)
    return reproject(PLACES, nearness, torch.full((1, HEIGHT, WIDTH), still), motion, K)[0]


def test_a_wall_driven_towards_was_smaller():
    seen = from_the_first(moved(z=2.0), depth_m=18.0)
    expected = WIDTH / 2 + (ACROSS - WIDTH / 2) * 18 / 20
    assert torch.allclose(seen[0], expected, atol=1e-3)
    assert torch.allclose(seen[1], HEIGHT / 2 + (DOWN - HEIGHT / 2) * 18 / 20, atol=1e-3)


def test_a_step_to_the_right_shifts_near_walls_more_than_far_ones():
    for depth_m in (10.0, 50.0):
        seen = from_the_first(moved(x=1.0), depth_m)[0, :, :40]
        assert torch.allclose(seen, (ACROSS + FOCAL / depth_m)[:, :40], atol=1e-3)


@pytest.mark.parametrize("depth_m", [4.0, 400.0])
def test_a_turn_shifts_all_depths_alike(depth_m):
    shift = FOCAL * torch.tan(torch.tensor(0.05))
    assert from_the_first(moved(yaw=0.05), depth_m)[0, 20, 30] == pytest.approx(float(30.5 + shift), abs=0.05)


def test_what_is_not_still_is_taken_from_the_same_place():
    assert torch.allclose(from_the_first(moved(z=2.0), 18.0, still=False)[:2], PLACES[0, :2], atol=1e-3)


def test_standing_cameras_see_the_same():
    assert torch.allclose(from_the_first(moved(), 10.0)[:2], PLACES[0, :2], atol=1e-3)
