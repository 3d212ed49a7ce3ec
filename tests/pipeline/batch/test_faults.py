"""Faults during a batch: no clip is lost or doubled. Drivers run in their own process.

The clips are specks (`tests.pipeline.specks`): small, but made by the whole pipeline.
"""

import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pipeline.batch.generate
from pipeline.batch.generate import NoObserver, generate
from pipeline.datasets.garbage_collect import gc
from pipeline.errors import ReadOnly
from pipeline.runs.clip_outcome import ClipDone
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import Job, look
from pipeline.runs.saved_request import wanted
from pipeline.runs.status import RunPhase, status
from tests.pipeline.situations import case
from tests.pipeline.specks import SpeckMaker
from tests.pipeline.troubles import Batch, alive, drive, ended, kill, until

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", autouse=True)
def loaded(tmp_path_factory, speck_weights) -> Path:
    """A run made here, so that all modules are imported and compiled once: the drivers are forks of this process."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "one.yaml").write_text(case(1))
    request = RunConfig(paths=(str(folder / "one.yaml"),), out=folder / "run", preset="speck", weights=speck_weights)
    assert generate(request, ExecutionConfig(use_ray=False), NoObserver()).complete
    return folder / "run"


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(4, tmp_path, speck_weights, monkeypatch)


def begun(batch: Batch, *options: str, clips: int = 2, before=lambda: None) -> int:
    """A driver process that runs inline and has made some clips."""
    pid = drive(*batch.command, "--inline", *options, before=before)
    assert until(lambda: len(batch.there()) >= clips or not alive(pid))
    return pid


@pytest.mark.parametrize("moments", [3, pytest.param(20, marks=pytest.mark.long)])
def test_a_driver_killed_at_random_moments(tmp_path, speck_weights, monkeypatch, moments):
    batch = Batch.of(2 * moments, tmp_path, speck_weights, monkeypatch)
    began = time.monotonic()
    assert ended(drive(*batch.command, "--inline", "--limit", "1")) == 0
    span, chance, before = time.monotonic() - began, random.Random(moments), batch.there()
    for _ in range(moments):
        pid = drive(*batch.command, "--inline")
        time.sleep(chance.uniform(0.0, 2 * span))  # while it starts, makes a clip, moves it, publishes
        kill(pid)
        ended(pid)
        assert before.items() <= batch.there().items()  # what was there is there, and was not made again
        before = batch.there()
    assert ended(drive(*batch.command, "--inline")) == 0
    assert before.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()


def test_sigterm_finishes_the_running_clip_and_the_run_can_be_resumed(batch):
    pid = begun(batch)
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 143
    told = status(batch.out)
    assert told.phase is RunPhase.STOPPED
    assert "stopped on request" in told.why
    assert told.next == f"nearmiss resume {batch.out}"
    assert told.accepted + told.rejected + told.missing == 4
    assert not list((batch.out / ".unfinished").iterdir())
    tries = [batch.attempts(clip) for clip in batch.there()]
    assert ended(drive("resume", str(batch.out))) == 0
    assert batch.counted() == batch.all_made()
    assert tries == [1] * len(tries)
    assert status(batch.out).phase is RunPhase.COMPLETE


def test_sigterm_drops_the_running_clip_after_the_grace_period(batch):
    plan = drive(*batch.command, "--inline", "--limit", "1")
    assert ended(plan) == 0
    first = next(iter(batch.there()))
    shutil.rmtree(batch.out)
    batch.trouble(first, "hang once")
    pid = drive(*batch.command, "--inline", "--grace", "0.5")
    assert until(lambda: batch.attempts(first) == 2)
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 143
    assert not list((batch.out / ".unfinished").iterdir())
    assert ended(drive("resume", str(batch.out))) == 0
    assert batch.counted() == batch.all_made()


def test_two_concurrent_starts(batch):
    pids = [drive(*batch.command, "--inline") for _ in range(2)]
    assert sorted(map(ended, pids)) == [0, 2]  # one made it, the other was refused
    assert batch.counted() == batch.all_made()
    assert {batch.attempts(clip) for clip in batch.there()} == {1}


def test_status_of_a_running_run_names_its_process_and_changes_nothing(batch):
    pid = begun(batch)
    told = status(batch.out)
    assert told.phase is RunPhase.RUNNING
    assert told.holder["pid"] == str(pid)
    assert told.next == ""
    while alive(pid):
        status(batch.out)
    assert ended(pid) == 0
    assert batch.counted() == batch.all_made()


def test_an_incomplete_clip_is_found_and_made_again(batch):
    assert ended(drive(*batch.command, "--inline")) == 0
    before = batch.there()
    records = [p for kind in ("clips", "rejected") for p in (batch.out / kind).glob("*/record.json")]
    first, second, third = sorted(records)[:3]
    first.unlink()
    frame = next((second.parent / "CAM_FRONT" / "frames").iterdir())
    os.truncate(frame, 100)
    third.write_text('{"format": ')
    assert ended(drive("resume", str(batch.out), before=lambda: None)) == 0
    assert batch.counted() == batch.all_made()
    again = {name for name, inode in batch.there().items() if before[name] != inode}
    assert again == {first.parent.name, second.parent.name, third.parent.name}
    found = json.loads((batch.out / "run.json").read_text())["starts"][-1]["found_broken"]
    assert "1 of " in found[second.parent.name]
    assert sum(one.what.startswith("an incomplete clip") for one in gc(batch.out, dry_run=False)) == 3
    assert gc(batch.out, dry_run=True) == ()


def test_a_scenario_that_makes_a_model_raise_is_tried_once_and_the_others_are_made(batch):
    pid = begun(batch)
    kill(pid)
    ended(pid)
    bad = next(clip for clip in next(iter(wanted(look(batch.out)).values())) if clip not in batch.there())
    batch.trouble(bad, "raise")
    tries = batch.attempts(bad)
    assert ended(drive("resume", str(batch.out))) == 1
    (failure,) = look(batch.out).failures()
    assert (failure.clip, failure.transient, failure.attempts) == (bad, False, 1)
    assert "do not fit" in failure.reason
    assert failure.reason.endswith("(in predict_tokens)")
    assert batch.attempts(bad) == tries + 1
    assert len(batch.there()) == 3
    assert status(batch.out).next == f"nearmiss retry-failed {batch.out}"
    assert ended(drive("resume", str(batch.out))) == 1  # it would fail again: not even tried
    assert batch.attempts(bad) == tries + 1
    (batch.folder / "troubles" / bad).unlink()
    assert ended(drive("retry-failed", str(batch.out))) == 0
    assert batch.counted() == batch.all_made()


def test_a_clip_that_runs_out_of_memory_is_tried_again_and_the_others_are_made(batch):
    def bounded() -> None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**31, used + 2**31))

    assert ended(drive(*batch.command, "--inline", "--limit", "1")) == 0
    (hungry,) = batch.there()
    shutil.rmtree(batch.out)
    batch.trouble(hungry, "hunger")
    assert ended(drive(*batch.command, "--inline", before=bounded)) == 1
    (failure,) = look(batch.out).failures()
    assert (failure.clip, failure.transient, failure.attempts) == (hungry, True, 3)
    assert "tried 3 times" in failure.reason
    assert len(batch.there()) == 3
    assert ended(drive("resume", str(batch.out))) == 0  # without the bound there is memory enough
    assert batch.counted() == batch.all_made()


@pytest.fixture
def small_disk(tmp_path) -> Path:
    """A file system in memory with space for some clips."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_stops_the_batch_and_it_resumes_with_free_space(small_disk, speck_weights, monkeypatch, capfd):
    batch = Batch.of(12, small_disk, speck_weights, monkeypatch)
    assert ended(drive(*batch.command, "--inline")) == 2
    assert "no space left in" in (said := " ".join(capfd.readouterr().err.split())) and "(None)" not in said
    made = batch.there()
    assert 0 < len(made) < 12
    assert look(batch.out).failures() == ()  # no clip is to blame
    assert status(batch.out).next == f"nearmiss resume {batch.out}"
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert ended(drive("resume", str(batch.out))) == 0
    assert made.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()


