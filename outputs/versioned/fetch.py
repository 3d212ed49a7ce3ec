"""Download of a dataset version to a folder that nuscenes-devkit can load; files already there are not sent again."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from outputs.atomic_write import whole_file, whole_folder
from outputs.nuscenes.tables import TABLES
from outputs.versioned.store import Store
from outputs.versioned.versions import Version, latest_version, read_version, version_numbers

WORKERS = 16
# File names allowed in tables: none may leave the folder.
INSIDE = re.compile(r"((samples|sweeps)/[A-Z0-9_]+|maps)/[A-Za-z0-9][A-Za-z0-9._-]*")


class NoSuchVersion(ValueError):
    """The dataset has no such version; the message lists the existing ones."""


def find_version(store: Store, name: str | None) -> Version:
    """Find a version by its name or a prefix such as v0008; the last one if `name` is None. Raises `NoSuchVersion`."""
    if name is None:
        if (version := latest_version(store)) is None:
            raise NoSuchVersion("it has no version yet")
        return version
    numbers = version_numbers(store)
    match = re.fullmatch(r"v(\d+)(-[0-9a-f]{8})?", name)
    if match and int(match[1]) in numbers:
        version = read_version(store, int(match[1]))
        if not match[2] or version.name == name:
            return version
    existing = f"v{numbers[0]:04d} to v{numbers[-1]:04d}" if numbers else "no version yet"
    raise NoSuchVersion(f"no version {name}; there is {existing}")


def fetch_version(store: Store, version: Version, into: Path) -> int:
    """Download a version to `into`; returns the number of files. The tables appear last: with them it is complete.

    ValueError for tables that name files outside the dataset.
    """
    if (into / version.name).is_dir():
        return 0
    with (
        whole_folder(into / version.name) as tables,
        ThreadPoolExecutor(WORKERS, thread_name_prefix="fetch") as executor,
    ):
        files = store.names(version.name)
        if missing := {f"{table}.json" for table in TABLES} - set(files):
            raise ValueError(f"{version.name} is damaged: no {', '.join(sorted(missing))}")
        list(executor.map(lambda name: (tables / name).write_bytes(store.read(f"{version.name}/{name}")), files))
        names = [name for name in _file_names(tables) if not (into / name).exists()]
        list(executor.map(lambda name: _download(store, name, into), names))
    return len(names)


def _file_names(tables: Path) -> list[str]:
    names = [
        row["filename"]
        for name in ("sample_data", "map")
        for row in json.loads((tables / f"{name}.json").read_text("utf-8"))
    ]
    if outside := [name for name in names if not isinstance(name, str) or not INSIDE.fullmatch(name)]:
        raise ValueError(f"{tables.name} names files outside the dataset: {', '.join(map(repr, outside[:3]))}")
    return names


def _download(store: Store, name: str, into: Path) -> None:
    with whole_file(into / name) as part:
        part.write_bytes(store.read(name))
