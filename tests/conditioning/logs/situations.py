"""Scenarios that start from the log by hand."""

from scenarios.model.environment import Environment, Surface
from scenarios.scenario import Expect, FromLog, Scenario


def scenario(scene="scene-7", start_s=0.0, duration_s=2.0, split="") -> Scenario:
    return Scenario(
        "from-log", "from log", "", {}, duration_s, None, Surface.DRY, 0.85, Environment(), (), (), Expect(),
        FromLog(scene, start_s, split),
    )  # fmt: skip
