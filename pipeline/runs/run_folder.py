"""The run folder: what lies in it, what is still missing, and how a clip appears whole or not at all.

run.json            what this run is made with, its rig's cameras, and every start: with what, all it takes to go on,
                    how it ended
asked.json          the scenarios that were asked for, with the values of their sweeps
wanted.json         the clips that each request means          specs/<request>/    its scenario files, as they were
clips/<clip>/       accepted clips            rejected/<clip>/    clips that missed a check, with reasons
failed/<clip>.json  why a clip was not made   dataset/            the accepted clips in nuScenes format
report.html         everything to look at     log.jsonl           what happened, one line of JSON an event
.unfinished/        being made; never read by anybody
.broken/            clips that were found half there; they are made again
"""

import errno
import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from conditioning.geometry import FIRST_RIG
from conditioning.geometry.rigs import RIG, Rig, rig_id
from outputs.clips.inventory import describe_damage, write_inventory
from outputs.clips.manifest import ClipRecord, read_record
from outputs.clips.rollout_file import mounted_cameras, stored_cameras
from outputs.defaults import FIRST_RENDERER
from outputs.strict_model import DamagedFile, StrictModel, read_strictly
from pipeline.engine.lock import locked
from pipeline.engine.redact import hide
from pipeline.runs.clip_outcome import ClipFailed, read_stage
from pipeline.runs.run_file import RunFile, RunRefused, RunStart, read_run_file, write_json, write_run_file
from scenarios.scenario import Scenario

UNFINISHED, BROKEN = ".unfinished", ".broken"


class State(StrEnum):
    """How a clip ended, and the name of the folder it lies in."""

    ACCEPTED = "clips"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One clip to make. `log` is the folder of the real drive it starts from, `attribution` whom to name for it."""

    clip: str
    scenario: Scenario
    seed: int
    log: Path | None = None
    attribution: str = ""


class RequestedScenario(StrictModel):
    """A scenario that somebody wanted clips of, with its sweep's values as written."""

    scenario: str
    family: str
    parameters: dict[str, str]


class RequestedScenarios(StrictModel):
    """The content of asked.json."""

    scenarios: tuple[RequestedScenario, ...]


