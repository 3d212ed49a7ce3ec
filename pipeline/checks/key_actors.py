"""The actors that a clip is about, one by one: is each of them in the pictures at all?

Every other check asks for a share of all objects, relative to what the networks find of their class on source frames in
general; so one missing child among many cars goes unnoticed, the more so as children are seldom found. Here each actor
is compared with itself: on the clip's own source picture, by the same networks. The first frame is left out: it is the
prompt, a source picture byte for byte, in which everybody is found whatever the networks make of the clip.

Where the frames are the source pictures themselves (`procedural`), this comparison could only fail an actor that is
found nowhere. Then an actor is compared with what the detector finds of its class and height on held-out source
pictures, the baseline's recall; there is no prompt, and every frame counts.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from jaxtyping import Bool, Float, Int

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import outlines
from pipeline.checks.objects import HEIGHT_BINS_PX, LEAST_ASKED
from pipeline.checks.outcomes import ego_hits
from pipeline.checks.scene import DETECTOR, FLOOR_PX, CheckedClip
from pipeline.checks.sight import FrameDetections
from pipeline.checks.targets import CLASSES
from scenarios.rollout import Rollout

KEY_ACTOR = "key actor"
OWN_SOURCE = "the clip's source pictures"
PROMPT_FRAMES = 1  # at the start of a clip, source pictures themselves
LEAST_SHARE = 1 / 3  # of the frames in which it is found on the source picture


@dataclass(frozen=True)
class ActorCount:
    """In how many frames an actor is asked for, found, found as another class, and found or expected elsewhere."""

    asked: int
    found: int
    mistaken: int
    expected: float


@dataclass(frozen=True)
class OwnSource:
    """The clip as the detector sees it on its source pictures, of which the first is the prompt."""

    scene: CheckedClip
    baseline = OWN_SOURCE
    first = PROMPT_FRAMES

    def expected(self, scene: CheckedClip, frames: Int[np.ndarray, "asked"], row: int) -> float:
        return float((self.scene.alike[frames, row] >= 0).sum())

    def words(self, expected: float) -> str:
        return f"on the source pictures in {int(expected) or 'none either'}"


@dataclass(frozen=True)
class ExpectedRecall:
    """What the detector finds on held-out source pictures in general, and the baseline's id."""

    recall: Float[np.ndarray, "class bin"]
    baseline: str
    first = 0

    def expected(self, scene: CheckedClip, frames: Int[np.ndarray, "asked"], row: int) -> float:
        bins = np.searchsorted(HEIGHT_BINS_PX, scene.height_px[frames, row], side="right") - 1
        return float(self.recall[scene.kinds[row], bins].sum())

    def words(self, expected: float) -> str:
        return f"of such objects on held-out source pictures {expected:.1f} would be"


def key_actors(
    scene: CheckedClip, source: tuple[FrameDetections, ...] | ExpectedRecall, named: frozenset[str]
) -> tuple[Verdict, ...]:
    """A verdict for each actor that is `named` by the story, is hit, or comes nearest to the ego; never for the ego.

    Found in no frame it fails, found in fewer than a third of the frames in which it is on the `source` pictures (what
    the detector finds there, frame by frame), or is expected, it is inconclusive and keeps the clip back. Who is not in
    plain view at 16 px and more in six frames, or is of no class of the detector's, is not asked for: inconclusive, and
    no hindrance. The first frame counts nowhere where it is the prompt.
    """
    if isinstance(source, ExpectedRecall):
        reference: OwnSource | ExpectedRecall = source
    else:
        reference = OwnSource(replace(scene, sight=replace(scene.sight, found=source)))
    asked = _asked(scene, reference.first)
    roles = _roles(scene, named, asked)
    if not roles:
        reason = "the story names nobody, nothing is hit, and nothing is in plain view for long enough to be asked for"
        return (_verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False),)
    return tuple(
        _judge(scene, reference, row, role, _count(scene, reference, np.flatnonzero(asked[:, row]), row))
        for row, role in roles.items()
    )


