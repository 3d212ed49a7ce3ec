"""The command `nightly`. Imports are inside it, as in `pipeline.cli.main`."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import (
    Attribution,
    Deadline,
    Formats,
    Gpus,
    GpuShare,
    Grace,
    Inline,
    Log,
    Preset,
    RayAddress,
    Renderer,
    Seeds,
    Staged,
    Together,
    Trust,
    Weights,
    Workers,
)
from pipeline.cli.terminal import console, plain_errors

if TYPE_CHECKING:
    from pipeline.batch.nightly import NightlyConfig, NightlyReport
    from pipeline.runs.run_config import ExecutionConfig


def nightly(
    specs: Annotated[list[str], typer.Argument(metavar="SPECS...", help="Folders of scenario files, files, or names.")],
    out: Annotated[Path, typer.Option(help="Folder of all nightly runs; each has its own run folder in it.")],
    clips: Annotated[int | None, typer.Option(min=1, help="Most clips of a nightly run.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.01, help="Start no clip after this many hours.")] = None,
    into: Annotated[str | None, typer.Option(help="Dataset to merge accepted clips into, as for `merge`.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Also make abandoned clips again.")] = False,
    at: Annotated[str | None, typer.Option(metavar="HH:MM", help="With --serve: start of the nightly run.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Run every night as a service; SIGTERM stops it.")] = False,
    seed: Seeds = None,
    log: Log = None,
    preset: Preset = "tiny",
    renderer: Renderer = "gaia",
    formats: Formats = None,
    weights: Weights = None,
    attribution: Attribution = "",
    inline: Inline = False,
    ray: RayAddress = None,
    trust_network: Trust = False,
    workers: Workers = None,
    staged: Staged = False,
    gpus: Gpus = 0.0,
    gpu_share: GpuShare = 1.0,
    batch: Together = 1,
    deadline: Deadline = 1800,
    grace: Grace = 60,
    webhook_file: Annotated[
        Path | None, typer.Option(help="File with the webhook's address, which is never stored; or NEARMISS_WEBHOOK.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Loopback port of Ray's metrics; needs the extra `metrics`.")
    ] = None,
) -> None:
    """Make the clips that are new or changed since earlier nightly runs, within a budget; once, or every night.

    Exit code 0: all clips of this run were made; 1: a file has faults or a clip failed; 2: misuse; 143: stopped by
    SIGTERM.
    """
    with plain_errors():
        from models.presets import WEIGHTS
        from pipeline.batch.nightly import NightlyBudget, NightlyConfig
        from pipeline.engine.loopback import refuse_open_cluster
        from pipeline.engine.stage_plan import staging
        from pipeline.runs.run_config import ExecutionConfig, RunConfig

        refuse_open_cluster(ray, trust_network)
        seeds = tuple(seed or [0])
        what = RunConfig(
            tuple(specs), out, seeds, log, preset, weights or WEIGHTS, attribution, renderer=renderer,
            formats=tuple(formats or RunConfig.formats),
        )  # fmt: skip
        order = NightlyConfig(what, NightlyBudget(clips, hours), retry_failed, into)
        networks = staging(staged, gpus, gpu_share, batch, inline)
        how = ExecutionConfig(not inline, ray, workers, deadline, metrics_port, networks)
        raise typer.Exit(
            _serve(order, how, at, grace, webhook_file) if serve else _once(order, how, grace, webhook_file)
        )


def _once(order: "NightlyConfig", how: "ExecutionConfig", grace: float, webhook_file: Path | None) -> int:
    from pipeline.batch.webhook import hook
    from pipeline.engine.shutdown import graceful_shutdown

    tell = hook(webhook_file)
    with graceful_shutdown(grace) as stopping:
        account = _work(order, how, date.today(), stopping)
    if tell:
        tell.send(account.message())
    return 143 if stopping else 0 if account.ok else 1


def _serve(
    order: "NightlyConfig", how: "ExecutionConfig", at: str | None, grace: float, webhook_file: Path | None
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


def _work(order: "NightlyConfig", how: "ExecutionConfig", night: date, stopping: object) -> "NightlyReport":
    from pipeline.batch.nightly import nightly as make
    from pipeline.cli.display.progress import ProgressDisplay
    from pipeline.cli.display.tables import print_summary

    with ProgressDisplay(console) as board:
        account = make(order, night, how, board, lambda: bool(stopping))
    print_summary(console, account.summary)
    console.print(account.line, soft_wrap=True)
    if account.waiting or not account.ok:
        console.print(f"resume with: {account.again}", soft_wrap=True)
    return account
