"""Garbage collection: files that interrupted runs and merges leave, and files that are no longer used."""

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
from pipeline.runs.run_folder import BROKEN, UNFINISHED, Run, State, reopen, run_around, run_instead
from pipeline.runs.saved_request import SPECS, wanted

_PART = re.compile(r"\..+\.[0-9a-f]{12}\.part")  # names of unfinished files, from `outputs.atomic_write`


@dataclass(frozen=True)
class Leftover:
    """`frees` counts bytes on the disk; a file with other hard links frees none."""

    path: Path
    what: str
    frees: int


class GarbageCollectionRefused(UserError):
    """It is not known which files of a dataset are in use, or the dataset cannot be read."""


def is_dataset(place: str) -> bool:
    """Whether a place is a merged dataset, also one of a failed first merge: by its address or its folders."""
    looks = any((Path(place) / folder).is_dir() for folder in ("versions", "samples", "sweeps", "maps", "scenes"))
    return "://" in place or (looks and not (Path(place) / "run.json").exists())


def gc_dataset(place: str, older_than: timedelta = AGE, dry_run: bool = False) -> OrphanReport:
    """Delete files that killed merges left in a dataset, a folder or an address. Raises `GarbageCollectionRefused`.

    Only files unchanged for `older_than` are deleted, since a running merge may need younger ones.
    """
    if run_around(place) is not None:
        raise GarbageCollectionRefused(f"{place} is no merged dataset{run_instead(place)}")
    try:
        return delete_orphans(open_store(place), older_than, dry_run)
    except BadAddress as error:
        raise GarbageCollectionRefused(str(error)) from None
    except (OSError, ValueError) as error:
        raise GarbageCollectionRefused(f"{place}: {error}") from error


def gc(path: Path, dry_run: bool) -> tuple[Leftover, ...]:
    """Find the leftovers of a run folder and, unless `dry_run`, delete them. Raises `RunRefused` or `lock.Locked`.

    Their age does not matter: the folder is locked, so that no other process is working on unfinished clips.
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
        yield from ((place, "an unfinished clip") for place in sorted(_inside(folder)))
    yield from ((place, "an incomplete clip, made again since") for place in sorted(_inside(run.path / BROKEN)))
    for place in _parts(run.path):
        yield place, "an unfinished file or folder"
    for file in sorted((run.path / State.FAILED).glob("*.json")):
        if run.state(file.stem):
            yield file, "the failure record of a clip that was made later"
    known = set(wanted(run))
    yield from ((place, "scenario files of a request that is no longer kept") for place in _inside(run.path / SPECS)
                if place.name not in known)  # fmt: skip


def _inside(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from folder.iterdir()


def _parts(folder: Path) -> Iterator[Path]:
    """Unfinished files and folders, except in the folders that are deleted entirely."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((UNFINISHED, BROKEN))]
        parts = [name for name in (*folders, *files) if _PART.fullmatch(name)]
        folders[:] = [name for name in folders if name not in parts]
        yield from (Path(at, name) for name in parts)


def _bytes(place: Path) -> int:
    files = [place] if place.is_file() else [Path(at, name) for at, _, names in os.walk(place) for name in names]
    return sum(file.lstat().st_blocks * 512 for file in files if file.lstat().st_nlink == 1)
