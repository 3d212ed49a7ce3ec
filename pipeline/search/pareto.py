"""Several measures at once: the trials of which no other is worse by every measure, and how they are searched for.

scipy has no search for several aims, and a library for it (pymoo) brings ten more packages. What it has is enough: one
evolution for each way to weigh the measures against each other, by the weighted Chebyshev distance, whose minima are
the whole frontier, dents included. Every evolution begins with the best that any other has found.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import differential_evolution

from outputs.searches.records import Fate, Trial
from scenarios.compiler.search_space import Space

STEPS = 4  # of a weight from nothing to all
SLOPE = 0.02  # of the sum beside the largest part: ties go to what is worse by the other measures as well
LEAST_POPULATION = 8


@runtime_checkable
class FrontierEffort(Protocol):
    """How long to search, and in what order."""

    rollouts: int
    seed: int


@runtime_checkable
class Trials(Protocol):
    """Trials by their points, each judged once."""

    trials: list[Trial]

    def at(self, points: Float[np.ndarray, "dimension point"]) -> list[Trial]: ...


def evolve(
    worth: Callable[[Float[np.ndarray, "dimension point"]], Float[np.ndarray, "point"]],
    spanned: Space,
    first: Float[np.ndarray, "point dimension"],
    generations: int,
    seed: int,
) -> None:
    """Differential evolution towards the least `worth`, a generation at a time."""
    differential_evolution(
        worth, spanned.bounds, integrality=spanned.whole, init=first, seed=seed, polish=False,
        maxiter=max(1, generations), vectorized=True, updating="deferred", tol=1e-4,
    )  # fmt: skip


def explore_frontier(
    spanned: Space, effort: FrontierEffort, trials: Trials, first: Float[np.ndarray, "point dimension"], measures: int
) -> None:
    """The first generation, then an evolution for each weighing, on equal parts of the rollouts that are left."""
    known = trials.at(first.T)
    ways = weighings(measures)
    count = max(5, min(len(first), max(LEAST_POPULATION, 4 * len(spanned.bounds))))
    generations = max(1, (effort.rollouts - len(first)) // (len(ways) * count))
    for i, weights in enumerate(ways):
        scale = _Scale(trials.trials)
        best = sorted(trials.trials or known, key=lambda trial: scale.distance(trial, weights))[:count]
        begin = np.array([trial.point for trial in best])
        begin = np.concatenate([begin, first[: count - len(begin)]])
        evolve(_distances(trials, scale, weights), spanned, begin, generations, effort.seed + i)


def _distances(trials: Trials, scale: "_Scale", weights: Float[np.ndarray, "measure"]):
    return lambda points: np.array([scale.distance(trial, weights) for trial in trials.at(points)])


def weighings(measures: int) -> list[Float[np.ndarray, "measure"]]:
    """Weights in steps that sum to one, none of them nothing."""
    rows = [row for row in product(range(STEPS + 1), repeat=measures) if sum(row) == STEPS]
    return [np.maximum(np.array(row) / STEPS, 0.02) for row in rows]


class _Scale:
    """From the worst known of each measure to the mildest, 0 to 1.

    A required deceleration has no bound after a contact: an inverse hyperbolic sine presses figures together.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        known = np.array([trial.severities for trial in trials if trial.severities])
        pressed = np.arcsinh(known) if len(known) else np.array([[0.0, 1.0]])
        self.worst = pressed.min(axis=0)
        self.width = np.maximum(np.ptp(pressed, axis=0), 1e-9)

    def distance(self, trial: Trial, weights: Float[np.ndarray, "measure"]) -> float:
        """From the worst of all measures, by the weighted Chebyshev norm; infinite for what was not measured."""
        if not trial.severities:
            return np.inf
        away = weights * (np.arcsinh(trial.severities) - self.worst) / self.width
        return float(away.max() + SLOPE * away.sum())


def undominated(severities: Float[np.ndarray, "trial measure"]) -> Bool[np.ndarray, "trial"]:
    """Which rows are such that no other is at least as small everywhere and smaller somewhere."""
    no_milder = (severities[:, None] <= severities[None]).all(axis=-1)
    worse = (severities[:, None] < severities[None]).any(axis=-1)
    return ~(no_milder & worse).any(axis=0)


def pareto_frontier(trials: Sequence[Trial], _: Space, keep: int) -> tuple[Trial, ...]:
    """The frontier of what was measured, each set of figures once, the worst by the first measure first.

    Of more than `keep` both ends stay, and what is spread evenly between them.
    """
    measured = [trial for trial in trials if trial.fate is Fate.MEASURED]
    if not measured:
        return ()
    worst = undominated(np.array([trial.severities for trial in measured]))
    once = {trial.severities: trial for trial, on_it in reversed(list(zip(measured, worst, strict=True))) if on_it}
    found = [once[severities] for severities in sorted(once)]
    chosen = np.unique(np.linspace(0, len(found) - 1, min(keep, len(found))).round().astype(int))
    return tuple(found[i] for i in chosen)
