"""For the tests of the pipeline."""

from pathlib import Path

import pytest
import torch

from conditioning.camera import FRONT, Camera
from models import weights
from models.decoder import VideoDecoder
from models.detector import Detector
from models.egomotion import EgoMotion
from models.presets import PRESETS
from models.tokenizer import Tokenizer
from models.world import WorldModel
from pipeline.checks.baseline import Baseline
from pipeline.checks.rules import RULES
from pipeline.networks import checker_fingerprint, fingerprints


@pytest.fixture(scope="session")
def rig() -> tuple[Camera, ...]:
    """The tiny preset's one camera."""
    return (FRONT.resized(144, 256),)


@pytest.fixture(scope="session")
def newborn_weights(tmp_path_factory) -> Path:
    """Networks of the tiny preset that have learned nothing: what is around them can be tested, their pictures not."""
    torch.manual_seed(0)
    folder, preset = tmp_path_factory.mktemp("weights"), PRESETS["tiny"]
    parts = {
        "tokenizer": Tokenizer(preset.tokenizer), "world": WorldModel(preset.world),
        "decoder": VideoDecoder(preset.decoder), "detector": Detector(preset.detector),
        "egomotion": EgoMotion(preset.egomotion),
    }  # fmt: skip
    for name, network in parts.items():
        weights.save(network, folder / "tiny" / f"{name}.safetensors", {"steps": "0"})
    limits = {rule.check: 1.0 for rule in RULES}
    checker = checker_fingerprint(fingerprints("tiny", folder))
    recall = tuple((0.5, 0.5, 0.5) for _ in range(preset.detector.classes))
    measured, wrongly_failed = dict.fromkeys(limits, 4), dict.fromkeys(limits, 0.0)
    baseline = Baseline(checker, "none", 4, recall, 0.5, 0.5, limits, measured, wrongly_failed)
    baseline.save(folder / "tiny" / "baseline.json")
    return folder
