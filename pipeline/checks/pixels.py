"""Pixel checks: does the clip show what its labels say? Judged by networks trained on source frames only."""

from conditioning.camera import Camera
from conditioning.visibility import Labels
from outputs.verdict import Outcome, Verdict
from pipeline.checks.baseline import CURE, Baseline, BaselineError
from pipeline.checks.rules import MOTION, RULES, Rule, SourceFigures
from pipeline.checks.scene import Scene
from pipeline.checks.sight import Checker, Frames, observe
from scenarios.rollout import Rollout


def check_pixels(
    frames: Frames,
    labels: Labels,
    rollout: Rollout,
    camera: Camera,
    checker: Checker,
    baseline: Baseline,
) -> tuple[Verdict, ...]:
    """One verdict a rule. ValueError if frames, labels and camera do not belong together."""
    if frames.shape[1:3] != (camera.height, camera.width):
        raise ValueError(f"frames are {frames.shape[1:3]}, the camera's are {(camera.height, camera.width)}")
    if baseline.checker != checker.fingerprint:
        raise BaselineError(
            f"the baseline was measured with checker {baseline.checker}, this is {checker.fingerprint}; {CURE}"
        )
    return judge_scene(Scene(observe(frames, checker), labels, rollout, camera), baseline)


def judge_scene(scene: Scene, baseline: Baseline) -> tuple[Verdict, ...]:
    """Every rule on a clip that has been looked at."""
    figures = baseline.figures
    return tuple(_judge(rule, scene, figures, baseline) for rule in RULES)


def _judge(rule: Rule, scene: Scene, figures: SourceFigures, baseline: Baseline) -> Verdict:
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
    )  # fmt: skip
