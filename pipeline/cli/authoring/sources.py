"""Scenarios that a command can simulate, and the parameters of a variant as text."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.runs.scenario_sources import NoLog
from scenarios.scenario import Scenario
from scenarios.sweeps.sweep_spec import as_shown

if TYPE_CHECKING:
    from conditioning.logs.log_fault import LogFault


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


def log_remarks(scenarios: Iterable[Scenario], log: Path | None) -> "tuple[LogFault, ...]":
    """The faults of the log's tables with which these scenarios are read nevertheless, each once."""
    starts = [scenario.from_log for scenario in scenarios if scenario.from_log]
    if log is None or not starts:
        return ()
    from conditioning.logs.check_log import remarks_on  # not needed by most commands, and has many imports

    return remarks_on(log, starts)


def parameters_text(scenario: Scenario) -> str:
    """The sweep's values of a variant, as the author wrote them; random draws to four digits."""
    return ", ".join(f"{path} {as_shown(value)}" for path, value in scenario.parameters.items())
