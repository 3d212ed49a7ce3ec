"""Graceful shutdown: on SIGTERM stop scheduling, let running clips finish, force-stop after the grace period."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopSignal:
    """True after the first SIGTERM; `wait` sleeps until then."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep for so long or until the stop; whether it has come."""
        return self._event.wait(seconds)

    def set(self) -> None:
        self._event.set()


@contextmanager
def graceful_shutdown(grace_s: float) -> Iterator[StopSignal]:
    """SIGTERM in the block sets the yielded signal; `grace_s` later KeyboardInterrupt stops what still runs.

    Python delivers signals to the main thread only: in any other thread nothing is ever set.
    """
    stopping = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        if not stopping:
            signal.setitimer(signal.ITIMER_REAL, grace_s)
        stopping.set()

    def on_timeout(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, on_sigterm), signal.signal(signal.SIGALRM, on_timeout)
    try:
        yield stopping
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGALRM, before[1])


def ignore_sigterm() -> None:
    """For workers: service managers send SIGTERM to all processes at once, which would fail the running clip.

    The driver gets the signal too, and lets the clip end or kills the worker.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def keep_sigterm_handler() -> Iterator[None]:
    """Restore the SIGTERM handler at the end of the block: Ray installs its own when it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before not in (signal.SIG_DFL, None):  # without a handler Ray's own, which cleans up, is better
            signal.signal(signal.SIGTERM, before)
