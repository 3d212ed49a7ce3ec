"""The main job as a library function: specs in, clips, dataset and report out. Knows neither terminal nor Prefect."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from conditioning.geometry.rigs import Rig, rig_id
from conditioning.logs.tables import log_fingerprint
from outputs.clips.manifest import ClipRecord
from outputs.exporters import EXPORTERS
from pipeline.batch.metrics import Meters
from pipeline.clip_maker import ClipMaker, made_with
from pipeline.datasets.publish import publish
from pipeline.engine.event_log import journal, log
from pipeline.engine.machine import machine, versions
from pipeline.engine.outcomes import Done, Failed, Resources, inline, stops_all, worker_count
from pipeline.engine.ray_cluster import RayPlan
from pipeline.engine.scheduler import on_ray
from pipeline.engine.stage_plan import StagingError
from pipeline.errors import OutOfSpace, ReadOnly, Stopped, UserError
from pipeline.networks import baseline_of, baselines_of_cameras
from pipeline.renderers.kinds import RendererKind
from pipeline.renderers.models import model_fingerprints
from pipeline.renderers.registry import RENDERERS
from pipeline.runs.clip_outcome import ClipDone, ClipFailed, Ending, Timings, tell_ending
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_file import RunEnd
from pipeline.runs.run_folder import Job, Run, clip_id, open_run
from pipeline.runs.saved_request import cameras_of, keep, read_specs, resuming
from pipeline.runs.scenario_sources import NoLog, load_all
from pipeline.worlds import refuse_rig_of_log
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecErrors


class NothingToMake(UserError):
    """Every file that was named has faults."""


@dataclass(frozen=True)
class Plan:
    """The clips that a request asks for, the files that could not be read, and the scenarios that lack their log.

    `scenarios` are all that can be made, those beyond the request's limit, too; `rig` are the cameras of all clips.
    """

    jobs: tuple[Job, ...]
    faults: tuple[SpecErrors, ...]
    without_log: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    rig: Rig


@dataclass(frozen=True)
class Summary:
    """What became of a request. `records` and `failures` are of the clips it asked for."""

    run: Path
    records: tuple[ClipRecord, ...]
    failures: tuple[ClipFailed, ...]
    plan: Plan
    made: Timings

    @property
    def complete(self) -> bool:
        """Nothing is missing: every file was read and every clip made, accepted or not."""
        return not self.plan.faults and not self.failures

    @property
    def accepted(self) -> int:
        return sum(record.accepted for record in self.records)

    @property
    def rejected(self) -> int:
        return len(self.records) - self.accepted

    @property
    def counts(self) -> str:
        """'3 accepted, 1 rejected, 0 failed'."""
        return f"{self.accepted} accepted, {self.rejected} rejected, {len(self.failures)} failed"


@runtime_checkable
class ProgressObserver(Protocol):
    """Somebody who wants to know how it goes."""

    def begins(self, run: Path, missing: int, there: int) -> None: ...
    def ended(self, ending: Ending) -> None: ...


class NoObserver:
    """Nobody watches."""

    def begins(self, run: Path, missing: int, there: int) -> None:
        pass

    def ended(self, ending: Ending) -> None:
        pass


Which = Callable[[Run, tuple[Job, ...]], tuple[Job, ...]]


def generate(
    request: RunConfig,
    how: ExecutionConfig,
    watch: ProgressObserver,
    stop: Callable[[], object] = bool,
    which: Which = Run.missing,
) -> Summary:
    """Make the clips that are asked for and not there yet (`which` of them), then dataset and report of the whole run.

    Once `stop()` is true nothing new is begun, and when what is in work has ended `Stopped` is raised.
    """
    plan = make_plan(request)
    if plan.faults and not plan.jobs:
        raise NothingToMake("\n".join(str(fault) for fault in plan.faults))
    with hold(request, plan, how) as run:
        wanted, timings = which(run, plan.jobs), Timings()
        watch.begins(run.path, len(wanted), len(plan.jobs) - len(run.missing(plan.jobs)))
        with stopped_by(stop, run, plan.jobs):
            for ending in make_clips(run, wanted, request, how, stop):
                watch.ended(ending)
                if isinstance(ending, ClipDone):
                    timings.add(ending)
        publish(run)
        return summarise(run, plan, timings)


@contextmanager
def stopped_by(stop: Callable[[], object], run: Run, jobs: tuple[Job, ...]) -> Iterator[None]:
    """Raises `Stopped` at the block's end where an operator asked for it, even if the time of grace cut it short."""
    try:
        yield
    except KeyboardInterrupt:
        if not stop():
            raise
    if stop():
        left, there = len(run.missing(jobs)), sum(run.state(job.clip) is not None for job in jobs)
        raise Stopped(f"stopped as asked: {there} clips are there, {left} are missing; {resuming(run.path)}")


