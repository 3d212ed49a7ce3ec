"""The options of `nearmiss search`, each declared once (`pipeline.options`). Imports are few."""

from typing import Annotated

from pydantic import Field

from outputs.strict_model import StrictModel
from pipeline.options import OptionName


class SearchOptions(StrictModel):
    """The measures (names in `pipeline.search.severity`) and the effort of a search.

    The same options give the same result with any number of workers; None: one, and one a core for the command.
    """

    measures: Annotated[tuple[str, ...], OptionName("--measure")] = Field(
        ("ttc",), description="ttc, deceleration, visibility or mildness; several: their frontier."
    )
    rollouts: int = Field(600, ge=10, description="Most simulations to run.")
    keep: int = Field(5, ge=1, le=100, description="Worst cases to write, with different values.")
    seed: int = Field(0, ge=0, description="Random seed; the same seed finds the same cases.")
    workers: int | None = Field(None, ge=1, description="Processes that simulate; default: one a core.")
