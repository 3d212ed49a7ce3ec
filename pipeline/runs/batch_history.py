"""History of earlier nightly runs under their common folder: clips made, started, failed. Read from disk each time.

ROOT/2026-11-21/   a run folder, as made by `nearmiss generate`
ROOT/nights.jsonl  one line for each nightly run that ended
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from outputs.strict_model import StrictModel
from pipeline.engine.lock import locked
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_file import RunRefused
from pipeline.runs.run_folder import UNFINISHED, Run, State

TRIES = 3  # nightly runs in which a clip may have a transient failure


@dataclass(frozen=True)
class History:
    """Clips by id. `begun` were started and have not ended; `failures` has the last one of each clip never made."""

    made: frozenset[str]
    begun: frozenset[str]
    failures: dict[str, ClipFailed]
    nights_failed: Counter[str]
    code: dict[str, str]  # code version of the run in which a clip failed

    def hopeless(self, clip: str, code: str) -> bool:
        """Whether a clip is abandoned: a permanent failure with this code version, or too many transient ones."""
        if (failure := self.failures.get(clip)) is None:
            return False
        if failure.transient:
            return self.nights_failed[clip] >= TRIES
        return self.code[clip] == code


def history(root: Path) -> History:
    """The history of every nightly run under `root`, in order."""
    made: set[str] = set()
    begun: set[str] = set()
    failures: dict[str, ClipFailed] = {}
    nights: Counter[str] = Counter()
    code: dict[str, str] = {}
    for night in _nights(root):
        made |= _made(night)
        begun |= {name.partition(".")[0] for name in _names(night / UNFINISHED)}
        made_by = _code(night)
        for failure in Run(night).failures():
            failures[failure.clip] = failure
            nights[failure.clip] += 1
            code[failure.clip] = made_by
    left = {clip: failure for clip, failure in failures.items() if clip not in made}
    return History(frozenset(made), frozenset(begun - made), left, nights, code)


@contextmanager
def no_other_night(run: Run) -> Iterator[frozenset[str]]:
    """Lock out other nightly runs, if `run` is one; gives the clips that other nightly runs have made.

    For any other run: no lock, no clips. Raises `Locked`.
    """
    with locked(run.path.absolute().parent) if _is_night(run) else nullcontext():
        yield made_on_other_nights(run)


def made_on_other_nights(run: Run) -> frozenset[str]:
    """Clips that only other nightly runs have; empty if `run` is not a nightly run."""
    here = run.path.absolute()
    others = [night for night in _nights(here.parent) if night != here] if _is_night(run) else []
    return frozenset().union(*map(_made, others)) - _made(here)


def _is_night(run: Run) -> bool:
    return any(start.night for start in run.file().starts)


def _nights(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("*/run.json"))


def _made(night: Path) -> set[str]:
    return _names(night / State.ACCEPTED) | _names(night / State.REJECTED)


def _names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.startswith(".")} if folder.is_dir() else set()


def _code(night: Path) -> str:
    try:
        return Run(night).last_start().versions.get("code", "")
    except (OSError, RunRefused):
        return ""  # damaged: clips that failed there are tried again


class BatchEnd(StrictModel):
    """The end of a nightly run. `line` is its summary."""

    night: str
    at: str
    ok: bool
    line: str


def ended_nights(root: Path) -> dict[str, BatchEnd]:
    """Nightly runs that ended, by name; without interrupted ones."""
    path = root / "nights.jsonl"
    if not path.is_file():
        return {}
    found = [_read(line) for line in path.read_text("utf-8").splitlines()]
    return {ended.night: ended for ended in found if ended}


def all_well_since(root: Path, before: dict[str, BatchEnd]) -> bool:
    """Whether at least one nightly run has ended since `ended_nights` returned `before`, and all of them completely."""
    new = [ended for name, ended in ended_nights(root).items() if ended != before.get(name)]
    return bool(new) and all(ended.ok for ended in new)


def note_ended(root: Path, ended: Iterable[BatchEnd]) -> None:
    """Append to the list, on a new line also if the last line is truncated by a full disk."""
    with (root / "nights.jsonl").open("a+", encoding="utf-8") as file:
        file.seek(0)
        whole = (text := file.read()) == "" or text.endswith("\n")
        file.write("" if whole else "\n")
        for one in ended:
            file.write(json.dumps(dict(one)) + "\n")


def _read(line: str) -> BatchEnd | None:
    try:
        return BatchEnd.model_validate_json(line)
    except ValidationError:  # truncated when the machine failed: that nightly run has not ended
        return None
