"""The output files of a search: the frontier as scenario files, all trials, and a plot.

frontier/worst-1.yaml ...   the author's file with its sweep reduced to the trial's values; the worst first
search.json                 every trial with its values, its outcome and its figures
search.png                  the progress of the search, and the measure over each parameter; with several measures
                            the trials by each pair of measures, with the frontier
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from outputs.atomic_write import whole_folder, write_text
from outputs.searches.frontier_plot import plot_frontier
from outputs.searches.records import SearchRecord, Trial
from outputs.searches.search_plot import plot_search


def write_search(folder: Path, record: SearchRecord, files: Sequence[dict[str, object]]) -> None:
    """Replace `folder`; `files` are the frontier's scenarios as data, in the frontier's order."""
    with whole_folder(folder) as part:
        (part / "frontier").mkdir()
        for rank, (trial, data) in enumerate(zip(record.frontier, files, strict=True), 1):
            head = f"# worst {rank}: {record.measure} {trial.result(record.units)}; found in {record.file}\n"
            body = yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
            write_text(part / "frontier" / f"worst-{rank}.yaml", head + body)
        write_text(part / "search.json", json.dumps(_record_as_json(record), indent=1, allow_nan=False) + "\n")
        plot = plot_search if len(record.measures) == 1 else plot_frontier
        plot(part / "search.png", record)


def _record_as_json(record: SearchRecord) -> dict[str, object]:
    """The record as JSON data, without the trials' internal coordinates and severities."""
    inner = ("point", "figures", "severities")
    trials = [{k: v for k, v in asdict(t).items() if k not in inner} | _figures(t, record) for t in record.trials]
    ranks = {t.scenario: rank for rank, t in enumerate(record.frontier, 1)}
    for trial in trials:
        trial["frontier"] = ranks.get(trial["scenario"]) if trial["scenario"] else None
    header = {"file": record.file, "measure": record.measures[0], "unit": record.unit, "seed": record.seed}
    if len(record.measures) > 1:
        header |= {"measure": list(record.measures), "unit": list(record.units)}
    return {"format": "nearmiss-search-1", **header, "fates": record.fates, "trials": trials}


def _figures(trial: Trial, record: SearchRecord) -> dict[str, object]:
    if len(record.measures) == 1:
        return {"value": trial.value}
    return {"values_measured": dict(zip(record.measures, trial.figures, strict=False))}
