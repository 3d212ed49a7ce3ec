"""Executors: run items in this process or on Ray actors (`pipeline.engine.scheduler`); yield one outcome an item.

A worker is built from plain values, loads what is heavy in `setup`, and `process` maps one item (the contract of
NVIDIA's cosmos-xenna). An item that fails is reported and the rest go on. `process` may be called again for the same
item when the machine under it failed, so it must write the same thing twice without harm.
"""

import errno
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from pipeline.engine.machine import cores

RETRIES = 2  # of an item on which the machine failed; an item that is itself at fault is not retried
PAUSE_S = 1.0  # before the first retry; twice as long before the next
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_OURS = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError, IsADirectoryError)


@runtime_checkable
class StageRunner(Protocol):
    """Runs stages (`pipeline.engine.stage_plan`), each a further method."""

    def setup(self, threads: int) -> None: ...


@runtime_checkable
class Worker(StageRunner, Protocol):
    """Processes an item in one stage: see the module's text."""

    def process(self, item: Any) -> Any: ...


@dataclass(frozen=True)
class Done:
    item: Any
    result: Any


@dataclass(frozen=True)
class Failed:
    """`reason` is one line, `trace` the stack trace; `transient` if another attempt may succeed."""

    item: Any
    reason: str
    trace: str
    transient: bool = False
    attempts: int = 1
    late: bool = False  # stopped at its deadline


Outcome = Done | Failed


@dataclass(frozen=True)
class WorkerCount:
    """How many workers with how many threads each."""

    workers: int
    threads: int


@dataclass(frozen=True)
class Resources:
    """What a worker needs beside a core for each thread. `gpus` may be a fraction."""

    gpus: float = 0.0
    memory_gib: float = 0.0


NOTHING = Resources()


def worker_count(items: int, workers: int | None = None, available: int | None = None) -> WorkerCount:
    """One thread for each core: two one-thread workers beat one two-thread worker by 40 %, so threads come last.

    `available` are the cores to share out, this process's own if None. OMP_NUM_THREADS, where it is set, bounds the
    threads of a worker.
    """
    available = available or cores()
    count = max(1, min(items, workers or available))
    bound = os.environ.get("OMP_NUM_THREADS", "")
    return WorkerCount(count, max(1, min(available // count, int(bound) if bound.isdigit() else available)))


def is_transient(error: BaseException) -> bool:
    """Whether the machine failed (disk, network, memory, accelerator) and not the item."""
    if isinstance(error, OSError):
        return not isinstance(error, _OURS)
    on_accelerator = type(error).__name__ in ("OutOfMemoryError", "AcceleratorError")  # torch's; no need to import it
    on_processor = "can't allocate memory" in str(error)  # torch's allocator raises a plain RuntimeError
    return isinstance(error, MemoryError) or on_accelerator or on_processor


def stops_all(error: BaseException) -> bool:
    """Whether no other item could be written either: the disk is full, over quota or read-only."""
    in_numpy = isinstance(error, OSError) and error.errno is None and "requested and" in str(error)  # gives no number
    return in_numpy or (isinstance(error, OSError) and error.errno in _FULL)


@dataclass
class WorkQueue:
    """Items that wait: taken one by one from `items`, so that they are never all in memory.

    Once `stop()` is true no item is given out any more, and one on which the machine failed is left for a later run.
    """

    items: Iterable[Any]
    retries: int = RETRIES
    stop: Callable[[], object] = bool
    later: list[tuple[float, Any]] = field(default_factory=list)  # when each may be tried again
    tried: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rest = iter(self.items)
        self.exhausted = False

    def take(self) -> Any:
        """The next item to process, or None if there is none, or none may be retried yet."""
        if self.empty:
            return None
        due = next((entry for entry in self.later if entry[0] <= time.monotonic()), None)
        if due is not None:
            self.later.remove(due)
            return due[1]
        item = None if self.exhausted else next(self.rest, None)
        self.exhausted = item is None
        return item

    @property
    def empty(self) -> bool:
        """Whether no item will come any more."""
        return bool(self.stop()) or (self.exhausted and not self.later)

    def retry(self, failed: Failed) -> Failed | None:
        """Queue a transient failure again; return a failure that is final.

        An item that was stopped at its deadline is not retried: it would hold up the others once more.
        """
        attempts = self.tried.pop(id(failed.item), 0) + 1
        if failed.transient and self.stop():
            return None
        if failed.transient and not failed.late and attempts <= self.retries:
            self.later.append((time.monotonic() + PAUSE_S * 2 ** (attempts - 1), failed.item))
            self.tried[id(failed.item)] = attempts  # an item that waits or is processed keeps its id
            return None
        reason = f"{failed.reason}; tried {attempts} times" if attempts > 1 else failed.reason
        return replace(failed, reason=reason, attempts=attempts)


def inline(worker: Worker, items: Iterable[Any], threads: int, stop: Callable[[], object] = bool) -> Iterator[Outcome]:
    """Process items in this process, one after the other; raises what `setup` raises, OSError if the disk is full."""
    worker.setup(threads)
    queue = WorkQueue(items, stop=stop)
    while not queue.empty:
        if (item := queue.take()) is None:
            time.sleep(PAUSE_S / 10)
            continue
        try:
            outcome: Outcome | None = Done(item, worker.process(item))
        except Exception as error:  # recorded as the item's outcome; the others go on
            if stops_all(error):
                raise
            outcome = queue.retry(failure(item, error, traceback.format_exc()))
        if outcome is not None:
            yield outcome


def failure(item: Any, error: BaseException, trace: str) -> Failed:
    """The outcome of an item that an exception stopped."""
    return Failed(item, f"{type(error).__name__}: {error}", trace, is_transient(error))
