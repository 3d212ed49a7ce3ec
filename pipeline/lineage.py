"""A clip's record: its scenario, seed, weights, code and verdicts."""

import torch

from outputs.clips.manifest import ClipRecord, rejection_reasons
from outputs.nuscenes.splits import LOG_PREFIX
from outputs.verdict import Verdict, accepted
from pipeline.engine.machine import code_fingerprint, machine
from pipeline.renderers.models import LoadedModels
from pipeline.renderers.registry import RENDERERS
from pipeline.runs.run_folder import Job
from pipeline.runs.safe_names import safe_name
from pipeline.stages import ConditionedClip
from scenarios.events.event_outcomes import event_outcomes
from scenarios.rollout import FRAME_RATE_HZ
from scenarios.scenario import Scenario


def family_of(scenario: Scenario) -> str:
    """The family of a clip, which is in one split: the log's scene that it shows, else the scenario file.

    Clips from one scene of a log show the same street and bodies, also if they are of different files.
    """
    return f"{LOG_PREFIX}{scenario.from_log.scene}" if scenario.from_log else safe_name(scenario.name)


def record_of(
    job: Job,
    scene: ConditionedClip,
    verdicts: tuple[Verdict, ...],
    models: LoadedModels,
    device: str,
    seconds: dict[str, float],
) -> ClipRecord:
    """All data of a clip except its arrays; `device` is the renderer's."""
    here, cameras = machine(), tuple(view.camera.name for view in scene.conditions.views)
    agree = len(cameras) == 1 or RENDERERS.get(models.renderer_name).cameras_agree
    return ClipRecord(
        id=job.clip, scenario_id=job.scenario.id, family=family_of(job.scenario), name=job.scenario.name,
        caption=scene.conditions.caption, spec_hash=job.scenario.spec_hash, seed=job.seed,
        parameters=job.scenario.parameters, preset=models.preset, weights=models.fingerprints,
        code_version=code_fingerprint(), torch_version=torch.__version__,
        cpu_capability=here["cpu_capability"], device=device, stage_s=dict(seconds),
        verdicts=verdicts, accepted=accepted(verdicts), reasons=rejection_reasons(verdicts),
        cameras=cameras, frame_rate_hz=FRAME_RATE_HZ,
        happenings=scene.rollout.happenings, events=event_outcomes(scene.rollout, job.scenario),
        attribution=job.attribution,
        renderer=models.renderer_name, rig=models.rig_name, cameras_agree=agree,
    )  # fmt: skip
