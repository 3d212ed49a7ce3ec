"""`nearmiss preview`: scenarios from above and as the cameras see them. Runs no network."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from rich.console import Console

from conditioning.assets.scenery import Scenery, build_scenery
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import find_rig
from conditioning.logs.read_log import log_pictures
from conditioning.logs.tables import LogError
from conditioning.preview.preview import PreviewView, preview_frames, write_rig_preview
from conditioning.renderer.procedural import render_procedural
from pipeline.cli.authoring.explaining import show
from pipeline.cli.authoring.sources import log_remarks, parameters_text, runnable
from pipeline.cli.display.check_report import tell_left_out, tell_log_remarks
from pipeline.errors import refuse_unwritable
from pipeline.runs.safe_names import safe_name
from pipeline.runs.scenario_sources import find, load_all, refuse_unused_log
from pipeline.worlds import SimulatedWorld, open_world, refuse_rig_of_log
from scenarios.metrics.critical_instant import critical_instant
from scenarios.scenario import Scenario

HEIGHT, WIDTH = 288, 512  # of each camera's picture


def preview_files(names: tuple[str, ...], log: Path | None, rig: str, out: Path, console: Console) -> bool:
    """Draw every scenario: from above, speeds, pictures and layers; False if a file has faults or cannot be drawn.

    `rig` names cameras or their file; RigError for one that there is not, UserError if `out` cannot be written.
    """
    refuse_unwritable(out, "--out")
    mounted = find_rig(rig)
    cameras = tuple(camera.resized(HEIGHT, WIDTH) for camera in mounted)
    loaded = load_all(find(names))
    refuse_unused_log(loaded.scenarios, loaded.faults, log)
    sound = not loaded.faults
    chosen = runnable(loaded.scenarios, log)
    refuse_rig_of_log(chosen.scenarios, mounted)
    tell_log_remarks(console, log_remarks(chosen.scenarios, log))
    for scenario in chosen.scenarios:
        try:
            path, critical = _drawn(scenario, log, cameras, out)
            words = "  ".join(part for part in (str(path), parameters_text(scenario), critical) if part)
            console.print(words, highlight=False, markup=False, soft_wrap=True)
        except (LogError, OSError) as error:
            console.print(f"{scenario.name}: {error}", style="red", markup=False, soft_wrap=True)
            sound = False
    tell_left_out(console, chosen.left_out)
    for faults in loaded.faults:
        show(faults, console)
    return sound


def _drawn(scenario: Scenario, folder: Path | None, cameras: tuple[Camera, ...], out: Path) -> tuple[Path, str]:
    """Draw a scenario; returns the picture's path, and the critical instant in words."""
    world = open_world(scenario, folder, cameras)
    scenery = build_scenery(world.rollout)
    views = [PreviewView(camera, _pictures(world, scenery, camera)) for camera in world.rig]
    path = out / f"{safe_name(scenario.id)}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rig_preview(world.rollout, scenery, views, path)
    critical = critical_instant(world.rollout)
    return path, f"{critical.words}, at {critical.t_s:.1f} s" if critical else ""


def _pictures(world: SimulatedWorld, scenery: Scenery, camera: Camera) -> UInt8[np.ndarray, "view height width 3"]:
    """A camera's pictures at the instants of a preview: the log's, or the procedural camera's."""
    frames = preview_frames(world.rollout)
    if world.log:
        return log_pictures(world.log, camera, frames)
    return render_procedural(world.rollout, scenery, camera, 0, frames)
