"""The layers' depth and the ego's motion carry one real picture into the next."""

import numpy as np
import torch

from conditioning import layers
from conditioning.camera import FRONT
from conditioning.layers import LAYERS, draw_layers
from conditioning.procedural import photograph
from conditioning.scenery import build_scenery
from models import reprojection
from models.reprojection import Sight, reproject
from pipeline.sheets import signed
from scenarios.load import library, load
from scenarios.simulate import simulate

CAMERA = FRONT.resized(144, 256)


def test_depth_is_read_as_the_layers_write_it():
    assert reprojection.NEARNESS_M == layers.NEARNESS_M


def test_a_picture_moved_on_is_nearer_to_the_next_one_than_a_picture_held():
    rollout = simulate(load(library()["nhtsa/lead-brake"])[0])
    scenery = build_scenery(rollout)
    before, after = (signed(p).movedim(-1, 0) for p in photograph(rollout, scenery, CAMERA, 0, [3, 4]))
    drawn = torch.from_numpy(draw_layers(rollout, scenery, CAMERA, [4]).values[0]).float() / 255
    near, front = (drawn[LAYERS.index(f"{name}_nearness")] for name in ("background", "foreground"))
    poses = torch.from_numpy(rollout.ego_to_map[[3, 4]] @ CAMERA.camera_to_ego)[None]
    sight = Sight(poses, torch.from_numpy(CAMERA.intrinsic)[None])
    motion = sight.between(torch.zeros(1, 2, dtype=torch.long))[:, 1]
    moved = reproject(before[None], near[None], (front < near)[None], motion, sight.intrinsic)[0]
    ground = (front == 0) & (near > 0.25)  # within 48 m
    held, carried = (float((p - after).square()[:, ground].mean()) for p in (before, moved))
    assert rollout.speed_mps[3, 0] > 10 and ground.float().mean() > 0.3
    assert 10 * np.log10(held / carried) > 2
