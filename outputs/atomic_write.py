"""Files and folders that appear whole or not at all: written beside their place, then renamed into it."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def beside(path: Path) -> Path:
    """A hidden name next to `path`, on the same file system, that nobody else uses, on another machine either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.parent / f".{path.name}.{uuid.uuid4().hex[:12]}.part"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a path to write to; it takes `path`'s place when the block ends, and vanishes if the block raises."""
    part = beside(path)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder to fill; it takes `path`'s place when the block ends, and vanishes if the block raises.

    A folder cannot be swapped in one step: for the instant between two renames there is none at `path`, never half
    of one.
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
