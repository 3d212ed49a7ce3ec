"""The commands for an existing run folder. Imports are inside them, as in `pipeline.cli.main`."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import with_options
from pipeline.cli.terminal import INCOMPLETE, OK, console, plain_errors
from pipeline.runs.run_config import GraceOptions
from scenarios.source.counts import counted

RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A run folder made by `nearmiss generate`.")]


def status(
    run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Print numbers of clips, failures, running clips, the process that uses the folder, why it stopped, how to resume.

    Exit code 0: complete, or running; 1: clips are missing.
    """
    from pipeline.cli.json_output import JsonFailure, StatusDocument
    from pipeline.runs.status import RunPhase, lines
    from pipeline.runs.status import status as look_at

    with plain_errors():
        told = look_at(run)
    if as_json:
        document = StatusDocument(
            ok=told.phase is not RunPhase.STOPPED,
            failed=tuple(JsonFailure(**failure.model_dump(by_alias=True)) for failure in told.failed),
            **{name: value for name, value in vars(told).items() if name != "failed"} | {"run": str(told.run)},
        )
        console.print_json(document.model_dump_json(), ensure_ascii=True)
    else:
        for line in lines(told):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(INCOMPLETE if told.phase is RunPhase.STOPPED else OK)


@with_options
def resume(run: RunFolder, ending: GraceOptions) -> None:
    """Resume a stopped run from its folder, with the same files, seeds, cameras, weights and workers.

    Clips with a permanent failure are skipped; `retry-failed` makes them again. Exit codes as for `generate`.
    """
    from pipeline.batch.resume import resume as go_on

    _work(go_on, run, ending.grace_s)


@with_options
def retry_failed(run: RunFolder, ending: GraceOptions) -> None:
    """Make all failed clips again. Exit codes as for `generate`."""
    from pipeline.batch.resume import retry_failed as again

    _work(again, run, ending.grace_s)


def _work(go_on: Callable, run: Path, grace: float) -> None:
    from pipeline.cli.display.progress import ProgressDisplay
    from pipeline.cli.display.tables import print_summary
    from pipeline.engine.shutdown import graceful_shutdown

    complete = True
    with plain_errors(), graceful_shutdown(grace) as stopping, ProgressDisplay(console) as board:
        for summary in go_on(run, board, stopping.__bool__):
            print_summary(console, summary)
            complete = complete and summary.complete
    raise typer.Exit(OK if complete else INCOMPLETE)


def gc(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A run folder, or a dataset as for `merge --into`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files, delete nothing.")] = False,
    older_than: Annotated[
        float | None,
        typer.Option(metavar="DAYS", min=0, max=36500, help="In a dataset: only files unchanged for this long; 14. "
                     "Must be longer than a merge takes."),
    ] = None,
) -> None:  # fmt: skip
    """Delete incomplete clips (run folder) or unreferenced files (merged dataset); prints the freed space.

    In a dataset only files that no version names are deleted, and none that a running merge may need.
    """
    from pipeline.datasets.garbage_collect import gc as collect
    from pipeline.datasets.garbage_collect import is_dataset
    from pipeline.errors import UserError
    from pipeline.runs.run_folder import run_instead

    with plain_errors():
        if is_dataset(place):
            _gc_dataset(place, dry_run, older_than)
            return
        if not (Path(place) / "run.json").is_file():
            neither = f"{place} is neither a run folder (no run.json) nor a dataset (no versions/, no samples/)"
            raise UserError(neither + run_instead(place))
        if older_than is not None:
            raise UserError(f"--older-than is for datasets; in a run folder the age of files does not matter: {place}")
        found = collect(Path(place), dry_run)
    _tell([(one.frees, f"{one.path}  {one.what}") for one in found], dry_run)


def _gc_dataset(place: str, dry_run: bool, days: float | None) -> None:
    from outputs.versioned.orphans import AGE
    from pipeline.datasets.garbage_collect import gc_dataset

    age = AGE if days is None else timedelta(days=days)
    swept = gc_dataset(place, age, dry_run)
    _tell(
        [
            (one.frees, f"{one.group.name}  {counted(len(one.files), 'file')}, {one.group.kind}")
            for one in swept.deleted
        ],
        dry_run,
    )
    if swept.kept:
        held, days = sum(one.frees for one in swept.kept) / 2**20, age / timedelta(days=1)
        why = f"changed within {days:g} days, a running merge may need them; if no merge is running: --older-than 0"
        console.print(
            f"{held:9.2f} MiB  kept in {counted(len(swept.kept), 'place')}: {why}", highlight=False, soft_wrap=True
        )


def _tell(gone: Sequence[tuple[int, str]], dry_run: bool) -> None:
    """Print the space that each deletion frees, and the total."""
    for frees, what in gone:
        console.print(f"{frees / 2**20:9.2f} MiB  {what}", markup=False, highlight=False, soft_wrap=True)
    total = sum(frees for frees, _ in gone) / 2**20
    console.print(f"{total:9.2f} MiB  {'would be freed' if dry_run else 'freed'}", highlight=False)


def report(run: RunFolder) -> None:
    """Rebuild dataset, manifest and report of a run folder from its clips."""
    from pipeline.datasets.publish import publish_again

    with plain_errors():
        console.print(publish_again(run), markup=False)


RUN_COMMANDS: dict[str, Callable[..., None]] = {
    "status": status,
    "resume": resume,
    "retry-failed": retry_failed,
    "gc": gc,
    "report": report,
}
