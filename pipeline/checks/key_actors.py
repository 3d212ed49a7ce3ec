"""The actors that a clip is about, one by one: is each of them in the pictures at all?

Every other check asks for a share of all objects, relative to what the networks find of their class on source frames in
general; so one missing child among many cars goes unnoticed, the more so as children are seldom found. Here each actor
is compared with itself: on the clip's own source picture, by the same networks. The first frame is left out: it is the
prompt, a source picture byte for byte, in which everybody is found whatever the networks make of the clip.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from jaxtyping import Bool, Float

from outputs.verdict import Outcome, Verdict
from pipeline.checks.kinematics import outlines
from pipeline.checks.objects import LEAST_ASKED
from pipeline.checks.outcomes import ego_hits
from pipeline.checks.rules import DETECTOR
from pipeline.checks.scene import FLOOR_PX, CheckedClip
from pipeline.checks.sight import FrameDetections
from pipeline.checks.targets import CLASSES
from scenarios.rollout import Rollout

KEY_ACTOR = "key actor"
OWN_SOURCE = "the clip's source pictures"
PROMPT_FRAMES = 1  # at the start of a clip, source pictures themselves
LEAST_SHARE = 1 / 3  # of the frames in which it is found on the source picture


@dataclass(frozen=True)
class ActorCount:
    """In how many frames an actor is asked for, found, found as another class, and found on the source picture."""

    asked: int
    found: int
    mistaken: int
    on_source: int


def key_actors(scene: CheckedClip, source: tuple[FrameDetections, ...], named: frozenset[str]) -> tuple[Verdict, ...]:
    """A verdict for each actor that is `named` by the story, is hit, or comes nearest to the ego; never for the ego.

    Found in no frame it fails, found in fewer than a third of the frames in which it is on the `source` pictures (what
    the detector finds there, frame by frame) it is inconclusive and keeps the clip back. Who is not in plain view at 16
    px and more in six frames, or is of no class of the detector's, is not asked for: inconclusive, and no hindrance.
    The first frame, which is the prompt, counts nowhere.
    """
    on_source = replace(scene, sight=replace(scene.sight, found=source))
    roles = _roles(scene, named)
    if not roles:
        reason = "the story names nobody, nothing is hit, and nothing is in plain view for long enough to be asked for"
        return (_verdict(scene, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False),)
    return tuple(_judge(scene, row, role, _count(scene, on_source, row)) for row, role in roles.items())


def _roles(scene: CheckedClip, named: frozenset[str]) -> dict[int, str]:
    """The rows of the actors that matter, with why they do, in the order of the rollout's bodies."""
    rollout, hit = scene.rollout, _hit(scene.rollout)
    roles = {row: [] for row in range(1, len(rollout.bodies))}
    for row, body in enumerate(rollout.bodies[1:], 1):
        roles[row] += ["named by the story"] * (body.id in named) + ["hit"] * (body.id in hit)
    nearest = _nearest(scene)
    if nearest is not None:
        roles[nearest] += ["nearest to the ego"]
    return {row: ", ".join(why) for row, why in roles.items() if why}


def _hit(rollout: Rollout) -> set[str]:
    """Everybody in a collision, whether the rollout tells of it or, in a log, the ego's box shows it."""
    told = {name for h in rollout.happenings if h.other for name in (h.actor, h.other)}
    seen = ego_hits(rollout)
    return told | ({seen[0]} if seen else set())


def _nearest(scene: CheckedClip) -> int | None:
    """Who of those that can be asked for comes nearest to the ego at any time, from outline to outline."""
    asked = np.flatnonzero(_asked(scene).sum(axis=0) >= LEAST_ASKED)
    if not len(asked):
        return None
    return int(asked[_away_m(scene.rollout)[:, asked].min(axis=0).argmin()])


def _asked(scene: CheckedClip) -> Bool[np.ndarray, "time actor"]:
    """In which frames each actor is asked for: where it is in plain view, but not in the prompt."""
    return scene.eligible & (np.arange(len(scene.eligible)) >= PROMPT_FRAMES)[:, None]


def _away_m(rollout: Rollout) -> Float[np.ndarray, "time actor"]:
    """From the ego's outline to every body's, 0 where they touch; infinite where either is not there."""
    away = np.full(rollout.valid.shape, np.inf)
    for frame in np.flatnonzero(rollout.valid[:, 0]):
        boxes, there = outlines(rollout, int(frame)), rollout.valid[frame]
        away[frame, there] = shapely.distance(boxes[0], boxes[there])
    return away


def _count(scene: CheckedClip, on_source: CheckedClip, row: int) -> ActorCount:
    """By overlap and score, one finding for one actor: somebody beside it does not stand in. A finding of a class that
    is like its own counts: whether the class is right is for `label recall` to say."""
    frames = np.flatnonzero(_asked(scene)[:, row])
    found, on_source = frames[scene.alike[frames, row] >= 0], frames[on_source.alike[frames, row] >= 0]
    classes = np.array([scene.sight.found[t].classes[scene.alike[t, row]] for t in found])
    return ActorCount(len(frames), len(found), int((classes != scene.kinds[row]).sum()), len(on_source))


def _judge(scene: CheckedClip, row: int, role: str, count: ActorCount) -> Verdict:
    body = scene.rollout.bodies[row]
    if not scene.taught[row]:
        reason = f"{body.id} ({body.kind}), {role}: not asked for, since no class of the detector's"
        return _verdict(scene, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    who = f"{body.id} ({CLASSES[scene.kinds[row]]}), {role}"
    if count.asked < LEAST_ASKED:
        few = f"in {count.asked} frames after the first, fewer than {LEAST_ASKED}"
        reason = f"{who}: not asked for, in plain view at {FLOOR_PX:g} px or more {few}"
        return _verdict(scene, Outcome.INCONCLUSIVE, None, None, reason, must_pass=False)
    least = max(1.0, LEAST_SHARE * count.on_source)
    outcome = Outcome.FAIL if not count.found else Outcome.PASS if count.found >= least else Outcome.INCONCLUSIVE
    mistaken = f" (as another class in {count.mistaken})" if count.mistaken else ""
    reason = (
        f"{who}: found in {count.found} of the {count.asked} frames in which it is asked for{mistaken}; "
        f"on the source pictures in {count.on_source or 'none either'}"
    )
    return _verdict(scene, outcome, float(count.found), least, reason, must_pass=True)


def _verdict(
    scene: CheckedClip, outcome: Outcome, value: float | None, limit: float | None, reason: str, must_pass: bool
) -> Verdict:
    return Verdict(
        KEY_ACTOR, "pixels", outcome, value, limit, "frames", DETECTOR, OWN_SOURCE, reason,
        camera=scene.camera.name, must_pass=must_pass,
    )  # fmt: skip
