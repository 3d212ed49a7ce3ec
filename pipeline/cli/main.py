"""The command line. Imports are inside the commands, so that `nearmiss --help` does not import torch."""

from pathlib import Path
from typing import Annotated

import typer

from conditioning.geometry import FIRST_RIG
from pipeline.cli.options import AsJson, with_options
from pipeline.cli.registry import COMMANDS
from pipeline.cli.terminal import INCOMPLETE, OK, Commands, console, loading_modules, plain_errors
from pipeline.runs.run_config import (
    ExecutionConfig,
    GenerateOptions,
    LaunchOptions,
    LogOptions,
    PresetOptions,
    RigOptions,
    RunConfig,
    refuse_without_effect,
)
from pipeline.search.search_options import SearchOptions
from pipeline.training.train_options import TrainOptions

app = typer.Typer(
    cls=Commands,
    help="Turn written driving corner cases into checked, labelled clips. Start with: nearmiss new my-case",
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, rich_markup_mode="markdown",
)  # fmt: skip


def _version(asked: bool) -> bool:
    if asked:
        from importlib.metadata import version

        console.print(f"nearmiss {version('nearmiss')}", highlight=False)
        raise typer.Exit(OK)
    return asked


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn written driving corner cases into checked, labelled clips. Start with: nearmiss new my-case"""


Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Scenario files, folders, or shipped names (nearmiss library).")
]


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The file to write, such as my-case.yaml.")],
    phrase: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PHRASE",
            help="A phrase such as 'a child steps out from behind the parked van at night', or a shipped name.",
        ),
    ] = None,
) -> None:
    """Write a first scenario file: a commented example, or a draft from a phrase."""
    with loading_modules():
        from pipeline.cli.new import write_new

    with plain_errors():
        made = write_new(path, phrase)
    if made.folder is not None:
        console.print(f"made the folder {made.folder}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"wrote {made.path}; next: nearmiss explain {made.path}", markup=False, soft_wrap=True)


@app.command()
def schema(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("nearmiss.schema.json"),
) -> None:
    """Write the JSON Schema of scenario files, for completion and checks in editors."""
    from pipeline.cli.editor import first_line, write_schema

    with plain_errors():
        made = write_schema(path)
    console.print(f"wrote {made}; the first line of a scenario file beside it is:", markup=False, soft_wrap=True)
    console.print(first_line(made, made.parent), markup=False, highlight=False, soft_wrap=True)


@app.command()
def library(as_json: AsJson = False) -> None:
    """List the shipped scenarios: a short list of examples, and the suites."""
    with loading_modules():
        from pipeline.cli.display.catalog import list_shipped, shipped_as_json

    (shipped_as_json if as_json else list_shipped)(console)


@app.command()
def explain(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Scenario files, folders, or shipped names.")
    ] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="Print all phrases of story lines instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the meaning of scenario files in plain words: roads, actors, events, sweeps."""
    with loading_modules():
        from pipeline.cli.authoring.explaining import explain_as_json, explain_files, explain_phrases
        from pipeline.errors import UserError

    with plain_errors():
        if phrases:
            explain_phrases(console)
            raise typer.Exit(OK)
        if not paths:
            raise UserError("give a scenario file, a folder or a shipped name, or --phrases")
        shown = explain_as_json if as_json else explain_files
        raise typer.Exit(OK if shown(tuple(paths), console) else INCOMPLETE)