def _roles(scene: CheckedClip, named: frozenset[str], asked: Bool[np.ndarray, "time actor"]) -> dict[int, str]:
    """The rows of the actors that matter, with why they do, in the order of the rollout's bodies."""
    rollout, hit = scene.rollout, _hit(scene.rollout)
    roles = {row: [] for row in range(1, len(rollout.bodies))}
    for row, body in enumerate(rollout.bodies[1:], 1):
        roles[row] += ["named by the story"] * (body.id in named) + ["hit"] * (body.id in hit)
    nearest = _nearest(scene, asked)
    if nearest is not None:
        roles[nearest] += ["nearest to the ego"]
    return {row: ", ".join(why) for row, why in roles.items() if why}


def _hit(rollout: Rollout) -> set[str]:
    """Everybody in a collision, whether the rollout tells of it or, in a log, the ego's box shows it."""
    told = {name for h in rollout.happenings if h.other for name in (h.actor, h.other)}
    seen = ego_hits(rollout)
    return told | ({seen[0]} if seen else set())


def _nearest(scene: CheckedClip, asked: Bool[np.ndarray, "time actor"]) -> int | None:
    """Who of those that can be asked for comes nearest to the ego at any time, from outline to outline."""
    rows = np.flatnonzero(asked.sum(axis=0) >= LEAST_ASKED)
    if not len(rows):
        return None
    return int(rows[_away_m(scene.rollout)[:, rows].min(axis=0).argmin()])


def _asked(scene: CheckedClip, first: int) -> Bool[np.ndarray, "time actor"]:
    """In which frames each actor is asked for: where it is in plain view, from the `first` that is no prompt."""
    return scene.eligible & (np.arange(len(scene.eligible)) >= first)[:, None]


def _away_m(rollout: Rollout) -> Float[np.ndarray, "time actor"]:
    """From the ego's outline to every body's, 0 where they touch; infinite where either is not there."""
    away = np.full(rollout.valid.shape, np.inf)
    for frame in np.flatnonzero(rollout.valid[:, 0]):
        boxes, there = outlines(rollout, int(frame)), rollout.valid[frame]
        away[frame, there] = shapely.distance(boxes[0], boxes[there])
    return away


def _count(
    scene: CheckedClip, reference: OwnSource | ExpectedRecall, frames: Int[np.ndarray, "asked"], row: int
) -> ActorCount:
    """By overlap and score, one finding for one actor: somebody beside it does not stand in. A finding of a class that
    is like its own counts: whether the class is right is for `label recall` to say."""
    found = frames[scene.alike[frames, row] >= 0]
    classes = np.array([scene.sight.found[t].classes[scene.alike[t, row]] for t in found])
    mistaken, expected = int((classes != scene.kinds[row]).sum()), reference.expected(scene, frames, row)
    return ActorCount(len(frames), len(found), mistaken, expected)


def _judge(
    scene: CheckedClip, reference: OwnSource | ExpectedRecall, row: int, role: str, count: ActorCount
) -> Verdict:
    body = scene.rollout.bodies[row]
    if not scene.taught[row]:
        reason = f"{body.id} ({body.kind}), {role}: not asked for, since no class of the detector's"
        return _verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    who = f"{body.id} ({CLASSES[scene.kinds[row]]}), {role}"
    if count.asked < LEAST_ASKED:
        few = f"in {count.asked} frames{' after the first' if reference.first else ''}, fewer than {LEAST_ASKED}"
        reason = f"{who}: not asked for, in plain view at {FLOOR_PX:g} px or more {few}"
        return _verdict(scene, reference, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    least = max(1.0, LEAST_SHARE * count.expected)
    outcome = Outcome.FAIL if not count.found else Outcome.PASS if count.found >= least else Outcome.INCONCLUSIVE
    mistaken = f" (as another class in {count.mistaken})" if count.mistaken else ""
    reason = (
        f"{who}: found in {count.found} of the {count.asked} frames in which it is asked for{mistaken}; "
        f"{reference.words(count.expected)}"
    )
    return _verdict(scene, reference, outcome, float(count.found), least, reason, must_pass=True)


def not_asked(scene: CheckedClip, baseline: str, why: str) -> Verdict:
    """The verdict where there is nothing to compare any actor with: inconclusive, and no hindrance."""
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
