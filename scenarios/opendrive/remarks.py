"""Remarks on parts of a map that a road of the scenario language has not, or has only approximately."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MapRemark:
    """A part of a map that is approximated or refused: an element's name and line."""

    name: str
    line: int
    said: str
