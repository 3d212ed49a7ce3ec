"""The overhead of many clips: python -m tests.benchmarks.soak --clips 1000

The clips are specks (`tests.pipeline.specks`): one second, 48 x 80, by the smallest networks, about a second of one
core each, whereas a real clip takes a minute. Everything around them is as usual: Ray's actors, the run folder, checks,
publishing, and with --prefect the flow with its own server.

Prints clips an hour, the time to start, the time of workers outside of stages (Ray, storage, waiting), memory and open
files of driver and workers over the number of clips (least squares after a tenth of them; the error assumes independent
samples, which is only approximately true), and the time to publish a quarter, half and all of the clips.
"""

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from scipy.stats import linregress

import pipeline.batch.generate
from pipeline.batch.generate import generate
from pipeline.datasets.publish import publish
from pipeline.engine.machine import cores
from pipeline.errors import Stopped
from pipeline.runs.clip_outcome import ClipDone, Ending
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import Run
from tests.pipeline.situations import case
from tests.pipeline.specks import SpeckMaker, newborn

SCENARIOS = 50  # more clips are more seeds of these
EVERY_S = 2.0


@dataclass(frozen=True)
class Sample:
    """Memory (MiB, proportional set size) and open files of one process at a number of finished clips."""

    clips: int
    pid: int
    worker: bool
    mib: float
    files: int


@dataclass
class Observer:
    """A progress observer that also samples the processes."""

    out: Path
    began: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)  # when, and the stages' seconds
    asked: threading.Event = field(default_factory=threading.Event)

    def begins(self, run: Path, missing: int, there: int) -> None:
        self.planned = time.monotonic()

    def ended(self, ending: Ending) -> None:
        assert isinstance(ending, ClipDone), ending
        self.ends.append((time.monotonic(), sum(ending.seconds.values())))

    def watch(self) -> None:
        """Sample until the end of the run."""
        driver = psutil.Process()
        while not self.asked.wait(EVERY_S):
            there = sum(len(list((self.out / state).glob("[!.]*"))) for state in ("clips", "rejected"))
            found = [child for child in driver.children(recursive=True) if _is_worker(child)]
            self.samples += [s for p in (driver, *found) if (s := _sample(p, there, p is not driver))]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("ray::_PoolActor") or "ray::_PoolActor" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _sample(process: psutil.Process, clips: int, worker: bool) -> Sample | None:
    try:
        return Sample(clips, process.pid, worker, process.memory_full_info().pss / 2**20, process.num_fds())
    except psutil.Error:  # it ended in the meantime
        return None


