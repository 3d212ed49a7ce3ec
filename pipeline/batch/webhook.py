"""Webhook: one POST of JSON with the result of a nightly run, to an address that is a secret.

The address comes from the environment variable NEARMISS_WEBHOOK or from a file, and is never stored or logged.
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
PAUSE_S = 2.0  # doubled after every try


class NoAddress(UserError):
    """The file or variable has no valid web address."""


@dataclass(frozen=True)
class Hook:
    """The address of a webhook; never printed."""

    url: str = field(repr=False)

    def send(self, message: dict[str, Any], pause_s: float = PAUSE_S) -> bool:
        """Send a message; returns whether it was accepted. Only the type of an error is logged, since error messages
        contain the address.

        A refusal (4xx) is final, except "too many requests"; errors of the server and timeouts are tried again.
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
    """The webhook from a file, else from the environment; None without either. NoAddress does not contain the text."""
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
        raise NoAddress(f"{place} has no web address; it must be one line with https://...")
    return Hook(url)
