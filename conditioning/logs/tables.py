"""The tables of a log in nuScenes format, as stored; missing tables are refused."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from conditioning.geometry.camera import Camera

NEEDED = (
    "calibrated_sensor", "category", "ego_pose", "instance", "sample", "sample_annotation", "sample_data", "scene",
    "sensor",
)  # fmt: skip
Row = dict[str, Any]  # JSON, as the table has it


class LogError(ValueError):
    """A log that cannot be read as requested; the message names what exists."""


@dataclass(frozen=True)
class Tables:
    """One version folder (such as v1.0-mini) of a log, with rows by token."""

    root: Path
    version: str
    rows: dict[str, dict[str, Row]]

    def __getitem__(self, table: str) -> dict[str, Row]:
        return self.rows[table]

    def scene(self, name: str) -> Row:
        """The scene of this name, which must exist."""
        return next(s for s in self["scene"].values() if s["name"] == name)

    def samples(self, scene: Row) -> list[Row]:
        """A scene's keyframes in the order of time."""
        chain, token = [], scene["first_sample_token"]
        while token:
            chain.append(self["sample"][token])
            token = chain[-1]["next"]
        return chain

    def pictures(self, samples: list[Row], channel: str) -> list[Row]:
        """One camera's sample_data rows of some keyframes and of the sweeps between, in the order of time."""
        tokens = {s["token"] for s in samples}
        rows = [
            row
            for row in self["sample_data"].values()
            if row["sample_token"] in tokens and self._channel(row) == channel
        ]
        if not rows:
            channels = sorted({self._channel(r) for r in self["sample_data"].values() if r["sample_token"] in tokens})
            raise LogError(f"{self.root / self.version}: the scene has no {channel} pictures; its sensors: {channels}")
        return sorted(rows, key=lambda row: row["timestamp"])

    def _channel(self, row: Row) -> str:
        return self["sensor"][self["calibrated_sensor"][row["calibrated_sensor_token"]]["sensor_token"]]["channel"]


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
    """The version folder under `root` that contains a scene (and lists it in a split, if one is given)."""
    versions = _versions(root)
    scenes = {v.name: sorted(row["name"] for row in _read(v / "scene.json")) for v in versions}
    holding = [v for v in versions if scene in scenes[v.name]]
    if not holding:
        raise LogError(f"{root}: no scene {scene!r}; there are {scenes}")
    version = holding[0]
    if split:
        _require_split(version, split, scene)
    missing = [t for t in NEEDED if not (version / f"{t}.json").is_file()]
    if missing:
        present = sorted(p.name for p in version.glob("*.json"))
        raise LogError(f"{version}: tables {missing} are missing; found {present}")
    return Tables(root, version.name, {t: {r["token"]: r for r in _read(version / f"{t}.json")} for t in NEEDED})


def log_fingerprint(root: Path) -> str:
    """Identify a log by the bytes of its tables, which name the pictures."""
    digest = hashlib.sha256()
    for version in _versions(root):
        for table in NEEDED:
            file = version / f"{table}.json"
            digest.update(f"{version.name}/{table}:".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"-")
    return digest.hexdigest()[:16]


def _versions(root: Path) -> list[Path]:
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


def _require_split(version: Path, split: str, scene: str) -> None:
    file = version / "splits.json"
    splits = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if scene not in splits.get(split, ()):
        raise LogError(f"{file}: scene {scene!r} is not in split {split!r}; splits there: {splits or 'no file'}")


@lru_cache(maxsize=2 * len(NEEDED))
def _parse(file: Path, _changed: int) -> list[Row]:
    try:
        return json.loads(file.read_bytes())
    except json.JSONDecodeError as error:
        raise LogError(f"{file}: not a JSON table: {error}") from error


def _read(file: Path) -> list[Row]:
    return _parse(file, file.stat().st_mtime_ns)
