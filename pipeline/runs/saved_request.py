"""A request as the run folder keeps it, so that anybody can go on with it, and the commands that do."""

import hashlib
import json
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter

from conditioning.geometry.rigs import RIGS, Rig, find_rig, rig_id
from outputs.atomic_write import whole_folder, write_text
from outputs.strict_model import DamagedFile, read_strictly
from pipeline.engine.loopback import on_a_network
from pipeline.options import words
from pipeline.runs.clip_outcome import ClipFailed
from pipeline.runs.run_config import ExecutionConfig, GenerateOptions, RunConfig, SavedRequest
from pipeline.runs.run_folder import Run, RunRefused, safe_name
from pipeline.runs.scenario_sources import find

SPECS, WANTED = "specs", "wanted.json"
_WANTED_FILE = TypeAdapter(dict[str, tuple[str, ...]], config=ConfigDict(strict=True))


def read_specs(request: RunConfig) -> tuple[Path, ...]:
    """The scenario files of a request; raises `specs.NotFound`."""
    return find((str(request.specs),) if request.specs else request.paths)


def cameras_of(request: RunConfig) -> Rig:
    """The cameras of a request: of one that goes on, those that its run keeps, else by name or from the file.

    Raises RigError, or `RunRefused` for a run folder that does not say.
    """
    return find_rig(request.rig) if request.specs is None else Run(request.out).rig()


def refuse_changed_rig(run: Run, request: RunConfig) -> None:
    """RunRefused where the rig that a run began with is another one now. A file that is gone refuses nothing: the run
    keeps the cameras."""
    if request.rig not in RIGS and not Path(request.rig).exists():
        return
    was, now = rig_id(run.rig()), rig_id(find_rig(request.rig))
    if was != now:
        raise RunRefused(
            f"the rig {request.rig} changed since {run.path} began: it was {was} and is {now} now. All clips of a run "
            "have the same cameras: put the former rig back (run.json keeps its cameras), or begin another --out"
        )


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
    places = {"log": request.log and request.log.absolute(), "weights": request.weights.absolute()}
    places |= {} if request.rig in RIGS else {"rig": str(Path(request.rig).absolute())}
    given = request.model_dump(include=set(SavedRequest.model_fields)) | dict(how) | places
    run.note(request=key, goes_on_with=SavedRequest(**given))
    write_text(run.path / WANTED, json.dumps(wanted(run) | {key: clips}) + "\n")


def wanted(run: Run) -> dict[str, tuple[str, ...]]:
    """The clips that each request means, by its key; nothing in a folder that was made before this was written down."""
    path = run.path / WANTED
    if not path.is_file():
        return {}
    try:
        return read_strictly(path, path.read_bytes(), _WANTED_FILE.validate_json)
    except DamagedFile as damage:
        raise RunRefused(f"{damage}; give the command that began this run again: it writes it anew") from None


def kept(run: Run, key: str) -> tuple[RunConfig, ExecutionConfig]:
    """A request as it was last written down; RunRefused if it was not, or not by this version."""
    starts = reversed(run.file().starts)
    saved = next((start.goes_on_with for start in starts if start.request == key and start.goes_on_with), None)
    if saved is None:
        raise RunRefused(f"{run.path}/run.json does not say how to go on; give the first command again")
    if not (specs := run.path / SPECS / key).is_dir():
        raise RunRefused(f"{specs} is gone: the scenario files of this run; give the first command again")
    return _request_of(saved, run.path).replaced(specs=specs), _execution_of(saved)


def _request_of(saved: SavedRequest, out: Path) -> RunConfig:
    return RunConfig(out=out, **_shared(saved, RunConfig))


def _execution_of(saved: SavedRequest) -> ExecutionConfig:
    return ExecutionConfig(**_shared(saved, ExecutionConfig))


def _shared(saved: SavedRequest, model: type[RunConfig] | type[ExecutionConfig]) -> dict[str, object]:
    return {name: value for name, value in saved if name in model.model_fields}


def begun_with(run: Run) -> str:
    """The whole command that a run was last begun with; "" in a folder of a version that did not write it down."""
    saved = run.last_start().goes_on_with
    if saved is None:
        return ""
    told = command_words(_request_of(saved, run.path), _execution_of(saved))
    return shlex.join(["nearmiss", "generate", *saved.paths, "--out", str(run.path), *told])


def resuming(out: Path) -> str:
    """The command that goes on with the run in a folder."""
    return shlex.join(["nearmiss", "resume", str(out)])


def goes_on(run: Run, failures: Sequence[ClipFailed], untried: int = 0) -> str:
    """The one command that makes the most of what is missing; `untried` clips of it were never begun.

    What failed by itself must be asked for; so must mended files, which `nearmiss resume` would not look at: it has
    copies of them as they were.
    """
    if not untried and run.last_start().faults and (command := begun_with(run)):
        return command
    broken = any(not failure.transient for failure in failures)
    if broken and not untried:
        return shlex.join(["nearmiss", "retry-failed", str(run.path)])
    return resuming(run.path)


def command_words(request: GenerateOptions, how: ExecutionConfig) -> list[str]:
    """The words of a command that say from what and by whom clips are made, where that is not the default."""
    return [*words(request), *words(how), *(["--trust-network"] if on_a_network(how.ray) else [])]
