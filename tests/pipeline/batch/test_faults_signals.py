"""SIGTERM, and a clock that jumps back, while Ray's workers run; `test_faults.py` has the same without Ray.

The clips are specks; the command runs in its own process and, with its Ray, in its own session.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipeline.runs.run_folder import look
from pipeline.runs.status import RunPhase, status
from tests.pipeline.harm import planned
from tests.pipeline.troubles import Batch, until

pytestmark = pytest.mark.ray
ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "tests.pipeline.troubled_cli"]


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(8, tmp_path, speck_weights, monkeypatch)


@pytest.fixture
def begun(batch) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start a batch; returns its driver once its two workers have made two clips."""
    drivers = []

    def begin(*options: str, **how) -> subprocess.Popen:
        command = [*COMMAND, *batch.command, "--workers", "2", *options]
        drivers.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True, **how))
        assert until(lambda: len(batch.there()) >= 2 or drivers[-1].poll() is not None)
        return drivers[-1]

    yield begin
    for driver in drivers:
        tell(driver.pid, signal.SIGKILL)
        driver.wait()


def resumed(batch: Batch, **how) -> int:
    return subprocess.run([*COMMAND, "resume", str(batch.out)], cwd=ROOT, check=False, **how).returncode


def alive_in(session: int) -> list[int]:
    """The processes of a session: the driver, the workers, all of Ray."""
    return [pid for pid in psutil.pids() if _session(pid) == session]


def tell(session: int, number: signal.Signals) -> int:
    """Send a signal to all processes of a session; returns their number."""
    for pid in (everybody := alive_in(session)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    return len(everybody)


def all_gone(session: int) -> bool:
    return until(lambda: not alive_in(session), 60)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    except (OSError, psutil.Error):  # it ended in the meantime
        return None


def stopped_in_order(batch: Batch) -> None:
    told = status(batch.out)
    assert told.phase is RunPhase.STOPPED
    assert "stopped on request" in told.why
    assert told.next == f"nearmiss resume {batch.out}"
    assert told.accepted + told.rejected + told.missing == batch.clips
    assert told.missing
    assert look(batch.out).failures() == ()
    assert not list((batch.out / ".unfinished").iterdir())


@pytest.mark.long
def test_sigterm_finishes_the_running_clips_and_resume_makes_the_rest(batch, begun):
    driver = begun()
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(120) == 143
    stopped_in_order(batch)
    before = batch.there()
    assert all_gone(driver.pid)
    assert sum(map(batch.attempts, planned(batch))) == len(before)  # what was begun is there
    assert resumed(batch) == 0
    assert before.items() <= batch.there().items()
    assert {batch.attempts(clip) for clip in batch.there()} == {1}
    assert batch.counted() == batch.all_made()
    assert status(batch.out).phase is RunPhase.COMPLETE


@pytest.mark.long
def test_sigterm_drops_the_running_clip_after_the_grace_period(batch, begun):
    hangs = planned(batch)[0]
    batch.trouble(hangs, "hang once")
    driver = begun("--grace", "2")
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(120) == 143
    stopped_in_order(batch)
    before = batch.there()
    assert hangs not in before
    assert all_gone(driver.pid)
    assert resumed(batch) == 0
    assert before.items() <= batch.there().items()
    assert {clip: batch.attempts(clip) for clip in before} == dict.fromkeys(before, 1)
    assert batch.counted() == batch.all_made()


def test_sigterm_to_all_processes_at_once_as_service_managers_send_it(batch, begun):
    driver = begun()
    assert tell(driver.pid, signal.SIGTERM) > 4
    assert driver.wait(120) == 143
    stopped_in_order(batch)
    before = batch.there()
    assert all_gone(driver.pid)
    assert resumed(batch) == 0
    assert before.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()


@pytest.mark.long
def test_a_clock_that_jumps_back(batch, begun, clock_back):
    driver = begun(env=clock_back)
    driver.kill()
    driver.wait()
    before = batch.there()
    assert resumed(batch, env=clock_back) == 0
    assert before.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()
    assert status(batch.out).phase is RunPhase.COMPLETE
