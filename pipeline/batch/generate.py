"""Generate the clips, dataset and report of scenario files; independent of terminal and Prefect."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from conditioning.geometry.rigs import Rig, rig_id
from conditioning.logs.check_log import remarks_on
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
from pipeline.runs.scenario_sources import NoLog, load_all, refuse_unused_log
from pipeline.worlds import refuse_rig_of_log
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecErrors

GIB_A_CAMERA = 0.15  # layers and pictures of one camera more, of a clip of six seconds in the tiny preset


class NothingToMake(UserError):
    """All scenario files have faults."""


@dataclass(frozen=True)
class Plan:
    """The clips of a request, the faults of its files, and the scenarios without their log.

    `scenarios` are all valid ones, also beyond the request's limit; `rig` are the cameras of all clips; `log_remarks`
    are the faults of the log's tables with which it is read nevertheless.
    """

    jobs: tuple[Job, ...]
    faults: tuple[SpecErrors, ...]
    without_log: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    rig: Rig
    log_remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """The result of a request. `records` and `failures` are of its clips only."""

    run: Path
    records: tuple[ClipRecord, ...]
    failures: tuple[ClipFailed, ...]
    plan: Plan
    made: Timings

    @property
    def complete(self) -> bool:
        """Every file was valid and every clip was made, accepted or rejected."""
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
    """Receives the progress of a batch."""

    def begins(self, run: Path, missing: int, there: int) -> None: ...
    def ended(self, ending: Ending) -> None: ...


class NoObserver:
    """Ignores the progress."""

    def begins(self, run: Path, missing: int, there: int) -> None:
        pass

    def ended(self, ending: Ending) -> None:
        pass


def _ending(error: BaseException) -> str:
    """How a start ended, for run.json; the command that resumes it is found anew each time."""
    if isinstance(error, KeyboardInterrupt):
        return "Ctrl-C"
    text = str(error).partition("; resume: ")[0] if isinstance(error, Stopped) else str(error)
    return text if isinstance(error, Stopped) else f"{type(error).__name__}: {text}"


Which = Callable[[Run, tuple[Job, ...]], tuple[Job, ...]]


def generate(
    request: RunConfig,
    how: ExecutionConfig,
    watch: ProgressObserver,
    stop: Callable[[], object] = bool,
    which: Which = Run.missing,
) -> Summary:
    """Make the missing clips of a request (`which` of them), then dataset and report of the whole run.

    Once `stop()` is true no clip is started; `Stopped` is raised when the running clips have ended.
    """
    plan = make_plan(request)
    if plan.faults and not plan.jobs:
        raise NothingToMake("\n".join(str(fault) for fault in plan.faults))
    if request.specs is None:  # given now; a stored request of an older version may have it
        refuse_unused_log(plan.scenarios, plan.faults, request.log)
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
    """Raise `Stopped` at the block's end if `stop()` is true, also after the end of the grace period."""
    try:
        yield
    except KeyboardInterrupt:
        if not stop():
            raise
    if stop():
        left, there = len(run.missing(jobs)), sum(run.state(job.clip) is not None for job in jobs)
        raise Stopped(f"stopped on request: {there} clips are made, {left} are missing; resume: {resuming(run.path)}")


def refuse_unknown(request: RunConfig) -> tuple[Rig, tuple[Path, ...]]:
    """Check the names in a request without reading scenarios; returns its cameras and files. Raises `NotFound`,
    RegistryError for an unknown renderer or format, or RigError for unknown cameras."""
    for name in request.formats:
        EXPORTERS.get(name)
    RENDERERS.get(request.renderer)
    return cameras_of(request), read_specs(request)


def make_plan(request: RunConfig) -> Plan:
    """Plan the clips of a request. Raises as `refuse_unknown`, and `NoLog` or WeightsError.

    Scenarios without their log are left out and listed in the plan; it is an error if no other scenario remains.
    """
    rig, files = refuse_unknown(request)
    loaded = load_all(files)
    weights = "-".join(model_fingerprints(request.renderer, request.preset, request.weights).values())
    without_log = tuple(s.name for s in loaded.scenarios if s.from_log and request.log is None)
    if without_log and len(without_log) == len(loaded.scenarios) and not loaded.faults:
        raise NoLog(f"{', '.join(without_log)}: starts from a log; give its folder (nuScenes format) with --log")
    scenarios = [s for s in loaded.scenarios if s.name not in without_log]
    refuse_rig_of_log(scenarios, rig)
    named = rig_id(rig)
    jobs = [_job(scenario, seed, weights, request, named) for scenario in scenarios for seed in request.seeds]
    jobs = [job for job in jobs if request.clips is None or job.clip in request.clips]
    jobs = jobs[: request.limit]
    starts = [job.scenario.from_log for job in jobs if job.scenario.from_log]
    remarks = tuple(map(str, remarks_on(request.log, starts))) if request.log and starts else ()
    return Plan(tuple(jobs), loaded.faults, without_log, tuple(scenarios), rig, remarks)


