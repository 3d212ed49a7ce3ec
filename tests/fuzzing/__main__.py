"""Fuzzing with thousands of malformed inputs: python -m tests.fuzzing

Story lines, scenario files, OpenSCENARIO files, OpenDRIVE roads and the tables of logs, with mistakes in them, are read
as a user's would be, and rolled out where they are understood. Each is understood or refused in a sentence: no trace,
no hang, no memory without bounds. An input is its kind and its number; `--kind xosc --only 812` shows one and what is
told of it.
"""

import argparse
import random
import sys

from rich.console import Console
from rich.table import Table

from tests.fuzzing.asking import KINDS, Answer, asked, given
from tests.fuzzing.many import USUAL, answers

SHOWN = 5  # failures of a kind
HEAD = ("kind", "numbers", "inputs", "understood", "refused", "failed", "peak MiB", "longest, its number")
CONSOLE = Console(highlight=False, markup=False, soft_wrap=True)


def one(kind: str, number: int) -> int:
    """Print one input and the message about it."""
    CONSOLE.print(str(given(kind, number)))
    answer = asked(kind, number)
    CONSOLE.print(answer.told or "understood", answer.failure)
    return bool(answer.failure)


def many(kind: str, numbers: range, processes: int, sample: int) -> list[str]:
    """Run inputs of a kind, print failures and some refusals; returns the kind's row of the table."""
    found: list[Answer] = []
    peak_mib = 0.0
    for answer, peak in answers(kind, numbers, processes):
        found.append(answer)
        peak_mib = max(peak_mib, peak)
        if answer.failure and sum(bool(a.failure) for a in found) <= SHOWN:
            CONSOLE.print(f"--kind {kind} --only {answer.number}: {answer.failure}")
        if len(found) % 1000 == 0:
            CONSOLE.print(dict(zip(HEAD, row(kind, found, peak_mib), strict=True)))
    refused = [answer for answer in found if answer.told]
    for answer in random.Random(0).sample(refused, min(sample, len(refused))):
        CONSOLE.print(f"--kind {kind} --only {answer.number}: {answer.told}")
    return row(kind, found, peak_mib)


def row(kind: str, found: list[Answer], peak_mib: float) -> list[str]:
    """A line of the table."""
    refused = sum(bool(answer.told) for answer in found)
    slowest, failed = max(found, key=lambda answer: answer.seconds), sum(bool(a.failure) for a in found)
    counts = [len(found), len(found) - refused, refused, failed]
    longest = f"{slowest.seconds:.2f} s, {slowest.number}"
    return [kind, f"{found[0].number}-{found[-1].number}", *map(str, counts), f"{peak_mib:.0f}", longest]


def main() -> int:
    """Run the requested inputs; 1 if one was neither accepted nor refused with a message."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kind", choices=KINDS, action="append", help="only these; all where none is named")
    options.add_argument("--count", type=int, help=f"inputs of each kind, instead of {USUAL}")
    options.add_argument("--first", type=int, default=0, help="the number of the first input")
    options.add_argument("--only", type=int, help="show the one input of this number")
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--sample", type=int, default=0, help="print so many refusals of each kind, drawn evenly")
    said = options.parse_args()
    if said.only is not None:
        return max(one(kind, said.only) for kind in said.kind or KINDS)
    table = Table(*HEAD, box=None)
    for kind in said.kind or KINDS:
        numbers = range(said.first, said.first + (said.count or USUAL[kind]))
        table.add_row(*many(kind, numbers, said.processes, said.sample))
    CONSOLE.print(table)
    return any(cell != "0" for cell in table.columns[HEAD.index("failed")].cells)


if __name__ == "__main__":
    sys.exit(main())
