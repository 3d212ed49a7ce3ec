"""What happened in a run, one line of JSON an event, for machines: `log.jsonl` in the run folder.

Every line has `at` (UTC), `level` and `event`; lines about a clip have `clip`, lines about a stage `stage` and its
`seconds`. Starts add to the file, none rewrites it.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.engine.redact import hide

NAME = "log.jsonl"
log = logging.getLogger("nearmiss")
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A log record as a line of JSON: the message is the event, whatever came as `extra` its facts."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        told |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return hide(json.dumps(told, ensure_ascii=False, default=str))


@contextmanager
def journal(run: Path) -> Iterator[None]:
    """While it lasts everything that `nearmiss` logs is written into the run folder, and shown nowhere else.

    Prefect's console, say, would get a line for every stage of every clip.
    """
    handler = logging.FileHandler(run / NAME, encoding="utf-8")
    handler.setFormatter(JsonLines())
    level, told_on = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.setLevel(level)
        log.propagate = told_on
        log.removeHandler(handler)
        handler.close()
