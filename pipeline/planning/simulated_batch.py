"""A batch played through event by event (simpy), to check the forecast: queues, retries, stragglers, a start.

Every clip's seconds are drawn from the measured clips, whole clips at a time, so that stages keep belonging together.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from pipeline.planning.forecast import Cluster, Load, Trouble

AHEAD = 2  # clips in work for every GPU beyond those that hold a core: what back-pressure lets through


@dataclass(frozen=True)
class SimulatedBatch:
    """One batch; `deaths` counts attempts that died and were repeated."""

    clips: int
    wall_s: float
    deaths: int


def play(load: Load, cluster: Cluster, trouble: Trouble, clips: int, seed: int) -> SimulatedBatch:
    """The same seed gives the same batch."""
    batch = _Batch(load, cluster, trouble, clips, seed)
    batch.world.run()
    return SimulatedBatch(clips, batch.world.now, batch.deaths)


class _Batch:
    def __init__(self, load: Load, cluster: Cluster, trouble: Trouble, clips: int, seed: int) -> None:
        self.load, self.trouble, self.todo, self.deaths = load, trouble, clips, 0
        self.chance = np.random.default_rng(seed)
        self.world = simpy.Environment(initial_time=load.startup_s)
        self.cores = simpy.Resource(self.world, cluster.cpus)
        self.gpus = simpy.Resource(self.world, cluster.gpus) if cluster.gpus else None
        for _ in range(min(clips, cluster.cpus + AHEAD * cluster.gpus)):
            self.world.process(self._worker())

    def _worker(self) -> Generator[Any, Any, None]:
        """Takes clip after clip; one whose attempt dies is begun again from nothing."""
        while self.todo:
            self.todo -= 1
            which = self.chance.integers(len(self.load.cpu_s))
            factor = self.trouble.slow_factor if self.chance.random() < self.trouble.slow else 1.0
            cpu, gpu = self.load.cpu_s[which] * factor, self.load.gpu_s[which] * factor
            while self.chance.random() < self.trouble.dying:
                self.deaths += 1
                yield from self._attempt(cpu, gpu, self.chance.random())
            yield from self._attempt(cpu, gpu, 1.0)

    def _attempt(self, cpu_s: float, gpu_s: float, share: float) -> Generator[Any, Any, None]:
        """A clip as far as `share` of it: half its work on a core, the networks, the other half."""
        if self.gpus is None:
            yield from self._hold(self.cores, (cpu_s + gpu_s) * share)
            return
        left = (cpu_s + gpu_s) * share
        for who, seconds in ((self.cores, cpu_s / 2), (self.gpus, gpu_s), (self.cores, cpu_s / 2)):
            if left > 0:
                yield from self._hold(who, min(seconds, left))
            left -= seconds

    def _hold(self, resource: simpy.Resource, seconds: float) -> Generator[Any, Any, None]:
        with resource.request() as turn:
            yield turn
            yield self.world.timeout(seconds)
