"""Parameter value distributions: a file that names a scenario and the values of its parameters."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from scenarios.openscenario.import_file import Imported, ImportOptions, import_file, refused
from scenarios.openscenario.source.files import sibling_file
from scenarios.openscenario.source.node import Node, Report, Unsupported, unread
from scenarios.openscenario.source.parameters import Disallowed, assignments, declared
from scenarios.openscenario.source.schemas import check_schema
from scenarios.source.errors import SpecError, SpecErrors, quoted
from scenarios.source.xml_document import XmlFile, read_xml

MOST_VALUES = 1000
MOST_SCENARIOS = 1000
Values = dict[str, str]


@dataclass(frozen=True)
class ParameterExpansion:
    """The scenario file, and all combinations of values in the order of the file."""

    scenario: Path
    values: tuple[Values, ...]
    whole: int  # number of combinations in the file


@dataclass(frozen=True)
class Imports:
    """The scenarios of a file, and the number of combinations that each parameter's constraints dropped.

    `chosen`: the number of combinations that were taken of all, `whole`; equal if all were.
    """

    scenarios: tuple[Imported, ...]
    dropped: dict[str, int]
    chosen: int = 1
    whole: int = 1


def import_scenarios(path: str | Path, asked: ImportOptions) -> Imports:
    """One scenario of a scenario file; of a distribution all that its constraints allow. Raises SpecErrors."""
    file = read_xml(path)
    distribution = next((c for c in file.root.children if c.tag == "ParameterValueDistribution"), None)
    if distribution is None:
        return Imports((import_file(path, asked, {}),), {})
    expansion = expanded(file, asked)
    scenario = read_xml(expansion.scenario)
    dropped: Counter[str] = Counter()
    kept = []
    for values in expansion.values:
        forbids = _forbidding(scenario, values)
        if forbids is None:
            kept.append(values)
        else:
            dropped[forbids] += 1
    if not kept:
        raise SpecErrors(path, [SpecError("ConstraintGroup", "no value that its constraints allow", "at least one")])
    made = _imported(expansion.scenario, kept, asked, _slug(Path(path).stem))
    return Imports(made, dict(dropped), len(expansion.values), expansion.whole)


def _imported(scenario: Path, kept: list[Values], asked: ImportOptions, stem: str) -> tuple[Imported, ...]:
    made: list[Imported] = []
    faults: dict[SpecError, Values] = {}
    for i, values in enumerate(kept, 1):
        name = f"{stem}-{i:0{len(str(len(kept)))}d}"
        try:
            made.append(_told(import_file(scenario, asked, values, name), values))
        except SpecErrors as found:
            if found.path != scenario:  # a road or a catalog, independent of the values
                raise
            for fault in found.faults:
                faults.setdefault(fault, values)
    if faults:
        told = [
            replace(f, found=f"{f.found} (with {_said(v)})" if len(kept) > 1 else f.found) for f, v in faults.items()
        ]
        raise SpecErrors(scenario, told)
    return tuple(made)


def _forbidding(file: XmlFile, values: Values) -> str | None:
    """The parameter whose constraints forbid these values; None if all are allowed, or if the file is faulty."""
    try:
        declared(Node(file.root, {}, Report(), file.path.name), values)
    except Disallowed as disallowed:
        return disallowed.name
    except Unsupported:
        return None
    return None


def _slug(stem: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in stem.lower()).strip("-")[:48].strip("-") or "case"


def _said(values: Values) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items()) or "no values"


def _told(made: Imported, values: Values) -> Imported:
    """Adds the values to the head of the file."""
    printable = "".join(c if c.isprintable() else " " for c in _said(values))[:400]
    return replace(made, text=f"# With {printable}.\n{made.text}")


def expanded(file: XmlFile, asked: ImportOptions = ImportOptions()) -> ParameterExpansion:
    """Expands a distribution; raises SpecErrors. With `asked.count` a larger one is sampled evenly in its order."""
    check_schema(file)
    report = Report()
    root = Node(file.root, {}, report, file.path.name)
    root.ignore(*file.root.attributes)
    try:
        header = root.need("FileHeader")
        header.ignore("revMajor", "revMinor", "date", "description", "author")
        for part in header.children():
            part.leave_out("licence and properties of the file")
        if (parameters := root.child("ParameterDeclarations")) is not None:
            parameters.leave_out("a distribution reads no parameters of its own")
        said = root.need("ParameterValueDistribution")
        scenario = sibling_file(said.need("ScenarioFile"), "filepath", file.path, asked.root)
        if said.child("Stochastic") is not None:
            raise said.need("Stochastic").unsupported("values drawn at random; sweeps of our own draw them, see sweep:")
        axes = _axes(said.need("Deterministic"))
    except Unsupported as reason:
        raise refused(file.path, Report([reason.remark])) from reason
    report.refused += unread(file.root, file.path.name)
    if report.refused:
        raise refused(file.path, report)
    whole = math.prod(len(axis) for axis in axes)
    most = MOST_SCENARIOS if asked.count is None else min(asked.count, MOST_SCENARIOS)
    if whole == 0 or (whole > MOST_SCENARIOS and asked.count is None):
        found = f"{whole} combinations of values"
        wanted = f"from one to {MOST_SCENARIOS}; --count takes that many of them, evenly chosen"
        raise SpecErrors(file.path, [SpecError("Deterministic", found, wanted, said.element.line, 1)])
    chosen = range(whole) if whole <= most else [i * whole // most for i in range(most)]
    return ParameterExpansion(scenario, tuple(_combination(axes, i) for i in chosen), whole)


def _combination(axes: list[list[Values]], place: int) -> Values:
    """One value of each axis, the last axis counting fastest."""
    rows = []
    for axis in reversed(axes):
        place, i = divmod(place, len(axis))
        rows.append(axis[i])
    return {name: value for row in reversed(rows) for name, value in row.items()}


def _axes(node: Node) -> list[list[Values]]:
    """The values of each distribution; every one is combined with every value of the others."""
    axes: list[list[Values]] = []
    seen: dict[str, Node] = {}
    for part in node.children():
        axis = _axis(part)
        for name in dict.fromkeys(name for values in axis for name in values):
            if name in seen:
                first = seen[name].element.line
                raise part.wrong(f"{quoted(name)} a second time (first in line {first})", "each parameter once")
            seen[name] = part
        axes.append(axis)
    return axes


def _axis(part: Node) -> list[Values]:
    if part.tag == "DeterministicMultiParameterDistribution":
        sets = part.need("ValueSetDistribution")
        return [assignments(one) for one in sets.children("ParameterValueSet")]
    if part.tag != "DeterministicSingleParameterDistribution":
        raise part.unsupported("distributions of that sort")
    name, said = part.word("parameterName").lstrip("$"), part.only()
    match said.tag:
        case "DistributionSet":
            values = [one.word("value") for one in said.children("Element")]
        case "DistributionRange":
            values = list(_range(said))
        case _:
            raise said.unsupported("distributions of that sort")
    return [{name: value} for value in values]


def _range(node: Node) -> Iterator[str]:
    """Values from the lower limit in full steps, including the upper limit if a step ends there; exact decimals."""
    limits = node.need("Range")
    low, high, step = (
        _decimal(n, name) for n, name in ((limits, "lowerLimit"), (limits, "upperLimit"), (node, "stepWidth"))
    )
    if step <= 0 or high < low:
        raise node.wrong(
            f"steps of {step} from {low} to {high}", "steps above zero, from a lower limit to a higher one"
        )
    count = int((high - low) // step) + 1
    if count > MOST_VALUES:
        raise node.wrong(f"{count} values", f"at most {MOST_VALUES}")
    for i in range(count):
        yield f"{(low + i * step).normalize():f}"


def _decimal(node: Node, name: str) -> Decimal:
    said = node.word(name)
    try:
        value = Decimal(said)
    except InvalidOperation as error:
        raise node.wrong(f"{name}={quoted(said)}", "a number") from error
    if not value.is_finite() or abs(value) > Decimal("1e12") or (value and abs(value) < Decimal("1e-12")):
        raise node.wrong(f"{name}={quoted(said)}", "a number up to 1e12 that is not too near to zero")
    return value
