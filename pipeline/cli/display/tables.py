"""Results as tables for a terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.batch.generate import Summary
from pipeline.cli.display.check_report import tell_left_out, tell_log_remarks
from pipeline.datasets.export import datasets_of
from pipeline.runs.clip_outcome import Timings
from pipeline.runs.run_folder import Run
from scenarios.source.counts import counted


def print_summary(console: Console, summary: Summary) -> None:
    """Print the outcome of every clip, the times of the stages, and the paths of dataset and report."""
    for fault in summary.plan.faults:
        console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
    tell_left_out(console, summary.plan.without_log)
    tell_log_remarks(console, summary.plan.log_remarks)
    console.print(clips_table(summary))
    if summary.made.clips:
        console.print(stages_table(summary.made))
    console.print(f"{summary.counts}; {counted(len(summary.plan.faults), 'file')} with faults")
    if summary.accepted:
        for dataset in datasets_of(Run(summary.run)):
            console.print(f"dataset  {dataset.folder}   {dataset.opens}", markup=False)
    console.print(f"report   {summary.run / 'report.html'}", markup=False)


def clips_table(summary: Summary) -> Table:
    """One row for each clip, with the reasons if it is not accepted."""
    table = _table("clip", "verdict", "why")
    for record in summary.records:
        verdict = "[green]accepted[/]" if record.accepted else "[yellow]rejected[/]"
        table.add_row(record.id, verdict, _plain("; ".join(record.reasons)))
    for failure in summary.failures:
        table.add_row(failure.clip, "[red]failed[/]", _plain(failure.reason))
    return table


def stages_table(made: Timings) -> Table:
    """Seconds of a clip in each stage (mean, longest, share of the total), and the workers' peak memory."""
    table = _table("stage", "mean s", "longest s", "share", title=f"{counted(made.clips, 'clip')} made now")
    total = sum(made.total_s.values())
    for name, seconds in made.total_s.items():
        share = f"{seconds / total:.0%}"
        table.add_row(name.replace("_", " "), f"{seconds / made.clips:.2f}", f"{made.longest_s[name]:.2f}", share)
    table.add_row("a clip", f"{total / made.clips:.2f}", f"{made.longest_clip_s:.2f}", "")
    table.caption = f"peak memory of a worker {made.peak_gib:.2f} GiB"
    return table


@contextmanager
def training_progress(console: Console, steps: int) -> Iterator[Callable[[int, dict[str, float]], None]]:
    """A callback (step, losses) that shows the training; for footage the losses are {"clips": total number}."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console)
    task = bar.add_task("footage", total=None)
    with ExitStack() as shown:

        def show(step: int, terms: dict[str, float]) -> None:
            if not bar.live.is_started:  # not before: a refusal would leave an idle bar
                shown.enter_context(bar)
            of = terms.get("clips", steps)
            what = "footage" if "clips" in terms else " ".join(f"{name} {value:.3f}" for name, value in terms.items())
            bar.update(task, completed=step, total=of, description=what)

        yield show


def _table(*columns: str, title: str | None = None) -> Table:
    return Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)


def _plain(text: str) -> str:
    return text.replace("[", "\\[")  # else rich reads names in brackets as styles
