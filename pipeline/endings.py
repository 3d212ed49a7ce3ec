"""How a clip ended, as the process that gave it out is told."""

from dataclasses import dataclass

from outputs.manifest import ClipRecord
from pipeline.runs import Failure


@dataclass(frozen=True)
class Made:
    """A clip that was made just now; `peak_gib` is the most memory that its worker has held so far."""

    record: ClipRecord
    seconds: dict[str, float]
    peak_gib: float


Ending = Made | Failure
