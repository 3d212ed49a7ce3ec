"""The worker: holds the networks and makes clips in a run folder, whole or stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conditioning.geometry.rigs import rig_id
from models.weights import WeightsError
from outputs.clips.clip import Clip, write_clip
from outputs.defaults import FIRST_RENDERER
from pipeline.engine.machine import granted_device, peak_memory_gib
from pipeline.renderers.models import LoadedModels, load_models
from pipeline.runs.clip_outcome import ClipDone
from pipeline.runs.run_folder import Job, Run
from pipeline.runs.stage_timer import Stopwatch
from pipeline.stages import ConditionedClip
from pipeline.synthesize import Imagined, finish, imagine, prepare, synthesize


def made_with(renderer: str, preset: str, rig: str, weights: dict[str, str]) -> dict[str, str]:
    """The renderer, preset, cameras, weights and versions of all clips of a run; `rig` is the id of its cameras."""
    return {
        "renderer": renderer,
        "preset": preset,
        "rig": rig,
        **{f"{part} weights": fingerprint for part, fingerprint in weights.items()},
    }


@dataclass(frozen=True)
class PreparedClip:
    """A clip after its first stage: its folder, its scene, and the seconds so far."""

    place: Path
    scene: ConditionedClip
    seconds: dict[str, float]

    @property
    def frames(self) -> int:
        return len(self.scene.rollout.t_s)


@dataclass(frozen=True)
class GeneratedClip:
    """A clip's frames, and its share of the renderer's seconds."""

    imagined: Imagined
    seconds: dict[str, float]


@dataclass
class ClipMaker:
    """`process` makes a whole clip; `prepare`, `imagine` and `finish` are its stages (`pipeline.engine.stage_plan`).

    `on_gpu`: the renderer uses the GPU in workers that have one.
    """

    out: Path
    preset: str
    weights: Path
    on_gpu: bool = False
    renderer: str = FIRST_RENDERER
    models: LoadedModels | None = field(default=None, repr=False)

    def setup(self, threads: int) -> None:
        device = granted_device() if self.on_gpu else "cpu"
        rig = Run(self.out).rig()  # the cameras stored in the run, since the rig file may have changed
        self.models = load_models(self.renderer, self.preset, threads, self.weights, device, rig)
        now = made_with(self.renderer, self.preset, rig_id(rig), self.models.fingerprints)
        if Run(self.out).file().made_with != now:
            raise WeightsError(f"the weights in {self.weights / self.preset} changed while the run went on")

    @property
    def _loaded(self) -> LoadedModels:
        if self.models is None:
            raise RuntimeError("ClipMaker.setup was not called")
        return self.models

    def process(self, job: Job) -> ClipDone:
        place, clock = self._begin(job)
        return self._leave(synthesize(job, self._loaded, clock), place, clock)

    def prepare(self, job: Job) -> PreparedClip:
        place, clock = self._begin(job)
        return PreparedClip(place, prepare(job, self._loaded.rig, clock), clock.seconds)

    def imagine(self, jobs: Sequence[Job], begun: Sequence[PreparedClip]) -> list[GeneratedClip]:
        """Generate clips with equal numbers of frames together."""
        seen: dict[str, GeneratedClip] = {}
        for frames in sorted({one.frames for one in begun}):
            some = [(job, one) for job, one in zip(jobs, begun, strict=True) if one.frames == frames]
            seen |= self._imagine(*zip(*some, strict=True))
        return [seen[job.clip] for job in jobs]

    def _imagine(self, jobs: Sequence[Job], begun: Sequence[PreparedClip]) -> dict[str, GeneratedClip]:
        clock = Stopwatch(*(Run(self.out).shown(one.place) for one in begun))
        imagined = imagine(jobs, [one.scene for one in begun], self._loaded.renderer, clock)
        share = {stage: round(seconds / len(jobs), 3) for stage, seconds in clock.seconds.items()}
        return {job.clip: GeneratedClip(one, share) for job, one in zip(jobs, imagined, strict=True)}

    def finish(self, job: Job, begun: PreparedClip, seen: GeneratedClip) -> ClipDone:
        clock = Stopwatch(Run(self.out).shown(begun.place), begun=begun.seconds | seen.seconds)
        return self._leave(finish(job, begun.scene, seen.imagined, self._loaded, clock), begun.place, clock)

    def _begin(self, job: Job) -> tuple[Path, Stopwatch]:
        place = Run(self.out).begin(job.clip)
        return place, Stopwatch(Run(self.out).shown(place))

    def _leave(self, clip: Clip, place: Path, clock: Stopwatch) -> ClipDone:
        with clock("write_clip"):
            write_clip(place, clip)
        record = Run(self.out).finish(place, clip.record)
        clock.stop()
        return ClipDone(record, clock.seconds, peak_memory_gib())
