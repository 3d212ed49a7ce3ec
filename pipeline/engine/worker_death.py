"""Why a worker died, as Ray tells it: a line for a person, and the whole of it in the run's log."""

import re

from pipeline.engine.event_log import log

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def at_start(error: Exception) -> bool:
    """Whether it was an exception in our own code as the worker began, and nothing that befell its process."""
    return getattr(error, "actor_init_failed", False)


def cause_of(error: Exception) -> str:
    """Ray's name for it and what Ray says, in one line: 'OutOfMemoryError: Task was killed due to ...'.

    Left out are the frames of traces and the addresses of processes, which Ray indents, and, of an exception in our
    own code, all but that.
    """
    told = [line for line in _COLOURS.sub("", str(error)).splitlines() if line.strip() and not line[0].isspace()]
    text = " ".join(" ".join(told[1:] if at_start(error) and len(told) > 1 else told).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def tell_death(what: str, error: Exception) -> None:
    """A line in the run's log, with all that Ray says."""
    log.warning("worker died", extra={"what": what, "cause": cause_of(error), "text": _COLOURS.sub("", str(error))})
