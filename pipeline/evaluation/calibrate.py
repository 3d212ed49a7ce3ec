"""The checker's baseline: what it finds in clean held-out clips, which sets the limits of the pixel checks."""

from collections.abc import Callable, Iterator
from pathlib import Path

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.camera import RIG
from conditioning.renderer.procedural import photograph
from conditioning.sensors.visibility import see
from models.presets import WEIGHTS, Preset, find_preset
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
LOOKS = 2  # of every library scenario, among the clips that set the limits


def source_scene(scenario: Scenario, look: int, checker: Checker, preset: Preset) -> CheckedClip:
    """A clean clip of the procedural camera, as the checker sees it."""
    rollout, camera = simulate(scenario), RIG[0].resized(preset.height, preset.width)
    scenery = build_scenery(rollout)
    frames = photograph(rollout, scenery, camera, look)
    return CheckedClip(observe(frames, checker), see(rollout, scenery, camera), rollout, camera)


def calibration_clips(streets: int) -> Iterator[tuple[Scenario, int]]:
    """Sampled streets that no network was trained on, and every library scenario that needs no log, with seeds."""
    for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + streets):
        yield sample_scenario(seed, duration_s=CLIP_S), seed
    for name, path in library().items():
        if not name.startswith("logs/"):
            variants = load(path)
            yield from ((variants[i % len(variants)], HELD_OUT_SEED + i) for i in range(LOOKS))


def calibrate_preset(
    preset: str, streets: int, progress: Callable[[int, int], None], folder: Path = WEIGHTS
) -> Baseline:
    """Measure the checker of a preset on clean clips and store the baseline beside its weights.

    Do it after the detector or the ego-motion network was trained: a baseline of other weights is refused.
    """
    sizes, checker = find_preset(preset, folder), load_checker(preset, folder)
    clips, scenes = list(calibration_clips(streets)), []
    for done, (scenario, look) in enumerate(clips):
        progress(done, len(clips))
        scenes.append(source_scene(scenario, look, checker, sizes))
    source = f"procedural camera: {streets} sampled streets from seed {HELD_OUT_SEED}, {LOOKS} looks of the library"
    baseline = calibrate(scenes, checker.fingerprint, source)
    baseline.save(folder / preset / "baseline.json")
    return baseline
