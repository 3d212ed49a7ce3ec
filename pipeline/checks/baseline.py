"""The stored baseline: the checker's results on held-out source frames, which limits are relative to."""

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

PRIOR = 20  # weight of the height bin's recall in the recall of a class, in object-frames


class BaselineError(ValueError):
    """The baseline is missing, damaged, or from another checker."""


@dataclass(frozen=True)
class Baseline:
    """Figures measured on source frames, and the limits; `checker` is the hash of the checker's weights.

    The keys of `limits`, `measured` (number of source clips that gave a value) and `wrongly_failed` (the share of those
    beyond the limit) are check ids.
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
        """By check id; older baselines have check names as keys."""
        return {
            check_id(key): CheckCalibration(limit, self.measured[key], self.wrongly_failed[key])
            for key, limit in self.limits.items()
        }

    @property
    def uncalibrated(self) -> tuple[str, ...]:
        """Ids of the checks without a limit in this baseline: they are inconclusive."""
        return tuple(check.id for check in calibrated_checks() if check.id not in self.calibrations)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Ids with a limit but without a check, for example of an extension that is not loaded."""
        return tuple(sorted(self.calibrations.keys() - {check.id for check in calibrated_checks()}))

    def gates(self, check: str) -> bool:
        """Whether a check, by its id or name, may reject."""
        return self.calibrations[check_id(check)].gates

    def save(self, path: Path) -> None:
        """Write the file atomically."""
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
    """Read a stored baseline; BaselineError if it is missing or damaged."""
    if not path.exists():
        raise BaselineError(f"no baseline at {path}; {CURE}")
    try:
        stored = read_strictly(path, path.read_bytes(), _OBJECT.validate_json)
        named = stored.pop("id", None)
        read_strictly(path, json.dumps(stored), _FILE.validate_json)
    except DamagedFile as damage:
        raise BaselineError(f"not a complete baseline: {damage}") from None
    baseline = Baseline(**{**stored, "recall": tuple(map(tuple, stored["recall"]))})  # numbers as written: so is the id
    if baseline.id != named:
        raise BaselineError(f"{path} was changed by hand: its id is {named}, but its content gives {baseline.id}")
    if not baseline.limits.keys() == baseline.measured.keys() == baseline.wrongly_failed.keys():
        raise BaselineError(f"{path} is not a complete baseline: limits and measurements have different check ids")
    return baseline


def source_figures(scenes: Sequence[CheckedClip]) -> SourceFigures:
    """Recall by class and height (rare classes use the recall of all classes), quantiles of the change of looks."""
    counts = sum((tally(scene) for scene in scenes[1:]), tally(scenes[0]))
    pairs = [pair for s in scenes for actor in range(len(s.rollout.bodies)) for pair in later_looks(s, actor)]
    if not pairs:
        raise BaselineError("no object is detected for long enough in these source clips")
    return SourceFigures(
        _recall(counts),
        float(np.quantile([before.likeness(after) for before, after in pairs], 0.01)),
        float(np.quantile([before.repainted(after) for before, after in pairs], 0.99)),
    )


def _recall(counts: DetectionCounts) -> np.ndarray:
    of_bin = counts.found.sum(0) / np.maximum(counts.asked.sum(0), 1)
    return (counts.found + PRIOR * of_bin) / (counts.asked + PRIOR)


def calibrate(scenes: Sequence[CheckedClip], checker: str, source: str) -> Baseline:
    """Measure the figures, then every check's limit, on clean source clips; deterministic."""
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
