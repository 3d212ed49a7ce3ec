"""Reads the section `sweep:` to axes, constraints and a limit, or to all its faults."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from scenarios.source.errors import SpecError, quoted
from scenarios.spec.base import as_faults
from scenarios.sweeps.axes import Axis, Drawn, Listed, Ranged, Rows
from scenarios.sweeps.axis_spec import MOST_VALUES, Draws, Range
from scenarios.sweeps.constraint import Constraint, Unfit, read_constraint

Model = TypeVar("Model", bound=BaseModel)
USUAL_CAP, HIGHEST_CAP = 1000, 20_000  # variants of one file
_UNSWEPT = ("name", "sweep", "from")
WORDS = ("rows", "drawn", "where", "at_most", "seed")
_WAYS = (
    "a list of values such as [8 m, 12 m], a range such as {from: 8 m, to: 20 m, step: 4 m}, or"
    " {between: [8 m, 20 m], draws: 5} for values drawn by the seed"
)
_ROWS = "a list of rows such as {ego.speed: 30 km/h, actors.lead.ahead: 8 m}, each with the same paths"
_DRAWN = "a mapping such as {draws: 50, ego.speed: {between: [30 km/h, 60 km/h]}}"


@dataclass(frozen=True)
class SweepSpec:
    """A sweep as read. `seed` is None if the caller decides it."""

    axes: tuple[Axis, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    at_most: int = USUAL_CAP
    seed: int | None = None

    def seed_or(self, other: int) -> int:
        return other if self.seed is None else self.seed


def without_sweep(data: dict[str, object]) -> dict[str, object]:
    """The data that all variants share."""
    return {key: value for key, value in data.items() if key != "sweep"}


def read_sweep(base: dict[str, object], written: object) -> tuple[SweepSpec, list[SpecError]]:
    """The axes in the file's order, and all faults; with faults the axes may be incomplete."""
    if not isinstance(written, dict):
        wanted = "a mapping from paths such as actors.lead.ahead to lists"
        return SweepSpec(), [SpecError("sweep", quoted(written), wanted)]
    faults: list[SpecError] = []
    axes: list[Axis] = []
    for key, value in written.items():
        if key == "rows":
            axes += _rows(base, value, faults)
        elif key == "drawn":
            axes += _drawn(base, value, faults)
        elif key not in WORDS:
            faults += _path_faults(base, key, f"sweep.{key}")
            axes += _axis(key, value, faults)
    faults += _twice(axes)
    constraints = tuple(_constraints(written.get("where", []), faults)) if "where" in written else ()
    cap = _whole(written, "at_most", USUAL_CAP, 1, HIGHEST_CAP, faults)
    seed = _whole(written, "seed", None, 0, 2**31, faults)
    return SweepSpec(tuple(axes), constraints, cap, seed), faults


def as_text(value: object) -> str:
    """A swept value in one line, as the author wrote it."""
    if isinstance(value, list):
        return "[" + ", ".join(map(as_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_text(inner)}" for key, inner in value.items()) + "}"
    return str(value)


def as_shown(value: object) -> str:
    """A swept value for display: drawn or searched numbers with four digits."""
    return re.sub(r"-?\d+\.\d{4,}", lambda number: f"{float(number[0]):.4g}", as_text(value))


# -- axes ----------------------------------------------------------------------------------------------------------


def _axis(path: str, written: object, faults: list[SpecError]) -> Iterator[Axis]:
    where = f"sweep.{path}"
    if isinstance(written, list) and written:
        faults += _repeated(written, where)
        yield Listed(path, tuple(written), where)
    elif isinstance(written, dict) and {"from", "to", "step"} & set(written):
        if (span := _valid(Range, written, where, faults)) is not None:
            yield Ranged(path, span, where)
    elif isinstance(written, dict) and {"between", "draws"} & set(written):
        rest = {key: value for key, value in written.items() if key != "draws"}
        count, draws = _draws(written, where, faults), _valid(Draws, rest, where, faults)
        if count and draws is not None:
            yield Drawn({path: draws}, count, {path: where})
    else:
        faults.append(SpecError(where, quoted(written), _WAYS))


