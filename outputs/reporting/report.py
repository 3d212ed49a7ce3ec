"""The HTML report of a run, one self-contained file: videos with labels, plots, verdicts and lineage of the clips."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from outputs.atomic_write import write_text
from outputs.clips.coverage import Coverage
from outputs.clips.manifest import ClipRecord, failed_checks, read_record
from outputs.reporting.clip_section import clip_view
from outputs.reporting.thumbnails import thumbnail

SHOWN = 60  # clips with videos in one page; a page with more is slow to open


@dataclass(frozen=True)
class RunRequest:
    """The request of the run's last start, as text. `again` is the command that makes the missing clips.

    `clips` were requested; `waiting` more were due and left for a later run; `faults` are errors in scenario files.
    """

    what: dict[str, str]
    clips: int
    waiting: int
    faults: tuple[str, ...]
    again: str


@dataclass(frozen=True)
class MissingClip:
    """A clip that is missing, and the reason. `transient`: a failure of the machine, not of the clip."""

    clip: str
    why: str
    transient: bool = False


@dataclass(frozen=True)
class FailureGroup:
    """Clips that failed for the same reason."""

    why: str
    transient: bool
    clips: tuple[str, ...]


def write_report(
    path: Path,
    folders: Iterable[Path],
    title: str = "nearmiss report",
    failures: Sequence[MissingClip] = (),
    shown: int = SHOWN,
    coverage: Sequence[Coverage] = (),
    request: RunRequest | None = None,
) -> None:
    """Write the report of clip folders, one page that needs no other file.

    Every clip is in the overview with a small picture. The first `shown` have their videos, fewer where clips have
    several cameras; the page states how many have not.
    """
    folders = tuple(folders)
    records = tuple(read_record(folder / "record.json") for folder in folders)
    shown = -(-shown // max((len(record.cameras) for record in records), default=1))
    script, style = _template_text("report.js"), _template_text("report.css")
    page = _environment().get_template("report.html").render(
        title=title, summary=_summary(records, failures), left_out=len(folders) - shown, request=request,
        rows=[(record, thumbnail(folder)) for record, folder in zip(records, folders, strict=True)],
        shown={record.id for record in records[:shown]},
        clips=[clip_view(folder) for folder in folders[:shown]], failures=failures, coverage=coverage,
        attributions=sorted({r.attribution for r in records if r.attribution}),
        script=Markup(script), style=Markup(style), script_hash=_hash(script),
    )  # fmt: skip
    write_text(path, page)


def _summary(records: Sequence[ClipRecord], failures: Sequence[MissingClip]) -> dict[str, object]:
    failed = Counter(check for record in records for check in failed_checks(record))
    accepted = sum(r.accepted for r in records)
    return {
        "clips": len(records), "accepted": accepted, "rejected": len(records) - accepted, "failed": len(failures),
        "grounds": failed.most_common(), "scenarios": len({r.scenario_id for r in records}),
        "seconds": sum(sum(r.stage_s.values()) for r in records), "failure_groups": group_failures(failures),
    }  # fmt: skip


def group_failures(failures: Sequence[MissingClip]) -> tuple[FailureGroup, ...]:
    """Group missing clips by reason, largest group first."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for one in failures:
        groups.setdefault((one.why, one.transient), []).append(one.clip)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(FailureGroup(why, transient, tuple(clips)) for (why, transient), clips in ordered)


def _environment() -> Environment:
    """Templates that escape every value; an undefined name is an error."""
    loader = PackageLoader("outputs.reporting", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.lstrip_blocks = True
    environment.filters.update(quantity=quantity, duration=duration)
    return environment


def quantity(value: float | None) -> str:
    """A number for a table: three significant digits; a dash for None."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """'95 s', '48 min', '17.2 h'."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _template_text(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """SHA-256 of the script for the page's content security policy, which allows no other script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
