"""Editor support: the schema file, and the first line with which a scenario file refers to it.

The schema is beside the author's files and has a relative path: that works offline, in a shared repository, and after
the folder has moved, unlike an address or a path into an installation.
"""

import os
from pathlib import Path

from pipeline.errors import UserError
from scenarios.compiler.json_schema import SCHEMA, TITLE, schema_text

MODELINE = "# yaml-language-server: $schema="


def write_schema(path: Path) -> Path:
    """Write the schema of this version's language to `path`. UserError if another file is there."""
    if path.is_dir():
        path = path / SCHEMA.name
    text = schema_text()
    try:
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there and f'"title": "{TITLE}"' not in there:
            raise UserError(f"{path} exists and is not a schema of scenario files; give another name")
        if there != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be written: {error}") from None
    return path


def schema_for(folder: Path) -> Path:
    """The schema for files in `folder`: the nearest one in it or above, updated, or a new one in `folder`."""
    above = (parent / SCHEMA.name for parent in (folder.absolute(), *folder.absolute().parents))
    return write_schema(next((path for path in above if path.is_file()), folder / SCHEMA.name))


def first_line(schema: Path, folder: Path) -> str:
    """The first line of a scenario file in `folder`, for the YAML language server of an editor."""
    return MODELINE + Path(os.path.relpath(schema, folder)).as_posix()
