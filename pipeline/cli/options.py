"""Options of several commands."""

from pathlib import Path
from typing import Annotated

import typer

Log = Annotated[
    Path | None, typer.Option(help="Folder of a nuScenes-format log, for scenarios that start `from:` one.")
]
Preset = Annotated[str, typer.Option(help="Size of the networks; `tiny` ships with weights.")]
Renderer = Annotated[
    str, typer.Option(help="Renderer of the frames: `gaia` (networks), `procedural` (exact, fast, no network)...")
]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", help="Format of the dataset; repeat the option for several."),
]
Seeds = Annotated[
    list[int] | None, typer.Option(help="Appearance seed; repeat the option for several variants of each scenario.")
]
Weights = Annotated[Path | None, typer.Option(help="Folder with your own weights, one folder for each preset.")]
Attribution = Annotated[str, typer.Option(help="Credit for clips made from the log.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document (docs/json-output.md).")]
Inline = Annotated[bool, typer.Option("--inline", help="Work in this process, without Ray.")]
RayAddress = Annotated[str | None, typer.Option(help="Address of a Ray cluster; without it Ray starts here.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust-network",
        help="Join a Ray cluster on a network: anyone there can run code as you on all its machines.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Clips made at once; default: one a core.")]
Staged = Annotated[bool, typer.Option("--staged", help="Run the networks in separate workers.")]
Gpus = Annotated[float, typer.Option(min=0, help="GPUs for the networks of all workers together; implies --staged.")]
GpuShare = Annotated[float, typer.Option(min=0.01, help="Share of a GPU for each worker of the networks.")]
Together = Annotated[int, typer.Option("--batch", min=1, help="Clips that the networks make at once; with --staged.")]
Deadline = Annotated[float, typer.Option(min=1, help="Most seconds for a clip; not with --inline.")]
Grace = Annotated[float, typer.Option(min=0, help="Seconds for running clips to finish after SIGTERM.")]
GRACE_S = 25.0  # Kubernetes, Prefect and others kill after 30
