"""Run many inputs in separate processes with limited memory."""

import resource
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from rich.progress import track

from scenarios.load import library, load
from scenarios.simulation.simulate import simulate
from tests.fuzzing.asking import Answer, asked, bound_memory

USUAL = {"lines": 9000, "specs": 6000, "xosc": 5000, "xodr": 3000, "logs": 20000}  # number of inputs of each kind


def answers(kind: str, numbers: Sequence[int], processes: int = 1) -> Iterator[tuple[Answer, float]]:
    """The result of each input, with its process's peak resident memory so far in MiB."""
    with ProcessPoolExecutor(processes, get_context("spawn"), _prepared) as pool:
        yield from track(pool.map(partial(_asked, kind), numbers, chunksize=10), kind, len(numbers), transient=True)


def _prepared() -> None:
    """Compile and load in advance what is not part of an input's own time and memory."""
    simulate(load(next(iter(library().values())))[0])
    bound_memory()


def _asked(kind: str, number: int) -> tuple[Answer, float]:
    return asked(kind, number), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
