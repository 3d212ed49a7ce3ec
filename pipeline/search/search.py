"""Search for the worst case: the feasible values of a file's sweep that make a measure worst. Rollouts only.

The optimiser is scipy's differential evolution: it needs no gradients, tolerates infeasible regions and plateaus, and
evaluates a whole generation at a time, which can be distributed over processes without changing the result.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import product
from math import ceil
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.stats import qmc

from outputs.searches.records import Fate, Trial
from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics, is_expectation
from pipeline.search.pareto import evolve, explore_frontier, pareto_frontier
from pipeline.search.search_options import SearchOptions
from pipeline.search.severity import MEASURES, first_impact
from scenarios.compiler.search_space import Space, space
from scenarios.simulation.simulate import simulate
from scenarios.source.yaml_document import parse_document
from scenarios.sweeps.axes import Options

LEAST_POPULATION, POPULATION_A_DIMENSION = 16, 10
APART = 0.1  # of a range: cases that are nearer to each other count as the same case
Point = tuple[float, ...]


@dataclass
class SearchResult:
    """Every trial in order, each once, and the frontier: the worst, then the next worst at another place."""

    trials: list[Trial] = field(default_factory=list)
    frontier: tuple[Trial, ...] = ()
    seconds: float = 0.0
    stopped: bool = False


def search(file: Path, wanted: SearchOptions, watch: Callable[[Trial], None] = lambda _: None) -> SearchResult:
    """Try up to `wanted.rollouts` points of the file's space; Ctrl-C ends the search early and keeps its results.

    With several measures the result is their Pareto frontier. Raises SpecErrors for a file without a sweep,
    KeyError for an unknown measure.
    """
    text = file.read_text("utf-8")
    spanned, result, started = _space(text, file), SearchResult(), time.monotonic()
    try:
        with _trial_runner(partial(run_trial, text, file, wanted.measures), wanted.workers or 1) as run_trials:
            _explore(spanned, wanted, _Trials(run_trials, spanned, result.trials, watch))
    except KeyboardInterrupt:
        result.stopped = True
    result.seconds = time.monotonic() - started
    select_frontier = _frontier if len(wanted.measures) == 1 else pareto_frontier
    result.frontier = select_frontier(result.trials, spanned, wanted.keep)
    return result


def run_trial(text: str, path: Path, measures: tuple[str, ...], point: Point) -> Trial:
    """Roll out one point of the space and measure it."""
    spanned = _space(text, path)
    choice = spanned.choice(point)
    trial = partial(Trial, values=choice.values, point=point)
    if (broken := spanned.broken(choice)) is not None:
        return trial("", fate=Fate.DROPPED, why=broken)
    scenario = spanned.scenario(choice)
    if isinstance(scenario, list):
        return trial("", fate=Fate.FAULTY, why="; ".join(map(str, scenario)))
    trial = partial(trial, scenario=scenario.id)
    try:
        rollout = simulate(scenario)
    except ValueError as error:  # bodies overlap at the start
        return trial(fate=Fate.FAULTY, why=str(error))
    verdicts = check_physics(rollout, scenario)
    against = [v for v in verdicts if v.gates and v.outcome is Outcome.FAIL]
    if against:
        expected = all(map(is_expectation, against))
        why = "; ".join(f"{v.check}: {v.reason}" for v in against)
        return trial(fate=Fate.UNEXPECTED if expected else Fate.IMPOSSIBLE, why=why)
    impact, asked = first_impact(rollout), [MEASURES[name] for name in measures]
    figures = tuple(v for each in asked if (v := each.read(rollout, verdicts, impact)) is not None)
    if len(figures) < len(asked):
        return trial(fate=Fate.NO_CONFLICT)
    speed = None if impact is None else impact.speed_mps
    severities = tuple(each.order(value, impact) for each, value in zip(asked, figures, strict=True))
    return trial(fate=Fate.MEASURED, figures=figures, severities=severities, impact_mps=speed)


@lru_cache(maxsize=4)
def _space(text: str, path: Path) -> Space:
    return space(parse_document(text, path))


@contextmanager
def _trial_runner(
    one: Callable[[Point], Trial], workers: int
) -> Iterator[Callable[[Sequence[Point]], Iterator[Trial]]]:
    """A function that runs the trials of points in order, in this process or in several."""
    if workers == 1:
        yield partial(map, one)
        return
    # Ctrl-C is for this process only. A fork would copy the threads of numerical libraries in an undefined state.
    ignored = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=signal.signal, initargs=ignored)
    try:
        yield lambda points: pool.map(one, points, chunksize=max(1, ceil(len(points) / (4 * workers))))
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass
class _Trials:
    """Runs the trial of each set of values once and stores it."""

    run: Callable[[Sequence[Point]], Iterator[Trial]]
    space: Space
    trials: list[Trial]
    watch: Callable[[Trial], None]
    known: dict[str, Trial] = field(default_factory=dict)

    def __call__(self, points: Float[np.ndarray, "dimension point"]) -> Float[np.ndarray, "point"]:
        """Severities by the first measure, for the differential evolution."""
        return np.array([trial.severity for trial in self.at(points)])

    def at(self, points: Float[np.ndarray, "dimension point"]) -> list[Trial]:
        """The trials at some points; new ones are run."""
        requested = [tuple(map(float, point)) for point in points.T]
        keys = [repr(self.space.choice(point).values) for point in requested]
        new = {key: point for key, point in zip(keys, requested, strict=True) if key not in self.known}
        for key, trial in zip(new, self.run(list(new.values())), strict=True):
            self.known[key] = trial
            self.trials.append(trial)
            self.watch(trial)
        return [self.known[key] for key in keys]


def _explore(spanned: Space, wanted: SearchOptions, severities: _Trials) -> None:
    """Run all points of a small finite space; else a first generation of corners and even points, then an evolution."""
    if spanned.size is not None and spanned.size <= wanted.rollouts:
        everything = product(*(range(int(low), int(high) + 1) for low, high in spanned.bounds))
        severities(np.array(list(everything), float).T)
        return
    count = max(5, min(max(LEAST_POPULATION, POPULATION_A_DIMENSION * len(spanned.bounds)), wanted.rollouts // 3))
    first = _first_generation(spanned, count, wanted.seed)
    if len(wanted.measures) > 1:
        explore_frontier(spanned, wanted, severities, first)
        return
    evolve(severities, spanned, first, wanted.rollouts // count - 1, wanted.seed)


def _first_generation(spanned: Space, count: int, seed: int) -> Float[np.ndarray, "point dimension"]:
    """Corners of the space, and points spread evenly in it."""
    low, high = np.array(spanned.bounds, float).T
    half = np.where(spanned.whole, 0.499, 0.0)
    shares = qmc.Sobol(len(low), seed=seed).random(2 ** ceil(np.log2(count)))[:count]
    first = np.clip(low - half + shares * (high - low + 2 * half), low, high)
    corners = _corners(low, high, count // 2, seed)
    first[: len(corners)] = corners
    return first


def _corners(
    low: Float[np.ndarray, "dimension"], high: Float[np.ndarray, "dimension"], most: int, seed: int
) -> Float[np.ndarray, "corner dimension"]:
    """All or some of the corners of the space: the worst case is often at an extreme."""
    distinct = min(len(low), 12)  # dimensions combined freely; further ones repeat their choices
    chosen = np.random.default_rng(seed).permutation(2**distinct)[:most]
    upper = chosen[:, None] >> np.arange(len(low)) % distinct & 1
    return np.where(upper, high, low)


def _frontier(trials: Sequence[Trial], spanned: Space, keep: int) -> tuple[Trial, ...]:
    """The worst trial, then the worst of those at another place in the space, and so on."""
    unordered = [isinstance(dimension, Options) for dimension in spanned.dimensions]
    width = np.array([max(high - low, 1e-12) for low, high in spanned.bounds])
    worst: list[Trial] = []
    for trial in sorted((t for t in trials if t.fate is Fate.MEASURED), key=lambda t: t.severity):
        away = [np.abs(np.subtract(trial.point, other.point)) / width for other in worst]
        if all((distance[unordered] > 0).any() or (distance >= APART).any() for distance in away):
            worst.append(trial)
        if len(worst) == keep:
            break
    return tuple(worst)
