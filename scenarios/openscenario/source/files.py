"""Other files that an OpenSCENARIO file refers to."""

from pathlib import Path

from scenarios.openscenario.source.node import Node
from scenarios.source.sibling_files import WANTED, Elsewhere, neighbour


def sibling_file(node: Node, attribute: str, home: Path, root: Path | None = None) -> Path:
    """The file or folder that an attribute names, relative to the scenario at `home`; raises Unsupported.

    `root`: the folder that it must be in; by default the one above the scenario's own.
    """
    try:
        return neighbour(node.word(attribute), home, root)
    except Elsewhere as reason:
        wanted = f"{WANTED}; --root names a folder farther up" if root is None else "a path within the folder of --root"
        raise node.wrong(f"{attribute}={reason}", wanted) from None
