"""The map: read this first. One written scenario and a seed become one clip, checked and labelled.

    scenario -> rollout -> conditions -> source -> tokens -> frames -> lidar -> verdicts -> clip

A call a stage, a noun an arrow. Every value is frozen; no later stage fills in what an earlier one left open. The line
has three acts, which may be played in different places: the first and the last need cores, the one between them is the
networks', is at home on a GPU and takes several clips at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from conditioning.geometry.camera import Camera
from outputs.clips.clip import Clip
from pipeline.lineage import record_of
from pipeline.networks import Networks
from pipeline.runs.run_folder import Job
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import (
    ConditionedClip,
    condition,
    judge,
    predict_tokens,
    render_frames,
    seed_for,
    sense_lidar,
    take_pictures,
)
from pipeline.worlds import open_world


@dataclass(frozen=True)
class Imagined:
    """A clip's frames by the networks, for each camera, and what the networks computed them on."""

    frames: UInt8[np.ndarray, "camera time height width 3"]
    device: str


def synthesize(job: Job, networks: Networks, clock: Stopwatch) -> Clip:
    """Make the clip of a job. The seed changes how it looks; where things are comes from the scenario alone."""
    scene = prepare(job, networks.rig, clock)
    (imagined,) = imagine((job,), (scene,), networks, clock)
    return finish(job, scene, imagined, networks, clock)


def prepare(job: Job, rig: tuple[Camera, ...], clock: Stopwatch) -> ConditionedClip:
    """What happens, what the networks are shown of it, and the pictures that they go on from."""
    look = seed_for(job.scenario, job.seed, "look")
    world = clock(open_world, job.scenario, job.log, rig)
    conditions = clock(condition, world.rollout, world.rig, None if world.log else look)
    source = clock(take_pictures, world, conditions, look)
    return ConditionedClip(world.rollout, conditions, source)


def imagine(
    jobs: Sequence[Job], scenes: Sequence[ConditionedClip], networks: Networks, clock: Stopwatch
) -> tuple[Imagined, ...]:
    """What the networks make of scenes that have equally many frames."""
    dice, noise = ([seed_for(job.scenario, job.seed, what) for job in jobs] for what in ("tokens", "frames"))
    tokens = clock(predict_tokens, scenes, networks, dice)
    frames = clock(render_frames, tokens, scenes, networks, noise)
    return tuple(Imagined(clip, networks.computes_on) for clip in frames)


def finish(job: Job, scene: ConditionedClip, imagined: Imagined, networks: Networks, clock: Stopwatch) -> Clip:
    """What else is sensed, what the checks say, and the record of it all."""
    rollout, conditions, frames = scene.rollout, scene.conditions, tuple(imagined.frames)
    lidar = clock(sense_lidar, rollout, conditions, seed_for(job.scenario, job.seed, "lidar"))
    verdicts = clock(judge, job.scenario, rollout, conditions, frames, scene.source, networks)
    record = record_of(job, scene, verdicts, networks, imagined.device, clock.seconds)
    views = conditions.views
    return Clip(
        record, rollout, tuple(v.camera for v in views), tuple(v.labels for v in views), frames, scene.source, lidar
    )
