"""Ray actors as workers: hired, set up, given one item at a time, replaced when they die or take too long.

Nothing waits in Ray itself: an item is taken from where it comes from when an actor is free for it, and a result is
handed on before the next one is fetched, so that memory does not grow with the number of items. Retries are counted
here and nowhere else: Ray restarts nothing by itself.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.errors import UserError
from pipeline.loopback import only_this_machine
from pipeline.machine import cores
from pipeline.stopping import left_to_the_driver, own_sigterm
from pipeline.workers import (
    NOTHING,
    RETRIES,
    Done,
    Failed,
    Hands,
    Needs,
    Outcome,
    Queue,
    Worker,
    failure,
    hands,
    stops_all,
)

LOOK_S = 0.5  # how often deadlines are looked at while nothing ends


class NoWorkers(UserError):
    """Ray gives us no worker, or none lives long enough to begin."""


@dataclass(frozen=True)
class RayPlan:
    """Where and how Ray works. `address` None: a Ray of our own on this machine.

    `hands` None: as many as the cluster has cores when we join it, `most` of them at most. `deadline_s` bounds one
    attempt at an item, `start_s` the time without any worker that is ready.
    """

    hands: Hands | None
    address: str | None = None
    deadline_s: float = 1800.0
    retries: int = RETRIES
    needs: Needs = NOTHING
    start_s: float = 600.0
    most: int = 1
    metrics_port: int | None = None  # of our own Ray


def on_ray(worker: Worker, items: Iterable[Any], plan: RayPlan, stop: Callable[[], object] = bool) -> Iterator[Outcome]:
    """Spread over actors, as they become free; raises what `setup` raises, `NoWorkers`, and OSError if a disk is full.

    `items` is asked for the next one only when somebody can take it, and no more once `stop()` is true: what is in
    work is then finished.
    """
    import ray

    ours = start_ray(plan)
    plan = plan if plan.hands else replace(plan, hands=_hands_of_cluster(plan.most))
    crew, queue = _Crew(worker, plan), Queue(items, plan.retries, stop)
    try:
        while crew.busy or not queue.empty:
            crew.hire(queue)
            crew.hand_out(queue)
            for outcome in crew.ended():
                last = outcome if isinstance(outcome, Done) else queue.again(outcome)
                if last is not None:
                    yield last
    finally:
        crew.dismiss()
        if ours:
            ray.shutdown()


def _hands_of_cluster(most: int) -> Hands:
    """A core a worker; more threads only as far as the smallest machine has cores for them."""
    import ray

    cores_of = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    share = hands(most, None, max(1, sum(cores_of)))
    return replace(share, threads=min(share.threads, min((n for n in cores_of if n), default=1)))


def start_ray(plan: RayPlan) -> bool:
    """Connect to Ray; True if it is ours to stop. Loopback only, no dashboard, nothing reported to anybody."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with only_this_machine() if plan.address is None else nullcontext(), own_sigterm():
        return _join(plan)


def _join(plan: RayPlan) -> bool:
    import ray

    if ray.is_initialized():
        return False
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if plan.address:
        try:
            ray.init(address=plan.address, **quiet)
        except ConnectionError as error:
            raise NoWorkers(f"no Ray cluster answers at {plan.address}: {error}") from None
        return True
    hands = plan.hands or Hands(1, 1)
    share = {"num_cpus": max(cores(), hands.workers * hands.threads), "object_store_memory": 2**27}
    metrics = {"_metrics_export_port": plan.metrics_port} if plan.metrics_port else {}
    _start_here(include_dashboard=False, **share, **metrics, **quiet)
    return True


def _start_here(**settings: Any) -> None:
    """Not tried again here: what a start that failed leaves running goes with this process, and not before."""
    import ray

    try:
        ray.init(address="local", **settings)
    except Exception as error:  # Ray raises no narrower one where its parts are not up within its own 30 s
        said = f"Ray did not start on this machine ({error})"
        raise NoWorkers(f"{said}; is it too busy, or out of memory? --inline works without Ray") from error


class _Hand:
    """The Ray actor."""

    def __init__(self, worker: Worker, threads: int) -> None:
        self.worker, self.threads = worker, threads
        left_to_the_driver()

    def setup(self) -> None:
        self.worker.setup(self.threads)

    def process(self, item: Any) -> Any:
        return self.worker.process(item)


