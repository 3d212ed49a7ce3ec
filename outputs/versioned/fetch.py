"""A version of a dataset on this machine, where nuscenes-devkit can load it; what is there is not sent again."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from outputs.atomic_write import whole_file, whole_folder
from outputs.nuscenes.tables import TABLES
from outputs.versioned.store import Store
from outputs.versioned.versions import Version, latest, read_version, versions

HANDS = 16
# What a table may name: nothing that could climb out of the folder.
INSIDE = re.compile(r"((samples|sweeps)/[A-Z0-9_]+|maps)/[A-Za-z0-9][A-Za-z0-9._-]*")


class NoSuchVersion(ValueError):
    """The dataset has no such version; the message names those that there are."""


def find_version(store: Store, name: str | None) -> Version:
    """By its name, or its beginning such as v0008; the last one where none is named. Raises `NoSuchVersion`."""
    if name is None:
        if (version := latest(store)) is None:
            raise NoSuchVersion("it has no version yet")
        return version
    numbers = versions(store)
    match = re.fullmatch(r"v(\d+)(-[0-9a-f]{8})?", name)
    if match and int(match[1]) in numbers:
        version = read_version(store, int(match[1]))
        if not match[2] or version.name == name:
            return version
    there = f"v{numbers[0]:04d} to v{numbers[-1]:04d}" if numbers else "no version yet"
    raise NoSuchVersion(f"no version {name}; there is {there}")


def fetch(store: Store, version: Version, into: Path) -> int:
    """Files brought to `into`; the tables come last, so that a folder of tables means that everything is there.

    ValueError for tables that name files outside the dataset.
    """
    if (into / version.name).is_dir():
        return 0
    with whole_folder(into / version.name) as tables, ThreadPoolExecutor(HANDS, thread_name_prefix="fetch") as hands:
        there = store.names(version.name)
        if missing := {f"{table}.json" for table in TABLES} - set(there):
            raise ValueError(f"{version.name} is damaged: no {', '.join(sorted(missing))}")
        list(hands.map(lambda name: (tables / name).write_bytes(store.read(f"{version.name}/{name}")), there))
        names = [name for name in _named(tables) if not (into / name).exists()]
        list(hands.map(lambda name: _bring(store, name, into), names))
    return len(names)


def _named(tables: Path) -> list[str]:
    names = [
        row["filename"]
        for name in ("sample_data", "map")
        for row in json.loads((tables / f"{name}.json").read_text("utf-8"))
    ]
    if strangers := [name for name in names if not isinstance(name, str) or not INSIDE.fullmatch(name)]:
        raise ValueError(f"{tables.name} names files outside the dataset: {', '.join(map(repr, strangers[:3]))}")
    return names


def _bring(store: Store, name: str, into: Path) -> None:
    with whole_file(into / name) as part:
        part.write_bytes(store.read(name))
