"""The smallest networks and pictures that the whole line still runs with, for tests and benchmarks of the engine.

A *speck* is a clip of one second, 48 x 80, by networks that have learned nothing. It goes through every stage, is
judged, written and published as any other; it takes under a second of one core instead of most of a minute, so that a
batch can be killed at twenty moments and a thousand clips can be made. Nothing is to be seen in its pictures.
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
    """`tiny` with the same parts, each as small as it can be."""
    tiny = PRESETS["tiny"]
    return Preset(
        48, 80,
        replace(tiny.tokenizer, widths=(8, 8, 8), depths=(1, 1, 1)),
        replace(tiny.world, width=16, depth=1, heads=1, head_width=16, grid=(3, 5), window=2),
        replace(tiny.decoder, full=8, widths=(8, 8, 8)),
        replace(tiny.detector, widths=(8, 8, 8), depths=(1, 1, 1), embedding=8),
        replace(tiny.egomotion, widths=(8, 8, 8)),
    )  # fmt: skip


PRESETS.setdefault("speck", speck())  # on import: a Ray worker that unpickles a `SpeckMaker` comes by here


class SpeckMaker(ClipMaker):
    """The worker itself, unchanged; its module makes the preset known in whatever process it arrives in."""


def newborn(name: str, folder: Path) -> Path:
    """Networks of a preset that have learned nothing, with the limits of their checks, in `folder`/`name`."""
    torch.manual_seed(0)
    preset = PRESETS[name]
    for part, kind in PARTS.items():
        path, vocabulary = folder / name / f"{part}.safetensors", VOCABULARIES.get(part, ())
        weights.save(kind(getattr(preset, part)), path, {"steps": "0"}, vocabulary)
    # Whatever motion untrained networks see is let pass, so that clips are accepted as most are that are well made.
    anything = {"above": 1e3, "below": -1e3}
    limits = {rule.check: anything[rule.bad] if not rule.asks_for_objects else 1.0 for rule in RULES}
    checker = checker_fingerprint(fingerprints(name, folder))
    recall = tuple((0.5, 0.5, 0.5) for _ in range(preset.detector.classes))
    measured, wrongly_failed = dict.fromkeys(limits, 4), dict.fromkeys(limits, 0.0)
    baseline = Baseline(checker, "none", 4, recall, 0.5, 0.5, limits, measured, wrongly_failed)
    baseline.save(folder / name / "baseline.json")
    return folder
