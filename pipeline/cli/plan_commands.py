"""The command `plan`. Imports are inside it, as in `pipeline.cli.main`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.cli.terminal import console, plain_errors

if TYPE_CHECKING:
    from pipeline.planning.cost_model import MeasuredCosts
    from pipeline.planning.planning import ForecastCheck, PlanResult


def plan(
    clips: Annotated[int, typer.Option(min=1, help="Number of accepted clips to plan for.")],
    gpus: Annotated[
        int,
        typer.Option(
            min=0, help="GPUs for the networks, one clip each at a time; an estimate until a run has used one."
        ),
    ] = 0,
    cpus: Annotated[
        int | None, typer.Option(min=1, help="Cores; default: this machine's, or 16 for each of the GPUs.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A run with measurements, or a file of --write; default: the shipped ones."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the measurements of --from to a file, to plan on another machine.")
    ] = None,
    gpu_speedup: Annotated[
        float | None,
        typer.Option(min=0.01, help="ASSUMED speed of a GPU, as a multiple of the measured core's."),
    ] = None,
    dying: Annotated[float, typer.Option(min=0, max=0.9, help="Share of attempts that fail and are repeated.")] = 0.01,
    slow: Annotated[float, typer.Option(min=0, max=0.9, help="Share of clips that take three times as long.")] = 0.01,
    startup: Annotated[
        float | None, typer.Option(min=0, help="Seconds until the first clip starts; default: as measured.")
    ] = None,
    price: Annotated[
        tuple[float, float] | None, typer.Option(metavar="CORE GPU", help="Prices of a core's and a GPU's hour.")
    ] = None,
) -> None:
    """Estimate clips to make, hours, machine hours and disk space for a number of accepted clips on a cluster.

    The times and the acceptance are those of a measured run. A model computes the time; a discrete-event simulation of
    the batch checks it. Without measurements on a GPU the result has bounds, or follows from --gpu-speedup.
    """
    with plain_errors():
        from outputs.atomic_write import write_text
        from pipeline.engine.machine import cores
        from pipeline.errors import UserError, refuse_unwritable
        from pipeline.planning.cost_model import SHIPPED, read_measured
        from pipeline.planning.forecast import Cluster, FailureRates
        from pipeline.planning.planning import CORES_A_GPU, USUAL_START_S, PlanRequest, plan_batch

        if write:
            if write.is_dir():
                raise UserError(f"--write {write} is a folder; name a file")
            refuse_unwritable(write.parent, "--write")
        measured = read_measured(source or SHIPPED)
        if startup is not None:
            measured = measured.model_copy(update={"startup_s": startup})
        cluster = Cluster(cpus or (CORES_A_GPU * gpus if gpus else cores()), gpus)
        usual_start_s = read_measured(SHIPPED).startup_s or USUAL_START_S
        outlook = plan_batch(
            measured, PlanRequest(clips, cluster, FailureRates(dying, slow), gpu_speedup), usual_start_s
        )
        if write:
            write_text(write, measured.model_dump_json(indent=1) + "\n")
    _print_basis(console, measured, outlook, assumed_cores=bool(gpus and not cpus))
    _print_cases(console, outlook, price)


def _print_basis(console: Console, measured: "MeasuredCosts", outlook: "PlanResult", assumed_cores: bool) -> None:
    ask, share = outlook.request, outlook.accepted
    gpus = f"{ask.cluster.gpus} GPUs and " if ask.cluster.gpus else ""
    assumed = " (16 for each GPU: an assumption, --cpus sets it)" if assumed_cores else ""
    lines = [
        f"{ask.clips} accepted clips on {gpus}{ask.cluster.cpus} cores{assumed}",
        f"measured    {measured.source}",
        f"accepted    {measured.accepted} of {measured.tried} clips: {share.share:.0%} (95 %: {share.least:.0%} to "
        f"{share.most:.0%})",
        f"start-up    {outlook.startup_s:.0f} s" + ("" if measured.startup_s is not None else " (not measured)"),
        f"assumed     {ask.trouble.dying:.1%} of attempts fail and are repeated, {ask.trouble.slow:.1%} of clips take "
        f"{ask.trouble.slow_factor:g} times as long",
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if ask.cluster.gpus and measured.device == "cpu":
        console.print(
            "NO GPU WAS MEASURED: the times are extrapolated from CPU cores, since these networks "
            "have not run on a GPU. For a reliable plan leave --gpus out.",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


def _print_cases(console: Console, outlook: "PlanResult", price: tuple[float, float] | None) -> None:
    from rich.table import Table

    cluster, cases = outlook.request.cluster, outlook.cases
    table = Table("", *(case.about or "expected" for case in cases), box=None, pad_edge=False)
    rows = {
        "clips to make": [f"{c.usual.clips} ({c.least.clips} to {c.most.clips})" for c in cases],
        "time": [f"{_time(c.usual.wall_s)} ({_time(c.least.wall_s)} to {_time(c.most.wall_s)})" for c in cases],
        "core hours": [f"{cluster.cpus * c.usual.wall_s / 3600:.0f}" for c in cases],
        "GPU hours": [f"{cluster.gpus * c.usual.wall_s / 3600:.0f}" for c in cases],
        "bound by": [f"{c.usual.bound_by}, {c.usual.busy:.0%} busy" for c in cases],
        "simulated": [_played(c.check) for c in cases],
    }
    if price:
        hourly = cluster.cpus * price[0] + cluster.gpus * price[1]
        rows["price"] = [f"{hourly * c.usual.wall_s / 3600:.0f}" for c in cases]
    for name, cells in rows.items():
        table.add_row(name, *cells)
    console.print(table)
    made, kept = _bytes(outlook.run_bytes), _bytes(outlook.dataset_bytes)
    linked = "nothing more on the same disk, since files are linked"
    console.print(f"disk        {made} for all clips made; {kept} for the dataset ({linked})", highlight=False)
    note = "ranges follow from the acceptance; times are for machines like the measured one with the same load"
    console.print(note, style="dim", soft_wrap=True)


def _played(check: "ForecastCheck") -> str:
    mean = sum(check.simulated_s) / len(check.simulated_s)
    return (
        f"{check.clips} clips: {_time(min(check.simulated_s))} to {_time(max(check.simulated_s))}, "
        f"model {_time(check.modelled_s)} ({check.modelled_s / mean - 1:+.1%})"
    )


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _bytes(count: float) -> str:
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} PB"
