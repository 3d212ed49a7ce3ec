"""Atomic writing: files and folders are written under a temporary name and then renamed."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def beside(path: Path) -> Path:
    """A unique hidden name next to `path`, on the same file system; unique also among several machines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.parent / f".{path.name}.{uuid.uuid4().hex[:12]}.part"


@contextmanager
def _named(path: Path, part: Path) -> Iterator[None]:
    """Let errors of the hidden file or folder name the one that was asked for."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and Path(error.filename).is_relative_to(part):
            error.filename = str(path / Path(error.filename).relative_to(part))
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it is renamed to `path` when the block ends, and deleted if the block raises."""
    part = beside(path)
    try:
        with _named(path, part):
            yield part
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it is renamed to `path` when the block ends, and deleted if the block raises.

    An existing folder cannot be replaced in one step: between two renames there is no folder at `path`, but never an
    incomplete one.
    """
    part, old = beside(path), beside(path)
    with _named(path, part):
        part.mkdir()
    try:
        with _named(path, part):
            yield part
            if path.exists():
                os.replace(path, old)
            os.replace(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