def clip_id(
    scenario: Scenario, seed: int, weights: str, log: str = "", renderer: str = FIRST_RENDERER, rig: str = FIRST_RIG
) -> str:
    """Derived from what the clip is made of, so that a retry writes the same thing; safe as a file name.

    `rig` is the id of the cameras (`rigs.rig_id`). The first renderer and the first rig are not part of it: ids of
    their clips are those of before there was a choice.
    """
    chosen = [] if renderer == FIRST_RENDERER else [renderer]
    chosen += [] if rig == FIRST_RIG else [f"rig {rig}"]
    content = json.dumps([scenario.id, seed, weights, log, *chosen])
    return f"{safe_name(scenario.name)}-s{seed}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def safe_name(text: str) -> str:
    """Only lower-case letters, digits and single dashes: no name can leave the folder it is put in."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-") or "unnamed"


@dataclass(frozen=True)
class Run:
    """A run folder that we hold."""

    path: Path

    def state(self, clip: str) -> State | None:
        """How a clip ended, None if it is still to be made. A failed clip is still to be made."""
        return next((s for s in (State.ACCEPTED, State.REJECTED) if (self.path / s / clip).is_dir()), None)

    def missing(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """The jobs whose clip is not there yet."""
        return tuple(job for job in jobs if self.state(job.clip) is None)

    def untried(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Those missing jobs that may succeed: all but the ones that failed by their own fault."""
        broken = {failure.clip for failure in self.failures() if not failure.transient}
        return tuple(job for job in self.missing(jobs) if job.clip not in broken)

    def failed(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Those missing jobs that failed, for whatever reason."""
        failed = {failure.clip for failure in self.failures()}
        return tuple(job for job in self.missing(jobs) if job.clip in failed)

    def records(self) -> tuple[ClipRecord, ...]:
        """Of every clip that was made, accepted first, by name. Raises `DamagedFile`: `nearmiss resume` mends it."""
        return tuple(read_record(f / "record.json") for s in (State.ACCEPTED, State.REJECTED) for f in self.folders(s))

    def failures(self) -> tuple[ClipFailed, ...]:
        """The clips that could not be made, by name; RunRefused where one is not told of as we tell of it."""
        return tuple(map(_failure, sorted((self.path / State.FAILED).glob("*.json"))))

    def folders(self, state: State) -> tuple[Path, ...]:
        """The folders of the clips that ended so."""
        return tuple(sorted(p for p in (self.path / state).glob("[!.]*") if p.is_dir()))

    def begin(self, clip: str) -> Path:
        """Where to make a clip; every attempt has a place of its own, nothing is there yet."""
        for shown in (self.path / UNFINISHED).glob(f"{clip}.*.stage"):  # of an attempt whose worker died
            shown.unlink(missing_ok=True)
        place = self.path / UNFINISHED / f"{clip}.{uuid.uuid4().hex[:8]}"
        _begun(place).touch()
        return place

    def shown(self, unfinished: Path) -> Path:
        """Where the attempt at a place says which stage it is in."""
        return unfinished.with_name(f"{unfinished.name}.stage")

    def finish(self, unfinished: Path, record: ClipRecord) -> ClipRecord:
        """Move a finished clip to its place at one stroke; if it got there before us, ours is dropped.

        FileNotFoundError if what we make was cleared away in between: then we outlived our driver, and may hold half.
        """
        place = self.path / (State.ACCEPTED if record.accepted else State.REJECTED) / record.id
        write_inventory(unfinished)
        _begun(unfinished).unlink()
        try:
            if there := self.state(record.id):  # on another machine it may even have ended otherwise
                raise FileExistsError(errno.EEXIST, "it got there before us", str(self.path / there / record.id))
            unfinished.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(unfinished)
            place = self.path / (self.state(record.id) or place.parent.name) / record.id
        (self.path / State.FAILED / f"{record.id}.json").unlink(missing_ok=True)
        return read_record(place / "record.json")

    def fail(self, job: Job, reason: str, trace: str, transient: bool = False, attempts: int = 1) -> ClipFailed:
        """Write down why a clip was not made, and in which stage, where its stopwatch got as far as saying so."""
        for shown in (self.path / UNFINISHED).glob(f"{job.clip}.*.stage"):
            reason = f"{reason} (in {read_stage(shown).stage})"
            shown.unlink(missing_ok=True)
        for begun in (self.path / UNFINISHED).glob(f"{job.clip}.*.begun"):
            begun.unlink(missing_ok=True)
        failure = ClipFailed(
            clip=job.clip, scenario=job.scenario.id, name=job.scenario.name, seed=job.seed, reason=hide(reason),
            trace=hide(trace), transient=transient, attempts=attempts,
        )  # fmt: skip
        write_json(self.path / State.FAILED / f"{job.clip}.json", failure.model_dump(by_alias=True))
        return failure

    def ask(self, scenarios: Sequence[Scenario]) -> None:
        """Write down what is wanted, beside what earlier starts wanted."""
        new = [RequestedScenario(scenario=s.id, family=safe_name(s.name), parameters=s.parameters) for s in scenarios]
        known = {one.scenario: one for one in (*self.asked(), *new)}
        write_json(self.path / "asked.json", RequestedScenarios(scenarios=tuple(known.values())).model_dump())

    def asked(self) -> tuple[RequestedScenario, ...]:
        """Every scenario that was ever wanted here; nothing in a folder that was made before this was written down."""
        path = self.path / "asked.json"
        if not path.is_file():
            return ()
        try:
            return read_strictly(path, path.read_bytes(), RequestedScenarios.model_validate_json).scenarios
        except DamagedFile as damage:
            raise RunRefused(f"{damage}; move it away: the coverage is then of the clips alone") from None

    def file(self) -> RunFile:
        """What run.json says; raises `RunRefused` if it cannot be read."""
        return read_run_file(self.path / "run.json")

    def rig(self) -> Rig:
        """The cameras that this run's clips have, as they were when it began; raises `RunRefused`."""
        file = self.file()
        cameras = RIG if file.rig is None else mounted_cameras(file.rig)
        if (now := rig_id(cameras)) != (was := file.made_with["rig"]):
            raise RunRefused(f"{self.path}/run.json holds the cameras {now} and says {was}; give another --out")
        return cameras

    def mend(self) -> tuple[tuple[str, str], ...]:
        """Take away clips that are only half there, so that they are made again; returns each with what is wrong."""
        accepted, rejected = self.folders(State.ACCEPTED), self.folders(State.REJECTED)
        twice = {folder.name for folder in accepted}
        found = {folder: "it is also among the accepted" for folder in rejected if folder.name in twice}
        found |= {folder: why for folder in (*accepted, *rejected) if (why := describe_damage(folder))}
        for folder in found:
            (self.path / BROKEN).mkdir(exist_ok=True)
            folder.rename(self.path / BROKEN / f"{folder.name}.{uuid.uuid4().hex[:8]}")
        return tuple((folder.name, why) for folder, why in found.items())

    def clear(self) -> None:
        """Take away what was being made. Renamed first: a worker that outlived its driver finds no half of its clip."""
        gone = self.path / f"{UNFINISHED}.{uuid.uuid4().hex[:8]}"
        with suppress(FileNotFoundError):
            (self.path / UNFINISHED).rename(gone)
        for old in self.path.glob(f"{UNFINISHED}.*"):
            shutil.rmtree(old, ignore_errors=True)
        with suppress(OSError):  # on a full disk; whoever works next makes it
            (self.path / UNFINISHED).mkdir(exist_ok=True)

    def last_start(self) -> RunStart:
        """What run.json says of it."""
        return self.file().starts[-1]

    def first_start(self) -> datetime:
        """When work in this folder began, by the clock of then."""
        return datetime.fromisoformat(self.file().starts[0].at)

    def note(self, **facts: Any) -> None:
        """Add to what run.json says of this start."""
        write_run_file(self.path / "run.json", self.file().noted(**facts))


def _failure(path: Path) -> ClipFailed:
    try:
        return read_strictly(path, path.read_bytes(), ClipFailed.model_validate_json)
    except DamagedFile as damage:
        raise RunRefused(f"{damage}; move it away: `nearmiss resume` then makes the clip") from None


def _begun(unfinished: Path) -> Path:
    """Is there from the beginning of an attempt to its end; unlike the place itself nothing but `begin` makes it."""
    return unfinished.with_name(f"{unfinished.name}.begun")


@contextmanager
def open_run(path: Path, made_with: dict[str, str], start: dict[str, Any], rig: Rig = RIG) -> Iterator[Run]:
    """Make or continue a run folder and hold it.

    `made_with` must agree with what the folder's clips were made with; `start` is written down and may differ from
    start to start: other scenarios or seeds extend a run. `rig` are the cameras whose id `made_with`
    has. Raises `RunRefused` or `lock.Locked`.
    """
    if path.exists() and not path.is_dir():
        raise RunRefused(f"{path} is a file; --out names a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunRefused(f"{path} cannot be made: {error.strerror}") from None
    ours = re.compile(r"\.lock|\.run\.json\..*\.part")  # all that is there of a run that died in its first instant
    strangers = [p.name for p in path.iterdir() if not ours.fullmatch(p.name)]
    if strangers and not (path / "run.json").is_file():
        raise RunRefused(f"{path} holds other files ({', '.join(sorted(strangers)[:3])}); give --out a new folder")
    with locked(path):
        run = Run(path)
        _write_manifest(run, made_with, start, rig)  # first of all: what has a run.json is a run folder
        for name in State:
            (path / name).mkdir(exist_ok=True)
        run.clear()  # left by a run that was killed
        if broken := run.mend():
            run.note(found_broken=dict(broken))
        try:
            yield run
        finally:
            run.clear()


@contextmanager
def reopen(path: Path) -> Iterator[Run]:
    """Hold a run folder that is there, without starting a run in it."""
    run = look(path)
    with locked(path):
        yield run


def look(path: Path) -> Run:
    """A run folder to read in only, whoever works in it. Raises `RunRefused`."""
    if not (path / "run.json").is_file():
        raise RunRefused(f"{path} is not a run folder: it has no run.json")
    return Run(path)


def _write_manifest(run: Run, made_with: dict[str, str], start: dict[str, Any], rig: Rig) -> None:
    path = run.path / "run.json"
    before = read_run_file(path) if path.is_file() else None
    known = before.made_with if before else made_with
    different = [k for k, v in made_with.items() if known.get(k) != v]
    if different and (run.folders(State.ACCEPTED) or run.folders(State.REJECTED)):
        was = ", ".join(f"{k} {known.get(k)}" for k in different)
        now = ", ".join(f"{k} {made_with[k]}" for k in different)
        raise RunRefused(f"{run.path} was made with {was}, this run has {now}; give another --out")
    begun = RunStart(at=datetime.now(UTC).isoformat(timespec="seconds"), **start)
    starts = (*(before.starts if before else ()), begun)
    write_run_file(path, RunFile(made_with=made_with, rig=stored_cameras(rig), starts=starts))
