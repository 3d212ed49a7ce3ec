"""The parameter space of a file's sweep, for searches: all values between those that it lists."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from scenarios.compiler.compile import build
from scenarios.compiler.opendrive_road import grounded
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecError
from scenarios.source.yaml_document import Document
from scenarios.sweeps.axes import Choice, Dimension, Span
from scenarios.sweeps.sweep import Refused, first_broken, joined, variant
from scenarios.sweeps.sweep_spec import SweepSpec, read_sweep, without_sweep

DECIMALS = 4  # of numbers that a search writes to a file


@dataclass(frozen=True)
class Space:
    """A point has a coordinate per dimension: a number of an interval, or the index of an option."""

    document: Document
    spec: SweepSpec
    dimensions: tuple[Dimension, ...]

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Minimum and maximum of every coordinate."""
        return [(d.low, d.high) if isinstance(d, Span) else (0.0, len(d.choices) - 1.0) for d in self.dimensions]

    @property
    def whole(self) -> list[bool]:
        """For each coordinate, whether it is an integer."""
        return [d.whole if isinstance(d, Span) else True for d in self.dimensions]

    @property
    def size(self) -> int | None:
        """The number of points; None if it is infinite."""
        if not all(self.whole):
            return None
        return prod(int(high - low) + 1 for low, high in self.bounds)

    def choice(self, point: Sequence[float]) -> Choice:
        """The values at a point, in the notation of a scenario file."""
        found = []
        for dimension, at in zip(self.dimensions, point, strict=True):
            if isinstance(dimension, Span):
                found.append(Choice({dimension.path: dimension.written(float(at), DECIMALS)}, {}))
            else:
                found.append(dimension.choices[round(at)])
        return joined(found)

    @property
    def base(self) -> dict[str, object]:
        """The file without its sweep."""
        return without_sweep(self.document.data)

    def broken(self, choice: Choice) -> str | None:
        """The constraint that these values violate, as written, or None. Raises SpecErrors if one is invalid."""
        try:
            return first_broken(self.spec, self.base, choice)
        except Refused as refused:
            raise self.document.faults(refused.faults) from refused

    def scenario(self, choice: Choice) -> Scenario | list[SpecError]:
        """The scenario of these values, or the faults of it."""
        made = variant(self.base, choice)
        scenario, faults = build(made.data)
        return faults if scenario is None else replace(scenario, parameters=made.parameters)

    def narrowed(self, choice: Choice) -> dict[str, object]:
        """The author's file with its sweep narrowed to these values, so that it gives this one scenario."""
        return self.base | {"sweep": {path: [value] for path, value in choice.values.items()}}


def space(document: Document) -> Space:
    """The space of a file's sweep; raises SpecErrors for a missing or invalid sweep."""
    document = grounded(document).document
    base = without_sweep(document.data)
    spec, faults = read_sweep(base, document.data.get("sweep", {}))
    if not faults and not spec.axes:
        faults = [
            SpecError("sweep", "no parameters", "parameters to search in, such as {actors.lead.ahead: [8 m, 20 m]}")
        ]
    if not faults and "from" in base:
        faults = [
            SpecError("from", "a scenario that starts from a log", "one that is simulated: a log has no parameters")
        ]
    if faults:
        raise document.faults(faults)
    return Space(document, spec, tuple(dimension for axis in spec.axes for dimension in axis.dimensions()))
