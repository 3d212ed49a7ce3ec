"""Every network of a preset, loaded once and then only read."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from conditioning.caption import VOCABULARY
from conditioning.geometry.camera import RIG, Camera
from conditioning.layers.control_layers import LAYERS
from models import weights
from models.checker.detector import Detector
from models.checker.egomotion import EgoMotion
from models.decoder.network import VideoDecoder
from models.precision import compute_dtype
from models.presets import PRESETS, WEIGHTS, Preset
from models.tokens.tokenizer import Tokenizer
from models.world_model.network import WorldModel
from pipeline.checks.baseline import Baseline, load_baseline
from pipeline.checks.sight import Checker
from pipeline.engine.machine import keep_freed_memory
from pipeline.errors import UserError

PARTS = {
    "tokenizer": Tokenizer,
    "world": WorldModel,
    "decoder": VideoDecoder,
    "detector": Detector,
    "egomotion": EgoMotion,
}
VOCABULARIES = {"world": VOCABULARY}  # of the parts that read captions


class UnknownPreset(UserError):
    """No preset has this name."""


@dataclass(frozen=True)
class Networks:
    """What makes clips and what looks at them. `fingerprints` tells by part which weights these are."""

    preset: str
    rig: tuple[Camera, ...]
    tokenizer: Tokenizer
    world: WorldModel
    decoder: VideoDecoder
    checker: Checker
    baseline: Baseline
    fingerprints: dict[str, str]

    @property
    def device(self) -> torch.device:
        """Where clips are made; what looks at them is always on the processor."""
        return next(self.tokenizer.parameters()).device

    @property
    def computes_on(self) -> str:
        """The name of that device, not of what else the machine has: seconds compare only on the same."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type


def load_networks(name: str, threads: int, folder: Path = WEIGHTS, device: str = "cpu") -> Networks:
    """Build and fill a preset's networks for inference on `threads` threads; WeightsError says what is missing.

    `device` is for those that make clips.
    """
    preset = PRESETS[_known(name)]
    torch.set_num_threads(threads)
    keep_freed_memory()
    filled = {part: _filled(preset, part, folder / name / f"{part}.safetensors") for part in PARTS}
    for part in ("tokenizer", "decoder", "detector", "egomotion"):
        filled[part].to(memory_format=torch.channels_last)
    filled["world"].to(compute_dtype(device))  # a token at a time is bound by memory, not by arithmetic
    for part in ("tokenizer", "world", "decoder"):
        filled[part].to(device)
    prints = fingerprints(name, folder)
    checker = Checker(filled.pop("detector"), filled.pop("egomotion"), checker_fingerprint(prints))
    rig = tuple(camera.resized(preset.height, preset.width) for camera in RIG)
    baseline = load_baseline(folder / name / "baseline.json")
    return Networks(name, rig, **filled, checker=checker, baseline=baseline, fingerprints=prints)


def _filled(preset: Preset, part: str, path: Path) -> nn.Module:
    check_layers(preset, part)
    return weights.load(PARTS[part](getattr(preset, part)), path, VOCABULARIES.get(part, ()))


def check_layers(preset: Preset, part: str) -> None:
    """WeightsError unless a part that reads layers reads just those that are drawn; it names the others."""
    if part in ("world", "decoder") and (differ := weights.describe_name_changes(getattr(preset, part).layers, LAYERS)):
        raise weights.WeightsError(f"the preset's {part} reads other layers than are drawn: {differ}")


def check_weights(name: str, folder: Path = WEIGHTS) -> None:
    """WeightsError unless every part's weights are there and for this preset, these layers and this vocabulary."""
    preset = PRESETS[_known(name)]
    for part in PARTS:
        check_part(preset, part, folder / name / f"{part}.safetensors")


def check_part(preset: Preset, part: str, path: Path) -> None:
    """The same of one part's weights."""
    check_layers(preset, part)
    weights.check(path, PARTS[part], getattr(preset, part), VOCABULARIES.get(part, ()))


def checker_fingerprint(prints: dict[str, str]) -> str:
    """Names the two networks that check, so that a baseline is used with those it was measured with."""
    return hashlib.sha256(f"{prints['detector']} {prints['egomotion']}".encode()).hexdigest()[:16]


def fingerprints(name: str, folder: Path = WEIGHTS) -> dict[str, str]:
    """Hash of every part's weights; WeightsError names the ones that are missing."""
    paths = {part: folder / _known(name) / f"{part}.safetensors" for part in PARTS}
    if missing := [str(path) for path in paths.values() if not path.is_file()]:
        raise weights.WeightsError(f"no weights at {', '.join(missing)}; `nearmiss train` makes them")
    return {part: weights.fingerprint(path) for part, path in paths.items()}


def _known(name: str) -> str:
    if name not in PRESETS:
        raise UnknownPreset(f"no preset {name!r}; there are {', '.join(PRESETS)}")
    return name
