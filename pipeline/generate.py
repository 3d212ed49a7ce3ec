"""The main job as a library function: specs in, clips, dataset and report out. Knows neither terminal nor Prefect."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Protocol, runtime_checkable

from conditioning.log_tables import log_fingerprint
from models.presets import WEIGHTS
from outputs.clip import write_clip
from outputs.manifest import ClipRecord
from pipeline.endings import Ending, Made
from pipeline.errors import UserError
from pipeline.journal import journal, log, tell_ending
from pipeline.machine import machine, peak_memory_gib, versions
from pipeline.meters import Meters
from pipeline.networks import Networks, fingerprints, load_networks
from pipeline.publish import publish
from pipeline.runs import Failure, Job, Run, clip_id, open_run
from pipeline.specs import find, load_all
from pipeline.stopwatch import Stopwatch
from pipeline.synthesize import synthesize
from pipeline.workers import Done, Failed, RayPlan, hands, inline, on_ray
from scenarios.faults import Faults
from scenarios.scenario import Scenario


class NoLog(UserError):
    """A scenario starts from a log and no log was given."""


class NothingToMake(UserError):
    """Every file that was named has faults."""


@dataclass(frozen=True)
class Request:
    """What to make and where.

    `log` is the folder of a nuScenes-format log, for scenarios that start `from:` one; `weights` holds a folder of
    weights for each preset; `attribution` says whom to name wherever a clip made from the log is shown; `again` is the
    command that goes on with this, where it is not `nearmiss generate` that asks.
    """

    paths: tuple[str, ...]
    out: Path
    seeds: tuple[int, ...] = (0,)
    log: Path | None = None
    preset: str = "tiny"
    weights: Path = WEIGHTS
    attribution: str = ""
    limit: int | None = None
    again: str = ""


@dataclass(frozen=True)
class How:
    """Who works. `ray` names a cluster's address; None starts Ray on this machine.

    `metrics_port` is where such a Ray tells Prometheus what goes on, on loopback; None: a free one.
    """

    use_ray: bool = True
    ray: str | None = None
    workers: int | None = None
    deadline_s: float = 1800.0
    metrics_port: int | None = None


@dataclass(frozen=True)
class Plan:
    """The clips that a request asks for, the files that could not be read, and the scenarios that lack their log.

    `scenarios` are all that can be made, those beyond the request's limit, too.
    """

    jobs: tuple[Job, ...]
    faults: tuple[Faults, ...]
    without_log: tuple[str, ...]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class Summary:
    """What became of a request. `records` and `failures` are of the clips it asked for."""

    run: Path
    records: tuple[ClipRecord, ...]
    failures: tuple[Failure, ...]
    plan: Plan
    made: tuple[Made, ...]

    @property
    def complete(self) -> bool:
        """Nothing is missing: every file was read and every clip made, accepted or not."""
        return not self.plan.faults and not self.failures


@runtime_checkable
class Watch(Protocol):
    """Somebody who wants to know how it goes."""

    def begins(self, run: Path, missing: int, there: int) -> None: ...
    def ended(self, ending: Ending) -> None: ...


class Silent:
    """Nobody watches."""

    def begins(self, run: Path, missing: int, there: int) -> None:
        pass

    def ended(self, ending: Ending) -> None:
        pass


@dataclass
class ClipMaker:
    """The worker: holds the networks, makes one clip an item, leaves it in the run folder."""

    out: Path
    preset: str
    weights: Path
    networks: Networks | None = field(default=None, repr=False)

    def setup(self, threads: int) -> None:
        self.networks = load_networks(self.preset, threads, self.weights)

    def process(self, job: Job) -> Made:
        run = Run(self.out)
        place = run.begin(job.clip)
        clock = Stopwatch(run.shown(place))
        clip = synthesize(job, self.networks, clock)
        clock(write_clip, place, clip)
        record = run.finish(place, clip.record)
        clock.stop()
        return Made(record, clock.seconds, peak_memory_gib())


def generate(request: Request, how: How, watch: Watch) -> Summary:
    """Make every clip that is asked for and not there yet, then the dataset and the report of the whole run."""
    plan = make_plan(request)
    if plan.faults and not plan.jobs:
        raise NothingToMake("\n".join(str(fault) for fault in plan.faults))
    with hold(request, plan) as run:
        missing = run.missing(plan.jobs)
        watch.begins(run.path, len(missing), len(plan.jobs) - len(missing))
        made = []
        for ending in make_clips(run, missing, request, how):
            watch.ended(ending)
            made += [ending] if isinstance(ending, Made) else []
        publish(run)
        return summarise(run, plan, tuple(made))


def make_plan(request: Request) -> Plan:
    """Which clips a request means. Raises `specs.NotFound`, `NoLog`, or WeightsError before any work is done.

    Of many scenarios those without their log are left out, and said so; where nothing else was asked for, it is an
    error.
    """
    loaded = load_all(find(request.paths))
    weights = "-".join(fingerprints(request.preset, request.weights).values())
    without_log = tuple(s.name for s in loaded.scenarios if s.from_log and request.log is None)
    if without_log and len(without_log) == len(loaded.scenarios) and not loaded.faults:
        raise NoLog(f"{', '.join(without_log)}: starts from a log; name its folder (nuScenes format) with --log")
    scenarios = [s for s in loaded.scenarios if s.name not in without_log]
    jobs = [_job(scenario, seed, weights, request) for scenario in scenarios for seed in request.seeds]
    return Plan(tuple(jobs[: request.limit]), loaded.faults, without_log, tuple(scenarios))


def _job(scenario: Scenario, seed: int, weights: str, request: Request) -> Job:
    if scenario.from_log is None:
        return Job(clip_id(scenario, seed, weights), scenario, seed)
    scene = f"scene {scenario.from_log.scene} of the log {request.log.name}"
    named = request.attribution or f"derived from {scene}, under the terms that come with it"
    return Job(clip_id(scenario, seed, weights, log_fingerprint(request.log)), scenario, seed, request.log, named)


@contextmanager
def hold(request: Request, plan: Plan) -> Iterator[Run]:
    """The run folder of a request, ours until the block ends; what is asked for is written down there."""
    weights = fingerprints(request.preset, request.weights)
    made_with = {"preset": request.preset, **{f"{part} weights": fingerprint for part, fingerprint in weights.items()}}
    start = {
        "paths": list(request.paths), "seeds": list(request.seeds), "log": str(request.log or ""),
        "machine": machine(), "versions": versions(), "again": request.again or command(request),
        "asked": len(plan.jobs), "faults": [str(fault) for fault in plan.faults],
    }  # fmt: skip
    with open_run(request.out, made_with, start) as run, journal(run.path):
        run.ask(plan.scenarios)
        log.info("begun", extra={"clips": len(plan.jobs), "files_with_faults": len(plan.faults)})
        yield run
        log.info("ended")


def command(request: Request) -> str:
    """What makes, in a terminal, the clips of a request that are still missing."""
    options = [("--out", request.out), *(("--seed", str(seed)) for seed in request.seeds), ("--log", request.log)]
    options += [("--preset", request.preset), ("--attribution", request.attribution), ("--limit", request.limit)]
    options += [("--weights", request.weights if request.weights != WEIGHTS else None)]
    unusual = [(name, value) for name, value in options if value and (name, value) != ("--preset", "tiny")]
    return shlex.join(["nearmiss", "generate", *request.paths, *(str(word) for pair in unusual for word in pair)])


def make_clips(
    run: Run, jobs: tuple[Job, ...], request: Request, how: How, stop: Callable[[], object] = bool
) -> Iterator[Ending]:
    """Work through the jobs; every one ends as a clip in the run folder or as a failure written down there.

    No clip is begun once `stop()` is true; those in work are finished.
    """
    if not jobs:
        return
    worker = ClipMaker(run.path.absolute(), request.preset, request.weights.absolute())
    share = hands(len(jobs), how.workers)
    begun = takewhile(lambda job: not stop(), jobs)
    if how.use_ray:
        outcomes = on_ray(worker, begun, RayPlan(share, how.ray, how.deadline_s, metrics_port=how.metrics_port))
    else:
        outcomes = inline(worker, begun, hands(1).threads)
    meters = Meters(len(jobs)) if how.use_ray else None
    for outcome in outcomes:
        ending = outcome.result if isinstance(outcome, Done) else _fail(run, outcome)
        tell_ending(ending)
        if meters:
            meters.ended(ending)
        yield ending


def _fail(run: Run, outcome: Failed) -> Failure:
    return run.fail(outcome.item, outcome.reason, outcome.trace, outcome.passing)


def summarise(run: Run, plan: Plan, made: tuple[Made, ...]) -> Summary:
    """What became of the plan's clips, those made by earlier starts included."""
    asked = {job.clip for job in plan.jobs}
    records = tuple(r for r in run.records() if r.id in asked)
    failures = tuple(f for f in run.failures() if f.clip in asked)
    accepted = sum(r.accepted for r in records)
    run.note(accepted=accepted, rejected=len(records) - accepted, failed=len(failures), made_now=len(made))
    return Summary(run.path, records, failures, plan, made)
