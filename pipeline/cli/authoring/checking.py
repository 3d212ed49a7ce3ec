"""`nearmiss check`: whether scenarios are possible and end as their files expect. Imports no libraries for networks or
pictures, so that it starts quickly."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import check_physics, is_expectation
from pipeline.cli.authoring.sources import log_remarks, runnable
from pipeline.cli.json_output import (
    CheckDocument,
    JsonChecked,
    JsonCollision,
    event_json,
    faults_json,
    log_fault_json,
    near_miss_json,
    print_document,
    scenario_json,
    verdict_json,
)
from pipeline.runs.scenario_sources import find, load_all, refuse_unused_log
from scenarios.events.event_outcomes import EventOutcome, event_outcomes
from scenarios.metrics.near_miss import NearMiss, near_miss
from scenarios.rollout import Rollout, RolloutEnd, SimEvent
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

if TYPE_CHECKING:
    from conditioning.logs.log_fault import LogFault


@dataclass(frozen=True)
class CheckedScenario:
    """The verdicts of the physics checks on one scenario and its near miss; `collisions` are all contacts, in order."""

    scenario: Scenario
    ended: RolloutEnd
    lasted_s: float
    collisions: tuple[SimEvent, ...]
    near: NearMiss
    verdicts: tuple[Verdict, ...]
    events: tuple[EventOutcome, ...]

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """The gating checks that failed."""
        return tuple(v for v in self.verdicts if v.gates and v.outcome is Outcome.FAIL)

    @property
    def possible(self) -> bool:
        """Whether the motion is physically possible, whatever the author expects."""
        return all(map(is_expectation, self.wrong))


@dataclass(frozen=True)
class CheckResult:
    """The results of `check`; `left_out` are scenarios that start from a log, if none was given. `log_remarks` are the
    faults of the log's tables with which it is read nevertheless.
    """

    scenarios: tuple[CheckedScenario, ...]
    left_out: tuple[str, ...]
    faults: tuple[SpecErrors, ...]
    dropped: int
    log_remarks: "tuple[LogFault, ...]" = ()

    @property
    def impossible(self) -> int:
        return sum(not one.possible for one in self.scenarios)

    @property
    def missed(self) -> int:
        """Number of possible scenarios that do not end as `expect` requires."""
        return sum(one.possible and bool(one.wrong) for one in self.scenarios)

    @property
    def sound(self) -> bool:
        return not self.impossible and not self.missed and not self.faults


def run_check(names: tuple[str, ...], log: Path | None, watch: Callable[[int, int], None]) -> CheckResult:
    """Check every scenario of the files; calls `watch(done, total)`. Raises NotFound, NoLog."""
    loaded = load_all(find(names))
    refuse_unused_log(loaded.scenarios, loaded.faults, log)
    chosen = runnable(loaded.scenarios, log)
    checked = []
    for done, scenario in enumerate(chosen.scenarios):
        watch(done, len(chosen.scenarios))
        rollout = _rollout(scenario, log)
        hits = tuple(h for h in rollout.happenings if h.other)
        verdicts, events = check_physics(rollout, scenario), event_outcomes(rollout, scenario)
        ended = rollout.ended, float(rollout.t_s[-1])
        checked.append(CheckedScenario(scenario, *ended, hits, near_miss(rollout), verdicts, events))
    remarks = log_remarks(chosen.scenarios, log)
    return CheckResult(tuple(checked), chosen.left_out, loaded.faults, loaded.dropped, remarks)


def _rollout(scenario: Scenario, log: Path | None) -> Rollout:
    if scenario.from_log is None:
        return simulate(scenario)
    from conditioning.geometry.rigs import RIG
    from pipeline.worlds import open_world

    return open_world(scenario, log, RIG).rollout


def check_as_json(names: tuple[str, ...], log: Path | None, console: Console) -> bool:
    """The result as one document of `pipeline.cli.json_output`; False as for `check_files`."""
    result = run_check(names, log, lambda _done, _count: None)
    document = CheckDocument(
        ok=result.sound, scenarios=tuple(map(_checked_json, result.scenarios)), left_out=result.left_out,
        dropped=result.dropped, faults=faults_json(result.faults), log=tuple(map(log_fault_json, result.log_remarks)),
    )  # fmt: skip
    print_document(document, console)
    return result.sound


def _checked_json(one: CheckedScenario) -> JsonChecked:
    hits = tuple(
        JsonCollision(
            t_s=h.t_s, actor=h.actor, other=h.other, impact_mps=h.impact_mps, along_mps=h.along_mps,
            across_mps=h.across_mps,
        )
        for h in one.collisions
    )  # fmt: skip
    return JsonChecked(
        scenario=scenario_json(one.scenario), possible=one.possible,
        as_expected=not any(map(is_expectation, one.wrong)), ended=one.ended, lasted_s=one.lasted_s,
        near_miss=near_miss_json(one.near), collisions=hits, events=tuple(map(event_json, one.events)),
        verdicts=tuple(map(verdict_json, one.verdicts)),
    )  # fmt: skip


def check_files(names: tuple[str, ...], log: Path | None, full: bool, console: Console) -> bool:
    """Print the result, then the reasons; False if a file has faults or a gating check fails. `full`: every verdict."""
    from pipeline.cli.display.check_report import print_check

    with console.status("checking") as shown:
        result = run_check(names, log, lambda done, count: shown.update(f"checking {done + 1} of {count}"))
    print_check(console, result, full)
    return result.sound
