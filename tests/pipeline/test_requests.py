"""What is asked for and how it is to be made is the same when somebody goes on with it."""

import shlex
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import night_commands, nights
from pipeline.cli import app
from pipeline.generate import Silent, hold, make_plan
from pipeline.nights import Budget, Order, nightly
from pipeline.requests import How, Request, kept, wanted
from pipeline.runs import look
from tests.pipeline.by_hand import Batch
from tests.pipeline.situations import case

HOW = How(use_ray=False, ray="10.0.0.1:6379", workers=3, deadline_s=77.0, metrics_port=9123)


@pytest.fixture
def request_(tmp_path, newborn_weights) -> Request:
    (tmp_path / "two.yaml").write_text(case(2))
    return Request((str(tmp_path / "two.yaml"),), tmp_path / "run", (0, 3), weights=newborn_weights)


def kept_in(folder: Path) -> tuple[Request, How]:
    (key,) = wanted(look(folder))
    return kept(look(folder), key)


def test_every_word_of_who_works_is_kept(request_):
    assert all(getattr(HOW, field.name) != getattr(How(), field.name) for field in fields(How))
    with hold(request_, make_plan(request_), HOW):
        pass
    request, how = kept_in(request_.out)
    assert how == HOW
    assert replace(request, specs=None) == request_


def test_a_night_is_resumed_by_the_workers_that_it_began_with(request_, tmp_path, monkeypatch):
    monkeypatch.setattr(nights, "make_clips", Batch())
    order = Order(replace(request_, out=tmp_path / "nights"))
    nightly(order, date(2026, 11, 21), HOW, Silent())
    assert kept_in(tmp_path / "nights" / "2026-11-21")[1] == HOW


def test_the_command_that_goes_on_with_a_night_means_the_same_night(request_, tmp_path, monkeypatch):
    order = Order(replace(request_, out=tmp_path / "my nights"), Budget(5, 1.5), into=str(tmp_path / "all"))
    given = []
    monkeypatch.setattr(night_commands, "_once", lambda *told: given.append(told) or 0)
    for how in (HOW, How()):
        program, *words = shlex.split(order.command(how))
        assert program == "nearmiss"
        assert CliRunner().invoke(app, words).exit_code == 0
    assert [told[:2] for told in given] == [(order, HOW), (order, How())]
