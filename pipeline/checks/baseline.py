"""The stored baseline: what the checker finds on held-out source frames, so that limits are relative to it."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ConfigDict, TypeAdapter, with_config

from conditioning.geometry.camera import Camera
from outputs.strict_model import DamagedFile, read_strictly
from outputs.verdict import check_id
from pipeline.checks.objects import DetectionCounts, tally
from pipeline.checks.rules import CURE, CheckCalibration, SourceFigures, calibrated_checks
from pipeline.checks.scene import CheckedClip
from pipeline.checks.tracks import later_looks

PRIOR = 20  # sightings that a class's recall starts from, at its height bin's recall


class BaselineError(ValueError):
    """The baseline is missing, damaged, or of another checker."""


@dataclass(frozen=True)
class Baseline:
    """Figures on source frames and the limits that follow; `checker` is the hash of the weights they are true of.

    The keys of `limits`, `measured` (source clips on which a check had something to measure) and `wrongly_failed` (the
    share of those that its limit fails) are check ids.
    """

    checker: str
    source: str
    clips: int
    recall: tuple[tuple[float, ...], ...]
    least_likeness: float
    most_repainted: float
    limits: dict[str, float]
    measured: dict[str, int]
    wrongly_failed: dict[str, float]

    @property
    def id(self) -> str:
        """First 16 hex digits of the content's SHA-256."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def figures(self) -> SourceFigures:
        return SourceFigures(np.array(self.recall), self.least_likeness, self.most_repainted)

    @property
    def calibrations(self) -> dict[str, CheckCalibration]:
        """By check id; baselines of before there were ids have names."""
        return {
            check_id(key): CheckCalibration(limit, self.measured[key], self.wrongly_failed[key])
            for key, limit in self.limits.items()
        }

    @property
    def uncalibrated(self) -> tuple[str, ...]:
        """Ids of the checks that this baseline has no limit of: they are inconclusive."""
        return tuple(check.id for check in calibrated_checks() if check.id not in self.calibrations)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Ids that it has limits of and no check has: an extension's, say, that is not there."""
        return tuple(sorted(self.calibrations.keys() - {check.id for check in calibrated_checks()}))

    def gates(self, check: str) -> bool:
        """Whether a check, by its id or name, may reject."""
        return self.calibrations[check_id(check)].gates

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"id": self.id, **asdict(self)}, indent=1, sort_keys=True) + "\n")
        os.replace(unfinished, path)


_STRICT = ConfigDict(extra="forbid", strict=True)
_OBJECT = TypeAdapter(dict[str, Any])
_FILE: TypeAdapter[Baseline] = TypeAdapter(with_config(_STRICT)(Baseline))


def camera_baseline(camera: Camera) -> str:
    """The name of the file with a camera's own baseline, beside `baseline.json`, which is the front camera's.

    It names what the camera sees, at the size of the preset's pictures: its intrinsics and its place on the ego, not
    its name.
    """
    seen = [camera.width, camera.height, camera.intrinsic.tolist(), camera.camera_to_ego.tolist()]
    return f"baseline-{hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:10]}.json"


def load_baseline(path: Path) -> Baseline:
    """Read a stored baseline; BaselineError says what is wrong with it."""
    if not path.exists():
        raise BaselineError(f"no baseline at {path}; {CURE}")
    try:
        stored = read_strictly(path, path.read_bytes(), _OBJECT.validate_json)
        named = stored.pop("id", None)
        read_strictly(path, json.dumps(stored), _FILE.validate_json)
    except DamagedFile as damage:
        raise BaselineError(f"not a whole baseline: {damage}") from None
    baseline = Baseline(**{**stored, "recall": tuple(map(tuple, stored["recall"]))})  # numbers as written: so is the id
    if baseline.id != named:
        raise BaselineError(f"{path} was changed by hand: it calls itself {named} and is {baseline.id}")
    if not baseline.limits.keys() == baseline.measured.keys() == baseline.wrongly_failed.keys():
        raise BaselineError(f"{path} is not a whole baseline: its limits and their measurements name other checks")
    return baseline


def source_figures(scenes: Sequence[CheckedClip]) -> SourceFigures:
    """Recall by class and height, thin classes leaning on all classes; quantiles of how looks change."""
    counts = sum((tally(scene) for scene in scenes[1:]), tally(scenes[0]))
    pairs = [pair for s in scenes for actor in range(len(s.rollout.bodies)) for pair in later_looks(s, actor)]
    if not pairs:
        raise BaselineError("no object is seen for long enough in these source clips")
    return SourceFigures(
        _recall(counts),
        float(np.quantile([before.likeness(after) for before, after in pairs], 0.01)),
        float(np.quantile([before.repainted(after) for before, after in pairs], 0.99)),
    )


def _recall(counts: DetectionCounts) -> np.ndarray:
    of_bin = counts.found.sum(0) / np.maximum(counts.asked.sum(0), 1)
    return (counts.found + PRIOR * of_bin) / (counts.asked + PRIOR)


def calibrate(scenes: Sequence[CheckedClip], checker: str, source: str) -> Baseline:
    """Figures, then every check's limit, from clean source clips; deterministic."""
    figures = source_figures(scenes)
    limits, measured, failed = {}, {}, {}
    for check in calibrated_checks():
        values = [v for scene in scenes if (v := check.read(scene, figures).value) is not None]
        limits[check.id], measured[check.id] = check.limit(values), len(values)
        failed[check.id] = float(np.mean([check.broken(v, limits[check.id]) for v in values])) if values else 0.0
    recall = tuple(tuple(round(float(r), 4) for r in row) for row in figures.recall)
    return Baseline(
        checker, source, len(scenes), recall, figures.least_likeness, figures.most_repainted, limits, measured, failed
    )
