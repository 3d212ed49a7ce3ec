"""A file of a dataset as it lies in a store (`outputs.store`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Stored:
    """A file as it lies there. `frees` counts the bytes that its removal gives back: none of one with other names.

    `changed` is by the store's own clock: when it was written, got this name or was renewed, whichever came last.
    """

    name: str
    frees: int
    changed: datetime