def soak(folder: Path, clips: int, how: ExecutionConfig, prefect: bool, minutes: float) -> tuple[Observer, float]:
    """Make the clips within a time limit; returns the observer, and the total seconds."""
    case_file, out = folder / "soak.yaml", folder / "run"
    case_file.write_text(case(min(clips, SCENARIOS)))
    seeds = tuple(range(-(-clips // SCENARIOS)))
    weights = newborn("speck", folder / "weights")
    request = RunConfig(paths=(str(case_file),), out=out, seeds=seeds, preset="speck", weights=weights, limit=clips)
    pipeline.batch.generate.ClipMaker = SpeckMaker
    observer = Observer(out)
    thread = threading.Thread(target=observer.watch)
    thread.start()
    began = time.monotonic()
    try:
        if prefect:
            _through_prefect(request, how, observer)
        else:
            generate(request, how, observer, stop=lambda: time.monotonic() - began > 60 * minutes)
    except Stopped as stopped:
        Console().print(str(stopped))
    finally:
        observer.asked.set()
        thread.join()
    return observer, time.monotonic() - began


def _through_prefect(request: RunConfig, how: ExecutionConfig, observer: Observer) -> None:
    from prefect.testing.utilities import prefect_test_harness

    import flows

    def watched(make: Callable) -> Callable:
        def make_clips(*arguments, **named):
            for ending in make(*arguments, **named):
                observer.ended(ending)
                yield ending

        return make_clips

    flows.make_clips = watched(flows.make_clips)
    with prefect_test_harness(server_startup_timeout=300):
        observer.began = time.monotonic()
        observer.begins(request.out, 0, 0)
        flows.generate_flow(
            list(request.paths), str(request.out), request.seeds, preset=request.preset, weights=str(request.weights),
            how=how, return_state=True,
        )  # fmt: skip


def costs(observer: Observer, seconds: float, workers: int) -> Table:
    table = Table("figure", "value", box=None)
    first, last = observer.ends[0], observer.ends[-1]
    begun = first[0] - first[1]
    own = sum(stage for _, stage in observer.ends)
    beside = workers * (last[0] - begun) - own
    count = len(observer.ends)
    rows = {
        "clips": f"{count}",
        "clips an hour, from the first begun to the last ended": f"{3600 * count / (last[0] - begun):.0f}",
        "to start: planning, s": f"{observer.planned - observer.began:.1f}",
        "to start: Ray and networks, until the first clip is begun, s": f"{begun - observer.planned:.1f}",
        "a clip's own stages, mean, s": f"{own / count:.3f}",
        "beside them (Ray, storage, waiting), a clip, s": f"{beside / count:.3f}",
        "share": f"{beside / own:.1%}",
        "publishing and going home, s": f"{observer.began + seconds - last[0]:.1f}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def growth(samples: list[Sample], clips: int) -> Table:
    """Growth of memory and open files of each process with the number of clips, after a tenth of them."""
    table = Table("process", "samples", "MiB: from", "to", "a 1,000 clips", "+-", "files: from", "to", box=None)
    for pid in dict.fromkeys(sample.pid for sample in samples):
        some = [s for s in samples if s.pid == pid and 0.1 * clips <= s.clips < clips]
        if len({s.clips for s in some}) < 3:
            continue
        fit = linregress([s.clips for s in some], [s.mib for s in some])
        who = f"{'worker' if some[0].worker else 'driver'} {pid}"
        ends = (f"{some[0].mib:.0f}", f"{some[-1].mib:.0f}", f"{1000 * fit.slope:+.1f}", f"{1000 * fit.stderr:.1f}")
        table.add_row(who, str(len(some)), *ends, str(some[0].files), str(some[-1].files))
    return table


def publishing(run: Run, folder: Path) -> Table:
    """The time to publish a part of the clips, all, and all again."""
    table = Table("clips", "publishing s", "report MB", box=None)
    folders = [path for state in ("clips", "rejected") for path in sorted((run.path / state).glob("[!.]*/"))]
    for count in (len(folders) // 4, len(folders) // 2, len(folders)):
        part = Run(folder / f"part-{count}")
        for name in ("clips", "rejected", "failed"):
            (part.path / name).mkdir(parents=True)
        shutil.copyfile(run.path / "run.json", part.path / "run.json")
        for path in folders[:count]:
            shutil.copytree(path, part.path / path.parent.name / path.name, copy_function=os.link)
        for again in ("", " again"):
            began = time.perf_counter()
            publish(part)
            took = f"{time.perf_counter() - began:.1f}"
            table.add_row(f"{count}{again}", took, f"{(part.path / 'report.html').stat().st_size / 1e6:.1f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--minutes", type=float, default=120, help="start no clip after this time; not with --prefect")
    parser.add_argument("--prefect", action="store_true", help="run as a flow, with its own server")
    parser.add_argument("--staged", action="store_true", help="separate workers for the networks, two clips at once")
    parser.add_argument("--keep", type=Path, help="an empty folder to work in; default: a temporary one")
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = chosen.keep or Path(thrown_away)
        folder.mkdir(parents=True, exist_ok=True)
        load = os.getloadavg()[0]
        how = ExecutionConfig(workers=chosen.workers, batch=2 if chosen.staged else 1)
        observer, seconds = soak(folder, chosen.clips, how, chosen.prefect, chosen.minutes)
        through = "through Prefect" if chosen.prefect else "without Prefect"
        through += ", staged" if chosen.staged else ""
        console.print(f"{chosen.clips} specks, {chosen.workers} workers, {through}; load before {load:.1f}, ", end="")
        console.print(f"after {os.getloadavg()[0]:.1f} on {cores()} cores; {seconds:.0f} s in all")
        for table in (costs(observer, seconds, chosen.workers), growth(observer.samples, len(observer.ends))):
            console.print(table)
        console.print(publishing(Run(folder / "run"), folder))


if __name__ == "__main__":
    main()
