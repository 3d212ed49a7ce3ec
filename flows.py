"""Prefect flows around the pipeline: retries, shards, artifacts, schedules. No domain logic.

python flows.py run scenarios/library --out runs/tonight
python flows.py night scenarios/library --out runs/nights --clips 500
prefect deploy --all          # the deployments of prefect.yaml: every night at two
"""

import os

# Set before Prefect is imported: no telemetry, and longer limits than Prefect's (a minute for a server that stopped,
# twenty seconds for the start of a temporary one).
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", "7")  # after 2 s, then doubled: four minutes in total
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")  # a busy machine takes over 20 s

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from inspect import unwrap
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from prefect import artifacts, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.logging import get_logger, get_run_logger
from prefect.runtime import task_run
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Completed, Failed, State

from pipeline.batch.generate import Summary, hold, make_clips, make_plan, refuse_unknown, stopped_by, summarise
from pipeline.batch.nightly import NightlyConfig, close_night, open_night
from pipeline.batch.run_page import line_of, page_of, rows_of
from pipeline.batch.webhook import hook
from pipeline.cli.main import generate
from pipeline.cli.night_commands import nightly
from pipeline.cli.options import with_fields, with_options
from pipeline.cli.terminal import Commands, plain_errors
from pipeline.datasets.publish import picture, publish
from pipeline.engine.loopback import refuse_open_cluster
from pipeline.engine.outcomes import is_transient
from pipeline.engine.shutdown import graceful_shutdown
from pipeline.errors import user_errors
from pipeline.options import as_json
from pipeline.runs.batch_history import all_well_since, ended_nights
from pipeline.runs.clip_outcome import ClipDone, Timings
from pipeline.runs.run_config import (
    ExecutionConfig,
    GenerateOptions,
    LaunchOptions,
    NightlyOptions,
    RunConfig,
    RunOptions,
    WebhookOptions,
    refuse_without_effect,
)
from pipeline.runs.run_folder import Job, Run
from pipeline.runs.status import RunPhase, status
from pipeline.training.train_options import TrainOptions

ARTIFACT = "nearmiss-run"
SHARD = 1000  # clips of a task: each task starts its own workers, which takes about ten seconds
Stop = Callable[[], bool]


class ClipsFailed(Exception):
    """Some clips of a shard failed. `transient`: failures of the machine, so that another try may succeed."""

    def __init__(self, clips: list[str], transient: bool) -> None:
        super().__init__(", ".join(clips))
        self.transient = transient


