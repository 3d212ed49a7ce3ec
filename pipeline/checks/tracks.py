"""Checks over time: objects persist, keep their appearance, and are hidden by what is in front of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pipeline.checks.scene import FLOOR_PX, CheckedClip, CheckReading, covered, pairwise_iou, runs

HIDDEN_FRAMES = 3  # shorter occlusions do not count
FOUND_WITHIN = 6  # frames, half a second
VIEWS = 3  # sightings that a look is the mean of
RECENT = 12  # most frames between the first and the last of them
LEAST_PAIRS = 6


@dataclass(frozen=True)
class Look:
    """Appearance of an object over a few sightings: mean embedding of length one, mean colour 0..1."""

    embedding: Float[np.ndarray, "embedding"]
    colour: Float[np.ndarray, "3"]

    def likeness(self, other: "Look") -> float:
        """Cosine of the embeddings: 1 for the same appearance, 0 for nothing in common."""
        return float(self.embedding @ other.embedding)

    def repainted(self, other: "Look") -> float:
        """Distance between the colours, 0..sqrt(3)."""
        return float(np.linalg.norm(self.colour - other.colour))


def sightings(scene: CheckedClip, actor: int) -> Int[np.ndarray, "sighting"]:
    """Frames in which an object is in plain view and detected."""
    return np.flatnonzero(scene.eligible[:, actor] & (scene.loose[:, actor] >= 0))


def mean_look(scene: CheckedClip, actor: int, frames: Int[np.ndarray, "sighting"]) -> Look:
    """The mean look over some sightings."""
    places = scene.loose[frames, actor]
    mean = np.mean([scene.sight.found[t].looks[i] for t, i in zip(frames, places, strict=True)], axis=0)
    colour = np.mean([scene.sight.found[t].colours[i] for t, i in zip(frames, places, strict=True)], axis=0)
    return Look(mean / max(float(np.linalg.norm(mean)), 1e-6), colour)


def consecutive_looks(scene: CheckedClip, actor: int) -> Iterator[tuple[Look, Look]]:
    """Pairs of looks just before and just after every moment with enough sightings on both sides."""
    seen = sightings(scene, actor)
    for i in range(VIEWS, len(seen) - VIEWS + 1):
        before, after = seen[i - VIEWS : i], seen[i : i + VIEWS]
        if after[-1] - before[0] < RECENT:
            yield mean_look(scene, actor, before), mean_look(scene, actor, after)


def later_looks(scene: CheckedClip, actor: int) -> Iterator[tuple[Look, Look]]:
    """Pairs of looks of one object one to two seconds apart: the reference for its look after an occlusion."""
    seen = sightings(scene, actor)
    for start in range(0, len(seen) - 2 * VIEWS + 1, VIEWS):
        before = seen[start : start + VIEWS]
        after = seen[seen >= before[-1] + RECENT][:VIEWS]
        if len(after) == VIEWS and after[-1] - before[0] <= 2 * RECENT + FOUND_WITHIN:
            yield mean_look(scene, actor, before), mean_look(scene, actor, after)


def looks_stay(scene: CheckedClip) -> CheckReading:
    """The lowest likeness of an object's looks just before and just after any moment."""
    least, who = 2.0, ""
    for actor, body in enumerate(scene.rollout.bodies):
        for before, after in consecutive_looks(scene, actor):
            likeness = before.likeness(after)
            if likeness < least:
                least, who = likeness, body.id
    if not who:
        return CheckReading(None, "no object was detected for long enough to compare its appearance")
    return CheckReading(least, f"{who} has a likeness of {least:.2f} where its appearance changes most")


def longest_vanishing(scene: CheckedClip) -> CheckReading:
    """Most consecutive frames in which an object in plain view is not detected, after it was detected steadily."""
    longest, who, asked = 0, "", 0
    for actor, body in enumerate(scene.rollout.bodies):
        for start, end in runs(scene.eligible[:, actor]):
            there = scene.loose[start:end, actor] >= 0
            asked += int(there.sum() >= VIEWS)
            for a, b in runs(~there):
                if a >= VIEWS and there[max(0, a - FOUND_WITHIN) : a].mean() >= 0.8 and b - a > longest:
                    longest, who = b - a, body.id
    if not asked:
        return CheckReading(None, "no object in plain view was detected for three frames")
    return CheckReading(
        float(longest),
        f"{who} is not detected for {longest} frames though nothing hides it" if who else "no object vanishes",
    )


@dataclass(frozen=True)
class Return:
    """An object that was detected, then hidden for `hidden` frames, and is in plain view again from `frame` on."""

    actor: int
    hidden: int
    frame: int
    before: Int[np.ndarray, "sighting"]


