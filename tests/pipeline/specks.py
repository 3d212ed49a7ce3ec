"""The smallest networks and pictures that the whole pipeline runs with, for tests and benchmarks of the engine.

A *speck* is a clip of one second, 48 x 80, made by untrained networks. It passes every stage and is checked, written
and published like any other clip. It takes less than a second of one core instead of most of a minute, so that tests
can kill a batch at twenty moments or make a thousand clips. Its pictures show nothing.
"""

from dataclasses import replace
from pathlib import Path

import torch

from models import weights
from models.presets import PRESETS, Preset
from pipeline.checks.baseline import Baseline
from pipeline.checks.rules import RULES
from pipeline.clip_maker import ClipMaker
from pipeline.networks import PARTS, VOCABULARIES, checker_fingerprint, fingerprints


def speck() -> Preset:
    """The parts of `tiny` in their smallest size."""
    tiny = PRESETS["tiny"]
    return Preset(
        48, 80,
        replace(tiny.tokenizer, widths=(8, 8, 8), depths=(1, 1, 1)),
        replace(tiny.world, width=16, depth=1, heads=1, head_width=16, grid=(3, 5), window=2),
        replace(tiny.decoder, full=8, widths=(8, 8, 8)),
        replace(tiny.detector, widths=(8, 8, 8), depths=(1, 1, 1), embedding=8),
        replace(tiny.egomotion, widths=(8, 8, 8)),
    )  # fmt: skip


PRESETS.setdefault("speck", speck())  # at import, which a Ray worker does when it unpickles a `SpeckMaker`


class SpeckMaker(ClipMaker):
    """The usual worker; its module registers the preset in every process that imports it."""


def newborn(name: str, folder: Path) -> Path:
    """Write untrained networks of a preset, and a baseline for their checks, to `folder`/`name`."""
    torch.manual_seed(0)
    preset = PRESETS[name]
    for part, kind in PARTS.items():
        path, vocabulary = folder / name / f"{part}.safetensors", VOCABULARIES.get(part, ())
        weights.save(kind(getattr(preset, part)), path, {"steps": "0"}, vocabulary)
    # Limits that every motion passes, so that clips of untrained networks are accepted.
    anything = {"above": 1e3, "below": -1e3}
    limits = {rule.check: anything[rule.bad] if not rule.asks_for_objects else 1.0 for rule in RULES}
    checker = checker_fingerprint(fingerprints(name, folder))
    recall = tuple((0.5, 0.5, 0.5) for _ in range(preset.detector.classes))
    measured, wrongly_failed = dict.fromkeys(limits, 4), dict.fromkeys(limits, 0.0)
    baseline = Baseline(checker, "none", 4, recall, 0.5, 0.5, limits, measured, wrongly_failed)
    baseline.save(folder / name / "baseline.json")
    return folder
