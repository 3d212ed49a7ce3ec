"""An evaluation as a table, for a terminal and as Markdown."""

from collections.abc import Sequence

from rich.table import Table

from pipeline.checks.targets import CLASSES
from pipeline.evaluation.metrics import BINS, Evaluation, SubjectMetrics
from pipeline.evaluation.sharpness import MOMENTS, REGION_NAMES

HEADINGS = (
    "", "PSNR dB", "in boxes dB", "colour error", "of brightness", *(f"recall {b}" for b in BINS),
    *(f"÷ source {b}" for b in BINS), *(f"recall {c}, 16+ px" for c in CLASSES),
    "gradient energy ÷ source",
    *(f"sharpness ÷ source, {region}, {moment}" for region in REGION_NAMES for moment in MOMENTS),
    "facade colour error at 1 s", "at the end", "flicker ÷ source", "ghosts a frame", "permanence",
    "speed error", "speed slope", "clips rejected",
)  # fmt: skip
NOTHING = "–"


def _decimal(value: float | None, digits: int = 2) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"


def row(f: SubjectMetrics) -> tuple[str, ...]:
    """One subject's metrics as text, in the order of `HEADINGS`."""
    permanence = NOTHING if f.permanence is None else f"{f.permanence:.0%} of {f.returns}"
    return (
        f.subject, _decimal(f.psnr_db, 1), _decimal(f.psnr_in_boxes_db, 1), _percent(f.colour_error),
        _percent(f.colour_error_relative), *map(_decimal, f.recall), *map(_decimal, f.recall_ratio),
        *(f"{found} of {asked}" for found, asked in f.recall_of_class.values()),
        _decimal(f.gradient_energy), *(_decimal(ratio) for region in f.sharpness.values() for ratio in region),
        *map(_percent, f.facade_error), _decimal(f.flicker), _decimal(f.ghosts_a_frame, 3),
        permanence, _percent(f.speed_error), _decimal(f.speed_slope),
        _percent(f.rejected),
    )  # fmt: skip


def table(evaluation: Evaluation) -> Table:
    """For a terminal: one column per subject, since a row of all metrics would not fit."""
    result = Table(title=_title(evaluation))
    columns = [HEADINGS, *map(row, evaluation.subjects)]
    for column in columns:
        result.add_column(column[0], justify="left" if column is HEADINGS else "right")
    for values in list(zip(*columns, strict=True))[1:]:
        result.add_row(*values)
    return result


def markdown(evaluation: Evaluation) -> str:
    """The same table, the meaning of its values, and the number of failures of each check."""
    columns = [HEADINGS, *map(row, evaluation.subjects)]
    lines = [f"# {_title(evaluation)}", "", *_rows(list(zip(*columns, strict=True))), ""]
    asked = ", ".join(f"{n} of {b}" for n, b in zip(evaluation.asked, BINS, strict=True))
    lines += [
        f"Eligible objects: {asked}. Boxes and colours: {evaluation.boxes} views of objects of "
        f"{evaluation.floor_px:.0f} px and more, of which at least .6 is visible.",
        f"Checker {evaluation.checker}, baseline {evaluation.baseline}. Clips: {', '.join(evaluation.clips)}.",
        "", "Checks failed, in clips:", "",
        *(f"* {f.subject}: {_failures(f)}" for f in evaluation.subjects),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _title(evaluation: Evaluation) -> str:
    return f"{len(evaluation.clips)} held-out clips, {evaluation.frames} frames"


def _failures(f: SubjectMetrics) -> str:
    return ", ".join(f"{check} {count}" for check, count in f.failed.items()) or "none"


def _rows(rows: Sequence[Sequence[str]]) -> list[str]:
    line = lambda cells: f"| {' | '.join(cells)} |"  # noqa: E731
    return [line(rows[0]), line(["---"] + ["---:"] * (len(rows[0]) - 1)), *map(line, rows[1:])]
