"""Scenarios that a command can simulate, and the parameters of a variant as text."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.runs.scenario_sources import NoLog
from scenarios.scenario import Scenario
from scenarios.sweeps.sweep_spec import as_shown


@dataclass(frozen=True)
class Runnable:
    """Scenarios that can be simulated, and the names of those without their log."""

    scenarios: tuple[Scenario, ...]
    left_out: tuple[str, ...]


def runnable(scenarios: tuple[Scenario, ...], log: Path | None) -> Runnable:
    """Select the scenarios that can be simulated. Raises `NoLog` if there is none."""
    if scenarios and log is None and all(s.from_log for s in scenarios):
        raise NoLog(f"{scenarios[0].name}: starts from a log; give its folder (nuScenes format) with --log")
    able = tuple(s for s in scenarios if log is not None or not s.from_log)
    return Runnable(able, tuple(s.name for s in scenarios if s not in able) if len(able) < len(scenarios) else ())


def parameters_text(scenario: Scenario) -> str:
    """The sweep's values of a variant, as the author wrote them; random draws to four digits."""
    return ", ".join(f"{path} {as_shown(value)}" for path, value in scenario.parameters.items())
