"""The other files that a file names: only such that lie beside it, never what a path trick leads to."""

import re
from pathlib import Path, PurePosixPath

from scenarios.source.errors import quoted

LONGEST_PATH = 300
WANTED = "a relative path within the folder above the scenario's own"


class Elsewhere(ValueError):
    """A path that is none, or leads away; the message quotes it."""


def neighbour(written: str, home: Path) -> Path:
    """The file or folder of a path that is relative to the file `home`; raises Elsewhere.

    Suites keep scenarios, roads and catalogs in folders side by side: so far up, and no farther, a path may go.
    """
    said = written.replace("\\", "/")
    if not said or len(said) > LONGEST_PATH or not said.isprintable():
        raise Elsewhere(f"{quoted(said)}, which is no path")
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:|^[/~]|^\$", said):
        raise Elsewhere(f"{quoted(said)}, which leads elsewhere")
    top = home.resolve().parent.parent
    found = (home.resolve().parent / PurePosixPath(said)).resolve()  # links are followed, and judged by where they lead
    if not found.is_relative_to(top):
        raise Elsewhere(f"{quoted(said)}, which leads out of {top.name or top}")
    return found
