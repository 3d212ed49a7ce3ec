"""The run folder: its files, the missing clips, and the atomic creation of clips.

run.json            what this run is made with, its cameras, and every start: options, stored request, how it ended
asked.json          the requested scenarios, with the values of their sweeps
wanted.json         the clips of each request               specs/<request>/    copies of its scenario files
clips/<clip>/       accepted clips                          rejected/<clip>/    rejected clips, with reasons
failed/<clip>.json  the failure of a clip                   dataset/            the accepted clips in nuScenes format
report.html         the report                              log.jsonl           the log, one line of JSON an event
.unfinished/        clips that are being made; never read
.broken/            clips that were incomplete; they are made again
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
from pipeline.runs.safe_names import safe_name
from scenarios.scenario import Scenario

UNFINISHED, BROKEN = ".unfinished", ".broken"


class State(StrEnum):
    """The outcome of a clip, and the name of its folder."""

    ACCEPTED = "clips"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One clip to make. `log` is the folder of the log that it starts from, `attribution` the log's credit."""

    clip: str
    scenario: Scenario
    seed: int
    log: Path | None = None
    attribution: str = ""


class RequestedScenario(StrictModel):
    """A scenario of a request, with the values of its sweep as written."""

    scenario: str
    family: str
    parameters: dict[str, str]


class RequestedScenarios(StrictModel):
    """The content of asked.json."""

    scenarios: tuple[RequestedScenario, ...]


