"""What a run folder shows to the outside: dataset, rejected list, manifest and report, built from the clips there."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from outputs.clips.coverage import Point, coverage
from outputs.clips.manifest import ClipRecord, write_manifest
from outputs.clips.rejected import write_rejected
from outputs.reporting.report import NotMade, Ordered, write_report
from outputs.reporting.thumbnails import picture
from pipeline.checks.physics import is_critical
from pipeline.datasets.export import datasets_of
from pipeline.runs.run_file import RunStart
from pipeline.runs.run_folder import RequestedScenario, Run, State, reopen
from pipeline.runs.saved_request import goes_on

__all__ = ["picture", "points", "publish", "publish_again"]


def publish(run: Run) -> None:
    """Rebuild them all; the same clips give the same files, however often and in whatever order they were made."""
    records = run.records()
    covered = coverage(points(run.asked(), records))
    accepted, rejected = run.folders(State.ACCEPTED), run.folders(State.REJECTED)
    write_manifest(run.path / "manifest.json", records, covered)
    write_rejected(run.path / State.REJECTED, (r for r in records if not r.accepted))
    for dataset in datasets_of(run):
        if accepted:
            dataset.format.write(accepted, dataset.folder)
        else:  # a dataset of nothing cannot be read by anybody; one of clips that are gone would be false
            shutil.rmtree(dataset.folder, ignore_errors=True)
    failures = [NotMade(failure.clip, failure.reason, failure.transient) for failure in run.failures()]
    title = f"nearmiss: {run.path.name}"
    write_report(
        run.path / "report.html", (*accepted, *rejected), title, failures, coverage=covered, ordered=ordered(run)
    )


def ordered(run: Run) -> Ordered:
    """What the last start wanted, in words; of a folder that an older nearmiss made there is less to say."""
    start = run.last_start()
    budget = {unit: value for unit, value in start.budget or () if value is not None}
    what = {
        "night": start.night, "scenarios": ", ".join(start.paths), "seeds": ", ".join(map(str, start.seeds)),
        "log": start.log, "renderer": run.file().made_with["renderer"], "rig": run.file().made_with["rig"],
        "budget": ", ".join(f"{value:g} {unit}" for unit, value in budget.items()),
        "begun": _instant(start.at),
    }  # fmt: skip
    waiting = 0 if start.due is None else max(0, start.due - start.asked)
    return Ordered(what, start.asked, waiting, start.faults, _again(run, start))


def _again(run: Run, start: RunStart) -> str:
    failures = run.failures()
    if not start.again_failed:
        return goes_on(run, failures)
    broken = any(not failure.transient for failure in failures)
    return start.again_failed if broken else start.again  # a night reads its files anew each time


def _instant(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if written else ""


def publish_again(path: Path) -> Path:
    """The same for a run folder that nobody works in; returns the report. Raises `RunRefused` or `lock.Locked`."""
    with reopen(path) as run:
        publish(run)
    return path / "report.html"


def points(asked: Sequence[RequestedScenario], records: Sequence[ClipRecord]) -> Iterator[Point]:
    """Every scenario that was asked for or made, with what became of its clips."""
    clips: dict[str, list[ClipRecord]] = {}
    for record in records:
        clips.setdefault(record.scenario_id, []).append(record)
    known = {one.scenario: one for one in asked}
    for scenario in {**known, **clips}:
        some = clips.get(scenario, [])
        what = known.get(scenario) or RequestedScenario(
            scenario=scenario, family=some[0].family, parameters=some[0].parameters
        )
        critical = any(is_critical(clip.verdicts) for clip in some)
        yield Point(what.family, what.parameters, bool(some), any(clip.accepted for clip in some), critical)
