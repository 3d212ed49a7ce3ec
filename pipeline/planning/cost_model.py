"""Measured costs of a run's clips: seconds by stage, start-up, bytes, acceptance. Read from a run folder.

record.json's stages            compute time in a worker
first to last file of a clip    time to write it
run.json's first start to the start of the first clip    start-up: Ray, worker processes, networks
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from outputs.clips.manifest import ClipRecord, read_record
from outputs.defaults import FIRST_RENDERER
from outputs.strict_model import DamagedFile, StrictModel, read_strictly
from pipeline.errors import UserError
from pipeline.renderers.registry import RENDERERS
from pipeline.runs.run_folder import Run, State

SHIPPED = Path(__file__).with_name("measured_cpu.json")
# Of the stage `imagine`; no other stage uses a GPU.
GPU_STAGES = frozenset(stage for kind in RENDERERS for stage in kind.gpu_stages)
LONGEST_START_S = 900.0  # a longer one means that the files were copied or touched later


class NotMeasured(UserError):
    """There are no usable measurements; the message says what is needed."""


class ClipCost(StrictModel):
    """The cost of one clip: `stage_s` is compute time, `write_s` the time to write its files; sizes in bytes."""

    stage_s: dict[str, float]
    write_s: float = Field(ge=0)
    accepted: bool
    size: int
    dataset_size: int  # of the files that become part of a dataset

    def on(self, gpu: bool) -> float:
        """Seconds in the networks' stages, or in all others."""
        stages = sum((seconds for stage, seconds in self.stage_s.items() if (stage in GPU_STAGES) == gpu), 0.0)
        return stages if gpu else stages + self.write_s


class MeasuredCosts(StrictModel):
    """`source` describes run and machine. `startup_s` is None if unknown. `failed` counts clips."""

    format: Literal["nearmiss-measured-1"] = "nearmiss-measured-1"
    source: str
    renderer: str = FIRST_RENDERER
    device: str
    startup_s: float | None
    failed: int
    clips: tuple[ClipCost, ...] = Field(min_length=1)

    @property
    def accepted(self) -> int:
        return sum(clip.accepted for clip in self.clips)

    @property
    def tried(self) -> int:
        """The number of clips that ended, successfully or not."""
        return len(self.clips) + self.failed


def read_measured(path: Path) -> MeasuredCosts:
    """Read the costs of a run folder, or a file from `nearmiss plan --write`. Raises `NotMeasured`."""
    if path.is_dir():
        return _of_run(path)
    try:
        return read_strictly(path, path.read_bytes(), MeasuredCosts.model_validate_json)
    except (OSError, DamagedFile) as error:
        raise NotMeasured(f"{path} is neither a run folder nor a file of measured costs: {error}") from None


def _of_run(path: Path) -> MeasuredCosts:
    if not (path / "run.json").is_file():
        raise NotMeasured(f"{path} is not a run folder: it has no run.json")
    run = Run(path)
    folders = [folder for state in (State.ACCEPTED, State.REJECTED) for folder in run.folders(state)]
    try:
        records = [read_record(folder / "record.json") for folder in folders]
    except (OSError, ValueError) as error:
        raise NotMeasured(f"{path} has a damaged clip: {error}") from None
    if not records:
        raise NotMeasured(f"{path} has no clip yet; give --from a run with some")
    devices = sorted({record.device for record in records})
    if len(devices) > 1:
        raise NotMeasured(f"{path} ran on {' and '.join(devices)}: their seconds cannot be mixed")
    clips = tuple(_cost(folder, record) for folder, record in zip(folders, records, strict=True))
    first = min(_written(folder)[0] - sum(r.stage_s.values()) for folder, r in zip(folders, records, strict=True))
    return MeasuredCosts(
        source=_described(path, records), renderer=records[0].renderer, device=devices[0],
        startup_s=_startup_s(path, first),
        failed=len(run.failures()), clips=clips,
    )  # fmt: skip


def _cost(folder: Path, record: ClipRecord) -> ClipCost:
    first, last = _written(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    in_dataset = [path for path in files if path.parent.name in ("frames", "lidar")]
    return ClipCost(
        stage_s=record.stage_s, write_s=round(last - first, 3), accepted=record.accepted,
        size=sum(path.stat().st_size for path in files), dataset_size=sum(path.stat().st_size for path in in_dataset),
    )  # fmt: skip


def _written(folder: Path) -> tuple[float, float]:
    """When a clip's first and last file was written (s since 1970): the record is the first, videos are the last."""
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file()]
    return min(times), max(times)


def _startup_s(path: Path, first_clip_s: float) -> float | None:
    """Seconds from the run's first start to its first clip; None if the files' times are implausible."""
    startup = first_clip_s - Run(path).first_start().timestamp()
    return round(startup, 1) if 0 <= startup <= LONGEST_START_S else None


def _described(path: Path, records: list[ClipRecord]) -> str:
    start = Run(path).file().starts[0]
    cores, torch = start.machine.get("cores", "?"), start.versions.get("torch", "?")
    record = records[0]
    return (
        f"{path.name}: {len(records)} clips, renderer {record.renderer}, preset {record.preset}, {cores} cores "
        f"({record.cpu_capability}), "
        f"torch {torch}, started {start.at}"
    )
