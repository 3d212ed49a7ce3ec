"""Compare the forecast of `nearmiss plan` with real runs: python -m tests.benchmarks.planning --clips 8 --workers 1 2

Makes the same short clips (one second of driving each) with every number of workers, with Ray and the shipped weights,
and compares the time until the last clip with three forecasts: from that run's own times, from those of the first run,
and from a discrete-event simulation. `--made RUN WORKERS`, which can be repeated, compares existing runs of one start
instead.
"""

import argparse
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.batch.generate import NoObserver, generate
from pipeline.planning.cost_model import MeasuredCosts, read_measured
from pipeline.planning.forecast import Cluster, FailureRates, forecast, load_of
from pipeline.planning.simulated_batch import simulate_batch
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from tests.pipeline.situations import case

NOTHING_WRONG = FailureRates(dying=0.0, slow=0.0)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--clips", type=int, default=8)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked.add_argument("--made", nargs=2, action="append", metavar=("RUN", "WORKERS"), default=[])
    arguments = asked.parse_args()
    table = Table("run", "clips", "workers", "seconds to the last clip", "own seconds", "first run's seconds", "played")
    with tempfile.TemporaryDirectory(prefix="nearmiss-planning-") as folder:
        (Path(folder) / "case.yaml").write_text(case(arguments.clips))
        made = ((Path(run), int(workers)) for run, workers in arguments.made)
        runs = made if arguments.made else (make(Path(folder), workers) for workers in arguments.workers)
        first = None
        for run, workers in runs:
            measured, taken = read_measured(run), taken_s(run)
            first = first or measured
            told = (
                modelled(measured, workers),
                modelled(first, workers, len(measured.clips)),
                played(measured, workers),
            )
            cells = (f"{each:.1f} ({each / taken - 1:+.1%})" for each in told)
            table.add_row(run.name, str(len(measured.clips)), str(workers), f"{taken:.1f}", *cells)
    Console().print(f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}")
    Console().print(table)


def make(folder: Path, workers: int) -> tuple[Path, int]:
    """Make the clips with a number of workers; returns the run folder and that number."""
    out = folder / f"run-{workers}"
    generate(RunConfig(paths=(str(folder / "case.yaml"),), out=out), ExecutionConfig(workers=workers), NoObserver())
    return out, workers


def taken_s(run: Path) -> float:
    """Seconds from the run's start until the last clip's last file was written."""
    started = datetime.fromisoformat(json.loads((run / "run.json").read_text())["starts"][0]["at"])
    files = [path for state in ("clips", "rejected") for path in (run / state).glob("*/*/*.mp4")]
    return max(path.stat().st_mtime for path in files) - started.timestamp()


def modelled(run: MeasuredCosts, workers: int, clips: int | None = None) -> float:
    load = load_of(run, run.startup_s or 0.0)
    return forecast(load, Cluster(workers), NOTHING_WRONG, clips or len(run.clips)).wall_s


def played(run: MeasuredCosts, workers: int) -> float:
    load, clips = load_of(run, run.startup_s or 0.0), len(run.clips)
    return sum(simulate_batch(load, Cluster(workers), NOTHING_WRONG, clips, seed).wall_s for seed in range(20)) / 20


if __name__ == "__main__":
    main()
