"""Checks by camera: limits of the front camera are not used for cameras that look in another direction."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from conditioning.geometry.camera import Camera, mount_camera
from conditioning.geometry.rigs import FRONT, RIGS
from outputs.verdict import Outcome, Verdict, unchecked
from pipeline.checks.baseline import BaselineError, camera_baseline
from pipeline.checks.key_actors import KEY_ACTOR
from pipeline.checks.pixels import judge_scene
from pipeline.checks.scene import CheckedClip, unlike_front
from pipeline.evaluation.calibrate import NothingToCalibrate, calibrate_preset
from pipeline.networks import load_calibrated
from scenarios.model.bodies import Kind
from tests.conditioning.situations import moving, situation
from tests.pipeline.seeing import FRAMES, edited, labels_of, open_road, perfect_sight, scene_of, strict_baseline

SIZE = (144, 256)
BACK = next(camera for camera in RIGS["nuscenes"] if camera.name == "CAM_BACK").resized(*SIZE)
MOTION = ("ego-moves", "ego-speed-seen", "yaw-rate-seen")


def mounted(focal_px: float = 1266.4, height_m: float = 1.51, left_deg: float = 0.0, down_deg: float = 0.0) -> Camera:
    return mount_camera(
        "CAM", 1600, 900, focal_px, (1.7, 0.0, height_m), np.radians(left_deg), np.radians(down_deg)
    ).resized(*SIZE)


@pytest.mark.parametrize(
    ("camera", "told"),
    [
        (FRONT, ""),
        (FRONT.resized(*SIZE), ""),
        (mounted(1300.0, 1.6, 2.0, -2.0), ""),  # another car's front camera
        (mounted(left_deg=55), "CAM looks 55 degrees to the left"),
        (mounted(left_deg=-110), "CAM looks 110 degrees to the right"),
        (mounted(left_deg=180), "CAM looks 180 degrees to the"),
        (mounted(down_deg=15), "CAM looks 15 degrees down"),
        (mounted(height_m=3.0), "CAM is 3.0 m above the ground"),
        (mounted(focal_px=809.0), "CAM sees 89 degrees across"),
    ],
)
def test_the_difference_of_a_camera_from_the_front_camera_is_described(camera, told):
    assert unlike_front(camera).startswith(told)
    assert bool(unlike_front(camera)) == bool(told)


def behind() -> CheckedClip:
    """Two cars behind the ego, with perfect detections of a camera that looks back."""
    rollout = situation(
        moving(-14.0, 0.0, Kind.CAR, 10.0, name="follower"),
        moving(-16.0, 4.5, Kind.CAR, 10.0, name="left"),
        frames=FRAMES,
        ego_speed=10.0,
    )
    labels = labels_of(rollout, BACK)
    return CheckedClip(perfect_sight(rollout, labels), labels, rollout, BACK)


def by_id(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    return {v.id: v for v in verdicts}


def test_for_a_camera_without_limits_only_source_pictures_pass():
    verdicts = by_id(judge_scene(behind(), None, frozenset({"follower"}), strict_baseline()))
    for name, verdict in verdicts.items():
        if name == "source-pictures":
            assert verdict.outcome is Outcome.PASS
        else:
            assert (verdict.outcome, verdict.against) == (Outcome.INCONCLUSIVE, False), name
            assert "CAM_BACK looks 180 degrees" in verdict.reason
    assert all(verdicts[name].reason.startswith("does not apply: ") for name in MOTION)
    assert "nearmiss evaluate --calibrate 64 --rig RIG" in verdicts["ghosts"].reason


def test_generated_frames_of_a_camera_without_limits_keep_the_clip_back_whichever_actors_are_found():
    scene = behind()
    verdicts = judge_scene(scene, scene.sight.found, frozenset({"follower"}), strict_baseline())
    seen = by_id(verdicts)
    held = seen["source-pictures"]
    assert (held.outcome, held.against) == (Outcome.INCONCLUSIVE, True)
    assert "the frames are drawn by a generator" in held.reason
    assert "--calibrate 64 --rig RIG" in held.reason
    actors = [v for v in verdicts if v.check == KEY_ACTOR]
    assert {v.outcome for v in actors} == {Outcome.PASS}
    nobody = edited(scene.sight, range(FRAMES), lambda found: replace(
        found, boxes=found.boxes[:0], classes=found.classes[:0], scores=found.scores[:0], looks=found.looks[:0],
        colours=found.colours[:0]))  # fmt: skip
    gone = judge_scene(replace(scene, sight=nobody), scene.sight.found, frozenset({"follower"}), strict_baseline())
    assert any(v.check == KEY_ACTOR and v.outcome is Outcome.FAIL for v in gone)
    assert "pixels" in unchecked(gone)


def test_with_its_own_limits_a_camera_has_all_checks_except_ego_motion():
    scene = behind()
    verdicts = by_id(judge_scene(scene, None, frozenset({"follower"}), strict_baseline(), own_baseline=True))
    assert "source-pictures" not in verdicts
    assert verdicts["label-recall"].outcome is Outcome.PASS
    assert verdicts["key-actor"].outcome is Outcome.PASS
    assert all(verdicts[name].outcome is Outcome.INCONCLUSIVE for name in MOTION)


def test_verdicts_of_the_front_camera_are_unchanged():
    road = scene_of(open_road())
    verdicts = by_id(judge_scene(road, None, frozenset({"lead"}), strict_baseline()))
    assert "source-pictures" not in verdicts
    assert all(verdicts[name].outcome is Outcome.PASS for name in MOTION)


def test_a_camera_s_baseline_is_beside_the_weights_and_named_by_its_view(tmp_path, speck_weights):
    shutil.copytree(speck_weights, tmp_path / "weights")
    folder, rig = tmp_path / "weights" / "speck", RIGS["nuscenes"]
    assert not load_calibrated("speck", tmp_path / "weights", rig).of_cameras
    back = next(camera for camera in rig if camera.name == "CAM_BACK").resized(48, 80)
    own = folder / camera_baseline(back)
    shutil.copyfile(folder / "baseline.json", own)
    assert set(load_calibrated("speck", tmp_path / "weights", rig).of_cameras) == {"CAM_BACK"}
    renamed = tuple(replace(camera, name=f"{camera.name}_2") for camera in rig)
    assert set(load_calibrated("speck", tmp_path / "weights", renamed).of_cameras) == {"CAM_BACK_2"}
    own.write_text("{}")
    with pytest.raises(BaselineError, match=own.name):
        load_calibrated("speck", tmp_path / "weights", rig)


def test_limits_are_measured_for_cameras_that_differ_from_the_front_camera(tmp_path, speck_weights, monkeypatch):
    shutil.copytree(speck_weights, tmp_path / "weights")
    before = (tmp_path / "weights/speck/baseline.json").read_bytes()
    seen = []

    def measured(scenes, checker, source):
        seen.append({scene.camera.name for scene in scenes})
        return replace(strict_baseline(), checker=checker, source=source)

    from scenarios.random_scenarios import sample_scenario

    monkeypatch.setattr("pipeline.evaluation.calibrate.calibrate", measured)
    monkeypatch.setattr("pipeline.evaluation.calibrate.calibration_clips", lambda n: [(sample_scenario(1, 0.5), 1)])
    rig = RIGS["nuscenes"]
    made = calibrate_preset("speck", 1, lambda done, total: None, tmp_path / "weights", rig)
    assert seen == [{camera.name} for camera in rig if camera.name != "CAM_FRONT"]
    assert set(load_calibrated("speck", tmp_path / "weights", rig).of_cameras) == set().union(*seen)
    assert len(made) == 5
    assert (tmp_path / "weights/speck/baseline.json").read_bytes() == before
    with pytest.raises(NothingToCalibrate, match="look ahead as `front` does"):
        calibrate_preset("speck", 1, lambda done, total: None, tmp_path / "weights", (replace(FRONT, name="A"),))