def clip_id(
    scenario: Scenario, seed: int, weights: str, log: str = "", renderer: str = FIRST_RENDERER, rig: str = FIRST_RIG
) -> str:
    """The id of a clip, derived from its content, so that a retry writes the same clip; safe as a file name.

    `rig` is the id of the cameras (`rigs.rig_id`). The first renderer and the first rig are not part of it, so that
    older ids stay valid.
    """
    chosen = [] if renderer == FIRST_RENDERER else [renderer]
    chosen += [] if rig == FIRST_RIG else [f"rig {rig}"]
    content = json.dumps([scenario.id, seed, weights, log, *chosen])
    return f"{safe_name(scenario.name)}-s{seed}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Run:
    """A run folder."""

    path: Path

    def state(self, clip: str) -> State | None:
        """The outcome of a finished clip; None if it is missing, also if it failed."""
        return next((s for s in (State.ACCEPTED, State.REJECTED) if (self.path / s / clip).is_dir()), None)

    def missing(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """The jobs without a finished clip."""
        return tuple(job for job in jobs if self.state(job.clip) is None)

    def untried(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """The missing jobs without a permanent failure."""
        broken = {failure.clip for failure in self.failures() if not failure.transient}
        return tuple(job for job in self.missing(jobs) if job.clip not in broken)

    def failed(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """The missing jobs that failed."""
        failed = {failure.clip for failure in self.failures()}
        return tuple(job for job in self.missing(jobs) if job.clip in failed)

    def records(self) -> tuple[ClipRecord, ...]:
        """The records of all finished clips, accepted ones first, by name. Raises `DamagedFile`; `nearmiss resume`
        makes a damaged clip again."""
        return tuple(read_record(f / "record.json") for s in (State.ACCEPTED, State.REJECTED) for f in self.folders(s))

    def failures(self) -> tuple[ClipFailed, ...]:
        """The failures, by clip. Raises RunRefused for a damaged file."""
        return tuple(map(_failure, sorted((self.path / State.FAILED).glob("*.json"))))

    def folders(self, state: State) -> tuple[Path, ...]:
        """The folders of the clips with this outcome."""
        return tuple(sorted(p for p in (self.path / state).glob("[!.]*") if p.is_dir()))

    def begin(self, clip: str) -> Path:
        """The folder for an attempt at a clip; every attempt has its own, which does not exist yet."""
        for shown in (self.path / UNFINISHED).glob(f"{clip}.*.stage"):  # of an attempt whose worker died
            shown.unlink(missing_ok=True)
        place = self.path / UNFINISHED / f"{clip}.{uuid.uuid4().hex[:8]}"
        _begun(place).touch()
        return place

    def shown(self, unfinished: Path) -> Path:
        """The file with the running stage of an attempt."""
        return unfinished.with_name(f"{unfinished.name}.stage")

    def finish(self, unfinished: Path, record: ClipRecord) -> ClipRecord:
        """Move a finished clip to its folder atomically; if the clip exists already, this one is deleted.

        FileNotFoundError if the attempt was deleted: then this worker outlived its driver, and the clip may be
        incomplete.
        """
        place = self.path / (State.ACCEPTED if record.accepted else State.REJECTED) / record.id
        write_inventory(unfinished)
        _begun(unfinished).unlink()
        try:
            if there := self.state(record.id):  # made by another worker, perhaps with another outcome
                raise FileExistsError(errno.EEXIST, "the clip exists", str(self.path / there / record.id))
            unfinished.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(unfinished)
            place = self.path / (self.state(record.id) or place.parent.name) / record.id
        (self.path / State.FAILED / f"{record.id}.json").unlink(missing_ok=True)
        return read_record(place / "record.json")

    def fail(self, job: Job, reason: str, trace: str, transient: bool = False, attempts: int = 1) -> ClipFailed:
        """Store why a clip was not made, and its stage if it is known."""
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
        """Add scenarios to the requested ones."""
        new = [RequestedScenario(scenario=s.id, family=safe_name(s.name), parameters=s.parameters) for s in scenarios]
        known = {one.scenario: one for one in (*self.asked(), *new)}
        write_json(self.path / "asked.json", RequestedScenarios(scenarios=tuple(known.values())).model_dump())

    def asked(self) -> tuple[RequestedScenario, ...]:
        """All requested scenarios of all starts; empty in a folder of an older version."""
        path = self.path / "asked.json"
        if not path.is_file():
            return ()
        try:
            return read_strictly(path, path.read_bytes(), RequestedScenarios.model_validate_json).scenarios
        except DamagedFile as damage:
            raise RunRefused(f"{damage}; move it away: the coverage then counts only clips") from None

    def file(self) -> RunFile:
        """The content of run.json. Raises `RunRefused` if it is damaged."""
        return read_run_file(self.path / "run.json")

    def rig(self) -> Rig:
        """The cameras of this run's clips, stored at its first start. Raises `RunRefused`."""
        file = self.file()
        cameras = RIG if file.rig is None else mounted_cameras(file.rig)
        if (now := rig_id(cameras)) != (was := file.made_with["rig"]):
            raise RunRefused(f"{self.path}/run.json has the cameras {now}, but the id {was}; give another --out")
        return cameras

    def mend(self) -> tuple[tuple[str, str], ...]:
        """Move incomplete clips away, so that they are made again; returns each with its damage."""
        accepted, rejected = self.folders(State.ACCEPTED), self.folders(State.REJECTED)
        twice = {folder.name for folder in accepted}
        found = {folder: "it is also among the accepted" for folder in rejected if folder.name in twice}
        found |= {folder: why for folder in (*accepted, *rejected) if (why := describe_damage(folder))}
        for folder in found:
            (self.path / BROKEN).mkdir(exist_ok=True)
            folder.rename(self.path / BROKEN / f"{folder.name}.{uuid.uuid4().hex[:8]}")
        return tuple((folder.name, why) for folder, why in found.items())

    def clear(self) -> None:
        """Delete unfinished clips; renamed first, so that a worker that outlived its driver cannot finish one."""
        gone = self.path / f"{UNFINISHED}.{uuid.uuid4().hex[:8]}"
        with suppress(FileNotFoundError):
            (self.path / UNFINISHED).rename(gone)
        for old in self.path.glob(f"{UNFINISHED}.*"):
            shutil.rmtree(old, ignore_errors=True)
        with suppress(OSError):  # full disk; the next start makes it
            (self.path / UNFINISHED).mkdir(exist_ok=True)

    def last_start(self) -> RunStart:
        """The facts about the last start in run.json."""
        return self.file().starts[-1]

    def first_start(self) -> datetime:
        """The time of the first start."""
        return datetime.fromisoformat(self.file().starts[0].at)

    def note(self, **facts: Any) -> None:
        """Add facts about this start to run.json."""
        write_run_file(self.path / "run.json", self.file().noted(**facts))


def _failure(path: Path) -> ClipFailed:
    try:
        return read_strictly(path, path.read_bytes(), ClipFailed.model_validate_json)
    except DamagedFile as damage:
        raise RunRefused(f"{damage}; move it away: `nearmiss resume` then makes the clip") from None


def _begun(unfinished: Path) -> Path:
    """The file that exists from the start of an attempt to its end; only `begin` makes it."""
    return unfinished.with_name(f"{unfinished.name}.begun")


@contextmanager
def open_run(path: Path, made_with: dict[str, str], start: dict[str, Any], rig: Rig = RIG) -> Iterator[Run]:
    """Make or continue a run folder and lock it.

    `made_with` must be the same for all clips of the folder. `start` is stored and may differ between starts: other
    scenarios or seeds extend a run. `rig` are the cameras whose id `made_with` has. Raises `RunRefused` or
    `lock.Locked`.
    """
    if path.exists() and not path.is_dir():
        raise RunRefused(f"{path} is a file; --out names a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunRefused(f"{path} cannot be made: {error.strerror}") from None
    ours = re.compile(r"\.lock|\.run\.json\..*\.part")  # the only files of a run that was killed at its start
    strangers = [p.name for p in path.iterdir() if not ours.fullmatch(p.name)]
    if strangers and not (path / "run.json").is_file():
        raise RunRefused(f"{path} holds other files ({', '.join(sorted(strangers)[:3])}); give --out a new folder")
    with locked(path):
        run = Run(path)
        _write_manifest(run, made_with, start, rig)  # the first file: run.json identifies a run folder
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
    """Lock an existing run folder without starting a run."""
    run = look(path)
    with locked(path):
        yield run


def look(path: Path) -> Run:
    """Open a run folder for reading, without a lock. Raises `RunRefused`."""
    if not (path / "run.json").is_file():
        raise RunRefused(f"{path} is not a run folder: it has no run.json{run_instead(path)}")
    return Run(path)


def run_around(place: str | Path) -> Path | None:
    """The run folder in which a place lies, at any depth; None of a run folder itself, and of an address."""
    path = Path(place)
    if "://" in str(place) or (path / "run.json").is_file():
        return None
    return next((folder for folder in path.absolute().parents if (folder / "run.json").is_file()), None)


def run_instead(place: str | Path) -> str:
    """What a message says more of a place within a run folder: "; it is part of the run runs/lead: give that one"."""
    run = run_around(place)
    if run is None:
        return ""
    shown = run.relative_to(Path.cwd()) if run.is_relative_to(Path.cwd()) else run
    return f"; it is part of the run {shown}: give that one"


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
