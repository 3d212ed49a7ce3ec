"""Over time: does a thing stay there, stay itself, and obey what stands in front of it?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pipeline.checks.scene import FLOOR_PX, CheckedClip, CheckReading, covered, pairwise_iou, runs

HIDDEN_FRAMES = 3  # a shorter glimpse lost is no occlusion
FOUND_WITHIN = 6  # frames, half a second
VIEWS = 3  # sightings whose mean is a look
RECENT = 12  # frames within which those sightings must lie
LEAST_PAIRS = 6


@dataclass(frozen=True)
class Look:
    """How a thing appeared over a few sightings: mean embedding of length one, mean colour 0..1."""

    embedding: Float[np.ndarray, "embedding"]
    colour: Float[np.ndarray, "3"]

    def likeness(self, other: "Look") -> float:
        """Cosine of the embeddings' angle: 1 the same look, 0 nothing in common."""
        return float(self.embedding @ other.embedding)

    def repainted(self, other: "Look") -> float:
        """Distance between the colours, 0..sqrt(3)."""
        return float(np.linalg.norm(self.colour - other.colour))


def sightings(scene: CheckedClip, actor: int) -> Int[np.ndarray, "sighting"]:
    """Frames in which an object is plainly there and was found."""
    return np.flatnonzero(scene.eligible[:, actor] & (scene.loose[:, actor] >= 0))


def look(scene: CheckedClip, actor: int, frames: Int[np.ndarray, "sighting"]) -> Look:
    """The mean look over some sightings."""
    places = scene.loose[frames, actor]
    mean = np.mean([scene.sight.found[t].looks[i] for t, i in zip(frames, places, strict=True)], axis=0)
    colour = np.mean([scene.sight.found[t].colours[i] for t, i in zip(frames, places, strict=True)], axis=0)
    return Look(mean / max(float(np.linalg.norm(mean)), 1e-6), colour)


def turning_points(scene: CheckedClip, actor: int) -> Iterator[tuple[Look, Look]]:
    """Looks just before and just after every moment of an object's life that has enough sightings around it."""
    seen = sightings(scene, actor)
    for i in range(VIEWS, len(seen) - VIEWS + 1):
        before, after = seen[i - VIEWS : i], seen[i : i + VIEWS]
        if after[-1] - before[0] < RECENT:
            yield look(scene, actor, before), look(scene, actor, after)


def later_looks(scene: CheckedClip, actor: int) -> Iterator[tuple[Look, Look]]:
    """Looks of one object one to two seconds apart: what a return from behind something is measured against."""
    seen = sightings(scene, actor)
    for start in range(0, len(seen) - 2 * VIEWS + 1, VIEWS):
        before = seen[start : start + VIEWS]
        after = seen[seen >= before[-1] + RECENT][:VIEWS]
        if len(after) == VIEWS and after[-1] - before[0] <= 2 * RECENT + FOUND_WITHIN:
            yield look(scene, actor, before), look(scene, actor, after)


def looks_stay(scene: CheckedClip) -> CheckReading:
    """The least likeness between an object's looks just before and just after any moment."""
    least, who = 2.0, ""
    for actor, body in enumerate(scene.rollout.bodies):
        for before, after in turning_points(scene, actor):
            likeness = before.likeness(after)
            if likeness < least:
                least, who = likeness, body.id
    if not who:
        return CheckReading(None, "no object was seen long enough to compare its looks")
    return CheckReading(least, f"{who} keeps a likeness of {least:.2f} where its look changes most")


def longest_vanishing(scene: CheckedClip) -> CheckReading:
    """Longest stretch in frames in which a plain object that had just been seen steadily is not there."""
    longest, who, asked = 0, "", 0
    for actor, body in enumerate(scene.rollout.bodies):
        for start, end in runs(scene.eligible[:, actor]):
            there = scene.loose[start:end, actor] >= 0
            asked += int(there.sum() >= VIEWS)
            for a, b in runs(~there):
                if a >= VIEWS and there[max(0, a - FOUND_WITHIN) : a].mean() >= 0.8 and b - a > longest:
                    longest, who = b - a, body.id
    if not asked:
        return CheckReading(None, "no plain object was seen for three frames")
    return CheckReading(
        float(longest), f"{who} is not seen for {longest} frames though nothing hides it" if who else "none"
    )


