"""Nightly runs: make the missing clips of a folder of scenario files, within a budget, in a new run folder.

Nightly runs never write in each other's folders.
"""

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain, zip_longest
from pathlib import Path

from outputs.clips.manifest import failed_checks
from pipeline.batch.generate import (
    NothingToMake,
    Plan,
    ProgressObserver,
    Summary,
    hold,
    make_clips,
    make_plan,
    summarise,
)
from pipeline.datasets.merge import NotMerged, merge
from pipeline.datasets.publish import publish
from pipeline.engine.event_log import log
from pipeline.engine.lock import locked
from pipeline.engine.machine import code_fingerprint
from pipeline.options import words
from pipeline.runs.batch_history import BatchEnd, History, history, note_ended
from pipeline.runs.clip_outcome import ClipDone, ClipFailed, Timings
from pipeline.runs.run_config import ExecutionConfig, NightlyBudget, NightlyOptions, RunConfig
from pipeline.runs.run_folder import Job, Run
from pipeline.runs.saved_request import command_words
from scenarios.source.counts import counted


class NightlyConfig(NightlyOptions):
    """The request of all nightly runs. `what.out` is the folder of their run folders."""

    what: RunConfig

    @property
    def root(self) -> Path:
        return self.what.out

    def command(self, how: ExecutionConfig, retry_failed: bool = False) -> str:
        """The command that resumes a nightly run."""
        told = [*words(self.replaced(retry_failed=False)), *command_words(self.what, how)]
        told += ["--retry-failed"] if retry_failed else []
        return shlex.join(["nearmiss", "nightly", *self.what.paths, "--out", str(self.root), *told])


@dataclass(frozen=True)
class BatchPlan:
    """`jobs` in the order in which to make them; the first `unfinished` were started before; `before` counts clips that
    are made; `given_up` are abandoned."""

    jobs: tuple[Job, ...]
    unfinished: int
    before: int
    given_up: tuple[ClipFailed, ...]


@dataclass(frozen=True)
class NightlyRun:
    """An open nightly run.

    `jobs` are the clips to make within its budget, `there` those of its earlier starts; `over()` is true after its
    hours.
    """

    run: Run
    plan: Plan
    due: BatchPlan
    jobs: tuple[Job, ...]
    there: frozenset[str]
    over: Callable[[], bool]
    how: ExecutionConfig


@dataclass(frozen=True)
class MergeResult:
    """The result of the merge into the dataset of all nightly runs."""

    ok: bool
    line: str


@dataclass(frozen=True)
class NightlyReport:
    """The result of a nightly run. `waiting` clips are left for the next one."""

    name: str
    summary: Summary
    before: int
    waiting: int
    given_up: tuple[ClipFailed, ...]
    again: str
    gathered: MergeResult | None = None

    @property
    def ok(self) -> bool:
        """No clip of this run is missing, and the merge succeeded. Abandoned clips of earlier runs do not count."""
        return self.summary.complete and (self.gathered is None or self.gathered.ok)

    def message(self) -> dict[str, object]:
        """The message for the webhook; `text` is the field that chat services show."""
        failures = {failure.clip: failure.reason for failure in self.summary.failures}
        rejected = Counter(check for record in self.summary.records for check in failed_checks(record))
        told = {"ok": self.ok, "night": self.name, "waiting": self.waiting, "rejected_by": dict(rejected)}
        text = self.line if self.ok else f"{self.line}\ngoes on with: {self.again}"
        return {"text": text, **told, "failures": failures, "again": self.again}

    @property
    def line(self) -> str:
        """A summary in one line."""
        rest = f"{self.before} made on earlier nights, {self.waiting} waiting, {len(self.given_up)} given up"
        dataset = f"; {self.gathered.line}" if self.gathered else ""
        faults = f"{counted(len(self.summary.plan.faults), 'file')} with faults"
        return f"{self.name}: {self.summary.counts}; {rest}; {faults}{dataset}"


def nightly(
    order: NightlyConfig, night: date, how: ExecutionConfig, watch: ProgressObserver, stop: Callable[[], object] = bool
) -> NightlyReport:
    """Make and publish a nightly run. Raises the errors of `make_plan` and `open_run`."""
    with open_night(order, night, how) as tonight:
        timings = Timings()
        watch.begins(tonight.run.path, len(tonight.jobs), tonight.due.before)
        try:
            for ending in make_clips(tonight.run, tonight.jobs, order.what, how, lambda: stop() or tonight.over()):
                watch.ended(ending)
                if isinstance(ending, ClipDone):
                    timings.add(ending)
        except KeyboardInterrupt:  # end of the grace period: finished clips are published nevertheless
            log.warning("stopped")
        return close_night(order, tonight, timings, finished=not stop())


