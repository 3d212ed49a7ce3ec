"""Key actors: is each actor that the clip is about visible in the pictures?

The other checks measure a share of all objects, relative to the recall of their class on source frames. They do not
notice one missing child among many cars, since children are rarely detected. Here each actor is compared with itself in
the clip's own source pictures, with the same detector. The first frame is left out: it is the prompt, which is a source
picture.

If the frames are the source pictures themselves (renderer `procedural`), this comparison could only fail an actor that
is detected in no frame. There the actor is compared with the baseline's recall of its class and height on held-out
source pictures; there is no prompt, and every frame counts.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from outputs.verdict import Outcome, Verdict
from pipeline.checks.objects import HEIGHT_BINS_PX, LEAST_ASKED
from pipeline.checks.scene import DETECTOR, FLOOR_PX, CheckedClip
from pipeline.checks.sight import FrameDetections
from pipeline.checks.targets import CLASSES
from scenarios.metrics.criticality import encounters
from scenarios.metrics.near_miss import ego_impact
from scenarios.rollout import Rollout

KEY_ACTOR = "key actor"
OWN_SOURCE = "the clip's source pictures"
PROMPT_FRAMES = 1  # first frames of a clip that are source pictures
LEAST_SHARE = 1 / 3  # of the frames in which the actor is detected in the source pictures


@dataclass(frozen=True)
class ActorCount:
    """Numbers of frames: actor in plain view, detected, detected as another class, and expected by the reference."""

    asked: int
    found: int
    mistaken: int
    expected: float


@dataclass(frozen=True)
class OwnSource:
    """Reference: detections in the clip's source pictures, of which the first is the prompt."""

    scene: CheckedClip
    baseline = OWN_SOURCE
    first = PROMPT_FRAMES

    def expected(self, scene: CheckedClip, frames: Int[np.ndarray, "asked"], row: int) -> float:
        return float((self.scene.alike[frames, row] >= 0).sum())

    def words(self, expected: float) -> str:
        return f"on the source pictures in {int(expected)}"


@dataclass(frozen=True)
class ExpectedRecall:
    """Reference: the detector's recall on held-out source pictures, and the baseline's id."""

    recall: Float[np.ndarray, "class bin"]
    baseline: str
    first = 0

    def expected(self, scene: CheckedClip, frames: Int[np.ndarray, "asked"], row: int) -> float:
        bins = np.searchsorted(HEIGHT_BINS_PX, scene.height_px[frames, row], side="right") - 1
        return float(self.recall[scene.kinds[row], bins].sum())

    def words(self, expected: float) -> str:
        return f"expected by the recall on held-out source pictures: {expected:.1f}"


def key_actors(
    scene: CheckedClip, source: tuple[FrameDetections, ...] | ExpectedRecall, named: frozenset[str]
) -> tuple[Verdict, ...]:
    """A verdict for each actor that the story names (`named`), that is hit, or that comes nearest to the ego.

    Fail if it is detected in no frame. Inconclusive, which rejects the clip, if it is detected in fewer than a third of
    the frames in which it is detected on the `source` pictures, or is expected. Inconclusive without rejecting the clip
    if it is in plain view at 16 px or more in fewer than six frames, or outside the detector's classes. The first frame
    is not counted if it is the prompt.
    """
    if isinstance(source, ExpectedRecall):
        reference: OwnSource | ExpectedRecall = source
    else:
        reference = OwnSource(replace(scene, sight=replace(scene.sight, found=source)))
    asked = _asked(scene, reference.first)
    roles = _roles(scene, named, asked)
    if not roles:
        reason = "the story names no actor, no body is hit, and none is in plain view for long enough"
        return (_verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False),)
    return tuple(
        _judge(scene, reference, row, role, _count(scene, reference, np.flatnonzero(asked[:, row]), row))
        for row, role in roles.items()
    )


