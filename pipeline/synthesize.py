"""The map: read this first. One written scenario and a seed become one clip, checked and labelled.

    scenario -> rollout -> conditions -> source -> tokens -> frames -> lidar -> verdicts -> clip

A call a stage, a noun an arrow. Every value is frozen; no later stage fills in what an earlier one left open.
"""

from outputs.clip import Clip
from pipeline.lineage import record_of
from pipeline.networks import Networks
from pipeline.runs import Job
from pipeline.stages import (
    condition,
    judge,
    open_world,
    predict_tokens,
    render_frames,
    seed_for,
    sense_lidar,
    take_pictures,
)
from pipeline.stopwatch import Stopwatch


def synthesize(job: Job, networks: Networks, clock: Stopwatch) -> Clip:
    """Make the clip of a job. The seed changes how it looks; where things are comes from the scenario alone."""
    scenario = job.scenario
    look, dice, noise, beams = (seed_for(scenario, job.seed, what) for what in ("look", "tokens", "frames", "lidar"))

    world = clock(open_world, scenario, job.log, networks.rig)
    rollout = world.rollout
    conditions = clock(condition, rollout, world.rig, None if world.log else look)
    source = clock(take_pictures, world, conditions, look)
    tokens = clock(predict_tokens, tuple(s[0] for s in source), rollout, conditions, networks, dice)
    frames = clock(render_frames, tokens, rollout, conditions, networks, noise)
    lidar = clock(sense_lidar, rollout, conditions, beams)
    verdicts = clock(judge, scenario, rollout, conditions, frames, networks)

    record = record_of(job, rollout, conditions, verdicts, networks, clock.seconds)
    return Clip(record, rollout, world.rig, tuple(v.labels for v in conditions.views), frames, source, lidar)
