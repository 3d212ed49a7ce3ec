"""The commands `import` and `export`. Imports are inside them, as in `pipeline.cli.main`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import INCOMPLETE, OK, console, plain_errors


def import_scenario(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="An .xosc: a scenario, or a value distribution.")],
    out: Annotated[
        Path | None, typer.Option(help="The scenario file to write, or for a distribution the folder.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Write what can be represented; list the rest in the file and here.")
    ] = False,
    ego: Annotated[
        str | None, typer.Option(help="The entity that is the ego; default: Ego, Hero, ... or the first.")
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(min=1, max=60, help="Duration of the scenario, s; default: from its StopTrigger."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The folder that all its files must be in; default: the one above the file's own.",
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Of a distribution: take so many combinations, evenly chosen."),
    ] = None,
) -> None:
    """Convert OpenSCENARIO XML 1.0-1.3 and its OpenDRIVE road to scenario files.

    The file is checked against ASAM's schema first. Elements that the language cannot represent are listed with name
    and line; then nothing is written, except with --partial.
    """
    with plain_errors():
        from pipeline.cli.exchange import import_files
        from scenarios.openscenario.import_file import ImportOptions

        import_files(path, out, ImportOptions(ego, duration, partial, root, count), console)


def export_scenario(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Scenario files, folders, or shipped names (nearmiss library)."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the .xosc and .xodr files.")] = Path("runs/export"),
) -> None:
    """Write scenarios as OpenSCENARIO XML 1.2 with an OpenDRIVE road, for players such as esmini.

    Bodies that hold a speed and have only actions of both languages are written as a story, all others as the
    trajectory of the simulation; the files state which.
    """
    with plain_errors():
        from pipeline.cli.exchange import export_files

        raise typer.Exit(OK if export_files(tuple(paths), out, console) else INCOMPLETE)
