"""What becomes of story lines: `python -m tests.scenarios.lines LINES.tsv`, or of whole files: `... FILE.yaml ...`.

A row of the table is `STREET<tab>LINE`, after a head line. `street-STREET.yaml` beside the table is the file into which
the line goes, in place of LINE; its actors without a place are left out where the line does not place them. Printed is
what `explain` says of the events, or the refusal. The last line counts.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.source.errors import SpecErrors


def understood(text: str) -> tuple[bool, str]:
    """Whether a file is understood, and its story as `explain` says it, or why not."""
    try:
        scenarios = loads(text)
    except SpecErrors as errors:
        unplaced = [fault.where.removeprefix("actors.") for fault in errors.faults if fault.found == "no place"]
        if unplaced and len(unplaced) == len(errors.faults):
            return understood(re.sub(rf"^  ({'|'.join(unplaced)}): .*\n", "", text, flags=re.MULTILINE))
        return False, " | ".join(f"{fault.where}: {fault.found}; wanted {fault.wanted}" for fault in errors.faults)
    lines = told(scenarios[:1]).splitlines()
    return True, " | ".join(line.strip(" -") for line in lines if line.startswith("  - "))


def rows(table: Path) -> Iterator[tuple[str, str]]:
    """The lines of a table, each with its whole file."""
    streets: dict[str, str] = {}
    for row in table.read_text("utf-8").splitlines()[1:]:
        street, line = row.split("\t")[:2]
        if street not in streets:
            streets[street] = table.with_name(f"street-{street}.yaml").read_text("utf-8")
        yield f"{street}\t{line}", streets[street].replace("LINE", line)


def inputs(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".tsv":
        yield from rows(path)
    else:
        yield path.name, path.read_text("utf-8")


def main(paths: list[str]) -> None:
    counted = {True: 0, False: 0}
    for path in paths:
        for name, text in inputs(Path(path)):
            known, meaning = understood(text)
            counted[known] += 1
            sys.stdout.write(f"{'OK     ' if known else 'refused'}\t{name}\n\t{meaning}\n")
    sys.stdout.write(f"{counted[True]} understood, {counted[False]} refused\n")


if __name__ == "__main__":
    main(sys.argv[1:])
