"""The options of `nearmiss train` and of its flow, each declared once (`pipeline.options`). Imports are few."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, FilePath

from pipeline.options import OptionName
from pipeline.runs.run_config import NetworkOptions


class TrainOptions(NetworkOptions):
    """Options of the training of one network. `begin` is a file of weights; None: random weights."""

    steps: int = Field(20_000, ge=1, description="Training steps in total; a stopped run is continued.")
    save_every: int = Field(1_000, ge=1, description="Steps between checkpoints.")
    seed: int = Field(0, description="Random seed.")
    clips: int = Field(1_000, ge=1, description="Clips of footage to make, if there is no footage.")
    bursts: int = Field(2, ge=1, description="Bursts of pictures in each clip.")
    burst: int = Field(  # by default four windows of the decoder, five steps of the world model
        9, ge=3, description="Pictures of a burst, odd: the length that the decoder learns, such as 33."
    )
    footage: Path = Field(Path("footage"), description="Folder of the training footage.")
    runs: Path = Field(Path("runs/train"), description="Folder for checkpoints, loss curves and samples.")
    begin: Annotated[FilePath | None, OptionName("--from")] = Field(
        None, description="Weights to start from; default: random."
    )
    workers: int | None = Field(None, ge=1, description="Processes for footage; default: one a core.")
    device: str = Field("cpu", description="Device for the training: cpu, cuda or cuda:N.")
