"""`nearmiss preview`: scenarios from above and as a camera sees them. Runs no network."""

from pathlib import Path

from rich.console import Console

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import RIG
from conditioning.logs.read_log import log_pictures
from conditioning.logs.tables import LogError
from conditioning.preview.preview import preview_frames, write_preview
from conditioning.renderer.procedural import render_procedural
from pipeline.cli.authoring.explaining import show
from pipeline.cli.authoring.sources import parameters_text, runnable
from pipeline.cli.display.check_report import tell_left_out
from pipeline.runs.run_folder import safe_name
from pipeline.runs.scenario_sources import find, load_all
from pipeline.worlds import open_world
from scenarios.metrics.critical_instant import critical_instant
from scenarios.scenario import Scenario

PREVIEW_RIG = tuple(camera.resized(288, 512) for camera in RIG)


def preview_files(names: tuple[str, ...], log: Path | None, out: Path, console: Console) -> bool:
    """Draw every scenario: from above, speeds, pictures and layers; False if a file has faults or cannot be drawn."""
    loaded = load_all(find(names))
    sound = not loaded.faults
    chosen = runnable(loaded.scenarios, log)
    for scenario in chosen.scenarios:
        try:
            path, critical = _drawn(scenario, log, out)
            words = "  ".join(part for part in (str(path), parameters_text(scenario), critical) if part)
            console.print(words, highlight=False, markup=False, soft_wrap=True)
        except (LogError, OSError) as error:
            console.print(f"{scenario.name}: {error}", style="red", markup=False, soft_wrap=True)
            sound = False
    tell_left_out(console, chosen.left_out)
    for faults in loaded.faults:
        show(faults, console)
    return sound


def _drawn(scenario: Scenario, folder: Path | None, out: Path) -> tuple[Path, str]:
    """Draw a scenario; returns the picture's path, and the critical instant in words."""
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
    critical = critical_instant(world.rollout)
    return path, f"{critical.words}, at {critical.t_s:.1f} s" if critical else ""
