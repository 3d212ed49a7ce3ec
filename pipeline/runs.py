"""The run folder: what lies in it, what is still missing, and how a clip appears whole or not at all.

run.json            what this run is made with, and every time it was started
asked.json          the scenarios that were asked for, with the values of their sweeps
clips/<clip>/       accepted clips            rejected/<clip>/    clips that missed a check, with reasons
failed/<clip>.json  why a clip was not made   dataset/            the accepted clips in nuScenes format
report.html         everything to look at     log.jsonl           what happened, one line of JSON an event
.unfinished/        being made; never read by anybody
"""

import errno
import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from outputs.manifest import ClipRecord, read_record
from outputs.whole import write_text
from pipeline.errors import UserError
from pipeline.lock import locked
from pipeline.secrets import hide
from scenarios.scenario import Scenario

UNFINISHED = ".unfinished"


class RunRefused(UserError):
    """The folder cannot take this run; the message says why and what to do."""


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


@dataclass(frozen=True)
class Asked:
    """A scenario that somebody wanted clips of, with its sweep's values as written."""

    scenario: str
    family: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class Failure:
    """A clip that could not be made: one line for a person, and the whole story.

    `passing`: the machine failed, not the clip, so that another try may well succeed.
    """

    clip: str
    scenario: str
    name: str
    seed: int
    reason: str
    trace: str
    passing: bool = False


def clip_id(scenario: Scenario, seed: int, weights: str, log: str = "") -> str:
    """Derived from what the clip is made of, so that a retry writes the same thing; safe as a file name."""
    content = json.dumps([scenario.id, seed, weights, log])
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

    def records(self) -> tuple[ClipRecord, ...]:
        """Of every clip that was made, accepted first, by name."""
        return tuple(read_record(f / "record.json") for s in (State.ACCEPTED, State.REJECTED) for f in self.folders(s))

    def failures(self) -> tuple[Failure, ...]:
        """The clips that could not be made, by name."""
        return tuple(Failure(**json.loads(p.read_text())) for p in sorted((self.path / State.FAILED).glob("*.json")))

    def folders(self, state: State) -> tuple[Path, ...]:
        """The folders of the clips that ended so."""
        return tuple(sorted(p for p in (self.path / state).iterdir() if p.is_dir() and not p.name.startswith(".")))

    def begin(self, clip: str) -> Path:
        """Where to make a clip; every attempt has a place of its own, nothing is there yet."""
        return self.path / UNFINISHED / f"{clip}.{uuid.uuid4().hex[:8]}"

    def shown(self, unfinished: Path) -> Path:
        """Where the attempt at a place says which stage it is in."""
        return unfinished.with_name(f"{unfinished.name}.stage")

    def finish(self, unfinished: Path, record: ClipRecord) -> ClipRecord:
        """Move a finished clip to its place at one stroke; if it got there before us, ours is dropped."""
        place = self.path / (State.ACCEPTED if record.accepted else State.REJECTED) / record.id
        try:
            unfinished.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            shutil.rmtree(unfinished)
        (self.path / State.FAILED / f"{record.id}.json").unlink(missing_ok=True)
        return read_record(place / "record.json")

    def fail(self, job: Job, reason: str, trace: str, passing: bool = False) -> Failure:
        """Write down why a clip was not made, and in which stage, where its stopwatch got as far as saying so."""
        for shown in (self.path / UNFINISHED).glob(f"{job.clip}.*.stage"):
            reason = f"{reason} (in {json.loads(shown.read_text())['stage']})"
            shown.unlink()
        failure = Failure(job.clip, job.scenario.id, job.scenario.name, job.seed, hide(reason), hide(trace), passing)
        _write_json(self.path / State.FAILED / f"{job.clip}.json", asdict(failure))
        return failure

    def ask(self, scenarios: Sequence[Scenario]) -> None:
        """Write down what is wanted, beside what earlier starts wanted."""
        new = [Asked(s.id, safe_name(s.name), s.parameters) for s in scenarios]
        known = {one.scenario: one for one in (*self.asked(), *new)}
        _write_json(self.path / "asked.json", {"scenarios": [asdict(one) for one in known.values()]})

    def asked(self) -> tuple[Asked, ...]:
        """Every scenario that was ever wanted here; nothing in a folder that was made before this was written down."""
        path = self.path / "asked.json"
        if not path.is_file():
            return ()
        try:
            return tuple(Asked(**one) for one in json.loads(path.read_text())["scenarios"])
        except (ValueError, KeyError, TypeError):
            raise RunRefused(f"{path} is damaged; move it away: the coverage is then of the clips alone") from None

    def last_start(self) -> dict[str, Any]:
        """What run.json says of it."""
        return _read_manifest(self.path / "run.json")["starts"][-1]

    def first_start(self) -> datetime:
        """When work in this folder began, by the clock of then."""
        return datetime.fromisoformat(_read_manifest(self.path / "run.json")["starts"][0]["at"])

    def note(self, **facts: Any) -> None:
        """Add to what run.json says of this start."""
        manifest = _read_manifest(self.path / "run.json")
        manifest["starts"][-1].update(facts)
        _write_json(self.path / "run.json", manifest)


@contextmanager
def open_run(path: Path, made_with: dict[str, str], start: dict[str, Any]) -> Iterator[Run]:
    """Make or continue a run folder and hold it.

    `made_with` must agree with what the folder's clips were made with; `start` is written down and may differ from
    start to start: other scenarios or seeds extend a run. Raises `RunRefused` or `lock.Locked`.
    """
    if path.exists() and not path.is_dir():
        raise RunRefused(f"{path} is a file; --out names a folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunRefused(f"{path} cannot be made: {error.strerror}") from None
    strangers = [p.name for p in path.iterdir() if p.name != ".lock"]
    if strangers and not (path / "run.json").is_file():
        raise RunRefused(f"{path} holds other files ({', '.join(sorted(strangers)[:3])}); give --out a new folder")
    with locked(path):
        shutil.rmtree(path / UNFINISHED, ignore_errors=True)  # left by a run that was killed
        for name in (*State, UNFINISHED):
            (path / name).mkdir(exist_ok=True)
        _write_manifest(path / "run.json", made_with, start)
        yield Run(path)


@contextmanager
def reopen(path: Path) -> Iterator[Run]:
    """Hold a run folder that is there, without starting a run in it."""
    if not (path / "run.json").is_file():
        raise RunRefused(f"{path} is not a run folder: it has no run.json")
    with locked(path):
        yield Run(path)


def _write_manifest(path: Path, made_with: dict[str, str], start: dict[str, Any]) -> None:
    manifest = _read_manifest(path) if path.is_file() else {"made_with": made_with, "starts": []}
    if different := [k for k, v in made_with.items() if manifest["made_with"].get(k) != v]:
        was = ", ".join(f"{k} {manifest['made_with'].get(k)}" for k in different)
        now = ", ".join(f"{k} {made_with[k]}" for k in different)
        raise RunRefused(f"{path.parent} was made with {was}, this run has {now}; give another --out")
    manifest["starts"].append({"at": datetime.now(UTC).isoformat(timespec="seconds"), **start})
    _write_json(path, manifest)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text())
        manifest["made_with"], manifest["starts"]
    except (ValueError, KeyError, TypeError):
        raise RunRefused(f"{path} is damaged; give another --out, or move the file away") from None
    return manifest


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_text(path, hide(json.dumps(content, indent=1)) + "\n")
