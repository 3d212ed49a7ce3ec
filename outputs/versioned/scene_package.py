"""One accepted clip in a versioned dataset: its files, its table rows and its lineage, each written once.

samples/CAM_FRONT/<clip>-<digest>__CAM_FRONT__<time>.jpg ...   the nuScenes layout, with the digest in every name
scenes/<clip>-<digest>.json.gz                                 rows of the thirteen tables and the record; written last

The same clip with other bytes has another digest, so it never overwrites the same files.
"""

import gzip
import hashlib
import io
import json
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from PIL import Image
from pydantic import ConfigDict, Field

from outputs.clips.manifest import ClipRecord
from outputs.nuscenes.tables import Row, mask_name, open_scene, scene_rows
from outputs.strict_model import StrictModel, read_strictly
from outputs.versioned.store import Store, Upload

LARGEST = 2**28  # bytes of a scene's unpacked rows: ten thousand times the usual size
Digest = Annotated[str, Field(pattern="^[0-9a-f]{12}$")]


class ScenePackage(StrictModel):
    """The rows that a scene adds to a version's tables, each as a line of JSON, and the clip's record."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    format: Literal["nearmiss-scene-1"] = "nearmiss-scene-1"
    digest: Digest
    record: ClipRecord
    tables: dict[str, list[str]]


@dataclass(frozen=True)
class Packed:
    """A scene ready for upload; `files` maps names in the store to contents."""

    package: ScenePackage
    files: dict[str, Path | bytes]


def pack_scene(folder: Path) -> Packed:
    """Read a clip's folder. ValueError for a rejected clip, OSError or ValueError for a damaged one."""
    scene = open_scene(folder)
    record = scene.record
    if not record.accepted:
        raise ValueError(f"rejected clips stay out of a dataset: {'; '.join(record.reasons)}")
    if record.id != folder.name:
        raise ValueError(f"its record is that of {record.id}")
    built = scene_rows(scene)
    files: dict[str, Path | bytes] = {**built.files, mask_name(scene): _png(scene.mask.picture)}
    digest = _digest(record, built.tables, files)
    named = {name: name.replace(f"/{record.id}", f"/{record.id}-{digest}", 1) for name in files}
    tables = {table: [as_line(_renamed(row, named)) for row in rows] for table, rows in built.tables.items()}
    package = ScenePackage(digest=digest, record=record, tables=tables)
    return Packed(package, {named[name]: content for name, content in files.items()})


def upload_scene(upload: Upload, packed: Packed, executor: Executor) -> None:
    """Upload the files first and the scene's rows last: where rows exist, all files exist."""
    list(executor.map(lambda name: upload.put(name, packed.files[name]), packed.files))
    package = packed.package
    text = package.model_dump_json().encode()
    upload.put(scene_name(package.record.id, package.digest), gzip.compress(text, mtime=0))


def scene_name(clip: str, digest: str) -> str:
    return f"scenes/{clip}-{digest}.json.gz"


def read_scene(store: Store, clip: str, digest: str) -> ScenePackage:
    """ValueError for rows that are damaged or of another scene."""
    name = scene_name(clip, digest)
    with gzip.open(io.BytesIO(store.read(name))) as stream:
        text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"{name}: more than {LARGEST} bytes")
    package = read_strictly(name, text, ScenePackage.model_validate_json)
    if (package.record.id, package.digest) != (clip, digest):
        raise ValueError(f"{name}: holds {package.record.id}-{package.digest}")
    return package


def _digest(record: ClipRecord, tables: dict[str, list[Row]], files: dict[str, Path | bytes]) -> str:
    """The digest of everything in the dataset; compute times are left out."""
    digest = hashlib.sha256(json.dumps([record.id, record.family, tables]).encode())
    for name, content in sorted(files.items(), key=lambda item: item[0]):
        data = content.read_bytes() if isinstance(content, Path) else content
        digest.update(name.encode() + hashlib.sha256(data).digest())
    return digest.hexdigest()[:12]


def as_line(row: Row) -> str:
    """Serialise a row once, since every later version copies the line."""
    return json.dumps(row, allow_nan=False)


def _renamed(row: Row, named: dict[str, str]) -> Row:
    return row | {"filename": named[str(row["filename"])]} if "filename" in row else row


def _png(picture: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="png")
    return stream.getvalue()


def read_scenes(store: Store, scenes: dict[str, str], executor: Executor, batch: int = 64) -> Iterable[ScenePackage]:
    """Read the packages ordered by clip id, a batch at a time: memory does not grow with the dataset."""
    ordered = sorted(scenes.items())
    for i in range(0, len(ordered), batch):
        yield from executor.map(lambda item: read_scene(store, *item), ordered[i : i + batch])
