"""The commands about a run folder that is there. Imports are inside them, as in `pipeline.cli`, which names them."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.options import GRACE_S, Grace
from pipeline.terminal import INCOMPLETE, OK, console, plain_errors

RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A run folder made by `nearmiss generate`.")]


def status(run: RunFolder, as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False) -> None:
    """Say what is done, rejected, failed, missing, in work; who holds the folder; why it stopped; and how to go on.

    Exit code 0: complete, or at work; 1: something is missing.
    """
    from pipeline.status import Phase, lines
    from pipeline.status import status as look_at

    with plain_errors():
        told = look_at(run)
    if as_json:
        console.print_json(json.dumps(asdict(told), default=str))
    else:
        for line in lines(told):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(INCOMPLETE if told.phase is Phase.STOPPED else OK)


def resume(run: RunFolder, grace: Grace = GRACE_S) -> None:
    """Go on with a run that stopped, from its folder alone: same files, seeds, weights and workers.

    What failed by its own fault is left alone; `retry-failed` tries that again. Exit codes as for `generate`.
    """
    from pipeline.resume import resume as go_on

    _work(go_on, run, grace)


def retry_failed(run: RunFolder, grace: Grace = GRACE_S) -> None:
    """Make once more what failed, for whatever reason; exit codes as for `generate`."""
    from pipeline.resume import retry_failed as again

    _work(again, run, grace)


def _work(go_on: Callable, run: Path, grace: float) -> None:
    from pipeline.board import Board
    from pipeline.printing import print_summary
    from pipeline.stopping import told_to_stop

    complete = True
    with plain_errors(), told_to_stop(grace) as stopping, Board(console) as board:
        for summary in go_on(run, board, stopping.__bool__):
            print_summary(console, summary)
            complete = complete and summary.complete
    raise typer.Exit(OK if complete else INCOMPLETE)


def gc(
    run: RunFolder, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False
) -> None:
    """Take away what runs that were cut short left in a folder, and say how much room that makes."""
    from pipeline.leftovers import gc as collect

    with plain_errors():
        found = collect(run, dry_run)
    for one in found:
        told = f"{one.frees / 2**20:9.2f} MiB  {one.path}  {one.what}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    total = sum(one.frees for one in found) / 2**20
    console.print(f"{total:9.2f} MiB  {'would be freed' if dry_run else 'freed'}", highlight=False)


def report(run: RunFolder) -> None:
    """Build dataset, manifest and report of a run folder again from its clips."""
    from pipeline.publish import publish_again

    with plain_errors():
        console.print(publish_again(run))


RUN_COMMANDS = {"status": status, "resume": resume, "retry-failed": retry_failed, "gc": gc, "report": report}
