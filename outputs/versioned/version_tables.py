"""The tables of one version of a dataset, a function of its list of scenes: written row by row, never held whole."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from outputs.atomic_write import write_text
from outputs.nuscenes.dataset import fixed_tables
from outputs.nuscenes.dataset_card import dataset_card
from outputs.nuscenes.detection_task import counted_boxes
from outputs.nuscenes.splits import SceneFamily, Shares, SplitShare, as_table, placed, settled, sides
from outputs.nuscenes.tables import LIDAR_KEYFRAMES, TABLES
from outputs.versioned.scene_package import ScenePackage, as_line, read_scenes
from outputs.versioned.store import Store

SHARED = ("sensor", "calibrated_sensor")  # the tables in which scenes repeat each other's rows


@dataclass(frozen=True)
class Entry:
    """What is remembered of a scene once its rows are written."""

    id: str
    family: str
    name: str
    attribution: str
    code_version: str
    boxes: Counter[str]


@dataclass(frozen=True)
class BuiltTables:
    """Tables in a folder on this machine. `digest` is of their bytes, `rows` counts each table's."""

    folder: Path
    digest: str
    entries: tuple[Entry, ...]
    rows: dict[str, int]
    sides: tuple[SplitShare, ...]


def build_tables(
    store: Store, scenes: dict[str, str], shares: Shares, folder: Path, hands: Executor, before: str = ""
) -> BuiltTables:
    """Fills `folder` with the thirteen tables, splits.json and, where somebody must be named, ATTRIBUTION.txt.

    Who was placed in the version named `before` stays on that side.
    """
    with ExitStack() as stack:
        tables = {
            name: _Table(stack.enter_context((folder / f"{name}.json").open("w", encoding="utf-8")), name in SHARED)
            for name in TABLES
        }
        for name, rows in fixed_tables().items():
            tables[name].add(map(as_line, rows))
        entries = tuple(_add(package, tables) for package in read_scenes(store, scenes, hands))
        for table in tables.values():
            table.end()
    kin = {entry.id: SceneFamily(entry.family, entry.name) for entry in entries}
    known = settled(kin, placed(json.loads(store.read(f"{before}/splits.json")))) if before else {}
    found = sides({scene: one.family for scene, one in kin.items()}, shares, known)
    write_text(folder / "splits.json", json.dumps(as_table(found), indent=1) + "\n")
    if named := [f"{entry.id}: {entry.attribution}\n" for entry in entries if entry.attribution]:
        write_text(folder / "ATTRIBUTION.txt", "".join(named))
    rows = {name: table.count for name, table in tables.items()}
    return BuiltTables(folder, _digest(folder), entries, rows, found)


def add_card(built: BuiltTables, version: str) -> None:
    """The README of a version, once its name is known."""
    boxes = {entry.id: entry.boxes for entry in built.entries}
    card = dataset_card(built.entries, boxes, as_table(built.sides), version, "<the folder above>")
    write_text(built.folder / "README.md", card)


class _Table:
    """A JSON list on disk, a row a line; with `once` those that are there already are left out."""

    def __init__(self, stream: TextIO, once: bool) -> None:
        self.stream, self.once, self.count, self.known = stream, once, 0, set[str]()
        stream.write("[")

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            if self.once and line in self.known:
                continue
            if self.once:
                self.known.add(line)
            self.stream.write((",\n" if self.count else "\n") + line)
            self.count += 1

    def end(self) -> None:
        self.stream.write("\n]\n")


def _add(package: ScenePackage, tables: dict[str, _Table]) -> Entry:
    for name, rows in package.tables.items():
        tables[name].add(rows)
    record = package.record
    return Entry(record.id, record.family, record.name, record.attribution, record.code_version, _boxes(package.tables))


def _boxes(tables: dict[str, list[str]]) -> Counter[str]:
    """Sensor and pose rows go in pairs; only those of the LiDAR are parsed, since a dataset has very many."""
    pairs = zip(tables["sample_data"], tables["ego_pose"], strict=True)
    lidar = [pair for pair in pairs if LIDAR_KEYFRAMES in pair[0]]
    return counted_boxes(
        map(json.loads, tables["instance"]), map(json.loads, tables["sample_annotation"]),
        (json.loads(row) for row, _ in lidar), (json.loads(pose) for _, pose in lidar),
    )  # fmt: skip


def _digest(folder: Path) -> str:
    seen = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            seen.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return seen.hexdigest()[:8]
