"""Finding the worst case: which feasible values of a file's sweep make a measure worst. Rollouts alone, no pictures.

The optimiser is scipy's differential evolution: it is there already, needs no gradients, bears infeasible regions and
plateaus, and asks for a whole generation at a time, which processes share out without changing the result.
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
from pipeline.search.severity import MEASURES, first_impact
from scenarios.compiler.search_space import Space, space
from scenarios.simulation.simulate import simulate
from scenarios.source.yaml_document import parse_document
from scenarios.sweeps.axes import Options

LEAST_POPULATION, POPULATION_A_DIMENSION = 16, 10
APART = 0.1  # of a range: nearer to a worse case, a case is the same case
Point = tuple[float, ...]


@dataclass(frozen=True)
class SearchEffort:
    """How long to search and in what order: the same effort gives the same answer with any number of workers."""

    rollouts: int = 600
    keep: int = 5
    seed: int = 0
    workers: int = 1


@dataclass
class SearchResult:
    """Every trial in order, each once, and the frontier: the worst, then the next worst that is elsewhere."""

    trials: list[Trial] = field(default_factory=list)
    frontier: tuple[Trial, ...] = ()
    seconds: float = 0.0
    stopped: bool = False


def search(
    file: Path, measures: tuple[str, ...], effort: SearchEffort, watch: Callable[[Trial], None] = lambda _: None
) -> SearchResult:
    """Try up to `effort.rollouts` points of the file's space; Ctrl-C ends it early with what was found.

    Of several measures the answer is their Pareto frontier. Raises Faults for a file that spans no space, KeyError for
    a measure that does not exist.
    """
    text = file.read_text("utf-8")
    spanned, answer, began = _space(text, file), SearchResult(), time.monotonic()
    try:
        with _judges(partial(judge, text, file, measures), effort.workers) as judges:
            _explore(spanned, effort, _Trials(judges, spanned, answer.trials, watch), len(measures))
    except KeyboardInterrupt:
        answer.stopped = True
    answer.seconds = time.monotonic() - began
    frontier = _frontier if len(measures) == 1 else pareto_frontier
    answer.frontier = frontier(answer.trials, spanned, effort.keep)
    return answer


def judge(text: str, path: Path, measures: tuple[str, ...], point: Point) -> Trial:
    """Roll out one point of the space and measure it."""
    spanned = _space(text, path)
    choice = spanned.choice(point)
    made = partial(Trial, values=choice.values, point=point)
    if (broken := spanned.broken(choice)) is not None:
        return made("", fate=Fate.DROPPED, why=broken)
    scenario = spanned.scenario(choice)
    if isinstance(scenario, list):
        return made("", fate=Fate.FAULTY, why="; ".join(map(str, scenario)))
    made = partial(made, scenario=scenario.id)
    try:
        rollout = simulate(scenario)
    except ValueError as error:  # bodies overlap at the start
        return made(fate=Fate.FAULTY, why=str(error))
    verdicts = check_physics(rollout, scenario)
    against = [v for v in verdicts if v.gates and v.outcome is Outcome.FAIL]
    if against:
        expected = all(map(is_expectation, against))
        why = "; ".join(f"{v.check}: {v.reason}" for v in against)
        return made(fate=Fate.UNEXPECTED if expected else Fate.IMPOSSIBLE, why=why)
    impact, asked = first_impact(rollout), [MEASURES[name] for name in measures]
    figures = tuple(each.read(rollout, verdicts, impact) for each in asked)
    if None in figures:
        return made(fate=Fate.NO_CONFLICT)
    speed = None if impact is None else impact.speed_mps
    severities = tuple(each.order(value, impact) for each, value in zip(asked, figures, strict=True))
    return made(fate=Fate.MEASURED, figures=figures, severities=severities, impact_mps=speed)


@lru_cache(maxsize=4)
def _space(text: str, path: Path) -> Space:
    return space(parse_document(text, path))


@contextmanager
def _judges(one: Callable[[Point], Trial], workers: int) -> Iterator[Callable[[Sequence[Point]], Iterator[Trial]]]:
    """A function that judges points in their order, in this process or in several."""
    if workers == 1:
        yield partial(map, one)
        return
    # Ctrl-C is for this process; a fork would inherit the threads of numerical libraries in any state.
    ignore = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
    pool = ProcessPoolExecutor(workers, get_context("spawn"), **ignore)
    try:
        yield lambda points: pool.map(one, points, chunksize=max(1, ceil(len(points) / (4 * workers))))
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass
class _Trials:
    """Asks for each set of values once; remembers."""

    judge: Callable[[Sequence[Point]], Iterator[Trial]]
    space: Space
    trials: list[Trial]
    watch: Callable[[Trial], None]
    known: dict[str, Trial] = field(default_factory=dict)

    def __call__(self, points: Float[np.ndarray, "dimension point"]) -> Float[np.ndarray, "point"]:
        """Severities by the first measure, as differential evolution asks for them."""
        return np.array([trial.severity for trial in self.at(points)])

    def at(self, points: Float[np.ndarray, "dimension point"]) -> list[Trial]:
        """The trials at some points, those that are new judged now."""
        asked = [tuple(map(float, point)) for point in points.T]
        keys = [repr(self.space.choice(point).values) for point in asked]
        new = {key: point for key, point in zip(keys, asked, strict=True) if key not in self.known}
        for key, trial in zip(new, self.judge(list(new.values())), strict=True):
            self.known[key] = trial
            self.trials.append(trial)
            self.watch(trial)
        return [self.known[key] for key in keys]


def _explore(spanned: Space, effort: SearchEffort, severities: _Trials, measures: int) -> None:
    """All of a small finite space; else a first generation of corners and an even rest, and evolution from there."""
    if spanned.size is not None and spanned.size <= effort.rollouts:
        everything = product(*(range(int(low), int(high) + 1) for low, high in spanned.bounds))
        severities(np.array(list(everything), float).T)
        return
    count = max(5, min(max(LEAST_POPULATION, POPULATION_A_DIMENSION * len(spanned.bounds)), effort.rollouts // 3))
    first = _first_generation(spanned, count, effort.seed)
    if measures > 1:
        explore_frontier(spanned, effort, severities, first, measures)
        return
    evolve(severities, spanned, first, effort.rollouts // count - 1, effort.seed)


def _first_generation(spanned: Space, count: int, seed: int) -> Float[np.ndarray, "point dimension"]:
    """Corners of the space and points spread evenly in it."""
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
    """Corners of the space, all or some of them: what is worst is often extreme."""
    distinct = min(len(low), 12)  # dimensions whose ends are combined freely; beyond them they go along
    chosen = np.random.default_rng(seed).permutation(2**distinct)[:most]
    upper = chosen[:, None] >> np.arange(len(low)) % distinct & 1
    return np.where(upper, high, low)


def _frontier(trials: Sequence[Trial], spanned: Space, keep: int) -> tuple[Trial, ...]:
    """The worst trial, then the worst of those that are elsewhere in the space, and so on."""
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
