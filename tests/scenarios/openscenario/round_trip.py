"""Export scenarios, import them again, and compare the motion.

    python -m tests.scenarios.openscenario.round_trip [NAME ...]

Without names the first scenario of every file of the library and the suites. Prints for each the largest distance of
a body between both simulations up to the first impact, and how many bodies keep their story; the exit status is 1 if
one is over 0.3 m.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenarios.load import library, load, loads, suites
from scenarios.openscenario.export.export import EVENTS, NotExported, export
from scenarios.openscenario.import_file import ImportOptions, import_file
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

LARGEST_M = 0.3


@dataclass(frozen=True)
class RoundTrip:
    """The largest distance of a body after export and import, metres; or why there is none."""

    name: str
    metres: float = 0.0
    stories: int = 0
    bodies: int = 0
    refused: str = ""
    not_exported: str = ""

    @property
    def right(self) -> bool:
        return bool(self.not_exported) or (not self.refused and self.metres <= LARGEST_M)

    def row(self) -> str:
        if self.not_exported:
            return f"{self.name:44s} not exported: {self.not_exported}"
        if self.refused:
            return f"{self.name:44s} NOT IMPORTED: {self.refused}"
        told = f"{self.metres:6.3f} m  {self.stories} of {self.bodies} by their story"
        return f"{self.name:44s} {told}{'' if self.right else '  WRONG'}"


def round_trip(name: str, scenario: Scenario, folder: Path) -> RoundTrip:
    """The deviation of one scenario."""
    rollout = simulate(scenario)
    try:
        made = export(scenario, rollout)
    except NotExported as reason:
        return RoundTrip(name, not_exported=str(reason).partition(": ")[2] or str(reason))
    (folder / made.xodr_name).write_bytes(made.xodr)
    (folder / made.xosc_name).write_bytes(made.xosc)
    try:
        again = simulate(loads(import_file(folder / made.xosc_name, ImportOptions(), {}).text)[0])
    except (SpecErrors, ValueError) as faults:
        return RoundTrip(name, refused=" ".join(str(faults).split())[-300:])
    stories = sum(how == EVENTS for how in made.motion.values())
    return RoundTrip(name, farthest(rollout, again), stories, len(made.motion))


def farthest(one: Rollout, other: Rollout) -> float:
    """The largest distance of a body between two rollouts up to the first impact, metres."""
    hits = [event.t_s for rollout in (one, other) for event in rollout.happenings if event.other]
    last = min(len(one.t_s), len(other.t_s), int(np.searchsorted(one.t_s, min(hits, default=np.inf))) or 1)
    order = [other.index(body.id) for body in one.bodies]
    off = one.centre[:last, :, :2] - other.centre[:last, order, :2]
    return float(np.hypot(off[..., 0], off[..., 1]).max())


def main(names: list[str]) -> int:
    """Print the table."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in sorted((library() | suites()).items()):
            if names and name not in names:
                continue
            scenario = load(path)[0]
            if scenario.from_log is not None:
                continue
            found.append(round_trip(name, scenario, Path(folder)))
            sys.stdout.write(f"{found[-1].row()}\n")
            sys.stdout.flush()
    wrong, left = sum(not one.right for one in found), sum(bool(one.not_exported) for one in found)
    sys.stdout.write(f"{len(found)} scenarios: {len(found) - wrong - left} back, {left} not exported, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