@app.command()
@with_options
def check(
    paths: Paths,
    real: LogOptions,
    full: Annotated[bool, typer.Option("--full", help="Print every verdict of every scenario.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check scenario files and the physics of their simulation. Runs no network."""
    with loading_modules():
        from pipeline.cli.authoring.checking import check_as_json, check_files

    log = real.log
    with plain_errors():
        sound = check_as_json(tuple(paths), log, console) if as_json else check_files(tuple(paths), log, full, console)
        raise typer.Exit(OK if sound else INCOMPLETE)


@app.command("check-log")
def check_log(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a nuScenes-format log.")],
    scene: Annotated[str, typer.Option(help="Check only the scene of this name.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the scenes of a log in nuScenes format, and every fault of its tables. Generates nothing.

    Exit code 0: every scene can be read; 1: a fault is refused; 2: no such folder or scene.
    """
    with loading_modules():
        from pipeline.cli.authoring.log_checking import check_log_folder

    with plain_errors():
        raise typer.Exit(OK if check_log_folder(folder, scene, as_json, console) else INCOMPLETE)


@app.command()
@with_options
def preview(
    paths: Paths,
    real: LogOptions,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("runs/preview"),
    *,
    seen: RigOptions,
) -> None:
    """Draw scenarios from above and as each camera's picture and layers, in seconds. Runs no network."""
    with loading_modules():
        from pipeline.cli.authoring.previewing import preview_files

    with plain_errors():
        raise typer.Exit(OK if preview_files(tuple(paths), real.log, seen.rig, out, console) else INCOMPLETE)


@app.command()
@with_options
def generate(
    paths: Paths,
    out: Annotated[
        Path | None, typer.Option(help="Run folder, which a repeated command continues; default: runs/NAME of PATH.")
    ] = None,
    *,
    request: GenerateOptions,
    how: ExecutionConfig,
    launch: LaunchOptions,
) -> None:
    """Make clips: simulate, generate, check, and build dataset and report.

    Exit code 0: every clip was made (accepted or rejected); 1: a file has faults or a clip failed; 2: misuse; 143:
    stopped by SIGTERM, running clips were finished or dropped. `nearmiss resume DIR` continues.
    """
    with plain_errors():
        from pipeline.batch.generate import generate as make
        from pipeline.cli.display.progress import ProgressDisplay
        from pipeline.cli.display.tables import print_summary
        from pipeline.engine.loopback import refuse_open_cluster
        from pipeline.engine.shutdown import graceful_shutdown
        from pipeline.runs.safe_names import safe_name

        refuse_open_cluster(how.ray, launch.trust_network)
        refuse_without_effect(how)
        out = out or Path("runs") / safe_name(Path(paths[0]).stem)
        what = RunConfig(paths=tuple(paths), out=out, **dict(request))
        with graceful_shutdown(launch.grace_s) as stopping, ProgressDisplay(console) as board:
            summary = make(what, how, board, stopping.__bool__)
    print_summary(console, summary)
    raise typer.Exit(OK if summary.complete else INCOMPLETE)


@app.command()
@with_options
def search(
    path: Annotated[str, typer.Argument(metavar="FILE", help="A scenario file or shipped name with a sweep.")],
    wanted: SearchOptions,
    out: Annotated[Path | None, typer.Option(help="Folder for the result; default: runs/search-NAME-MEASURE.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the worst cases within a file's sweep, by simulation without pictures, hundreds to thousands a minute.

    The search uses the whole range between the ends of numbers of one unit, of a range or of a distribution, not only
    the listed values. Words and joint rows are tried as listed. Cases that a constraint excludes, that are physically
    impossible or that do not meet the file's `expect` are left out and counted. With `expect: {collision: never}` the
    search finds the nearest miss.

    Measures: `ttc`, the smallest time to collision; `deceleration`, the braking that would just avoid contact;
    `visibility`, the time from the driver's first sight of the other body to the conflict. Of several collisions the
    first two prefer the faster one. `mildness` prefers cases in which the others brake or accelerate
    little; combine it with another measure.

    With several measures (`--measure ttc --measure mildness`) the result is their Pareto frontier: no other case is
    worse by all measures.

    The result is scenario files for `nearmiss generate`, a plot, and all trials as JSON.
    """
    with plain_errors():
        from pipeline.cli.search_command import search_file
        from pipeline.engine.machine import cores

        wanted = wanted.replaced(workers=wanted.workers or cores())
        raise typer.Exit(OK if search_file(path, wanted, out, console, as_json) else INCOMPLETE)


@app.command()
@with_options
def train(
    part: Annotated[str, typer.Argument(help="tokenizer, decoder, world, detector or egomotion.")],
    training: TrainOptions,
) -> None:
    """Train one network on pictures of the procedural camera; decoder and world need a trained tokenizer."""
    with plain_errors():
        from pipeline.cli.display.tables import training_progress
        from pipeline.training.train import train_here

        with training_progress(console, training.steps) as progress:
            made = train_here(part, training, progress)
    console.print(f"weights {made}   loss curve and samples {training.runs / part}", markup=False)


@app.command()
@with_options
def evaluate(
    networks: PresetOptions,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("runs/evaluation"),
    clips: Annotated[int, typer.Option(min=1, help="Held-out clips to measure on.")] = 8,
    calibrate: Annotated[
        int, typer.Option(metavar="STREETS", help="First set the limits of the pixel checks with this many clips.")
    ] = 0,
    rig: Annotated[
        str,
        typer.Option(metavar="NAME|FILE.toml", help="With --calibrate: measure only the limits of this rig's cameras."),
    ] = FIRST_RIG,
    keep: Annotated[bool, typer.Option("--keep", help="Keep all frames in the folder, for --beside.")] = False,
    beside: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also measure the frames of an evaluation with --keep.")
    ] = None,
) -> None:
    """Measure the networks on held-out scenes: sharpness, labels, ghosts, permanence, speed, beside references.

    After training the detector or the ego-motion network, set new limits of the checks: --calibrate 64. A camera that
    does not look ahead like `front` needs its own limits: --calibrate 64 --rig RIG.
    """
    with plain_errors():
        from conditioning.geometry.rigs import find_rig
        from pipeline.errors import UserError, refuse_unwritable

        cameras = find_rig(rig)
        refuse_unwritable(out, "--out")
        if rig != FIRST_RIG and not calibrate:
            raise UserError(
                "--rig goes with --calibrate: networks are evaluated with `front`, on which they were trained"
            )
        if calibrate:
            from pipeline.cli.display.tables import training_progress
            from pipeline.evaluation.calibrate import calibrate_preset

            with training_progress(console, calibrate) as progress:
                calibrate_preset(
                    networks.preset, calibrate, lambda done, total: progress(done, {"clips": total}), rig=cameras
                )
            if rig != FIRST_RIG:
                return
        from pipeline.evaluation.evaluate import evaluate as measure

        measure(networks.preset, clips, out, console, keep=keep, beside=beside)


for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def main() -> None:
    """Entry for `python -m pipeline.cli.main`."""
    app(prog_name="nearmiss")


if __name__ == "__main__":
    main()
