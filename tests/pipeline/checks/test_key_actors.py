"""Key actors: an actor that the clip is about and that is not in the pictures fails, whatever else is detected."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome, Verdict, accepted
from pipeline.checks.key_actors import KEY_ACTOR, key_actors
from pipeline.checks.pixels import judge_rules, judge_scene
from pipeline.checks.scene import CheckedClip, pairwise_iou
from pipeline.checks.sight import FrameDetections
from pipeline.checks.targets import CLASSES
from scenarios.model.bodies import Kind
from scenarios.rollout import SimEvent
from tests.conditioning.situations import moving, situation, still
from tests.outputs.made import verdict
from tests.pipeline.seeing import CAMERA, FRAMES, behind_a_truck, drop, edited, open_road, scene_of, strict_baseline

PERSON = CLASSES.index("person")


@pytest.fixture(scope="module")
def street() -> CheckedClip:
    """Cars and a child ahead of the ego, all at the ego's speed."""
    return scene_of(
        situation(
            moving(16.0, 0.0, Kind.CAR, 10.0, name="lead"),
            moving(18.0, 4.5, Kind.CAR, 10.0, name="left"),
            moving(24.0, -5.0, Kind.BUS, 10.0, name="bus"),
            moving(13.0, -3.0, Kind.CHILD, 10.0, name="child"),
            frames=FRAMES,
            ego_speed=10.0,
        )
    )


def found_in(name: str, scene: CheckedClip, frames: range) -> CheckedClip:
    """The same clip with an actor detected in these frames only."""
    row, found = scene.rollout.index(name), list(scene.sight.found)
    for t in set(range(len(found))) - set(frames):
        found[t] = drop(found[t], np.arange(len(found[t].scores)) != scene.loose[t, row])
    return replace(scene, sight=replace(scene.sight, found=tuple(found)))


def by_actor(scene: CheckedClip, source: CheckedClip, *named: str) -> dict[str, Verdict]:
    """Verdicts by actor."""
    return {v.reason.split(" ")[0]: v for v in key_actors(scene, source.sight.found, frozenset(named))}


def test_an_actor_detected_as_on_the_source_passes_and_the_reason_has_the_counts(street):
    child = by_actor(street, street, "child")["child"]
    assert child.reason == (
        "child (person), named by the story, nearest to the ego: "
        "detected in 71 of the 71 frames in which it is in plain view; on the source pictures in 71"
    )
    assert (child.check, child.camera, child.unit) == (KEY_ACTOR, CAMERA.name, "frames")
    assert (child.outcome, child.value, child.limit) == (Outcome.PASS, 71, pytest.approx(71 / 3))


def test_a_clip_without_its_child_is_rejected_though_the_recall_of_people_is_low(street):
    """No other check fails: the detector finds few people on source frames, and all other objects are detected."""
    seldom = tuple((0.5, 0.05, 0.05) if c == PERSON else row for c, row in enumerate(strict_baseline().recall))
    baseline, without = replace(strict_baseline(), recall=seldom), found_in("child", street, range(0))
    assert accepted((verdict("physics"), *judge_rules(without, baseline)))
    verdicts = judge_scene(without, street.sight.found, frozenset({"child"}), baseline)
    assert not accepted((verdict("physics"), *verdicts))
    assert [v.check for v in verdicts if v.against] == [KEY_ACTOR]
    child = by_actor(without, street, "child")["child"]
    assert child.outcome is Outcome.FAIL and "detected in 0 of the 71 frames" in child.reason


@pytest.mark.parametrize(
    ("frames", "outcome"), [(24, Outcome.PASS), (23, Outcome.INCONCLUSIVE), (1, Outcome.INCONCLUSIVE)]
)
def test_detected_in_fewer_than_a_third_of_the_source_s_frames_is_inconclusive_and_rejects_the_clip(
    street, frames, outcome
):
    child = by_actor(found_in("child", street, range(1, 1 + frames)), street, "child")["child"]
    assert child.outcome is outcome and child.against is (outcome is not Outcome.PASS)
    assert accepted((verdict("physics"), verdict("pixels"), child)) is (outcome is Outcome.PASS)


@pytest.mark.parametrize(
    ("here", "on_source", "outcome"), [(1, 3, Outcome.PASS), (1, 0, Outcome.PASS), (0, 0, Outcome.FAIL)]
)
def test_the_reference_is_the_source_of_this_clip_and_no_detection_fails_without_one_there(
    street, here, on_source, outcome
):
    source = found_in("child", street, range(1, 1 + on_source))
    child = by_actor(found_in("child", street, range(1, 1 + here)), source, "child")["child"]
    assert child.outcome is outcome
    assert child.reason.endswith("on the source pictures in 0") is (on_source == 0)


def test_a_detection_in_the_prompt_does_not_count_since_it_is_a_source_picture(street):
    child = by_actor(found_in("child", street, range(1)), street, "child")["child"]
    assert child.outcome is Outcome.FAIL and "detected in 0 of the 71 frames" in child.reason
    on_prompt = by_actor(found_in("child", street, range(1, 2)), found_in("child", street, range(1)), "child")["child"]
    assert on_prompt.outcome is Outcome.PASS and on_prompt.reason.endswith("on the source pictures in 0")