@pytest.mark.parametrize("words", [["report"], ["resume"], ["gc"], ["generate"], ["nightly"]], ids=" ".join)
def test_a_read_only_folder_is_reported_as_read_only(small_disk, loaded, speck_weights, capfd, words):
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    (small_disk / "one.yaml").write_text(case(1))
    shutil.copytree(loaded, small_disk / "run")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    where = [str(small_disk / "run")]
    if words[0] in ("generate", "nightly"):
        out = small_disk / ("run" if words == ["generate"] else "nights")
        where = [str(small_disk / "one.yaml"), "--preset", "speck", "--weights", str(speck_weights), "--out", str(out)]
    assert ended(drive(*words, *where)) == 2
    told = capfd.readouterr().err
    assert "Read-only file system" in told
    assert str(small_disk) in told
    assert "room" not in told
    assert "Traceback" not in told


class FindsItReadOnly(SpeckMaker):
    """A file system with an internal error, which Linux makes read-only."""

    def process(self, job: Job) -> ClipDone:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self.out))


def test_a_disk_that_becomes_read_only_stops_the_batch_and_is_reported_as_read_only(batch, monkeypatch):
    monkeypatch.setattr(pipeline.batch.generate, "ClipMaker", FindsItReadOnly)
    request = RunConfig(paths=(str(batch.folder / "batch.yaml"),), out=batch.out, preset="speck", weights=batch.weights)
    with pytest.raises(ReadOnly, match="has become read-only") as error:
        generate(request, ExecutionConfig(use_ray=False), NoObserver())
    assert str(error.value).endswith(f"When it can be written again: nearmiss resume {batch.out}")
    assert look(batch.out).failures() == ()  # no clip is to blame


@pytest.mark.parametrize("moment", ["before", "between"])
def test_a_corrupt_weight_file(tmp_path, batch, speck_weights, moment):
    weights = tmp_path / "weights"
    shutil.copytree(speck_weights, weights)
    batch = Batch(batch.folder, weights, batch.clips)
    file = weights / "speck" / "decoder.safetensors"
    good = file.read_bytes()
    if moment == "between":
        pid = begun(batch)
        kill(pid)
        ended(pid)
    made = batch.there()
    file.write_bytes(good[: len(good) // 2] if moment == "before" else good[:-1] + bytes([good[-1] ^ 1]))
    assert ended(drive(*batch.command, "--inline")) == 2
    assert batch.there() == made
    file.write_bytes(good)
    assert ended(drive(*batch.command, "--inline")) == 0
    assert made.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()


def test_a_clock_that_jumps_back(batch, clock_back):
    environment = clock_back | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.pipeline.troubled_cli"]
    first = subprocess.Popen([*command, *batch.command, "--inline"], env=environment, cwd=ROOT)
    assert until(lambda: len(batch.there()) >= 2 or first.poll() is not None)
    first.kill()
    first.wait()
    before = batch.there()
    assert subprocess.run([*command, "resume", str(batch.out)], env=environment, cwd=ROOT, check=False).returncode == 0
    assert before.items() <= batch.there().items()
    assert batch.counted() == batch.all_made()
    assert status(batch.out).phase is RunPhase.COMPLETE
