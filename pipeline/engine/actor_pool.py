"""The Ray actors of one pool: hired, set up, given work when they are free, replaced when they die."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.engine import ray_actor
from pipeline.engine.outcomes import StageRunner
from pipeline.engine.own_code import OURS, ROOT
from pipeline.engine.ray_cluster import NoWorkers, RayPlan
from pipeline.engine.stage_plan import Stage, WorkerPool
from pipeline.engine.worker_death import at_start, cause_of, tell_death


@dataclass(frozen=True)
class PendingItem:
    """An item on its way, with references to the results of the acts behind it; `alone` if it may share no batch."""

    item: Any
    results: tuple[Any, ...] = ()
    alone: bool = False


@dataclass(frozen=True)
class PoolTask:
    """Parts that somebody has in work, in the act of that number, and where their results will be."""

    actor: Any
    act: int
    parts: tuple[PendingItem, ...]
    results: tuple[Any, ...]
    since: float


@dataclass
class ActorPool:
    """The actors: those that load (`starting`), those that wait (`free`), those that work (`busy`).

    `starting` and `busy` are by the reference that says when it is over.
    """

    worker: StageRunner
    pool: WorkerPool
    plan: RayPlan
    starting: dict[Any, Any] = field(default_factory=dict)
    free: list[Any] = field(default_factory=list)
    busy: dict[Any, PoolTask] = field(default_factory=dict)
    stillborn: int = 0  # that died while they loaded, since one last came through
    seen: float = field(default_factory=time.monotonic)  # when somebody was last ready, or nobody was wanted

    def hire(self, wanted: int) -> None:
        while len(self.starting) + len(self.free) + len(self.busy) < wanted:
            actor = self._actor()
            self.starting[actor.setup.remote(self.worker)] = actor

    def _actor(self) -> Any:
        import ray
        from ray import cloudpickle

        needs, threads = self.pool.needs, self.pool.hands.threads
        asked = {"num_cpus": threads, "num_gpus": needs.gpus, "memory": int(needs.memory_gib * 2**30)}
        cloudpickle.register_pickle_by_value(ray_actor)  # a reference to it could find another `pipeline` there
        actor = ray.remote(max_restarts=0, max_task_retries=0, **asked)(ray_actor._PoolActor)
        return actor.remote(str(ROOT), OURS, threads, needs.gpus > 0)

    def give(self, number: int, act: Stage, last: bool, parts: Sequence[PendingItem]) -> None:
        """To somebody who is free."""
        actor = self.free.pop()
        before = [result for column in zip(*(part.results for part in parts), strict=True) for result in column]
        play = actor.process.options(num_returns=1 if last else 1 + len(parts))
        refs = play.remote(act, last, [part.item for part in parts], *before)
        over, *results = [refs] if last else refs
        self.busy[over] = PoolTask(actor, number, tuple(parts), tuple(results), time.monotonic())

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
            tell_death("while it loaded the networks", error)
            if self.stillborn > self.plan.retries:
                said = f"{self.stillborn} workers in a row died while they loaded the networks ({cause_of(error)})"
                hint = "" if at_start(error) else "; is there memory enough? try fewer with --workers 1"
                raise NoWorkers(said + hint) from None
        else:
            self.stillborn = 0
            self.free.append(actor)

    def overdue(self) -> list[PoolTask]:
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
