"""run.json: what a run is made with, and a line of facts for every time it was started."""

import json
from pathlib import Path
from typing import Any

from conditioning.geometry.rigs import FIRST_RIG
from outputs.atomic_write import write_text
from outputs.clips.manifest import FIRST_RENDERER
from pipeline.engine.redact import hide
from pipeline.errors import UserError


class RunRefused(UserError):
    """The folder cannot take this run; the message says why and what to do."""


def read_manifest(path: Path) -> dict[str, Any]:
    """What it says; raises `RunRefused` where it says nothing that we could have written."""
    try:
        manifest = json.loads(path.read_text("utf-8"))
        manifest["made_with"].setdefault("renderer", FIRST_RENDERER)  # older ones do not say
        manifest["made_with"].setdefault("rig", FIRST_RIG)
        manifest["starts"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunRefused(f"{path} is damaged; give another --out, or move the file away") from None
    return manifest


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, without secrets."""
    write_text(path, hide(json.dumps(content, indent=1)) + "\n")
