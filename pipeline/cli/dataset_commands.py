"""The commands `merge`, `export-dataset` and `fetch`. Imports are inside them, as in `pipeline.cli.main`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from outputs.defaults import FIRST_FORMAT
from pipeline.cli.terminal import INCOMPLETE, OK, console, plain_errors
from scenarios.source.counts import counted, listed_counts

if TYPE_CHECKING:
    from pipeline.datasets.merge import MergeSummary

Format = Annotated[str, typer.Option("--format", help="Format of the dataset; an unknown name lists the formats.")]
Dataset = Annotated[str, typer.Option(metavar="DATASET", help="A folder, or an address such as s3://bucket/prefix.")]


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; they may still be running.")],
    into: Dataset,
    val: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of scenario families for validation, 0.2; the first merge fixes it."),
    ] = None,
    test: Annotated[
        float | None, typer.Option(min=0, max=1, help="The same for testing; none unless asked for.")
    ] = None,
    name: Format = FIRST_FORMAT,
) -> None:
    """Add the accepted clips of run folders to a versioned dataset in nuScenes format.

    Merging again adds nothing. Existing files are never rewritten: a merge adds scenes and a new version of the tables.
    Credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, FSSPEC_S3_ENDPOINT_URL, ...).

    Exit code 0: all clips are merged; 1: a clip was damaged and left out; 2: misuse, or the dataset cannot be reached.
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


def _tell(console: Console, into: str, merged: "MergeSummary") -> None:
    from rich.table import Table

    for one in merged.left_out:
        console.print(f"left out {one.clip}: {one.reason}", style="yellow", markup=False, soft_wrap=True)
    if not merged.exclusive:
        console.print("this store does not support concurrent merges: run one at a time", style="yellow")
    version = merged.version
    if version is None:
        console.print(f"{into}: no accepted clip yet, so no version", markup=False)
        return
    added = f"{counted(len(merged.added), 'scene')} added" if merged.added else "nothing new"
    total = listed_counts(scene=len(version.scenes), sample=version.samples, annotation=version.annotations)
    console.print(f"{into}: {added}; {version.name} has {total}", highlight=False, markup=False, soft_wrap=True)
    table = Table("split", "requested", "actual", "families", "scenes", box=None, pad_edge=False)
    for side in version.splits:
        table.add_row(side.split, f"{side.asked:.0%}", f"{side.got:.0%}", str(side.families), str(side.scenes))
    console.print(table)


def export_dataset(
    place: Annotated[str, typer.Argument(metavar="RUN_OR_DATASET", help="A run folder, or a dataset made by `merge`.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    name: Format = FIRST_FORMAT,
    version: Annotated[
        str | None, typer.Option(help="Version of a dataset: name or number, such as v0008; default: the last.")
    ] = None,
) -> None:
    """Write the accepted clips of a run, or a version of a merged dataset, in a format. Invalid files are not kept."""
    with plain_errors():
        from pipeline.datasets.export import export_dataset as write

        summary = write(place, name, out, version)
    console.print(f"{out}: {summary}", highlight=False, markup=False, soft_wrap=True)


def fetch(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="As given to `merge --into`.")],
    to: Annotated[Path, typer.Option(help="Folder for the copy; existing files are not downloaded again.")],
    version: Annotated[str | None, typer.Option(help="Name or number, such as v0008; default: the last.")] = None,
) -> None:
    """Download a version of a dataset to a folder that nuscenes-devkit can load."""
    with plain_errors():
        from outputs.versioned.fetch import fetch_version, find_version
        from outputs.versioned.store import open_store
        from pipeline.errors import UserError
        from pipeline.runs.run_folder import run_instead

        try:
            store = open_store(dataset)
            wanted = find_version(store, version)
            count = fetch_version(store, wanted, to)
        except (OSError, ValueError) as error:
            raise UserError(f"{dataset}: {error}{run_instead(dataset)}") from None
    told = f"{counted(count, 'file')} downloaded; NuScenes('{wanted.name}', '{to}')"
    console.print(told, highlight=False, markup=False, soft_wrap=True)
