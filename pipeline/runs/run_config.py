"""Models of a run's options, each declared once (`pipeline.options`).

The commands, the flows, run.json and the documentation use the names, types, defaults, ranges and help texts from
here. Has few imports, since the command line needs it at its start.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from conditioning.geometry import FIRST_RIG
from outputs.defaults import FIRST_FORMAT, FIRST_RENDERER
from outputs.strict_model import StrictModel
from pipeline.engine.stage_plan import StagedConfig, staging
from pipeline.errors import UserError
from pipeline.options import OptionName, words


def shipped_weights() -> Path:
    """The folder of the shipped weights."""
    from models.presets import WEIGHTS  # imports torch

    return WEIGHTS


class LogOptions(StrictModel):
    """`log` is the folder of a log in nuScenes format, for scenarios that start `from:` one."""

    log: Path | None = Field(None, description="Folder of a nuScenes-format log, for scenarios that start `from:` one.")


class RigOptions(StrictModel):
    """`rig` are the cameras: a shipped name, or a TOML file (`conditioning.geometry.rigs`)."""

    rig: str = Field(FIRST_RIG, description="Cameras: `front`, `nuscenes` (six), or a TOML file.")


class PresetOptions(StrictModel):
    """`preset` is a name in `models.presets`."""

    preset: str = Field("tiny", description="Size of the networks; `tiny` ships with weights.")


class NetworkOptions(PresetOptions):
    """`weights` has a folder of weights for each preset."""

    weights: Path = Field(
        default_factory=shipped_weights, description="Folder with your own weights, one folder for each preset."
    )


class RunOptions(LogOptions, NetworkOptions, RigOptions):
    """Options of the clips. `renderer` is a name in `pipeline.renderers.registry`, `formats` are names in
    `outputs.exporters`; `attribution` is the credit for clips made from the log.
    """

    seeds: Annotated[tuple[int, ...], OptionName("--seed")] = Field(
        (0,), description="Appearance seed; repeat the option for several variants of each scenario."
    )
    renderer: str = Field(
        FIRST_RENDERER,
        description="Renderer of the frames: `gaia` (networks), `procedural` (exact, fast, no network)...",
    )
    formats: Annotated[tuple[str, ...], OptionName("--format")] = Field(
        (FIRST_FORMAT,), description="Format of the dataset; repeat the option for several."
    )
    attribution: str = Field("", description="Credit for clips made from the log.")


class GenerateOptions(RunOptions):
    """The same for one run."""

    limit: int | None = Field(None, ge=1, description="Make only the first clips, at most this many.")


class RunConfig(GenerateOptions):
    """A request: what to make and where.

    `specs` is a folder with copies of the files of `paths`; None: `paths` are read. `again` is the command that
    continues the run, "" for `nearmiss resume`. `clips` restricts the request to these clips; None: all.
    """

    paths: tuple[str, ...]
    out: Path
    specs: Path | None = None
    again: str = ""
    clips: tuple[str, ...] | None = None


class ExecutionConfig(StrictModel):
    """Executors. `ray` is the address of a cluster; None starts Ray on this machine.

    `metrics_port` is the port of that Ray's metrics for Prometheus, on loopback; None: a free port. Raises StagingError
    if the options of staged workers contradict each other.
    """

    use_ray: Annotated[bool, OptionName("--inline", off="Work in this process, without Ray.")] = Field(
        True, description="Work in Ray's workers, not in this process."
    )
    ray: str | None = Field(None, description="Address of a Ray cluster; without it Ray starts here.")
    workers: int | None = Field(None, ge=1, description="Clips made at once; default: one a core.")
    staged: bool = Field(False, description="Run the networks in separate workers.")
    gpus: float = Field(0.0, ge=0, description="GPUs for the networks of all workers together; implies --staged.")
    gpu_share: float = Field(1.0, ge=0.01, description="Share of a GPU for each worker of the networks.")
    batch: int = Field(1, ge=1, description="Clips that the networks make at once; more than 1 implies --staged.")
    deadline_s: Annotated[float, OptionName("--deadline")] = Field(
        1800.0, ge=1, allow_inf_nan=False, description="Most seconds for a clip; not with --inline."
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Loopback port of Ray's metrics; needs the extra `metrics`."
    )

    @property
    def networks(self) -> StagedConfig | None:
        """The configuration of separate workers for the networks; None: every worker makes whole clips."""
        return staging(self.staged, self.gpus, self.gpu_share, self.batch, not self.use_ray)

    @model_validator(mode="after")
    def _without_contradiction(self) -> "ExecutionConfig":
        _ = self.networks
        return self


class WithoutEffect(UserError):
    """An option that would have no effect beside the others."""


OF_METRICS = ("aiohttp_cors", "opencensus", "prometheus_client")  # without them Ray serves no metrics, and says nothing


def refuse_without_effect(how: ExecutionConfig) -> None:
    """Raise `WithoutEffect` for options of Ray's workers in a start without Ray, and for metrics without their extra;
    a stored request may have them."""
    given = [word for word in words(how.replaced(use_ray=True)) if word.startswith("--")]
    if not how.use_ray and given:
        raise WithoutEffect(f"--inline works in this process, without Ray: {', '.join(given)} would have no effect")
    if how.metrics_port is not None and (missing := [name for name in OF_METRICS if find_spec(name) is None]):
        raise WithoutEffect(
            f"--metrics-port {how.metrics_port} would have no effect: {', '.join(missing)} not installed; "
            "pip install 'nearmiss[metrics]'"
        )


class GraceOptions(StrictModel):
    """The grace period after SIGTERM."""

    grace_s: Annotated[float, OptionName("--grace")] = Field(  # Kubernetes, Prefect and others kill after 30
        25.0, ge=0, description="Seconds for running clips to finish after SIGTERM."
    )


class LaunchOptions(GraceOptions):
    """Options of one start, which are not stored in the run folder."""

    trust_network: bool = Field(
        False, description="Join a Ray cluster on a network: anyone there can run code as you on all its machines."
    )


class WebhookOptions(StrictModel):
    """The webhook for the result of a nightly run."""

    webhook_file: Path | None = Field(
        None, description="File with the webhook's address, which is never stored; or set NEARMISS_WEBHOOK."
    )


class NightlyBudget(StrictModel):
    """Limits of a nightly run; None: no limit. Clips that are running when the hours are over are finished."""

    clips: int | None = Field(None, ge=1, description="Most clips of a nightly run.")
    hours: float | None = Field(None, ge=0.01, description="Start no clip after this many hours.")


class NightlyOptions(NightlyBudget):
    """Options of nightly runs. With `retry_failed` abandoned clips are tried again; accepted clips are merged into the
    dataset `into`, a folder or an address as for `merge`."""

    into: str | None = Field(None, description="Dataset to merge accepted clips into, as for `merge`.")
    retry_failed: bool = Field(False, description="Also make abandoned clips again.")


class SavedRequest(GenerateOptions, ExecutionConfig):
    """A request in run.json, with all that is needed to resume it; paths of the file system are absolute.

    `clips` restricts the request to these clips; None: all.
    """

    paths: tuple[str, ...]
    clips: tuple[str, ...] | None = None
