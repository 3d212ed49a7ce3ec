"""Faults with Ray: workers that are killed, one that hangs, one that the kernel kills, a driver that is killed.

The clips are specks. Killed nodes: test_faults_nodes.py.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from pipeline.batch.generate import NoObserver, generate
from pipeline.batch.resume import resume
from pipeline.runs.clip_outcome import Ending
from pipeline.runs.run_config import ExecutionConfig
from pipeline.runs.run_folder import look
from tests.pipeline.harm import Trouble, all_of, planned, request_of
from tests.pipeline.troubles import Batch, until

pytestmark = pytest.mark.ray
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(6, tmp_path, speck_weights, monkeypatch)


def workers(of: psutil.Process | None = None) -> list[psutil.Process]:
    """The Ray workers that are making a clip."""
    found = []
    for child in (of or psutil.Process()).children(recursive=True):
        try:
            if "ray::_PoolActor.process" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:  # it ended in the meantime
            continue
    return found


@dataclass
class KillWorkers(Trouble):
    """Kills a worker that is making a clip, in a thread beside the running batch."""

    planned: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)  # two threads might choose the same worker

    def ended(self, ending: Ending) -> None:
        if self.planned < self.times:
            self.planned += 1
            threading.Timer(self.chance.uniform(0.0, 1.0), self.harm).start()

    def harm(self) -> None:
        with self.turn:
            self.done += until(self._one_dies, 60)

    def _one_dies(self) -> bool:
        try:
            self.chance.choice(workers()).kill()
        except (IndexError, psutil.NoSuchProcess):  # no worker is making a clip, or it ended in the meantime
            return False
        return True


@pytest.mark.parametrize(
    ("moments", "batched"),
    [
        (1, 1),
        pytest.param(20, 1, marks=pytest.mark.long),
        pytest.param(20, 2, marks=pytest.mark.long, id="of any stage"),
    ],
)
def test_workers_killed_at_random_moments(tmp_path, speck_weights, monkeypatch, ray_here, moments, batched):
    batch, trouble = Batch.of(3 * moments + 3, tmp_path, speck_weights, monkeypatch), KillWorkers(moments)
    all_of(batch, ExecutionConfig(workers=2, batch=batched), trouble)
    assert trouble.done == moments
    assert batch.counted() == batch.all_made()
    if batched == 1:  # staged, a worker may be killed in a stage that is not counted
        assert sum(batch.attempts(clip) for clip in batch.there()) > batch.clips


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A memory control group that a process can enter."""
    for place in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = place / f"nearmiss-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        if any((group / name).exists() for name in ("memory.limit_in_bytes", "memory.max")):
            yield group
            until(lambda group=group: not (group / "cgroup.procs").read_text().split(), 10)
            group.rmdir()
            return
        group.rmdir()
    pytest.skip("no memory control group can be made")


def test_a_worker_killed_by_the_kernel_for_its_memory(batch, ray_here, small_group):
    ids = planned(batch)
    batch.trouble(ids[2], f"starve {small_group} once")
    summary = generate(request_of(batch), ExecutionConfig(workers=2), NoObserver())
    assert summary.complete
    assert batch.attempts(ids[2]) == 2
    assert {batch.attempts(clip) for clip in ids if clip != ids[2]} == {1}
    assert batch.counted() == batch.all_made()


def test_a_clip_beyond_its_deadline_is_stopped_and_the_others_are_made(batch, ray_here):
    ids = planned(batch)
    batch.trouble(ids[1], "hang once")
    summary = generate(request_of(batch), ExecutionConfig(workers=2, deadline_s=30.0), NoObserver())
    (failure,) = summary.failures
    assert (failure.clip, failure.transient) == (ids[1], True)
    assert "not finished within 30 s" in failure.reason
    assert len(batch.there()) == 5
    (summary,) = resume(batch.out, NoObserver())
    assert summary.complete
    assert batch.counted() == batch.all_made()


@pytest.mark.parametrize("moments", [1, pytest.param(20, marks=pytest.mark.long)])
def test_a_driver_killed_while_its_workers_run(tmp_path, speck_weights, monkeypatch, moments):
    """Its workers run for some more seconds and may finish their clips, which are then there once."""
    batch = Batch.of(2 * moments + 2, tmp_path, speck_weights, monkeypatch)
    chance, before = random.Random(0), {}
    command = [sys.executable, "-m", "tests.pipeline.troubled_cli"]
    for _ in range(moments):
        driver = subprocess.Popen([*command, *batch.command], cwd=ROOT)
        assert until(
            lambda driver=driver, known=len(before): len(batch.there()) > known or driver.poll() is not None, 600
        )
        time.sleep(chance.uniform(0.0, 1.0))
        driver.kill()
        driver.wait()
        before = batch.there()
    again = subprocess.run([*command, "resume", str(batch.out)], cwd=ROOT, check=False)
    assert again.returncode == 0
    assert before.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()
    assert look(batch.out).failures() == ()
