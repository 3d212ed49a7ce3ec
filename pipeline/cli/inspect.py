"""Looking at scenarios before any network runs: whether it is possible, how it looks."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.camera import RIG
from conditioning.logs.read_log import log_pictures
from conditioning.logs.tables import LogError
from conditioning.renderer.procedural import render_procedural
from outputs.verdict import Outcome, Verdict
from pipeline.batch.generate import NoLog
from pipeline.checks.physics import STORY, check_physics, is_expectation
from pipeline.cli.display.tables import verdicts_table
from pipeline.cli.explaining import show
from pipeline.runs.run_folder import safe_name
from pipeline.runs.scenario_sources import find, load_all
from pipeline.stages import open_world
from scenarios.rollout import RolloutEnd
from scenarios.scenario import Scenario
from scenarios.sweeps.sweep_spec import as_shown

PREVIEW_RIG = tuple(camera.resized(288, 512) for camera in RIG)


def check_files(names: tuple[str, ...], log: Path | None, full: bool, console: Console) -> bool:
    """Print the physics verdicts: all of them if `full` or of a single scenario, else a line and what is wrong.

    False if a file has faults or a gating check fails.
    """
    loaded = load_all(find(names))
    impossible = missed = 0
    for scenario in runnable(loaded.scenarios, log, console):
        rollout = open_world(scenario, log, PREVIEW_RIG).rollout
        verdicts = check_physics(rollout, scenario)
        wrong = tuple(v for v in verdicts if v.gates and v.outcome is Outcome.FAIL)
        possible = all(map(is_expectation, wrong))
        impossible += not possible
        missed += possible and bool(wrong)
        console.print(Text(_line(scenario, verdicts), "red" if wrong else "green"), soft_wrap=True)
        for told in (h for h in rollout.happenings if h.other):
            console.print(f"  {told.actor}: {told.what} after {told.t_s:.1f} s", markup=False, soft_wrap=True)
        for verdict in (v for v in verdicts if v.id == STORY.id and v.outcome is Outcome.FAIL):
            console.print(f"  {verdict.reason}", style="yellow", markup=False, soft_wrap=True)
        in_full = full or len(loaded.scenarios) == 1
        if in_full or rollout.ended is not RolloutEnd.DURATION:
            lasted, asked = rollout.t_s[-1], scenario.duration_s
            console.print(f"  {rollout.ended}: {lasted:.1f} s of {asked:.1f} s", style="dim", highlight=False)
        if shown := verdicts if in_full else wrong:
            console.print(verdicts_table(shown), "")
    for faults in loaded.faults:
        show(faults, console)
    dropped = f" ({loaded.dropped} more dropped by constraints)" if loaded.dropped else ""
    counted = f"scenarios: {len(loaded.scenarios)}{dropped}, physically wrong: {impossible}"
    unmet = f", not as the file expects: {missed}" if missed else ""
    console.print(f"{counted}{unmet}, files with faults: {len(loaded.faults)}", soft_wrap=True)
    return not impossible and not missed and not loaded.faults


def preview_files(names: tuple[str, ...], log: Path | None, out: Path, console: Console) -> bool:
    """Draw every scenario: from above, speeds, pictures and layers; False if a file has faults or cannot be drawn."""
    loaded = load_all(find(names))
    sound = not loaded.faults
    for scenario in runnable(loaded.scenarios, log, console):
        try:
            console.print(f"{_drawn(scenario, log, out)}  {spoken(scenario)}", highlight=False, soft_wrap=True)
        except (LogError, OSError) as error:
            console.print(f"{scenario.name}: {error}", style="red", markup=False, soft_wrap=True)
            sound = False
    for faults in loaded.faults:
        show(faults, console)
    return sound


def _drawn(scenario: Scenario, folder: Path | None, out: Path) -> Path:
    from conditioning.preview.preview import (  # matplotlib takes a second: only whoever draws waits
        preview_frames,
        write_preview,
    )

    world = open_world(scenario, folder, PREVIEW_RIG)
    scenery, (camera, *_) = build_scenery(world.rollout), world.rig
    frames = preview_frames(world.rollout)
    shown = (
        log_pictures(world.log, camera, frames)
        if world.log
        else render_procedural(world.rollout, scenery, camera, 0, frames)
    )
    path = out / f"{safe_name(scenario.id)}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_preview(world.rollout, scenery, camera, path, shown)
    return path


def runnable(scenarios: tuple[Scenario, ...], log: Path | None, console: Console) -> Iterator[Scenario]:
    """Those that can be rolled out; the others are named. `NoLog` if there is nothing but others."""
    if scenarios and log is None and all(s.from_log for s in scenarios):
        raise NoLog(f"{scenarios[0].name}: starts from a log; name its folder (nuScenes format) with --log")
    for scenario in scenarios:
        if scenario.from_log and log is None:
            console.print(f"left out {scenario.name}: it starts from a log, and no --log was given", style="yellow")
        else:
            yield scenario


def _line(scenario: Scenario, verdicts: tuple[Verdict, ...]) -> str:
    gates = [v.outcome for v in verdicts if v.gates]
    tags = dict.fromkeys(v.check for v in verdicts if not v.gates and v.outcome is Outcome.FAIL and v.id != STORY.id)
    counted = ", ".join(f"{gates.count(o)} {o}" for o in Outcome if o in gates)
    tagged = f"; tagged: {', '.join(tags)}" if tags else ""
    open_ = ", ".join(v.check for v in verdicts if v.gates and v.outcome is Outcome.INCONCLUSIVE)
    unclear = f" ({open_})" if open_ else ""
    varied = f"{spoken(scenario)}\n" if scenario.parameters else ""
    return f"{scenario.id}  {varied}  {counted}{unclear}{tagged}"


def spoken(scenario: Scenario) -> str:
    """The sweep's values of a variant, as the author wrote them; drawn ones to four digits."""
    return ", ".join(f"{path} {as_shown(value)}" for path, value in scenario.parameters.items())
