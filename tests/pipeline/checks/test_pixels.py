"""The pixel checks on the detections of a perfect checker: clean clips pass, every inserted fault fails its check."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome, accepted
from pipeline.checks.baseline import Baseline, BaselineError, load_baseline
from pipeline.checks.pixels import judge_rules
from pipeline.checks.rules import RULES
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import ClipObservation, FrameDetections, middle_colours
from pipeline.checks.targets import CLASSES, MAX_OBJECTS, ego_motion, targets
from tests.conditioning.situations import situation
from tests.pipeline.seeing import (
    CAMERA,
    FRAMES,
    behind_a_truck,
    drop,
    edited,
    labels_of,
    open_road,
    perfect_sight,
    scene_of,
    strict_baseline,
)


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return strict_baseline()


@pytest.fixture(scope="module")
def hidden() -> CheckedClip:
    return scene_of(behind_a_truck())


@pytest.fixture(scope="module")
def road() -> CheckedClip:
    return scene_of(open_road())


def outcomes(scene: CheckedClip, baseline: Baseline) -> dict[str, Outcome]:
    return {v.check: v.outcome for v in judge_rules(scene, baseline)}


def failed(scene: CheckedClip, baseline: Baseline) -> set[str]:
    return {check for check, outcome in outcomes(scene, baseline).items() if outcome is Outcome.FAIL}


def showing(scene: CheckedClip, sight: ClipObservation) -> CheckedClip:
    return CheckedClip(sight, scene.labels, scene.rollout, scene.camera)


def without(name: str, scene: CheckedClip, frames: range) -> CheckedClip:
    """The same clip without an object's detection in some frames."""
    actor, found = scene.rollout.index(name), list(scene.sight.found)
    for t in frames:
        keep = np.arange(len(found[t].scores)) != scene.loose[t, actor]
        found[t] = drop(found[t], keep)
    return showing(scene, replace(scene.sight, found=tuple(found)))


def retouched(name: str, scene: CheckedClip, frames: range, **changes: np.ndarray) -> CheckedClip:
    """The same clip with another embedding or colour of an object's detection in some frames."""
    actor, found = scene.rollout.index(name), list(scene.sight.found)
    for t in frames:
        if (place := scene.loose[t, actor]) >= 0:
            values = {field: getattr(found[t], field).copy() for field in changes}
            for field, value in changes.items():
                values[field][place] = value
            found[t] = replace(found[t], **values)
    return showing(scene, replace(scene.sight, found=tuple(found)))


def test_clean_clips_fail_no_check_and_every_check_passes_on_one(hidden, road, baseline):
    assert not failed(hidden, baseline) and not failed(road, baseline)
    assert set(outcomes(hidden, baseline).values()) == {Outcome.PASS}


def test_a_check_without_a_measurement_is_inconclusive(road, baseline):
    assert outcomes(road, baseline)["permanence"] is Outcome.INCONCLUSIVE
    empty = situation(frames=FRAMES, ego_speed=10.0)
    told = outcomes(scene_of(empty), baseline)
    asks_for_objects = {rule.check for rule in RULES} - {"ghosts", "ego moves", "ego speed seen", "yaw rate seen"}
    assert {told[check] for check in asks_for_objects} == {Outcome.INCONCLUSIVE}


def test_a_verdict_has_value_limit_baseline_and_camera(hidden, baseline):
    for verdict in judge_rules(hidden, baseline):
        assert verdict.baseline == baseline.id and verdict.family == "pixels" and verdict.reason
        assert verdict.value is not None and verdict.limit == baseline.limits[verdict.id]
        assert verdict.camera == CAMERA.name


def test_a_frozen_video_fails(road, baseline):
    frozen = ClipObservation((road.sight.found[0],) * FRAMES, np.zeros_like(road.sight.motion))
    assert {"ego moves", "ego speed seen"} <= failed(showing(road, frozen), baseline)


def test_a_reversed_video_fails(hidden, road, baseline):
    backwards = ClipObservation(road.sight.found[::-1], -road.sight.motion[::-1])
    assert {"ego moves", "ego speed seen"} <= failed(showing(road, backwards), baseline)
    assert failed(showing(hidden, ClipObservation(hidden.sight.found[::-1], -hidden.sight.motion[::-1])), baseline)


def test_an_object_removed_for_ten_frames_fails(road, hidden, baseline):
    assert "vanishing" in failed(without("lead", road, range(30, 40)), baseline)
    assert "vanishing" in failed(without("walker", hidden, range(55, 65)), baseline)


