"""Other files that a file names; only files beside it are allowed."""

import re
from pathlib import Path, PurePosixPath

from scenarios.source.errors import quoted

LONGEST_PATH = 300
WANTED = "a relative path within the folder above the scenario's own"


class Elsewhere(ValueError):
    """A path that is invalid or leads outside the allowed folder; the message quotes it."""


def neighbour(written: str, home: Path, root: Path | None = None) -> Path:
    """The file or folder of a path relative to the file `home`; raises Elsewhere.

    Suites keep scenarios, roads and catalogs in neighbouring folders: a path may leave its folder by one level only,
    or up to the folder `root` where the user names one.
    """
    said = written.replace("\\", "/")
    if not said or len(said) > LONGEST_PATH or not said.isprintable():
        raise Elsewhere(f"{quoted(said)}, which is no path")
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:|^[/~]|^\$", said):
        raise Elsewhere(f"{quoted(said)}, which leads elsewhere")
    top = home.resolve().parent.parent if root is None else root.resolve()
    found = (home.resolve().parent / PurePosixPath(said)).resolve()  # links are resolved before the check
    if not found.is_relative_to(top):
        raise Elsewhere(f"{quoted(said)}, which leads out of {top.name or top}")
    return found
