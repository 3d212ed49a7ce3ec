"""Status of a run folder: finished and missing clips, the running process, why it stopped, how to resume."""

import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from outputs.clips.inventory import describe_damage
from pipeline.engine.lock import holder
from pipeline.runs.batch_history import made_on_other_nights
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_file import RunStart
from pipeline.runs.run_folder import Run, State, look
from pipeline.runs.saved_request import goes_on, resuming, wanted
from pipeline.runs.stage_timer import in_work

_LITTLE_ROOM = 2**28  # bytes; a clip takes a few million, a dataset's tables more


class RunPhase(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """Counts are of the clips of the run's requests, without those that other nightly runs have made.

    `extra` clips belong to no request any more; `faulty` counts scenario files with faults; `failed` clips are
    among the missing ones; `damaged` are finished clips and their damage, which are made again. `working` has clip,
    stage and seconds in it; `holder` is the process that has locked the folder.
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
    damaged: tuple[tuple[str, str], ...]
    working: tuple[tuple[str, str, float], ...]
    holder: dict[str, str] | None
    began: str
    why: str
    next: str
    renderer: str


def status(path: Path) -> Status:
    """Read the status; changes nothing and needs no lock. Raises `RunRefused`."""
    run = look(path)
    clips = {clip for some in wanted(run).values() for clip in some}
    there = {state: _names(run, state) for state in (State.ACCEPTED, State.REJECTED)}
    made = set().union(*there.values())
    clips = clips or made  # a folder of an older version
    clips -= made_on_other_nights(run)
    failed = tuple(f for f in run.failures() if f.clip in clips - made)
    who, start = holder(path), run.last_start()
    faulty, done, damaged = len(start.faults), _done(start), _damaged(run)
    whole = clips <= made and done and not faulty and not damaged
    phase = RunPhase.COMPLETE if whole else RunPhase.STOPPED
    phase = phase if who is None else RunPhase.RUNNING
    return Status(
        path, phase, len(clips), len(clips & there[State.ACCEPTED]), len(clips & there[State.REJECTED]),
        len(clips - made), len(made - clips), faulty, failed, damaged,
        tuple(in_work(path)) if who is not None else (), who, start.at, _why(path, start, who),
        _next(path, phase, len(clips - made), failed, start, bool(damaged)), run.file().made_with["renderer"],
    )  # fmt: skip


def _done(start: RunStart) -> bool:
    """Whether the last start completed, including dataset and report; not known for an older version."""
    return start.ended.why == "done" if start.ended else start.goes_on_with is None


def _names(run: Run, state: State) -> set[str]:
    return {folder.name for folder in run.folders(state)}


def _damaged(run: Run) -> tuple[tuple[str, str], ...]:
    finished = (folder for state in (State.ACCEPTED, State.REJECTED) for folder in run.folders(state))
    return tuple((folder.name, damage) for folder in finished if (damage := describe_damage(folder)))


def _why(path: Path, start: RunStart, who: dict[str, str] | None) -> str:
    """How the last start ended; "" while it is running."""
    if who is not None:
        return ""
    if start.ended:
        return "it completed" if start.ended.why == "done" else f"{start.ended.why} ({start.ended.at})"
    free = shutil.disk_usage(path).free
    room = f"; only {free / 2**20:.0f} MiB are free on its disk" if free < _LITTLE_ROOM else ""
    return f"it ended without a message: it was killed, or its machine failed{room}"


def _next(
    path: Path, phase: RunPhase, missing: int, failed: Sequence[ClipFailed], start: RunStart, damaged: bool
) -> str:
    """The command to continue; "" if the run is running or complete."""
    if phase is not RunPhase.STOPPED:
        return ""
    if damaged or not _done(start):
        return resuming(path)
    untried = missing - len(failed)
    command = goes_on(Run(path), failed, untried)
    return command if untried or not start.faults else f"{command}  # once the files are corrected"


def lines(told: Status) -> list[str]:
    """The status as lines of text."""
    counts = {"wanted": told.wanted, "accepted": told.accepted, "rejected": told.rejected, "missing": told.missing}
    said = [
        f"{told.run}: {told.phase}, started {told.began}, renderer {told.renderer}",
        *(f"  {name:9}{count:7}" for name, count in counts.items()),
    ]
    if told.failed:
        transient = sum(failure.transient for failure in told.failed)
        said.append(f"  {'failed':9}{len(told.failed):7}  of the missing clips; {transient} of them by the machine")
    if told.damaged:
        said.append(f"  {'damaged':9}{len(told.damaged):7}  finished clips, which are in no dataset")
    if told.faulty:
        said.append(f"  {'faulty':9}{told.faulty:7}  scenario files with faults: see nearmiss check")
    if told.extra:
        said.append(f"  {'extra':9}{told.extra:7}  clips that belong to no request any more")
    said += [f"    {failure.clip}: {failure.reason}" for failure in told.failed[:10]]
    said += [f"    ... {len(told.failed) - 10} more in {told.run / State.FAILED}"] if len(told.failed) > 10 else []
    said += [f"    {clip}: {damage}" for clip, damage in told.damaged[:10]]
    said += [f"    ... {len(told.damaged) - 10} more damaged clips"] if len(told.damaged) > 10 else []
    if told.holder is not None:
        who = told.holder
        here = " (this machine)" if who.get("host") == socket.gethostname() else ""
        said.append(f"held by   process {who.get('pid', '?')} on {who.get('host', '?')}{here} since {who.get('since')}")
    said += [f"    {clip}: {stage}, {seconds:.0f} s" for clip, stage, seconds in told.working]
    said += [f"ended     {told.why}"] if told.phase is RunPhase.STOPPED else []
    return [*said, f"resume    {told.next}"] if told.next else said
