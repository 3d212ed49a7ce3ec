"""The record by which a dataset format is known: from the folders of accepted clips to files, and back to a verdict."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportFormat:
    """A format by its `name`, which the command line and run.json keep: never rename one.

    `write` takes clip folders (`outputs.clips.clip`; accepted, at least one) and a folder to fill or to bring up to
    date, and says in a sentence what is there now; ValueError for clips that cannot be written. `validate` reads such a
    folder and says what is wrong with it, a sentence each. `opens` is what a reader types, with `{place}` for the
    folder. `versions`: merged datasets (`outputs.versioned`) hold this format, and versions of them can be exported.
    """

    name: str
    about: str
    write: Callable[[Sequence[Path], Path], str]
    validate: Callable[[Path], tuple[str, ...]]
    opens: str = ""
    versions: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.name):
            raise ValueError(f"{self.name!r}: a format's name has lower-case letters, digits and dashes only")
