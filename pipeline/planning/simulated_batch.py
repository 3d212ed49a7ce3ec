"""Discrete-event simulation (simpy) of a batch, to verify the forecast: queues, retries, slow machines, start-up.

The seconds of each clip are drawn from the measured clips, all stages of a clip together.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from pipeline.planning.forecast import Cluster, FailureRates, Load

AHEAD = 2  # clips in progress per GPU beyond those that hold a core, as back-pressure allows


@dataclass(frozen=True)
class SimulatedBatch:
    """The result of a simulated batch; `deaths` counts failed attempts that were repeated."""

    clips: int
    wall_s: float
    deaths: int


def simulate_batch(load: Load, cluster: Cluster, trouble: FailureRates, clips: int, seed: int) -> SimulatedBatch:
    """Simulate a batch; the same seed gives the same result."""
    batch = _Batch(load, cluster, trouble, clips, seed)
    batch.environment.run()
    return SimulatedBatch(clips, batch.environment.now, batch.deaths)


class _Batch:
    def __init__(self, load: Load, cluster: Cluster, trouble: FailureRates, clips: int, seed: int) -> None:
        self.load, self.trouble, self.todo, self.deaths = load, trouble, clips, 0
        self.rng = np.random.default_rng(seed)
        self.environment = simpy.Environment(initial_time=load.startup_s)
        self.cores = simpy.Resource(self.environment, cluster.cpus)
        self.gpus = simpy.Resource(self.environment, cluster.gpus) if cluster.gpus else None
        for _ in range(min(clips, cluster.cpus + AHEAD * cluster.gpus)):
            self.environment.process(self._worker())

    def _worker(self) -> Generator[Any, Any, None]:
        """Process clip after clip; a clip whose attempt fails starts again from the beginning."""
        while self.todo:
            self.todo -= 1
            which = self.rng.integers(len(self.load.cpu_s))
            factor = self.trouble.slow_factor if self.rng.random() < self.trouble.slow else 1.0
            cpu, gpu = self.load.cpu_s[which] * factor, self.load.gpu_s[which] * factor
            while self.rng.random() < self.trouble.dying:
                self.deaths += 1
                yield from self._attempt(cpu, gpu, self.rng.random())
            yield from self._attempt(cpu, gpu, 1.0)

    def _attempt(self, cpu_s: float, gpu_s: float, share: float) -> Generator[Any, Any, None]:
        """Process a clip up to `share` of it: half its CPU work, the networks, the other half."""
        if self.gpus is None:
            yield from self._hold(self.cores, (cpu_s + gpu_s) * share)
            return
        remaining = (cpu_s + gpu_s) * share
        for resource, seconds in ((self.cores, cpu_s / 2), (self.gpus, gpu_s), (self.cores, cpu_s / 2)):
            if remaining > 0:
                yield from self._hold(resource, min(seconds, remaining))
            remaining -= seconds

    def _hold(self, resource: simpy.Resource, seconds: float) -> Generator[Any, Any, None]:
        with resource.request() as turn:
            yield turn
            yield self.environment.timeout(seconds)
