"""Read this first. One scenario and a seed become one checked and labelled clip.

    scenario -> rollout -> conditions -> source -> frames -> lidar -> verdicts -> clip

Each stage is one `with clock(...)` and has a typed result. Every value is frozen; no later stage fills in what an
earlier one left open. Frames come from a renderer (`pipeline.renderers`); the default, `gaia`, has two stages: tokens
from the world model, frames from the video decoder. The pipeline has three parts, which may run in different places:
the first and the last need CPU cores; the renderer between them may use a GPU and takes several clips at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from conditioning.geometry.camera import Camera
from outputs.clips.clip import Clip
from pipeline.lineage import record_of
from pipeline.renderers.models import LoadedModels
from pipeline.renderers.renderer import ClipSeed, Renderer
from pipeline.runs.run_folder import Job
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import (
    ConditionedClip,
    condition,
    judge,
    other_pictures,
    seed_for,
    sense_lidar,
    take_pictures,
)
from pipeline.worlds import open_world


@dataclass(frozen=True)
class Imagined:
    """A clip's frames for each camera, and the device of the renderer."""

    frames: UInt8[np.ndarray, "camera time height width 3"]
    device: str


def synthesize(job: Job, models: LoadedModels, clock: Stopwatch) -> Clip:
    """Make the clip of a job. The seed changes only its appearance; positions depend only on the scenario."""
    scene = prepare(job, models.rig, clock)
    (imagined,) = imagine((job,), (scene,), models.renderer, clock)
    return finish(job, scene, imagined, models, clock)


def prepare(job: Job, rig: tuple[Camera, ...], clock: Stopwatch) -> ConditionedClip:
    """Simulate the scenario, and compute the conditions and source pictures of the renderer."""
    look = seed_for(job.scenario, job.seed, "look")
    with clock("open_world"):
        world = open_world(job.scenario, job.log, rig)
    with clock("condition"):
        conditions = condition(world.rollout, world.rig, None if world.log else look)
    with clock("take_pictures"):
        source = take_pictures(world, conditions, look)
    return ConditionedClip(world.rollout, conditions, source)


def imagine(
    jobs: Sequence[Job], scenes: Sequence[ConditionedClip], renderer: Renderer, clock: Stopwatch
) -> tuple[Imagined, ...]:
    """Render scenes with equal numbers of frames; the renderer names its stages."""
    seeds = [ClipSeed(job.scenario, job.seed) for job in jobs]
    frames = renderer.render(scenes, seeds, clock)
    return tuple(Imagined(clip, renderer.device) for clip in frames)


def finish(job: Job, scene: ConditionedClip, imagined: Imagined, models: LoadedModels, clock: Stopwatch) -> Clip:
    """Cast the LiDAR sweeps, run the checks and make the record."""
    rollout, conditions, frames = scene.rollout, scene.conditions, tuple(imagined.frames)
    source = other_pictures(frames, scene.source)
    with clock("sense_lidar"):
        lidar = sense_lidar(rollout, conditions, seed_for(job.scenario, job.seed, "lidar"))
    with clock("judge"):
        verdicts = judge(job.scenario, rollout, conditions, frames, source, models.checking)
    record = record_of(job, scene, verdicts, models, imagined.device, clock.seconds)
    views = conditions.views
    return Clip(record, rollout, tuple(v.camera for v in views), tuple(v.labels for v in views), frames, source, lidar)
