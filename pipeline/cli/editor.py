"""Editor support on disk: the schema file, and the first line by which a scenario file names it.

The schema lies beside the author's files and is named relatively: that works offline, in a repository shared with
others, and after the folder has moved, which neither an address nor a path into somebody's installation would.
"""

import os
from pathlib import Path

from pipeline.errors import UserError
from scenarios.compiler.json_schema import SCHEMA, TITLE, schema_text

MODELINE = "# yaml-language-server: $schema="


def write_schema(path: Path) -> Path:
    """The schema of this version's language at `path`; refuses to overwrite what is not such a schema."""
    if path.is_dir():
        path = path / SCHEMA.name
    text = schema_text()
    try:
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there and f'"title": "{TITLE}"' not in there:
            raise UserError(f"{path} exists and is no schema of scenario files; give another name")
        if there != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be written: {error}") from None
    return path


def schema_for(folder: Path) -> Path:
    """The schema that files of `folder` use: the nearest upwards, brought up to date, or a new one in `folder`."""
    above = (parent / SCHEMA.name for parent in (folder.absolute(), *folder.absolute().parents))
    return write_schema(next((path for path in above if path.is_file()), folder / SCHEMA.name))


def first_line(schema: Path, folder: Path) -> str:
    """What the first line of a scenario file in `folder` says to the YAML language server of an editor."""
    return MODELINE + Path(os.path.relpath(schema, folder)).as_posix()
