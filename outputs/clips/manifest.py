"""The lineage of a clip: its inputs, code and weights, its verdicts, and whether it is accepted."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from conditioning.geometry import FIRST_RIG
from outputs import verdict as verdicts_
from outputs.atomic_write import write_text
from outputs.clips.coverage import Coverage
from outputs.defaults import FIRST_RENDERER
from outputs.strict_model import StrictModel, read_strictly
from outputs.verdict import Verdict
from scenarios.events.event_outcomes import EventOutcome
from scenarios.rollout import SimEvent

# Ids and camera names become folder names: no name may leave the output folder.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
Name = Annotated[str, Field(pattern=NAME)]
NOT_FINITE = {"Infinity", "-Infinity", "NaN"}  # JSON has no such numbers; pydantic writes them as these words


def _with_numbers(value: object) -> object:
    """Convert the strings for infinite numbers in a verdict read from JSON back to numbers."""
    if not isinstance(value, dict):
        return value
    unknown = set(value) - {field.name for field in fields(Verdict)}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    numbers = {
        k: float(v) for k, v in value.items() if k in ("value", "limit") and isinstance(v, str) and v in NOT_FINITE
    }
    return value | numbers


class _ManifestModel(StrictModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")


class ClipRecord(_ManifestModel):
    """All metadata of a clip.

    `family` groups clips that must stay in one split: the log's scene that a clip starts from, or else the scenario
    file (in older records also for clips from logs). `weights` maps each network to the SHA-256 of its file.
    `spec_hash` is the SHA-256 of the scenario file as written, which the run keeps under `specs/`; in older records it
    is the scenario's id. A record that contradicts its own verdicts is refused.
    """

    format: Literal["nearmiss-clip-1"] = "nearmiss-clip-1"
    id: Name
    scenario_id: str
    family: str
    name: str
    caption: str
    spec_hash: str
    seed: int
    parameters: dict[str, str]
    preset: str
    weights: dict[str, str]
    code_version: str
    torch_version: str
    cpu_capability: str
    device: str
    stage_s: dict[str, float]
    verdicts: tuple[Annotated[Verdict, BeforeValidator(_with_numbers)], ...]
    accepted: bool
    reasons: tuple[str, ...]
    cameras: tuple[Name, ...] = Field(min_length=1)
    frame_rate_hz: float = Field(gt=0)
    happenings: tuple[SimEvent, ...]
    events: tuple[EventOutcome, ...] = ()  # what the story asked and what was done; () in older records
    attribution: str = ""  # whom to name wherever the clip is shown; "" where nobody has to be
    renderer: Name = FIRST_RENDERER  # what turned the scene into frames
    rig: Name = FIRST_RIG  # the id of the cameras, `conditioning.geometry.rigs.rig_id`
    cameras_agree: bool = True  # False: each camera was drawn alone; what two of them show may look different in each

    @model_validator(mode="after")
    def _agrees_with_its_verdicts(self) -> "ClipRecord":
        if unknown := {v.camera for v in self.verdicts if v.camera} - set(self.cameras):
            raise ValueError(f"verdicts on cameras that the clip does not have: {', '.join(sorted(unknown))}")
        if self.accepted != verdicts_.accepted(self.verdicts):
            raise ValueError(f"accepted is {self.accepted}, which the verdicts contradict")
        if not self.accepted and not self.reasons:
            raise ValueError("a rejected clip needs its reasons")
        return self


def rejection_reasons(verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
    """Why a clip is rejected, one sentence each; empty exactly where `verdict.accepted` is true."""
    against = [v for v in verdicts if v.against]
    reported = {v.family for v in against} | {verdicts_.pixels_of(v.camera) for v in against}
    unreported = (f"{what}: no check passed" for what in verdicts_.unchecked(verdicts) if what not in reported)
    return (*map(_sentence, against), *unreported)


def _sentence(verdict: Verdict) -> str:
    where = f" ({verdict.camera})" if verdict.camera else ""
    unsure = "inconclusive, " if verdict.outcome is verdicts_.Outcome.INCONCLUSIVE else ""
    return f"{verdict.check}{where}: {unsure}{verdict.reason}"


def failed_checks(record: ClipRecord) -> list[str]:
    """Ids of the failed checks that reject a clip, each once, also if it failed for several cameras or actors."""
    return list(dict.fromkeys(v.id for v in record.verdicts if v.against))


class Manifest(_ManifestModel):
    """The records of one run, ordered by id, and the coverage of its sweeps."""

    format: Literal["nearmiss-manifest-1"] = "nearmiss-manifest-1"
    clips: tuple[ClipRecord, ...]
    coverage: tuple[Coverage, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> "Manifest":
        ids = [clip.id for clip in self.clips]
        if len(set(ids)) != len(ids):
            raise ValueError(f"clip ids occur twice: {sorted({i for i in ids if ids.count(i) > 1})}")
        return self


def write_record(path: Path, record: ClipRecord) -> None:
    write_text(path, record.model_dump_json(indent=1) + "\n")


def read_record(path: Path) -> ClipRecord:
    """DamagedFile names every field that is missing, unknown or of the wrong type."""
    return read_strictly(path, path.read_bytes(), ClipRecord.model_validate_json)


def write_manifest(path: Path, records: Iterable[ClipRecord], coverage: tuple[Coverage, ...] = ()) -> None:
    clips = tuple(sorted(records, key=lambda record: record.id))
    write_text(path, Manifest(clips=clips, coverage=coverage).model_dump_json(indent=1) + "\n")


def read_manifest(path: Path) -> Manifest:
    """DamagedFile as for `read_record`."""
    return read_strictly(path, path.read_bytes(), Manifest.model_validate_json)
