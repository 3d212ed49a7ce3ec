"""Sweeps: one file to many variants, as plain data, with the values that make each of them."""

import random
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from math import prod

from scenarios.faults import Fault, quoted

MOST_VARIANTS = 1000
_UNSWEPT = ("name", "sweep", "from")
_LENGTHS = "a list of values such as [8 m, 12 m], or {between: [8 m, 20 m], draws: 5} for values drawn by the seed"
_ENDS = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(\S.*)")


@dataclass(frozen=True)
class Variant:
    """One combination of a sweep's values: the file's data with them in place, and the values as written."""

    data: dict[str, object]
    parameters: dict[str, str]


def variants(data: dict[str, object], seed: int) -> tuple[list[Variant], list[Fault]]:
    """Every combination in the file's order; the data itself where there is no sweep. Or the sweep's faults."""
    base = {key: value for key, value in data.items() if key != "sweep"}
    sweep = data.get("sweep", {})
    if not isinstance(sweep, dict):
        return [], [Fault("sweep", quoted(sweep), "a mapping from paths such as actors.lead.ahead to lists")]
    faults = [fault for path, values in sweep.items() for fault in _faults(base, path, values)]
    if faults:
        return [], faults
    axes = {path: values if isinstance(values, list) else _drawn(path, values, seed) for path, values in sweep.items()}
    count = prod(len(values) for values in axes.values())
    if count > MOST_VARIANTS:
        return [], [Fault("sweep", f"{count} variants", f"at most {MOST_VARIANTS}")]
    return [_variant(base, dict(zip(axes, values, strict=True))) for values in product(*axes.values())], []


def _faults(base: dict[str, object], path: str, values: object) -> Iterator[Fault]:
    if path.split(".")[0] in _UNSWEPT:
        yield Fault(f"sweep.{path}", "a path that cannot be swept", f"a path that is none of {', '.join(_UNSWEPT)}")
    elif (problem := _unreachable(base, path)) is not None:
        yield Fault(f"sweep.{path}", *problem)
    if isinstance(values, dict):
        yield from _draw_faults(f"sweep.{path}", values)
    elif not isinstance(values, list) or not values:
        yield Fault(f"sweep.{path}", quoted(values), _LENGTHS)
    else:
        for i, value in enumerate(values):
            if value in values[:i]:
                yield Fault(f"sweep.{path}.{i}", f"{quoted(value)} a second time", "each value once")


def _draw_faults(where: str, written: dict[str, object]) -> Iterator[Fault]:
    ends, draws = written.get("between"), written.get("draws")
    if set(written) != {"between", "draws"} or not isinstance(ends, list) or len(ends) != 2:
        yield Fault(where, quoted(written), _LENGTHS)
        return
    units = {match[2] if (match := _ENDS.fullmatch(str(end))) else None for end in ends}
    if len(units) != 1 or None in units or ends[0] == ends[1]:
        yield Fault(f"{where}.between", quoted(", ".join(map(str, ends))), "two quantities with the same unit")
    if not isinstance(draws, int) or isinstance(draws, bool) or not 1 <= draws <= MOST_VARIANTS:
        yield Fault(f"{where}.draws", quoted(draws), f"a whole number from 1 to {MOST_VARIANTS}")


def _drawn(path: str, written: dict[str, object], seed: int) -> list[str]:
    """One value from each of `draws` equal parts between the ends, from the seed and the path alone."""
    matches = [_ENDS.fullmatch(str(end)) for end in written["between"]]
    low, high = sorted(float(match[1]) for match in matches)
    chance, step = random.Random(f"{seed}:{path}"), (high - low) / written["draws"]
    return [f"{low + step * (i + chance.random()):.6f} {matches[0][2]}" for i in range(written["draws"])]


def _unreachable(base: object, path: str) -> tuple[str, str] | None:
    """Why a path leads nowhere: a list index out of range, an actor that is not there, a value with no parts."""
    steps, node = path.split("."), base
    for depth, step in enumerate(steps[:-1]):
        here = ".".join(steps[:depth]) or "the file"
        if isinstance(node, list):
            if not step.isdecimal() or int(step) >= len(node):
                return f"no {step} in {here}", f"a number from 0 to {len(node) - 1}"
            node = node[int(step)]
        elif not isinstance(node, dict):
            return f"{here}, which has no parts", "a path to a value of this file"
        elif step not in node and here == "actors":
            return f"no actor {step}", "one of " + ", ".join(node)
        else:
            node = node.get(step, {})
    last = steps[-1]
    if isinstance(node, dict):
        return None
    if isinstance(node, list):
        fits = last.isdecimal() and int(last) < len(node)
        return None if fits else (f"no {last} in {'.'.join(steps[:-1])}", f"a number from 0 to {len(node) - 1}")
    return f"{'.'.join(steps[:-1])}, which has no parts", "a path to a value of this file"


def _variant(base: dict[str, object], values: dict[str, object]) -> Variant:
    data = deepcopy(base)
    for path, value in values.items():
        *steps, last = path.split(".")
        node: object = data
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        node[int(last) if isinstance(node, list) else last] = deepcopy(value)
    return Variant(data, {path: _as_text(value) for path, value in values.items()})


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_text(inner)}" for key, inner in value.items()) + "}"
    return str(value)