def worth_another_try(task: Any, run: Any, state: State) -> bool:
    """Whether a task is retried: after dead workers and I/O errors, not after user errors, bad weights or bugs."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, ClipsFailed):
        return error.transient
    from ray.exceptions import RayError, RayTaskError

    died = isinstance(error, RayError) and not isinstance(error, RayTaskError)
    return not isinstance(error, user_errors()) and (is_transient(error) or died)


# Results are in the run folder; Prefect's cache does not notice deleted files.
@task(
    name="shard", retries=2, retry_delay_seconds=[5, 60], retry_condition_fn=worth_another_try, cache_policy=NO_CACHE,
    persist_result=False,
)  # fmt: skip
def make_shard(run: Run, jobs: tuple[Job, ...], request: RunConfig, how: ExecutionConfig, stop: Stop = bool) -> None:
    """Make the missing clips of some jobs. Raises `ClipsFailed` if any failed.

    A retry skips clips with a permanent failure.
    """
    log, failed = get_run_logger(), []
    hopeless = {f.clip for f in run.failures() if not f.transient} if task_run.run_count > 1 else set()
    todo = tuple(job for job in run.missing(jobs) if job.clip not in hopeless)
    for ending in make_clips(run, todo, request, how, stop):
        if isinstance(ending, ClipDone):
            log.info("%s %s", "accepted" if ending.record.accepted else "rejected", ending.record.id)
        else:
            log.error("failed %s: %s", ending.clip, ending.reason)
            failed.append(ending)
    if failed:
        raise ClipsFailed([failure.clip for failure in failed], any(failure.transient for failure in failed))


@task(name="publish", retries=1, retry_condition_fn=worth_another_try, cache_policy=NO_CACHE, persist_result=False)
def publish_run(run: Run) -> None:
    """Write dataset, manifest and report of the run folder."""
    publish(run)


@task(name="tell", cache_policy=NO_CACHE, persist_result=False)
def tell(message: dict[str, Any], webhook_file: Path | None) -> bool:
    """Send a message to the webhook; returns whether it was accepted. A failure does not fail the flow."""
    address = hook(webhook_file)
    return bool(address and address.send(message))


@flow(name="nearmiss-generate", validate_parameters=True)
@with_fields
def generate_flow(
    paths: list[str], out: str, shard_size: int = SHARD, how: ExecutionConfig | None = None, *,
    request: GenerateOptions, launch: LaunchOptions,
) -> State:  # fmt: skip
    """Make the clips of a request in shards, then publish; fails with a message if any clip is missing at the end.

    `out` may contain strftime codes, so that a schedule starts a new run folder each night.
    """
    how = _allowed(how, launch)
    what = RunConfig(paths=tuple(paths), out=Path(datetime.now().astimezone().strftime(out)), **dict(request))
    plan = make_plan(what)
    with graceful_shutdown(launch.grace_s) as stopping, hold(what, plan, how) as run:
        stop = stopping.__bool__
        with stopped_by(stop, run, plan.jobs):
            for shard in _shards(run.missing(plan.jobs), shard_size):
                if not stop():
                    make_shard(run, shard, what, how, stop, return_state=True)  # a failed shard does not stop others
        publish_run(run)
        summary = summarise(run, plan, Timings())
    return _show(summary, line_of(summary))


@flow(name="nearmiss-nightly", validate_parameters=True)
@with_fields
def nightly_flow(
    specs: list[str], root: str, shard_size: int = SHARD, how: ExecutionConfig | None = None, *,
    tonight: NightlyOptions, request: RunOptions, webhook: WebhookOptions, launch: LaunchOptions,
) -> State:  # fmt: skip
    """Make the clips that are new or changed since earlier nightly runs, within a budget, in `root`/<date>."""
    how = _allowed(how, launch)
    order = NightlyConfig(what=RunConfig(paths=tuple(specs), out=Path(root), **dict(request)), **dict(tonight))
    with graceful_shutdown(launch.grace_s) as stopping, open_night(order, date.today(), how) as night:
        over = lambda: bool(stopping) or night.over()  # noqa: E731
        try:
            for shard in _shards(night.jobs, shard_size):
                if not over():
                    make_shard(night.run, shard, order.what, how, over, return_state=True)
        except KeyboardInterrupt:  # end of the grace period: finished clips are published nevertheless
            if not stopping:
                raise
        account = close_night(order, night, Timings(), finished=not stopping)
    tell(account.message(), webhook.webhook_file, return_state=True)
    shown = _show(account.summary, account.line)
    return Failed(message=f"stopped on request; {account.line}; resume with: {account.again}") if stopping else shown


@task(
    name="train", retries=2, retry_delay_seconds=60, retry_condition_fn=worth_another_try, cache_policy=NO_CACHE,
    persist_result=False,
)  # fmt: skip
def train_once(part: str, training: TrainOptions) -> str:
    """Train one network from its last checkpoint; returns the path of the weights."""
    from pipeline.training.train import train_here

    def show(step: int, terms: dict[str, float]) -> None:
        get_run_logger().info("%d %s", step, " ".join(f"{name} {value:.3f}" for name, value in terms.items()))

    return str(train_here(part, training, show))


@flow(name="nearmiss-train", validate_parameters=True)
@with_fields
def train_flow(part: str, *, training: TrainOptions) -> State:
    """Train one network on pictures of the procedural camera. Run again after a crash: it uses the last checkpoint."""
    made = train_once(part, training)
    folder = (training.runs / part).absolute()
    head = f"# {part} ({training.preset})\n\n`{made}` after {training.steps} steps.\n\n"
    page = f"{head}Loss curve and samples: `{folder}`\n"
    artifacts.create_markdown_artifact(page, key=f"nearmiss-train-{part}", description=str(folder))
    return Completed(message=f"{part}: {made}")


def _allowed(how: ExecutionConfig | None, launch: LaunchOptions) -> ExecutionConfig:
    how = how or ExecutionConfig()
    refuse_open_cluster(how.ray, launch.trust_network)
    refuse_without_effect(how)
    return how


def _shards(jobs: tuple[Job, ...], size: int) -> list[tuple[Job, ...]]:
    return [jobs[i : i + size] for i in range(0, len(jobs), size)]


def _show(summary: Summary, line: str) -> State:
    """Show the results on Prefect's pages. An error does not fail the run, since the run folder has all results."""
    try:
        _make_artifacts(summary, line)
    except httpx.HTTPError as error:
        get_run_logger().warning("Prefect's server cannot be reached (%s); all results are in %s", error, summary.run)
    return Completed(message=line) if summary.complete else Failed(message=line)


def _make_artifacts(summary: Summary, line: str) -> None:
    """Add a table, a link to the report and a picture of clips. Prefect needs an address for a picture: a data URI."""
    key, report = ARTIFACT, summary.run.absolute() / "report.html"
    artifacts.create_markdown_artifact(page_of(summary, line), key=key, description=str(summary.run))
    artifacts.create_table_artifact(list(rows_of(summary)), key=f"{key}-clips", description=line)
    artifacts.create_link_artifact(
        report.as_uri(), key=f"{key}-report", link_text=report.name, description=f"On {report}"
    )
    if seen := picture([summary.run / "clips" / r.id for r in summary.records if r.accepted]):
        artifacts.create_image_artifact(seen, key=f"{key}-picture", description="Some of the accepted clips")


