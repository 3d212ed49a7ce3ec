"""Scheduler: move items through the stages of a plan on Ray actors, the furthest items first.

An item is taken from the queue when an actor is idle and the next stage has room. Results wait in Ray until the next
stage takes them, and the last result is handed on before another is fetched, so that memory does not grow with the
number of items. Retries are counted here and nowhere else: Ray restarts nothing. A retried item starts at the first
stage.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.engine.actor_pool import ActorPool, PendingItem, PoolTask
from pipeline.engine.outcomes import Done, Failed, Outcome, StageRunner, WorkQueue, failure, stops_all
from pipeline.engine.ray_cluster import RayPlan, plan_on_cluster, start_ray
from pipeline.engine.stage_plan import StagePlan
from pipeline.engine.worker_death import cause_of, log_death

POLL_S = 0.5  # how often deadlines are checked while no task ends


def on_ray(
    worker: StageRunner, items: Iterable[Any], plan: RayPlan, stop: Callable[[], object] = bool
) -> Iterator[Outcome]:
    """Process items on Ray actors; yields one outcome an item.

    The next item is taken from `items` only when an actor can process it, and none once `stop()` is true: items in
    process are then finished. Raises what `setup` raises, `NoWorkers`, and OSError if a disk is full.
    """
    import ray

    ours = start_ray(plan)
    try:
        stages = plan_on_cluster(plan)
        pools = tuple(ActorPool(worker, pool, plan) for pool in stages.pools)
        yield from _outcomes(_Scheduler(stages, pools, WorkQueue(items, plan.retries, stop)))
    finally:
        if ours:
            ray.shutdown()


def _outcomes(scheduler: "_Scheduler") -> Iterator[Outcome]:
    """Schedule until nothing is left; the actors are killed in any case."""
    try:
        while scheduler.has_work:
            scheduler.scale_up()
            scheduler.submit()
            for outcome in scheduler.ended():
                final = outcome if isinstance(outcome, Done) else scheduler.queue.retry(outcome)
                if final is not None:
                    yield final
    finally:
        for pool in scheduler.pools:
            pool.shutdown()


@dataclass
class _Scheduler:
    """The pools, and the items that wait for each stage; those that wait for the first are the queue."""

    plan: StagePlan
    pools: tuple[ActorPool, ...]
    queue: WorkQueue
    waiting: dict[int, deque[PendingItem]] = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = {number: deque() for number in range(1, len(self.plan.stages))}

    @property
    def _tasks(self) -> list[PoolTask]:
        return [task for pool in self.pools for task in pool.busy.values()]

    @property
    def has_work(self) -> bool:
        return bool(self._tasks) or any(self.waiting.values()) or not self.queue.empty

    def scale_up(self) -> None:
        """Start the actors that are missing; replace none that died if no item is left to begin."""
        in_between = any(not self._is_last(task.stage) for task in self._tasks)
        needed = in_between or any(self.waiting.values()) or not self.queue.empty
        for pool in self.pools:
            pool.scale_up(pool.pool.workers.workers if needed else len(pool.busy))

    def submit(self) -> None:
        """Give items to all idle actors, the latest stage first."""
        for number, stage in reversed(list(enumerate(self.plan.stages))):
            pool = self.pools[stage.pool]
            while pool.idle and (items := self._next(number)):
                pool.submit(number, stage, self._is_last(number), items)

    def _is_last(self, number: int) -> bool:
        return number == len(self.plan.stages) - 1

    def _next(self, number: int) -> list[PendingItem]:
        """The items that a stage may take together now."""
        if not self._next_stage_has_room(number):
            return []
        if number == 0:
            item = self.queue.take()
            return [] if item is None else [PendingItem(item)]
        waiting = self.waiting[number]
        items: list[PendingItem] = []
        while waiting and len(items) < (self.plan.stages[number].batch or 1) and not (items and waiting[0].alone):
            items.append(waiting.popleft())
            if items[0].alone:
                break
        return items

    def _next_stage_has_room(self, number: int) -> bool:
        """Whether no more items would wait for the next stage than its workers can take at once."""
        if self._is_last(number):
            return True
        here, after = (self.plan.stages[n] for n in (number, number + 1))
        at_once = sum(self.pools[stage.pool].pool.workers.workers * (stage.batch or 1) for stage in (here, after))
        coming = sum(len(task.items) for task in self._tasks if task.stage == number)
        return coming + len(self.waiting[number + 1]) < at_once

    def ended(self) -> Iterator[Outcome]:
        """Wait up to `POLL_S` for tasks to end; yields outcomes of items, failed attempts among them."""
        import ray

        pool_of = {ref: pool for pool in self.pools for ref in (*pool.busy, *pool.starting)}
        if not pool_of:  # all are idle, and what is left may not be retried yet
            time.sleep(POLL_S / 5)
            return
        ready, _ = ray.wait(list(pool_of), timeout=POLL_S)
        for ref in ready:
            if ref in pool_of[ref].starting:
                pool_of[ref].on_ready(ref)
            else:
                yield from self._collect(pool_of[ref], ref)
        for pool in self.pools:
            for task in pool.kill_overdue():
                yield from self._overdue(task, f"not finished within {pool.plan.deadline_s:g} s; stopped")
            pool.check_alive()

    def _collect(self, pool: ActorPool, ref: Any) -> Iterator[Outcome]:
        """Collect an ended task: results of the last stage, or items that wait for the next one."""
        import ray
        from ray.exceptions import ObjectLostError, RayError, RayTaskError

        task = pool.busy.pop(ref)
        try:
            results = ray.get(ref)
        except ObjectLostError as error:  # with the machine that held it
            pool.idle.append(task.actor)
            yield from self._died(task, "what was prepared of it is lost", error)
        except RayTaskError as error:
            pool.idle.append(task.actor)
            cause, trace = error.cause or error, str(error)
            if stops_all(cause):
                raise cause from None
            yield from self._fail_or_requeue(task, lambda item: failure(item, cause, trace))
        except RayError as error:
            ray.kill(task.actor)
            yield from self._died(task, "its worker died", error)
        else:
            pool.idle.append(task.actor)
            if self._is_last(task.stage):
                yield from (Done(item.item, result) for item, result in zip(task.items, results, strict=True))
                return
            for item, result in zip(task.items, task.results, strict=True):
                self.waiting[task.stage + 1].append(PendingItem(item.item, (*item.results, result)))

    def _overdue(self, task: PoolTask, reason: str) -> Iterator[Outcome]:
        return self._fail_or_requeue(task, lambda item: Failed(item, reason, reason, transient=True, late=True))

    def _died(self, task: PoolTask, what: str, error: Exception) -> Iterator[Outcome]:
        log_death(what, error)
        reason = f"{what} ({cause_of(error)})"
        return self._fail_or_requeue(task, lambda item: Failed(item, reason, str(error), transient=True))

    def _fail_or_requeue(self, task: PoolTask, outcome: Callable[[Any], Failed]) -> Iterator[Outcome]:
        """Fail the item of a task. Of several, the one at fault is unknown: queue each again by itself."""
        if len(task.items) == 1:
            yield outcome(task.items[0].item)
            return
        self.waiting[task.stage].extendleft(replace(item, alone=True) for item in reversed(task.items))
