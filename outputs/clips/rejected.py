"""The list of rejected clips with their reasons, as JSON and as Markdown."""

from collections.abc import Iterable
from pathlib import Path

from outputs.atomic_write import write_text
from outputs.clips.manifest import ClipRecord, failed_checks, write_manifest


def write_rejected(folder: Path, records: Iterable[ClipRecord]) -> None:
    """Write `rejected.json` (complete records) and `README.md` (reasons) into `folder`, also if no clip was rejected.

    ValueError if an accepted record is among them.
    """
    rejected = sorted(records, key=lambda record: record.id)
    if any(record.accepted for record in rejected):
        raise ValueError(f"accepted: {[record.id for record in rejected if record.accepted]}")
    write_manifest(folder / "rejected.json", rejected)
    write_text(folder / "README.md", _page(rejected))


def _page(records: list[ClipRecord]) -> str:
    head = "# Rejected clips\n\nKept apart from the dataset: nothing here should be trained on.\n\n"
    if not records:
        return head + "None.\n"
    return f"{head}| clip | scenario | checks | reasons |\n| --- | --- | --- | --- |\n{''.join(map(_row, records))}"


def _row(record: ClipRecord) -> str:
    checks = "<br>".join(f"`{check}`" for check in failed_checks(record))
    return f"| `{record.id}` | {_cell(record.name)} | {checks} | {'<br>'.join(map(_cell, record.reasons))} |\n"


def _cell(text: str) -> str:
    """Escape text so that it cannot end a table cell or a line, nor start a tag."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
