"""Progress while clips are made: counts, speed, remaining time, and the stage of each running clip."""

from pathlib import Path
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipeline.runs.clip_outcome import ClipFailed, Ending
from pipeline.runs.stage_timer import in_work
from scenarios.source.counts import counted


class ProgressDisplay:
    """A live display in a terminal; without a terminal one line for each clip that ends."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.counts = {"accepted": 0, "rejected": 0, "failed": 0}
        self.run = Path()
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), console=console,
        )  # fmt: skip
        self.task = self.bar.add_task("clips", total=None)
        self.live = Live(get_renderable=self._draw, console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> "ProgressDisplay":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.live.stop()

    def begins(self, run: Path, missing: int, there: int) -> None:
        self.run = run
        self.bar.reset(self.task, total=missing)
        already = f", {there} already there" if there else ""
        self.console.print(f"{run}: {counted(missing, 'clip')} to make{already}", markup=False, soft_wrap=True)

    def ended(self, ending: Ending) -> None:
        self.bar.advance(self.task)
        if isinstance(ending, ClipFailed):
            kind, clip, what = "failed", ending.clip, ending.reason
        else:
            kind = "accepted" if ending.record.accepted else "rejected"
            clip, what = ending.record.id, "; ".join(ending.record.reasons)
        self.counts[kind] += 1
        colour = {"accepted": "green", "rejected": "yellow", "failed": "red"}[kind]
        line = Text.assemble((f"{kind:8}", colour), f" {clip}  {what}")
        if self.console.is_terminal:
            self.console.print(line, no_wrap=True, overflow="ellipsis")
        else:  # a log file: long lines are not cut
            self.console.print(line, soft_wrap=True)

    def _draw(self) -> RenderableType:
        self.bar.update(self.task, description=self._said())
        stages = Table.grid(padding=(0, 2))
        for clip, stage, seconds in in_work(self.run):
            stages.add_row(f"  {clip}", stage, f"{seconds:.0f} s")
        return Group(stages, self.bar.get_renderable())

    def _said(self) -> str:
        """Counts and speed, or the current wait."""
        task, ended = self.bar.tasks[self.task], sum(self.counts.values())
        if not ended:
            return "clips" if in_work(self.run) else "loading the networks"
        told = ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)
        if ended == task.total:
            return f"{told}; building dataset and report"
        return f"{told}; {60 * ended / max(1.0, task.elapsed or 0.0):.1f} a minute"
