"""What a run that was cut short leaves behind, and what nobody needs any more."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from outputs.versioned.orphans import AGE, OrphanReport, delete_orphans
from outputs.versioned.store import BadAddress, open_store
from pipeline.errors import UserError
from pipeline.runs.run_folder import BROKEN, UNFINISHED, Run, State, reopen
from pipeline.runs.saved_request import SPECS, wanted

_PART = re.compile(r"\..+\.[0-9a-f]{12}\.part")  # as `outputs.atomic_write` names what is not yet whole


@dataclass(frozen=True)
class Leftover:
    """`frees` counts bytes on the disk; a file that the dataset shares with a clip frees none."""

    path: Path
    what: str
    frees: int


class NotSwept(UserError):
    """Nobody can say what of a dataset is in use, or it cannot be reached."""


def is_dataset(place: str) -> bool:
    """Whether a place is a merged dataset or the beginning of one, by its address or its look, and not a run folder."""
    looks = any((Path(place) / folder).is_dir() for folder in ("versions", "samples", "sweeps", "maps", "scenes"))
    return "://" in place or (looks and not (Path(place) / "run.json").exists())


def gc_dataset(place: str, older_than: timedelta = AGE, dry_run: bool = False) -> OrphanReport:
    """Take away what killed merges left in the dataset at a folder or address. Raises `NotSwept`.

    A merge may be at work meanwhile: what nobody has touched for `older_than` is not its own.
    """
    try:
        return delete_orphans(open_store(place), older_than, dry_run)
    except BadAddress as error:
        raise NotSwept(str(error)) from None
    except (OSError, ValueError) as error:
        raise NotSwept(f"{place}: {error}") from error


def gc(path: Path, dry_run: bool) -> tuple[Leftover, ...]:
    """Find the leftovers of a run folder, and unless `dry_run` take them away. Raises `RunRefused` or `lock.Locked`.

    Age plays no part: while we hold the folder nobody works in it, so that whatever is unfinished will stay so.
    """
    with reopen(path) as run:
        found = tuple(Leftover(place, what, _bytes(place)) for place, what in _leftovers(run))
        for one in () if dry_run else found:
            if one.path.is_dir() and not one.path.is_symlink():
                shutil.rmtree(one.path)
            else:
                one.path.unlink(missing_ok=True)
    return found


def _leftovers(run: Run) -> Iterator[tuple[Path, str]]:
    for folder in (*run.path.glob(f"{UNFINISHED}.*"), run.path / UNFINISHED):
        yield from ((place, "a clip that was begun and not finished") for place in sorted(_inside(folder)))
    yield from ((place, "a clip that was found half there") for place in sorted(_inside(run.path / BROKEN)))
    for place in _parts(run.path):
        yield place, "half of a file or folder, from a moment when the run was killed"
    for file in sorted((run.path / State.FAILED).glob("*.json")):
        if run.state(file.stem):
            yield file, "the failure of a clip that was made later"
    known = set(wanted(run))
    yield from ((place, "files of a request that is forgotten") for place in _inside(run.path / SPECS)
                if place.name not in known)  # fmt: skip


def _inside(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from folder.iterdir()


def _parts(folder: Path) -> Iterator[Path]:
    """Parts anywhere but inside the places that are gone through as a whole."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((UNFINISHED, BROKEN))]
        parts = [name for name in (*folders, *files) if _PART.fullmatch(name)]
        folders[:] = [name for name in folders if name not in parts]
        yield from (Path(at, name) for name in parts)


def _bytes(place: Path) -> int:
    files = [place] if place.is_file() else [Path(at, name) for at, _, names in os.walk(place) for name in names]
    return sum(file.lstat().st_blocks * 512 for file in files if file.lstat().st_nlink == 1)
