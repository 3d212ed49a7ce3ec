"""What is asked for and how it is to be made: as given, and as the run folder keeps it so that anybody can go on."""

import hashlib
import json
import shlex
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from models.presets import WEIGHTS
from outputs.atomic_write import whole_folder, write_text
from outputs.clips.manifest import FIRST_RENDERER
from pipeline.engine.loopback import on_a_network
from pipeline.engine.stage_plan import StagedConfig
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_folder import Run, RunRefused, safe_name
from pipeline.runs.scenario_sources import find

SPECS, WANTED = "specs", "wanted.json"


@dataclass(frozen=True)
class RunConfig:
    """What to make and where.

    `log` is the folder of a nuScenes-format log, for scenarios that start `from:` one; `weights` holds a folder of
    weights for each preset; `attribution` says whom to name wherever a clip made from the log is shown. `specs` is a
    folder with the files that `paths` named at the time; None: `paths` are looked up. `again` is the command that goes
    on with this, where it is not `nearmiss resume`. `clips` are the only ones that are meant; None: all.
    `renderer` names what turns scenes into frames (`pipeline.renderers.registry`), `formats` what the dataset is
    written as (`outputs.exporters`).
    """

    paths: tuple[str, ...]
    out: Path
    seeds: tuple[int, ...] = (0,)
    log: Path | None = None
    preset: str = "tiny"
    weights: Path = WEIGHTS
    attribution: str = ""
    limit: int | None = None
    specs: Path | None = None
    again: str = ""
    clips: tuple[str, ...] | None = None
    renderer: str = FIRST_RENDERER
    formats: tuple[str, ...] = ("nuscenes",)


@dataclass(frozen=True)
class ExecutionConfig:
    """Who works. `ray` names a cluster's address; None starts Ray on this machine.

    `metrics_port` is where such a Ray tells Prometheus what goes on, on loopback; None: a free one. `staged` puts the
    networks into workers of their own; None: every worker makes whole clips.
    """

    use_ray: bool = True
    ray: str | None = None
    workers: int | None = None
    deadline_s: float = 1800.0
    metrics_port: int | None = None
    staged: StagedConfig | None = None


def read_specs(request: RunConfig) -> tuple[Path, ...]:
    """The scenario files of a request; raises `specs.NotFound`."""
    return find((str(request.specs),) if request.specs else request.paths)


def key_of(request: RunConfig) -> str:
    """Names a request within its run folder: the same question, asked again, replaces the former one."""
    content = [request.paths, request.seeds, str(request.log or ""), request.attribution, request.limit]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]


def keep(run: Run, request: RunConfig, how: ExecutionConfig, clips: tuple[str, ...]) -> None:
    """Write down all that is needed to go on with a request, its scenario files included."""
    key, files = key_of(request), read_specs(request)
    if request.specs is None:
        with whole_folder(run.path / SPECS / key) as folder:
            for number, file in enumerate(files):  # numbered: their order is that of the request
                shutil.copyfile(file, folder / f"{number:04d}-{safe_name(file.stem)}.yaml")
    told = {
        "paths": list(request.paths), "seeds": list(request.seeds), "log": _absolute(request.log),
        "preset": request.preset, "weights": _absolute(request.weights), "attribution": request.attribution,
        "limit": request.limit, "only": request.clips, "renderer": request.renderer,
        "formats": request.formats, **asdict(how),
    }  # fmt: skip
    run.note(request=key, goes_on_with=told)
    write_text(run.path / WANTED, json.dumps(wanted(run) | {key: list(clips)}) + "\n")


def wanted(run: Run) -> dict[str, list[str]]:
    """The clips that each request means, by its key; nothing in a folder that was made before this was written down."""
    path = run.path / WANTED
    if not path.is_file():
        return {}
    try:
        return {str(key): [str(clip) for clip in clips] for key, clips in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, AttributeError, TypeError):
        raise RunRefused(f"{path} is damaged; give the command that began this run again: it writes it anew") from None