@dataclass(frozen=True)
class Return:
    """An object that was seen, hidden for `hidden` frames, and is in plain view again from `frame` on."""

    actor: int
    hidden: int
    frame: int
    before: Int[np.ndarray, "sighting"]


def returns(scene: CheckedClip) -> list[Return]:
    """Every return from behind something of an object that had been seen before."""
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
    """Share of returns after which the same thing was there: found within .5 s, alike, and most like itself."""
    events = returns(scene)
    if not events:
        return CheckReading(None, "nothing seen before disappears behind something and comes out again")
    faults = [fault for event in events if (fault := _fault(scene, event, least_likeness, most_repainted))]
    upheld = len(events) - len(faults)
    return CheckReading(upheld / len(events), "; ".join([f"{upheld} of {len(events)} returns were upheld", *faults]))


def _fault(scene: CheckedClip, event: Return, least_likeness: float, most_repainted: float) -> str:
    """What is wrong with one return; empty if nothing."""
    name = scene.rollout.bodies[event.actor].id
    seen = sightings(scene, event.actor)
    after = seen[seen >= event.frame][:VIEWS]
    if not len(after) or after[0] >= event.frame + FOUND_WITHIN:
        return f"{name} is not found within half a second of coming out"
    was, now = look(scene, event.actor, event.before), look(scene, event.actor, after)
    if was.likeness(now) < least_likeness:
        return f"{name} comes out looking different (likeness {was.likeness(now):.2f})"
    if was.repainted(now) > most_repainted:
        return f"{name} comes out in another colour (distance {was.repainted(now):.2f})"
    rivals = (a for a in range(1, len(scene.kinds)) if a != event.actor and scene.kinds[a] == scene.kinds[event.actor])
    for rival in rivals:
        if (
            len(others := sightings(scene, rival))
            and look(scene, rival, others).likeness(now) > was.likeness(now) + 0.05
        ):
            return f"{name} comes out looking like {scene.rollout.bodies[rival].id}"
    return ""


def occlusion_order(scene: CheckedClip) -> CheckReading:
    """Share of hidden or half-covered objects that are drawn in front of what covers them."""
    wrong, asked, told = 0, 0, set()
    for t in range(len(scene.sight.found)):
        for actor in _covered_ones(scene, t).tolist():
            asked += 1
            if _shines_through(scene, t, actor):
                wrong += 1
                told.add(scene.rollout.bodies[actor].id)
    if asked < LEAST_PAIRS:
        return CheckReading(None, "hardly anything stands behind anything else")
    names = f": {', '.join(sorted(told))}" if told else ""
    return CheckReading(
        wrong / asked, f"{wrong} of {asked} sights of something covered show it in front of its cover{names}"
    )


def _covered_ones(scene: CheckedClip, t: int) -> Int[np.ndarray, "covered"]:
    """Objects of some size within the picture of which too little shows to be boxed whole."""
    box = scene.labels.amodal_box[t]
    tall = box[:, 3] - box[:, 1] >= FLOOR_PX
    covered_up = tall & (scene.labels.visibility[t] < 0.3) & (scene.labels.truncation[t] <= 0.3)
    return np.flatnonzero(covered_up & scene.taught)


def _shines_through(scene: CheckedClip, t: int, actor: int) -> bool:
    """Whether a confident finding of this class is the whole covered body, and no visible object explains it."""
    found, labels = scene.sight.found[t], scene.labels
    whole = (pairwise_iou(labels.amodal_box[t, actor][None], found.boxes)[0] >= 0.5) & (found.scores >= 0.5)
    whole &= found.classes == scene.kinds[actor]
    part = labels.modal_box[t, actor][None]
    shown = np.flatnonzero((labels.visibility[t] >= 0.3) & (np.arange(len(scene.kinds)) != actor))
    others = labels.modal_box[t][shown]
    whole &= pairwise_iou(found.boxes, others).max(1, initial=0) < 0.5
    # A sliver's own box, or part of another body of the class, is what ought to be seen here.
    whole &= pairwise_iou(found.boxes, part)[:, 0] < 0.5
    same = labels.modal_box[t][shown[scene.kinds[shown] == scene.kinds[actor]]]
    whole &= covered(found.boxes, same).max(1, initial=0) < 0.9
    return bool(whole.any())