def make_plan(request: RunConfig) -> Plan:
    """Which clips a request means. Raises `specs.NotFound`, `NoLog`, WeightsError, RegistryError for a renderer or
    format that there is not, or RigError for cameras that there are not, before any work is done.

    Of many scenarios those without their log are left out, and said so; where nothing else was asked for, it is an
    error.
    """
    for name in request.formats:
        EXPORTERS.get(name)
    rig = cameras_of(request)
    loaded = load_all(read_specs(request))
    weights = "-".join(model_fingerprints(request.renderer, request.preset, request.weights).values())
    without_log = tuple(s.name for s in loaded.scenarios if s.from_log and request.log is None)
    if without_log and len(without_log) == len(loaded.scenarios) and not loaded.faults:
        raise NoLog(f"{', '.join(without_log)}: starts from a log; name its folder (nuScenes format) with --log")
    scenarios = [s for s in loaded.scenarios if s.name not in without_log]
    refuse_rig_of_log(scenarios, rig)
    named = rig_id(rig)
    jobs = [_job(scenario, seed, weights, request, named) for scenario in scenarios for seed in request.seeds]
    jobs = [job for job in jobs if request.clips is None or job.clip in request.clips]
    return Plan(tuple(jobs[: request.limit]), loaded.faults, without_log, tuple(scenarios), rig)


def _job(scenario: Scenario, seed: int, weights: str, request: RunConfig, rig: str) -> Job:
    if scenario.from_log is None:
        return Job(clip_id(scenario, seed, weights, renderer=request.renderer, rig=rig), scenario, seed)
    scene = f"scene {scenario.from_log.scene} of the log {request.log.name}"
    named = request.attribution or f"derived from {scene}, under the terms that come with it"
    clip = clip_id(scenario, seed, weights, log_fingerprint(request.log), request.renderer)
    return Job(clip, scenario, seed, request.log, named)


@contextmanager
def hold(
    request: RunConfig, plan: Plan, how: ExecutionConfig, meant: Callable[[Run], tuple[str, ...]] | None = None
) -> Iterator[Run]:
    """The run folder of a request, ours until the block ends; what is asked for is written down there, and the end.

    `meant` says which clips of the plan are this run's, now that it is open; None: all. Raises `OutOfSpace`
    where the block found the disk full, `ReadOnly` where it found it read-only, StagingError before all else.
    """
    start = {
        "paths": request.paths, "seeds": request.seeds,
        "log": str(request.log or ""), "machine": machine(), "versions": versions(),
        "again": request.again or resuming(request.out), "asked": len(plan.jobs),
        "faults": tuple(str(fault) for fault in plan.faults),
    }  # fmt: skip
    refuse_staging(RENDERERS.get(request.renderer), how)
    prints = model_fingerprints(request.renderer, request.preset, request.weights)
    baseline = baseline_of(request.preset, request.weights)
    baselines_of_cameras(request.preset, request.weights, plan.rig)  # refuses one that is damaged
    with _room(request.out):
        same = made_with(request.renderer, request.preset, rig_id(plan.rig), prints)
        with open_run(request.out, same, start, plan.rig) as run, journal(run.path):
            run.ask(plan.scenarios)
            log.info("begun", extra={"clips": len(plan.jobs), "files_with_faults": len(plan.faults)})
            if baseline.uncalibrated or baseline.unknown:  # verdicts say the first, only this the second
                told = {"uncalibrated": baseline.uncalibrated, "unknown": baseline.unknown}
                log.warning("baseline of other checks", extra=told)
            clips = tuple(job.clip for job in plan.jobs) if meant is None else meant(run)
            keep(run, request if meant is None else request.replaced(clips=clips), how, clips)
            with _telling_the_end(run):
                yield run
            log.info("ended")


