"""Writer of a dataset in nuScenes' format from the folders of accepted clips.

Keyframes at 2 Hz with annotations, the pictures between them as sweeps, one LIDAR_TOP sweep a keyframe, a log and a
road mask for every clip. The same clips give the same bytes, also over an older build; files of clips that are no
longer in it are deleted. The devkit reserves the split names `train` and `val` for its own lists of scenes, so the
splits are called `nearmiss_train` and `nearmiss_val`, and `nearmiss_all` is both (`outputs.nuscenes.splits`).
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from outputs.atomic_write import whole_file, whole_folder, write_text
from outputs.clips.manifest import ClipRecord, read_record
from outputs.nuscenes import taxonomy
from outputs.nuscenes.dataset_card import dataset_card
from outputs.nuscenes.detection_task import counted_boxes
from outputs.nuscenes.splits import Shares, assign_splits, splits_table
from outputs.nuscenes.tables import LIDAR_KEYFRAMES, TABLES, ClipTables, Row, mask_name, open_scene, scene_rows
from outputs.nuscenes.taxonomy import token

VERSION = "v1.0-trainval"


@dataclass(frozen=True)
class DatasetSummary:
    """Counts over the whole dataset."""

    root: Path
    version: str
    scenes: int
    samples: int
    annotations: int
    splits: dict[str, int]


def write_dataset(clips: Iterable[Path], root: Path, version: str = VERSION) -> DatasetSummary:
    """Build or rebuild `root`/`version` from clip folders.

    ValueError for a rejected clip, an id that occurs twice, or no clip; an existing dataset then stays unchanged.
    """
    folders = sorted(clips, key=lambda folder: folder.name)
    records = [read_record(folder / "record.json") for folder in folders]
    _check_records(records, root)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES} | fixed_tables()
    boxes: dict[str, Counter[str]] = {}
    written = {name for folder in folders for name in _add(open_scene(folder), tables, boxes, root)}
    before = _files_in_tables(root / version)
    splits = splits_table(assign_splits({record.id: record.family for record in records}, Shares()))
    _write_tables(root / version, {name: _unique(rows) for name, rows in tables.items()}, splits)
    _write_readme(root, records, dataset_card(records, boxes, splits, version))
    _delete_files(root, before - written)
    return DatasetSummary(
        root, version, len(records), len(tables["sample"]), len(tables["sample_annotation"]),
        {name: len(scenes) for name, scenes in splits.items()},
    )  # fmt: skip


def _check_records(records: Sequence[ClipRecord], root: Path) -> None:
    if not records:
        raise ValueError(f"{root}: no accepted clip to build a dataset from")
    for record in records:
        if not record.accepted:
            raise ValueError(f"{record.id}: rejected clips stay out of the dataset: {'; '.join(record.reasons)}")
    twice = [name for name, count in Counter(record.id for record in records).items() if count > 1]
    if twice:
        raise ValueError(f"clips with the same id: {', '.join(twice)}")


def _add(scene: ClipTables, tables: dict[str, list[Row]], boxes: dict[str, Counter[str]], root: Path) -> set[str]:
    """Add a clip's rows and counts to the tables, link or copy its files into `root`, and return their names."""
    built = scene_rows(scene)
    boxes[scene.record.id] = counted_boxes(
        built.tables["instance"], built.tables["sample_annotation"],
        (row for row in built.tables["sample_data"] if str(row["filename"]).startswith(LIDAR_KEYFRAMES)),
        built.tables["ego_pose"],
    )  # fmt: skip
    for name, rows in built.tables.items():
        tables[name] += rows
    for name, source in built.files.items():
        _link_or_copy(source, root / name)
    mask = root / mask_name(scene)
    with whole_file(mask) as part:
        Image.fromarray(scene.mask.picture).save(part, format="png")
    return {*built.files, mask_name(scene)}


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system allows it, else a copy."""
    if target.exists() and os.path.samefile(source, target):
        return
    with whole_file(target) as part:
        try:
            os.link(source, part)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(source, part)


def fixed_tables() -> dict[str, list[Row]]:
    """The tables that are the same in every dataset."""
    return {
        "category": [
            {"token": token("category", name), "name": name, "description": "", "index": i}
            for i, name in enumerate(taxonomy.CATEGORIES)
        ],
        "attribute": [
            {"token": token("attribute", name), "name": name, "description": text}
            for name, text in taxonomy.ATTRIBUTES.items()
        ],
        "visibility": [
            {"token": level, "level": name, "description": f"visible share of the whole object, {name[1:]} %"}
            for level, name in taxonomy.VISIBILITY.items()
        ],
    }


def _unique(rows: Iterable[Row]) -> list[Row]:
    """Rows with distinct tokens; clips share sensors and calibrations."""
    return list({row["token"]: row for row in rows}.values())


def _write_tables(folder: Path, tables: dict[str, list[Row]], splits: dict[str, list[str]]) -> None:
    with whole_folder(folder) as part:
        for name, rows in tables.items():
            text = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
            write_text(part / f"{name}.json", f"[\n{text}\n]\n")
        write_text(part / "splits.json", json.dumps(splits, indent=1) + "\n")


def _write_readme(root: Path, records: Sequence[ClipRecord], card: str) -> None:
    """Write README.md, and ATTRIBUTION.txt with the source of each clip that must be credited."""
    write_text(root / "README.md", card)
    lines = [f"{record.id}: {record.attribution}\n" for record in records if record.attribution]
    if lines:
        write_text(root / "ATTRIBUTION.txt", "".join(lines))
    else:
        (root / "ATTRIBUTION.txt").unlink(missing_ok=True)


def _files_in_tables(folder: Path) -> set[str]:
    """The files named in the tables in `folder`; empty if there are no tables."""
    names: set[str] = set()
    for table in ("sample_data", "map"):
        path = folder / f"{table}.json"
        if path.exists():
            names |= {str(row["filename"]) for row in json.loads(path.read_text("utf-8"))}
    return names


def _delete_files(root: Path, names: Iterable[str]) -> None:
    """Delete files of the previous build that are not in this one; never outside `root`."""
    for name in names:
        target = (root / name).resolve()
        if target.is_relative_to(root.resolve()):
            target.unlink(missing_ok=True)
