"""Compare imported OpenSCENARIO files with an independent player's trajectories.

    python -m tests.scenarios.openscenario.compare FOLDER

FOLDER holds .xosc files and `reference.json`: for each file's name the bodies with rows of [time in s, x and y of the
box's centre in m, heading in rad, speed in m/s] in the file's world. Prints the largest deviation of a body at these
times, up to the first impact or the end, or the refusal. The exit status is 1 if a file deviates by more than 0.3 m
or 0.3 m/s.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from scenarios.load import loads
from scenarios.openscenario.distributions import import_scenarios
from scenarios.openscenario.import_file import Imported, ImportOptions
from scenarios.rollout import FRAME_RATE_HZ, Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

LARGEST_M, LARGEST_MPS = 0.3, 0.3
Track = list[list[float]]  # rows of time, x, y, heading, speed


@dataclass(frozen=True)
class Deviation:
    """The largest deviations of an imported file from a player, and where; or the refusal of the file."""

    file: str
    metres: float = 0.0
    mps: float = 0.0
    worst: str = ""
    until_s: float = 0.0
    refused: str = ""

    @property
    def right(self) -> bool:
        """Whether the file is refused, or within the limits."""
        return bool(self.refused) or (self.metres <= LARGEST_M and self.mps <= LARGEST_MPS)

    def row(self) -> str:
        if self.refused:
            return f"{self.file:34s} refused: {self.refused}"
        told = f"{self.metres:8.2f} m {self.mps:7.2f} m/s  up to {self.until_s:4.1f} s"
        return f"{self.file:34s} {told}  {'ok' if self.right else f'WRONG: {self.worst}'}"


def compared(path: Path, reference: dict[str, Track]) -> Deviation:
    """The deviation of one file from `reference`: the rows of each entity."""
    try:
        (made,) = import_scenarios(path, ImportOptions()).scenarios
        rollout = simulate(loads(made.text)[0])
    except SpecErrors as faults:
        first = faults.faults[0]
        where = f"{first.line}: " if first.line else ""
        more = f" (and {len(faults.faults) - 1} more)" if len(faults.faults) > 1 else ""
        return Deviation(path.name, refused=f"{where}{first.where}: {first.found}{more}")
    return deviation(path.name, made, rollout, reference)


def deviation(name: str, made: Imported, rollout: Rollout, reference: dict[str, Track]) -> Deviation:
    """The largest deviations in position and in speed of any body."""
    hits = [event.t_s for event in rollout.happenings if event.other]
    until = min([*hits, float(rollout.t_s[-1])])
    there = {body.id: i for i, body in enumerate(rollout.bodies)}
    metres, mps, worst = 0.0, 0.0, ""
    for entity, rows in reference.items():
        actor = made.actors.get(entity)
        if actor not in there:
            return Deviation(name, math.inf, math.inf, f"{entity} is missing", until)
        for t, x, y, _, speed in rows:
            frame = round(t * FRAME_RATE_HZ)
            if t > until + 1e-6 or frame >= len(rollout.t_s):
                break
            here = made.to_world(*rollout.centre[frame, there[actor], :2])
            off, faster = math.dist(here, (x, y)), abs(rollout.speed_mps[frame, there[actor]] - speed)
            if off / LARGEST_M + faster / LARGEST_MPS > metres / LARGEST_M + mps / LARGEST_MPS:
                worst = f"{entity} at {t:g} s"
            metres, mps = max(metres, off), max(mps, float(faster))
    return Deviation(name, metres, mps, worst, until)


def compare_folder(folder: Path) -> list[Deviation]:
    """The deviations of all files that the folder's `reference.json` names."""
    reference = json.loads((folder / "reference.json").read_text())
    return [compared(folder / name, tracks) for name, tracks in sorted(reference.items())]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    found = compare_folder(parser.parse_args().folder)
    for one in found:
        sys.stdout.write(f"{one.row()}\n")
    wrong = sum(not one.right for one in found)
    refused = sum(bool(one.refused) for one in found)
    right = len(found) - wrong - refused
    sys.stdout.write(f"{len(found)} files: {right} right, {refused} refused, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
