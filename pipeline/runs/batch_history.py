"""What earlier nights left under their common folder: made, begun and not ended, failed. Read from disk each time.

ROOT/2026-11-21/   a run folder, as `nearmiss generate` leaves it
ROOT/nights.jsonl  one line a night that came to its end
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

TRIES = 3  # nights in which a clip may fail through no fault of its own


@dataclass(frozen=True)
class History:
    """Clips by id. `begun` have no end; `failures` is the latest of each clip that was never made."""

    made: frozenset[str]
    begun: frozenset[str]
    failures: dict[str, ClipFailed]
    nights_failed: Counter[str]
    code: dict[str, str]  # of the night that a clip failed in

    def hopeless(self, clip: str, code: str) -> bool:
        """It failed by itself, and the program is still the same; or the machine failed under it too often."""
        if (failure := self.failures.get(clip)) is None:
            return False
        if failure.transient:
            return self.nights_failed[clip] >= TRIES
        return self.code[clip] == code


def history(root: Path) -> History:
    """Of every night under `root`, in their order."""
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
    """While it lasts no other night can begin beside a run that is one; gives the clips that others have made.

    Of any other run: nothing, and whatever is beside it may go on. Raises `Locked`.
    """
    with locked(run.path.absolute().parent) if _is_night(run) else nullcontext():
        yield made_on_other_nights(run)


def made_on_other_nights(run: Run) -> frozenset[str]:
    """Clips that are there and not here; none for a run that is no night."""
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
        return ""  # damaged: whatever failed there is tried again


class BatchEnd(StrictModel):
    """How a night came to its end. `line` says it in a sentence."""

    night: str
    at: str
    ok: bool
    line: str


def ended_nights(root: Path) -> dict[str, BatchEnd]:
    """By name; a night that was cut off is not among them."""
    path = root / "nights.jsonl"
    if not path.is_file():
        return {}
    found = [_read(line) for line in path.read_text("utf-8").splitlines()]
    return {ended.night: ended for ended in found if ended}


def all_well_since(root: Path, before: dict[str, BatchEnd]) -> bool:
    """Whether some night has come to its end since `ended_nights` said `before`, and nothing of any such is missing."""
    new = [ended for name, ended in ended_nights(root).items() if ended != before.get(name)]
    return bool(new) and all(ended.ok for ended in new)


def note_ended(root: Path, ended: Iterable[BatchEnd]) -> None:
    """Add to the list; a line that was cut short by a full disk is left behind as a line of its own."""
    with (root / "nights.jsonl").open("a+", encoding="utf-8") as file:
        file.seek(0)
        whole = (text := file.read()) == "" or text.endswith("\n")
        file.write("" if whole else "\n")
        for one in ended:
            file.write(json.dumps(dict(one)) + "\n")


def _read(line: str) -> BatchEnd | None:
    try:
        return BatchEnd.model_validate_json(line)
    except ValidationError:  # cut short when the machine went away: that night is not over
        return None