def test_an_object_that_is_never_drawn_fails(road, baseline):
    assert "label recall" in failed(without("lead", road, range(FRAMES)), baseline)


def test_one_object_of_many_that_is_never_drawn_fails(hidden, baseline):
    assert "every object" in failed(without("car", hidden, range(FRAMES)), baseline)


def test_objects_that_are_not_detected_on_source_frames_are_inconclusive(road, baseline):
    blind = replace(baseline, recall=tuple((0.0, 0.005, 0.005) for _ in CLASSES))
    results = outcomes(road, blind)
    assert results["label recall"] is results["every object"] is Outcome.INCONCLUSIVE


def test_labels_swapped_between_classes_fail(road, baseline):
    swapped = [0, 3, 2, 1]
    labels = road.labels
    other = type(labels)(**{name: getattr(labels, name)[:, swapped] for name in labels.__dataclass_fields__})
    assert "label recall" in failed(replace(road, labels=other), baseline)


def test_labels_of_two_objects_of_one_class_swapped_half_way_fail(road, baseline):
    looks, count = np.eye(len(road.rollout.bodies)), FRAMES // 2
    lead, left = road.rollout.index("lead"), road.rollout.index("left")
    scene = retouched("lead", road, range(count, FRAMES), looks=looks[left])
    assert "looks stay" in failed(retouched("left", scene, range(count, FRAMES), looks=looks[lead]), baseline)


def test_shifted_intrinsics_fail(road, baseline):
    intrinsic = CAMERA.intrinsic.copy()
    intrinsic[0, 2] += 5
    labels = labels_of(road.rollout, replace(CAMERA, intrinsic=intrinsic))
    assert "placement" in failed(CheckedClip(road.sight, labels, road.rollout, CAMERA), baseline)


def test_a_longer_focal_length_fails(road, baseline):
    intrinsic = CAMERA.intrinsic.copy()
    intrinsic[[0, 1], [0, 1]] *= 1.25
    labels = labels_of(road.rollout, replace(CAMERA, intrinsic=intrinsic))
    assert "size against distance" in failed(CheckedClip(road.sight, labels, road.rollout, CAMERA), baseline)


@pytest.mark.parametrize("factor", [0.66, 1.5])
def test_another_ego_speed_fails(road, baseline, factor):
    other = replace(road.sight, motion=road.sight.motion * np.array([factor, 1.0]))
    assert "ego speed seen" in failed(showing(road, other), baseline)


def test_a_turn_that_was_not_commanded_fails(road, baseline):
    other = replace(road.sight, motion=road.sight.motion + np.array([0.0, 0.1]))
    assert "yaw rate seen" in failed(showing(road, other), baseline)


def test_another_colour_after_an_occlusion_fails(hidden, baseline):
    scene = retouched("walker", hidden, range(45, FRAMES), colours=np.array([0.9, 0.1, 0.1]))
    assert failed(scene, baseline) == {"permanence"}


def test_another_embedding_after_an_occlusion_fails(hidden, baseline):
    other = np.eye(len(hidden.rollout.bodies))[1]
    assert "permanence" in failed(retouched("walker", hidden, range(45, FRAMES), looks=other), baseline)


def test_looking_like_another_person_after_an_occlusion_fails(hidden, baseline):
    looks = np.eye(len(hidden.rollout.bodies))
    walker, bystander = hidden.rollout.index("walker"), hidden.rollout.index("bystander")
    mixed = (0.75 * looks[walker] + 0.9 * looks[bystander]) / np.hypot(0.75, 0.9)
    verdicts = judge_rules(retouched("walker", hidden, range(45, FRAMES), looks=mixed), baseline)
    (permanence,) = (v for v in verdicts if v.check == "permanence")
    assert permanence.outcome is Outcome.FAIL and "looks like bystander after its occlusion" in permanence.reason


def test_an_object_that_does_not_reappear_fails(hidden, baseline):
    assert "permanence" in failed(without("walker", hidden, range(40, FRAMES)), baseline)


def test_a_hidden_object_drawn_in_front_fails(hidden, baseline):
    walker = hidden.rollout.index("walker")
    found = list(hidden.sight.found)
    for t in np.flatnonzero(hidden.hidden[:, walker]):
        box, f = hidden.labels.amodal_box[t, walker][None], found[t]
        found[t] = FrameDetections(
            np.concatenate([f.boxes, box]), np.append(f.classes, hidden.kinds[walker]), np.append(f.scores, 0.9),
            np.concatenate([f.looks, f.looks[:1]]), np.concatenate([f.colours, f.colours[:1]]),
        )  # fmt: skip
    assert "occlusion order" in failed(showing(hidden, replace(hidden.sight, found=tuple(found))), baseline)


