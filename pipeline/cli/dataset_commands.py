"""The commands `merge`, `export-dataset` and `fetch`. Imports are inside them, as in `pipeline.cli.main`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from outputs.defaults import FIRST_FORMAT
from pipeline.cli.terminal import INCOMPLETE, OK, console, plain_errors

if TYPE_CHECKING:
    from pipeline.datasets.merge import Merged

Format = Annotated[str, typer.Option("--format", help="What the dataset is written as; an unknown name lists what is.")]
Dataset = Annotated[str, typer.Option(metavar="DATASET", help="A folder, or an address such as s3://bucket/prefix.")]


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; they may still be at work.")],
    into: Dataset,
    val: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of scenario families for validation; fixed at the first merge; 0.2."),
    ] = None,
    test: Annotated[
        float | None, typer.Option(min=0, max=1, help="The same for testing; none unless asked for.")
    ] = None,
    name: Format = FIRST_FORMAT,
) -> None:
    """Add the accepted clips of run folders to a versioned dataset in nuScenes format.

    Merging again adds nothing. What is there is never rewritten: a merge adds scenes and a new version of the tables.
    Credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, FSSPEC_S3_ENDPOINT_URL, ...).

    Exit code 0: everything is in; 1: a clip was damaged and left out; 2: misuse, or the dataset cannot be reached.
    """
    with plain_errors():
        from outputs.nuscenes.splits import Shares
        from pipeline.datasets.merge import merge as add
        from pipeline.errors import UserError

        try:
            usual = Shares()
            shares = None if val is None and test is None else Shares(
                usual.val if val is None else val, usual.test if test is None else test
            )  # fmt: skip
        except ValueError as error:
            raise UserError(str(error)) from None
        merged = add(runs, into, shares, name)
    _tell(console, into, merged)
    raise typer.Exit(INCOMPLETE if merged.left_out else OK)


def _tell(console: Console, into: str, merged: "Merged") -> None:
    from rich.table import Table

    for one in merged.left_out:
        console.print(f"left out {one.clip}: {one.reason}", style="yellow", markup=False, soft_wrap=True)
    if not merged.exclusive:
        console.print("this store cannot tell which of two merges came first: run one at a time", style="yellow")
    version = merged.version
    if version is None:
        console.print(f"{into}: no accepted clip yet, so no version")
        return
    added = f"{len(merged.added)} scenes added" if merged.added else "nothing new"
    total = f"{len(version.scenes)} scenes, {version.samples} samples, {version.annotations} annotations"
    console.print(f"{into}: {added}; {version.name} has {total}", highlight=False, markup=False, soft_wrap=True)
    table = Table("split", "asked", "got", "families", "scenes", box=None, pad_edge=False)
    for side in version.splits:
        table.add_row(side.split, f"{side.asked:.0%}", f"{side.got:.0%}", str(side.families), str(side.scenes))
    console.print(table)


def export_dataset(
    place: Annotated[str, typer.Argument(metavar="RUN_OR_DATASET", help="A run folder, or a dataset as of `merge`.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    name: Format = FIRST_FORMAT,
    version: Annotated[
        str | None, typer.Option(help="Of a dataset: its name or number, such as v0008; default: the last.")
    ] = None,
) -> None:
    """Write the accepted clips of a run, or a version of a merged dataset, in a format; validated before it appears."""
    with plain_errors():
        from pipeline.datasets.export import export_dataset as write

        told = write(place, name, out, version)
    console.print(f"{out}: {told}", highlight=False, markup=False, soft_wrap=True)


def fetch(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="As given to `merge --into`.")],
    to: Annotated[Path, typer.Option(help="Folder for the copy; what is there already is not sent again.")],
    version: Annotated[str | None, typer.Option(help="Its name or number, such as v0008; default: the last.")] = None,
) -> None:
    """Bring a version of a dataset to this machine, where nuscenes-devkit can load it."""
    with plain_errors():
        from outputs.versioned.fetch import fetch_version, find_version
        from outputs.versioned.store import open_store
        from pipeline.errors import UserError

        try:
            store = open_store(dataset)
            wanted = find_version(store, version)
            count = fetch_version(store, wanted, to)
        except (OSError, ValueError) as error:
            raise UserError(f"{dataset}: {error}") from None
    console.print(f"{count} files brought; NuScenes('{wanted.name}', '{to}')", highlight=False, soft_wrap=True)
