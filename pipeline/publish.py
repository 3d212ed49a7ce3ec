"""What a run folder shows to the outside: dataset, rejected list, manifest and report, built from the clips there."""

import shutil
from pathlib import Path

from outputs.manifest import write_manifest
from outputs.nuscenes import write_dataset
from outputs.rejected import write_rejected
from outputs.report import write_report
from pipeline.runs import Run, State, reopen


def publish(run: Run) -> None:
    """Rebuild them all; the same clips give the same files, however often and in whatever order they were made."""
    records = run.records()
    accepted, rejected = run.folders(State.ACCEPTED), run.folders(State.REJECTED)
    write_manifest(run.path / "manifest.json", records)
    write_rejected(run.path / State.REJECTED, (r for r in records if not r.accepted))
    if accepted:
        write_dataset(accepted, run.path / "dataset")
    else:  # a dataset of nothing cannot be read by anybody; one of clips that are gone would be false
        shutil.rmtree(run.path / "dataset", ignore_errors=True)
    failures = [(failure.clip, failure.reason) for failure in run.failures()]
    write_report(run.path / "report.html", (*accepted, *rejected), f"nearmiss: {run.path.name}", failures)


def publish_again(path: Path) -> Path:
    """The same for a run folder that nobody works in; returns the report. Raises `RunRefused` or `lock.Locked`."""
    with reopen(path) as run:
        publish(run)
    return path / "report.html"
