"""Geometry of line plots; the report's template draws them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

# In SVG user units; the page scales the drawing.
WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 392, 12, 160
STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Series:
    """One line. Values that are not finite are gaps in the line."""

    label: str
    values: Float[np.ndarray, "time"]
    colour: int = 0


@dataclass(frozen=True)
class PathLine:
    label: str
    path: str  # SVG path data; "" if there is nothing to draw
    colour: int  # number of a colour in the style sheet; a body has the same in every plot


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """A vertical line at an event."""

    at: float
    text: str


@dataclass(frozen=True)
class Plot:
    title: str
    unit: str
    lines: tuple[PathLine, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    note: str  # printed under the plot, such as what is not drawn


def line_plot(
    title: str,
    unit: str,
    t_s: Float[np.ndarray, "time"],
    series: Sequence[Series],
    marks: Sequence[tuple[float, str]] = (),
    ceiling: float | None = None,
    note: str = "",
) -> Plot:
    """Plot lines over time. The value axis includes 0; values above `ceiling` are left out."""
    drawn = [replace(s, values=np.where(_drawable(s.values, ceiling), s.values, np.nan)) for s in series]
    finite = np.concatenate([s.values[np.isfinite(s.values)] for s in drawn] + [np.zeros(1)])
    y_steps = ticks(float(finite.min()), max(float(finite.max()), 1.0))
    x_steps = ticks(float(t_s[0]), float(t_s[-1]), most=7, within=True)

    def across(t: float) -> float:
        return LEFT + (RIGHT - LEFT) * (t - float(t_s[0])) / max(float(t_s[-1] - t_s[0]), 1e-9)

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - y_steps[0]) / (y_steps[-1] - y_steps[0])

    return Plot(
        title, unit,
        tuple(PathLine(s.label, _path(t_s, s.values, across, up), s.colour) for s in drawn),
        tuple(Tick(across(t), f"{t:g}") for t in x_steps), tuple(Tick(up(v), f"{v:g}") for v in y_steps),
        tuple(Mark(across(t), text) for t, text in marks), note,
    )  # fmt: skip


def ticks(low: float, high: float, most: int = 5, within: bool = False) -> list[float]:
    """At most `most` + 1 round numbers that enclose low..high or, with `within`, lie in it."""
    span = max(high - low, 1e-9)
    magnitude = 10 ** np.floor(np.log10(span / most))
    step = next(float(m * magnitude) for m in (*STEPS, 20.0) if span / (m * magnitude) <= most)
    ends = (np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9))
    if not within:
        ends = (np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9))
    return [round(float(i) * step, 10) + 0.0 for i in range(int(ends[0]), int(ends[1]) + 1)]


def _drawable(values: np.ndarray, ceiling: float | None) -> np.ndarray:
    return np.isfinite(values) & (values <= (np.inf if ceiling is None else ceiling))


def _path(t_s: np.ndarray, values: np.ndarray, across, up) -> str:
    """SVG path data: M at the start of a run of finite values, L within it."""
    steps, drawing = [], False
    for t, value in zip(t_s.tolist(), values.tolist(), strict=True):
        if np.isfinite(value):
            steps.append(f"{'L' if drawing else 'M'}{across(t):.1f} {up(value):.1f}")
        drawing = bool(np.isfinite(value))
    return "".join(steps)
