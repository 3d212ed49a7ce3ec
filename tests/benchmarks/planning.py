"""Whether the forecast of `nearmiss plan` comes true: python -m tests.benchmarks.planning --clips 8 --workers 1 2

Makes the same short clips (one second of driving each) with every number of workers, with Ray and the shipped weights,
and compares the time until the last clip was there with three forecasts: from that run's own seconds, from those of
the first run, and a batch played through event by event.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.forecast import Cluster, Trouble, forecast, load_of
from pipeline.generate import How, Request, Silent, generate
from pipeline.measured import Measured, read_measured
from pipeline.simulated_batch import play
from tests.pipeline.situations import case

NOTHING_WRONG = Trouble(dying=0.0, slow=0.0)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--clips", type=int, default=8)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = asked.parse_args()
    table = Table("workers", "seconds to the last clip", "own seconds", "first run's seconds", "played", box=None)
    with tempfile.TemporaryDirectory(prefix="nearmiss-planning-") as folder:
        (Path(folder) / "case.yaml").write_text(case(arguments.clips))
        first = None
        for workers in arguments.workers:
            taken, run = make(Path(folder), workers)
            first = first or run
            row = (told(run, workers), told(first, workers), played(run, workers))
            table.add_row(str(workers), f"{taken:.1f}", *(f"{each:.1f} ({each / taken - 1:+.1%})" for each in row))
    Console().print(f"{arguments.clips} clips of one second on {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}")
    Console().print(table)


def make(folder: Path, workers: int) -> tuple[float, Measured]:
    """Seconds until the last clip's last file was written, and the run's figures."""
    out, begun = folder / f"run-{workers}", time.time()
    generate(Request((str(folder / "case.yaml"),), out), How(workers=workers), Silent())
    written = [path.stat().st_mtime for state in ("clips", "rejected") for path in (out / state).rglob("*.mp4")]
    return max(written) - begun, read_measured(out)


def told(run: Measured, workers: int) -> float:
    return forecast(load_of(run, run.startup_s or 0.0), Cluster(workers), NOTHING_WRONG, len(run.clips)).wall_s


def played(run: Measured, workers: int) -> float:
    ends = [
        play(load_of(run, run.startup_s or 0.0), Cluster(workers), NOTHING_WRONG, len(run.clips), s) for s in range(20)
    ]
    return sum(end.wall_s for end in ends) / len(ends)


if __name__ == "__main__":
    main()
