"""The protocol of renderers, which turn scenes into frames."""

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
    """The seeds of one clip, one for each use, from the content, so that a retry draws the same."""

    scenario: Scenario
    seed: int

    def of(self, use: Randomness) -> int:
        return seed_for(self.scenario, self.seed, use)


@runtime_checkable
class Renderer(Protocol):
    """Renders RGB frames of scenes, for every camera at its size and for all instants of the rollout.

    A scene has the rollout, each camera's control layers and labels, caption and ego actions, and the source pictures
    (the log's, or the procedural camera's), the first of which may be used as a prompt. It has no tokens.
    """

    @property
    def device(self) -> str:
        """The name of the device; times can be compared only on the same one."""
        ...

    def render(self, scenes: Sequence[ConditionedClip], seeds: Sequence[ClipSeed], clock: Stopwatch) -> ClipFrames:
        """Render scenes with equal numbers of frames and cameras, one seed each; every clip is the same as alone.

        The same scenes and seeds give the same bytes on one machine. The renderer names its timed stages.
        """
        ...
