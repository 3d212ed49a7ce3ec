"""Bodies outside the detector's classes count neither as missed nor as ghosts, whatever they are detected as."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome, Verdict
from pipeline.checks.objects import tally
from pipeline.checks.pixels import judge_rules
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import FrameDetections
from pipeline.checks.targets import CLASSES, detectable, targets
from scenarios.model.bodies import Kind
from tests.conditioning.situations import moving, situation, still
from tests.pipeline.seeing import FRAMES, edited, labels_of, perfect_sight, scene_of, strict_baseline

DETECTED = {"label recall", "every object", "ghosts", "vanishing"}


def with_a_deer() -> CheckedClip:
    """Two cars, a deer and a crate that move with the ego; the detector has no class for the last two."""
    return scene_of(
        situation(
            moving(16.0, 0.0, Kind.CAR, 10.3, name="lead"),
            moving(18.0, 4.5, Kind.CAR, 10.0, name="left"),
            moving(13.0, -3.0, Kind.ANIMAL, 10.0, name="deer"),
            moving(15.0, 2.4, Kind.DEBRIS, 10.0, name="crate"),
            frames=FRAMES,
            ego_speed=10.0,
        )
    )


def verdicts(scene: CheckedClip) -> dict[str, Verdict]:
    return {v.check: v for v in judge_rules(scene, strict_baseline())}


def seen_as(scene: CheckedClip, name: str, klass: str | None) -> CheckedClip:
    """The same clip with another class of a body's detection; without the detection if `klass` is None."""
    row = scene.rollout.index(name)

    def edit(found: FrameDetections, t: int) -> FrameDetections:
        place = [i for i, box in enumerate(found.boxes) if np.allclose(box, scene.labels.modal_box[t, row])]
        keep = np.ones(len(found.scores), bool)
        keep[place] = klass is not None
        classes = found.classes.copy()
        if klass is not None:
            classes[place] = CLASSES.index(klass)
        return FrameDetections(
            found.boxes[keep], classes[keep], found.scores[keep], found.looks[keep], found.colours[keep]
        )

    found = tuple(edit(f, t) for t, f in enumerate(scene.sight.found))
    return CheckedClip(replace(scene.sight, found=found), scene.labels, scene.rollout, scene.camera)


@pytest.mark.parametrize("klass", [None, *CLASSES])
@pytest.mark.parametrize("name", ["deer", "crate"])
def test_the_verdict_does_not_depend_on_the_class_that_it_is_detected_as(name, klass):
    scene = with_a_deer()
    results = verdicts(seen_as(scene, name, klass))
    assert {results[check].outcome for check in DETECTED} == {Outcome.PASS}
    assert tally(scene).asked.sum() == tally(seen_as(scene, name, klass)).asked.sum()


def test_the_reason_names_the_ignored_bodies():
    results = verdicts(with_a_deer())
    for check in DETECTED:
        ignored = "ignored, since the detector has no class for: deer (animal), crate (debris)"
        assert ignored in results[check].reason
    assert "deer" not in results["ego moves"].reason
    assert "ignored" not in verdicts(scene_of(situation(still(15, 0, Kind.CAR), frames=FRAMES)))["ghosts"].reason


def test_a_detection_of_half_a_deer_is_not_a_ghost_and_one_elsewhere_is():
    scene = with_a_deer()
    row, person = scene.rollout.index("deer"), CLASSES.index("person")

    def more(found: FrameDetections, box: np.ndarray) -> FrameDetections:
        looks, colours = (np.vstack([known, known[:1]]) for known in (found.looks, found.colours))
        classes, scores = np.append(found.classes, person), np.append(found.scores, 0.9)
        return FrameDetections(np.vstack([found.boxes, box]), classes, scores, looks, colours)

    x0, y0, x1, y1 = scene.labels.modal_box[0, row]
    half = np.array([x0, y0, (x0 + x1) / 2, y1])
    for box, outcome in ((half, Outcome.PASS), (half + np.array([-60, 0, -60, 0]), Outcome.FAIL)):
        sight = edited(scene.sight, range(FRAMES), lambda found, box=box: more(found, box))
        results = verdicts(CheckedClip(sight, scene.labels, scene.rollout, scene.camera))
        assert results["ghosts"].outcome is outcome


def test_a_missed_car_beside_a_deer_fails():
    scene = seen_as(with_a_deer(), "lead", None)
    assert verdicts(scene)["label recall"].outcome is Outcome.FAIL


def test_a_person_in_front_of_a_deer_keeps_its_detection():
    rollout = situation(still(11.0, 0.2, Kind.PEDESTRIAN, name="walker"), still(12.0, 0.0, Kind.ANIMAL, name="deer"))
    labels = labels_of(rollout)
    sight = perfect_sight(rollout, labels)
    scene = CheckedClip(sight, labels, rollout, scene_of(rollout).camera)
    assert scene.strict[0, rollout.index("walker")] >= 0
    assert scene.strict[0, rollout.index("deer")] == -1


def test_they_are_ignored_in_training():
    scene = with_a_deer()
    _, _, instances, ignore = targets(scene.labels, scene.rollout)
    for row, known in enumerate(detectable(scene.rollout)):
        if row:
            assert (ignore[instances == row] == 1).all() != known
