"""Rollout and cameras of a scenario: simulated, or read from a real log. Does not import torch."""

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
    """A rollout and its cameras; `log` is the log that it was read from, if any."""

    rollout: Rollout
    rig: tuple[Camera, ...]
    log: Log | None


def roll_out(scenario: Scenario) -> Rollout:
    """Simulate a scenario."""
    return simulate(scenario)


def refuse_rig_of_log(scenarios: Sequence[Scenario], rig: Rig) -> None:
    """Raise RigError for a rig other than `front` with a scenario that starts from a log: such a clip is compared with
    the log's pictures, and only those of its front camera are read."""
    names = dict.fromkeys(s.name for s in scenarios if s.from_log)
    if names and rig_id(rig) != FIRST_RIG:
        raise RigError(
            f"{', '.join(names)}: starts from a log and has only the log's own front camera; leave out --rig, or leave "
            "out these scenarios"
        )


def open_world(scenario: Scenario, folder: Path | None, rig: tuple[Camera, ...]) -> SimulatedWorld:
    """Simulate a scenario with the cameras `rig`, or read its log in `folder`."""
    if scenario.from_log is None:
        return SimulatedWorld(roll_out(scenario), rig, None)
    if folder is None:
        raise LogError(f"{scenario.name}: starts from a log, and none was given")
    log = read_log(folder, scenario)
    return SimulatedWorld(log.rollout, (log.camera.resized(rig[0].height, rig[0].width),), log)
