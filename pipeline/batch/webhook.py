"""Tells somebody how a night went: one POST of JSON to an address that is a secret.

The address comes from the environment variable NEARMISS_WEBHOOK or from a file, and is written down nowhere.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pipeline.engine.event_log import log
from pipeline.errors import UserError

VARIABLE = "NEARMISS_WEBHOOK"
TIMEOUT_S = 10.0
TRIES = 3
PAUSE_S = 2.0  # doubled from try to try


class NoAddress(UserError):
    """What should hold a web address holds none."""


@dataclass(frozen=True)
class Hook:
    """Where to send; never shown."""

    url: str = field(repr=False)

    def send(self, message: dict[str, Any], pause_s: float = PAUSE_S) -> bool:
        """Whether it arrived. Whatever goes wrong is logged by its kind alone: messages of errors hold the address.

        A refusal (4xx) is final, except "too many requests"; servers' faults and silence are tried again.
        """
        for attempt in range(TRIES):
            try:
                answer = httpx.post(self.url, json=message, timeout=TIMEOUT_S).status_code
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                why, final = type(error).__name__, False
            else:
                if answer < 300:
                    return True
                why, final = f"answer {answer}", answer < 500 and answer != 429
            log.warning("hook failed", extra={"why": why, "attempt": attempt + 1})
            if final:
                break
            if attempt + 1 < TRIES:
                time.sleep(pause_s * 2**attempt)
        return False


def hook(file: Path | None = None) -> Hook | None:
    """From a file, else from the environment; None where neither is given. NoAddress does not quote what it found."""
    place = str(file) if file else VARIABLE
    try:
        url = file.read_text("utf-8").strip() if file else os.environ.get(VARIABLE, "").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoAddress(f"{place} cannot be read as the address of a webhook: {type(error).__name__}") from None
    if not url and not file:
        return None
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NoAddress(f"{place} holds no web address; one line with https://... is wanted")
    return Hook(url)
