"""The output of `check` for a terminal of 80 columns: the result first, then the reasons."""

import textwrap
from collections.abc import Iterable

from rich.console import Console

from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import EVENTS, STORY, is_expectation
from pipeline.cli.authoring.checking import CheckedScenario, CheckResult
from pipeline.cli.authoring.explaining import show
from pipeline.cli.authoring.sources import parameters_text
from scenarios.metrics.near_miss import NearMiss
from scenarios.rollout import RolloutEnd

COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.INCONCLUSIVE: "yellow"}


def print_check(console: Console, result: CheckResult, full: bool) -> None:
    """Print counts, a line and the failed checks of each scenario, expectations and tags of a single one, and faults.

    With `full`: every verdict of every scenario.
    """
    _say(console, f"{'ok' if result.sound else 'not ok'}: {_counts(result)}", "green" if result.sound else "red")
    alone = len(result.scenarios) == 1
    for one in result.scenarios:
        _print_scenario(console, one, alone, full)
    tell_log_remarks(console, result.log_remarks)
    tell_left_out(console, result.left_out)
    for faults in result.faults:
        show(faults, console)
    if alone and not full:
        _say(console, "All verdicts with values and limits: nearmiss check --full", "dim")


def tell_left_out(console: Console, names: Iterable[str]) -> None:
    """Print the scenarios that were left out, and why."""
    for name in names:
        _say(console, f"left out {name}: it starts from a log, and no --log was given", "yellow")


def tell_log_remarks(console: Console, remarks: Iterable[object]) -> None:
    """Print the faults of a log's tables with which it is read nevertheless."""
    for remark in remarks:
        _say(console, f"log: {remark}", "yellow")


def _counts(result: CheckResult) -> str:
    dropped = f" ({result.dropped} more dropped by constraints)" if result.dropped else ""
    counted = f"scenarios: {len(result.scenarios)}{dropped}, physically wrong: {result.impossible}"
    unmet = f", not as the file expects: {result.missed}" if result.missed else ""
    return f"{counted}{unmet}, files with faults: {len(result.faults)}"


def _print_scenario(console: Console, one: CheckedScenario, alone: bool, full: bool) -> None:
    varied = f"  {parameters_text(one.scenario)}" if one.scenario.parameters else ""
    _say(console, f"{one.scenario.id}{varied}", "bold")
    _say(console, f"  {_gates(one)}{'' if alone or full else _tagged(one)}", "red" if one.wrong else "green")
    _say(console, f"  {near_miss_text(one.near)}")
    for hit in one.collisions:
        _say(console, f"  {hit.actor}: {hit.what} after {hit.t_s:.1f} s")
    for verdict in one.verdicts:
        if verdict.id == STORY.id and verdict.outcome is Outcome.FAIL:
            _say(console, f"  {verdict.reason}", "yellow")
    if alone or full or one.ended is not RolloutEnd.DURATION:
        _say(console, f"  {one.ended}: {one.lasted_s:.1f} s of {one.scenario.duration_s:.1f} s", "dim")
    if full:
        for verdict in one.verdicts:
            _print_verdict(console, verdict)
        return
    for verdict in one.verdicts if alone else filter(_of_many, one.verdicts):
        if verdict in one.wrong or _worth_a_line(verdict):
            label = "tag" if not verdict.gates else str(verdict.outcome)
            style = "red" if verdict in one.wrong else ""
            _say(console, f"  {label}  {verdict.check}: {verdict.reason}", style, "        ")


def _of_many(verdict: Verdict) -> bool:
    """Whether a verdict is printed for one of many scenarios: what rejects it, and an event that may fall short."""
    return verdict.outcome is Outcome.FAIL and (verdict.gates or verdict.id == EVENTS.id)


def near_miss_text(near: NearMiss) -> str:
    """The near miss as a line of figures."""
    return "; ".join(near.words()) or "no other body"


def _worth_a_line(verdict: Verdict) -> bool:
    """Whether a verdict is printed without `full`: expectations and failed tags."""
    return is_expectation(verdict) or (not verdict.gates and verdict.outcome is Outcome.FAIL and verdict.id != STORY.id)


def _print_verdict(console: Console, verdict: Verdict) -> None:
    outcome = f"{verdict.outcome}{'' if verdict.gates else ' (tag)'}"
    figures = [f"{value:.3g} {verdict.unit}".rstrip() for value in (verdict.value, verdict.limit) if value is not None]
    against = " against ".join(figures) if verdict.value is not None else ""
    _say(console, f"  {outcome:<12}  {verdict.check}  {against}".rstrip(), COLOURS[verdict.outcome], " " * 16)
    if verdict.reason:
        _say(console, f"{' ' * 16}{verdict.reason}", "", " " * 16)


def _gates(one: CheckedScenario) -> str:
    gates = [v.outcome for v in one.verdicts if v.gates]
    counted = ", ".join(f"{gates.count(o)} {o}" for o in Outcome if o in gates)
    unclear = ", ".join(v.check for v in one.verdicts if v.gates and v.outcome is Outcome.INCONCLUSIVE)
    return f"{counted} ({unclear})" if unclear else counted


def _tagged(one: CheckedScenario) -> str:
    tags = dict.fromkeys(
        v.check for v in one.verdicts if not v.gates and v.outcome is Outcome.FAIL and v.id != STORY.id
    )
    return f"; tagged: {', '.join(tags)}" if tags else ""


def _say(console: Console, text: str, style: str = "", hanging: str = "    ") -> None:
    """Print text, wrapped at the terminal's width with an indent; words such as paths are not broken."""
    for line in textwrap.wrap(text, console.width, subsequent_indent=hanging, break_long_words=False,
                              break_on_hyphens=False):  # fmt: skip
        console.print(line, style=style or None, markup=False, highlight=False, soft_wrap=True)
