"""One HTML file about a run, whole in itself: clips that play with their labels, plots, verdicts, lineage."""

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

SHOWN = 60  # videos of clips in one page; more would be slow to open


@dataclass(frozen=True)
class Ordered:
    """What was wanted of a run when it was last started, in words. `again` is the command that makes what is missing.

    `clips` were asked for; `waiting` more were due and left for another time; `faults` are of files not understood.
    """

    what: dict[str, str]
    clips: int
    waiting: int
    faults: tuple[str, ...]
    again: str


@dataclass(frozen=True)
class NotMade:
    """A clip that is missing, and why. `transient`: the machine failed, not the clip."""

    clip: str
    why: str
    transient: bool = False


@dataclass(frozen=True)
class Broken:
    """The clips that failed alike."""

    why: str
    transient: bool
    clips: tuple[str, ...]


def write_report(
    path: Path,
    folders: Iterable[Path],
    title: str = "nearmiss report",
    failures: Sequence[NotMade] = (),
    shown: int = SHOWN,
    coverage: Sequence[Coverage] = (),
    ordered: Ordered | None = None,
) -> None:
    """Reads clip folders, writes one page that needs no other file. `failures` are the clips that are missing.

    Every clip is in the overview with a small picture; the first `shown` are there with their videos, fewer where clips
    have several cameras, and the page says how many are not.
    """
    folders = tuple(folders)
    records = tuple(read_record(folder / "record.json") for folder in folders)
    shown = -(-shown // max((len(record.cameras) for record in records), default=1))
    script, style = _source("report.js"), _source("report.css")
    page = _environment().get_template("report.html").render(
        title=title, summary=_summary(records, failures), left_out=len(folders) - shown, ordered=ordered,
        rows=[(record, thumbnail(folder)) for record, folder in zip(records, folders, strict=True)],
        shown={record.id for record in records[:shown]},
        clips=[clip_view(folder) for folder in folders[:shown]], failures=failures, coverage=coverage,
        attributions=sorted({r.attribution for r in records if r.attribution}),
        script=Markup(script), style=Markup(style), script_hash=_hash(script),
    )  # fmt: skip
    write_text(path, page)


def _summary(records: Sequence[ClipRecord], failures: Sequence[NotMade]) -> dict[str, object]:
    failed = Counter(check for record in records for check in failed_checks(record))
    accepted = sum(r.accepted for r in records)
    return {
        "clips": len(records), "accepted": accepted, "rejected": len(records) - accepted, "failed": len(failures),
        "grounds": failed.most_common(), "scenarios": len({r.scenario_id for r in records}),
        "seconds": sum(sum(r.stage_s.values()) for r in records), "broken": broken(failures),
    }  # fmt: skip


def broken(failures: Sequence[NotMade]) -> tuple[Broken, ...]:
    """What broke, each once, what hit most clips first: a night may fail a thousand times for one reason."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for one in failures:
        groups.setdefault((one.why, one.transient), []).append(one.clip)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Broken(why, transient, tuple(clips)) for (why, transient), clips in ordered)


def _environment() -> Environment:
    """Templates in which every value is escaped and a name that does not exist is an error."""
    loader = PackageLoader("outputs.reporting", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.lstrip_blocks = True
    environment.filters.update(quantity=quantity, duration=duration)
    return environment


def quantity(value: float | None) -> str:
    """A number for a table: three significant digits, a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """'95 s', '48 min', '17.2 h'."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _source(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The page's policy lets this script run and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
