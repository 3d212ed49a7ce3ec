"""Which files a finished clip's folder holds, and how long each is: what a folder must agree with to count as whole.

A rename makes a clip appear at one stroke, but a machine that loses its power may forget what was inside, and a copy or
a clean-up may lose files later. Lengths tell all of that, and cost a look into the folder.
"""

import json
import os
from pathlib import Path

from pydantic import ValidationError

from outputs.clips.manifest import read_record

NAME = "files.json"


def write_inventory(folder: Path) -> None:
    """Write down every file in `folder` with its length in bytes; the last thing before it takes its place.

    FileNotFoundError if there is no such folder; it is not made.
    """
    (folder / NAME).write_text(json.dumps(_lengths(folder)) + "\n", encoding="utf-8")


def doubt(folder: Path) -> str:
    """What is wrong with a clip's folder, in words; "" if it is whole. One without an inventory is older than those."""
    try:
        record = read_record(folder / "record.json")
        wanted = json.loads((folder / NAME).read_text("utf-8")) if (folder / NAME).exists() else {}
    except FileNotFoundError:
        return "it has no record.json"
    except (ValidationError, ValueError):
        return "its record.json or files.json is damaged"
    if record.id != folder.name:
        return f"its record is that of {record.id}"
    there = _lengths(folder) if wanted else {}
    lost = [name for name, length in wanted.items() if there.get(name) != length]
    return f"{len(lost)} of {len(wanted)} files are missing or cut short, such as {lost[0]}" if lost else ""


def _lengths(folder: Path) -> dict[str, int]:
    root = str(folder)
    found = [(os.path.relpath(at, root), name) for at, _, names in os.walk(root) for name in names if name != NAME]
    paths = sorted(os.path.normpath(os.path.join(at, name)) for at, name in found)
    return {Path(path).as_posix(): os.stat(os.path.join(root, path)).st_size for path in paths}
