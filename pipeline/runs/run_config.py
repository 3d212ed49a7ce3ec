"""What a run is asked for: models of its options, each declared once (`pipeline.options`).

The commands, the flows, run.json and the documentation take names, types, defaults, ranges and help from here. Imports
are few: the command line waits for them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from conditioning.geometry import FIRST_RIG
from outputs.defaults import FIRST_FORMAT, FIRST_RENDERER
from outputs.strict_model import StrictModel
from pipeline.engine.stage_plan import StagedConfig, staging
from pipeline.options import OptionName


def shipped_weights() -> Path:
    """The folder of the weights that come with the package."""
    from models.presets import WEIGHTS  # imports torch

    return WEIGHTS


class LogOptions(StrictModel):
    """`log` is the folder of a nuScenes-format log, for scenarios that start `from:` one."""

    log: Path | None = Field(None, description="Folder of a nuScenes-format log, for scenarios that start `from:` one.")


class RigOptions(StrictModel):
    """`rig` names the cameras: one that ships, or a TOML file (`conditioning.geometry.rigs`)."""

    rig: str = Field(FIRST_RIG, description="Cameras: `front`, `nuscenes` (six), or a TOML file.")


class PresetOptions(StrictModel):
    """Which networks: a name in `models.presets`."""

    preset: str = Field("tiny", description="Size of the networks; `tiny` ships with weights.")


class NetworkOptions(PresetOptions):
    """`weights` holds a folder of weights for each preset."""

    weights: Path = Field(
        default_factory=shipped_weights, description="Folder with weights of your own, one folder a preset."
    )


class RunOptions(LogOptions, NetworkOptions, RigOptions):
    """From what clips are made. `renderer` is a name in `pipeline.renderers.registry`, `formats` are names in
    `outputs.exporters`; `attribution` says whom to name wherever a clip made from the log is shown.
    """

    seeds: Annotated[tuple[int, ...], OptionName("--seed")] = Field(
        (0,), description="Looks to draw; give it several times for several."
    )
    renderer: str = Field(
        FIRST_RENDERER,
        description="What draws the frames: `gaia` (networks), `procedural` (exact, fast, no network)...",
    )
    formats: Annotated[tuple[str, ...], OptionName("--format")] = Field(
        (FIRST_FORMAT,), description="What the dataset is written as; repeat it for several."
    )
    attribution: str = Field("", description="Whom to name wherever clips made from the log are shown.")


class GenerateOptions(RunOptions):
    """The same for one run of its own."""

    limit: int | None = Field(None, ge=1, description="Make at most so many clips of those asked for.")


class RunConfig(GenerateOptions):
    """What to make and where.

    `specs` is a folder with the files that `paths` named at the time; None: `paths` are looked up. `again` is the
    command that goes on with this, where it is not `nearmiss resume`. `clips` are the only ones that are meant; None:
    all.
    """

    paths: tuple[str, ...]
    out: Path
    specs: Path | None = None
    again: str = ""
    clips: tuple[str, ...] | None = None


class ExecutionConfig(StrictModel):
    """Who works. `ray` names a cluster's address; None starts Ray on this machine.

    `metrics_port` is where such a Ray tells Prometheus what goes on, on loopback; None: a free one. Raises StagingError
    where the options of staged workers contradict each other.
    """

    use_ray: Annotated[bool, OptionName("--inline", off="Work in this process, without Ray.")] = Field(
        True, description="Work in Ray's workers, not in this process."
    )
    ray: str | None = Field(None, description="Address of a Ray cluster; without it Ray starts here.")
    workers: int | None = Field(None, ge=1, description="Clips made at once; default: one a core.")
    staged: bool = Field(False, description="The networks in workers of their own; others do the rest.")
    gpus: float = Field(0.0, ge=0, description="GPUs for the networks of all workers together; means --staged.")
    gpu_share: float = Field(1.0, ge=0.01, description="Share of a GPU for each worker of the networks.")
    batch: int = Field(1, ge=1, description="Clips that the networks make at once; with --staged.")
    deadline_s: Annotated[float, OptionName("--deadline")] = Field(
        1800.0, ge=1, description="Seconds until a clip is given up; not --inline."
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Loopback port of Ray's metrics; needs the extra `metrics`."
    )

    @property
    def networks(self) -> StagedConfig | None:
        """How the networks get workers of their own; None: every worker makes whole clips."""
        return staging(self.staged, self.gpus, self.gpu_share, self.batch, not self.use_ray)

    @model_validator(mode="after")
    def _without_contradiction(self) -> "ExecutionConfig":
        _ = self.networks
        return self


class GraceOptions(StrictModel):
    """How a command ends when it is told to."""

    grace_s: Annotated[float, OptionName("--grace")] = Field(  # Kubernetes, Prefect and many others kill after 30
        25.0, ge=0, description="Seconds that clips in work have when SIGTERM comes."
    )


class LaunchOptions(GraceOptions):
    """What holds for one start only: nothing of it is kept in the run folder."""

    trust_network: bool = Field(
        False, description="Join a Ray cluster on a network: everybody there can run code as you on all its machines."
    )


class WebhookOptions(StrictModel):
    """Whom to tell how a night went."""

    webhook_file: Path | None = Field(
        None, description="File with the address to tell; or set NEARMISS_WEBHOOK. Never written down."
    )


class NightlyBudget(StrictModel):
    """How much a night may do; None: all there is. Clips that are in work when the hours are over are finished."""

    clips: int | None = Field(None, ge=1, description="At most so many clips a night.")
    hours: float | None = Field(None, ge=0.01, description="Begin no clip after so many hours.")


class NightlyOptions(NightlyBudget):
    """What every night does beside making clips: `into` is the dataset that its accepted clips join."""

    into: str | None = Field(None, description="Dataset that accepted clips join, as for `merge`.")
    retry_failed: bool = Field(False, description="Also what was given up.")


class SavedRequest(GenerateOptions, ExecutionConfig):
    """A request as run.json keeps it, all that is needed to go on: paths of the file system are absolute.

    `clips` are the only ones that are meant; None: all.
    """

    paths: tuple[str, ...]
    clips: tuple[str, ...] | None = None
