"""The tables of a log in nuScenes format: files, rows by token, and what is wrong with them as they stand."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from conditioning.geometry.camera import Camera
from conditioning.logs.log_fault import LogFault, faults_of, listed, merged, shown
from conditioning.logs.table_fields import FIELDS, Row, has, judge_rows
from conditioning.logs.table_links import link_faults, sample_chain

NEEDED = tuple(FIELDS)
FOR_THE_DEVKIT = ("attribute", "log", "map", "visibility")


class LogError(ValueError):
    """A log that cannot be read as requested; the message names what exists, or every fault of its tables."""


@dataclass(frozen=True)
class Tables:
    """One version folder (such as v1.0-mini) of a log.

    `rows` are the rows with all needed fields, `named` all rows with a token; both by table and token. `faults` are
    those of the tables as a whole, whatever the scene.
    """

    root: Path
    version: str
    rows: Mapping[str, Mapping[str, Row]]
    named: Mapping[str, Mapping[str, Row]]
    faults: tuple[LogFault, ...]

    def __getitem__(self, table: str) -> Mapping[str, Row]:
        return self.rows[table]

    @cached_property
    def of_samples(self) -> dict[str, dict[str, list[Row]]]:
        """The rows of sample_data and sample_annotation by their sample's token."""
        index: dict[str, dict[str, list[Row]]] = {"sample_data": {}, "sample_annotation": {}}
        for table, rows in index.items():
            for row in self[table].values():
                rows.setdefault(row["sample_token"], []).append(row)
        return index

    def scene(self, name: str) -> Row:
        """The scene of this name. Raises LogError with all faults of the tables if its row cannot be used."""
        for scene in self["scene"].values():
            if scene["name"] == name:
                return scene
        raise refusal(self, name, self.faults)

    def samples(self, scene: Row) -> list[Row]:
        """A scene's keyframes in the order of its chain."""
        return [self["sample"][token] for token in sample_chain(self.named, scene) if token in self["sample"]]

    def pictures(self, samples: Iterable[Row], channel: str) -> list[Row]:
        """One sensor's sample_data rows of some keyframes and of the sweeps between, in the order of time."""
        return sorted(self.of_channels(samples).get(channel, []), key=lambda row: row["timestamp"])

    def of_channels(self, samples: Iterable[Row]) -> dict[str, list[Row]]:
        """The sample_data rows of some keyframes by channel; rows without sensor or ego pose are left out."""
        rows: dict[str, list[Row]] = {}
        for row in (row for sample in samples for row in self.of_samples["sample_data"].get(sample["token"], ())):
            if row["ego_pose_token"] in self["ego_pose"]:
                calibrated = self["calibrated_sensor"].get(row["calibrated_sensor_token"], {})
                sensor = self["sensor"].get(calibrated.get("sensor_token", ""))
                if sensor is not None:
                    rows.setdefault(sensor["channel"], []).append(row)
        return rows


def refusal(tables: Tables, scene: str, faults: Iterable[LogFault]) -> LogError:
    """The error with every fault that is a reason not to read a scene, a line each."""
    reasons = [str(fault) for fault in faults if fault.refused]
    counted = f"{len(reasons)} fault{'' if len(reasons) == 1 else 's'}"
    head = f"{tables.root / tables.version}: scene {scene!r} cannot be read; {counted} in its tables:"
    return LogError("\n".join([head, *(f"  {reason}" for reason in reasons)]))


