"""The tables of one version, computed from its list of scenes and written row by row to bound memory."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import ConfigDict, TypeAdapter

from outputs.atomic_write import write_text
from outputs.nuscenes.dataset import fixed_tables
from outputs.nuscenes.dataset_card import dataset_card
from outputs.nuscenes.detection_task import counted_boxes
from outputs.nuscenes.splits import (
    SceneFamily,
    Shares,
    SplitShare,
    assign_splits,
    fixed_splits,
    scene_splits,
    splits_table,
)
from outputs.nuscenes.tables import LIDAR_KEYFRAMES, TABLES
from outputs.strict_model import read_strictly
from outputs.versioned.scene_package import ScenePackage, as_line, read_scenes
from outputs.versioned.store import Store

_SPLITS = TypeAdapter(dict[str, tuple[str, ...]], config=ConfigDict(strict=True))
SHARED = ("sensor", "calibrated_sensor")  # tables in which different scenes have identical rows


@dataclass(frozen=True)
class Entry:
    """The data of a scene that is kept after its rows are written."""

    id: str
    family: str
    name: str
    attribution: str
    code_version: str
    renderer: str
    rig: str
    cameras: tuple[str, ...]
    cameras_agree: bool
    boxes: Counter[str]


@dataclass(frozen=True)
class BuiltTables:
    """Tables in a local folder. `digest` is of their bytes, `rows` counts the rows of each table."""

    folder: Path
    digest: str
    entries: tuple[Entry, ...]
    rows: dict[str, int]
    splits: tuple[SplitShare, ...]


def build_tables(
    store: Store, scenes: dict[str, str], shares: Shares, folder: Path, executor: Executor, before: str = ""
) -> BuiltTables:
    """Write the thirteen tables, splits.json and, if a licence requires it, ATTRIBUTION.txt to `folder`.

    A scene keeps its split of the version named `before`.
    """
    with ExitStack() as stack:
        tables = {
            name: _Table(stack.enter_context((folder / f"{name}.json").open("w", encoding="utf-8")), name in SHARED)
            for name in TABLES
        }
        for name, rows in fixed_tables().items():
            tables[name].add(map(as_line, rows))
        entries = tuple(_add(package, tables) for package in read_scenes(store, scenes, executor))
        for table in tables.values():
            table.end()
    families = {entry.id: SceneFamily(entry.family, entry.name) for entry in entries}
    previous = fixed_splits(families, scene_splits(_splits(store, f"{before}/splits.json"))) if before else {}
    split_shares = assign_splits({scene: one.family for scene, one in families.items()}, shares, previous)
    write_text(folder / "splits.json", json.dumps(splits_table(split_shares), indent=1) + "\n")
    if named := [f"{entry.id}: {entry.attribution}\n" for entry in entries if entry.attribution]:
        write_text(folder / "ATTRIBUTION.txt", "".join(named))
    counts = {name: table.count for name, table in tables.items()}
    return BuiltTables(folder, _digest(folder), entries, counts, split_shares)


def _splits(store: Store, name: str) -> dict[str, tuple[str, ...]]:
    return read_strictly(name, store.read(name), _SPLITS.validate_json)


def add_card(built: BuiltTables, version: str) -> None:
    """Write the README of a version, once its name is known."""
    boxes = {entry.id: entry.boxes for entry in built.entries}
    card = dataset_card(built.entries, boxes, splits_table(built.splits), version, "<the folder above>")
    write_text(built.folder / "README.md", card)


class _Table:
    """A JSON list in a file, one row per line; with `once`, repeated rows are left out."""

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
    boxes = _boxes(package.tables)
    told = (record.attribution, record.code_version, record.renderer, record.rig, record.cameras, record.cameras_agree)
    return Entry(record.id, record.family, record.name, *told, boxes)


def _boxes(tables: dict[str, list[str]]) -> Counter[str]:
    """Count the boxes. Rows of sensor data and ego poses correspond; only LiDAR rows are parsed, for speed."""
    pairs = zip(tables["sample_data"], tables["ego_pose"], strict=True)
    lidar = [pair for pair in pairs if LIDAR_KEYFRAMES in pair[0]]
    return counted_boxes(
        map(json.loads, tables["instance"]), map(json.loads, tables["sample_annotation"]),
        (json.loads(row) for row, _ in lidar), (json.loads(pose) for _, pose in lidar),
    )  # fmt: skip


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            digest.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:8]
