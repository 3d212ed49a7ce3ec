"""The output of a search: progress, outcomes of the trials, and the frontier."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from outputs.searches.records import Fate, SearchRecord, Trial
from pipeline.cli.display.check_report import near_miss_text
from pipeline.search.search import SearchResult
from scenarios.metrics.near_miss import NearMiss
from scenarios.source.counts import counted
from scenarios.sweeps.sweep_spec import as_shown


@contextmanager
def search_progress(
    console: Console, measure: str, units: tuple[str, ...], rollouts: int
) -> Iterator[Callable[[Trial], None]]:
    """A callback that shows the number of trials and the worst case so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task, worst = bar.add_task("first rollouts", total=rollouts), [Trial("", {}, (), Fate.NO_CONFLICT)]

        def show(trial: Trial) -> None:
            if trial.severity < worst[0].severity:
                worst[0] = trial
            told = f"{measure}: {worst[0].result(units)}" if worst[0].value is not None else "no conflict yet"
            bar.update(task, advance=1, description=told)

        yield show


def print_answer(
    console: Console, record: SearchRecord, answer: SearchResult, out: Path, near: Sequence[NearMiss]
) -> None:
    """Print the frontier with its values, the outcomes of all trials, and the written files."""
    where = ", with different values:" if len(record.measures) == 1 else " (Pareto frontier):"
    console.print(f"the worst {record.measure}" + (where if record.frontier else ": none was found"))
    for rank, (trial, missed) in enumerate(zip(record.frontier, near, strict=True), 1):
        values = ", ".join(f"{path} {as_shown(value)}" for path, value in trial.values.items())
        told = f"  {rank}  {trial.result(record.units)}   {values}"
        console.print(told, markup=False, soft_wrap=True, highlight=False)
        console.print(f"     {near_miss_text(missed)}", markup=False, soft_wrap=True, highlight=False)
    fates = ", ".join(f"{count} {fate}" for fate, count in record.fates.items())
    pace = f"{60 * len(record.trials) / max(answer.seconds, 1e-9):.0f} a minute"
    early = "stopped early: " if answer.stopped else ""
    told = f"{early}{counted(len(record.trials), 'trial')} in {answer.seconds:.0f} s ({pace}): {fates}"
    console.print(told, soft_wrap=True, highlight=False)
    for what, where in (("frontier", "frontier"), ("plot", "search.png"), ("trials", "search.json")):
        console.print(f"{what:9}{out / where}", markup=False, soft_wrap=True, highlight=False)