def returns(scene: CheckedClip) -> list[Return]:
    """Every return of an object from an occlusion, if it was detected before."""
    events = []
    for actor in range(1, len(scene.rollout.bodies)):
        seen = sightings(scene, actor)
        for start, end in runs(scene.hidden[:, actor]):
            before = seen[(seen < start) & (seen >= start - 2 * RECENT)][-VIEWS:]
            after = np.flatnonzero(scene.eligible[end : end + 2 * RECENT, actor])
            in_time = len(after) and scene.eligible[end + after[0] :, actor][:FOUND_WITHIN].sum() >= VIEWS
            if end - start >= HIDDEN_FRAMES and len(before) == VIEWS and in_time:
                events.append(Return(actor, end - start, int(end + after[0]), before))
    return events


def permanence(scene: CheckedClip, least_likeness: float, most_repainted: float) -> CheckReading:
    """Share of returns with the same object: detected within 0.5 s, similar, and more similar than other objects."""
    events = returns(scene)
    if not events:
        return CheckReading(None, "no detected object is hidden and becomes visible again")
    faults = [fault for event in events if (fault := _return_fault(scene, event, least_likeness, most_repainted))]
    upheld = len(events) - len(faults)
    return CheckReading(upheld / len(events), "; ".join([f"{upheld} of {len(events)} returns were correct", *faults]))


def _return_fault(scene: CheckedClip, event: Return, least_likeness: float, most_repainted: float) -> str:
    """The fault of one return; "" without one."""
    name = scene.rollout.bodies[event.actor].id
    seen = sightings(scene, event.actor)
    after = seen[seen >= event.frame][:VIEWS]
    if not len(after) or after[0] >= event.frame + FOUND_WITHIN:
        return f"{name} is not detected within half a second after its occlusion"
    was, now = mean_look(scene, event.actor, event.before), mean_look(scene, event.actor, after)
    if was.likeness(now) < least_likeness:
        return f"{name} looks different after its occlusion (likeness {was.likeness(now):.2f})"
    if was.repainted(now) > most_repainted:
        return f"{name} has another colour after its occlusion (distance {was.repainted(now):.2f})"
    rivals = (a for a in range(1, len(scene.kinds)) if a != event.actor and scene.kinds[a] == scene.kinds[event.actor])
    for rival in rivals:
        if (
            len(others := sightings(scene, rival))
            and mean_look(scene, rival, others).likeness(now) > was.likeness(now) + 0.05
        ):
            return f"{name} looks like {scene.rollout.bodies[rival].id} after its occlusion"
    return ""


def occlusion_order(scene: CheckedClip) -> CheckReading:
    """Share of hidden or mostly hidden objects that are drawn in front of what hides them."""
    wrong, asked, names = 0, 0, set()
    for t in range(len(scene.sight.found)):
        for actor in _hidden_objects(scene, t).tolist():
            asked += 1
            if _drawn_in_front(scene, t, actor):
                wrong += 1
                names.add(scene.rollout.bodies[actor].id)
    if asked < LEAST_PAIRS:
        return CheckReading(None, f"objects are hidden by others in {asked} cases, fewer than {LEAST_PAIRS}")
    listed = f": {', '.join(sorted(names))}" if names else ""
    return CheckReading(
        wrong / asked, f"in {wrong} of {asked} cases a hidden object is drawn in front of what hides it{listed}"
    )


def _hidden_objects(scene: CheckedClip, t: int) -> Int[np.ndarray, "covered"]:
    """Objects in the picture, at least `FLOOR_PX` high, of which less than 0.3 is visible."""
    box = scene.labels.amodal_box[t]
    tall = box[:, 3] - box[:, 1] >= FLOOR_PX
    covered_up = tall & (scene.labels.visibility[t] < 0.3) & (scene.labels.truncation[t] <= 0.3)
    return np.flatnonzero(covered_up & scene.detectable)


def _drawn_in_front(scene: CheckedClip, t: int, actor: int) -> bool:
    """Whether a confident detection of this class is the whole hidden body, and no visible object explains it."""
    found, labels = scene.sight.found[t], scene.labels
    whole = (pairwise_iou(labels.amodal_box[t, actor][None], found.boxes)[0] >= 0.5) & (found.scores >= 0.5)
    whole &= found.classes == scene.kinds[actor]
    part = labels.modal_box[t, actor][None]
    shown = np.flatnonzero((labels.visibility[t] >= 0.3) & (np.arange(len(scene.kinds)) != actor))
    others = labels.modal_box[t][shown]
    whole &= pairwise_iou(found.boxes, others).max(1, initial=0) < 0.5
    # A detection of only the visible part, or of a part of another body of the class, is correct.
    whole &= pairwise_iou(found.boxes, part)[:, 0] < 0.5
    same = labels.modal_box[t][shown[scene.kinds[shown] == scene.kinds[actor]]]
    whole &= covered(found.boxes, same).max(1, initial=0) < 0.9
    return bool(whole.any())
