"""Reprojection of a real picture to the next one with the layers' depth and the ego's motion."""

import numpy as np
import torch

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import FRONT
from conditioning.layers import control_layers as layers
from conditioning.layers.control_layers import LAYERS, draw_layers
from conditioning.renderer.procedural import render_procedural
from models.decoder import reprojection
from models.decoder.reprojection import CameraPath, reproject
from models.pixels import signed
from models.presets import REGIONS
from scenarios.load import library, load
from scenarios.random_scenarios import sample_scenario
from scenarios.simulation.simulate import simulate

CAMERA = FRONT.resized(144, 256)


def test_depth_is_decoded_from_the_layers():
    assert reprojection.NEARNESS_M == layers.NEARNESS_M


def test_a_reprojected_picture_is_nearer_to_the_next_one_than_the_unchanged_picture():
    rollout = simulate(load(library()["nhtsa/lead-brake"])[0])
    scenery = build_scenery(rollout)
    before, after = (signed(p).movedim(-1, 0) for p in render_procedural(rollout, scenery, CAMERA, 0, [3, 4]))
    drawn = signed(draw_layers(rollout, scenery, CAMERA, [3, 4]).values)
    poses = torch.from_numpy(rollout.ego_to_map[[3, 4]] @ CAMERA.camera_to_ego)[None]
    sight = CameraPath(poses, torch.from_numpy(CAMERA.intrinsic)[None])
    motion = sight.between(torch.zeros(1, 2, dtype=torch.long))[:, 1]
    moved = reproject(before[None], drawn[:1], drawn[1:], motion, sight.intrinsic, REGIONS)
    near, front = ((drawn[1, LAYERS.index(f"{name}_nearness")] + 1) / 2 for name in ("background", "foreground"))
    ground = (front == 0) & (near > 0.25) & moved.agrees[0, 0]  # within 48 m
    error = lambda p, where: float((p - after).square()[:, where].mean())  # noqa: E731
    held, carried = error(before, ground), error(moved.picture[0], ground)
    assert rollout.speed_mps[3, 0] > 10 and ground.float().mean() > 0.3
    assert 10 * np.log10(held / carried) > 2


def test_bodies_are_reprojected_in_their_own_frames():
    """Over three streets, most pixels of bodies agree, and are closer to the next picture than without reprojection."""
    agreed, held, carried = [], [], []
    for seed in range(3):
        rollout = simulate(sample_scenario(seed, duration_s=3.0))
        scenery, frames = build_scenery(rollout), [20, 21]
        before, after = (signed(p).movedim(-1, 0) for p in render_procedural(rollout, scenery, CAMERA, seed, frames))
        drawn = signed(draw_layers(rollout, scenery, CAMERA, frames).values)
        poses = torch.from_numpy(rollout.ego_to_map[frames] @ CAMERA.camera_to_ego)[None]
        sight = CameraPath(poses, torch.from_numpy(CAMERA.intrinsic)[None])
        motion = sight.between(torch.zeros(1, 2, dtype=torch.long))[:, 1]
        moved = reproject(before[None], drawn[:1], drawn[1:], motion, sight.intrinsic, REGIONS)
        near, front = (drawn[1, LAYERS.index(f"{name}_nearness")] for name in ("background", "foreground"))
        bodies, agrees = front > near, moved.agrees[0, 0]
        agreed.append(agrees[bodies])
        held.append((before - after).square()[:, bodies & agrees].flatten())
        carried.append((moved.picture[0] - after).square()[:, bodies & agrees].flatten())
    mean = lambda parts: float(torch.cat(parts).float().mean())  # noqa: E731
    assert mean(agreed) > 0.8
    assert mean(carried) < 0.5 * mean(held)
