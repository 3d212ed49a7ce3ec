"""run.json: what a run is made with, and facts about every start."""

import json
from pathlib import Path
from typing import Any

from outputs.atomic_write import write_text
from outputs.clips.manifest import FIRST_RENDERER
from pipeline.engine.redact import hide
from pipeline.errors import UserError


class RunRefused(UserError):
    """The folder cannot be used for this run; the message has the reason and what to do."""


def read_manifest(path: Path) -> dict[str, Any]:
    """Read run.json. Raises `RunRefused` if it is damaged."""
    try:
        manifest = json.loads(path.read_text("utf-8"))
        manifest["made_with"].setdefault("renderer", FIRST_RENDERER)  # missing in older files
        manifest["starts"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunRefused(f"{path} is damaged; give another --out, or move the file away") from None
    return manifest


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON atomically, with secrets removed."""
    write_text(path, hide(json.dumps(content, indent=1)) + "\n")
