"""The command line. Imports are inside the commands: `nearmiss --help` does not wait for torch."""

import sys
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
)
from pipeline.training.train_options import TrainOptions

app = typer.Typer(
    cls=Commands,
    help="Turns written driving corner cases into checked, labelled clips. Start with: nearmiss new my-case",
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Turns written driving corner cases into checked, labelled clips. Start with: nearmiss new my-case"""


Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Scenario files, folders, or shipped names (nearmiss library).")
]


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="Where to write it, e.g. my-case.yaml.")],
    phrase: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PHRASE",
            help="What happens, e.g. 'a child steps out from behind the parked van at night'; or a shipped name.",
        ),
    ] = None,
) -> None:
    """Write a scenario file to begin from: a commented one, or one drafted from a phrase."""
    with loading_modules():
        from pipeline.cli.new import write_new

    with plain_errors():
        made = write_new(path, phrase)
    for word in made.unknown:
        console.print(f"not understood, and not in the file: {word}", style="yellow", markup=False, soft_wrap=True)
    if made.nearest:
        console.print(f"nearest shipped scenario: {made.nearest}", highlight=False, soft_wrap=True)
    console.print(f"wrote {made.path}; next: nearmiss explain {made.path}", soft_wrap=True)


@app.command()
def schema(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("nearmiss.schema.json"),
) -> None:
    """Write the JSON Schema of scenario files, with which editors complete, explain and check them."""
    from pipeline.cli.editor import first_line, write_schema

    with plain_errors():
        made = write_schema(path)
    console.print(f"wrote {made}; a file beside it names it in its first line:", soft_wrap=True)
    console.print(first_line(made, made.parent), markup=False, highlight=False, soft_wrap=True)


@app.command()
def library(as_json: AsJson = False) -> None:
    """List the shipped scenarios: a short list of everything, and the suites of the protocols."""
    with loading_modules():
        from pipeline.cli.display.catalog import list_shipped, shipped_as_json

    (shipped_as_json if as_json else list_shipped)(console)


@app.command()
def explain(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH...", help="As for the other commands.")] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="Everything that a story line can say instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what was understood of scenario files: roads, actors, events, sweeps, in plain words."""
    with loading_modules():
        from pipeline.cli.authoring.explaining import explain_as_json, explain_files, explain_phrases
        from pipeline.errors import UserError

    with plain_errors():
        if phrases:
            explain_phrases(console)
            raise typer.Exit(OK)
        if not paths:
            raise UserError("name a scenario file, a folder or a library name; or ask for --phrases")
        shown = explain_as_json if as_json else explain_files
        raise typer.Exit(OK if shown(tuple(paths), console) else INCOMPLETE)


@app.command()
@with_options
def check(
    paths: Paths,
    real: LogOptions,
    full: Annotated[bool, typer.Option("--full", help="Every verdict of every scenario.")] = False,
    as_json: AsJson = False,
) -> None:
    """Validate scenario files and the physics of what happens in them. No network is run."""
    with loading_modules():
        from pipeline.cli.authoring.checking import check_as_json, check_files

    log = real.log
    with plain_errors():
        sound = check_as_json(tuple(paths), log, console) if as_json else check_files(tuple(paths), log, full, console)
        raise typer.Exit(OK if sound else INCOMPLETE)


@app.command()
@with_options
def preview(
    paths: Paths,
    real: LogOptions,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("runs/preview"),
    *,
    seen: RigOptions,
) -> None:
    """Draw scenarios from above and as each camera's picture and layers, in seconds. No network is run."""
    with loading_modules():
        from pipeline.cli.authoring.previewing import preview_files

    with plain_errors():
        raise typer.Exit(OK if preview_files(tuple(paths), real.log, seen.rig, out, console) else INCOMPLETE)


@app.command()
@with_options
def generate(
    paths: Paths,
    out: Annotated[
        Path | None, typer.Option(help="Run folder; default: runs/ and the first PATH's name. Again goes on there.")
    ] = None,
    *,
    request: GenerateOptions,
    how: ExecutionConfig,
    launch: LaunchOptions,
) -> None:
    """Make clips: simulate, generate, check, and build dataset and report.

    Exit code 0: every clip was made (accepted or rejected); 1: a file has faults or a clip failed; 2: misuse; 143:
    SIGTERM came, and what was in work was finished or dropped. `nearmiss resume DIR` goes on.
    """
    with plain_errors():
        from pipeline.batch.generate import generate as make
        from pipeline.cli.display.progress import ProgressDisplay
        from pipeline.cli.display.tables import print_summary
        from pipeline.engine.loopback import refuse_open_cluster
        from pipeline.engine.shutdown import graceful_shutdown
        from pipeline.runs.run_folder import safe_name

        refuse_open_cluster(how.ray, launch.trust_network)
        out = out or Path("runs") / safe_name(Path(paths[0]).stem)
        what = RunConfig(paths=tuple(paths), out=out, **dict(request))
        with graceful_shutdown(launch.grace_s) as stopping, ProgressDisplay(console) as board:
            summary = make(what, how, board, stopping.__bool__)
    print_summary(console, summary)
    raise typer.Exit(OK if summary.complete else INCOMPLETE)


@app.command()
def search(
    path: Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or a library name, with a sweep.")],
    measure: Annotated[
        list[str] | None,
        typer.Option(help="What to make worst: ttc (if not said), deceleration, visibility; several: their frontier."),
    ] = None,
    rollouts: Annotated[int, typer.Option(min=10, help="Scenarios to try at most.")] = 600,
    keep: Annotated[int, typer.Option(min=1, max=100, help="Worst cases to write, each elsewhere in the space.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="The same seed finds the same cases.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that roll out; default: one a core.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the answer; default: runs/search-NAME-MEASURE.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the worst case within a file's sweep: rollouts alone, no pictures, hundreds to thousands a minute.

    The search is not bound to the values listed: two numbers of one unit, a range or a distribution span all that lies
    between their ends. Words and joint rows are tried as they are. What a constraint drops, what physics forbids and
    what misses the file's `expect` is left out and counted; with `expect: {collision: never}` it finds the nearest
    miss.

    Measures: `ttc`, the least time to collision; `deceleration`, the braking that would just have avoided contact;
    `visibility`, the time between the driver's first sight of the other and the conflict. Among collisions the first
    two prefer the faster one. `mildness`, how hard the others brake or speed up, weighs against one of these.

    Of several measures (`--measure ttc --measure mildness`) the answer is their Pareto frontier: the cases of which no
    other is worse by all of them.

    The answer: scenario files that `nearmiss generate` takes, a plot, and all trials as JSON.
    """
    with plain_errors():
        from pipeline.cli.search_command import search_file
        from pipeline.engine.machine import cores
        from pipeline.search.search import SearchEffort

        effort = SearchEffort(rollouts, keep, seed, workers or cores())
        found = search_file(path, tuple(measure or ("ttc",)), effort, out, console, as_json)
        raise typer.Exit(OK if found else INCOMPLETE)


@app.command()
@with_options
def train(
    part: Annotated[str, typer.Argument(help="tokenizer, decoder, world, detector or egomotion.")],
    training: TrainOptions,
) -> None:
    """Train one part on pictures from the procedural camera; decoder and world need a trained tokenizer beside them."""
    with plain_errors():
        from pipeline.cli.display.tables import training_progress
        from pipeline.training.train import train_here

        with training_progress(console, training.steps) as progress:
            made = train_here(part, training, progress)
    console.print(f"weights {made}   loss curve and samples {training.runs / part}")


@app.command()
@with_options
def evaluate(
    networks: PresetOptions,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("runs/evaluation"),
    clips: Annotated[int, typer.Option(min=1, help="Held-out clips to measure on.")] = 8,
    calibrate: Annotated[
        int, typer.Option(metavar="STREETS", help="First set the limits of the pixel checks on so many source clips.")
    ] = 0,
    rig: Annotated[
        str,
        typer.Option(metavar="NAME|FILE.toml", help="With --calibrate: measure the limits of its cameras, and end."),
    ] = FIRST_RIG,
    keep: Annotated[bool, typer.Option("--keep", help="Leave all frames in the folder, to be measured again.")] = False,
    beside: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Measure also what an evaluation with --keep left there.")
    ] = None,
) -> None:
    """Measure the networks on held-out scenes: sharpness, labels, ghosts, permanence, speed, with floors.

    After the detector or the ego-motion network was trained, the checks need new limits: --calibrate 64. A camera that
    does not look ahead as `front` does needs limits of its own: --calibrate 64 --rig RIG.
    """
    with plain_errors():
        from conditioning.geometry.rigs import find_rig
        from pipeline.errors import UserError

        cameras = find_rig(rig)
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
    sys.exit(main())
