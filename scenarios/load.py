"""Load a scenario file to concrete scenarios, or to all its faults at once."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from scenarios.compiler.compile import build
from scenarios.compiler.opendrive_road import grounded
from scenarios.scenario import Scenario
from scenarios.source.errors import SpecError, SpecErrors
from scenarios.source.yaml_document import Document, parse_document, read_document
from scenarios.sweeps.sweep import Refused, SweepVariant, expand
from scenarios.sweeps.sweep_spec import without_sweep

LIBRARY = Path(__file__).with_name("library")  # a small selection of scenarios
SUITES = Path(__file__).with_name("suites")  # complete protocols, one folder each


@dataclass(frozen=True)
class Meaning:
    """The scenarios of a file, and the number of its sweep's combinations that each constraint dropped."""

    scenarios: tuple[Scenario, ...]
    dropped: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()  # differences of its road from the map


def load(path: str | Path, seed: int = 0) -> tuple[Scenario, ...]:
    """The scenarios of a file, in the order of its sweep; raises SpecErrors.

    `seed` decides the values that a sweep draws; everything else, and every id, depends on the file only.
    """
    return understand(read_document(path), seed).scenarios


def loads(text: str, path: str | Path = "scenario.yaml", seed: int = 0) -> tuple[Scenario, ...]:
    """The scenarios of a text; `path` is only used in messages."""
    return understand(parse_document(text, path), seed).scenarios


def understand(document: Document, seed: int = 0) -> Meaning:
    """The scenarios of a document; raises SpecErrors with every fault of every variant."""
    found_road = grounded(document)
    document = found_road.document
    try:
        expansion = expand(document.data, seed)
    except Refused as refused:  # reported together with the faults of the rest
        rest = build(without_sweep(document.data))[1]
        raise document.faults(refused.faults + [f for f in rest if f.found != "nothing"]) from refused
    scenarios: list[Scenario] = []
    counted: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], tuple[SpecError, SweepVariant]] = {}
    for variant in expansion.variants:
        scenario, found = build(variant.data)
        for fault in dict.fromkeys(_swept(fault, variant, document.data) for fault in found):
            counted[fault.where, fault.found] += 1
            first.setdefault((fault.where, fault.found), (fault, variant))
        if scenario is not None:
            scenarios.append(replace(scenario, parameters=variant.parameters, spec_hash=document.hash))
    if counted:
        raise document.faults([_told(*first[key], n, len(expansion.variants)) for key, n in counted.items()])
    _refuse_twins(document, scenarios)
    return Meaning(tuple(scenarios), expansion.dropped, found_road.remarks)


def library() -> dict[str, Path]:
    """The shipped selection of scenario files by name, such as 'euro_ncap/cpnco-child'."""
    return _named(LIBRARY)


def suites() -> dict[str, Path]:
    """The files of the protocols' suites by name, such as 'euro_ncap_2023/ccrb'."""
    return _named(SUITES)


def groups() -> dict[str, tuple[Path, ...]]:
    """Names of groups of shipped files: `library`, `suites`, and each folder in them."""
    found: dict[str, tuple[Path, ...]] = {"library": tuple(library().values()), "suites": tuple(suites().values())}
    for name, path in (library() | suites()).items():
        folder = name.partition("/")[0]
        found[folder] = (*found.get(folder, ()), path)
    return found


def _named(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).with_suffix("").as_posix(): p for p in sorted(folder.rglob("*.yaml"))}


def _swept(fault: SpecError, variant: SweepVariant, data: dict[str, object]) -> SpecError:
    """Moves a fault of a swept value to the sweep, where the author wrote it."""
    for path, where in variant.where.items():
        if fault.where == path or fault.where.startswith(f"{path}."):
            return replace(fault, where=where)
        if fault.where == path.split(".")[0] and fault.where not in data:  # the section exists by the sweep only
            return replace(fault, where=f"sweep.{path}")
    return fault


def _told(fault: SpecError, first: SweepVariant, count: int, of: int) -> SpecError:
    """Adds the number of variants with the fault, and the first of them, if not all have it."""
    if count == of or fault.where.startswith("sweep."):
        return fault
    values = ", ".join(f"{path}: {value}" for path, value in first.parameters.items())
    return replace(fault, found=f"{fault.found} (in {count} of {of} variants, first with {values})")


def _refuse_twins(document: Document, scenarios: list[Scenario]) -> None:
    seen: dict[str, Scenario] = {}
    for scenario in scenarios:
        if scenario.id in seen:
            found = f"two variants that are the same: {seen[scenario.id].parameters} and {scenario.parameters}"
            raise document.faults([SpecError("sweep", found, "values that differ in what they mean")])
        seen[scenario.id] = scenario


def template(name: str) -> str:
    """A first scenario to edit, for a file called `name`; ValueError if that is not a valid name."""
    text = TEMPLATE.replace("NAME", name)
    try:
        loads(text, f"{name}.yaml")
    except SpecErrors as error:
        raise ValueError(str(error.faults[0])) from error
    return text


TEMPLATE = """\
name: NAME
intent: The lead car brakes hard while the ego follows.   # one sentence: what is this scenario for?
source: {suite: own, type: lead vehicle decelerating}
duration: 6 s

# Every quantity has its unit: 50 km/h, 12 m, 1.5 s, 6 m/s^2, 90 deg.
road: {kind: straight, lanes: 2, opposite_lanes: 1, lane_width: 3.5 m, surface: dry}   # or curve, radius, direction
environment: {time: day, weather: clear}             # day | dusk | night;  clear | rain | fog | snow

# Lanes are numbered from the right, 0 first. `ahead` is the free gap, bumper to bumper.
ego: {lane: 0, speed: 50 km/h, drive: follow}        # or drive: hold speed, or a trajectory
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}
  truck: {kind: truck, side: right, ahead: 30 m, offset: 0.5 m}   # parked beside the road

story:                                               # English, one sentence a line
  - lead brakes at 6 m/s^2 after 1.5 s
# - a child steps out from behind the parked truck after 2 s    (with  child: {kind: child}  under actors)

# sweep: {actors.lead.ahead: [10 m, 15 m, 25 m]}     # every combination becomes a scenario; or a range, or draws:
#   {from: 10 m, to: 25 m, step: 5 m}   {between: [10 m, 25 m], draws: 8}
expect: {collision: allowed}                         # allowed | never | required;  min_ttc: below 2 s
"""
