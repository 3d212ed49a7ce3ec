"""Inline and Ray: the same contract, failures recorded, dead workers replaced, late ones stopped."""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.crew import RayPlan, on_ray
from pipeline.workers import Done, Failed, Hands, hands, inline


@dataclass
class Squares:
    """Squares numbers; some of them are trouble. Leaves one file for each call."""

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
            os._exit(1)  # the process dies under its first attempt
        if item == 5:
            os._exit(1)  # and under every one
        if item == 6:
            time.sleep(60)
        return item * item


@dataclass
class Broken:
    """Cannot even start."""

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


@pytest.mark.ray
def test_ray_survives_exceptions_and_dead_processes(tmp_path):
    plan = RayPlan(Hands(2, 1), retries=1)
    outcomes = {o.item: o for o in on_ray(Squares(tmp_path), [1, 2, 3, 4, 5, 7], plan)}
    assert {item: o.result for item, o in outcomes.items() if isinstance(o, Done)} == {1: 1, 2: 4, 4: 16, 7: 49}
    assert outcomes[3].reason == "ValueError: three is trouble"
    assert outcomes[5].passing
    assert re.fullmatch(r"its worker died \(\w+\); tried 2 times", outcomes[5].reason)
    assert len(list(tmp_path.glob("2.*"))) == 1
    assert len(list(tmp_path.glob("5.*"))) == 2


@pytest.mark.ray
def test_ray_stops_what_takes_too_long(tmp_path):
    (outcome,) = on_ray(Squares(tmp_path), [6], RayPlan(Hands(1, 1), deadline_s=2.0))
    assert isinstance(outcome, Failed)
    assert "not finished within 2 s" in outcome.reason


@pytest.mark.ray
def test_ray_raises_what_setup_raises():
    with pytest.raises(FileNotFoundError, match="no weights here"):
        list(on_ray(Broken(), [1], RayPlan(Hands(1, 1))))


def test_hands_never_oversubscribe():
    for items in (1, 2, 9):
        plan = hands(items)
        assert 1 <= plan.workers <= items
    one = hands(5, workers=1)
    assert one.workers == 1
    assert one.threads >= 1
