"""Plot of a search with several measures: all trials and the Pareto frontier, for each pair of measures."""

from itertools import combinations
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from outputs.searches.records import SearchRecord, Trial
from outputs.searches.search_plot import CEILING, FRONTIER, HIT, MISSED
from scenarios.source.counts import counted


def plot_frontier(path: Path, record: SearchRecord) -> None:
    """Write a PNG with one panel per pair of measures."""
    pairs = list(combinations(range(len(record.measures)), 2))
    figure = Figure(figsize=(6.4 * len(pairs), 5.2), layout="constrained")
    figure.suptitle(f"{record.file}: {counted(len(record.trials), 'trial')}, seed {record.seed}", fontsize=11)
    panels = figure.subplots(1, len(pairs), squeeze=False)[0]
    for axes, (across, up) in zip(panels, pairs, strict=True):
        _draw_pair(axes, record, across, up)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    FigureCanvasAgg(figure).print_png(str(path))


def _draw_pair(axes: Axes, record: SearchRecord, across: int, up: int) -> None:
    def coordinates(trials: list[Trial]) -> tuple[list[float], list[float]]:
        x, y = ([min(t.figures[i], CEILING[record.units[i]]) for t in trials] for i in (across, up))
        return x, y

    measured = [trial for trial in record.trials if trial.figures]
    missed, hit = ([t for t in measured if (t.impact_mps is not None) is met] for met in (False, True))
    axes.scatter(*coordinates(missed), s=13, color=MISSED, linewidths=0, alpha=0.55, label="no collision")
    if hit:  # a colour scale needs at least one value
        axes.scatter(
            *coordinates(hit), s=16, marker="x", linewidths=0.9, label="collision, the darker the faster",
            c=[3.6 * t.impact_mps for t in hit if t.impact_mps is not None], cmap=HIT, vmin=0.0,
        )  # fmt: skip
    frontier = sorted(record.frontier, key=lambda trial: trial.severities[across])
    axes.plot(*coordinates(frontier), color=FRONTIER, linewidth=1.0, marker="o", markerfacecolor="none", markersize=9,
              label="the frontier")  # fmt: skip
    axes.set_xlabel(f"{record.measures[across]}, {record.units[across]}", fontsize=9)
    axes.set_ylabel(f"{record.measures[up]}, {record.units[up]}", fontsize=9)
    axes.grid(alpha=0.25)
