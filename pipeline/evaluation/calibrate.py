"""Calibration of the pixel checks: their limits come from the checker's results on clean held-out clips."""

from collections.abc import Callable, Iterator
from pathlib import Path

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.rigs import RIG
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.visibility import label_visibility
from models.presets import WEIGHTS, Preset, find_preset
from models.weights import refuse_installed
from pipeline.checks.baseline import Baseline, calibrate
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import Checker, observe
from pipeline.networks import load_checker
from pipeline.training.training_data import HELD_OUT_SEED
from scenarios.load import library, load
from scenarios.random_scenarios import sample_scenario
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate

CLIP_S = 6.0
LOOKS = 2  # appearances of every library scenario in the calibration clips


def observe_source(scenario: Scenario, look: int, checker: Checker, preset: Preset) -> CheckedClip:
    """A clean clip of the procedural camera, with the checker's observations."""
    rollout, camera = simulate(scenario), RIG[0].resized(preset.height, preset.width)
    scenery = build_scenery(rollout)
    frames = render_procedural(rollout, scenery, camera, look)
    return CheckedClip(observe(frames, checker), label_visibility(rollout, scenery, camera), rollout, camera)


def calibration_clips(streets: int) -> Iterator[tuple[Scenario, int]]:
    """Sampled streets that no network was trained on, and every library scenario without a log, with seeds."""
    for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + streets):
        yield sample_scenario(seed, duration_s=CLIP_S), seed
    for name, path in library().items():
        if not name.startswith("logs/"):
            variants = load(path)
            yield from ((variants[i % len(variants)], HELD_OUT_SEED + i) for i in range(LOOKS))


def calibrate_preset(
    preset: str, streets: int, progress: Callable[[int, int], None], folder: Path = WEIGHTS
) -> Baseline:
    """Measure a preset's checker on clean clips and save the baseline beside its weights.

    Repeat this after training the detector or the ego-motion network: a baseline of other weights is refused.
    WeightsError where there are none, or where they are an installed distribution's.
    """
    sizes, checker = find_preset(preset, folder), load_checker(preset, folder)
    refuse_installed(folder, "set limits in a checkout")
    clips, scenes = list(calibration_clips(streets)), []
    for done, (scenario, look) in enumerate(clips):
        progress(done, len(clips))
        scenes.append(observe_source(scenario, look, checker, sizes))
    source = f"procedural camera: {streets} sampled streets from seed {HELD_OUT_SEED}, {LOOKS} looks of the library"
    baseline = calibrate(scenes, checker.fingerprint, source)
    baseline.save(folder / preset / "baseline.json")
    return baseline
