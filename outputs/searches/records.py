"""A search for the worst case as values: its trials, and what they were searched for."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of a trial."""

    MEASURED = "measured"
    DROPPED = "dropped by a constraint"
    FAULTY = "not a scenario"  # somebody inside another at the start, a value out of its range
    IMPOSSIBLE = "physically impossible"
    UNEXPECTED = "not what the file expects"
    NO_CONFLICT = "without any conflict"


BEYOND = 100.0  # no figure of a near miss is larger; after a contact the required deceleration has no bound


@dataclass(frozen=True)
class Trial:
    """One set of values and what came of it.

    `figures` are the measures', empty unless measured; by `severities`, one a measure, trials are ordered: the least is
    the worst. `impact_mps` is None where nothing was hit; `why` says what was wrong.
    """

    scenario: str
    values: dict[str, object]
    point: tuple[float, ...]
    fate: Fate
    figures: tuple[float, ...] = ()
    severities: tuple[float, ...] = ()
    impact_mps: float | None = None
    why: str = ""

    @property
    def value(self) -> float | None:
        """The first measure's figure."""
        return self.figures[0] if self.figures else None

    @property
    def severity(self) -> float:
        """By the first measure; infinite where nothing was measured."""
        return self.severities[0] if self.severities else float("inf")

    def result(self, units: tuple[str, ...]) -> str:
        """What was measured, for a reader."""
        if not self.figures:
            return self.fate
        said = [
            f"{v:.3g} {u}" if v < BEYOND else f"over {BEYOND:g} {u}" for v, u in zip(self.figures, units, strict=True)
        ]
        hit = "" if self.impact_mps is None else f", hit at {self.impact_mps * 3.6:.1f} km/h"
        return ", ".join(said) + hit


@dataclass(frozen=True)
class SearchParameter:
    """A coordinate of the trials' points: a number in `unit`, or the place of one of `options`."""

    name: str
    unit: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchRecord:
    """A finished search: what was asked, every trial in order, and the frontier.

    Of one measure the frontier is the worst first; of several it is their Pareto frontier, the worst by the first
    measure first.
    """

    file: str
    measures: tuple[str, ...]
    units: tuple[str, ...]
    seed: int
    parameters: tuple[SearchParameter, ...]
    trials: tuple[Trial, ...]
    frontier: tuple[Trial, ...]

    @property
    def measure(self) -> str:
        """All of them in words."""
        return " against ".join(self.measures)

    @property
    def unit(self) -> str:
        """The first measure's."""
        return self.units[0]

    @property
    def fates(self) -> dict[Fate, int]:
        """How many trials ended how."""
        counted = Counter(trial.fate for trial in self.trials)
        return {fate: counted[fate] for fate in Fate if counted[fate]}