def _roles(scene: CheckedClip, named: frozenset[str], asked: Bool[np.ndarray, "time actor"]) -> dict[int, str]:
    """The rows of the key actors and why they are, in the order of the rollout's bodies."""
    rollout, hit = scene.rollout, _hit(scene.rollout)
    roles: dict[int, list[str]] = {row: [] for row in range(1, len(rollout.bodies))}
    for row, body in enumerate(rollout.bodies[1:], 1):
        roles[row] += ["named by the story"] * (body.id in named) + ["hit"] * (body.id in hit)
    nearest = _nearest(scene, asked)
    if nearest is not None:
        roles[nearest] += ["nearest to the ego"]
    return {row: ", ".join(why) for row, why in roles.items() if why}


def _hit(rollout: Rollout) -> set[str]:
    """Ids of all bodies in a collision: recorded events, and in a log the overlap with the ego's box."""
    told = {name for h in rollout.happenings if h.other for name in (h.actor, h.other)}
    seen = ego_impact(rollout, encounters(rollout))
    return told | ({seen.other} if seen else set())


def _nearest(scene: CheckedClip, asked: Bool[np.ndarray, "time actor"]) -> int | None:
    """The actor that comes nearest to the ego, outline to outline, of those in plain view for long enough."""
    rows = np.flatnonzero(asked.sum(axis=0) >= LEAST_ASKED)
    if not len(rows):
        return None
    return int(rows[encounters(scene.rollout).distance_m[:, rows].min(axis=0).argmin()])


def _asked(scene: CheckedClip, first: int) -> Bool[np.ndarray, "time actor"]:
    """Frames in which each actor is in plain view, from frame `first` on."""
    return scene.eligible & (np.arange(len(scene.eligible)) >= first)[:, None]


def _count(
    scene: CheckedClip, reference: OwnSource | ExpectedRecall, frames: Int[np.ndarray, "asked"], row: int
) -> ActorCount:
    """Count the frames with a detection of the actor, by overlap and score. One detection counts for one actor only. A
    detection as a similar class counts, since `label recall` checks the class."""
    found = frames[scene.alike[frames, row] >= 0]
    classes = np.array([scene.sight.found[t].classes[scene.alike[t, row]] for t in found])
    mistaken, expected = int((classes != scene.kinds[row]).sum()), reference.expected(scene, frames, row)
    return ActorCount(len(frames), len(found), mistaken, expected)


def _judge(
    scene: CheckedClip, reference: OwnSource | ExpectedRecall, row: int, role: str, count: ActorCount
) -> Verdict:
    body = scene.rollout.bodies[row]
    if not scene.detectable[row]:
        reason = f"{body.id} ({body.kind}), {role}: not checked, the detector has no class for it"
        return _verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    who = f"{body.id} ({CLASSES[scene.kinds[row]]}), {role}"
    if count.asked < LEAST_ASKED:
        few = f"in {count.asked} frames{' after the first' if reference.first else ''}, fewer than {LEAST_ASKED}"
        reason = f"{who}: not checked, in plain view at {FLOOR_PX:g} px or more {few}"
        return _verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    least = max(1.0, LEAST_SHARE * count.expected)
    outcome = Outcome.FAIL if not count.found else Outcome.PASS if count.found >= least else Outcome.INCONCLUSIVE
    mistaken = f" (as another class in {count.mistaken})" if count.mistaken else ""
    reason = (
        f"{who}: detected in {count.found} of the {count.asked} frames in which it is in plain view{mistaken}; "
        f"{reference.words(count.expected)}"
    )
    return _verdict(scene, reference, outcome, float(count.found), least, reason, must_pass=True)


def not_asked(scene: CheckedClip, baseline: str, why: str) -> Verdict:
    """The verdict without a reference for the actors: inconclusive, without rejecting the clip."""
    return Verdict(
        KEY_ACTOR, "pixels", Outcome.INCONCLUSIVE, None, None, "frames", DETECTOR, baseline, why,
        camera=scene.camera.name,
    )  # fmt: skip


def _verdict(
    scene: CheckedClip,
    reference: OwnSource | ExpectedRecall,
    outcome: Outcome,
    value: float | None,
    limit: float | None,
    reason: str,
    must_pass: bool,
) -> Verdict:
    return Verdict(
        KEY_ACTOR, "pixels", outcome, value, limit, "frames", DETECTOR, reference.baseline, reason,
        camera=scene.camera.name, must_pass=must_pass,
    )  # fmt: skip
