"""Start a nightly run at a time of day, without a server. Finished runs are read from disk, so it can be restarted.

The wall clock is read every few seconds, since it may be set and the machine may sleep. A nightly run is identified by
its date and made once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from pipeline.engine.event_log import log
from pipeline.errors import UserError, user_errors
from pipeline.runs.batch_history import ended_nights

LATEST = timedelta(hours=1)  # longest delay with which a nightly run is still started
LOOK_EVERY_S = 20.0
TRIES = 3
BETWEEN_TRIES_S = 600.0


class NotATime(UserError):
    """The text is not a time of day."""


@runtime_checkable
class Rest(Protocol):
    """Waits; true once the service must stop."""

    def __bool__(self) -> bool: ...
    def wait(self, seconds: float) -> bool: ...


@dataclass(frozen=True)
class DailySchedule:
    """A nightly run at `at`, local time, in folders under `root`."""

    root: Path
    at: time

    def due(self, now: datetime) -> date | None:
        """The nightly run to make now, None if there is none: the last scheduled one, unless it has ended or it was not
        started and is too late."""
        night = now.date() if now >= self.begins(now.date()) else now.date() - timedelta(days=1)
        if night.isoformat() in ended_nights(self.root):
            return None
        begun = (self.root / night.isoformat() / "run.json").is_file()
        return night if begun or now - self.begins(night) <= LATEST else None

    def next(self, now: datetime) -> datetime:
        """The start of the next nightly run that has not ended."""
        night, done = now.date(), ended_nights(self.root)
        while self.begins(night) < now or night.isoformat() in done:
            night += timedelta(days=1)
        return self.begins(night)

    def begins(self, night: date) -> datetime:
        """The start on a date; a time that the change to summer time skips is an hour later."""
        return datetime.combine(night, self.at).astimezone()


def time_of_day(text: str) -> time:
    """Parse a time such as `02:00`. Raises `NotATime`."""
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise NotATime(f"--at {text}: not a time of day in the format HH:MM, such as 02:00") from None


def serve(
    schedule: DailySchedule, work: Callable[[date], None], rest: Rest,
    now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
) -> None:  # fmt: skip
    """Make every nightly run when it is due, until `rest` is true.

    A user error (such as damaged weights) is logged once, and the nightly run is not tried again. Any other failure,
    such as a full disk, is tried `TRIES` times.
    """
    tries: dict[date, int] = {}
    announced = None
    while not rest:
        night = schedule.due(now())
        if night is None or tries.get(night, 0) >= TRIES:
            if announced != (announced := schedule.next(now())):
                log.info("waiting", extra={"until": announced.isoformat()})
            rest.wait(LOOK_EVERY_S)
            continue
        tries[night] = tries.get(night, 0) + 1
        try:
            work(night)
        except user_errors() as error:
            log.error("refused", extra={"night": night.isoformat(), "reason": str(error)})
            tries[night] = TRIES
        except Exception as error:  # noqa: BLE001 - logged; the service continues with the next nightly run
            log.error("night failed", exc_info=error, extra={"night": night.isoformat(), "tries": tries[night]})
            if tries[night] < TRIES:
                rest.wait(BETWEEN_TRIES_S)
