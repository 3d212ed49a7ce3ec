"""Calibration of the pixel checks: their limits come from the checker's results on clean held-out clips."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from conditioning.assets.scenery import build_scenery
from conditioning.geometry import FIRST_RIG
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import RIG, Rig, rig_id
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.visibility import label_visibility
from models.presets import WEIGHTS, find_preset
from models.weights import refuse_installed
from pipeline.checks.baseline import Baseline, calibrate, camera_baseline
from pipeline.checks.scene import CheckedClip, unlike_front
from pipeline.checks.sight import Checker, observe
from pipeline.errors import UserError
from pipeline.networks import load_checker, rig_of
from pipeline.training.training_data import HELD_OUT_SEED
from scenarios.load import library, load
from scenarios.random_scenarios import sample_scenario
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate

CLIP_S = 6.0
LOOKS = 2  # appearances of every library scenario in the calibration clips


class NothingToCalibrate(UserError):
    """The limits that are there hold for all cameras of a rig."""


def observe_source(
    scenario: Scenario, look: int, checker: Checker, cameras: Sequence[Camera]
) -> tuple[CheckedClip, ...]:
    """A clean clip of the procedural camera, with the checker's observations of each camera's pictures."""
    rollout = simulate(scenario)
    scenery = build_scenery(rollout)
    return tuple(
        CheckedClip(
            observe(render_procedural(rollout, scenery, camera, look), checker),
            label_visibility(rollout, scenery, camera), rollout, camera,
        )
        for camera in cameras
    )  # fmt: skip


def calibration_clips(streets: int) -> Iterator[tuple[Scenario, int]]:
    """Sampled streets that no network was trained on, and every library scenario without a log, with seeds."""
    for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + streets):
        yield sample_scenario(seed, duration_s=CLIP_S), seed
    for name, path in library().items():
        if not name.startswith("logs/"):
            variants = load(path)
            yield from ((variants[i % len(variants)], HELD_OUT_SEED + i) for i in range(LOOKS))


def calibrate_preset(
    preset: str, streets: int, progress: Callable[[int, int], None], folder: Path = WEIGHTS, rig: Rig = RIG
) -> dict[str, Baseline]:
    """Measure a preset's checker on clean clips and save the baseline of each camera beside its weights, by file name.

    `baseline.json` is the front camera's, measured with the rig `front`. With another rig each camera that is unlike it
    gets a file of its own; NothingToCalibrate if there is none. Repeat this after training the detector or the
    ego-motion network: a baseline of other weights is refused. WeightsError where there are none, or where they are an
    installed distribution's.
    """
    find_preset(preset, folder)
    checker, files = load_checker(preset, folder), _files(rig_of(preset, folder, rig), rig)
    refuse_installed(folder, "set limits in a checkout")
    clips, scenes = list(calibration_clips(streets)), []
    for done, (scenario, look) in enumerate(clips):
        progress(done, len(clips))
        scenes.append(observe_source(scenario, look, checker, tuple(files.values())))
    source = f"procedural camera: {streets} sampled streets from seed {HELD_OUT_SEED}, {LOOKS} looks of the library"
    baselines = {
        file: calibrate(seen, checker.fingerprint, source)
        for file, seen in zip(files, zip(*scenes, strict=True), strict=True)
    }
    for file, baseline in baselines.items():
        baseline.save(folder / preset / file)
    return baselines


def _files(cameras: Sequence[Camera], rig: Rig) -> dict[str, Camera]:
    """The cameras to measure, by the file of each one's baseline."""
    if rig_id(rig) == FIRST_RIG:
        return {"baseline.json": cameras[0]}
    if not (files := {camera_baseline(camera): camera for camera in cameras if unlike_front(camera)}):
        raise NothingToCalibrate("all cameras of this rig look ahead as `front` does, whose limits hold for them")
    return files
