"""Other files that an OpenSCENARIO file refers to."""

from pathlib import Path

from scenarios.openscenario.source.node import Node
from scenarios.source.sibling_files import WANTED, Elsewhere, neighbour


def sibling_file(node: Node, attribute: str, home: Path) -> Path:
    """The file or folder that an attribute names, relative to the scenario at `home`; raises Unsupported."""
    try:
        return neighbour(node.word(attribute), home)
    except Elsewhere as reason:
        raise node.wrong(f"{attribute}={reason}", WANTED) from None
