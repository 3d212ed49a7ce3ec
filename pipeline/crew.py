"""The Ray actors of one pool: hired, set up, given work when they are free, replaced when they die."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.line import Act, Pool
from pipeline.ray_start import NoWorkers, RayPlan
from pipeline.stopping import left_to_the_driver
from pipeline.workers import Player


class _Hand:
    """The Ray actor."""

    def __init__(self, worker: Player, pool: Pool) -> None:
        if not pool.needs.gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # Ray does not hide them from those who asked for none
        self.worker, self.threads = worker, pool.hands.threads
        left_to_the_driver()

    def setup(self) -> None:
        self.worker.setup(self.threads)

    def process(self, act: Act, last: bool, items: Sequence[Any], *before: Any) -> Any:
        """Play an act; `before` are the results of the acts before it, one act after the other.

        The last act's results come as one value. Others stay in Ray, each on its own, behind a None that says that they
        are there: whoever waits for them does not fetch them.
        """
        columns = [before[i : i + len(items)] for i in range(0, len(before), len(items))]
        method = getattr(self.worker, act.name)
        rows = zip(items, *columns, strict=True)
        results = method(items, *columns) if act.batch else [method(*row) for row in rows]
        return list(results) if last else (None, *results)


@dataclass(frozen=True)
class Part:
    """An item on its way, with references to the results of the acts behind it; `alone` if it may share no batch."""

    item: Any
    results: tuple[Any, ...] = ()
    alone: bool = False


@dataclass(frozen=True)
class Task:
    """Parts that somebody has in work, in the act of that number, and where their results will be."""

    actor: Any
    act: int
    parts: tuple[Part, ...]
    results: tuple[Any, ...]
    since: float


@dataclass
class Crew:
    """The actors: those that load (`starting`), those that wait (`free`), those that work (`busy`).

    `starting` and `busy` are by the reference that says when it is over.
    """

    worker: Player
    pool: Pool
    plan: RayPlan
    starting: dict[Any, Any] = field(default_factory=dict)
    free: list[Any] = field(default_factory=list)
    busy: dict[Any, Task] = field(default_factory=dict)
    stillborn: int = 0  # that died while they loaded, since one last came through
    seen: float = field(default_factory=time.monotonic)  # when somebody was last ready, or nobody was wanted

    def hire(self, wanted: int) -> None:
        while len(self.starting) + len(self.free) + len(self.busy) < wanted:
            actor = self._actor()
            self.starting[actor.setup.remote()] = actor

    def _actor(self) -> Any:
        import ray

        needs, threads = self.pool.needs, self.pool.hands.threads
        asked = {"num_cpus": threads, "num_gpus": needs.gpus, "memory": int(needs.memory_gib * 2**30)}
        return ray.remote(max_restarts=0, max_task_retries=0, **asked)(_Hand).remote(self.worker, self.pool)

    def give(self, number: int, act: Act, last: bool, parts: Sequence[Part]) -> None:
        """To somebody who is free."""
        actor = self.free.pop()
        before = [result for column in zip(*(part.results for part in parts), strict=True) for result in column]
        play = actor.process.options(num_returns=1 if last else 1 + len(parts))
        refs = play.remote(act, last, [part.item for part in parts], *before)
        over, *results = [refs] if last else refs
        self.busy[over] = Task(actor, number, tuple(parts), tuple(results), time.monotonic())

    def welcome(self, ref: Any) -> None:
        """Somebody has loaded, or has died of it; what the worker itself raised is raised as if it had worked here."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        actor = self.starting.pop(ref)
        try:
            ray.get(ref)
        except RayTaskError as error:
            raise (error.cause or error) from None
        except RayError as error:
            self.stillborn += 1
            if self.stillborn > self.plan.retries:
                said = f"{self.stillborn} workers in a row died while they loaded the networks ({died(error)})"
                raise NoWorkers(f"{said}; is there memory enough? try fewer with --workers 1") from None
        else:
            self.stillborn = 0
            self.free.append(actor)

    def overdue(self) -> list[Task]:
        """What took too long, and is stopped."""
        import ray

        now = time.monotonic()
        late = [ref for ref, task in self.busy.items() if now - task.since > self.plan.deadline_s]
        tasks = [self.busy.pop(ref) for ref in late]
        for task in tasks:
            ray.kill(task.actor)
        return tasks

    def see(self) -> None:
        """Raises `NoWorkers` when nobody has come for too long."""
        if self.free or self.busy or not self.starting:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > self.plan.start_s:
            said = f"Ray gave us no worker within {self.plan.start_s:g} s"
            needs, threads = self.pool.needs, self.pool.hands.threads
            asked = f"{threads} cores, {needs.gpus:g} GPUs and {needs.memory_gib:g} GiB of memory"
            raise NoWorkers(f"{said}; each asks for {asked}, and the cluster has none of that free")

    def dismiss(self) -> None:
        import ray

        for actor in [*self.free, *self.starting.values(), *(task.actor for task in self.busy.values())]:
            ray.kill(actor)


def died(error: Exception) -> str:
    """Ray's name for it, in words where it has some: OutOfMemoryError, NodeDiedError, ActorDiedError."""
    return type(error).__name__