def _server_error() -> str:
    """Why Prefect's server (a temporary one, if no address is set) cannot be reached; "" if it can."""
    retries = min(4, PREFECT_CLIENT_MAX_RETRIES.value())  # half a minute
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: retries}), get_client(sync_client=True) as client:
            error = client.api_healthcheck()
    except (RuntimeError, httpx.HTTPError, OSError) as raised:  # RuntimeError comes from Prefect
        error = raised
    where = PREFECT_API_URL.value() or "a temporary one"
    return f"{where}: {type(error).__name__}: {error}" if error else ""


def _exit_code(work: Callable[[], Any], alone: Callable[[], None], there: Callable[[], bool]) -> int:
    """Run a flow; 0 if it made everything, by its state or, if the server stopped, by the files (`there`).

    If the server cannot be reached at the start, `alone` does the same without Prefect and raises its exit code.
    """
    if why := _server_error():
        told = "Prefect's server cannot be reached (%s): the run is made without Prefect, whose pages do not show it"
        get_logger("nearmiss").warning(told, why)
        alone()
    try:
        good = work().is_completed()
    except httpx.TransportError as error:
        get_logger("nearmiss").warning("Prefect's server has stopped (%s): the state is taken from the files", error)
        good = there()
    return 0 if good else 1


app = typer.Typer(cls=Commands, help="Run nearmiss with Prefect.", no_args_is_help=True, pretty_exceptions_enable=False)
Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help="Scenario files, folders, or shipped names.")]
Out = Annotated[str, typer.Option(help="Run folder; may contain strftime codes such as %Y-%m-%d.")]
Root = Annotated[str, typer.Option("--out", help="Folder of all nightly runs.")]


@app.command()
@with_options
def run(paths: Paths, out: Out, *, request: GenerateOptions, how: ExecutionConfig, launch: LaunchOptions) -> None:
    """Run the flow once, now."""
    out = datetime.now().astimezone().strftime(out)
    _check(RunConfig(paths=tuple(paths), out=Path(out), **dict(request)), how, launch)
    work = partial(generate_flow, paths, out, how=how, **dict(request), **dict(launch), return_state=True)
    alone = partial(unwrap(generate), paths, Path(out), request=request, how=how, launch=launch)
    raise typer.Exit(_exit_code(work, alone, lambda: status(Path(out)).phase is RunPhase.COMPLETE))


@app.command()
@with_options
def night(
    paths: Paths, out: Root, *, tonight: NightlyOptions, request: RunOptions, how: ExecutionConfig,
    webhook: WebhookOptions, launch: LaunchOptions,
) -> None:  # fmt: skip
    """Make one nightly run now."""
    _check(RunConfig(paths=tuple(paths), out=Path(out), **dict(request)), how, launch)
    root, models = Path(out), {"tonight": tonight, "request": request, "webhook": webhook, "launch": launch}
    given = {field: value for model in models.values() for field, value in model}
    work = partial(nightly_flow, paths, out, how=how, **given, return_state=True)
    alone = partial(unwrap(nightly), paths, root, how=how, **models)
    raise typer.Exit(_exit_code(work, alone, partial(all_well_since, root, ended_nights(root))))


@app.command()
@with_options
def serve(
    paths: Paths, out: Root, cron: Annotated[str, typer.Option(help="Schedule, such as '0 2 * * *'.")], *,
    tonight: NightlyOptions, request: RunOptions, how: ExecutionConfig, webhook: WebhookOptions, launch: LaunchOptions,
) -> None:  # fmt: skip
    """Make nightly runs by a schedule; needs a Prefect server (`prefect server start`) and PREFECT_API_URL."""
    if why := _server_error():
        told = f"Prefect's server cannot be reached ({why}); `nearmiss nightly --serve` needs none"
        raise typer.BadParameter(told, param_hint="PREFECT_API_URL")
    _check(RunConfig(paths=tuple(paths), out=Path(out), **dict(request)), how, launch)
    parameters = {"specs": paths, "root": out, "how": as_json(how)}
    for options in (tonight, request, webhook, launch):
        parameters |= as_json(options)
    nightly_flow.serve(name="nearmiss-nightly", cron=cron, parameters=parameters, limit=1)


def _check(what: RunConfig, how: ExecutionConfig, launch: LaunchOptions) -> None:
    """End with a message for wrong names and options, which within a flow end in a trace."""
    with plain_errors():
        _allowed(how, launch)
        refuse_unknown(what)


if __name__ == "__main__":
    app()
