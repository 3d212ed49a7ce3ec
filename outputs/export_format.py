"""The record of a dataset format: writes the folders of accepted clips as files, and validates the files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportFormat:
    """A dataset format. `name` is used on the command line and in run.json: never change it.

    `write` takes folders of accepted clips (`outputs.clips.clip`), at least one, and a folder to fill or to update; it
    returns a summary. ValueError for clips that cannot be written. `validate` returns the faults of such a folder, a
    sentence each. `opens` is the code that loads the dataset, with `{place}` for the folder. `versions`: merged
    datasets (`outputs.versioned`) have this format, and their versions can be exported.
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
