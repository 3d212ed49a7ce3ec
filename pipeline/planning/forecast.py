"""Forecast of a batch's duration on a cluster from measured clips. `pipeline.planning.simulated_batch` verifies it.

        wall = start-up + work of the scarcer resource / its count + the tail of the last clips

Work includes attempts that fail and are repeated, and clips that take a multiple of the time on a slow machine. The
tail is that of greedy scheduling: when no clip is left to start, every worker has the residual life of its clip
before it (the equilibrium distribution of renewal theory), and the batch waits for the longest of them.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float
from scipy.stats import beta

from pipeline.planning.cost_model import MeasuredCosts

GRID = 4000  # steps in the integrals over a clip's duration


@dataclass(frozen=True)
class Cluster:
    """With GPUs, the networks' stages run there, one clip per GPU, and all others on cores; else one clip per core."""

    cpus: int
    gpus: int = 0


@dataclass(frozen=True)
class FailureRates:
    """`dying` is the share of attempts that fail midway and are repeated from the beginning; `slow` the share of clips
    that take `slow_factor` times as long."""

    dying: float = 0.01
    slow: float = 0.01
    slow_factor: float = 3.0

    def lives(self, seconds: Float[np.ndarray, "clip"]) -> tuple[Float[np.ndarray, "life"], Float[np.ndarray, "life"]]:
        """Durations of clips with failures, and the share of each: no failure, one at 1/8, 3/8, ..., more than one."""
        more = 1 + (2 + self.dying / (1 - self.dying)) / 2
        factors = np.array([1, 1.125, 1.375, 1.625, 1.875, more])
        one = self.dying * (1 - self.dying) / 4
        shares = np.array([1 - self.dying, one, one, one, one, self.dying**2])
        factors = np.concatenate([factors, factors * self.slow_factor])
        shares = np.concatenate([shares * (1 - self.slow), shares * self.slow])
        return np.outer(seconds, factors).ravel(), np.tile(shares, len(seconds)) / len(seconds)

    def mean(self, seconds: Float[np.ndarray, "clip"]) -> float:
        """The mean of these durations."""
        lives, shares = self.lives(seconds)
        return float((lives * shares).sum())


@dataclass(frozen=True)
class Load:
    """Seconds of the measured clips on a core outside the networks, and in the networks."""

    cpu_s: Float[np.ndarray, "clip"]
    gpu_s: Float[np.ndarray, "clip"]
    startup_s: float

    @property
    def clip_s(self) -> Float[np.ndarray, "clip"]:
        return self.cpu_s + self.gpu_s


@dataclass(frozen=True)
class Forecast:
    """`busy` is the share of the time in which the scarcer resource, `bound_by`, is used."""

    clips: int
    wall_s: float
    bound_by: str
    busy: float


@dataclass(frozen=True)
class Acceptance:
    """The share of accepted clips, with its 95 % interval (Jeffreys), which is wide for few measured clips."""

    share: float
    least: float
    most: float

    def to_make(self, accepted: int) -> int:
        """The mean number of clips needed for so many accepted ones."""
        return ceil(accepted / self.share)


def load_of(measured: MeasuredCosts, startup_s: float, gpu_speedup: float = 1.0) -> Load:
    """`gpu_speedup` divides the networks' seconds; infinity makes them zero."""
    cpu = np.array([clip.on(gpu=False) for clip in measured.clips])
    gpu = np.array([clip.on(gpu=True) for clip in measured.clips])
    return Load(cpu, gpu / gpu_speedup, startup_s)


def acceptance(accepted: int, tried: int) -> Acceptance:
    """ValueError if no clip was accepted: the share is unknown."""
    if accepted < 1:
        raise ValueError(f"none of {tried} measured clips was accepted: the number of clips to generate is unknown")
    least, most = beta(accepted + 0.5, tried - accepted + 0.5).interval(0.95)
    return Acceptance(accepted / tried, float(least), float(most))


def forecast(load: Load, cluster: Cluster, trouble: FailureRates, clips: int) -> Forecast:
    """The expected duration of a batch of so many clips."""
    if not cluster.gpus:
        wall = _wall(load.clip_s, cluster.cpus, trouble, clips)
        return _forecast(load, clips, wall, "cores", load.clip_s, cluster.cpus, trouble)
    on_cpu, on_gpu = load.cpu_s.mean() / cluster.cpus, load.gpu_s.mean() / cluster.gpus
    name, scarce, other, count = (
        ("GPUs", load.gpu_s, load.cpu_s, cluster.gpus) if on_gpu >= on_cpu
        else ("cores", load.cpu_s, load.gpu_s, cluster.cpus)
    )  # fmt: skip
    wall = _wall(scarce, count, trouble, clips) + trouble.mean(other)
    return _forecast(load, clips, wall, name, scarce, count, trouble)


def _forecast(
    load: Load, clips: int, wall: float, name: str, scarce: Float[np.ndarray, "clip"], count: int, trouble: FailureRates
) -> Forecast:
    work = clips * trouble.mean(scarce)
    return Forecast(clips, load.startup_s + wall, name, work / (count * (load.startup_s + wall)))


def _wall(seconds: Float[np.ndarray, "clip"], workers: int, trouble: FailureRates, clips: int) -> float:
    """Duration without start-up: greedy scheduling of independent clips on equal workers."""
    lives, share = trouble.lives(seconds)
    mean = float((share * lives).sum())
    x = np.linspace(0, lives.max(), GRID)
    if clips <= workers:  # all start at once: the longest of them
        order = np.argsort(lives)
        below = np.concatenate([[0.0], np.cumsum(share[order])])[np.searchsorted(lives[order], x, side="right")]
        return _integral(1 - below**clips, x)
    residual = sum(p * np.minimum(life, x) for life, p in zip(lives, share, strict=True)) / mean
    longest, usual = _integral(1 - residual**workers, x), _integral(1 - residual, x)
    return clips * mean / workers + longest - usual


def _integral(values: Float[np.ndarray, "x"], x: Float[np.ndarray, "x"]) -> float:
    return float(np.trapz(values, x))
