"""The other files that a scenario names: only such that lie beside it, never what a path trick leads to."""

import re
from pathlib import Path, PurePosixPath

from scenarios.faults import quoted
from scenarios.openscenario.node import Node

LONGEST_PATH = 300
WANTED = "a relative path within the folder above the scenario's own"


def beside(node: Node, attribute: str, home: Path) -> Path:
    """The file or folder that an attribute names, relative to the scenario at `home`; raises NotSaid.

    Suites keep scenarios, roads and catalogs in folders side by side: so far up, and no farther, a path may go.
    """
    said = node.word(attribute).replace("\\", "/")
    if not said or len(said) > LONGEST_PATH or not said.isprintable():
        raise node.wrong(f"{attribute}={quoted(said)}, which is no path", WANTED)
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:|^[/~]|^\$", said):
        raise node.wrong(f"{attribute}={quoted(said)}, which leads elsewhere", WANTED)
    top = home.resolve().parent.parent
    found = (home.resolve().parent / PurePosixPath(said)).resolve()  # links are followed, and judged by where they lead
    if not found.is_relative_to(top):
        raise node.wrong(f"{attribute}={quoted(said)}, which leads out of {top.name or top}", WANTED)
    return found
