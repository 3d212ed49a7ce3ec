"""`nearmiss import` and `nearmiss export`: scenario files from and to OpenSCENARIO."""

from pathlib import Path

from rich.console import Console

from pipeline.cli.editor import first_line, schema_for
from pipeline.errors import UserError, refuse_unwritable
from pipeline.runs.safe_names import safe_name
from pipeline.runs.scenario_sources import find, load_all
from scenarios.openscenario.distributions import Imports, import_scenarios
from scenarios.openscenario.export.export import ROLLED_OUT, NotExported, export
from scenarios.openscenario.import_file import Imported, ImportOptions
from scenarios.openscenario.source.node import Report
from scenarios.openscenario.write_file import told_once
from scenarios.simulation.simulate import simulate
from scenarios.source.counts import counted


def import_files(path: Path, out: Path | None, asked: ImportOptions, console: Console) -> None:
    """Write the scenario of an OpenSCENARIO file to `out`; the scenarios of a distribution to the folder `out`.

    Raises SpecErrors with everything that cannot be represented, UserError if `out` exists.
    """
    found = import_scenarios(path, asked)
    several = len(found.scenarios) > 1 or bool(found.dropped) or found.whole > 1
    out = out or (Path(safe_name(path.stem)) if several else Path(f"{safe_name(path.stem)}.yaml"))
    targets = _targets(out, found, several)
    taken = [target for target in targets if target.exists()]
    if taken:
        raise UserError(f"{taken[0]} exists; give another --out")
    refuse_unwritable(out, "--out")
    try:
        for target, scenario in zip(targets, found.scenarios, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            head = first_line(schema_for(target.parent), target.parent)
            with target.open("x", encoding="utf-8") as stream:
                stream.write(f"{head}\n{scenario.text}")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from None
    _tell(found, out, several, console)


def _targets(out: Path, found: Imports, several: bool) -> list[Path]:
    if several or out.is_dir():
        return [out / f"{scenario.name}.yaml" for scenario in found.scenarios]
    return [out if out.suffix in (".yaml", ".yml") else out.with_name(f"{out.name}.yaml")]


def _tell(found: Imports, out: Path, several: bool, console: Console) -> None:
    if found.chosen < found.whole:
        console.print(f"{found.chosen} of {counted(found.whole, 'combination')} of values, evenly chosen", markup=False)
    for name, count in found.dropped.items():
        console.print(f"{counted(count, 'combination')} of values left out by the constraints of {name}", markup=False)
    remarks = _together(found.scenarios)
    for title, style, lines in (
        ("not in the file, since the language cannot represent it", "red", remarks.refused),
        ("approximated", "yellow", remarks.approximated),
        ("left out, since it has no effect here", "dim", remarks.left_out),
    ):
        for line in told_once(lines):
            console.print(f"{title}: {line}", style=style, markup=False, highlight=False, soft_wrap=True)
    files = f"{counted(len(found.scenarios), 'scenario file')} in " if several else ""
    console.print(f"wrote {files}{out}; next: nearmiss explain {out}", markup=False, soft_wrap=True)


def _together(scenarios: tuple[Imported, ...]) -> Report:
    """The remarks about all scenarios, each once."""
    reports = [scenario.report for scenario in scenarios]
    refused, approximated, left_out = (
        list(dict.fromkeys(remark for one in reports for remark in getattr(one, kind)))
        for kind in ("refused", "approximated", "left_out")
    )
    return Report(refused, approximated, left_out)


def export_files(names: tuple[str, ...], out: Path, console: Console) -> bool:
    """Write .xosc and .xodr of every scenario; False if a file has faults or a scenario cannot be exported."""
    loaded = load_all(find(names))
    for faults in loaded.faults:
        console.print(str(faults), style="red", markup=False, highlight=False, soft_wrap=True)
    failed = len(loaded.faults)
    for scenario in loaded.scenarios:
        try:
            if scenario.road is None:
                raise NotExported(f"{scenario.name} starts from a log; there is no road to export")
            made = export(scenario, simulate(scenario))
            out.mkdir(parents=True, exist_ok=True)
            (out / made.xosc_name).write_bytes(made.xosc)
            (out / made.xodr_name).write_bytes(made.xodr)
        except (NotExported, ValueError) as reason:
            console.print(f"not exported: {reason}", style="red", markup=False, highlight=False, soft_wrap=True)
            failed += 1
            continue
        except OSError as error:
            raise UserError(f"{out} cannot be written: {error.strerror}") from None
        rolled = [who for who, how in made.motion.items() if how == ROLLED_OUT]
        said = f" (trajectories of the rollout: {', '.join(rolled)})" if rolled else ""
        console.print(f"wrote {out / made.xosc_name}{said}", markup=False, highlight=False, soft_wrap=True)
        if made.left_out:
            console.print(f"  not in it: {', '.join(made.left_out)}", style="yellow", markup=False, soft_wrap=True)
    return failed == 0
