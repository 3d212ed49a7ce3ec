"""The command `nightly`. Imports are inside it, as in `pipeline.cli.main`."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import with_options
from pipeline.cli.terminal import console, plain_errors
from pipeline.runs.run_config import (
    ExecutionConfig,
    LaunchOptions,
    NightlyOptions,
    RunConfig,
    RunOptions,
    WebhookOptions,
    WithoutEffect,
    refuse_without_effect,
)

if TYPE_CHECKING:
    from pipeline.batch.nightly import NightlyConfig, NightlyReport


@with_options
def nightly(
    specs: Annotated[list[str], typer.Argument(metavar="SPECS...", help="Folders of scenario files, files, or names.")],
    out: Annotated[Path, typer.Option(help="Folder of all nightly runs; each has its own run folder in it.")],
    *,
    tonight: NightlyOptions,
    request: RunOptions,
    how: ExecutionConfig,
    webhook: WebhookOptions,
    launch: LaunchOptions = LaunchOptions(grace_s=60.0),
    at: Annotated[str | None, typer.Option(metavar="HH:MM", help="With --serve: start of the nightly run.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Run every night as a service; SIGTERM stops it.")] = False,
) -> None:
    """Make the clips that are new or changed since earlier nightly runs, within a budget; once, or every night.

    Exit code 0: all clips of this run were made; 1: a file has faults or a clip failed; 2: misuse; 143: stopped by
    SIGTERM.
    """
    with plain_errors():
        from pipeline.batch.nightly import NightlyConfig
        from pipeline.engine.loopback import refuse_open_cluster

        refuse_open_cluster(how.ray, launch.trust_network)
        refuse_without_effect(how)
        if at is not None and not serve:
            raise WithoutEffect(
                "--at is the start of every night of --serve: without it the nightly run starts at once"
            )
        order = NightlyConfig(what=RunConfig(paths=tuple(specs), out=out, **dict(request)), **dict(tonight))
        raise typer.Exit(
            _serve(order, how, at, launch.grace_s, webhook.webhook_file)
            if serve
            else _once(order, how, launch.grace_s, webhook.webhook_file)
        )


def _once(order: "NightlyConfig", how: ExecutionConfig, grace: float, webhook_file: Path | None) -> int:
    from pipeline.batch.webhook import hook
    from pipeline.engine.shutdown import graceful_shutdown

    tell = hook(webhook_file)
    with graceful_shutdown(grace) as stopping:
        account = _work(order, how, date.today(), stopping)
    if tell:
        tell.send(account.message())
    return 143 if stopping else 0 if account.ok else 1


def _serve(
    order: "NightlyConfig", how: ExecutionConfig, at: str | None, grace: float, webhook_file: Path | None
) -> int:
    from pipeline.batch.daily_schedule import DailySchedule, serve, time_of_day
    from pipeline.batch.webhook import hook
    from pipeline.engine.event_log import journal
    from pipeline.engine.shutdown import graceful_shutdown
    from pipeline.errors import UserError

    if at is None:
        raise UserError("--serve needs a time of day to start at, such as --at 02:00")
    schedule, tell = DailySchedule(order.root, time_of_day(at)), hook(webhook_file)
    order.root.mkdir(parents=True, exist_ok=True)
    with journal(order.root), graceful_shutdown(grace) as stopping:

        def work(night: date) -> None:
            account = _work(order, how, night, stopping)
            if tell:
                tell.send(account.message())

        console.print(
            f"nights at {schedule.at:%H:%M} into {order.root}; log: {order.root / 'log.jsonl'}", soft_wrap=True
        )
        serve(schedule, work, stopping)
    return 143


def _work(order: "NightlyConfig", how: ExecutionConfig, night: date, stopping: object) -> "NightlyReport":
    from pipeline.batch.nightly import nightly as make
    from pipeline.cli.display.progress import ProgressDisplay
    from pipeline.cli.display.tables import print_summary

    with ProgressDisplay(console) as board:
        account = make(order, night, how, board, lambda: bool(stopping))
    print_summary(console, account.summary)
    console.print(account.line, markup=False, soft_wrap=True)
    if account.waiting or not account.ok:
        console.print(f"resume with: {account.again}", markup=False, soft_wrap=True)
    return account
