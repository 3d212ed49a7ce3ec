"""What happens and who looks at it: simulated, or read from a real log. Knows no network, so nobody waits for torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conditioning.geometry import FIRST_RIG
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import Rig, RigError, rig_id
from conditioning.logs.read_log import Log, read_log
from conditioning.logs.tables import LogError
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate


@dataclass(frozen=True)
class SimulatedWorld:
    """What happens, and the cameras that look at it; `log` is the real drive it was read from, if it was."""

    rollout: Rollout
    rig: tuple[Camera, ...]
    log: Log | None


def roll_out(scenario: Scenario) -> Rollout:
    """Where everything is at every instant."""
    return simulate(scenario)


def refuse_rig_of_log(scenarios: Sequence[Scenario], rig: Rig) -> None:
    """RigError where another rig than `front` is asked for and a scenario starts from a log: such a clip is compared
    with the log's own pictures, and only those of its front camera are read."""
    names = dict.fromkeys(s.name for s in scenarios if s.from_log)
    if names and rig_id(rig) != FIRST_RIG:
        raise RigError(
            f"{', '.join(names)}: starts from a log and is seen by the log's own front camera alone; leave --rig away, "
            "or leave these scenarios out"
        )


def open_world(scenario: Scenario, folder: Path | None, rig: tuple[Camera, ...]) -> SimulatedWorld:
    """What happens and who looks at it: simulated and seen by `rig`, or read from the log in `folder`."""
    if scenario.from_log is None:
        return SimulatedWorld(roll_out(scenario), rig, None)
    if folder is None:
        raise LogError(f"{scenario.name}: starts from a log, and none was given")
    log = read_log(folder, scenario)
    return SimulatedWorld(log.rollout, (log.camera.resized(rig[0].height, rig[0].width),), log)