def kept(run: Run, key: str) -> tuple[RunConfig, ExecutionConfig]:
    """A request as it was last written down; RunRefused if it was not, or not by this version."""
    try:
        told = next(s["goes_on_with"] for s in reversed(run.manifest()["starts"]) if s.get("request") == key)
        request, how = _read(told, run.path)
    except (KeyError, TypeError, StopIteration):
        raise RunRefused(f"{run.path}/run.json does not say how to go on; give the first command again") from None
    if not (specs := run.path / SPECS / key).is_dir():
        raise RunRefused(f"{specs} is gone: the scenario files of this run; give the first command again")
    return replace(request, specs=specs), how


def _read(told: dict[str, Any], out: Path) -> tuple[RunConfig, ExecutionConfig]:
    request = RunConfig(
        tuple(told["paths"]), out, tuple(told["seeds"]), Path(told["log"]) if told["log"] else None,
        told["preset"], Path(told["weights"]), told["attribution"], told["limit"],
        clips=None if told.get("only") is None else tuple(told["only"]),
        renderer=told.get("renderer", FIRST_RENDERER), formats=tuple(told.get("formats", RunConfig.formats)),
    )  # fmt: skip
    staged = {"staged": StagedConfig(**told["staged"]) if told.get("staged") else None}
    return request, ExecutionConfig(
        **{field.name: (told | staged)[field.name] for field in fields(ExecutionConfig) if field.name in told}
    )


def begun_with(run: Run) -> str:
    """The whole command that a run was last begun with; "" in a folder of a version that did not write it down."""
    told = run.last_start().get("goes_on_with")
    if not told:
        return ""
    request, how = _read(told, run.path)
    words = [*options(request, how), *given([("--limit", request.limit)])]
    return shlex.join(["nearmiss", "generate", *request.paths, "--out", str(run.path), *words])


def resuming(out: Path) -> str:
    """The command that goes on with the run in a folder."""
    return shlex.join(["nearmiss", "resume", str(out)])


def goes_on(run: Run, failures: Sequence[ClipFailed], untried: int = 0) -> str:
    """The one command that makes the most of what is missing; `untried` clips of it were never begun.

    What failed by itself must be asked for; so must mended files, which `nearmiss resume` would not look at: it has
    copies of them as they were.
    """
    start = run.last_start()
    if not untried and start.get("faults") and (command := begun_with(run)):
        return command
    broken = any(not failure.transient for failure in failures)
    if broken and not untried:
        return shlex.join(["nearmiss", "retry-failed", str(run.path)])
    return resuming(run.path)


def options(request: RunConfig, how: ExecutionConfig) -> list[str]:
    """The words of a command that say from what and by whom clips are made, where that is not the default."""
    told: list[tuple[str, object]] = []
    told += [("--seed", str(seed)) for seed in request.seeds if request.seeds != RunConfig.seeds]
    told += [("--log", request.log), ("--attribution", request.attribution)]
    told += [("--preset", request.preset)] if request.preset != RunConfig.preset else []
    told += [("--renderer", request.renderer)] if request.renderer != RunConfig.renderer else []
    told += [("--format", name) for name in request.formats if request.formats != RunConfig.formats]
    told += [("--weights", request.weights)] if request.weights != WEIGHTS else []
    told += [("--ray", how.ray), ("--workers", how.workers), ("--metrics-port", how.metrics_port)]
    told += [("--deadline", f"{how.deadline_s:g}")] if how.deadline_s != ExecutionConfig.deadline_s else []
    if how.staged:
        told += [("--gpus", f"{how.staged.gpus:g}"), ("--gpu-share", f"{how.staged.share:g}")]
        told += [("--batch", how.staged.batch)]
    flags = [("--inline", not how.use_ray), ("--staged", how.staged), ("--trust-network", on_a_network(how.ray))]
    return [*given(told), *(name for name, wanted in flags if wanted)]


def given(told: Iterable[tuple[str, object]]) -> list[str]:
    """Options with values, those without left out."""
    return [str(word) for name, value in told if value for word in (name, value)]


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
