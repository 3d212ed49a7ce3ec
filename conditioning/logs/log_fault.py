"""A fault of a log: where it is, what was found and what would be right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

BY_TEXT = ("category-unknown", "category-wider")  # kinds of fault that are one for each category
FIRST_ROWS = 3  # tokens of a fault that are named; the others are counted
LONGEST = 60  # characters of a value in a message
MOST_LISTED = 12  # values in a list of names


@dataclass(frozen=True)
class LogFault:
    """One kind of fault in one table.

    `rows` are the tokens of the first rows, `count` is the number of all rows that have it; no rows: the whole table.
    `refused`: with it the log would be read wrongly, or nuScenes' devkit does not load it. Otherwise the log is read
    and the fault is a remark.
    """

    kind: str
    table: str
    rows: tuple[str, ...]
    count: int
    found: str
    wanted: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.table}{self._where()}: {self.found}; wanted {self.wanted}"

    def _where(self) -> str:
        if not self.rows:
            return ""
        more = f" and {self.count - len(self.rows)} more" if self.count > len(self.rows) else ""
        return f", {'row' if self.count == 1 else 'rows'} {', '.join(self.rows)}{more}"


def faults_of(
    kind: str, table: str, rows: Iterable[object], found: str, wanted: str, *, refused: bool = True
) -> Iterator[LogFault]:
    """The fault of these rows, by their tokens or places; nothing if there are none."""
    named = [plain(row) for row in rows]
    if named:
        yield LogFault(kind, table, tuple(named[:FIRST_ROWS]), len(named), found, wanted, refused)


def merged(faults: Iterable[LogFault]) -> tuple[LogFault, ...]:
    """Each kind of fault of a table once, such as for all scenes of a log together; refused ones first."""
    once: dict[tuple[str, str, bool, str], LogFault] = {}
    for fault in faults:
        key = fault.kind, fault.table, fault.refused, fault.found if fault.kind in BY_TEXT else ""
        before = once.get(key)
        if before is None:
            once[key] = fault
        else:
            rows = tuple(dict.fromkeys((*before.rows, *fault.rows)))[:FIRST_ROWS]
            once[key] = replace(before, rows=rows, count=before.count + fault.count)
    return tuple(sorted(once.values(), key=lambda fault: not fault.refused))


def shown(value: object) -> str:
    """A value as it stands in the table, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        text = "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def listed(values: Iterable[object]) -> str:
    """The first values, without quotes where they are plain texts, and the number of the others."""
    first: list[str] = []
    others = 0
    for value in values:
        if len(first) < MOST_LISTED:
            first.append(plain(value))
        else:
            others += 1
    return ", ".join(first) + (f" and {others} more" if others else "") or "none"


def plain(value: object) -> str:
    """A token, a name or a path without quotes, cut where it is long; anything else as in `shown`."""
    text = value if isinstance(value, str) and value.isprintable() and value else shown(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