def pose_matrix(row: Row) -> Float[np.ndarray, "4 4"]:
    """The transform given by a row's translation and w-x-y-z rotation."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(np.roll(row["rotation"], -1)).as_matrix()
    matrix[:3, 3] = row["translation"]
    return matrix


def camera_of(tables: Tables, picture: Row, name: str) -> Camera:
    """The calibrated camera of a picture."""
    calibrated = tables["calibrated_sensor"][picture["calibrated_sensor_token"]]
    intrinsic = np.array(calibrated["camera_intrinsic"], float)
    return Camera(name, picture["width"], picture["height"], intrinsic, pose_matrix(calibrated))


def open_tables(root: Path, scene: str, split: str = "") -> Tables:
    """The version folder under `root` that contains a scene (and lists it in a split, if one is given).

    Raises LogError for a folder, file or scene that is not there; faults of rows are in `Tables.faults`.
    """
    names: dict[str, list[str]] = {}
    broken: list[LogError] = []
    unnamed: list[LogFault] = []
    for version in version_folders(root):
        try:
            names[version.name] = _scene_names(version)
            unnamed += [fault for fault in judge_rows("scene", _read(version / "scene.json")).faults if fault.refused]
        except LogError as error:
            broken.append(error)
    holding = [version for version, scenes in names.items() if scene in scenes]
    if not holding:
        if broken:
            raise broken[0]
        there = "; ".join(f"{version}: {listed(scenes)}" for version, scenes in names.items())
        raise LogError("\n  ".join([f"{root}: no scene {scene!r}; there are {there}", *map(str, unnamed)]))
    tables = read_tables(root / holding[0])
    if split:
        _require_split(root / holding[0], split, scene)
    if len(holding) > 1:
        found = f"scene {scene!r} is in {', '.join(holding)}; {holding[0]} is read"
        once = faults_of("several-versions", "scene", [scene], found, "one version in a folder", refused=False)
        return Tables(tables.root, tables.version, tables.rows, tables.named, (*tables.faults, *once))
    return tables


def read_tables(version: Path) -> Tables:
    """All tables of a version folder. Raises LogError if one is missing or is no list of rows."""
    missing = [t for t in NEEDED if not (version / f"{t}.json").is_file()]
    if missing:
        present = sorted(p.name for p in version.glob("*.json"))
        raise LogError(f"{version}: tables {missing} are missing; found {present}")
    stats = [(version / f"{t}.json").stat() for t in NEEDED]
    return _tables(version, tuple((stat.st_mtime_ns, stat.st_size) for stat in stats))


def log_fingerprint(root: Path) -> str:
    """Identify a log by the bytes of its tables, which name the pictures."""
    digest = hashlib.sha256()
    for version in version_folders(root):
        for table in NEEDED:
            file = version / f"{table}.json"
            digest.update(f"{version.name}/{table}:".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"-")
    return digest.hexdigest()[:16]


def version_folders(root: Path) -> list[Path]:
    """The table folders of a log. Raises LogError if there is none."""
    if not root.is_dir():
        raise LogError(f"{root}: no such folder; name the one that holds samples/ and a table folder like v1.0-mini/")
    versions = sorted(p.parent for p in root.glob("*/scene.json"))
    if not versions:
        entries = sorted(p.name for p in root.iterdir())[:12]
        raise LogError(
            f"{root}: no table folder such as v1.0-mini/ with a scene.json in it; found {entries}. "
            "Name the folder above the tables, in nuScenes format"
        )
    return versions


def _scene_names(version: Path) -> list[str]:
    rows = _read(version / "scene.json")
    return sorted(row["name"] for row in rows if isinstance(row, dict) and has(row, "name"))


def _require_split(version: Path, split: str, scene: str) -> None:
    file = version / "splits.json"
    splits = _json(file) if file.is_file() else {}
    if not isinstance(splits, dict):
        raise LogError(f"{file}: {shown(splits)}, not a mapping of splits to names of scenes")
    scenes = splits.get(split)
    if not isinstance(scenes, list) or scene not in scenes:
        raise LogError(f"{file}: scene {scene!r} is not in split {split!r}; splits there: {listed(splits)}")


@lru_cache(maxsize=2)
def _tables(version: Path, _changed: tuple[tuple[int, int], ...]) -> Tables:
    rows = {table: _read(version / f"{table}.json") for table in NEEDED}
    judged = {table: judge_rows(table, some) for table, some in rows.items()}
    named = {table: one.named for table, one in judged.items()}
    sound = {table: one.sound for table, one in judged.items()}
    faults = [
        *(fault for one in judged.values() for fault in one.faults),
        *link_faults(named),
        *_same_name(named["scene"]),
        *_missing_for_the_devkit(version),
    ]
    return Tables(version.parent, version.name, sound, named, merged(faults))


def _same_name(scenes: Mapping[str, Row]) -> Iterator[LogFault]:
    names = [row["name"] for row in scenes.values() if has(row, "name")]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    yield from faults_of("scene-twice", "scene", twice, "a name that several scenes have", "a name of its own")


def _missing_for_the_devkit(version: Path) -> Iterator[LogFault]:
    missing = [table for table in FOR_THE_DEVKIT if not (version / f"{table}.json").is_file()]
    if missing:
        wanted = "all of nuScenes' thirteen tables: its devkit does not load fewer"
        yield LogFault("table-missing", ", ".join(missing), (), len(missing), "no such file", wanted, refused=False)


def _read(file: Path) -> list[Any]:
    rows = _json(file)
    if not isinstance(rows, list):
        raise LogError(f"{file}: {shown(rows)}, not a JSON table; wanted a list of rows")
    return rows


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, numbers of thousands of digits, deep nesting
        raise LogError(f"{file}: not a JSON table: {error}; wanted a list of rows") from error