def _job(scenario: Scenario, seed: int, weights: str, request: RunConfig, rig: str) -> Job:
    if scenario.from_log is None:
        return Job(clip_id(scenario, seed, weights, renderer=request.renderer, rig=rig), scenario, seed)
    if request.log is None:
        raise NoLog(f"{scenario.name}: starts from a log")
    scene = f"scene {scenario.from_log.scene} of the log {request.log.name}"
    named = request.attribution or f"derived from {scene}, under the terms that come with it"
    clip = clip_id(scenario, seed, weights, log_fingerprint(request.log), request.renderer)
    return Job(clip, scenario, seed, request.log, named)


@contextmanager
def hold(
    request: RunConfig, plan: Plan, how: ExecutionConfig, meant: Callable[[Run], tuple[str, ...]] | None = None
) -> Iterator[Run]:
    """Open the run folder of a request and lock it until the block ends; store the request and how the run ended.

    `meant` selects the clips of the plan that belong to this run; None: all. Raises `OutOfSpace` if the disk is full in
    the block, `ReadOnly` if it is read-only, StagingError before anything is written.
    """
    start = {
        "paths": request.paths, "seeds": request.seeds,
        "log": str(request.log or ""), "machine": machine(), "versions": versions(),
        "again": request.again or resuming(request.out), "asked": len(plan.jobs),
        "faults": tuple(str(fault) for fault in plan.faults), "log_remarks": plan.log_remarks,
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
            if plan.log_remarks:
                log.warning("remarks on the log", extra={"remarks": plan.log_remarks})
            if baseline.uncalibrated or baseline.unknown:  # verdicts state the first, only this log line the second
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
            message = f"{out} has become read-only ({error.strerror or error}); finished clips are safe"
            raise ReadOnly(f"{message}. When it can be written again: {resuming(out)}") from error
        message = f"no space left in {out} ({error.strerror or error}); finished clips are safe"
        raise OutOfSpace(f"{message}. Free some space, then: {resuming(out)}") from error


@contextmanager
def _telling_the_end(run: Run) -> Iterator[None]:
    """Write how this start ended to run.json, unless the process is killed or the disk is full."""
    why = "done"
    try:
        yield
    except BaseException as error:
        why = _ending(error)
        raise
    finally:
        with suppress(OSError):
            run.note(ended=RunEnd(at=datetime.now(UTC).isoformat(timespec="seconds"), why=why))


def make_clips(
    run: Run, jobs: tuple[Job, ...], request: RunConfig, how: ExecutionConfig, stop: Callable[[], object] = bool
) -> Iterator[Ending]:
    """Make the clips of jobs; each ends as a clip or a failure in the run folder.

    Once `stop()` is true no clip is started; running ones are finished.
    """
    if not jobs:
        return
    on_gpu = bool(how.networks and how.networks.gpus)
    worker = ClipMaker(run.path.absolute(), request.preset, request.weights.absolute(), on_gpu, request.renderer)
    if how.use_ray:
        needs = Resources(memory_gib=_memory_gib(request, len(run.rig())))
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
    """Raise StagingError if stages are requested for a renderer without networks."""
    if how.networks and not kind.gpu_stages:
        others = ", ".join(other.name for other in RENDERERS if other.gpu_stages)
        raise StagingError(
            f"--staged, --gpus and --batch are for renderers with networks that draw: {kind.name} has none and draws "
            f"on CPU cores; leave the options out (renderers with such networks: {others})"
        )


def _memory_gib(request: RunConfig, cameras: int) -> float:
    """What a worker takes; 0 where that was not measured."""
    alone = RENDERERS.get(request.renderer).memory_gib.get(request.preset, 0.0)
    return alone + GIB_A_CAMERA * (cameras - 1) if alone else 0.0


def _ray_plan(how: ExecutionConfig, needs: Resources, jobs: int) -> RayPlan:
    share = None if how.ray and not how.workers else worker_count(jobs, how.workers)
    return RayPlan(
        share, how.ray, how.deadline_s, needs=needs, most=jobs, metrics_port=how.metrics_port,
        staged=how.networks,
    )  # fmt: skip


def summarise(run: Run, plan: Plan, made: Timings) -> Summary:
    """The result of the plan's clips, including those made by earlier starts."""
    asked = {job.clip for job in plan.jobs}
    records = tuple(r for r in run.records() if r.id in asked)
    failures = tuple(f for f in run.failures() if f.clip in asked)
    summary = Summary(run.path, records, failures, plan, made)
    run.note(accepted=summary.accepted, rejected=summary.rejected, failed=len(failures), made_now=made.clips)
    return summary
