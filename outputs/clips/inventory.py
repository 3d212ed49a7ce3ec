"""The names and sizes of all files in a finished clip's folder. A folder is complete if it agrees with this list.

The rename of a finished folder is atomic, but a power failure may lose the data behind it, and a copy or a clean-up
may lose files later. File sizes reveal these cases at the cost of one directory listing.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter

from outputs.clips.manifest import read_record
from outputs.strict_model import DamagedFile, read_strictly

NAME = "files.json"
_SIZES = TypeAdapter(dict[str, int], config=ConfigDict(strict=True))


def write_inventory(folder: Path) -> None:
    """Write the sizes in bytes of all files in `folder`. Call it last, before the folder is renamed.

    FileNotFoundError if there is no such folder; it is not created.
    """
    (folder / NAME).write_text(json.dumps(_lengths(folder)) + "\n", encoding="utf-8")


def describe_damage(folder: Path) -> str:
    """Describe the damage of a clip's folder; "" if it is complete. Older clips have no inventory."""
    try:
        record = read_record(folder / "record.json")
        recorded = _recorded(folder / NAME)
    except FileNotFoundError:
        return "it has no record.json"
    except DamagedFile as damage:
        return f"its {str(damage).removeprefix(f'{folder}{os.sep}')}"
    if record.id != folder.name:
        return f"its record is that of {record.id}"
    actual = _lengths(folder) if recorded else {}
    lost = [name for name, length in recorded.items() if actual.get(name) != length]
    return f"{len(lost)} of {len(recorded)} files are missing or cut short, such as {lost[0]}" if lost else ""


def describe_damages(folders: Iterable[Path]) -> str:
    """Name the damaged clips among these, each with its damage; "" if all are complete."""
    damages = {folder: damage for folder in folders if (damage := describe_damage(folder))}
    if not damages:
        return ""
    told = "; ".join(f"{folder.name}: {damage}" for folder, damage in damages.items())
    return f"{len(damages)} damaged clips ({told}); `nearmiss resume` makes them again"


def _recorded(path: Path) -> dict[str, int]:
    return read_strictly(path, path.read_bytes(), _SIZES.validate_json) if path.exists() else {}


def _lengths(folder: Path) -> dict[str, int]:
    root = str(folder)
    files = [
        (os.path.relpath(parent, root), name) for parent, _, names in os.walk(root) for name in names if name != NAME
    ]
    paths = sorted(os.path.normpath(os.path.join(parent, name)) for parent, name in files)
    return {Path(path).as_posix(): os.stat(os.path.join(root, path)).st_size for path in paths}
