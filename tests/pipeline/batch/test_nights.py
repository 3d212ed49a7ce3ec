"""Nightly runs under one folder: each makes what earlier ones left, and does not change their folders."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.batch import generate
from pipeline.batch import nightly as nights
from pipeline.batch.generate import NoObserver, NothingToMake
from pipeline.batch.nightly import NightlyConfig, in_turn, nightly, open_night
from pipeline.batch.resume import resume
from pipeline.engine.lock import Locked, locked
from pipeline.runs.batch_history import ended_nights, history
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import UNFINISHED, Job, Run
from pipeline.runs.status import RunPhase, status
from tests.outputs.made import contents
from tests.pipeline.by_hand import Batch
from tests.pipeline.situations import car_ahead, case

FIRST, SECOND, THIRD = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)


def write(folder: Path, name: str, gaps: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(case(gaps).replace("name: braking", f"name: {name}"))


@pytest.fixture
def order(tmp_path, newborn_weights) -> NightlyConfig:
    write(tmp_path / "specs", "alpha", 4)
    write(tmp_path / "specs", "beta", 2)
    return NightlyConfig(
        what=RunConfig(paths=(str(tmp_path / "specs"),), out=tmp_path / "nights", weights=newborn_weights)
    )


@pytest.fixture
def work(monkeypatch):
    """Run a nightly run with synthetic clips; returns its report."""

    def run(order: NightlyConfig, night: date, batch: Batch, stop=bool) -> nights.NightlyReport:
        monkeypatch.setattr(nights, "make_clips", batch)
        return nightly(order, night, ExecutionConfig(use_ray=False), NoObserver(), stop)

    return run


def test_the_budget_is_shared_between_files_and_the_next_nightly_run_makes_the_rest(order, work):
    first, second, third = Batch(), Batch(), Batch()
    small = order.replaced(clips=4)
    account = work(small, FIRST, first)
    assert (len(first.made), account.waiting, account.before) == (4, 2, 0)
    assert Counter(clip.split("-")[0] for clip in first.made) == {"alpha": 2, "beta": 2}
    before = contents(order.root / "2026-11-21")
    account = work(small, SECOND, second)
    assert (len(second.made), account.waiting, account.before) == (2, 0, 4)
    assert not set(first.made) & set(second.made)
    assert work(small, THIRD, third).line.startswith("2026-11-23: 0 accepted, 0 rejected, 0 failed; 6 made on earlier")
    assert third.made == []
    assert contents(order.root / "2026-11-21") == before  # earlier nightly runs are not changed
    assert set(ended_nights(order.root)) == {"2026-11-21", "2026-11-22", "2026-11-23"}


def test_only_new_or_changed_scenarios_are_made(order, work, tmp_path):
    work(order, FIRST, Batch())
    write(tmp_path / "specs", "beta", 3)  # one gap more
    write(tmp_path / "specs", "gamma", 1)
    batch = Batch()
    work(order, SECOND, batch)
    assert sorted(clip.split("-")[0] for clip in batch.made) == ["beta", "gamma"]


def test_unfinished_clips_are_made_first(order, work):
    with open_night(order, FIRST, ExecutionConfig()) as night:
        cut_off = night.jobs[-1]
    (night.run.path / UNFINISHED / f"{cut_off.clip}.0f0f0f0f").mkdir(parents=True)  # as `kill -9` leaves it
    assert "2026-11-21" not in ended_nights(order.root)
    batch = Batch()
    work(order.replaced(clips=1), SECOND, batch)
    assert batch.made == [cut_off.clip]


def test_an_interrupted_nightly_run_resumes_within_its_budget(order, work):
    small = order.replaced(clips=4)
    told = iter([False, False, False, True])
    first, second = Batch(), Batch()
    account = work(small, FIRST, first, stop=lambda: next(told, True))
    assert len(first.made) == 3
    assert account.waiting == 3
    assert ended_nights(order.root) == {}  # it was stopped, so it has not ended
    account = work(small, FIRST, second)
    assert len(second.made) == 1
    assert (account.before, account.waiting, len(account.summary.records)) == (0, 2, 4)


def test_an_interrupted_nightly_run_skips_clips_that_a_later_one_made(order, work, monkeypatch):
    told = iter([False, False, False, True])
    first, second, rest = Batch(), Batch(), Batch()
    work(order, FIRST, first, stop=lambda: next(told, True))
    assert status(order.root / "2026-11-21").missing == 3
    work(order.replaced(clips=2), SECOND, second)
    assert status(order.root / "2026-11-21").missing == 1
    monkeypatch.setattr(generate, "make_clips", rest)
    with locked(order.root), pytest.raises(Locked):  # another nightly run is running
        list(resume(order.root / "2026-11-21", NoObserver()))
    (summary,) = resume(order.root / "2026-11-21", NoObserver())
    assert (len(first.made), len(second.made), len(rest.made)) == (3, 2, 1)
    assert len({*first.made, *second.made, *rest.made}) == 6
    assert summary.complete
    assert status(order.root / "2026-11-21").phase is RunPhase.COMPLETE


def test_a_nightly_run_ends_after_its_hours(order, work, monkeypatch):
    batch = Batch()
    monkeypatch.setattr(Run, "first_start", lambda run: datetime(2026, 11, 20, tzinfo=UTC))  # long ago
    account = work(order.replaced(hours=0.01), FIRST, batch)
    assert batch.made == []
    assert account.waiting == 6
    assert ended_nights(order.root)["2026-11-21"].ok


def test_a_clip_with_a_permanent_failure_is_abandoned_until_the_program_changes(order, work, monkeypatch):
    account = work(order, FIRST, Batch({"beta": ValueError("a model raises")}))
    assert not account.ok
    assert [failure.transient for failure in account.summary.failures] == [False, False]
    batch = Batch()
    account = work(order, SECOND, batch)
    assert batch.made == []
    assert account.ok  # reported by the earlier run, still counted
    assert [failure.reason for failure in account.given_up] == ["ValueError: a model raises"] * 2
    assert account.again.endswith("--retry-failed")
    assert "--retry-failed</span></code>" in (order.root / "2026-11-21" / "report.html").read_text()
    work(order.replaced(retry_failed=True), date(2026, 11, 24), again := Batch({"beta": ValueError("still")}))
    assert again.made == []
    assert len(history(order.root).failures) == 2
    monkeypatch.setattr(nights, "code_fingerprint", lambda: "another")
    work(order, THIRD, batch)
    assert len(batch.made) == 2


def test_a_clip_with_a_transient_failure_is_retried_first_a_limited_number_of_times(order, work):
    broken = {"beta": OSError("no space left on device")}
    for night in (FIRST, SECOND, THIRD):
        work(order, night, Batch(broken))
    assert all(count == 3 for count in history(order.root).nights_failed.values())
    batch = Batch()
    account = work(order, date(2026, 11, 24), batch)
    assert batch.made == []
    assert len(account.given_up) == 2


def test_only_one_nightly_run_at_a_time(order):
    order.root.mkdir()
    with (
        locked(order.root),
        pytest.raises(Locked, match="is in use by process"),
        open_night(order, FIRST, ExecutionConfig()),
    ):
        pass


def test_a_folder_with_only_invalid_files_is_refused_and_one_invalid_file_is_not(order, work, tmp_path):
    (tmp_path / "specs" / "broken.yaml").write_text("name: broken\n")
    account = work(order, FIRST, Batch())
    assert not account.ok
    assert "1 file with faults" in account.line
    for name in ("alpha", "beta"):
        (tmp_path / "specs" / f"{name}.yaml").unlink()
    with pytest.raises(NothingToMake, match=r"broken\.yaml"):
        work(order, SECOND, Batch())


def test_the_order_takes_files_in_turn_and_does_not_depend_on_their_order():
    jobs = [Job(f"{name}-s0-{i:010x}", replace(car_ahead(), name=name), 0) for name in "ab" for i in (7, 3, 9)]
    turns = in_turn(jobs)
    assert [job.scenario.name for job in turns] == list("ababab")
    assert [job.clip[-1] for job in turns[::2]] == ["3", "7", "9"]
    assert in_turn(list(reversed(jobs))) == turns


def test_the_run_folder_has_the_command_to_resume(order, work):
    small = order.replaced(clips=2, hours=1.5)
    account = work(small, FIRST, Batch())
    start = json.loads((order.root / "2026-11-21" / "run.json").read_text())["starts"][-1]
    assert start["again"] == account.again
    assert f"--out {order.root} --clips 2 --hours 1.5" in account.again


def test_accepted_clips_are_merged_and_a_failed_merge_is_completed_by_the_next_nightly_run(order, work):
    (order.root / "taken").parent.mkdir(exist_ok=True)
    (order.root / "taken").write_text("a file where the dataset should be")
    small = order.replaced(clips=2, into=str(order.root / "taken"))
    account = work(small, FIRST, Batch(rejects=lambda job: False))
    assert not account.ok
    assert "dataset unchanged" in account.line
    (order.root / "taken").unlink()
    account = work(small, SECOND, Batch(rejects=lambda job: False))
    assert account.ok
    assert "4 scenes added" in account.line
    assert f"--into {small.into}" in account.again
    account = work(small, THIRD, Batch(rejects=lambda job: True))
    assert "0 scenes added" in account.line
