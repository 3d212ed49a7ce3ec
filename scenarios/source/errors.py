"""Faults of a scenario file, which are collected and raised together."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

LONGEST_QUOTE = 80
Inconsistency = tuple[str, str, str]  # path or key, what was found, what would be right


@dataclass(frozen=True, order=True)
class SpecError:
    """One fault: its path in the file (`actors.lead.speed`), what was found and what would be right.

    `line` and `column` count from 1; 0 for a fault without a place in the file.
    """

    where: str
    found: str
    wanted: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{printable(self.where)}: found {self.found}; wanted {self.wanted}"

    def of(self, path: Path) -> str:
        """The fault with `file:line:column` in front, which editors and terminals can open."""
        place = f"{path}:{self.line}:{self.column}" if self.line else f"{path}"
        return f"{place}: {self}"


class SpecErrors(Exception):
    """All faults of one file."""

    def __init__(self, path: str | Path, faults: Iterable[SpecError]):
        self.path = Path(path)
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__(str(self.path), self.faults)

    def __str__(self) -> str:
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return "\n".join([f"{self.path}: {count}", *(f"  {fault.of(self.path)}" for fault in self.faults)])


def printable(text: str) -> str:
    """The text with "?" for control characters: a key of a file may contain line breaks."""
    return "".join(c if c.isprintable() else "?" for c in text)


def quoted(found: object) -> str:
    """What was found, as the author wrote it, shortened and without control characters."""
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return "'yes'" if found else "'no'"
    if isinstance(found, str):
        text = "'" + printable(found[: LONGEST_QUOTE + 1]) + "'"
    else:
        text = _outline(found)
    return text if len(text) <= LONGEST_QUOTE + 2 else text[:LONGEST_QUOTE] + "...'"


def _outline(found: object) -> str:
    if isinstance(found, dict):
        return "a mapping with " + (", ".join(map(str, list(found)[:6])) or "nothing in it")
    if isinstance(found, list | tuple):
        return f"a list of {len(found)}"
    return str(found)


def nearest(word: str, known: Iterable[str]) -> str:
    """All known words, and 'did you mean lead?' with the most similar ones; for messages about unknown names."""
    names = list(dict.fromkeys(str(name) for name in known))
    close = get_close_matches(str(word)[:LONGEST_QUOTE].lower(), names, n=2, cutoff=0.6)
    listed = "one of " + ", ".join(names) if names else "nothing here"
    return f"{listed}; did you mean {' or '.join(close)}?" if close else listed
