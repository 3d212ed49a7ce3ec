"""Rendered pictures with inserted faults, for the checker with its trained weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from unittest.mock import patch

import numpy as np
from jaxtyping import Bool

from conditioning.assets.scenery import build_scenery
from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FRONT
from conditioning.renderer.procedural import render_procedural
from conditioning.sensors.visibility import Labels, label_visibility
from outputs.verdict import Outcome, Verdict
from pipeline.checks import pixels
from pipeline.checks.baseline import Baseline
from pipeline.checks.sight import Checker, ClipObservation, Frames, observe
from scenarios.rollout import Rollout

CAMERA: Camera = FRONT.resized(144, 256)


@dataclass(frozen=True)
class SourceClip:
    """A rollout, its labels and clean source frames with one appearance seed (`look`)."""

    rollout: Rollout
    labels: Labels
    frames: Frames
    look: int

    def without(self, name: str, frames: Sequence[int]) -> Frames:
        """The same pictures without a body in some frames."""
        valid = self.rollout.valid.copy()
        valid[:, self.rollout.index(name)] = False
        bare = render_procedural(
            replace(self.rollout, valid=valid), build_scenery(self.rollout), CAMERA, self.look, frames
        )
        made = self.frames.copy()
        made[list(frames)] = bare
        return made

    def pixels_of(self, name: str, frames: Sequence[int]) -> Bool[np.ndarray, "time height width"]:
        """Pixels of a body: those that differ without it, inside its box (so not its shadow or reflection)."""
        differs = np.abs(self.frames.astype(int) - self.without(name, frames)).max(-1) > 8
        box = self.labels.modal_box[:, self.rollout.index(name)]
        inside = np.zeros_like(differs)
        for t in frames:
            x0, y0, x1, y1 = np.round(box[t]).astype(int)
            inside[t, y0:y1, x0:x1] = True
        return differs & inside

    def repainted(self, name: str, frames: Sequence[int], colour: tuple[int, int, int]) -> Frames:
        """The same pictures with a body in another colour in some frames."""
        mask = self.pixels_of(name, frames)
        made = self.frames.astype(float)
        made[mask] = 0.3 * made[mask] + 0.7 * np.array(colour)
        return made.astype(np.uint8)


def source_clip(rollout: Rollout, look: int) -> SourceClip:
    scenery = build_scenery(rollout)
    return SourceClip(
        rollout, label_visibility(rollout, scenery, CAMERA), render_procedural(rollout, scenery, CAMERA, look), look
    )


@dataclass(frozen=True)
class CheckerRun:
    """A checker and its baseline; detections are kept, so that the networks run once for the same pictures."""

    checker: Checker
    baseline: Baseline
    seen: dict[bytes, ClipObservation] = field(default_factory=dict, repr=False)

    def verdicts(
        self, frames: Frames, source: Frames, labels: Labels, rollout: Rollout, named: frozenset[str] = frozenset()
    ) -> tuple[Verdict, ...]:
        find = lambda frames, checker: self._observe(frames, checker).found  # noqa: E731
        with patch.multiple(pixels, observe=self._observe, find_objects=find):
            return pixels.check_pixels(frames, source, labels, rollout, CAMERA, named, self.checker, self.baseline)

    def _observe(self, frames: Frames, checker: Checker) -> ClipObservation:
        known = sha256(np.ascontiguousarray(frames)).digest()
        if known not in self.seen:
            self.seen[known] = observe(frames, checker)
        return self.seen[known]

    def failed(self, frames: Frames, source: Frames, labels: Labels, rollout: Rollout) -> dict[str, str]:
        """The reasons of failed checks, by check."""
        return {v.check: v.reason for v in self.verdicts(frames, source, labels, rollout) if v.outcome is Outcome.FAIL}
