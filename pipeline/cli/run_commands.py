"""The commands about a run folder that is there. Imports are inside them, as in `pipeline.cli.main`."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import with_options
from pipeline.cli.terminal import INCOMPLETE, OK, console, plain_errors
from pipeline.runs.run_config import GraceOptions

RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A run folder made by `nearmiss generate`.")]


def status(run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False) -> None:
    """Say what is done, rejected, failed, missing, in work; who holds the folder; why it stopped; and how to go on.

    Exit code 0: complete, or at work; 1: something is missing.
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
    """Go on with a run that stopped, from its folder alone: same files, seeds, weights and workers.

    What failed by its own fault is left alone; `retry-failed` tries that again. Exit codes as for `generate`.
    """
    from pipeline.batch.resume import resume as go_on

    _work(go_on, run, ending.grace_s)


@with_options
def retry_failed(run: RunFolder, ending: GraceOptions) -> None:
    """Make once more what failed, for whatever reason; exit codes as for `generate`."""
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
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A run folder, or a dataset as `merge --into` has it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    older_than: Annotated[
        float | None,
        typer.Option(metavar="DAYS", min=0, max=36500, help="In a dataset: untouched for so long; 14. A merge must end "
                     "within it."),
    ] = None,
) -> None:  # fmt: skip
    """Take away what was cut short: in a run folder by runs, in a merged dataset by merges. Say how much room it makes.

    Of a dataset only files go that no version names, and none that a merge at work may be about to name.
    """
    from pipeline.datasets.garbage_collect import gc as collect
    from pipeline.datasets.garbage_collect import is_dataset
    from pipeline.errors import UserError

    with plain_errors():
        if is_dataset(place):
            _gc_dataset(place, dry_run, older_than)
            return
        if not (Path(place) / "run.json").is_file():
            raise UserError(f"{place} is neither a run folder (no run.json) nor a dataset (no versions/, no samples/)")
        if older_than is not None:
            raise UserError(f"--older-than is for datasets; {place} is none, and in a run folder age plays no part")
        found = collect(Path(place), dry_run)
    _tell([(one.frees, f"{one.path}  {one.what}") for one in found], dry_run)


def _gc_dataset(place: str, dry_run: bool, days: float | None) -> None:
    from outputs.versioned.orphans import AGE
    from pipeline.datasets.garbage_collect import gc_dataset

    age = AGE if days is None else timedelta(days=days)
    swept = gc_dataset(place, age, dry_run)
    _tell(
        [(one.frees, f"{one.group.name}  {len(one.files)} files, {one.group.kind}") for one in swept.deleted], dry_run
    )
    if swept.kept:
        held, days = sum(one.frees for one in swept.kept) / 2**20, age / timedelta(days=1)
        why = f"touched within {days:g} days: a merge may be about to name it; if none is at work: --older-than 0"
        console.print(f"{held:9.2f} MiB  left in {len(swept.kept)} places: {why}", highlight=False, soft_wrap=True)


def _tell(gone: Sequence[tuple[int, str]], dry_run: bool) -> None:
    """How many bytes each thing frees, and all of them."""
    for frees, what in gone:
        console.print(f"{frees / 2**20:9.2f} MiB  {what}", markup=False, highlight=False, soft_wrap=True)
    total = sum(frees for frees, _ in gone) / 2**20
    console.print(f"{total:9.2f} MiB  {'would be freed' if dry_run else 'freed'}", highlight=False)


def report(run: RunFolder) -> None:
    """Build dataset, manifest and report of a run folder again from its clips."""
    from pipeline.datasets.publish import publish_again

    with plain_errors():
        console.print(publish_again(run))


RUN_COMMANDS = {"status": status, "resume": resume, "retry-failed": retry_failed, "gc": gc, "report": report}
