"""The models of a worker, loaded once: a renderer, the checker, and the hashes of their weights."""

from dataclasses import dataclass
from pathlib import Path

from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import RIG, Rig, rig_id
from models.presets import WEIGHTS
from pipeline.networks import (
    CHECKING,
    CalibratedChecker,
    check_weights,
    compute_on,
    fingerprints,
    load_calibrated,
    rig_of,
)
from pipeline.renderers.kinds import RendererConfig
from pipeline.renderers.registry import RENDERERS
from pipeline.renderers.renderer import Renderer


@dataclass(frozen=True)
class LoadedModels:
    """`fingerprints` are the hashes of the renderer's and the checker's weights, by part.

    `rig_name` is the id of the cameras (`rigs.rig_id`); `rig` are the cameras in the size of the preset's pictures.
    """

    renderer_name: str
    preset: str
    rig_name: str
    rig: tuple[Camera, ...]
    renderer: Renderer
    checking: CalibratedChecker
    fingerprints: dict[str, str]


def load_models(
    renderer: str, preset: str, threads: int, folder: Path = WEIGHTS, device: str = "cpu", rig: Rig = RIG
) -> LoadedModels:
    """Load the models for `threads` threads, the renderer on `device`. Raises RegistryError, WeightsError, ..."""
    kind, config = RENDERERS.get(renderer), RendererConfig(preset, folder, device)
    compute_on(threads)
    prints = model_fingerprints(renderer, preset, folder)
    return LoadedModels(
        renderer,
        preset,
        rig_id(rig),
        rig_of(preset, folder, rig),
        kind.load(config),
        load_calibrated(preset, folder, rig),
        prints,
    )


def model_fingerprints(renderer: str, preset: str, folder: Path = WEIGHTS) -> dict[str, str]:
    """Hashes of the renderer's, then of the checker's weights; a user error if one is missing or does not fit."""
    drawing = dict(RENDERERS.get(renderer).fingerprints(RendererConfig(preset, folder)))
    checking = fingerprints(preset, folder, CHECKING)
    check_weights(preset, folder, CHECKING)
    if twice := drawing.keys() & checking.keys():
        raise ValueError(
            f"renderer {renderer}: {', '.join(sorted(twice))} is also the name of a network of the checker"
        )
    return drawing | checking
