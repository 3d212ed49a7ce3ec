"""Items through a line of Ray actors: act by act, as actors become free, what is furthest on its way first.

An item is taken from where it comes from when an actor is free for it and there is room behind it, results wait in Ray
until the next act takes them up, and the last is handed on before another is fetched, so that memory does not grow with
the number of items. Retries are counted here and nowhere else: Ray restarts nothing by itself. An item that has to be
tried again goes back to the beginning of the line.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.engine.actor_pool import ActorPool, PendingItem, PoolTask
from pipeline.engine.outcomes import Done, Failed, Outcome, StageRunner, WorkQueue, failure, stops_all
from pipeline.engine.ray_cluster import RayPlan, line_here, start_ray
from pipeline.engine.stage_plan import StagePlan
from pipeline.engine.worker_death import cause_of, tell_death

LOOK_S = 0.5  # how often deadlines are looked at while nothing ends


def on_ray(
    worker: StageRunner, items: Iterable[Any], plan: RayPlan, stop: Callable[[], object] = bool
) -> Iterator[Outcome]:
    """Spread over actors; raises what `setup` raises, `NoWorkers`, and OSError if a disk is full.

    `items` is asked for the next one only when somebody can take it, and no more once `stop()` is true: what is on its
    way is then finished.
    """
    import ray

    ours = start_ray(plan)
    try:
        line = line_here(plan)
        crews = tuple(ActorPool(worker, pool, plan) for pool in line.pools)
        yield from _worked(_Scheduler(line, crews, WorkQueue(items, plan.retries, stop)))
    finally:
        if ours:
            ray.shutdown()


def _worked(floor: "_Scheduler") -> Iterator[Outcome]:
    """Whatever comes of it, nobody is left at work."""
    try:
        while floor.works:
            floor.hire()
            floor.hand_out()
            for outcome in floor.ended():
                last = outcome if isinstance(outcome, Done) else floor.queue.again(outcome)
                if last is not None:
                    yield last
    finally:
        for crew in floor.crews:
            crew.dismiss()


@dataclass
class _Scheduler:
    """The crews, and what waits before each act; before the first that is the queue."""

    line: StagePlan
    crews: tuple[ActorPool, ...]
    queue: WorkQueue
    waiting: dict[int, deque[PendingItem]] = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = {number: deque() for number in range(1, len(self.line.acts))}

    @property
    def _tasks(self) -> list[PoolTask]:
        return [task for crew in self.crews for task in crew.busy.values()]

    @property
    def works(self) -> bool:
        return bool(self._tasks) or any(self.waiting.values()) or not self.queue.empty

    def hire(self) -> None:
        """As many as there should be; none in the place of those that die when nothing is left to begin."""
        on_their_way = any(not self._is_last(task.act) for task in self._tasks)
        needed = on_their_way or any(self.waiting.values()) or not self.queue.empty
        for crew in self.crews:
            crew.hire(crew.pool.hands.workers if needed else len(crew.busy))

    def hand_out(self) -> None:
        """Something for everybody who is free, of the latest act first."""
        for number, act in reversed(list(enumerate(self.line.acts))):
            crew = self.crews[act.pool]
            while crew.free and (parts := self._next(number)):
                crew.give(number, act, self._is_last(number), parts)

    def _is_last(self, number: int) -> bool:
        return number == len(self.line.acts) - 1

    def _next(self, number: int) -> list[PendingItem]:
        """What may be taken up together now."""
        if not self._room_behind(number):
            return []
        if number == 0:
            item = self.queue.take()
            return [] if item is None else [PendingItem(item)]
        line, parts = self.waiting[number], []
        while line and len(parts) < (self.line.acts[number].batch or 1) and not (parts and line[0].alone):
            parts.append(line.popleft())
            if parts[0].alone:
                break
        return parts

    def _room_behind(self, number: int) -> bool:
        """Whether no more would wait for the next act than its workers can take up at once."""
        if self._is_last(number):
            return True
        here, after = (self.line.acts[n] for n in (number, number + 1))
        at_once = sum(self.crews[act.pool].pool.hands.workers * (act.batch or 1) for act in (here, after))
        coming = sum(len(task.parts) for task in self._tasks if task.act == number)
        return coming + len(self.waiting[number + 1]) < at_once

    def ended(self) -> Iterator[Outcome]:
        """How items ended, failed attempts among them, after waiting a moment for something to end."""
        import ray

        crew_of = {ref: crew for crew in self.crews for ref in (*crew.busy, *crew.starting)}
        if not crew_of:  # everybody is free, and what is left may not be tried again yet
            time.sleep(LOOK_S / 5)
            return
        ready, _ = ray.wait(list(crew_of), timeout=LOOK_S)
        for ref in ready:
            if ref in crew_of[ref].starting:
                crew_of[ref].welcome(ref)
            else:
                yield from self._collect(crew_of[ref], ref)
        for crew in self.crews:
            for task in crew.overdue():
                reason = f"not finished within {crew.plan.deadline_s:g} s; stopped"
                yield from self._spoiled(task, lambda item, r=reason: Failed(item, r, r, passing=True, late=True))
            crew.see()

    def _collect(self, crew: ActorPool, ref: Any) -> Iterator[Outcome]:
        """What became of a task: results of the last act, or parts that are one act further."""
        import ray
        from ray.exceptions import ObjectLostError, RayError, RayTaskError

        task = crew.busy.pop(ref)
        try:
            told = ray.get(ref)
        except ObjectLostError as error:  # with the machine on which it lay
            crew.free.append(task.actor)
            yield from self._died(task, "what was prepared of it is lost", error)
        except RayTaskError as error:
            crew.free.append(task.actor)
            cause, trace = error.cause or error, str(error)
            if stops_all(cause):
                raise cause from None
            yield from self._spoiled(task, lambda item: failure(item, cause, trace))
        except RayError as error:
            ray.kill(task.actor)
            yield from self._died(task, "its worker died", error)
        else:
            crew.free.append(task.actor)
            if self._is_last(task.act):
                yield from (Done(part.item, result) for part, result in zip(task.parts, told, strict=True))
                return
            for part, result in zip(task.parts, task.results, strict=True):
                self.waiting[task.act + 1].append(PendingItem(part.item, (*part.results, result)))

    def _died(self, task: PoolTask, what: str, error: Exception) -> Iterator[Outcome]:
        tell_death(what, error)
        reason = f"{what} ({cause_of(error)})"
        return self._spoiled(task, lambda item: Failed(item, reason, str(error), passing=True))

    def _spoiled(self, task: PoolTask, outcome: Callable[[Any], Failed]) -> Iterator[Outcome]:
        """One part ends so. Of several nobody knows whose fault it was: each is tried again by itself."""
        if len(task.parts) == 1:
            yield outcome(task.parts[0].item)
            return
        self.waiting[task.act].extendleft(replace(part, alone=True) for part in reversed(task.parts))
