"""`nearmiss search`: find the worst cases within a file's sweep and write them as files."""

from pathlib import Path

from rich.console import Console

from outputs.searches.records import SearchParameter, SearchRecord
from outputs.searches.search_files import write_search
from pipeline.cli.display.search_tables import print_answer, search_progress
from pipeline.cli.json_output import JsonCase, SearchDocument, near_miss_json, print_document
from pipeline.errors import UserError, refuse_unwritable
from pipeline.runs.safe_names import safe_name
from pipeline.runs.scenario_sources import find
from pipeline.search.search import SearchResult, search
from pipeline.search.search_options import SearchOptions
from pipeline.search.severity import MEASURES, SeverityMeasure
from scenarios.compiler.search_space import space
from scenarios.load import load
from scenarios.metrics.near_miss import NearMiss, near_miss
from scenarios.simulation.simulate import simulate
from scenarios.source.counts import counted
from scenarios.source.yaml_document import read_document
from scenarios.sweeps.axes import Dimension, Span
from scenarios.sweeps.sweep_spec import as_text


def search_file(
    name: str,
    wanted: SearchOptions,
    out: Path | None,
    console: Console,
    as_json: bool = False,
) -> bool:
    """Search in the sweep of one file, write and print the result; False if no trial ended in a conflict.

    Raises UserError, or SpecErrors of the file.
    """
    file, asked = _one_file(name), _asked(wanted.measures)
    out = out or Path("runs") / f"search-{safe_name(file.stem)}-{'-'.join(wanted.measures)}"
    if out.exists() and not (out / "search.json").is_file():
        raise UserError(f"{out} exists and is not the folder of a search; give another --out")
    refuse_unwritable(out, "--out")
    spanned = space(read_document(file))
    most = min(wanted.rollouts, spanned.size or wanted.rollouts)
    units = tuple(each.unit for each in asked)
    with search_progress(
        Console(stderr=True, emoji=False) if as_json else console, asked[0].words, units, most
    ) as watch:
        answer = search(file, wanted, watch)
    record = SearchRecord(
        file.name, tuple(each.words for each in asked), units, wanted.seed, tuple(map(_parameter, spanned.dimensions)),
        tuple(answer.trials), answer.frontier,
    )  # fmt: skip
    write_search(out, record, [spanned.narrowed(spanned.choice(trial.point)) for trial in answer.frontier])
    near = _near_misses(out, answer)
    if as_json:
        print_document(_document(record, answer, out, near), console)
    else:
        print_answer(console, record, answer, out, near)
    return bool(answer.frontier)


def _document(record: SearchRecord, answer: SearchResult, out: Path, near: list[NearMiss]) -> SearchDocument:
    cases = tuple(
        JsonCase(id=t.scenario, file=str(out / "frontier" / f"worst-{rank}.yaml"), values=t.values, figures=t.figures,
                 impact_mps=t.impact_mps, near_miss=near_miss_json(missed))
        for rank, (t, missed) in enumerate(zip(answer.frontier, near, strict=True), 1)
    )  # fmt: skip
    return SearchDocument(
        ok=bool(cases), file=record.file, out=str(out), measures=record.measures, units=record.units, seed=record.seed,
        trials=len(record.trials), fates={str(fate): count for fate, count in record.fates.items()}, frontier=cases,
    )  # fmt: skip


def _asked(names: tuple[str, ...]) -> tuple[SeverityMeasure, ...]:
    for name in names:
        if name not in MEASURES:
            raise UserError(f"no measure {name!r}; there are {', '.join(MEASURES)}")
    if len(set(names)) < len(names):
        raise UserError(f"the measures {', '.join(names)}: give each once")
    asked = tuple(MEASURES[name] for name in names)
    if not any(each.dangerous for each in asked):
        raise UserError(f"{names[0]} alone is not a measure of danger; add --measure ttc or another one")
    return asked


def _one_file(name: str) -> Path:
    files = find((name,))
    if len(files) != 1:
        raise UserError(f"{name}: {counted(len(files), 'file')}; a search needs exactly one")
    return files[0]


def _parameter(dimension: Dimension) -> SearchParameter:
    if isinstance(dimension, Span):
        return SearchParameter(dimension.path, dimension.unit)
    paths = " with ".join(dimension.choices[0].values)
    return SearchParameter(paths, "", tuple(", ".join(map(as_text, c.values.values())) for c in dimension.choices))


def _near_misses(out: Path, answer: SearchResult) -> list[NearMiss]:
    """The near misses of the written files, which are checked to be the found scenarios, by their ids."""
    near = []
    for rank, trial in enumerate(answer.frontier, 1):
        (written,) = load(out / "frontier" / f"worst-{rank}.yaml")
        if written.id != trial.scenario:
            raise RuntimeError(f"worst-{rank}.yaml means {written.id}, not {trial.scenario}, which was found")
        near.append(near_miss(simulate(written)))
    return near
