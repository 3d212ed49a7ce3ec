"""An action that has begun."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Deed:
    """What happens, in words, and whether it is over at a time."""

    said: str
    over: Callable[[float], bool]


def at_once(_: float) -> bool:
    """Of what is over as soon as it has begun."""
    return True