def test_an_actor_that_is_always_too_small_or_hidden_is_not_checked_and_rejects_nothing():
    scene = scene_of(
        situation(
            still(20.0, 0.0, Kind.TRUCK, name="truck"),
            still(32.0, 0.0, Kind.PEDESTRIAN, name="behind"),
            still(16.0, 6.0, Kind.CAR, name="car"),
            still(29.0, -7.0, Kind.CAR, name="far"),
            frames=12,
        )
    )
    verdicts = by_actor(scene, scene, "behind", "car", "far")
    assert 8 <= scene.height_px[0, scene.rollout.index("far")] < 16
    for name in ("behind", "far"):
        assert verdicts[name].outcome is Outcome.INCONCLUSIVE and not verdicts[name].against
        assert (
            "not checked, in plain view at 16 px or more in 0 frames after the first, fewer than 6"
            in verdicts[name].reason
        )
    assert verdicts["car"].outcome is Outcome.PASS


def test_six_frames_in_plain_view_after_the_prompt_are_checked_and_five_are_not(street):
    def seen_for(frames: int) -> Verdict:
        shown = street.labels.visibility.copy()
        shown[1 + frames :, street.rollout.index("child")] = 0.0
        scene = found_in("child", replace(street, labels=replace(street.labels, visibility=shown)), range(0))
        return by_actor(scene, street, "child")["child"]

    assert seen_for(5).outcome is Outcome.INCONCLUSIVE and seen_for(6).outcome is Outcome.FAIL
    assert "nearest" not in seen_for(5).reason and "nearest" in seen_for(6).reason


def test_a_detection_counts_for_one_actor_and_not_for_a_person_beside_it():
    pair = situation(
        still(14.0, 0.0, Kind.PEDESTRIAN, name="one"), still(14.0, 0.55, Kind.PEDESTRIAN, name="other"), frames=12
    )
    source = scene_of(pair)
    boxes = [source.labels.modal_box[0, pair.index(name)] for name in ("one", "other")]
    both = np.concatenate([np.minimum(*boxes)[:2], np.maximum(*boxes)[2:]])
    assert (pairwise_iou(both[None], np.array(boxes)) >= 0.5).all()

    def merged(found: FrameDetections) -> FrameDetections:
        only = drop(found, np.arange(len(found.scores)) == 0)
        return replace(only, boxes=both[None])

    alone = found_in("other", source, range(0))
    assert by_actor(alone, source, "one", "other")["one"].outcome is Outcome.PASS
    assert by_actor(alone, source, "one", "other")["other"].outcome is Outcome.FAIL
    one = replace(source, sight=edited(source.sight, range(12), merged))
    counted = [v.value for v in by_actor(one, source, "one", "other").values()]
    assert sum(counted) <= 11 and 0 in counted


@pytest.mark.parametrize(("klass", "outcome"), [("two_wheeler", Outcome.PASS), ("car", Outcome.FAIL)])
def test_a_detection_as_a_similar_class_counts_and_as_another_class_does_not(street, klass, outcome):
    row = street.rollout.index("child")

    def retaken(found: FrameDetections) -> FrameDetections:
        place = [i for i, box in enumerate(found.boxes) if np.allclose(box, street.labels.modal_box[0, row], atol=1)]
        classes = found.classes.copy()
        classes[place] = CLASSES.index(klass)
        return replace(found, classes=classes)

    scene = replace(street, sight=edited(street.sight, range(FRAMES), retaken))
    child = by_actor(scene, street, "child")["child"]
    assert child.outcome is outcome
    mistaken = "detected in 71 of the 71 frames in which it is in plain view (as another class in 71)"
    assert (mistaken in child.reason) is (outcome is Outcome.PASS)


def test_the_ego_is_never_a_key_actor(street):
    assert set(by_actor(street, street, "ego", "bus")) == {"bus", "child"}


def test_without_a_story_the_nearest_actor_and_those_in_a_collision_are_key_actors():
    scene = scene_of(open_road())
    assert set(by_actor(scene, scene)) == {"lead"}
    crash = replace(scene.rollout, happenings=(SimEvent(2.0, "left", "collision with bus at 5.0 km/h", "bus", 1.4),))
    both = replace(scene, rollout=crash)
    assert set(by_actor(both, both)) == {"lead", "left", "bus"}
    assert ", hit:" in by_actor(both, both)["bus"].reason


def test_in_a_log_a_body_that_overlaps_the_ego_s_box_is_hit_without_a_recorded_event():
    """The bumper is 3.8 m ahead of the rear axle: at 10 m/s the ego hits the car that stands at 12 m."""
    rollout = situation(
        still(12.0, 0.0, Kind.CAR, name="standing"),
        still(9.0, -2.2, Kind.CAR, name="parked"),
        frames=24,
        ego_speed=10.0,
    )
    scene = scene_of(rollout)
    assert not rollout.happenings and "hit" in by_actor(scene, scene)["standing"].reason


def test_a_clip_without_actors_is_inconclusive_and_rejects_nothing():
    empty = scene_of(situation(frames=FRAMES, ego_speed=10.0))
    (only,) = key_actors(empty, empty.sight.found, frozenset())
    assert only.outcome is Outcome.INCONCLUSIVE and not only.against and "names no actor" in only.reason


def test_an_animal_is_not_checked_and_rejects_nothing():
    scene = scene_of(situation(moving(14.0, 2.0, Kind.ANIMAL, 0.0, name="deer"), frames=FRAMES))
    deer = by_actor(scene, scene, "deer")["deer"]
    assert deer.outcome is Outcome.INCONCLUSIVE and not deer.against
    assert deer.reason == "deer (animal), named by the story: not checked, the detector has no class for it"


def test_a_partly_hidden_walker_is_checked_in_the_frames_in_which_it_is_visible():
    scene = scene_of(behind_a_truck())
    walker = by_actor(scene, scene, "walker")["walker"]
    assert walker.outcome is Outcome.PASS and 6 <= walker.value < FRAMES
