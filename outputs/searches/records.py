"""The result of a search for the worst case: all trials and the frontier."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """The outcome of a trial."""

    MEASURED = "measured"
    DROPPED = "dropped by a constraint"
    FAULTY = "not a scenario"  # bodies overlap at the start, or a value is out of its range
    IMPOSSIBLE = "physically impossible"
    UNEXPECTED = "not what the file expects"
    NO_CONFLICT = "without any conflict"


BEYOND = 100.0  # the figure of a required deceleration if no braking suffices; all other figures are smaller


@dataclass(frozen=True)
class Trial:
    """One set of parameter values and its result.

    `figures` has one value per measure, and is empty unless measured. `severities` order the trials, one per measure:
    smaller is worse. `impact_mps` is None without a collision; `why` is the reason if the trial was not measured.
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
        """The severity by the first measure; infinite if nothing was measured."""
        return self.severities[0] if self.severities else float("inf")

    def result(self, units: tuple[str, ...]) -> str:
        """The result as text."""
        if not self.figures:
            return self.fate
        values = [
            f"{v:.3g} {u}" if v < BEYOND else "no braking suffices" for v, u in zip(self.figures, units, strict=True)
        ]
        hit = "" if self.impact_mps is None else f", hit at {self.impact_mps * 3.6:.1f} km/h"
        return ", ".join(values) + hit


@dataclass(frozen=True)
class SearchParameter:
    """One coordinate of the trials' points: a number in `unit`, or an index into `options`."""

    name: str
    unit: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchRecord:
    """A finished search: its inputs, all trials in order, and the frontier.

    With one measure the frontier lists the worst trial first. With several it is the Pareto frontier, ordered by the
    first measure, the worst first.
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
        """The names of all measures as text."""
        return " against ".join(self.measures)

    @property
    def unit(self) -> str:
        """The unit of the first measure."""
        return self.units[0]

    @property
    def fates(self) -> dict[Fate, int]:
        """The number of trials for each outcome."""
        counted = Counter(trial.fate for trial in self.trials)
        return {fate: counted[fate] for fate in Fate if counted[fate]}
