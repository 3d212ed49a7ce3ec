"""The stored requests of a run folder, from which a run can be resumed, and the commands for that."""

import hashlib
import json
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from conditioning.geometry.rigs import RIGS, Rig, find_rig, rig_id
from outputs.atomic_write import whole_folder, write_text
from outputs.strict_model import DamagedFile, read_strictly
from pipeline.engine.loopback import on_a_network
from pipeline.options import words
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_config import ExecutionConfig, GenerateOptions, RunConfig, SavedRequest, shipped_weights
from pipeline.runs.run_folder import Run, RunRefused
from pipeline.runs.safe_names import safe_name
from pipeline.runs.scenario_sources import find

SPECS, WANTED = "specs", "wanted.json"
_WANTED_FILE = TypeAdapter(dict[str, tuple[str, ...]], config=ConfigDict(strict=True))


def read_specs(request: RunConfig) -> tuple[Path, ...]:
    """The scenario files of a request. Raises `NotFound`."""
    return find((str(request.specs),) if request.specs else request.paths)


def cameras_of(request: RunConfig) -> Rig:
    """The cameras of a request: those stored in the run, if it is resumed, else by name or from the file.

    Raises RigError, or `RunRefused` for a run folder without cameras.
    """
    return find_rig(request.rig) if request.specs is None else Run(request.out).rig()


def refuse_changed_rig(run: Run, request: RunConfig) -> None:
    """Raise RunRefused if a run's rig has changed. A missing rig file is no error, since run.json has the cameras."""
    if request.rig not in RIGS and not Path(request.rig).exists():
        return
    was, now = rig_id(run.rig()), rig_id(find_rig(request.rig))
    if was != now:
        raise RunRefused(
            f"the rig {request.rig} has changed since the start of {run.path}: it was {was} and is {now} now. All "
            "clips of a run have the same cameras: restore the rig (run.json has its cameras), or give another --out"
        )


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
    rig = request.rig if request.rig in RIGS else str(Path(request.rig).absolute())
    places = {"log": request.log and request.log.absolute(), "weights": request.weights.absolute(), "rig": rig}
    given = request.model_dump(include=set(SavedRequest.model_fields)) | dict(how) | places
    if request.weights == shipped_weights():
        del given["weights"]  # those of the installation that resumes, wherever it is; its fingerprints are compared
    run.note(request=key, goes_on_with=SavedRequest(**given))
    write_text(run.path / WANTED, json.dumps(wanted(run) | {key: clips}) + "\n")


def wanted(run: Run) -> dict[str, tuple[str, ...]]:
    """The clips of each request, by key; empty in a folder of an older version."""
    path = run.path / WANTED
    if not path.is_file():
        return {}
    try:
        return read_strictly(path, path.read_bytes(), _WANTED_FILE.validate_json)
    except DamagedFile as damage:
        raise RunRefused(f"{damage}; give the command that started this run again: it writes the file") from None


def kept(run: Run, key: str) -> tuple[RunConfig, ExecutionConfig]:
    """The stored request with this key. Raises RunRefused if it is missing or of another version."""
    starts = reversed(run.file().starts)
    saved = next((start.goes_on_with for start in starts if start.request == key and start.goes_on_with), None)
    if saved is None:
        raise RunRefused(f"{run.path}/run.json does not have the request; give the first command again")
    if not (specs := run.path / SPECS / key).is_dir():
        raise RunRefused(f"{specs} with the scenario files of this run is missing; give the first command again")
    return _request_of(saved, run.path).replaced(specs=specs), _execution_of(saved)


def _request_of(saved: SavedRequest, out: Path) -> RunConfig:
    return RunConfig(out=out, **_shared(saved, RunConfig))


def _execution_of(saved: SavedRequest) -> ExecutionConfig:
    return ExecutionConfig(**_shared(saved, ExecutionConfig))


def _shared(saved: SavedRequest, model: type[RunConfig] | type[ExecutionConfig]) -> dict[str, Any]:
    return {name: value for name, value in saved if name in model.model_fields}


def begun_with(run: Run) -> str:
    """The command of the last start; "" in a folder of an older version."""
    saved = run.last_start().goes_on_with
    if saved is None:
        return ""
    told = command_words(_request_of(saved, run.path), _execution_of(saved))
    return shlex.join(["nearmiss", "generate", *saved.paths, "--out", str(run.path), *told])


def resuming(out: Path) -> str:
    """The command that resumes the run in a folder."""
    return shlex.join(["nearmiss", "resume", str(out)])


def goes_on(run: Run, failures: Sequence[ClipFailed], untried: int = 0) -> str:
    """The command that makes most of the missing clips; `untried` of them were never started.

    Clips with a permanent failure need `retry-failed`. Corrected files need the first command, since `nearmiss resume`
    uses copies of the old files.
    """
    if not untried and run.last_start().faults and (command := begun_with(run)):
        return command
    broken = any(not failure.transient for failure in failures)
    if broken and not untried:
        return shlex.join(["nearmiss", "retry-failed", str(run.path)])
    return resuming(run.path)


def command_words(request: GenerateOptions, how: ExecutionConfig) -> list[str]:
    """The command-line options of a request that are not the defaults."""
    return [*words(request), *words(how), *(["--trust-network"] if on_a_network(how.ray) else [])]