def _rows(base: dict[str, object], written: object, faults: list[SpecError]) -> Iterator[Axis]:
    if not isinstance(written, list) or not written or not all(isinstance(row, dict) and row for row in written):
        faults.append(SpecError("sweep.rows", quoted(written), _ROWS))
        return
    paths = list(written[0])
    for path in paths:
        faults += _path_faults(base, path, f"sweep.rows.0.{path}")
    for i, row in enumerate(written):
        if set(row) != set(paths):
            faults.append(
                SpecError(f"sweep.rows.{i}", ", ".join(row), f"the paths of the first row: {', '.join(paths)}")
            )
    faults += _repeated(written, "sweep.rows")
    yield Rows(tuple(written), "sweep.rows")


def _drawn(base: dict[str, object], written: object, faults: list[SpecError]) -> Iterator[Axis]:
    members = {k: v for k, v in written.items() if k != "draws"} if isinstance(written, dict) else {}
    if not isinstance(written, dict) or not members:
        faults.append(SpecError("sweep.drawn", quoted(written), _DRAWN))
        return
    count, found = _draws(written, "sweep.drawn", faults), {}
    for path, value in members.items():
        where = f"sweep.drawn.{path}"
        faults += _path_faults(base, path, where)
        found[path] = _valid(Draws, value, where, faults)
    valid = {path: one for path, one in found.items() if one is not None}
    if count and len(valid) == len(found):
        yield Drawn(valid, count, {path: f"sweep.drawn.{path}" for path in found})


def _draws(written: dict[str, object], where: str, faults: list[SpecError]) -> int | None:
    draws = written.get("draws")
    if isinstance(draws, int) and not isinstance(draws, bool) and 1 <= draws <= MOST_VALUES:
        return draws
    faults.append(SpecError(f"{where}.draws", quoted(draws), f"a whole number from 1 to {MOST_VALUES}"))
    return None


def _valid(section: type[Model], written: object, where: str, faults: list[SpecError]) -> Model | None:
    try:
        return section.model_validate(written)
    except ValidationError as error:
        faults += as_faults(error, where)
        return None


# -- faults --------------------------------------------------------------------------------------------------------


def _repeated(values: list[object], where: str) -> Iterator[SpecError]:
    for i, value in enumerate(values):
        if value in values[:i]:
            yield SpecError(f"{where}.{i}", f"{quoted(value)} a second time", "each value once")


def _twice(axes: list[Axis]) -> Iterator[SpecError]:
    """Checks that no path is on two axes, either itself or as a part of a swept section."""
    seen: dict[str, str] = {}
    for axis in axes:
        for path, where in axis.places.items():
            if path in seen:
                yield SpecError(where, f"{path} a second time (also in {seen[path]})", "each parameter on one axis")
            seen.setdefault(path, where)
    for path, where in seen.items():
        whole = next((other for other in seen if path.startswith(f"{other}.")), None)
        if whole is not None:
            yield SpecError(where, f"{path} beside {whole}, which contains it", "one of the two")


def _constraints(written: object, faults: list[SpecError]) -> Iterator[Constraint]:
    lines = {"sweep.where": written}
    if isinstance(written, list) and written:
        lines = {f"sweep.where.{i}": line for i, line in enumerate(written)}
    for where, line in lines.items():
        try:
            yield read_constraint(line, where)
        except Unfit as unfit:
            faults.append(SpecError(where, unfit.found, unfit.wanted))


def _whole(written: dict[str, object], key: str, usual: int | None, least: int, most: int, faults: list[SpecError]):
    value = written.get(key, usual)
    if value is usual or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
        return value
    faults.append(SpecError(f"sweep.{key}", quoted(value), f"a whole number from {least} to {most}"))
    return usual


def _path_faults(base: dict[str, object], path: str, where: str) -> Iterator[SpecError]:
    if path.split(".")[0] in _UNSWEPT:
        yield SpecError(where, "a path that cannot be swept", f"a path that is none of {', '.join(_UNSWEPT)}")
    elif (problem := _unreachable(base, path)) is not None:
        yield SpecError(where, *problem)


def _unreachable(base: object, path: str) -> tuple[str, str] | None:
    """The reason why a path does not exist: an index out of range, an unknown actor, a value without parts."""
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
            return f"no actor {step}", "one of " + ", ".join(
                node
            ) if node else "an actor that the file has; it has none"
        else:
            node = node.get(step, {})
    last = steps[-1]
    if isinstance(node, dict):
        return None
    if isinstance(node, list):
        fits = last.isdecimal() and int(last) < len(node)
        return None if fits else (f"no {last} in {'.'.join(steps[:-1])}", f"a number from 0 to {len(node) - 1}")
    return f"{'.'.join(steps[:-1])}, which has no parts", "a path to a value of this file"
