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
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it is renamed to `path` when the block ends, and deleted if the block raises."""
    part = beside(path)
    try:
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
    part.mkdir()
    try:
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
