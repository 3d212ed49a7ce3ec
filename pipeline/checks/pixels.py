"""Pixel checks: verdicts on whether the frames agree with the labels, by networks trained on source frames only."""

from conditioning.geometry.camera import Camera
from conditioning.sensors.visibility import Labels
from outputs.verdict import Verdict
from pipeline.checks.baseline import Baseline, BaselineError
from pipeline.checks.rules import CURE, PIXEL_CHECKS, PixelCase, calibrated_checks
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import Checker, FrameDetections, Frames, find_objects, observe
from scenarios.rollout import Rollout


def check_pixels(
    frames: Frames,
    source: Frames | None,
    labels: Labels,
    rollout: Rollout,
    camera: Camera,
    named: frozenset[str],
    checker: Checker,
    baseline: Baseline,
    own_baseline: bool = False,
) -> tuple[Verdict, ...]:
    """One verdict a rule, and one for each key actor; `named` are the actors that the story names.

    `source` are the clip's source pictures, from the log or the procedural camera; None if the frames are the source
    pictures. `own_baseline`: the baseline was measured with this camera; else it is the front camera's, whose limits
    are not used for a camera that differs from it. ValueError if frames, source, labels and camera do not belong
    together.
    """
    if source is not None and frames.shape != source.shape:
        raise ValueError(f"frames are {frames.shape}, the source pictures {source.shape}")
    if frames.shape[1:3] != (camera.height, camera.width):
        raise ValueError(f"frames are {frames.shape[1:3]}, the camera's are {(camera.height, camera.width)}")
    if baseline.checker != checker.fingerprint:
        raise BaselineError(
            f"the baseline was measured with checker {baseline.checker}, not with {checker.fingerprint}; {CURE}"
        )
    scene = CheckedClip(observe(frames, checker), labels, rollout, camera)
    return judge_scene(scene, None if source is None else find_objects(source, checker), named, baseline, own_baseline)


def judge_scene(
    scene: CheckedClip,
    source: tuple[FrameDetections, ...] | None,
    named: frozenset[str],
    baseline: Baseline,
    own_baseline: bool = False,
) -> tuple[Verdict, ...]:
    """Run every check on a clip's detections; `source` are the detections on its source pictures, None if the frames
    are the source pictures."""
    case = _case(scene, source, named, baseline, own_baseline)
    return tuple(verdict for check in PIXEL_CHECKS for verdict in check.judge(case))


def judge_rules(scene: CheckedClip, baseline: Baseline) -> tuple[Verdict, ...]:
    """Run only the checks with a stored limit."""
    case = _case(scene, None, frozenset(), baseline, own_baseline=False)
    return tuple(verdict for check in calibrated_checks() for verdict in check.judge(case))


def _case(
    scene: CheckedClip,
    source: tuple[FrameDetections, ...] | None,
    named: frozenset[str],
    baseline: Baseline,
    own_baseline: bool,
) -> PixelCase:
    fits = own_baseline or not scene.unlike_front
    return PixelCase(
        scene, source, named, baseline.figures, baseline.calibrations if fits else {}, baseline.id, own_limits=fits
    )
