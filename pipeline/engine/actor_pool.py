"""The Ray actors of one pool: start them, set them up, submit tasks to idle ones, replace those that die."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.engine import ray_actor
from pipeline.engine.outcomes import StageRunner
from pipeline.engine.own_code import OURS, ROOT
from pipeline.engine.ray_cluster import NoWorkers, RayPlan
from pipeline.engine.stage_plan import Stage, WorkerPool
from pipeline.engine.worker_death import at_start, cause_of, log_death


@dataclass(frozen=True)
class PendingItem:
    """An item between two stages, with references to the results of the stages before; `alone`: not in a batch."""

    item: Any
    results: tuple[Any, ...] = ()
    alone: bool = False


@dataclass(frozen=True)
class PoolTask:
    """The items that an actor processes, in the stage of that number, and references to their results to come."""

    actor: Any
    stage: int
    items: tuple[PendingItem, ...]
    results: tuple[Any, ...]
    since: float


@dataclass
class ActorPool:
    """The actors of a pool: in setup (`starting`), `idle`, or `busy`.

    `starting` and `busy` are keyed by the Ray reference that becomes ready when setup or task ends.
    """

    worker: StageRunner
    pool: WorkerPool
    plan: RayPlan
    starting: dict[Any, Any] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)
    busy: dict[Any, PoolTask] = field(default_factory=dict)
    failed_setups: int = 0  # actors that died in setup since one last succeeded
    last_alive: float = field(default_factory=time.monotonic)  # when an actor was last ready, or none was needed

    def scale_up(self, wanted: int) -> None:
        """Start actors until there are so many."""
        while len(self.starting) + len(self.idle) + len(self.busy) < wanted:
            actor = self._actor()
            self.starting[actor.setup.remote(self.worker)] = actor

    def _actor(self) -> Any:
        import ray
        from ray import cloudpickle

        needs, threads = self.pool.needs, self.pool.workers.threads
        cloudpickle.register_pickle_by_value(ray_actor)  # a reference to it could find another `pipeline` there
        actor = ray.remote(
            max_restarts=0, max_task_retries=0, num_cpus=threads, num_gpus=needs.gpus,
            memory=int(needs.memory_gib * 2**30),
        )(ray_actor._PoolActor)  # fmt: skip
        return actor.remote(str(ROOT), OURS, threads, needs.gpus > 0)

    def submit(self, number: int, stage: Stage, last: bool, items: Sequence[PendingItem]) -> None:
        """Give items to an idle actor."""
        actor = self.idle.pop()
        before = [result for column in zip(*(item.results for item in items), strict=True) for result in column]
        process = actor.process.options(num_returns=1 if last else 1 + len(items))
        refs = process.remote(stage, last, [item.item for item in items], *before)
        done, *results = [refs] if last else refs
        self.busy[done] = PoolTask(actor, number, tuple(items), tuple(results), time.monotonic())

    def on_ready(self, ref: Any) -> None:
        """Handle the end of an actor's setup: mark it idle, count a crash, or re-raise what the worker raised."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        actor = self.starting.pop(ref)
        try:
            ray.get(ref)
        except RayTaskError as error:
            raise (error.cause or error) from None
        except RayError as error:
            self.failed_setups += 1
            log_death("while it loaded the networks", error)
            if self.failed_setups > self.plan.retries:
                message = (
                    f"{self.failed_setups} workers in a row died while they loaded the networks ({cause_of(error)})"
                )
                hint = "" if at_start(error) else "; is there memory enough? try fewer with --workers 1"
                raise NoWorkers(message + hint) from None
        else:
            self.failed_setups = 0
            self.idle.append(actor)

    def kill_overdue(self) -> list[PoolTask]:
        """Kill the actors whose task is past its deadline; return those tasks."""
        import ray

        now = time.monotonic()
        late = [ref for ref, task in self.busy.items() if now - task.since > self.plan.deadline_s]
        tasks = [self.busy.pop(ref) for ref in late]
        for task in tasks:
            ray.kill(task.actor)
        return tasks

    def check_alive(self) -> None:
        """Raise `NoWorkers` when no actor has become ready for too long."""
        if self.idle or self.busy or not self.starting:
            self.last_alive = time.monotonic()
        elif time.monotonic() - self.last_alive > self.plan.start_s:
            message = f"Ray started no worker within {self.plan.start_s:g} s"
            needs, threads = self.pool.needs, self.pool.workers.threads
            asked = f"{threads} cores, {needs.gpus:g} GPUs and {needs.memory_gib:g} GiB of memory"
            raise NoWorkers(f"{message}; each asks for {asked}, and the cluster has none of that free")

    def shutdown(self) -> None:
        """Kill all actors."""
        import ray

        for actor in [*self.idle, *self.starting.values(), *(task.actor for task in self.busy.values())]:
            ray.kill(actor)
