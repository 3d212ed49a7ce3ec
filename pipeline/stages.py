"""The stages of the map: each takes frozen values and returns a new one. Only here do tensors meet scenarios."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from conditioning.assets.scenery import Scenery, build_scenery
from conditioning.caption import caption, word_ids
from conditioning.ego_actions import ego_actions
from conditioning.geometry.camera import Camera
from conditioning.layers.control_layers import Layers, draw_layers
from conditioning.logs.read_log import pictures
from conditioning.renderer.procedural import photograph
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import Labels, see
from models.decoder.rendering import render
from models.decoder.reprojection import CameraPath
from models.pixels import signed
from models.precision import computing
from models.world_model.sampling import Sampling, predict
from outputs.clips.clip import keyframes
from outputs.verdict import Verdict
from pipeline.checks.physics import check_physics
from pipeline.checks.pixels import check_pixels
from pipeline.checks.sight import Frames
from pipeline.networks import Networks
from pipeline.worlds import SimulatedWorld
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.scenario import Scenario
from scenarios.story.mentions import mentioned

Randomness = Literal["look", "tokens", "frames", "lidar"]
SAMPLING = Sampling(top_k=4, temperature=0.7)  # the full distribution drifts, its mode freezes (GAIA-1)
TOKEN_STRIDE = 2  # frames a token frame: 12 Hz pictures, 6 Hz tokens


@dataclass(frozen=True)
class CameraLayers:
    """What one camera is to show: control layers for the networks, labels for the checks and the dataset."""

    camera: Camera
    layers: Layers
    labels: Labels


@dataclass(frozen=True)
class Conditions:
    """Everything the networks obey."""

    scenery: Scenery
    views: tuple[CameraLayers, ...]
    actions: Float[np.ndarray, "time 2"]  # the ego's speed (m/s) and curvature (1/m)
    caption: str
    words: Int[np.ndarray, "word"]


@dataclass(frozen=True)
class ConditionedClip:
    """A clip as the networks get it. The first of each camera's `source` pictures is their prompt."""

    rollout: Rollout
    conditions: Conditions
    source: tuple[Frames, ...]


def seed_for(scenario: Scenario, seed: int, what: Randomness) -> int:
    """From content, never from a worker or an order: the same clip is the same wherever it is made."""
    digest = hashlib.sha256(f"{scenario.id}|{seed}|{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def condition(rollout: Rollout, rig: tuple[Camera, ...], look: int | None) -> Conditions:
    """What the cameras would be shown of it, bodies in a look's colours or (None) in unknown ones, with the labels."""
    scenery = build_scenery(rollout)
    views = tuple(CameraLayers(c, draw_layers(rollout, scenery, c, look=look), see(rollout, scenery, c)) for c in rig)
    text = caption(rollout)
    return Conditions(scenery, views, ego_actions(rollout), text, word_ids(text))


def source_frames(rollout: Rollout, conditions: Conditions, seed: int) -> tuple[Frames, ...]:
    """The procedural camera's pictures, with the seed's look."""
    return tuple(photograph(rollout, conditions.scenery, view.camera, seed) for view in conditions.views)


def take_pictures(world: SimulatedWorld, conditions: Conditions, seed: int) -> tuple[Frames, ...]:
    """The log's pictures, or the procedural camera's: the first is the prompt, the others are to be compared with."""
    if world.log is not None:
        return tuple(pictures(world.log, camera) for camera in world.rig)
    return source_frames(world.rollout, conditions, seed)


def predict_tokens(
    scenes: Sequence[ConditionedClip], networks: Networks, seeds: Sequence[int]
) -> Int[Tensor, "clip camera step row column"]:
    """The world model goes on from the first pictures' tokens, obeying layers, actions and text.

    Clips of one batch have equally many frames and cameras; each draws what it would draw alone.
    """
    place = networks.device
    chances = [torch.Generator().manual_seed(seed) for seed in seeds]
    actions = _together(scene.conditions.actions[::TOKEN_STRIDE] for scene in scenes).float().to(place)
    words = _together(scene.conditions.words for scene in scenes).to(place)
    t_s = _together(scene.rollout.t_s[::TOKEN_STRIDE] for scene in scenes).float().to(place)
    codes = []
    for camera in range(len(scenes[0].source)):
        first = signed(np.stack([scene.source[camera][0] for scene in scenes])).to(place)
        layers = _layers(scenes, camera)[:, ::TOKEN_STRIDE].to(place)
        with torch.inference_mode(), computing(place.type):
            prompt = networks.tokenizer.encode(rearrange(first, "clip h w c -> clip c h w"))
            told = (prompt[:, None], layers, actions, words, t_s)
            codes.append(predict(networks.world, *told, chances, SAMPLING))
    return torch.stack(codes, 1)


def render_frames(
    tokens: Int[Tensor, "clip camera step row column"],
    scenes: Sequence[ConditionedClip],
    networks: Networks,
    seeds: Sequence[int],
) -> UInt8[np.ndarray, "clip camera time height width 3"]:
    """The video decoder draws every camera's frames from its tokens and layers, moving on as the camera does."""
    place = networks.device
    chances = [torch.Generator().manual_seed(seed) for seed in seeds]
    frames = []
    for camera, codes in enumerate(tokens.unbind(1)):
        values = torch.stack([networks.tokenizer.embed(clip) for clip in codes])
        views = [scene.conditions.views[camera].camera for scene in scenes]
        poses = _together(s.rollout.ego_to_map @ view.camera_to_ego for s, view in zip(scenes, views, strict=True))
        sight = CameraPath(poses.to(place), _together(view.intrinsic for view in views).to(place))
        layers = _layers(scenes, camera).to(place)
        prompt = _together(scene.source[camera][0] for scene in scenes).to(place)
        made = render(networks.decoder, networks.tokenizer.decoder, values, layers, sight, prompt, chances)
        frames.append(made.cpu().numpy())
    return np.stack(frames, 1)


def _layers(scenes: Sequence[ConditionedClip], camera: int) -> UInt8[Tensor, "clip time layer height width"]:
    return _together(scene.conditions.views[camera].layers.values for scene in scenes)


def _together(arrays: Iterable[np.ndarray]) -> Tensor:
    """One tensor of all clips' arrays, which must be of one shape; a single one is not copied."""
    some = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
    return some[0][None] if len(some) == 1 else torch.stack(some)


def sense_lidar(rollout: Rollout, conditions: Conditions, seed: int) -> tuple[Float[np.ndarray, "point 5"], ...]:
    """One sweep for each keyframe, cast from the same scene."""
    frames = keyframes(len(rollout.t_s), FRAME_RATE_HZ)
    return tuple(cast_lidar(rollout, conditions.scenery, frame, seed) for frame in frames)


def judge(
    scenario: Scenario,
    rollout: Rollout,
    conditions: Conditions,
    frames: tuple[Frames, ...],
    source: tuple[Frames, ...],
    networks: Networks,
) -> tuple[Verdict, ...]:
    """Physics on the rollout, then every camera's pixels against its labels and its source pictures."""
    named, looking = mentioned(scenario.events), (networks.checker, networks.baseline)
    pixels = [
        verdict
        for made, real, view in zip(frames, source, conditions.views, strict=True)
        for verdict in check_pixels(made, real, view.labels, rollout, view.camera, named, *looking)
    ]
    return (*check_physics(rollout, scenario), *pixels)
