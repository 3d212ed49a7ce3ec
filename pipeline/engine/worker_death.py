"""Why a worker died, as Ray reports it: one line for messages, the full text for the run's log."""

import re

from pipeline.engine.event_log import log

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def at_start(error: Exception) -> bool:
    """Whether our own code raised in the worker's start, so that its process did not die of something else."""
    return getattr(error, "actor_init_failed", False)


def cause_of(error: Exception) -> str:
    """Ray's name and text of the cause, in one line: 'OutOfMemoryError: Task was killed due to ...'.

    Frames of traces and addresses of processes, which Ray indents, are left out; of an exception in our own code only
    that is kept.
    """
    lines = [line for line in _COLOURS.sub("", str(error)).splitlines() if line.strip() and not line[0].isspace()]
    text = " ".join(" ".join(lines[1:] if at_start(error) and len(lines) > 1 else lines).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def log_death(what: str, error: Exception) -> None:
    """Log the death of a worker, with Ray's full text."""
    log.warning("worker died", extra={"what": what, "cause": cause_of(error), "text": _COLOURS.sub("", str(error))})
