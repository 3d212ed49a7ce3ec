"""The axes of a sweep: a list, a range with a step, draws from a distribution, and parameters varied together.

Every axis gives its choices in order, the dimensions that it spans for a search, and the paths of its parameters.
Adding a value to an axis, or one more draw, does not change the others.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.sweeps.axis_spec import Draws, Range, number

DECIMALS = 6  # of drawn numbers


@dataclass(frozen=True)
class Choice:
    """One step along an axis: values by path, and the path of each in the file."""

    values: dict[str, object]
    where: dict[str, str]


@dataclass(frozen=True)
class Span:
    """An interval of numbers in the author's unit ('' for none); `whole` if only integers are valid."""

    path: str
    low: float
    high: float
    unit: str
    whole: bool = False

    def written(self, value: float, decimals: int) -> str | int | float:
        """A number of this interval in the author's notation."""
        if self.whole:
            return round(value)
        kept = min(max(round(value, decimals), self.low), self.high)
        return f"{kept:.{decimals}f} {self.unit}" if self.unit else kept


@dataclass(frozen=True)
class Options:
    """Values without an order, one of which is chosen; rows of joint values are such, too."""

    choices: tuple[Choice, ...]


Dimension = Span | Options


@dataclass(frozen=True)
class Listed:
    """Values listed by the author."""

    path: str
    values: tuple[object, ...]
    where: str

    @property
    def places(self) -> dict[str, str]:
        return {self.path: self.where}

    def __len__(self) -> int:
        return len(self.values)

    def choices(self, _seed: int) -> Iterator[Choice]:
        for i, value in enumerate(self.values):
            yield Choice({self.path: value}, {self.path: f"{self.where}.{i}"})

    def dimensions(self) -> tuple[Dimension, ...]:
        """Two or more numbers of one unit span the interval between them."""
        read = [n for value in self.values if (n := number(value)) is not None]
        if len(read) < max(2, len(self.values)) or len({n.unit for n in read}) > 1:
            return (Options(tuple(self.choices(0))),)
        found = sorted(float(n.value) for n in read)
        return (Span(self.path, found[0], found[-1], read[0].unit, all(n.whole for n in read)),)


@dataclass(frozen=True)
class Ranged:
    """A range: from, to, step."""

    path: str
    range: Range
    where: str

    @property
    def places(self) -> dict[str, str]:
        return {self.path: self.where}

    def __len__(self) -> int:
        return self.range.count

    def choices(self, _seed: int) -> Iterator[Choice]:
        for i in range(len(self)):
            value = self.range.from_.with_value(self.range.from_.value + i * self.range.step.value)
            yield Choice({self.path: value.written}, {self.path: self.where})

    def dimensions(self) -> tuple[Dimension, ...]:
        first, last = self.range.from_, self.range.to
        whole = first.whole and last.whole and self.range.step.whole
        return (Span(self.path, float(first.value), float(last.value), first.unit, whole),)


@dataclass(frozen=True)
class Rows:
    """Parameters varied together, one row per combination."""

    rows: tuple[dict[str, object], ...]
    where: str

    @property
    def places(self) -> dict[str, str]:
        return {path: f"{self.where}.0.{path}" for path in self.rows[0]}

    def __len__(self) -> int:
        return len(self.rows)

    def choices(self, _seed: int) -> Iterator[Choice]:
        for i, row in enumerate(self.rows):
            yield Choice(row, {path: f"{self.where}.{i}.{path}" for path in row})

    def dimensions(self) -> tuple[Dimension, ...]:
        return (Options(tuple(self.choices(0))),)


@dataclass(frozen=True)
class Drawn:
    """One parameter, or several together, drawn `count` times from their distributions."""

    draws: dict[str, Draws]
    count: int
    places: dict[str, str]

    def __len__(self) -> int:
        return self.count

    def choices(self, seed: int) -> Iterator[Choice]:
        """Draw i depends on the seed, the paths and i only, so that one more draw does not change the others.

        Points of the unit cube come from an additive recurrence (Roberts' R sequence) with a seeded start; they cover
        the cube evenly for any number of draws.
        """
        start = [random.Random(f"{seed}:{path}").random() for path in self.draws]
        stride = _strides(len(self.draws))
        for i in range(self.count):
            shares = [(s + i * a) % 1.0 for s, a in zip(start, stride, strict=True)]
            drawn = zip(self.draws.items(), shares, strict=True)
            yield Choice({p: _span(p, d).written(d.quantile(u), DECIMALS) for (p, d), u in drawn}, self.places)

    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(_span(path, draws) for path, draws in self.draws.items())


Axis = Listed | Ranged | Rows | Drawn


def _span(path: str, draws: Draws) -> Span:
    low, high = draws.between
    return Span(path, float(low.value), float(high.value), low.unit)


def _strides(dimensions: int) -> list[float]:
    """Powers of 1/g, where g^(d+1) = g + 1: the golden ratio in one dimension, its generalisation in more."""
    g = 2.0
    for _ in range(64):
        g = (1 + g) ** (1 / (dimensions + 1))
    return [g ** -(k + 1) for k in range(dimensions)]
