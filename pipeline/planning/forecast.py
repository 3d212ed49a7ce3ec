"""How long a batch takes on a cluster, from what measured clips cost. `pipeline.planning.simulated_batch` checks it.

    wall = start-up + work of the scarcer resource / how much of it there is + what the last clips take longer

Work counts attempts that die and are repeated, and clips that take some times as long on a slow machine. The
tail is that of greedy scheduling: when nothing is left to begin, every worker still has a residual life of its clip
before it (the equilibrium distribution of renewal theory), and the batch waits for the longest of them.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float
from scipy.stats import beta

from pipeline.planning.cost_model import MeasuredCosts

GRID = 4000  # steps in the integrals over a clip's life


@dataclass(frozen=True)
class Cluster:
    """With GPUs the networks' stages run there, one clip a GPU, and all others on cores; without, a clip a core."""

    cpus: int
    gpus: int = 0


@dataclass(frozen=True)
class Trouble:
    """`dying` is the share of attempts that die somewhere on the way and are repeated from the beginning; `slow` the
    share of clips that take `slow_factor` times as long."""

    dying: float = 0.01
    slow: float = 0.01
    slow_factor: float = 3.0

    def lives(self, seconds: Float[np.ndarray, "clip"]) -> tuple[Float[np.ndarray, "life"], Float[np.ndarray, "life"]]:
        """How long clips take with all that, and the share of each: no death, one at an eighth, ..., more than one."""
        more = 1 + (2 + self.dying / (1 - self.dying)) / 2
        factors = np.array([1, 1.125, 1.375, 1.625, 1.875, more])
        one = self.dying * (1 - self.dying) / 4
        shares = np.array([1 - self.dying, one, one, one, one, self.dying**2])
        factors = np.concatenate([factors, factors * self.slow_factor])
        shares = np.concatenate([shares * (1 - self.slow), shares * self.slow])
        return np.outer(seconds, factors).ravel(), np.tile(shares, len(seconds)) / len(seconds)

    def mean(self, seconds: Float[np.ndarray, "clip"]) -> float:
        """Of those lives."""
        lives, shares = self.lives(seconds)
        return float((lives * shares).sum())


@dataclass(frozen=True)
class Load:
    """Seconds of measured clips on a core before and after the networks, and in the networks."""

    cpu_s: Float[np.ndarray, "clip"]
    gpu_s: Float[np.ndarray, "clip"]
    startup_s: float

    @property
    def clip_s(self) -> Float[np.ndarray, "clip"]:
        return self.cpu_s + self.gpu_s


@dataclass(frozen=True)
class Forecast:
    """`busy` is the share of the time in which the scarcer resource, `bound_by`, works."""

    clips: int
    wall_s: float
    bound_by: str
    busy: float


@dataclass(frozen=True)
class Acceptance:
    """The share of clips that leave, with its 95 % interval (Jeffreys): few measured clips tell little."""

    share: float
    least: float
    most: float

    def to_make(self, accepted: int) -> int:
        """How many clips give so many accepted ones on average."""
        return ceil(accepted / self.share)


def load_of(measured: MeasuredCosts, startup_s: float, gpu_speedup: float = 1.0) -> Load:
    """`gpu_speedup` divides the networks' seconds; infinity leaves none."""
    cpu = np.array([clip.on(gpu=False) for clip in measured.clips])
    gpu = np.array([clip.on(gpu=True) for clip in measured.clips])
    return Load(cpu, gpu / gpu_speedup, startup_s)


def acceptance(accepted: int, tried: int) -> Acceptance:
    """ValueError where nothing was accepted: no number of clips would do."""
    if accepted < 1:
        raise ValueError(f"none of {tried} measured clips was accepted: nothing says how many would have to be made")
    least, most = beta(accepted + 0.5, tried - accepted + 0.5).interval(0.95)
    return Acceptance(accepted / tried, float(least), float(most))


def forecast(load: Load, cluster: Cluster, trouble: Trouble, clips: int) -> Forecast:
    """The expected time of making so many clips."""
    if not cluster.gpus:
        wall = _wall(load.clip_s, cluster.cpus, trouble, clips)
        return _told(load, clips, wall, "cores", load.clip_s, cluster.cpus, trouble)
    on_cpu, on_gpu = load.cpu_s.mean() / cluster.cpus, load.gpu_s.mean() / cluster.gpus
    name, scarce, other, count = (
        ("GPUs", load.gpu_s, load.cpu_s, cluster.gpus) if on_gpu >= on_cpu
        else ("cores", load.cpu_s, load.gpu_s, cluster.cpus)
    )  # fmt: skip
    wall = _wall(scarce, count, trouble, clips) + trouble.mean(other)
    return _told(load, clips, wall, name, scarce, count, trouble)


def _told(
    load: Load, clips: int, wall: float, name: str, scarce: Float[np.ndarray, "clip"], count: int, trouble: Trouble
) -> Forecast:
    work = clips * trouble.mean(scarce)
    return Forecast(clips, load.startup_s + wall, name, work / (count * (load.startup_s + wall)))


def _wall(seconds: Float[np.ndarray, "clip"], workers: int, trouble: Trouble, clips: int) -> float:
    """Without start-up: greedy scheduling of independent clips on equal workers."""
    lives, share = trouble.lives(seconds)
    mean = float((share * lives).sum())
    x = np.linspace(0, lives.max(), GRID)
    if clips <= workers:  # everybody begins at once: the longest of them
        order = np.argsort(lives)
        below = np.concatenate([[0.0], np.cumsum(share[order])])[np.searchsorted(lives[order], x, side="right")]
        return _integral(1 - below**clips, x)
    residual = sum(p * np.minimum(life, x) for life, p in zip(lives, share, strict=True)) / mean
    longest, usual = _integral(1 - residual**workers, x), _integral(1 - residual, x)
    return clips * mean / workers + longest - usual


def _integral(values: Float[np.ndarray, "x"], x: Float[np.ndarray, "x"]) -> float:
    return float(np.trapz(values, x))
