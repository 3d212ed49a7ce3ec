"""The stages of `synthesize` except the renderer's: each takes frozen values and returns a new one."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from conditioning.assets.scenery import Scenery, build_scenery
from conditioning.caption import caption, word_ids
from conditioning.ego_actions import ego_actions
from conditioning.geometry.camera import Camera
from conditioning.layers.control_layers import Layers, draw_layers
from conditioning.logs.read_log import log_pictures
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.lidar import cast_lidar
from conditioning.sensors.visibility import Labels, label_visibility
from outputs.clips.clip import keyframes
from outputs.verdict import Verdict
from pipeline.checks.physics import check_physics
from pipeline.checks.pixels import check_pixels
from pipeline.checks.sight import Frames
from pipeline.networks import CalibratedChecker
from pipeline.worlds import SimulatedWorld
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.scenario import Scenario
from scenarios.story.mentions import mentioned

Randomness = Literal["look", "tokens", "frames", "lidar"]


@dataclass(frozen=True)
class CameraLayers:
    """Data of one camera: control layers for the networks, labels for the checks and the dataset."""

    camera: Camera
    layers: Layers
    labels: Labels


@dataclass(frozen=True)
class Conditions:
    """All conditions of the networks."""

    scenery: Scenery
    views: tuple[CameraLayers, ...]
    actions: Float[np.ndarray, "time 2"]  # the ego's speed (m/s) and curvature (1/m)
    caption: str
    words: Int[np.ndarray, "word"]


@dataclass(frozen=True)
class ConditionedClip:
    """The input of a renderer. The first of each camera's `source` pictures is the networks' prompt."""

    rollout: Rollout
    conditions: Conditions
    source: tuple[Frames, ...]


def seed_for(scenario: Scenario, seed: int, what: Randomness) -> int:
    """A seed from the content, independent of worker and order, so that a clip is the same wherever it is made."""
    digest = hashlib.sha256(f"{scenario.id}|{seed}|{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def condition(rollout: Rollout, rig: tuple[Camera, ...], look: int | None) -> Conditions:
    """Layers and labels of the cameras, caption and actions; bodies have the colours of `look`, None: unknown ones."""
    scenery = build_scenery(rollout)
    views = tuple(
        CameraLayers(c, draw_layers(rollout, scenery, c, look=look), label_visibility(rollout, scenery, c)) for c in rig
    )
    text = caption(rollout)
    return Conditions(scenery, views, ego_actions(rollout), text, word_ids(text))


def source_frames(rollout: Rollout, conditions: Conditions, seed: int) -> tuple[Frames, ...]:
    """The procedural camera's pictures, with the appearance of the seed."""
    return tuple(render_procedural(rollout, conditions.scenery, view.camera, seed) for view in conditions.views)


def take_pictures(world: SimulatedWorld, conditions: Conditions, seed: int) -> tuple[Frames, ...]:
    """The log's or the procedural camera's pictures: the first is the prompt, the others are the checks' reference."""
    if world.log is not None:
        return tuple(log_pictures(world.log, camera) for camera in world.rig)
    return source_frames(world.rollout, conditions, seed)


def sense_lidar(rollout: Rollout, conditions: Conditions, seed: int) -> tuple[Float[np.ndarray, "point 5"], ...]:
    """One LiDAR sweep for each keyframe, cast in the same scene."""
    frames = keyframes(len(rollout.t_s), FRAME_RATE_HZ)
    return tuple(cast_lidar(rollout, conditions.scenery, frame, seed) for frame in frames)


def other_pictures(frames: tuple[Frames, ...], source: tuple[Frames, ...]) -> tuple[Frames, ...]:
    """The source pictures; empty if the frames are the source pictures."""
    same = all(np.array_equal(made, real) for made, real in zip(frames, source, strict=True))
    return () if same else source


def judge(
    scenario: Scenario,
    rollout: Rollout,
    conditions: Conditions,
    frames: tuple[Frames, ...],
    source: tuple[Frames, ...],
    checking: CalibratedChecker,
) -> tuple[Verdict, ...]:
    """Physics on the rollout, then every camera's pixels against its labels and its source pictures.

    Without `source` (the frames are the source pictures) pixels are compared only with the baseline.
    """
    named = mentioned(scenario.events)
    pixels = [
        verdict
        for made, real, view in zip(frames, source or [None] * len(frames), conditions.views, strict=True)
        for verdict in check_pixels(
            made, real, view.labels, rollout, view.camera, named, checking.checker,
            checking.of_cameras.get(view.camera.name, checking.baseline), view.camera.name in checking.of_cameras,
        )
    ]  # fmt: skip
    return (*check_physics(rollout, scenario), *pixels)