@contextmanager
def open_night(order: NightlyConfig, night: date, how: ExecutionConfig) -> Iterator[NightlyRun]:
    """Open a nightly run's folder and lock the folder of all nightly runs, so that only one runs at a time."""
    order.root.mkdir(parents=True, exist_ok=True)
    with locked(order.root):
        request = order.what.replaced(out=order.root / night.isoformat(), again=order.command(how))
        plan = make_plan(request)
        if plan.faults and not plan.jobs:
            raise NothingToMake("\n".join(str(fault) for fault in plan.faults))
        due = what_is_due(plan.jobs, history(order.root), code_fingerprint(), order.retry_failed)

        def meant(run: Run) -> tuple[str, ...]:
            """The clips of this run; other clips of the files belong to other nightly runs."""
            there, jobs = _share(run, due, order.clips)
            return (*sorted(there), *(job.clip for job in jobs))

        with hold(request, plan, how, meant) as run:
            there, jobs = _share(run, due, order.clips)
            run.note(
                night=night.isoformat(), budget=NightlyBudget(clips=order.clips, hours=order.hours),
                due=len(there) + len(due.jobs),
                asked=len(there) + len(jobs), again_failed=order.command(how, retry_failed=True),
            )  # fmt: skip
            yield NightlyRun(run, plan, due, jobs, there, _time_limit(run, order.hours), how)


def _share(run: Run, due: BatchPlan, clips: int | None) -> tuple[frozenset[str], tuple[Job, ...]]:
    """The clips in a nightly run's folder, and the further jobs within its budget."""
    there = frozenset(record.id for record in run.records())
    room = None if clips is None else max(0, clips - len(there))
    return there, due.jobs[:room]


def close_night(order: NightlyConfig, night: NightlyRun, made: Timings, finished: bool = True) -> NightlyReport:
    """Publish a nightly run, merge its accepted clips into the dataset, and store that it has ended.

    A run that is not `finished` was stopped: it is published and can be resumed.
    """
    publish(night.run)
    mine = {job.clip for job in night.jobs} | night.there
    plan = replace(night.plan, jobs=tuple(job for job in night.plan.jobs if job.clip in mine))
    summary = summarise(night.run, plan, made)
    failed = {failure.clip for failure in summary.failures}
    left = [job for job in night.due.jobs if job.clip not in failed and night.run.state(job.clip) is None]
    account = NightlyReport(
        night.run.path.name, summary, night.due.before - len(night.there), len(left), night.due.given_up,
        order.command(night.how, any(not failure.transient for failure in (*summary.failures, *night.due.given_up))),
        _gathered(order),
    )  # fmt: skip
    log.info("night", extra={"ok": account.ok, "line": account.line})
    if finished:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        note_ended(order.root, [BatchEnd(night=night.run.path.name, at=at, ok=account.ok, line=account.line)])
    return account


def _gathered(order: NightlyConfig) -> MergeResult | None:
    """Merge all nightly runs. If the dataset cannot be written, the next nightly run merges the clips."""
    if order.into is None:
        return None
    try:
        merged = merge(sorted(found.parent for found in order.root.glob("*/run.json")), order.into)
    except NotMerged as error:
        log.error("not merged", extra={"reason": str(error)})
        return MergeResult(False, f"dataset unchanged: {error}")
    version = merged.version.name if merged.version else "no version yet"
    return MergeResult(not merged.left_out, f"{counted(len(merged.added), 'scene')} added to {order.into} ({version})")


def what_is_due(jobs: Sequence[Job], past: History, code: str, retry_failed: bool = False) -> BatchPlan:
    """The missing clips: first those that were started, then the others, in turn from each scenario file.

    Within a file the order is by a hash, so that a part of a sweep covers the whole range.
    """
    missing = [job for job in jobs if job.clip not in past.made]
    hopeless = {job.clip for job in missing if not retry_failed and past.hopeless(job.clip, code)}
    wanted = [job for job in missing if job.clip not in hopeless]
    begun = [job for job in wanted if job.clip in past.begun or job.clip in past.failures]
    new = [job for job in wanted if job.clip not in past.begun and job.clip not in past.failures]
    given_up = tuple(past.failures[clip] for clip in sorted(hopeless))
    return BatchPlan((*in_turn(begun), *in_turn(new)), len(begun), len(jobs) - len(missing), given_up)


def in_turn(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Take one job of each scenario file in turn."""
    files: dict[str, list[Job]] = {}
    for job in sorted(jobs, key=lambda job: job.clip.rpartition("-")[2]):
        files.setdefault(job.scenario.name, []).append(job)
    rounds = zip_longest(*(files[name] for name in sorted(files)))
    return tuple(job for job in chain.from_iterable(rounds) if job is not None)


def _time_limit(run: Run, hours: float | None) -> Callable[[], bool]:
    """Whether the hours since the first start are over. A resumed run keeps its end, and a clock that is set back does
    not extend it."""
    if hours is None:
        return lambda: False
    spent = (datetime.now(UTC) - run.first_start()).total_seconds()
    until = time.monotonic() + 3600 * hours - min(max(spent, 0.0), 3600 * hours)
    return lambda: time.monotonic() >= until
