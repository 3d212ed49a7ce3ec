"""Being told to stop: begin nothing new, let what is in work finish, but not for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopping:
    """Set by the first SIGTERM; `wait` sleeps until then."""

    def __init__(self) -> None:
        self._told = threading.Event()

    def __bool__(self) -> bool:
        return self._told.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep; True as soon as we are told to stop."""
        return self._told.wait(seconds)

    def tell(self) -> None:
        self._told.set()


@contextmanager
def told_to_stop(grace_s: float) -> Iterator[Stopping]:
    """SIGTERM in the block sets what is yielded; `grace_s` later whatever still works is stopped by KeyboardInterrupt.

    Signals come to the main thread alone: in any other nothing is ever set.
    """
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return

    def told(number: int, frame: FrameType | None) -> None:
        if not stopping:
            signal.setitimer(signal.ITIMER_REAL, grace_s)
        stopping.tell()

    def overdue(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, told), signal.signal(signal.SIGALRM, overdue)
    try:
        yield stopping
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGALRM, before[1])


def left_to_the_driver() -> None:
    """In a worker: SIGTERM, which service managers send to all at once, would break its clip, as if that were at fault.

    The driver is told as well, and lets the clip end or kills the worker.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def own_sigterm() -> Iterator[None]:
    """Keeps whoever listens for SIGTERM when the block begins: Ray puts itself in that place when it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before not in (signal.SIG_DFL, None):  # nobody listened: Ray's own, which cleans up, is the better one
            signal.signal(signal.SIGTERM, before)
