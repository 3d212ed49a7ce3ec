"""Run one malformed input: the result is a message within limits of time and memory, or a failure."""

import random
import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conditioning.logs.tables import LogError
from scenarios.authoring.explain import told as explained
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecError, SpecErrors
from tests.fuzzing import exchange, lines, logs, specs

HANG_S = 20.0  # processor time of one input, so that a busy machine has no effect
ROLLED_OUT = 20  # one of this many valid inputs is simulated
SLOWEST_S = 10.0  # processor time to read or refuse an input: a distribution may give hundreds of scenarios
MEMORY = 1 << 30  # bytes of address space beyond that of the program at its start
LONGEST_FAULT = 2500  # characters
OURS = re.compile(r"Traceback|<class|object at 0x|\bNoneType\b|\b[A-Z]\w+Error\b|validation error|\[type=")


@dataclass(frozen=True)
class Kind:
    """A kind of input: how it is made from a number, and read."""

    made: Callable[[random.Random], object]
    read: Callable[[object], tuple[Scenario, ...]]


KINDS = {
    "lines": Kind(lines.made, lines.read),
    "specs": Kind(specs.made, specs.read),
    "xosc": Kind(exchange.made_xosc, exchange.read),
    "xodr": Kind(exchange.made_xodr, exchange.read),
    "logs": Kind(logs.made, logs.read),
}


@dataclass(frozen=True)
class Answer:
    """The result of one input: the message ("" if it is valid), the seconds, and the failure."""

    kind: str
    number: int
    told: str
    seconds: float
    failure: str = ""


class Hung(BaseException):
    """The time of one input is over; a BaseException, so that no handler of the product catches it."""


def given(kind: str, number: int) -> object:
    """The input of a kind with this number, always the same."""
    return KINDS[kind].made(random.Random(f"{kind} {number}"))


def asked(kind: str, number: int) -> Answer:
    """Run one input; valid inputs are also explained, and some of them simulated."""
    began, told, failure = time.process_time(), "", ""
    try:
        with within(HANG_S):
            found = KINDS[kind].read(given(kind, number))
            read_s = time.process_time() - began
            explained(found)
            if number % ROLLED_OUT == 0 and found[0].road is not None:  # a log is not simulated
                simulate(found[0])
    except SpecErrors as faults:
        read_s, told = time.process_time() - began, str(faults)
        failure = next(filter(None, map(blamed, faults.faults)), "")
    except LogError as refused:
        read_s, told = time.process_time() - began, str(refused)
        failure = logs.blamed(refused) or (f"in the program's words: {told}" if OURS.search(told) else "")
    except (Exception, Hung):  # noqa: BLE001 - every failure is recorded, then the next input runs
        read_s, failure = time.process_time() - began, traceback.format_exc()
    if not failure and read_s > SLOWEST_S:
        failure = f"{read_s:.1f} s to read it"
    return Answer(kind, number, told, time.process_time() - began, failure)


def blamed(fault: SpecError) -> str:
    """What is wrong with the message of one fault; "" if it is correct."""
    said = str(fault)
    if not (fault.where and fault.found and fault.wanted):
        return f"a fault that does not say where, what and what would be right: {said}"
    if len(said) > LONGEST_FAULT or "\n" in said:
        return f"a fault that is no sentence: {said[:LONGEST_FAULT]}"
    return f"a fault in the program's words: {said}" if OURS.search(said) else ""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise Hung in the block after this time."""

    def over(*_: object) -> None:
        raise Hung(f"still at it after {seconds:g} s")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def bound_memory() -> None:
    """Limit the further memory of this process."""
    with open("/proc/self/statm") as told:
        now = int(told.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
