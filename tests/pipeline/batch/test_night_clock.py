"""Due nightly runs, with clocks that jump and runs that crash."""

import time as clock
from datetime import UTC, date, datetime, time, timedelta

import pytest

from pipeline.batch.daily_schedule import LATEST, TRIES, DailySchedule, NotATime, serve, time_of_day
from pipeline.errors import UserError
from pipeline.runs.batch_history import BatchEnd, ended_nights, note_ended

NIGHT = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def vienna(monkeypatch):
    """A time zone where summer time begins at 02:00 on 29 March 2026."""
    monkeypatch.setenv("TZ", "Europe/Vienna")
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.fixture
def schedule(tmp_path) -> DailySchedule:
    return DailySchedule(tmp_path, time(2, 0))


def at(hour: int, minute: int = 0, day: date = NIGHT) -> datetime:
    return datetime.combine(day, time(hour, minute)).astimezone()


def end(schedule: DailySchedule, night: date, ok: bool = True) -> None:
    note_ended(schedule.root, [BatchEnd(night=night.isoformat(), at="", ok=ok, line="")])


class Clock:
    """A clock that advances ten minutes at each `wait` and can be set; asks to stop after a number of waits."""

    def __init__(self, now: datetime, rests: int = 10_000) -> None:
        self.time, self.rests = now, rests

    def now(self) -> datetime:
        return self.time.astimezone()

    def __bool__(self) -> bool:
        return self.rests <= 0

    def wait(self, seconds: float) -> bool:
        self.time += timedelta(minutes=10)
        self.rests -= 1
        return bool(self)


def test_a_nightly_run_is_due_once_from_its_time_on(schedule):
    assert schedule.due(at(1, 59)) is None
    assert schedule.due(at(2, 0)) == NIGHT
    end(schedule, NIGHT)
    assert schedule.due(at(2, 1)) is None
    assert schedule.next(at(2, 1)) == at(2, 0, NIGHT + timedelta(days=1))


def test_a_nightly_run_that_was_not_started_is_skipped_when_it_is_too_late(schedule):
    assert schedule.due(at(2, 0) + LATEST) == NIGHT
    assert schedule.due(at(2, 0) + LATEST + timedelta(seconds=1)) is None


def test_an_interrupted_nightly_run_is_due_at_any_later_time(schedule):
    (schedule.root / NIGHT.isoformat()).mkdir()
    (schedule.root / NIGHT.isoformat() / "run.json").write_text("{}")
    assert schedule.due(at(15, 0)) == NIGHT
    assert schedule.due(at(0, 30, NIGHT + timedelta(days=1))) == NIGHT


def test_a_clock_that_jumps_back_repeats_no_nightly_run(schedule):
    worked = []
    clocks = Clock(at(1, 55), rests=20)

    def work(night: date) -> None:
        worked.append(night)
        end(schedule, night)
        clocks.time -= timedelta(hours=1)  # set back during the run: 02:00 comes again

    serve(schedule, work, clocks, clocks.now)
    assert worked == [NIGHT]


def test_a_clock_that_jumps_forward_skips_only_runs_that_are_too_late(schedule):
    clocks, worked = Clock(at(1, 0), rests=3), []

    def now() -> datetime:
        return clocks.now() + timedelta(minutes=75 if clocks.rests < 3 else 0)

    serve(schedule, lambda night: (worked.append(night), end(schedule, night)), clocks, now)
    assert worked == [NIGHT]


def test_three_nightly_runs_in_a_row(schedule):
    clocks, worked = Clock(at(1, 0), rests=3 * 24 * 6), []
    serve(schedule, lambda night: (worked.append(night), end(schedule, night)), clocks, clocks.now)
    assert worked == [NIGHT + timedelta(days=i) for i in range(3)]


def test_changes_to_and_from_summer_time_neither_skip_nor_repeat_a_nightly_run(tmp_path):
    schedule = DailySchedule(tmp_path, time(2, 30))
    for day in (date(2026, 3, 28), date(2026, 10, 24)):
        clocks, worked = Clock(at(23, 0, day), rests=2 * 24 * 6), []
        serve(schedule, lambda night, w=worked: (w.append(night), end(schedule, night)), clocks, clocks.now)
        assert worked == [day + timedelta(days=1), day + timedelta(days=2)]


def test_a_user_error_is_logged_once_and_the_next_nightly_run_starts(schedule):
    clocks, tried = Clock(at(1, 55), rests=26 * 6), []

    def work(night: date) -> None:
        tried.append(night)
        raise UserError("weights are broken")

    serve(schedule, work, clocks, clocks.now)
    assert tried == [NIGHT, NIGHT + timedelta(days=1)]


def test_a_failure_of_the_machine_is_retried_a_limited_number_of_times(schedule):
    clocks, tried = Clock(at(1, 55), rests=20), []

    def work(night: date) -> None:
        tried.append(night)
        raise OSError("no space left on device")

    serve(schedule, work, clocks, clocks.now)
    assert tried == [NIGHT] * TRIES


def test_a_truncated_line_is_a_nightly_run_that_has_not_ended(schedule):
    end(schedule, NIGHT)
    with (schedule.root / "nights.jsonl").open("a") as file:
        file.write('{"night": "2026-11-22", "at"')
    end(schedule, date(2026, 11, 23))
    assert set(ended_nights(schedule.root)) == {"2026-11-21", "2026-11-23"}


def test_a_time_of_day_has_the_format_hh_mm():
    assert time_of_day("02:05") == time(2, 5)
    for text in ("2 am", "25:00", "02:00:00", ""):
        with pytest.raises(NotATime, match="HH:MM"):
            time_of_day(text)


def test_a_nightly_run_is_named_by_its_local_date(schedule):
    assert schedule.begins(NIGHT).astimezone(UTC) == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