@dataclass(frozen=True)
class _Busy:
    actor: Any
    item: Any
    since: float


@dataclass
class _Crew:
    """The actors: those that load (`starting`), those that wait (`free`), those with an item (`busy`)."""

    worker: Worker
    plan: RayPlan
    starting: dict[Any, Any] = field(default_factory=dict)
    free: list[Any] = field(default_factory=list)
    busy: dict[Any, _Busy] = field(default_factory=dict)
    stillborn: int = 0  # that died while they loaded, since one last came through
    seen: float = field(default_factory=time.monotonic)  # when somebody was last ready

    def hire(self, queue: Queue) -> None:
        """As many as there should be; none in the place of those that die when nothing is left to do."""
        wanted = len(self.busy) if queue.empty else self.plan.hands.workers
        while len(self.starting) + len(self.free) + len(self.busy) < wanted:
            actor = self._actor()
            self.starting[actor.setup.remote()] = actor

    def _actor(self) -> Any:
        import ray

        needs, threads = self.plan.needs, self.plan.hands.threads
        asked = {"num_cpus": threads, "num_gpus": needs.gpus, "memory": int(needs.memory_gib * 2**30)}
        return ray.remote(max_restarts=0, max_task_retries=0, **asked)(_Hand).remote(self.worker, threads)

    def hand_out(self, queue: Queue) -> None:
        """An item for everybody who is free."""
        while self.free and (item := queue.take()) is not None:
            actor = self.free.pop()
            self.busy[actor.process.remote(item)] = _Busy(actor, item, time.monotonic())

    def ended(self) -> Iterator[Outcome]:
        """How items ended, failed attempts among them, after waiting a moment for some to end."""
        import ray

        waited_for = [*self.busy, *self.starting]
        if not waited_for:  # everybody is free, and what is left may not be tried again yet
            time.sleep(LOOK_S / 5)
            return
        ready, _ = ray.wait(waited_for, timeout=LOOK_S)
        for ref in ready:
            if ref in self.starting:
                self._welcome(ref)
            else:
                yield self._collect(ref)
        yield from self._overdue()
        self._see()

    def _welcome(self, ref: Any) -> None:
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
                said = f"{self.stillborn} workers in a row died while they loaded the networks ({_died(error)})"
                raise NoWorkers(f"{said}; is there memory enough? try fewer with --workers 1") from None
        else:
            self.stillborn = 0
            self.free.append(actor)

    def _collect(self, ref: Any) -> Outcome:
        import ray
        from ray.exceptions import RayError, RayTaskError

        task = self.busy.pop(ref)
        try:
            outcome: Outcome = Done(task.item, ray.get(ref))
        except RayTaskError as error:
            cause = error.cause or error
            if stops_all(cause):
                raise cause from None
            outcome = failure(task.item, cause, str(error))
        except RayError as error:
            ray.kill(task.actor)
            return Failed(task.item, f"its worker died ({_died(error)})", str(error), passing=True)
        self.free.append(task.actor)
        return outcome

    def _overdue(self) -> Iterator[Failed]:
        """What took too long: stopped, and not tried again in this start, which it would hold up once more."""
        import ray

        now = time.monotonic()
        for ref in [ref for ref, task in self.busy.items() if now - task.since > self.plan.deadline_s]:
            task = self.busy.pop(ref)
            ray.kill(task.actor)
            reason = f"not finished within {self.plan.deadline_s:g} s; stopped"
            yield Failed(task.item, reason, reason, passing=True, late=True)

    def _see(self) -> None:
        if self.free or self.busy:
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > self.plan.start_s:
            said = f"Ray gave us no worker within {self.plan.start_s:g} s"
            needs, threads = self.plan.needs, self.plan.hands.threads
            asked = f"{threads} cores, {needs.gpus:g} GPUs and {needs.memory_gib:g} GiB of memory"
            raise NoWorkers(f"{said}; each asks for {asked}, and the cluster has none of that free")

    def dismiss(self) -> None:
        import ray

        for actor in [*self.free, *self.starting.values(), *(task.actor for task in self.busy.values())]:
            ray.kill(actor)


def _died(error: Exception) -> str:
    """Ray's name for it, in words where it has some: OutOfMemoryError, NodeDiedError, ActorDiedError."""
    return type(error).__name__
