"""The renderer `procedural`: the procedural camera only, exact and fast, without networks that draw."""

from collections.abc import Sequence

import numpy as np

from conditioning.renderer.procedural import render_procedural
from pipeline.checks.sight import Frames
from pipeline.renderers.kinds import RendererConfig
from pipeline.renderers.renderer import ClipFrames, ClipSeed
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import ConditionedClip


class ProceduralRenderer:
    """Frames are the procedural camera's pictures of the scene, with the appearance of the seed."""

    device = "cpu"

    def render(self, scenes: Sequence[ConditionedClip], seeds: Sequence[ClipSeed], clock: Stopwatch) -> ClipFrames:
        """For a simulated scene these are the source pictures; a scene from a log is drawn here."""
        with clock("draw_frames"):
            return np.stack([np.stack(_frames(scene, seed)) for scene, seed in zip(scenes, seeds, strict=True)])


def _frames(scene: ConditionedClip, seed: ClipSeed) -> tuple[Frames, ...]:
    if seed.scenario.from_log is None:
        return scene.source
    conditions, look = scene.conditions, seed.of("look")
    return tuple(render_procedural(scene.rollout, conditions.scenery, view.camera, look) for view in conditions.views)


def load(config: RendererConfig) -> ProceduralRenderer:
    """Nothing to load; pictures have the preset's size, as for every renderer."""
    return ProceduralRenderer()
