"""Search with several measures: the trials that no other trial dominates.

scipy has no multi-objective search, and a library for it (pymoo) has ten more dependencies. Here one differential
evolution runs for each weighting of the measures, with the weighted Chebyshev distance, whose minima form the whole
frontier, including its non-convex parts. Every evolution starts from the best trials of all earlier ones.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import differential_evolution

from outputs.searches.records import Fate, Trial
from pipeline.search.search_options import SearchOptions
from scenarios.compiler.search_space import Space

STEPS = 4  # steps of a weight from 0 to 1
SLOPE = 0.02  # weight of the sum beside the maximum: of equal maxima the one with worse other measures wins
LEAST_POPULATION = 8


@runtime_checkable
class Trials(Protocol):
    """Trials by their points, each run once."""

    trials: list[Trial]

    def at(self, points: Float[np.ndarray, "dimension point"]) -> list[Trial]: ...


def evolve(
    objective: Callable[[Float[np.ndarray, "dimension point"]], Float[np.ndarray, "point"]],
    spanned: Space,
    first: Float[np.ndarray, "point dimension"],
    generations: int,
    seed: int,
) -> None:
    """Differential evolution that minimises `worth`, one generation at a time."""
    differential_evolution(
        objective, spanned.bounds, integrality=spanned.whole, init=first, seed=seed, polish=False,
        maxiter=max(1, generations), vectorized=True, updating="deferred", tol=1e-4,
    )  # fmt: skip


def explore_frontier(
    spanned: Space, wanted: SearchOptions, trials: Trials, first: Float[np.ndarray, "point dimension"]
) -> None:
    """Run the first generation, then an evolution per weighting, with equal parts of the remaining rollouts."""
    known = trials.at(first.T)
    weightings = weight_vectors(len(wanted.measures))
    count = max(5, min(len(first), max(LEAST_POPULATION, 4 * len(spanned.bounds))))
    generations = max(1, (wanted.rollouts - len(first)) // (len(weightings) * count))
    for i, weights in enumerate(weightings):
        scale = _Scale(trials.trials)
        best = sorted(trials.trials or known, key=lambda trial: scale.distance(trial, weights))[:count]
        start = np.array([trial.point for trial in best])
        start = np.concatenate([start, first[: count - len(start)]])
        evolve(_distances(trials, scale, weights), spanned, start, generations, wanted.seed + i)


def _distances(trials: Trials, scale: "_Scale", weights: Float[np.ndarray, "measure"]):
    return lambda points: np.array([scale.distance(trial, weights) for trial in trials.at(points)])


def weight_vectors(measures: int) -> list[Float[np.ndarray, "measure"]]:
    """All weightings in equal steps that sum to one; a weight of 0 is replaced by a small one."""
    rows = [row for row in product(range(STEPS + 1), repeat=measures) if sum(row) == STEPS]
    return [np.maximum(np.array(row) / STEPS, 0.02) for row in rows]


class _Scale:
    """Scale severities from the worst known (0) to the mildest known (1) of each measure.

    A required deceleration has no bound after a contact, so values are compressed with an inverse hyperbolic sine.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        known = np.array([trial.severities for trial in trials if trial.severities])
        compressed = np.arcsinh(known) if len(known) else np.array([[0.0, 1.0]])
        self.worst = compressed.min(axis=0)
        self.width = np.maximum(np.ptp(compressed, axis=0), 1e-9)

    def distance(self, trial: Trial, weights: Float[np.ndarray, "measure"]) -> float:
        """The distance from the worst of all measures in the weighted Chebyshev norm; infinite if not measured."""
        if not trial.severities:
            return np.inf
        away = weights * (np.arcsinh(trial.severities) - self.worst) / self.width
        return float(away.max() + SLOPE * away.sum())


def undominated(severities: Float[np.ndarray, "trial measure"]) -> Bool[np.ndarray, "trial"]:
    """Rows for which no other row is at least as small everywhere and smaller somewhere."""
    no_milder = (severities[:, None] <= severities[None]).all(axis=-1)
    worse = (severities[:, None] < severities[None]).any(axis=-1)
    return ~(no_milder & worse).any(axis=0)


def pareto_frontier(trials: Sequence[Trial], _: Space, keep: int) -> tuple[Trial, ...]:
    """The frontier of the measured trials, each set of figures once, ordered by the first measure, the worst first.

    If there are more than `keep`, both ends and evenly spaced trials between them are kept.
    """
    measured = [trial for trial in trials if trial.fate is Fate.MEASURED]
    if not measured:
        return ()
    worst = undominated(np.array([trial.severities for trial in measured]))
    by_severities = {
        trial.severities: trial for trial, on_it in reversed(list(zip(measured, worst, strict=True))) if on_it
    }
    frontier = [by_severities[severities] for severities in sorted(by_severities)]
    chosen = np.unique(np.linspace(0, len(frontier) - 1, min(keep, len(frontier))).round().astype(int))
    return tuple(frontier[i] for i in chosen)
