"""The networks of a preset; loaded once in each worker."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import torch

from conditioning.caption import VOCABULARY
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import RIG, Rig
from conditioning.layers.control_layers import LAYERS
from models import weights
from models.checker.detector import Detector
from models.checker.egomotion import EgoMotion
from models.decoder.network import VideoDecoder
from models.precision import Network, channels_last, compute_dtype
from models.presets import WEIGHTS, Preset, find_preset
from models.tokens.tokenizer import Tokenizer
from models.world_model.network import WorldModel
from pipeline.checks.baseline import Baseline, camera_baseline, load_baseline
from pipeline.checks.scene import unlike_front
from pipeline.checks.sight import Checker
from pipeline.engine.machine import keep_freed_memory

PARTS = {
    "tokenizer": Tokenizer,
    "world": WorldModel,
    "decoder": VideoDecoder,
    "detector": Detector,
    "egomotion": EgoMotion,
}
DRAWING, CHECKING = ("tokenizer", "world", "decoder"), ("detector", "egomotion")
VOCABULARIES = {"world": VOCABULARY}  # of the parts that read captions


@dataclass(frozen=True)
class Networks:
    """The networks of the renderer `gaia`."""

    tokenizer: Tokenizer
    world: WorldModel
    decoder: VideoDecoder

    @property
    def device(self) -> torch.device:
        return next(self.tokenizer.parameters()).device

    @property
    def computes_on(self) -> str:
        """The name of the device; times can be compared only on the same one."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type


@dataclass(frozen=True)
class CalibratedChecker:
    """The checker's networks, always on the CPU, and the baselines with their limits.

    `baseline` is the front camera's; `of_cameras` has the baselines of other cameras, by camera name.
    """

    checker: Checker
    baseline: Baseline
    of_cameras: Mapping[str, Baseline] = field(default_factory=lambda: MappingProxyType({}))


def load_networks(name: str, folder: Path = WEIGHTS, device: str = "cpu") -> Networks:
    """Load a preset's networks that draw, for inference. Raises WeightsError if weights are missing."""
    preset = find_preset(name, folder)
    tokenizer = channels_last(_filled(Tokenizer(preset.tokenizer), preset, "tokenizer", folder / name))
    world = _filled(WorldModel(preset.world), preset, "world", folder / name)
    world.to(compute_dtype(device))  # one token at a time is limited by memory bandwidth, not by arithmetic
    decoder = channels_last(_filled(VideoDecoder(preset.decoder), preset, "decoder", folder / name))
    return Networks(tokenizer.to(device), world.to(device), decoder.to(device))


def load_checker(name: str, folder: Path = WEIGHTS) -> Checker:
    """Load only the checker's networks. Raises WeightsError if weights are missing."""
    preset = find_preset(name, folder)
    detector = channels_last(_filled(Detector(preset.detector), preset, "detector", folder / name))
    egomotion = channels_last(_filled(EgoMotion(preset.egomotion), preset, "egomotion", folder / name))
    return Checker(detector, egomotion, fingerprint=checker_fingerprint(fingerprints(name, folder, CHECKING)))


def load_calibrated(name: str, folder: Path = WEIGHTS, rig: Rig = RIG) -> CalibratedChecker:
    """Load the checker and the baselines beside its weights. Raises WeightsError or BaselineError."""
    return CalibratedChecker(
        load_checker(name, folder), baseline_of(name, folder), baselines_of_cameras(name, folder, rig)
    )


def baselines_of_cameras(name: str, folder: Path, rig: Rig) -> dict[str, Baseline]:
    """The baselines of cameras that differ from the front camera and have one, by name. Raises BaselineError."""
    own = {c.name: folder / name / camera_baseline(c) for c in rig_of(name, folder, rig) if unlike_front(c)}
    return {camera: load_baseline(path) for camera, path in own.items() if path.is_file()}


def baseline_of(name: str, folder: Path = WEIGHTS) -> Baseline:
    """The baseline beside a preset's weights. Raises BaselineError."""
    return load_baseline(folder / name / "baseline.json")


def rig_of(name: str, folder: Path = WEIGHTS, rig: Rig = RIG) -> tuple[Camera, ...]:
    """The cameras at the size of a preset's pictures, each as wide an angle as it has."""
    preset = find_preset(name, folder)
    return tuple(camera.resized(preset.height, preset.width) for camera in rig)


def compute_on(threads: int) -> None:
    """Set the number of threads; call before the networks of a worker are loaded."""
    torch.set_num_threads(threads)
    keep_freed_memory()


def _filled(network: Network, preset: Preset, part: str, folder: Path) -> Network:
    check_layers(preset, part)
    return weights.load(network, folder / f"{part}.safetensors", VOCABULARIES.get(part, ()))


def check_layers(preset: Preset, part: str) -> None:
    """Raise WeightsError unless the layers that a part reads are exactly the drawn ones."""
    if part in ("world", "decoder") and (differ := weights.describe_name_changes(getattr(preset, part).layers, LAYERS)):
        raise weights.WeightsError(f"the preset's {part} reads other layers than are drawn: {differ}")


def check_weights(name: str, folder: Path = WEIGHTS, parts: Iterable[str] = PARTS) -> None:
    """Raise WeightsError unless the parts' weights exist and fit this preset, these layers and this vocabulary."""
    preset = find_preset(name, folder)
    for part in parts:
        check_part(preset, part, folder / name / f"{part}.safetensors")


def check_part(preset: Preset, part: str, path: Path) -> None:
    """The same for one part."""
    check_layers(preset, part)
    weights.check(path, PARTS[part], getattr(preset, part), VOCABULARIES.get(part, ()))


def checker_fingerprint(prints: dict[str, str]) -> str:
    """A hash of the checker's networks, so that a baseline is used only with those it was measured with."""
    return hashlib.sha256(f"{prints['detector']} {prints['egomotion']}".encode()).hexdigest()[:16]


def fingerprints(name: str, folder: Path = WEIGHTS, parts: Iterable[str] = PARTS) -> dict[str, str]:
    """Hashes of the parts' weights. Raises PresetError or WeightsError if they are missing."""
    find_preset(name, folder)
    paths = {part: folder / name / f"{part}.safetensors" for part in parts}
    if missing := [path for path in paths.values() if not path.is_file()]:
        raise weights.WeightsError(weights.describe_missing(missing))
    return {part: weights.fingerprint(path) for part, path in paths.items()}