def test_a_car_without_a_label_fails(road, baseline):
    def add_ghost(f: FrameDetections) -> FrameDetections:
        return FrameDetections(
            np.concatenate([f.boxes, [[200.0, 60, 240, 90]]]), np.append(f.classes, 0), np.append(f.scores, 0.9),
            np.concatenate([f.looks, f.looks[:1]]), np.concatenate([f.colours, f.colours[:1]]),
        )  # fmt: skip

    assert "ghosts" in failed(showing(road, edited(road.sight, range(20, 30), add_ghost)), baseline)
    assert not failed(showing(road, edited(road.sight, range(20, 22), add_ghost)), baseline)  # too short for a ghost


def test_a_clip_with_a_fault_is_not_accepted(road, baseline):
    clean = judge_rules(road, baseline)
    physics = replace(clean[0], family="physics", outcome=Outcome.PASS)
    assert accepted((physics, *clean))
    assert not accepted((physics, *judge_rules(without("lead", road, range(30, 40)), baseline)))


def test_a_check_that_fails_clean_clips_reports_but_does_not_reject(road, baseline):
    other = replace(road.sight, motion=road.sight.motion * np.array([1.5, 1.0]))
    unsure = replace(
        baseline,
        measured={**baseline.measured, "ego-speed-seen": 30},
        wrongly_failed={**baseline.wrongly_failed, "ego-speed-seen": 0.2},
    )
    assert not baseline.wrongly_failed["ego-speed-seen"] and baseline.gates("ego speed seen")
    (verdict,) = (v for v in judge_rules(showing(road, other), unsure) if v.check == "ego speed seen")
    assert verdict.outcome is Outcome.FAIL and not verdict.gates


def test_limits_are_between_aim_and_loosest():
    for rule in RULES:
        low, high = sorted((rule.aim, rule.loosest))
        for readings in ([], [0.0] * 50, [1e3] * 50, list(np.linspace(0, 10, 50))):
            assert low <= rule.limit(readings) <= high


def test_a_baseline_is_read_back_and_a_changed_file_is_refused(tmp_path, baseline):
    path = tmp_path / "baseline.json"
    baseline.save(path)
    assert load_baseline(path) == baseline
    path.write_text(path.read_text().replace('"ghosts": 0.04', '"ghosts": 40.0'))
    with pytest.raises(BaselineError, match="changed by hand"):
        load_baseline(path)
    with pytest.raises(BaselineError, match="no baseline"):
        load_baseline(tmp_path / "none.json")


def test_frames_and_labels_must_belong_together(road):
    with pytest.raises(ValueError, match="71 frames"):
        CheckedClip(replace(road.sight, found=road.sight.found[1:]), road.labels, road.rollout, CAMERA)


def test_targets_have_visible_objects_and_ignore_hidden_ones(hidden):
    boxes, classes, instances, ignore = targets(hidden.labels, hidden.rollout)
    walker = hidden.rollout.index("walker")
    assert boxes.shape == (FRAMES, MAX_OBJECTS, 4)
    shown = (instances == walker).any(1)
    assert np.array_equal(shown, hidden.labels.visibility[:, walker] > 0)
    t, slot = np.argwhere(instances == walker)[0]
    assert CLASSES[classes[t, slot]] == "person" and not ignore[t, slot]
    assert np.allclose(boxes[t, slot], hidden.labels.modal_box[t, walker])
    half = (hidden.labels.visibility[:, walker] < 0.3) & shown
    assert half.any() and all(ignore[t][instances[t] == walker] for t in np.flatnonzero(half))
    assert not (classes[:, 8:] >= 0).any()


def test_ego_motion_is_computed_from_the_poses(road):
    motion = ego_motion(road.rollout)
    assert motion.shape == (FRAMES - 1, 2)
    assert np.allclose(motion, [10.0, 0.0], atol=1e-6)


def test_middle_colours_use_only_pixels_of_the_box():
    frame = np.zeros((20, 20, 3), np.uint8)
    frame[5:15, 5:15] = (255, 0, 0)
    boxes = np.array([[5.0, 5, 15, 15], [0, 0, 4, 4], [19.5, 19.5, 20, 20]])
    assert np.allclose(middle_colours(frame, boxes), [[1, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_the_detections_of_the_perfect_checker_are_the_labels(hidden):
    again = perfect_sight(hidden.rollout, hidden.labels)
    assert all(np.array_equal(a.boxes, b.boxes) for a, b in zip(again.found, hidden.sight.found, strict=True))
