"""Who does the work: this process, or Ray actors. Both take a worker and items, and give back how each item ended.

A worker is built from plain values, loads what is heavy in `setup`, and `process` maps one item (the contract of
NVIDIA's cosmos-xenna). An item that fails is reported and the rest go on. `process` may be called again for the same
item when the machine under it died, so it must write the same thing twice without harm.
"""

import os
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from pipeline.loopback import only_this_machine
from pipeline.machine import cores
from pipeline.stopping import own_sigterm


@runtime_checkable
class Worker(Protocol):
    """What can be run: see the module's text."""

    def setup(self, threads: int) -> None: ...
    def process(self, item: Any) -> Any: ...


@dataclass(frozen=True)
class Done:
    item: Any
    result: Any


@dataclass(frozen=True)
class Failed:
    """`reason` is one line for a person, `trace` the whole story; `passing` if another try may well succeed."""

    item: Any
    reason: str
    trace: str
    passing: bool = False


Outcome = Done | Failed


@dataclass(frozen=True)
class Hands:
    """How many workers with how many threads each."""

    workers: int
    threads: int


def hands(items: int, workers: int | None = None) -> Hands:
    """One thread for each core: two one-thread workers beat one two-thread worker by 40 %, so threads come last.

    OMP_NUM_THREADS, where it is set, bounds the threads of a worker.
    """
    available = cores()
    count = max(1, min(items, workers or available))
    bound = os.environ.get("OMP_NUM_THREADS", "")
    return Hands(count, max(1, min(available // count, int(bound) if bound.isdigit() else available)))


def is_passing(error: BaseException) -> bool:
    """Whether it is the machine that failed (disk, network, memory, accelerator) and not the item."""
    on_accelerator = type(error).__name__ in ("OutOfMemoryError", "AcceleratorError")  # torch's; no need to import it
    return isinstance(error, OSError | MemoryError) or on_accelerator


def inline(worker: Worker, items: Iterable[Any], threads: int) -> Iterator[Outcome]:
    """One after the other in this process."""
    worker.setup(threads)
    for item in items:
        try:
            outcome: Outcome = Done(item, worker.process(item))
        except Exception as error:  # noqa: BLE001 - it is recorded as the item's end, and the rest go on
            outcome = Failed(item, f"{type(error).__name__}: {error}", traceback.format_exc(), is_passing(error))
        yield outcome


@dataclass(frozen=True)
class RayPlan:
    """Where and how Ray works. `address` None: a Ray of our own on this machine."""

    hands: Hands
    address: str | None = None
    deadline_s: float = 1800.0
    retries: int = 2  # of an item whose worker process died under it
    metrics_port: int | None = None  # of our own Ray


@dataclass(frozen=True)
class _Busy:
    actor: Any
    item: Any
    since: float


class _Hand:
    """The Ray actor: a worker that sets itself up again when Ray had to restart it."""

    def __init__(self, worker: Worker, threads: int) -> None:
        self.worker, self.threads, self.ready = worker, threads, False

    def setup(self) -> None:
        if not self.ready:
            self.worker.setup(self.threads)
            self.ready = True

    def process(self, item: Any) -> Any:
        self.setup()
        return self.worker.process(item)


def on_ray(worker: Worker, items: Iterable[Any], plan: RayPlan) -> Iterator[Outcome]:
    """Spread over actors, each item taken when one is free for it; raises what `setup` raises."""
    import ray

    ours = _start(plan)
    todo, busy = iter(items), {}
    free = [_hire(worker, plan) for _ in range(plan.hands.workers)]
    try:
        _set_up(free)
        while True:
            for item in islice(todo, len(free)):
                actor = free.pop()
                busy[actor.process.remote(item)] = _Busy(actor, item, time.monotonic())
            if not busy:
                return
            ready, waiting = ray.wait(list(busy), timeout=1.0)
            late = [ref for ref in waiting if time.monotonic() - busy[ref].since > plan.deadline_s]
            for ref in [*ready, *late]:
                task = busy.pop(ref)
                outcome, alive = _collect(ref, task, plan) if ref in ready else (_overdue(task, plan), False)
                if not alive:
                    ray.kill(task.actor)
                free.append(task.actor if alive else _hire(worker, plan))
                yield outcome
    finally:
        for actor in [*free, *(task.actor for task in busy.values())]:
            ray.kill(actor)
        if ours:
            ray.shutdown()


def _set_up(actors: Sequence[Any]) -> None:
    """Load what is heavy; raises what the worker itself raised, as if it had worked here."""
    import ray
    from ray.exceptions import RayTaskError

    try:
        ray.get([actor.setup.options(max_task_retries=0).remote() for actor in actors])
    except RayTaskError as error:
        raise error.cause from None


def _start(plan: RayPlan) -> bool:
    """Connect to Ray; True if it is ours to stop. Loopback only, no dashboard, nothing reported to anybody."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_task_oom_retries", str(plan.retries))
    with only_this_machine() if plan.address is None else nullcontext(), own_sigterm():
        return _join(plan)


def _join(plan: RayPlan) -> bool:
    import ray

    if ray.is_initialized():
        return False
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if plan.address:
        ray.init(address=plan.address, **quiet)
    else:
        share = {"num_cpus": max(cores(), plan.hands.workers * plan.hands.threads), "object_store_memory": 2**27}
        metrics = {"_metrics_export_port": plan.metrics_port} if plan.metrics_port else {}
        ray.init(address="local", include_dashboard=False, **share, **metrics, **quiet)
    return True


def _hire(worker: Worker, plan: RayPlan) -> Any:
    import ray

    lives = {"max_restarts": plan.retries, "max_task_retries": plan.retries}
    return ray.remote(num_cpus=plan.hands.threads, **lives)(_Hand).remote(worker, plan.hands.threads)


def _collect(ref: Any, task: _Busy, plan: RayPlan) -> tuple[Outcome, bool]:
    """How a finished call ended, and whether its actor can go on."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return Done(task.item, ray.get(ref)), True
    except RayTaskError as error:
        cause = error.cause
        return Failed(task.item, f"{type(cause).__name__}: {cause}", str(error), is_passing(cause)), True
    except RayError as error:
        reason = f"its worker process died {plan.retries + 1} times ({type(error).__name__})"
        return Failed(task.item, reason, str(error), passing=True), False


def _overdue(task: _Busy, plan: RayPlan) -> Failed:
    reason = f"not finished within {plan.deadline_s:g} s; stopped"
    return Failed(task.item, reason, reason)
