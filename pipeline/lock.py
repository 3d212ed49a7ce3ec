"""One run at a time in one folder."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UserError


class Locked(UserError):
    """Another run works in this folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raises `Locked` naming who has it. The system frees it if we are killed."""
    path = folder / ".lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(f"{folder} is in use by {_holder(path)}; wait for it, or give another --out") from None
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(_ourselves()).encode())
        yield
    finally:
        os.close(handle)


def _ourselves() -> dict[str, str]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": str(os.getpid()), "host": socket.gethostname(), "since": since}


def _holder(path: Path) -> str:
    try:
        who = json.loads(path.read_text())
    except (OSError, ValueError):  # it has the lock but has not written its name yet
        return "another run"
    return f"process {who['pid']} on {who['host']} since {who['since']}"
