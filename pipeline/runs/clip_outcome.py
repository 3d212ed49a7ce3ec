"""Outcomes of clips, and sums of their times."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import AliasChoices, Field

from outputs.clips.manifest import ClipRecord
from outputs.strict_model import StrictModel, read_strictly
from pipeline.engine.event_log import log


@dataclass(frozen=True)
class ClipDone:
    """A clip that was made in this start; `peak_gib` is the peak memory of its worker so far."""

    record: ClipRecord
    seconds: dict[str, float]
    peak_gib: float


class ClipFailed(StrictModel):
    """A clip that could not be made: `reason` in one line, and the full trace.

    `transient`: the machine failed, not the clip, so that another try may succeed; in `failed/` and in JSON output it
    has its older name.
    """

    clip: str
    scenario: str
    name: str
    seed: int
    reason: str
    trace: str
    transient: bool = Field(False, validation_alias=AliasChoices("transient", "passing"), serialization_alias="passing")
    attempts: int = 1


class RunningStage(StrictModel):
    """Which stage a clip is in, and since when: seconds since 1970."""

    stage: str
    since: float


def read_stage(path: Path) -> RunningStage:
    """Raises `DamagedFile`."""
    return read_strictly(path, path.read_bytes(), RunningStage.model_validate_json)


Ending = ClipDone | ClipFailed


@dataclass
class Timings:
    """Sums and maxima over clips made in this start; seconds by stage, GiB."""

    clips: int = 0
    total_s: dict[str, float] = field(default_factory=dict)
    longest_s: dict[str, float] = field(default_factory=dict)
    longest_clip_s: float = 0.0
    peak_gib: float = 0.0

    def add(self, made: ClipDone) -> None:
        self.clips += 1
        for stage, seconds in made.seconds.items():
            self.total_s[stage] = self.total_s.get(stage, 0.0) + seconds
            self.longest_s[stage] = max(self.longest_s.get(stage, 0.0), seconds)
        self.longest_clip_s = max(self.longest_clip_s, sum(made.seconds.values()))
        self.peak_gib = max(self.peak_gib, made.peak_gib)


def tell_ending(ending: Ending) -> None:
    """Log one line for each stage of a clip, then one for its outcome."""
    if isinstance(ending, ClipFailed):
        log.error("failed", extra={"clip": ending.clip, "reason": ending.reason, "passing": ending.transient})
        return
    clip = ending.record.id
    for stage, seconds in ending.seconds.items():
        log.info("stage", extra={"clip": clip, "stage": stage, "seconds": seconds})
    told = {"seconds": round(sum(ending.seconds.values()), 3), "peak_gib": round(ending.peak_gib, 3)}
    if ending.record.accepted:
        log.info("accepted", extra={"clip": clip, **told})
    else:
        log.info("rejected", extra={"clip": clip, **told, "reasons": list(ending.record.reasons)})
