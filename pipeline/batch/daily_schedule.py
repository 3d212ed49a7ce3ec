"""Every night at a time of day, without a server. What was done is read from disk, so a restart changes nothing.

The wall clock is looked at again every few seconds: it may be set forward or back, and the machine may have slept.
A night is done once, by its date.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from pipeline.engine.event_log import log
from pipeline.errors import UserError, user_errors
from pipeline.runs.batch_history import ended_nights

LATEST = timedelta(hours=1)  # how late a night that nobody began may still begin
LOOK_EVERY_S = 20.0
TRIES = 3
BETWEEN_TRIES_S = 600.0


class NotATime(UserError):
    """What was given is no time of day."""


@runtime_checkable
class Rest(Protocol):
    """Sleeps, and is true once we are told to stop."""

    def __bool__(self) -> bool: ...
    def wait(self, seconds: float) -> bool: ...


@dataclass(frozen=True)
class DailySchedule:
    """Every night at `at`, local time, into folders under `root`."""

    root: Path
    at: time

    def due(self, now: datetime) -> date | None:
        """The night to work on now: the last one that should have begun, if it was cut off or is not too late."""
        night = now.date() if now >= self.begins(now.date()) else now.date() - timedelta(days=1)
        if night.isoformat() in ended_nights(self.root):
            return None
        begun = (self.root / night.isoformat() / "run.json").is_file()
        return night if begun or now - self.begins(night) <= LATEST else None

    def next(self, now: datetime) -> datetime:
        """When the next night begins that is not done yet."""
        night, done = now.date(), ended_nights(self.root)
        while self.begins(night) < now or night.isoformat() in done:
            night += timedelta(days=1)
        return self.begins(night)

    def begins(self, night: date) -> datetime:
        """A time of day that the change to summer time leaves out is an hour later on that date."""
        return datetime.combine(night, self.at).astimezone()


def time_of_day(text: str) -> time:
    """`02:00`; NotATime says what would be right."""
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise NotATime(f"--at {text}: a time of day is written HH:MM, such as 02:00") from None


def serve(
    schedule: DailySchedule, work: Callable[[date], None], rest: Rest,
    now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
) -> None:  # fmt: skip
    """Work on every night when it is due, until `rest` says stop.

    A night that ends by a user's mistake (broken weights, a folder that is no run) waits for somebody to put it right,
    and is told once. Any other failure of a whole night, such as a full disk, is tried again, `TRIES` times in all.
    """
    tries: dict[date, int] = {}
    told = None
    while not rest:
        night = schedule.due(now())
        if night is None or tries.get(night, 0) >= TRIES:
            if told != (told := schedule.next(now())):
                log.info("waiting", extra={"until": told.isoformat()})
            rest.wait(LOOK_EVERY_S)
            continue
        tries[night] = tries.get(night, 0) + 1
        try:
            work(night)
        except user_errors() as error:
            log.error("refused", extra={"night": night.isoformat(), "reason": str(error)})
            tries[night] = TRIES
        except Exception as error:  # noqa: BLE001 - it is written down, and tomorrow there is another night
            log.error("night failed", exc_info=error, extra={"night": night.isoformat(), "tries": tries[night]})
            if tries[night] < TRIES:
                rest.wait(BETWEEN_TRIES_S)
