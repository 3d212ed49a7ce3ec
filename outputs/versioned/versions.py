"""The versions of a dataset: a chain to which whoever comes first adds the next link.

versions/000008.json    a version's scenes and counts; created exactly once, when all that it names is there
v0008-3fa9c1d2/         its tables and splits.json: NuScenes("v0008-3fa9c1d2", root); the name holds their digest
latest.json             names the last version, for people and scripts; the chain is what counts
samples/ sweeps/ maps/ scenes/    files of the scenes, shared by all versions (`outputs.versioned.scene_package`)

Nothing that a version names is ever written again, so readers of one are never disturbed.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from outputs.clips.manifest import Name
from outputs.nuscenes.splits import Shares
from outputs.versioned.scene_package import Digest
from outputs.versioned.store import Hold, Store
from outputs.versioned.version_tables import BuiltTables, add_card, build_tables

LATEST = "latest.json"


class _VersionModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Split(_VersionModel):
    """Shares are of families."""

    split: str
    asked: float
    got: float
    families: int
    scenes: int


class Version(_VersionModel):
    """`scenes` maps a clip's id to the digest of what it holds; `before` names the version that this one grew from."""

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


def versions(store: Store) -> tuple[int, ...]:
    """The numbers of all versions, in order."""
    found = (re.fullmatch(r"(\d{6,})\.json", name) for name in store.names("versions"))
    return tuple(sorted(int(match[1]) for match in found if match))


def read_version(store: Store, number: int) -> Version:
    """FileNotFoundError where there is none, ValueError where it is damaged."""
    return Version.model_validate_json(store.read(_link(number)))


def latest(store: Store) -> Version | None:
    """The last version, None for a dataset that has none yet."""
    numbers = versions(store)
    return read_version(store, numbers[-1]) if numbers else None


def add_version(
    store: Store, last: Version | None, scenes: dict[str, str], shares: Shares, hands: Executor
) -> Version | None:
    """The version after `last`, of `scenes`; None if somebody else's came first, and then nothing has changed."""
    number, tables = last.number + 1 if last else 1, Hold(store)
    with tempfile.TemporaryDirectory(prefix="nearmiss-tables-") as folder:
        built = build_tables(store, scenes, shares, Path(folder), hands, last.name if last else "")
        name = f"v{number:04d}-{built.digest}"
        add_card(built, name)
        list(hands.map(lambda path: tables.put(f"{name}/{path.name}", path), sorted(Path(folder).iterdir())))
        version = _described(number, name, last, scenes, shares, built)
        if not store.create(_link(number), version.model_dump_json(indent=1).encode()):
            version = read_version(store, number)
            if version.name != name:  # the same tables would be ours: the answer to an attempt may be lost
                return None
        tables.make_sure()
    return version


def point_to_latest(store: Store) -> Version | None:
    """Let latest.json name the last version. It is looked up again afterwards: somebody may have added another."""
    while (version := latest(store)) is not None and _pointed(store) != version.name:
        text = json.dumps({"version": version.name, "number": version.number}) + "\n"
        store.replace(LATEST, text.encode())
    return version


def _pointed(store: Store) -> str:
    try:
        return str(json.loads(store.read(LATEST))["version"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


def _described(
    number: int, name: str, last: Version | None, scenes: dict[str, str], shares: Shares, built: BuiltTables
) -> Version:
    told: Sequence[Split] = tuple(
        Split(split=s.split, asked=round(s.asked, 9), got=round(s.got, 4), families=s.families, scenes=len(s.scenes))
        for s in built.sides
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Version(
        number=number, name=name, before=last.name if last else "", created=now,
        val=shares.val, test=shares.test, scenes=dict(sorted(scenes.items())), samples=built.rows["sample"],
        annotations=built.rows["sample_annotation"], splits=told,
    )  # fmt: skip


def _link(number: int) -> str:
    return f"versions/{number:06d}.json"
