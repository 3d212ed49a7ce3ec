"""Publication of a run: dataset, list of rejected clips, manifest and report, built from the clips in its folder."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from outputs.clips.coverage import Point, coverage
from outputs.clips.inventory import describe_damages
from outputs.clips.manifest import ClipRecord, write_manifest
from outputs.clips.rejected import write_rejected
from outputs.reporting.report import MissingClip, RunRequest, write_report
from outputs.reporting.thumbnails import picture
from pipeline.checks.physics import is_critical
from pipeline.datasets.export import datasets_of
from pipeline.runs.run_file import RunStart
from pipeline.runs.run_folder import RequestedScenario, Run, RunRefused, State, reopen
from pipeline.runs.saved_request import goes_on

__all__ = ["coverage_points", "picture", "publish", "publish_again"]


def publish(run: Run) -> None:
    """Write all published files; the same clips give the same files."""
    records = run.records()
    covered = coverage(coverage_points(run.asked(), records))
    accepted, rejected = run.folders(State.ACCEPTED), run.folders(State.REJECTED)
    write_manifest(run.path / "manifest.json", records, covered)
    write_rejected(run.path / State.REJECTED, (r for r in records if not r.accepted))
    for dataset in datasets_of(run):
        if accepted:
            dataset.format.write(accepted, dataset.folder)
        else:  # readers refuse an empty dataset, and one of deleted clips would be wrong
            shutil.rmtree(dataset.folder, ignore_errors=True)
    failures = [MissingClip(failure.clip, failure.reason, failure.transient) for failure in run.failures()]
    title = f"nearmiss: {run.path.name}"
    write_report(
        run.path / "report.html", (*accepted, *rejected), title, failures, coverage=covered, request=run_request(run)
    )


def run_request(run: Run) -> RunRequest:
    """The request of the last start, for the report; folders of older versions have fewer entries."""
    start = run.last_start()
    budget = {unit: value for unit, value in start.budget or () if value is not None}
    what = {
        "night": start.night, "scenarios": ", ".join(start.paths), "seeds": ", ".join(map(str, start.seeds)),
        "log": start.log, "renderer": run.file().made_with["renderer"], "rig": run.file().made_with["rig"],
        "budget": ", ".join(f"{value:g} {unit}" for unit, value in budget.items()),
        "started": _utc_text(start.at),
    }  # fmt: skip
    waiting = 0 if start.due is None else max(0, start.due - start.asked)
    return RunRequest(what, start.asked, waiting, start.faults, _resume_command(run, start))


def _resume_command(run: Run, start: RunStart) -> str:
    failures = run.failures()
    if not start.again_failed:
        return goes_on(run, failures)
    broken = any(not failure.transient for failure in failures)
    return start.again_failed if broken else start.again  # a nightly run reads its files again each time


def _utc_text(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if written else ""


def publish_again(path: Path) -> Path:
    """Publish a run folder that is not in use; returns the report's path. Raises `RunRefused` or `lock.Locked`."""
    with reopen(path) as run:
        if damage := describe_damages((*run.folders(State.ACCEPTED), *run.folders(State.REJECTED))):
            raise RunRefused(f"{path}: {damage}")
        publish(run)
    return path / "report.html"


def coverage_points(asked: Sequence[RequestedScenario], records: Sequence[ClipRecord]) -> Iterator[Point]:
    """A point for every scenario that was requested or made, with the outcome of its clips."""
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
