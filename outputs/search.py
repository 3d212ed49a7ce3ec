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

    `value` is the measure's, None unless measured; `severity` orders trials, the least is the worst; `impact_mps` is
    None where nothing was hit; `why` says what was wrong.
    """

    scenario: str
    values: dict[str, object]
    point: tuple[float, ...]
    fate: Fate
    value: float | None = None
    severity: float = float("inf")
    impact_mps: float | None = None
    why: str = ""

    def result(self, unit: str) -> str:
        """What was measured, for a reader."""
        if self.value is None:
            return self.fate
        value = f"{self.value:.3g}" if self.value < BEYOND else f"over {BEYOND:g}"
        hit = "" if self.impact_mps is None else f", hit at {self.impact_mps * 3.6:.0f} km/h"
        return f"{value} {unit}{hit}"


@dataclass(frozen=True)
class Parameter:
    """A coordinate of the trials' points: a number in `unit`, or the place of one of `options`."""

    name: str
    unit: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchRecord:
    """A finished search: what was asked, every trial in order, and the frontier, the worst first."""

    file: str
    measure: str
    unit: str
    seed: int
    parameters: tuple[Parameter, ...]
    trials: tuple[Trial, ...]
    frontier: tuple[Trial, ...]

    @property
    def fates(self) -> dict[Fate, int]:
        """How many trials ended how."""
        counted = Counter(trial.fate for trial in self.trials)
        return {fate: counted[fate] for fate in Fate if counted[fate]}
