"""Options that several commands have, said once."""

from pathlib import Path
from typing import Annotated

import typer

Log = Annotated[
    Path | None, typer.Option(help="Folder of a nuScenes-format log, for scenarios that start `from:` one.")
]
Preset = Annotated[str, typer.Option(help="Size of the networks; `tiny` ships with weights.")]
Renderer = Annotated[
    str, typer.Option(help="What draws the frames: `gaia` (networks), `procedural` (exact, fast, no network)...")
]
Rig = Annotated[str, typer.Option(metavar="NAME|FILE.toml", help="Cameras: `front`, `nuscenes` (six), or a TOML file.")]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", help="What the dataset is written as; repeat it for several."),
]
Seeds = Annotated[list[int] | None, typer.Option(help="Looks to draw; give it several times for several.")]
Weights = Annotated[Path | None, typer.Option(help="Folder with weights of your own, one folder a preset.")]
Attribution = Annotated[str, typer.Option(help="Whom to name wherever clips made from the log are shown.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document for a program (docs/json-output.md).")]
Inline = Annotated[bool, typer.Option("--inline", help="Work in this process, without Ray.")]
RayAddress = Annotated[str | None, typer.Option(help="Address of a Ray cluster; without it Ray starts here.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust-network",
        help="Join a Ray cluster on a network: everybody there can run code as you on all its machines.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Clips made at once; default: one a core.")]
Staged = Annotated[bool, typer.Option("--staged", help="The networks in workers of their own; others do the rest.")]
Gpus = Annotated[float, typer.Option(min=0, help="GPUs for the networks of all workers together; means --staged.")]
GpuShare = Annotated[float, typer.Option(min=0.01, help="Share of a GPU for each worker of the networks.")]
Together = Annotated[int, typer.Option("--batch", min=1, help="Clips that the networks make at once; with --staged.")]
Deadline = Annotated[float, typer.Option(min=1, help="Seconds until a clip is given up; not --inline.")]
Grace = Annotated[float, typer.Option(min=0, help="Seconds that clips in work have when SIGTERM comes.")]
GRACE_S = 25.0  # Kubernetes, Prefect and many others kill after 30
