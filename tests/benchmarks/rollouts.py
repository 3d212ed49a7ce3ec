"""The speed of the simulation by number of actors: python -m tests.benchmarks.rollouts

A six-second scene on five lanes: the ego and a third of the actors have driver models, a third hold their speed, the
others drive in the opposite direction, are parked or cross on foot; the first one brakes hard. No checks, no pictures.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.console import Console
from rich.table import Table

from pipeline.engine.machine import cores
from scenarios.load import loads
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate

HEAD = """\
name: crowd
intent: A street with many actors.
duration: 6 s
road: {lanes: 3, opposite_lanes: 2}
ego: {lane: 1, speed: 50 km/h, drive: follow}
story:
  - a0 brakes at 6 m/s^2 after 1.5 s
"""
ROLES = (
    "kind: car, lane: 1, ahead: {m} m, speed: 50 km/h",
    "kind: car, lane: 0, ahead: {m} m, speed: 48 km/h, drive: follow",
    "kind: van, lane: 2, ahead: {m} m, speed: 52 km/h",
    "kind: car, lane: oncoming 0, ahead: {m} m, speed: 50 km/h",
    "kind: car, lane: 1, ahead: {m} m, speed: 50 km/h, drive: follow",
    "kind: truck, lane: 0, ahead: {m} m, speed: 48 km/h",
    "kind: car, side: right, ahead: {m} m, offset: 0.5 m, speed: 0 km/h",
    "kind: car, lane: 2, behind: {m} m, speed: 52 km/h, drive: follow",
    "kind: pedestrian, side: right, ahead: {m} m, offset: 1 m, speed: 0 km/h",
    "kind: car, lane: oncoming 1, ahead: {m} m, speed: 50 km/h",
)


def crowd(actors: int) -> Scenario:
    """The scene with a number of actors besides the ego, 5 m apart; pedestrians cross."""
    lines = [f"  a{i}: {{{ROLES[i % len(ROLES)].format(m=15 + 5 * i)}}}" for i in range(actors)]
    crossing = [f"  - a{i} crosses at 1.4 m/s after 1 s" for i in range(8, actors, len(ROLES))]
    (scenario,) = loads("\n".join([HEAD.rstrip(), *crossing, "actors:", *lines]) + "\n")
    return scenario


def pace(actors: int, seconds: float) -> tuple[float, float]:
    """Rollouts per second of wall time and of processor time, in this process, measured over at least `seconds`."""
    scenario, count = crowd(actors), 0
    simulate(scenario)
    began, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        simulate(scenario)
        count += 1
    return count / (time.perf_counter() - began), count / (time.process_time() - used)


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=5.0, help="how long each figure is measured")
    options.add_argument("--workers", type=int, default=cores(), help="processes for the second table")
    asked, console = options.parse_args(), Console()
    growth = Table("actors", "rollouts/s", "rollouts/s of processor time", "ms each", box=None, title="one process")
    for actors in (1, 2, 5, 10, 20, 40):
        wall, used = pace(actors, asked.seconds)
        growth.add_row(str(actors), f"{wall:.1f}", f"{used:.1f}", f"{1000 / used:.0f}")
    console.print(growth)
    with ProcessPoolExecutor(asked.workers, get_context("spawn")) as pool:
        list(pool.map(pace, [10] * asked.workers, [0.1] * asked.workers))  # the processes start and load what they need
        paces = list(pool.map(pace, [10] * asked.workers, [asked.seconds] * asked.workers))
    wall, used = (sum(one) for one in zip(*paces, strict=True))
    told = f"10 actors, {asked.workers} processes: {wall:.1f} rollouts/s, {60 * wall:.0f} a minute"
    console.print(f"{told} ({60 * used:.0f} a minute of each one's processor time)", highlight=False)


if __name__ == "__main__":
    main()
