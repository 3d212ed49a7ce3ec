"""Inline and Ray executors: the same results, failures recorded, dead workers replaced, late ones stopped."""

import errno
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipeline.engine.outcomes
from pipeline.engine.outcomes import Done, Failed, Resources, WorkerCount, inline, worker_count
from pipeline.engine.ray_cluster import NoWorkers, RayPlan
from pipeline.engine.scheduler import on_ray


@dataclass
class Squares:
    """Squares numbers; some numbers fail. Writes one file for each call."""

    folder: Path
    ready: bool = False

    def setup(self, threads: int) -> None:
        self.ready = True

    def process(self, item: int) -> int:
        assert self.ready
        calls = len(list(self.folder.glob(f"{item}.*")))
        (self.folder / f"{item}.{calls}").touch()
        if item == 3:
            raise ValueError("three is trouble")
        if item == 4 and calls == 0:
            os._exit(1)  # the process dies at its first attempt
        if item == 5:
            os._exit(1)  # and at every attempt
        if item == 6:
            time.sleep(60)
        return item * item


@dataclass
class Broken:
    """Fails in setup."""

    def setup(self, threads: int) -> None:
        raise FileNotFoundError("no weights here")

    def process(self, item: int) -> int:
        raise AssertionError("never called")


def test_inline_reports_a_failure_and_goes_on(tmp_path):
    outcomes = list(inline(Squares(tmp_path), [2, 3, 7], threads=1))
    assert outcomes[0] == Done(2, 4)
    assert isinstance(outcomes[1], Failed)
    assert outcomes[1].reason == "ValueError: three is trouble"
    assert "test_workers.py" in outcomes[1].trace
    assert outcomes[2] == Done(7, 49)


def test_inline_raises_what_setup_raises():
    with pytest.raises(FileNotFoundError, match="no weights here"):
        list(inline(Broken(), [1], threads=1))


@dataclass
class Flaky:
    """Raises an error for an item until attempt number `good_at`."""

    error: Exception
    good_at: int
    calls: int = 0

    def setup(self, threads: int) -> None:
        pass

    def process(self, item: int) -> int:
        self.calls += 1
        if self.calls < self.good_at:
            raise self.error
        return item


PASSING = (
    OSError(errno.EIO, "Input/output error"), MemoryError(), ConnectionResetError(), TimeoutError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
)  # fmt: skip
BROKEN = (ValueError("no such lane"), RuntimeError("shapes"), FileNotFoundError("frame.jpg"), PermissionError("no"))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(pipeline.engine.outcomes, "PAUSE_S", 0.01)


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_a_transient_error_is_retried_a_limited_number_of_times(error, quick):
    assert list(inline(Flaky(error, good_at=3), [7], threads=1)) == [Done(7, 7)]
    worker = Flaky(error, good_at=99)
    (outcome,) = inline(worker, [7], threads=1)
    assert outcome.transient
    assert outcome.attempts == worker.calls == 3
    assert outcome.reason.endswith("tried 3 times")


@pytest.mark.parametrize("error", BROKEN, ids=repr)
def test_a_permanent_error_is_not_retried(error):
    worker = Flaky(error, good_at=2)
    (outcome,) = inline(worker, [7], threads=1)
    assert not outcome.transient
    assert outcome.attempts == worker.calls == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_cannot_be_written_stops_the_batch(number):
    worker = Flaky(OSError(number, os.strerror(number)), good_at=99)
    with pytest.raises(OSError, match=os.strerror(number)):
        list(inline(worker, [1, 2, 3], threads=1))
    assert worker.calls == 1


def test_items_are_read_one_by_one_and_none_after_a_stop(quick):
    taken = []

    def items():
        for item in range(10**9):
            taken.append(item)
            yield item

    results = [outcome.result for outcome in inline(Flaky(OSError(), 0), items(), 1, stop=lambda: len(taken) >= 3)]
    assert results == taken == [0, 1, 2]
    worker = Flaky(MemoryError(), good_at=99)
    assert list(inline(worker, [1, 2], 1, stop=lambda: worker.calls > 0)) == []  # left for another day, not failed
    assert worker.calls == 1


@dataclass
class WhoAmI:
    """Returns the id of its process and the GPUs that Ray assigned to it."""

    def setup(self, threads: int) -> None:
        pass

    def process(self, item: int) -> tuple[int, str]:
        time.sleep(0.2)
        return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"]


@pytest.mark.ray
def test_workers_share_a_gpu_up_to_its_capacity(ray_here):
    outcomes = list(on_ray(WhoAmI(), range(12), RayPlan(WorkerCount(4, 1), needs=Resources(gpus=0.5))))
    assert len({outcome.result[0] for outcome in outcomes}) <= 2
    assert {outcome.result[1] for outcome in outcomes} == {"0"}
    assert sorted(outcome.item for outcome in outcomes) == list(range(12))


@pytest.mark.ray
def test_without_any_worker_the_message_has_the_resources_of_one(ray_here):
    plan = RayPlan(WorkerCount(1, 1), needs=Resources(memory_gib=1000.0), start_s=3.0)
    with pytest.raises(NoWorkers, match=r"no worker within 3 s; each asks for 1 cores, 0 GPUs and 1000 GiB"):
        list(on_ray(Squares(Path("/nowhere")), [1], plan))


@pytest.mark.ray
def test_ray_continues_after_exceptions_and_dead_processes(tmp_path, ray_here):
    plan = RayPlan(WorkerCount(2, 1), retries=1)
    outcomes = {o.item: o for o in on_ray(Squares(tmp_path), [1, 2, 3, 4, 5, 7], plan)}
    assert {item: o.result for item, o in outcomes.items() if isinstance(o, Done)} == {1: 1, 2: 4, 4: 16, 7: 49}
    assert outcomes[3].reason == "ValueError: three is trouble"
    assert outcomes[5].transient
    died = r"its worker died \(ActorDiedError: .*worker process has died.*\); tried 2 times"
    assert re.fullmatch(died, outcomes[5].reason)
    assert len(list(tmp_path.glob("2.*"))) == 1
    assert len(list(tmp_path.glob("5.*"))) == 2


@pytest.mark.ray
def test_ray_stops_items_beyond_their_deadline(tmp_path, ray_here):
    (outcome,) = on_ray(Squares(tmp_path), [6], RayPlan(WorkerCount(1, 1), deadline_s=2.0))
    assert isinstance(outcome, Failed)
    assert "not finished within 2 s" in outcome.reason


@pytest.mark.ray
def test_ray_raises_what_setup_raises(ray_here):
    with pytest.raises(FileNotFoundError, match="no weights here"):
        list(on_ray(Broken(), [1], RayPlan(WorkerCount(1, 1))))


def test_workers_never_use_more_threads_than_cores():
    for items in (1, 2, 9):
        plan = worker_count(items)
        assert 1 <= plan.workers <= items
    one = worker_count(5, workers=1)
    assert one.workers == 1
    assert one.threads >= 1
