"""Looking at scenarios before any network runs: what was understood, whether it is possible, how it looks."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from conditioning.logs import read_log
from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics
from pipeline.generate import NoLog
from pipeline.printing import verdicts_table
from pipeline.specs import find, load_all
from scenarios.explain import explain
from scenarios.faults import Faults
from scenarios.rollout import Rollout
from scenarios.scenario import Scenario
from scenarios.simulate import simulate


def explain_files(names: tuple[str, ...], console: Console) -> bool:
    """Print what each file means; False if one has faults, which are printed."""
    sound = True
    for file in find(names):
        try:
            console.print(f"[bold]{file}[/]")
            console.print(explain(file), markup=False, highlight=False, soft_wrap=True)
        except Faults as faults:
            _show(faults, console)
            sound = False
    return sound


def check_files(names: tuple[str, ...], log: Path | None, console: Console) -> bool:
    """Print the physics verdicts of every scenario; False if a file has faults or a gating check fails."""
    loaded = load_all(find(names))
    failed = 0
    for scenario in runnable(loaded.scenarios, log, console):
        verdicts = check_physics(roll_out(scenario, log), scenario)
        failed += any(v.gates and v.outcome is Outcome.FAIL for v in verdicts)
        console.print(verdicts_table(f"{scenario.id}  {spoken(scenario)}", verdicts), "")
    for faults in loaded.faults:
        _show(faults, console)
    counted = f"{len(loaded.scenarios)} scenarios, {failed} physically wrong; {len(loaded.faults)} files with faults"
    console.print(counted)
    return not failed and not loaded.faults


def runnable(scenarios: tuple[Scenario, ...], log: Path | None, console: Console) -> Iterator[Scenario]:
    """Those that can be rolled out; the others are named. `NoLog` if there is nothing but others."""
    if scenarios and log is None and all(s.from_log for s in scenarios):
        raise NoLog(f"{scenarios[0].name}: starts from a log; name its folder (nuScenes format) with --log")
    for scenario in scenarios:
        if scenario.from_log and log is None:
            console.print(f"left out {scenario.name}: it starts from a log, and no --log was given", style="yellow")
        else:
            yield scenario


def roll_out(scenario: Scenario, log: Path | None) -> Rollout:
    """Simulated, or read from the log."""
    return read_log(log, scenario).rollout if scenario.from_log and log else simulate(scenario)


def spoken(scenario: Scenario) -> str:
    """The sweep's values of a variant, as the author wrote them."""
    return ", ".join(f"{path} {value}" for path, value in scenario.parameters.items())


def _show(faults: Faults, console: Console) -> None:
    console.print(str(faults), style="red", markup=False, highlight=False, soft_wrap=True)
