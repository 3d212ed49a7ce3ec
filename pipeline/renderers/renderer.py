"""What turns scenes into frames, as the map calls it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import ConditionedClip, Randomness, seed_for
from scenarios.scenario import Scenario

ClipFrames = UInt8[np.ndarray, "clip camera time height width 3"]


@dataclass(frozen=True)
class ClipSeed:
    """The randomness of one clip: a seed for each use, from content, so that a retry draws the same."""

    scenario: Scenario
    seed: int

    def of(self, use: Randomness) -> int:
        return seed_for(self.scenario, self.seed, use)


@runtime_checkable
class Renderer(Protocol):
    """Frames of scenes: RGB, of every camera, at its size and at all instants of the rollout.

    A scene has the rollout, each camera's control layers and labels, caption and ego actions, and the source pictures
    (the log's, or the procedural camera's), the first of which may serve as a prompt. It knows of no tokens.
    """

    @property
    def device(self) -> str:
        """The name of what it computes on: seconds compare only on the same."""
        ...

    def render(self, scenes: Sequence[ConditionedClip], seeds: Sequence[ClipSeed], clock: Stopwatch) -> ClipFrames:
        """Scenes that have equally many frames and cameras, a seed for each; every clip as it would be alone.

        The same scenes and seeds give the same bytes on one machine. Stages are timed under names of its own.
        """
        ...
