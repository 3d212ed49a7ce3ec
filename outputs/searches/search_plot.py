"""Plot of a search with one measure: the worst trial so far, and the measure over each parameter."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from outputs.searches.records import SearchParameter, SearchRecord, Trial
from scenarios.source.counts import counted

COLUMNS, MOST_PARAMETERS = 3, 11
MISSED, HIT, FRONTIER = "#0b66c3", "OrRd", "#17202a"
CEILING = {"s": 10.0, "m/s²": 15.0}  # larger values are drawn here: they are no near misses
LONGEST_LABEL = 24


def plot_search(path: Path, record: SearchRecord) -> None:
    """Write a PNG: one panel for the progress of the search, one per parameter."""
    parameters = record.parameters[:MOST_PARAMETERS]
    rows = -(-(len(parameters) + 1) // COLUMNS)
    figure = Figure(figsize=(4.6 * COLUMNS, 3.6 * rows), layout="constrained")
    figure.suptitle(
        f"{record.file}: {record.measure}, {counted(len(record.trials), 'trial')}, seed {record.seed}", fontsize=11
    )
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharey=True).ravel()
    measured = [trial for trial in record.trials if trial.value is not None]
    _draw_progress(panels[0], record)
    for i, (axes, parameter) in enumerate(zip(panels[1:], parameters, strict=False)):
        _draw_parameter(axes, parameter, i, measured, record)
    for axes in panels[len(parameters) + 1 :]:
        axes.remove()
    for axes in panels[::COLUMNS]:
        axes.set_ylabel(f"{record.measure}, {record.unit}", fontsize=9)
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    FigureCanvasAgg(figure).print_png(str(path))


def _clipped(trial: Trial, record: SearchRecord) -> float:
    if trial.value is None:
        raise ValueError("a trial without a figure has no place in the plot")
    return min(trial.value, CEILING[record.unit])


def _draw_progress(axes: Axes, record: SearchRecord) -> None:
    """The worst value so far, over the number of trials."""
    at, values, worst = [], [], None
    for i, trial in enumerate(record.trials, 1):
        if trial.value is not None and (worst is None or trial.severity < worst.severity):
            worst = trial
        if worst is not None:
            at.append(i)
            values.append(_clipped(worst, record))
    axes.plot(at, values, color=FRONTIER, linewidth=1.6, drawstyle="steps-post")
    axes.set_title("the worst so far", fontsize=10)
    axes.set_xlabel("trials", fontsize=9)
    axes.grid(alpha=0.25)


def _draw_parameter(
    axes: Axes, parameter: SearchParameter, index: int, measured: list[Trial], record: SearchRecord
) -> None:
    missed, hit = ([t for t in measured if (t.impact_mps is not None) is met] for met in (False, True))
    axes.scatter(
        _coordinates(parameter, index, missed), [_clipped(t, record) for t in missed], s=13, color=MISSED, linewidths=0,
        alpha=0.55, label="no collision",
    )  # fmt: skip
    speeds = [3.6 * t.impact_mps for t in hit if t.impact_mps is not None]
    fastest = max((3.6 * t.impact_mps for t in measured if t.impact_mps is not None), default=1.0)
    label = f"collision, the darker the faster (up to {fastest:.0f} km/h)"
    axes.scatter(
        _coordinates(parameter, index, hit), [_clipped(t, record) for t in hit], c=speeds, label=label, s=16,
        marker="x", linewidths=0.9, cmap=HIT, vmin=0.0, vmax=fastest,
    )  # fmt: skip
    worst = record.frontier
    x, y = _coordinates(parameter, index, worst), [_clipped(t, record) for t in worst]
    label = "the frontier: the worst, each elsewhere"
    axes.scatter(x, y, s=80, facecolors="none", edgecolors=FRONTIER, linewidths=1.4, label=label)
    axes.set_title(parameter.name, fontsize=10)
    axes.grid(alpha=0.25)
    if parameter.options:
        labels = [option[:LONGEST_LABEL] for option in parameter.options]
        axes.set_xticks(range(len(labels)), labels, fontsize=7, rotation=20, ha="right")
    else:
        axes.set_xlabel(parameter.unit or "without unit", fontsize=9)


def _coordinates(parameter: SearchParameter, index: int, trials) -> np.ndarray:
    """Coordinates of the trials; those of options are spread deterministically so that markers do not overlap."""
    at = np.array([trial.point[index] for trial in trials], float)
    if not parameter.options:
        return at
    return at + 0.3 * (np.array([61.8 * sum(trial.point) for trial in trials]) % 1 - 0.5)
