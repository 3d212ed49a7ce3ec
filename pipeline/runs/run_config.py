"""Requests and execution options of a run, and their storage in the run folder, from which a run can be resumed."""

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
    """A request: what to make and where.

    `log` is the folder of a log in nuScenes format, for scenarios that start `from:` one; `weights` has a folder of
    weights for each preset; `attribution` is the credit for clips made from the log. `specs` is a folder with copies of
    the files of `paths`; None: `paths` are read. `again` is the command that continues the run, "" for
    `nearmiss resume`. `clips` restricts the request to these clips; None: all. `renderer` and `formats` are names in
    `pipeline.renderers.registry` and `outputs.exporters`.
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
    """Executors. `ray` is the address of a cluster; None starts Ray on this machine.

    `metrics_port` is the port of that Ray's metrics for Prometheus, on loopback; None: a free port. `staged` gives the
    networks their own workers; None: every worker makes whole clips.
    """

    use_ray: bool = True
    ray: str | None = None
    workers: int | None = None
    deadline_s: float = 1800.0
    metrics_port: int | None = None
    staged: StagedConfig | None = None


def read_specs(request: RunConfig) -> tuple[Path, ...]:
    """The scenario files of a request. Raises `NotFound`."""
    return find((str(request.specs),) if request.specs else request.paths)


def key_of(request: RunConfig) -> str:
    """The key of a request in its run folder; the same request given again has the same key."""
    content = [request.paths, request.seeds, str(request.log or ""), request.attribution, request.limit]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]


def keep(run: Run, request: RunConfig, how: ExecutionConfig, clips: tuple[str, ...]) -> None:
    """Store all that is needed to resume a request, including its scenario files."""
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
    """The clips of each request, by key; empty in a folder of an older version."""
    path = run.path / WANTED
    if not path.is_file():
        return {}
    try:
        return {str(key): [str(clip) for clip in clips] for key, clips in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, AttributeError, TypeError):
        raise RunRefused(
            f"{path} is damaged; give the command that started this run again: it writes the file"
        ) from None


def kept(run: Run, key: str) -> tuple[RunConfig, ExecutionConfig]:
    """The stored request with this key. Raises RunRefused if it is missing or of another version."""
    try:
        told = next(s["goes_on_with"] for s in reversed(run.manifest()["starts"]) if s.get("request") == key)
        request, how = _read(told, run.path)
    except (KeyError, TypeError, StopIteration):
        raise RunRefused(f"{run.path}/run.json does not have the request; give the first command again") from None
    if not (specs := run.path / SPECS / key).is_dir():
        raise RunRefused(f"{specs} with the scenario files of this run is missing; give the first command again")
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
    """The command of the last start; "" in a folder of an older version."""
    told = run.last_start().get("goes_on_with")
    if not told:
        return ""
    request, how = _read(told, run.path)
    words = [*options(request, how), *given([("--limit", request.limit)])]
    return shlex.join(["nearmiss", "generate", *request.paths, "--out", str(run.path), *words])


def resuming(out: Path) -> str:
    """The command that resumes the run in a folder."""
    return shlex.join(["nearmiss", "resume", str(out)])


def goes_on(run: Run, failures: Sequence[ClipFailed], untried: int = 0) -> str:
    """The command that makes most of the missing clips; `untried` of them were never started.

    Clips with a permanent failure need `retry-failed`. Corrected files need the first command, since `nearmiss resume`
    uses copies of the old files.
    """
    start = run.last_start()
    if not untried and start.get("faults") and (command := begun_with(run)):
        return command
    broken = any(not failure.transient for failure in failures)
    if broken and not untried:
        return shlex.join(["nearmiss", "retry-failed", str(run.path)])
    return resuming(run.path)


def options(request: RunConfig, how: ExecutionConfig) -> list[str]:
    """The command-line options of a request that are not the defaults."""
    told = [("--seed", str(seed)) for seed in request.seeds if request.seeds != RunConfig.seeds]
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
    """Names and values of options, without options that have no value."""
    return [str(word) for name, value in told if value for word in (name, value)]


def _absolute(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
