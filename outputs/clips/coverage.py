"""Coverage of a sweep: which scenarios were run, accepted and critical, by parameter and by pair of parameters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from outputs.strict_model import StrictModel
from scenarios.sweeps.axis_spec import number

MOST_VALUES = 8  # a parameter with more numeric values is shown in ranges
RANGES = 6
MOST_PAIRS = 15  # per family


class ScenarioCounts(StrictModel):
    """Numbers of scenarios: in the files, with a clip, with an accepted clip, with a critical clip."""

    asked: int
    run: int
    accepted: int
    critical: int


class ParameterCoverage(StrictModel):
    """One parameter: its values or ranges in the sweep, and the number of scenarios in each."""

    path: str
    values: tuple[str, ...]
    tallies: tuple[ScenarioCounts, ...]


class Pair(StrictModel):
    """Two parameters together: a row per value of the first, a column per value of the second."""

    paths: tuple[str, str]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    tallies: tuple[tuple[ScenarioCounts, ...], ...]


class Coverage(StrictModel):
    """A family: the scenarios of one file. `pairs_left_out` counts the pairs that are not listed."""

    family: str
    whole: ScenarioCounts
    parameters: tuple[ParameterCoverage, ...]
    pairs: tuple[Pair, ...]
    pairs_left_out: int = 0


@dataclass(frozen=True)
class Point:
    """One requested scenario of a sweep and its result; `parameters` are as the author wrote them."""

    family: str
    parameters: Mapping[str, str]
    run: bool
    accepted: bool
    critical: bool


def coverage(points: Iterable[Point]) -> tuple[Coverage, ...]:
    """The coverage of each family that has a sweep, ordered by name."""
    families: dict[str, list[Point]] = {}
    for point in points:
        if point.parameters:
            families.setdefault(point.family, []).append(point)
    return tuple(_family(family, families[family]) for family in sorted(families))


def _family(family: str, points: Sequence[Point]) -> Coverage:
    paths = list(dict.fromkeys(path for point in points for path in point.parameters))
    binned = {path: _bins([p.parameters[path] for p in points if path in p.parameters]) for path in paths}
    varied = [path for path in paths if len(binned[path].labels) > 1]
    pairs = list(combinations(varied, 2))
    return Coverage(
        family=family, whole=_tally(points),
        parameters=tuple(_parameter(path, binned[path], points) for path in paths),
        pairs=tuple(_pair(a, b, binned[a], binned[b], points) for a, b in pairs[:MOST_PAIRS]),
        pairs_left_out=max(0, len(pairs) - MOST_PAIRS),
    )  # fmt: skip


def _tally(points: Sequence[Point]) -> ScenarioCounts:
    return ScenarioCounts(
        asked=len(points), run=sum(p.run for p in points), accepted=sum(p.accepted for p in points),
        critical=sum(p.critical for p in points),
    )  # fmt: skip


@dataclass(frozen=True)
class _Bins:
    """Labels in order, and a function from a value to the index of its label."""

    labels: tuple[str, ...]
    place: Callable[[str], int]


def _bins(written: Sequence[str]) -> _Bins:
    """One bin per value, numbers in order; many numbers of one unit in ranges of equal width."""
    values = list(dict.fromkeys(written))
    read = [n for value in values if (n := number(value) or number(_without_unit(value))) is not None]
    if len(read) < len(values) or len({n.unit for n in read}) > 1:
        return _Bins(tuple(values), values.index)
    ordered = [value for _, value in sorted(zip((n.value for n in read), values, strict=True))]
    if len(ordered) <= MOST_VALUES:
        return _Bins(tuple(ordered), ordered.index)
    numbers = dict(zip(values, (float(n.value) for n in read), strict=True))
    edges = np.linspace(min(numbers.values()), max(numbers.values()), RANGES + 1)
    labels = tuple(f"{a:.3g} to {b:.3g} {read[0].unit}".strip() for a, b in pairwise(edges))
    return _Bins(labels, lambda value: min(int(np.searchsorted(edges, numbers[value], "right")) - 1, RANGES - 1))


def _without_unit(value: str) -> object:
    """Convert the text of a number without unit back to a number; return other text unchanged."""
    try:
        return float(value)
    except ValueError:
        return value


def _parameter(path: str, bins: _Bins, points: Sequence[Point]) -> ParameterCoverage:
    cells: list[list[Point]] = [[] for _ in bins.labels]
    for point in points:
        if path in point.parameters:
            cells[bins.place(point.parameters[path])].append(point)
    return ParameterCoverage(path=path, values=bins.labels, tallies=tuple(map(_tally, cells)))


def _pair(a: str, b: str, rows: _Bins, columns: _Bins, points: Sequence[Point]) -> Pair:
    cells: list[list[list[Point]]] = [[[] for _ in columns.labels] for _ in rows.labels]
    for point in points:
        if a in point.parameters and b in point.parameters:
            cells[rows.place(point.parameters[a])][columns.place(point.parameters[b])].append(point)
    tallies = tuple(tuple(map(_tally, row)) for row in cells)
    return Pair(paths=(a, b), rows=rows.labels, columns=columns.labels, tallies=tallies)
