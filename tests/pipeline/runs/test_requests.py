"""A request and its execution options are the same when a run is resumed."""

import shlex
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.batch import generate
from pipeline.batch import nightly as nights
from pipeline.batch.generate import NoObserver, hold, make_plan
from pipeline.batch.nightly import NightlyConfig, nightly
from pipeline.batch.resume import resume
from pipeline.cli import night_commands
from pipeline.cli.main import app
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import look
from pipeline.runs.saved_request import kept, wanted
from pipeline.runs.status import RunPhase, status
from tests.pipeline.by_hand import Batch
from tests.pipeline.situations import case

HOW = ExecutionConfig(use_ray=False, ray="10.0.0.1:6379", workers=3, deadline_s=77.0, metrics_port=9123)
STAGED = ExecutionConfig(staged=True, gpus=2.0, gpu_share=0.5, batch=4)


@pytest.fixture
def request_(tmp_path, newborn_weights) -> RunConfig:
    (tmp_path / "two.yaml").write_text(case(2))
    return RunConfig(paths=(str(tmp_path / "two.yaml"),), out=tmp_path / "run", seeds=(0, 3), weights=newborn_weights)


def kept_in(folder: Path) -> tuple[RunConfig, ExecutionConfig]:
    (key,) = wanted(look(folder))
    return kept(look(folder), key)


@pytest.mark.parametrize("how", [HOW, STAGED], ids=["whole", "staged"])
def test_all_execution_options_are_kept(request_, how):
    with hold(request_, make_plan(request_), how):
        pass
    request, back = kept_in(request_.out)
    assert back == how
    assert request.replaced(specs=None) == request_


def test_no_option_is_missing_in_the_kept_request():
    for field in ExecutionConfig.model_fields:
        assert any(getattr(how, field) != getattr(ExecutionConfig(), field) for how in (HOW, STAGED))


def test_a_nightly_run_is_resumed_with_its_execution_options(request_, tmp_path, monkeypatch):
    monkeypatch.setattr(nights, "make_clips", Batch())
    order = NightlyConfig(what=request_.replaced(out=tmp_path / "nights"))
    nightly(order, date(2026, 11, 21), HOW, NoObserver())
    assert kept_in(tmp_path / "nights" / "2026-11-21")[1] == HOW


def test_a_resumed_nightly_run_makes_only_its_own_clips(request_, tmp_path, monkeypatch):
    order = NightlyConfig(what=request_.replaced(out=tmp_path / "nights"), clips=3)
    broken, again, second = Batch({"braking": OSError("the disk")}), Batch(), Batch()
    monkeypatch.setattr(nights, "make_clips", broken)
    nightly(order, date(2026, 11, 21), HOW, NoObserver())
    night = order.root / "2026-11-21"
    failed = {failure.clip for failure in look(night).failures()}
    assert status(night).next == f"nearmiss resume {night}"
    monkeypatch.setattr(generate, "make_clips", again)
    list(resume(night, NoObserver()))
    assert set(again.made) == failed
    assert status(night).phase is RunPhase.COMPLETE  # the fourth clip is beyond the budget: another night's
    monkeypatch.setattr(nights, "make_clips", second)
    nightly(order, date(2026, 11, 22), HOW, NoObserver())
    assert len(second.made) == 1
    assert not failed & set(second.made)


def test_the_command_to_resume_a_nightly_run_has_the_same_options(request_, tmp_path, monkeypatch):
    order = NightlyConfig(
        what=request_.replaced(out=tmp_path / "my nights"), clips=5, hours=1.5, into=str(tmp_path / "all")
    )
    given = []
    monkeypatch.setattr(night_commands, "_once", lambda *told: given.append(told) or 0)
    ways = (HOW.replaced(use_ray=True), STAGED, ExecutionConfig(), ExecutionConfig(use_ray=False))
    for how in ways:
        program, *words = shlex.split(order.command(how))
        assert program == "nearmiss"
        assert CliRunner().invoke(app, words).exit_code == 0
    assert [told[:2] for told in given] == [(order, how) for how in ways]
