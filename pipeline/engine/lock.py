"""One run at a time in one folder.

A lock of the operating system (flock): it depends on no clock and ends with its holder. On NFS it holds across machines
from Linux 2.6.12 on.
"""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter

from pipeline.errors import ReadOnly, UserError

_HOLDER = TypeAdapter(dict[str, str], config=ConfigDict(strict=True))


class Locked(UserError):
    """Another run works in this folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the folder until the block or the process ends; raises `Locked`, naming the holder, or `ReadOnly`."""
    path = folder / ".lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        message = f"{folder} can only be read ({error.strerror}), and this writes into it"
        raise ReadOnly(f"{message}: make it writable, or copy it to where you can write") from None
    try:
        if not _taken(handle):
            raise Locked(f"{folder} is in use by {_in_words(holder(folder))}; wait for it, or give another --out")
        with suppress(OSError):  # a full disk: the lock holds even if its holder cannot be written
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(_ourselves()).encode(), 0)
        yield
    finally:
        os.close(handle)


def holder(folder: Path) -> dict[str, str] | None:
    """The process that holds a folder (`pid`, `host`, `since`; empty if it has not written them yet), or None."""
    path = folder / ".lock"
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
    finally:
        os.close(handle)
    try:
        return _HOLDER.validate_json(path.read_bytes())
    except (OSError, ValueError):  # it holds the lock and has not written its name yet
        return {}


def _taken(handle: int) -> bool:
    """Whether the lock is ours now. Tried more than once: `holder` takes it for an instant."""
    for pause_s in (0.05, 0.1, 0.2, None):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if pause_s:
                time.sleep(pause_s)
    return False


def _ourselves() -> dict[str, str]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": str(os.getpid()), "host": socket.gethostname(), "since": since}


def _in_words(who: dict[str, str] | None) -> str:
    return f"process {who['pid']} on {who['host']} since {who['since']}" if who else "another run"
