"""Expands the sweep of a file to variants, as plain data with the values of each."""

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from scenarios.source.errors import SpecError
from scenarios.sweeps.axes import Choice
from scenarios.sweeps.constraint import Unfit
from scenarios.sweeps.sweep_spec import SweepSpec, as_text, read_sweep, without_sweep

MOST_COMBINATIONS = 100_000  # before constraints drop some of them


@dataclass(frozen=True)
class SweepVariant:
    """One combination of a sweep's values: the file's data with these values, the values as written, their paths."""

    data: dict[str, object]
    parameters: dict[str, str]
    where: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SweepExpansion:
    """The variants of a sweep, and the number of combinations that each constraint dropped, by its text."""

    variants: tuple[SweepVariant, ...]
    dropped: dict[str, int]


class Refused(Exception):
    """A sweep that cannot be expanded, with all its faults."""

    def __init__(self, faults: list[SpecError]):
        self.faults = faults
        super().__init__(*faults)


def expand(data: dict[str, object], seed: int) -> SweepExpansion:
    """All combinations in the file's order; without a sweep the data itself. Raises Refused."""
    base = without_sweep(data)
    spec, faults = read_sweep(base, data.get("sweep", {}))
    if faults:
        raise Refused(faults)
    count = prod(len(axis) for axis in spec.axes)
    if count > (MOST_COMBINATIONS if spec.constraints else spec.at_most):
        raise Refused([_too_many(spec, count, f"{count} variants", MOST_COMBINATIONS)])
    kept: list[Choice] = []
    dropped: Counter[str] = Counter()
    for combination in product(*(tuple(axis.choices(spec.seed_or(seed))) for axis in spec.axes)):
        choice = joined(combination)
        broken = first_broken(spec, base, choice)
        if broken is None:
            kept.append(choice)
        else:
            dropped[broken] += 1
    if not kept:
        raise Refused(
            [SpecError("sweep.where", f"conditions that drop all {count} combinations", "some that can hold")]
        )
    if len(kept) > spec.at_most:
        found = f"{len(kept)} variants ({sum(dropped.values())} of {count} combinations dropped)"
        raise Refused([_too_many(spec, len(kept), found, MOST_COMBINATIONS)])
    return SweepExpansion(tuple(variant(base, choice) for choice in kept), dict(dropped))


def joined(choices: Iterable[Choice]) -> Choice:
    """Joins one choice of every axis to a single choice."""
    values: dict[str, object] = {}
    where: dict[str, str] = {}
    for choice in choices:
        values |= choice.values
        where |= choice.where
    return Choice(values, where)


def variant(base: dict[str, object], choice: Choice) -> SweepVariant:
    """The file's data with these values in place."""
    data = deepcopy(base)
    for path, value in choice.values.items():
        *steps, last = path.split(".")
        node: Any = data  # lists and mappings, as deep as the path goes
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        node[int(last) if isinstance(node, list) else last] = deepcopy(value)
    return SweepVariant(data, {path: as_text(value) for path, value in choice.values.items()}, choice.where)


def first_broken(spec: SweepSpec, base: dict[str, object], choice: Choice) -> str | None:
    """The first constraint that these values violate, as written, or None. Raises Refused if one is invalid."""

    def lookup(path: str) -> object:
        return _written_at(base, choice.values, path)

    for constraint in spec.constraints:
        try:
            if not constraint.holds(lookup):
                return constraint.text
        except Unfit as unfit:
            values = ", ".join(f"{path}: {as_text(value)}" for path, value in choice.values.items())
            found = f"{unfit.found}, in '{constraint.text}'" + (f" with {values}" if values else "")
            raise Refused([SpecError(constraint.where, found, unfit.wanted)]) from unfit
    return None


def _written_at(base: dict[str, object], values: dict[str, object], path: str) -> object:
    """The value at a path, swept or not; KeyError if neither the file nor its sweep has one."""
    steps = path.split(".")
    for depth in range(len(steps), 0, -1):
        if (swept := ".".join(steps[:depth])) in values:
            return _inside(values[swept], steps[depth:])
    return _inside(base, steps)


def _inside(node: object, steps: list[str]) -> object:
    for step in steps:
        if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            node = node[step]
        else:
            raise KeyError(step)
    return node


def _too_many(spec: SweepSpec, count: int, found: str, most: int) -> SpecError:
    if count > most:
        return SpecError("sweep", found, f"at most {min(spec.at_most, most)}; more than {most} are not examined")
    return SpecError(
        "sweep", found, f"at most {spec.at_most}, or at_most: {count} in the sweep if this number is intended"
    )
