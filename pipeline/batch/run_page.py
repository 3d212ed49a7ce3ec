"""Summaries of a run for an operator: a line, a row for each clip, a page in Markdown."""

from collections.abc import Iterator

from pipeline.batch.generate import Summary
from scenarios.source.counts import counted


def line_of(summary: Summary) -> str:
    return f"{summary.run}: {summary.counts}, {counted(len(summary.plan.faults), 'file')} with faults"


def rows_of(summary: Summary) -> Iterator[dict[str, str]]:
    for record in summary.records:
        verdict = "accepted" if record.accepted else "rejected"
        yield {"clip": record.id, "verdict": verdict, "why": "; ".join(record.reasons)}
    for failure in summary.failures:
        yield {"clip": failure.clip, "verdict": "failed", "why": failure.reason}


def page_of(summary: Summary, line: str) -> str:
    """Markdown with counts, every clip that is not accepted with its reason, and the faults of files and logs."""
    rows = [row for row in rows_of(summary) if row["verdict"] != "accepted"]
    table = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row.values())} |\n" for row in rows)
    faults = "".join(f"```\n{fault}\n```\n" for fault in (*summary.plan.faults, *summary.plan.log_remarks))
    report = summary.run.absolute() / "report.html"
    head = f"# {line}\n\n{counted(len(summary.plan.jobs), 'clip')} requested. Report: `{report}`\n\n"
    return head + (f"| clip | verdict | why |\n| --- | --- | --- |\n{table}\n" if rows else "") + faults