@contextmanager
def _room(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not stops_all(error):
            raise
        if error.errno == errno.EROFS:
            told = f"{out} can only be read from now on ({error.strerror or error}); what is finished is safe"
            raise ReadOnly(f"{told}. When it can be written again: {resuming(out)}") from error
        told = f"no room to write in {out} ({error.strerror or error}); what is finished is safe"
        raise OutOfSpace(f"{told}. Make room, then: {resuming(out)}") from error


@contextmanager
def _telling_the_end(run: Run) -> Iterator[None]:
    """run.json says how this start ended, unless we are killed or the disk is full."""
    why = "done"
    try:
        yield
    except BaseException as error:
        why = {"KeyboardInterrupt": "Ctrl-C"}.get(type(error).__name__, f"{type(error).__name__}: {error}")
        raise
    finally:
        with suppress(OSError):
            run.note(ended=RunEnd(at=datetime.now(UTC).isoformat(timespec="seconds"), why=why))


def make_clips(
    run: Run, jobs: tuple[Job, ...], request: RunConfig, how: ExecutionConfig, stop: Callable[[], object] = bool
) -> Iterator[Ending]:
    """Work through the jobs; every one ends as a clip in the run folder or as a failure written down there.

    No clip is begun once `stop()` is true; those in work are finished.
    """
    if not jobs:
        return
    on_gpu = bool(how.networks and how.networks.gpus)
    worker = ClipMaker(run.path.absolute(), request.preset, request.weights.absolute(), on_gpu, request.renderer)
    if how.use_ray:
        needs = Resources(memory_gib=RENDERERS.get(request.renderer).memory_gib.get(request.preset, 0.0))
        outcomes = on_ray(worker, jobs, _ray_plan(how, needs, len(jobs)), stop)
    else:
        outcomes = inline(worker, jobs, worker_count(1).threads, stop)
    meters = Meters(len(jobs)) if how.use_ray else None
    for outcome in outcomes:
        ending = outcome.result if isinstance(outcome, Done) else _fail(run, outcome)
        tell_ending(ending)
        if meters:
            meters.ended(ending)
        yield ending


def _fail(run: Run, outcome: Failed) -> ClipFailed:
    return run.fail(outcome.item, outcome.reason, outcome.trace, outcome.transient, outcome.attempts)


def refuse_staging(kind: RendererKind, how: ExecutionConfig) -> None:
    """StagingError where workers of their own are asked for a renderer that would leave them nothing to do."""
    if how.networks and not kind.gpu_stages:
        others = ", ".join(other.name for other in RENDERERS if other.gpu_stages)
        raise StagingError(
            f"--staged, --gpus and --batch give the networks that draw workers of their own: the renderer {kind.name} "
            f"has none, it draws on the cores; leave them out (renderers that have: {others})"
        )


def _ray_plan(how: ExecutionConfig, needs: Resources, jobs: int) -> RayPlan:
    share = None if how.ray and not how.workers else worker_count(jobs, how.workers)
    return RayPlan(
        share, how.ray, how.deadline_s, needs=needs, most=jobs, metrics_port=how.metrics_port,
        staged=how.networks,
    )  # fmt: skip


def summarise(run: Run, plan: Plan, made: Timings) -> Summary:
    """What became of the plan's clips, those made by earlier starts included."""
    asked = {job.clip for job in plan.jobs}
    records = tuple(r for r in run.records() if r.id in asked)
    failures = tuple(f for f in run.failures() if f.clip in asked)
    summary = Summary(run.path, records, failures, plan, made)
    run.note(accepted=summary.accepted, rejected=summary.rejected, failed=len(failures), made_now=made.clips)
    return summary
