"""What a run folder says of itself: what is done, what is missing, who works there, why it stopped, how to go on."""

import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.engine.lock import holder
from pipeline.runs.batch_history import made_on_other_nights
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_file import RunStart
from pipeline.runs.run_folder import Run, State, look
from pipeline.runs.saved_request import goes_on, resuming, wanted
from pipeline.runs.stage_timer import in_work

_LITTLE_ROOM = 2**28  # bytes; one clip takes a few millions, a dataset's tables more


class RunPhase(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """Counts are of the clips that the run's requests mean, without those that other nights made since.

    `extra` are there though no request means them any more; `faulty` are scenario files that could not be read;
    `failed` is among the missing. `working` holds clip, stage and seconds in it, `holder` who has the folder.
    """

    run: Path
    phase: RunPhase
    wanted: int
    accepted: int
    rejected: int
    missing: int
    extra: int
    faulty: int
    failed: tuple[ClipFailed, ...]
    working: tuple[tuple[str, str, float], ...]
    holder: dict[str, str] | None
    began: str
    why: str
    next: str
    renderer: str


def status(path: Path) -> Status:
    """Reads, and changes nothing; whoever works there is not disturbed. Raises `RunRefused`."""
    run = look(path)
    clips = {clip for some in wanted(run).values() for clip in some}
    there = {state: _names(run, state) for state in (State.ACCEPTED, State.REJECTED)}
    made = set().union(*there.values())
    clips = clips or made  # a folder of a version that did not write them down
    clips -= made_on_other_nights(run)
    failed = tuple(f for f in run.failures() if f.clip in clips - made)
    who, start = holder(path), run.last_start()
    faulty, done = len(start.faults), _done(start)
    phase = RunPhase.COMPLETE if clips <= made and done and not faulty else RunPhase.STOPPED
    phase = phase if who is None else RunPhase.RUNNING
    return Status(
        path, phase, len(clips), len(clips & there[State.ACCEPTED]), len(clips & there[State.REJECTED]),
        len(clips - made), len(made - clips), faulty, failed, tuple(in_work(path)) if who is not None else (), who,
        start.at, _why(path, start, who), _next(path, phase, len(clips - made), failed, start),
        run.file().made_with["renderer"],
    )  # fmt: skip


def _done(start: RunStart) -> bool:
    """Whether the last start came to its end, dataset and report included; one of an older version does not say."""
    return start.ended.why == "done" if start.ended else start.goes_on_with is None


def _names(run: Run, state: State) -> set[str]:
    return {folder.name for folder in run.folders(state)}


def _why(path: Path, start: RunStart, who: dict[str, str] | None) -> str:
    """How the last start ended, in words; "" while it works."""
    if who is not None:
        return ""
    if start.ended:
        return "it came to its end" if start.ended.why == "done" else f"{start.ended.why} ({start.ended.at})"
    free = shutil.disk_usage(path).free
    room = f"; only {free / 2**20:.0f} MiB are free on its disk" if free < _LITTLE_ROOM else ""
    return f"it ended without a word: killed, or its machine went down{room}"


def _next(path: Path, phase: RunPhase, missing: int, failed: Sequence[ClipFailed], start: RunStart) -> str:
    """The one command that goes on from here; "" where there is nothing to do but wait or look."""
    if phase is not RunPhase.STOPPED:
        return ""
    if not _done(start):
        return resuming(path)
    untried = missing - len(failed)
    command = goes_on(Run(path), failed, untried)
    return command if untried or not start.faults else f"{command}  # once the files are corrected"


def lines(told: Status) -> list[str]:
    """The same for a person."""
    counts = {"wanted": told.wanted, "accepted": told.accepted, "rejected": told.rejected, "missing": told.missing}
    said = [
        f"{told.run}: {told.phase}, begun {told.began}, drawn by {told.renderer}",
        *(f"  {name:9}{count:7}" for name, count in counts.items()),
    ]
    if told.failed:
        transient = sum(failure.transient for failure in told.failed)
        said.append(f"  {'failed':9}{len(told.failed):7}  of the missing; {transient} by the machine's fault")
    if told.faulty:
        said.append(f"  {'faulty':9}{told.faulty:7}  scenario files that could not be read: nearmiss check tells")
    if told.extra:
        said.append(f"  {'extra':9}{told.extra:7}  clips that no request here means any more")
    said += [f"    {failure.clip}: {failure.reason}" for failure in told.failed[:10]]
    said += [f"    ... {len(told.failed) - 10} more in {told.run / State.FAILED}"] if len(told.failed) > 10 else []
    if told.holder is not None:
        who = told.holder
        here = " (this machine)" if who.get("host") == socket.gethostname() else ""
        said.append(f"held by   process {who.get('pid', '?')} on {who.get('host', '?')}{here} since {who.get('since')}")
    said += [f"    {clip}: {stage}, {seconds:.0f} s" for clip, stage, seconds in told.working]
    said += [f"stopped   {told.why}"] if told.phase is RunPhase.STOPPED else []
    return [*said, f"go on     {told.next}"] if told.next else said
