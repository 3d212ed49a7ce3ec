"""run.json: what a run is made with, and facts about every start."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from conditioning.geometry import FIRST_RIG
from outputs.atomic_write import write_text
from outputs.clips.rollout_file import StoredCamera
from outputs.defaults import FIRST_RENDERER
from outputs.strict_model import StrictModel, describe
from pipeline.engine.redact import hide
from pipeline.errors import UserError
from pipeline.runs.run_config import NightlyBudget, SavedRequest


class RunRefused(UserError):
    """The folder cannot be used for this run; the message has the reason and what to do."""


class RunEnd(StrictModel):
    """The end of a start: `why` is "done", "Ctrl-C" or an error message."""

    at: str
    why: str


class RunStart(StrictModel):
    """One start of a run. `request` is the key of `goes_on_with`, which older versions did not store; `night` and the
    fields after it are of nightly runs; counts are of the requested clips.
    """

    at: str
    paths: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    log: str = ""
    machine: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    again: str = ""
    asked: int = 0
    faults: tuple[str, ...] = ()
    log_remarks: tuple[str, ...] = ()
    request: str | None = None
    goes_on_with: SavedRequest | None = None
    found_broken: dict[str, str] = Field(default_factory=dict)
    accepted: int | None = None
    rejected: int | None = None
    failed: int | None = None
    made_now: int | None = None
    ended: RunEnd | None = None
    night: str = ""
    budget: NightlyBudget | None = None
    due: int | None = None
    again_failed: str = ""


class RunFile(StrictModel):
    """The content of run.json. `rig` are the cameras; older versions had only `front`."""

    made_with: dict[str, str]
    rig: tuple[StoredCamera, ...] | None = None
    starts: tuple[RunStart, ...] = Field(min_length=1)

    def noted(self, **facts: Any) -> "RunFile":
        """A copy with more facts about the last start."""
        return self.replaced(starts=(*self.starts[:-1], self.starts[-1].replaced(**facts)))


def read_run_file(path: Path) -> RunFile:
    """Read run.json, also of older versions. Raises `RunRefused`, which names every damaged field."""
    try:
        return RunFile.model_validate_json(json.dumps(_of_today(json.loads(path.read_text("utf-8")))))
    except ValidationError as error:
        fault = describe(error)
    except ValueError as error:
        fault = str(error)
    raise RunRefused(f"{path} is damaged ({fault}); restore the file, or give another --out")


def write_run_file(path: Path, content: RunFile) -> None:
    """Write run.json atomically, without secrets; unset fields are left out."""
    write_json(path, content.model_dump(mode="json", exclude_unset=True))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON atomically, with secrets removed."""
    write_text(path, hide(json.dumps(content, indent=1)) + "\n")


def _of_today(read: Any) -> Any:
    """The content with the fields of this version; other values are unchanged, since the model checks them."""
    if not isinstance(read, dict) or not isinstance(read.get("made_with"), dict):
        return read
    starts = read.get("starts")
    starts = [_start_of_today(start) for start in starts] if isinstance(starts, list) else starts
    return {**read, "made_with": {"renderer": FIRST_RENDERER, "rig": FIRST_RIG, **read["made_with"]}, "starts": starts}


def _start_of_today(start: Any) -> Any:
    saved = start.get("goes_on_with") if isinstance(start, dict) else None
    if not isinstance(saved, dict):
        return start
    saved = {"clips" if key == "only" else key: value for key, value in saved.items()}
    saved |= {"log": saved.get("log") or None}
    if "staged" in saved and not isinstance(saved["staged"], bool):
        staged = saved["staged"] or {}
        share = staged.get("share", 1.0) if staged.get("gpus") else 1.0  # without a GPU it had no effect
        told = {"gpus": staged.get("gpus", 0.0), "gpu_share": share, "batch": staged.get("batch", 1)}
        saved |= {"staged": bool(staged), **(told if staged else {})}
    return {**start, "goes_on_with": saved}
