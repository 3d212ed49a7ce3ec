"""Pixel checks: does the clip show what its labels say? Judged by networks trained on source frames only."""

from conditioning.geometry.camera import Camera
from conditioning.sensors.visibility import Labels
from outputs.verdict import Outcome, Verdict
from pipeline.checks.baseline import CURE, Baseline, BaselineError
from pipeline.checks.key_actors import key_actors
from pipeline.checks.rules import MOTION, RULES, Rule, SourceFigures
from pipeline.checks.scene import CheckedClip
from pipeline.checks.sight import Checker, FrameDetections, Frames, find_objects, observe
from scenarios.rollout import Rollout


def check_pixels(
    frames: Frames,
    source: Frames,
    labels: Labels,
    rollout: Rollout,
    camera: Camera,
    named: frozenset[str],
    checker: Checker,
    baseline: Baseline,
) -> tuple[Verdict, ...]:
    """One verdict a rule, and one for each actor that the clip is about; `named` are those that the story names.

    `source` are the clip's source pictures: a log's own, or the procedural camera's. ValueError if frames, source,
    labels and camera do not belong together.
    """
    if frames.shape != source.shape:
        raise ValueError(f"frames are {frames.shape}, the source pictures {source.shape}")
    if frames.shape[1:3] != (camera.height, camera.width):
        raise ValueError(f"frames are {frames.shape[1:3]}, the camera's are {(camera.height, camera.width)}")
    if baseline.checker != checker.fingerprint:
        raise BaselineError(
            f"the baseline was measured with checker {baseline.checker}, this is {checker.fingerprint}; {CURE}"
        )
    scene = CheckedClip(observe(frames, checker), labels, rollout, camera)
    return judge_scene(scene, find_objects(source, checker), named, baseline)


def judge_scene(
    scene: CheckedClip, source: tuple[FrameDetections, ...], named: frozenset[str], baseline: Baseline
) -> tuple[Verdict, ...]:
    """Every check on a clip that has been looked at; `source` is what the detector finds on its source pictures."""
    return (*judge_rules(scene, baseline), *key_actors(scene, source, named))


def judge_rules(scene: CheckedClip, baseline: Baseline) -> tuple[Verdict, ...]:
    """Every rule on a clip that has been looked at."""
    figures = baseline.figures
    return tuple(_judge(rule, scene, figures, baseline) for rule in RULES)


def _judge(rule: Rule, scene: CheckedClip, figures: SourceFigures, baseline: Baseline) -> Verdict:
    """Inconclusive where there was nothing to measure: never a pass."""
    reading, limit = rule.read(scene, figures), baseline.limits[rule.check]
    if reading.value is None:
        outcome = Outcome.INCONCLUSIVE
    else:
        outcome = Outcome.FAIL if rule.broken(reading.value, limit) else Outcome.PASS
    reason = reading.reason + ("" if rule.model == MOTION else scene.left_out)
    return Verdict(
        check=rule.check, family="pixels", outcome=outcome, value=reading.value, limit=limit, unit=rule.unit,
        model=rule.model, baseline=baseline.id, reason=reason, gates=baseline.gates(rule.check),
        camera=scene.camera.name,
    )  # fmt: skip
