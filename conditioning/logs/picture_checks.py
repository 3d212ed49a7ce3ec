"""Files of a log's scene: missing, unreadable, of another size than the tables say, or the same as another."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from os.path import isfile
from pathlib import Path, PurePosixPath

from PIL import Image

from conditioning.logs.log_fault import LogFault, faults_of, plain
from conditioning.logs.scene_rows import LogSceneRows
from conditioning.logs.table_fields import Row, has


def picture_faults(scene: LogSceneRows, read: str, channels: Sequence[str]) -> Iterator[LogFault]:
    """Faults of the files of some channels; pictures of the channel `read` are opened, too.

    A missing picture does not prevent reading the motion; who draws a clip with it gets a LogError.
    """
    root = scene.tables.root
    for channel in channels:
        rows = scene.channels.get(channel, [])
        outside = [row["token"] for row in rows if not inside(row["filename"])]
        yield from faults_of(
            "file-outside",
            "sample_data",
            outside,
            f"filename of {plain(channel)} leads out of the log's folder",
            "a path below it, such as samples/CAM_FRONT/0001.jpg",
            refused=channel == read,
        )
        rows = [row for row in rows if inside(row["filename"])]
        missing = [row for row in rows if not isfile(root / row["filename"])]
        if missing:
            found = f"{plain(missing[0]['filename'])} is missing"
            yield from faults_of(
                "file-missing",
                "sample_data",
                [row["token"] for row in missing],
                found,
                f"the files of {plain(channel)} in {root}",
                refused=False,
            )
        there = [row for row in rows if isfile(root / row["filename"])]
        yield from _same(channel, root, there)
        if channel == read:
            yield from _opened(channel, root, there)


def inside(filename: str) -> bool:
    """Whether a path of a table stays below the log's folder."""
    path = PurePosixPath(filename.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and "\0" not in filename and ":" not in path.parts[0]


def _same(channel: str, root: Path, rows: Sequence[Row]) -> Iterator[LogFault]:
    """Rows with the file of an earlier row, and pictures with the same bytes as the one before."""
    named: set[str] = set()
    again = []
    for row in rows:
        if row["filename"] in named:
            again.append(row["token"])
        named.add(row["filename"])
    yield from faults_of(
        "duplicate-file",
        "sample_data",
        again,
        f"filename of {plain(channel)} is that of an earlier row",
        "a file for each row",
        refused=False,
    )
    frozen = [b["token"] for a, b in pairwise(rows)
              if a["filename"] != b["filename"] and _equal(root / a["filename"], root / b["filename"])]  # fmt: skip
    yield from faults_of(
        "duplicate-picture",
        "sample_data",
        frozen,
        f"the file of {plain(channel)} has the bytes of the one before it",
        "a new picture or sweep at each time",
        refused=False,
    )


def _equal(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    return hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest()


def _opened(channel: str, root: Path, rows: Sequence[Row]) -> Iterator[LogFault]:
    unreadable, other, first = [], [], ""
    for row in rows:
        try:
            with Image.open(root / row["filename"]) as picture:
                size = picture.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            unreadable.append(row["token"])
            continue
        if has(row, "width", "height") and size != (row["width"], row["height"]):
            in_table = f"the table says {row['width']} x {row['height']}"
            first = first or f"{plain(row['filename'])} has {size[0]} x {size[1]} pixels, and {in_table}"
            other.append(row["token"])
    yield from faults_of(
        "file-unreadable",
        "sample_data",
        unreadable,
        f"the file of {plain(channel)} cannot be read as a picture",
        "JPEG or PNG",
        refused=False,
    )
    yield from faults_of(
        "picture-size",
        "sample_data",
        other,
        first,
        "the width and height of the files, to which camera_intrinsic belongs",
    )
