"""The versions of a dataset: a numbered chain. A merge appends a version; the first of concurrent merges succeeds.

versions/000008.json    a version's scenes and counts; created once, after all files that it names
v0008-3fa9c1d2/         its tables and splits.json: NuScenes("v0008-3fa9c1d2", root); the name contains their digest
latest.json             names the last version, for people and scripts; versions/ is authoritative
samples/ sweeps/ maps/ scenes/    files of the scenes, shared by all versions (`outputs.versioned.scene_package`)

Files that a version names are never written again, so readers of a version are not disturbed.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from outputs.clips.manifest import Name
from outputs.nuscenes.splits import Shares
from outputs.strict_model import DamagedFile, StrictModel, read_strictly
from outputs.versioned.scene_package import Digest
from outputs.versioned.store import Store, Upload
from outputs.versioned.version_tables import BuiltTables, add_card, build_tables

LATEST = "latest.json"


class Split(StrictModel):
    """`asked` and `got` are shares of families."""

    split: str
    asked: float
    got: float
    families: int
    scenes: int


class Version(StrictModel):
    """`scenes` maps each clip's id to the digest of its files; `before` names the previous version."""

    format: Literal["nearmiss-version-1"] = "nearmiss-version-1"
    number: int = Field(ge=1)
    name: str = Field(pattern=r"^v\d{4,}-[0-9a-f]{8}$")
    before: str
    created: str
    val: float
    test: float
    scenes: dict[Name, Digest]
    samples: int
    annotations: int
    splits: tuple[Split, ...] = Field(strict=False)

    @property
    def shares(self) -> Shares:
        return Shares(self.val, self.test)


class LatestVersion(StrictModel):
    """The content of latest.json."""

    version: str
    number: int


def version_numbers(store: Store) -> tuple[int, ...]:
    """The numbers of all versions, in order."""
    matches = (re.fullmatch(r"(\d{6,})\.json", name) for name in store.names("versions"))
    return tuple(sorted(int(match[1]) for match in matches if match))


def read_version(store: Store, number: int) -> Version:
    """FileNotFoundError if there is none, DamagedFile if it is damaged."""
    return read_strictly(_link(number), store.read(_link(number)), Version.model_validate_json)


def latest_version(store: Store) -> Version | None:
    """The last version, None for a dataset without versions."""
    numbers = version_numbers(store)
    return read_version(store, numbers[-1]) if numbers else None


def add_version(
    store: Store, last: Version | None, scenes: dict[str, str], shares: Shares, executor: Executor
) -> Version | None:
    """Add the version after `last` with these `scenes`; None, and no change, if another merge added one first."""
    number, upload = last.number + 1 if last else 1, Upload(store)
    with tempfile.TemporaryDirectory(prefix="nearmiss-tables-") as folder:
        built = build_tables(store, scenes, shares, Path(folder), executor, last.name if last else "")
        name = f"v{number:04d}-{built.digest}"
        add_card(built, name)
        list(executor.map(lambda path: upload.put(f"{name}/{path.name}", path), sorted(Path(folder).iterdir())))
        version = _version(number, name, last, scenes, shares, built)
        if not store.create(_link(number), version.model_dump_json(indent=1).encode()):
            version = read_version(store, number)
            if version.name != name:  # with the same name it is ours: the reply to our request may have been lost
                return None
        upload.restore_deleted()
    return version


def point_to_latest(store: Store) -> Version | None:
    """Write the name of the last version to latest.json. Read it again afterwards: another merge may add a version."""
    while (version := latest_version(store)) is not None and _named_latest(store) != version.name:
        latest = LatestVersion(version=version.name, number=version.number)
        store.replace(LATEST, (json.dumps(dict(latest)) + "\n").encode())
    return version


def _named_latest(store: Store) -> str:
    try:
        return read_strictly(LATEST, store.read(LATEST), LatestVersion.model_validate_json).version
    except (FileNotFoundError, DamagedFile):  # it is written anew
        return ""


def _version(
    number: int, name: str, last: Version | None, scenes: dict[str, str], shares: Shares, built: BuiltTables
) -> Version:
    splits: Sequence[Split] = tuple(
        Split(split=s.split, asked=round(s.asked, 9), got=round(s.got, 4), families=s.families, scenes=len(s.scenes))
        for s in built.splits
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Version(
        number=number, name=name, before=last.name if last else "", created=now,
        val=shares.val, test=shares.test, scenes=dict(sorted(scenes.items())), samples=built.rows["sample"],
        annotations=built.rows["sample_annotation"], splits=splits,
    )  # fmt: skip


def _link(number: int) -> str:
    return f"versions/{number:06d}.json"
