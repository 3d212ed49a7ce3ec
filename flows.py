"""Prefect around the pipeline: retries, shards, artifacts, schedules. No domain logic.

python flows.py run scenarios/library --out runs/tonight
python flows.py serve scenarios/library --out 'runs/%Y-%m-%d' --cron '0 2 * * *'
"""

import os

# Before Prefect is imported: it reports on its use unless told not to.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed, State

from pipeline.generate import How, Made, Request, Summary, hold, make_clips, make_plan, summarise
from pipeline.publish import publish
from pipeline.runs import Job, Run

ARTIFACT = "nearmiss-run"


class ClipsFailed(Exception):
    """Some clips of a shard were not made; Prefect tries the shard again, which makes only those."""


# Results stay in the run folder: Prefect's own cache does not notice when a file is gone.
@task(name="shard", retries=2, retry_delay_seconds=5, cache_policy=NO_CACHE, persist_result=False)
def make_shard(run: Run, jobs: tuple[Job, ...], request: Request, how: How) -> None:
    """Make the clips of some jobs that are not there yet; raises `ClipsFailed` if any could not be made."""
    log, failed = get_run_logger(), []
    for ending in make_clips(run, run.missing(jobs), request, how):
        if isinstance(ending, Made):
            log.info("%s %s", "accepted" if ending.record.accepted else "rejected", ending.record.id)
        else:
            log.error("failed %s: %s", ending.clip, ending.reason)
            failed.append(ending.clip)
    if failed:
        raise ClipsFailed(", ".join(failed))


@task(name="publish", retries=1, cache_policy=NO_CACHE, persist_result=False)
def publish_run(run: Run) -> None:
    """Dataset, manifest and report of the whole run folder."""
    publish(run)


@flow(name="nearmiss-generate", validate_parameters=True)
def generate_flow(
    paths: list[str],
    out: str,
    seeds: tuple[int, ...] = (0,),
    log: str | None = None,
    preset: str = "tiny",
    weights: str | None = None,
    shard_size: int = 16,
    how: How | None = None,
) -> State:
    """Make every clip asked for in shards, then publish; fails if anything is missing at the end, and says what.

    `out` may hold strftime codes, so that a schedule begins a new run folder each night.
    """
    chosen = {"weights": Path(weights)} if weights else {}
    request = Request(
        tuple(paths), Path(datetime.now().astimezone().strftime(out)), tuple(seeds), Path(log) if log else None, preset,
        **chosen,
    )  # fmt: skip
    plan = make_plan(request)
    with hold(request, plan) as run:
        for shard in _shards(run.missing(plan.jobs), shard_size):
            make_shard(run, shard, request, how or How(), return_state=True)  # a failed shard does not stop the rest
        publish_run(run)
        summary = summarise(run, plan, ())
    create_markdown_artifact(_page(summary), key=ARTIFACT, description=str(run.path))
    line = _line(summary)
    return Completed(message=line) if summary.complete else Failed(message=line)


def _shards(jobs: tuple[Job, ...], size: int) -> list[tuple[Job, ...]]:
    return [jobs[i : i + size] for i in range(0, len(jobs), size)]


def _line(summary: Summary) -> str:
    accepted = sum(record.accepted for record in summary.records)
    rejected, failed, bad = len(summary.records) - accepted, len(summary.failures), len(summary.plan.faults)
    return f"{summary.run}: {accepted} accepted, {rejected} rejected, {failed} failed, {bad} files with faults"


def _page(summary: Summary) -> str:
    """The artifact: counts, every clip that was not accepted with its reason, faults of files in full."""
    rows = [(r.id, "rejected", "; ".join(r.reasons)) for r in summary.records if not r.accepted]
    rows += [(f.clip, "failed", f.reason) for f in summary.failures]
    table = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows)
    faults = "".join(f"```\n{fault}\n```\n" for fault in summary.plan.faults)
    report = summary.run.absolute() / "report.html"
    head = f"# {_line(summary)}\n\n{len(summary.plan.jobs)} clips asked for. Report: `{report}`\n\n"
    return head + (f"| clip | verdict | why |\n| --- | --- | --- |\n{table}\n" if rows else "") + faults


app = typer.Typer(help="nearmiss under Prefect.", no_args_is_help=True, pretty_exceptions_enable=False)
Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help="Scenario files, folders, or library names.")]
Out = Annotated[str, typer.Option(help="Run folder; may hold strftime codes such as %Y-%m-%d.")]
Log = Annotated[str | None, typer.Option(help="Folder of a nuScenes-format log.")]


@app.command()
def run(paths: Paths, out: Out, log: Log = None, inline: bool = False, ray: str | None = None) -> None:
    """Run the flow once, now."""
    state = generate_flow(paths, out, log=log, how=How(use_ray=not inline, ray=ray), return_state=True)
    raise typer.Exit(0 if state.is_completed() else 1)


@app.command()
def serve(paths: Paths, out: Out, cron: Annotated[str, typer.Option(help="When, e.g. '0 2 * * *'.")]) -> None:
    """Stay and run the flow on a schedule; needs a Prefect server (`prefect server start`) and PREFECT_API_URL."""
    generate_flow.serve(name="nearmiss-nightly", cron=cron, parameters={"paths": paths, "out": out})


if __name__ == "__main__":
    app()
