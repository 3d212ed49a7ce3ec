"""The list of pixel checks: what each measures, and the bounds of its limit.

Each check has its own limit, so that weights stay valid when a check is added or removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from outputs.registry import ExtensionRegistry
from outputs.verdict import Outcome, Verdict
from pipeline.checks.key_actors import KEY_ACTOR, ExpectedRecall, key_actors, not_asked
from pipeline.checks.motion import ego_moves, ego_speed_seen, yaw_rate_seen
from pipeline.checks.objects import ghost_share, label_recall, least_found_object, placement, size_against_distance
from pipeline.checks.scene import DETECTOR, CheckedClip, CheckReading
from pipeline.checks.sight import FrameDetections
from pipeline.checks.tracks import longest_vanishing, looks_stay, occlusion_order, permanence

MOTION = "learned inverse dynamics"
MOST_WRONG, FEWEST_WRONG = 0.1, 3  # a check that fails more than this share and number of clean clips may not reject
CURE = "`nearmiss evaluate --calibrate 64` measures one"
CURE_OF_CAMERAS = "`nearmiss evaluate --calibrate 64 --rig RIG` measures them"
OF_FRONT = "the network that sees motion was trained with a camera that looks ahead as `front` does"
UNCALIBRATED = f"not judged: the baseline of these weights has no limit of this check; {CURE}"


@dataclass(frozen=True)
class SourceFigures:
    """The checker's results on source frames, by object; readings are relative to them."""

    recall: Float[np.ndarray, "class bin"]  # right class at IoU 0.5; bins 8-16, 16-32, 32+ px
    least_likeness: float  # likeness of an object to itself one to two seconds later, 1 % quantile
    most_repainted: float  # change of its colour in this time, 99 % quantile


@dataclass(frozen=True)
class CheckCalibration:
    """The calibration of one check in a baseline.

    The limit, the number of source clips that gave a value (`measured`), and the share of those beyond the limit.
    """

    limit: float
    measured: int
    wrongly_failed: float

    @property
    def gates(self) -> bool:
        """Whether the check may reject; one that fails more than a tenth of clean clips only reports."""
        failed = round(self.wrongly_failed * self.measured)
        return not (self.wrongly_failed > MOST_WRONG and failed >= FEWEST_WRONG)


@dataclass(frozen=True)
class PixelCase:
    """The detections in one camera's pictures, and what checks compare them with.

    `source` are the detections on the clip's source pictures, None if the frames are the source pictures. `named` are
    the actors that the story names. `figures`, `calibrations` (by check id) and `baseline` (its id) come from the
    stored baseline of this camera or of the front camera. `own_limits`: it was measured with a camera like this one;
    otherwise `calibrations` is empty.
    """

    scene: CheckedClip
    source: tuple[FrameDetections, ...] | None
    named: frozenset[str]
    figures: SourceFigures
    calibrations: Mapping[str, CheckCalibration]
    baseline: str
    own_limits: bool = True

    @property
    def uncalibrated(self) -> str:
        """Why a check without a limit is not judged."""
        if self.own_limits:
            return UNCALIBRATED
        return f"not judged: {self.scene.unlike_front}, and no limits were measured for it; {CURE_OF_CAMERAS}"


@runtime_checkable
class PixelCheck(Protocol):
    """A check of pictures: its stable `id`, its name for people, and its verdicts on a case."""

    @property
    def id(self) -> str: ...
    @property
    def check(self) -> str: ...
    @property
    def name(self) -> str: ...
    def judge(self, case: PixelCase) -> tuple[Verdict, ...]: ...


@dataclass(frozen=True)
class CalibratedCheck:
    """A check that measures one value; `bad` is the side of the limit on which a clip fails.

    The limit is `aim`, moved towards `loosest` as far as clean source clips need it, but not beyond. It is stored in
    the baseline; with an older baseline that has no limit of this check, the check is inconclusive. `asks_for_objects`:
    its reason lists the bodies outside the detector's classes. `front_only`: the check is valid only for cameras like
    the front camera; for another one it does not apply, and its reason says so.
    """

    id: str
    check: str
    unit: str
    model: str
    bad: Literal["above", "below"]
    aim: float
    loosest: float
    read: Callable[[CheckedClip, SourceFigures], CheckReading]
    asks_for_objects: bool = True
    front_only: bool = False

    @property
    def name(self) -> str:
        return self.id

    def limit(self, readings: list[float]) -> float:
        """The limit beyond which about 2 % of clean source clips are, within the bounds."""
        if not readings:
            return self.aim
        if self.bad == "above":
            return float(np.clip(np.quantile(readings, 0.98), self.aim, self.loosest))
        return float(np.clip(np.quantile(readings, 0.02), self.loosest, self.aim))

    def broken(self, value: float, limit: float) -> bool:
        return value > limit if self.bad == "above" else value < limit

    def judge(self, case: PixelCase) -> tuple[Verdict, ...]:
        """Compare the reading with the limit; inconclusive without a reading or a limit."""
        if self.front_only and (differs := case.scene.unlike_front):
            reading = CheckReading(None, f"does not apply: {differs}, and {OF_FRONT}")
            return (self._verdict(case, Outcome.INCONCLUSIVE, reading, None, reading.reason),)
        reading, known = self.read(case.scene, case.figures), case.calibrations.get(self.id)
        reason = reading.reason + (case.scene.left_out if self.asks_for_objects else "")
        if known is None:
            outcome, reason = Outcome.INCONCLUSIVE, f"{case.uncalibrated}; measured without it: {reason}"
        elif reading.value is None:
            outcome = Outcome.INCONCLUSIVE
        else:
            outcome = Outcome.FAIL if self.broken(reading.value, known.limit) else Outcome.PASS
        return (self._verdict(case, outcome, reading, known, reason),)

    def _verdict(
        self, case: PixelCase, outcome: Outcome, reading: CheckReading, known: CheckCalibration | None, reason: str
    ) -> Verdict:
        return Verdict(
            check=self.check, family="pixels", outcome=outcome, value=reading.value,
            limit=known.limit if known else None, unit=self.unit, model=self.model, baseline=case.baseline,
            reason=reason, gates=known.gates if known else True, camera=case.scene.camera.name, id=self.id,
        )  # fmt: skip


@dataclass(frozen=True)
class KeyActorCheck:
    """The check of key actors (`pipeline.checks.key_actors`); it has no stored limit."""

    id: str = "key-actor"
    check: str = KEY_ACTOR

    @property
    def name(self) -> str:
        return self.id

    def judge(self, case: PixelCase) -> tuple[Verdict, ...]:
        if case.source is not None:
            return key_actors(case.scene, case.source, case.named)
        if not case.own_limits:
            return (not_asked(case.scene, case.baseline, case.uncalibrated),)
        return key_actors(case.scene, ExpectedRecall(case.figures.recall, case.baseline), case.named)


@dataclass(frozen=True)
class SourcePicturesCheck:
    """For a camera without measured limits: whether the frames are the procedural camera's pictures, byte for byte.

    Such pictures agree with their labels by construction. A generator's pictures that nothing can judge keep the clip
    back. No verdict for cameras with limits, which the other checks judge.
    """

    id: str = "source-pictures"
    check: str = "source pictures"

    @property
    def name(self) -> str:
        return self.id

    def judge(self, case: PixelCase) -> tuple[Verdict, ...]:
        if case.own_limits:
            return ()
        same = case.source is None
        told = "the frames are the procedural camera's pictures of the scene, byte for byte"
        verdict = Verdict(
            check=self.check, family="pixels", outcome=Outcome.PASS if same else Outcome.INCONCLUSIVE, value=None,
            limit=None, unit="", model="comparison of bytes", baseline=case.baseline,
            reason=told if same else f"the frames are drawn by a generator; {case.uncalibrated}",
            camera=case.scene.camera.name, must_pass=True, id=self.id,
        )  # fmt: skip
        return (verdict,)


RULES: tuple[CalibratedCheck, ...] = (
    CalibratedCheck(
        "label-recall",
        "label recall",
        "of source's",
        DETECTOR,
        "below",
        0.8,
        0.5,
        lambda s, f: label_recall(s, f.recall),
    ),
    CalibratedCheck(
        "every-object",
        "every object",
        "of source's",
        DETECTOR,
        "below",
        0.4,
        0.1,
        lambda s, f: least_found_object(s, f.recall),
    ),
    CalibratedCheck("placement", "placement", "px", DETECTOR, "above", 1.5, 4.0, lambda s, f: placement(s)),
    CalibratedCheck(
        "size-against-distance",
        "size against distance",
        "ratio",
        DETECTOR,
        "above",
        0.15,
        0.3,
        lambda s, f: size_against_distance(s),
    ),
    CalibratedCheck("ghosts", "ghosts", "frames a frame", DETECTOR, "above", 0.04, 0.5, lambda s, f: ghost_share(s)),
    CalibratedCheck(
        "occlusion-order", "occlusion order", "share", DETECTOR, "above", 0.1, 0.4, lambda s, f: occlusion_order(s)
    ),
    CalibratedCheck("vanishing", "vanishing", "frames", DETECTOR, "above", 4.0, 9.0, lambda s, f: longest_vanishing(s)),
    CalibratedCheck(
        "permanence",
        "permanence",
        "share",
        "re-identification embedding and colour",
        "below",
        1.0,
        1.0,
        lambda s, f: permanence(s, f.least_likeness, f.most_repainted),
    ),
    CalibratedCheck(
        "looks-stay",
        "looks stay",
        "cosine",
        "re-identification embedding",
        "below",
        0.6,
        0.2,
        lambda s, f: looks_stay(s),
    ),
    CalibratedCheck(
        "ego-moves",
        "ego moves",
        "of commanded",
        MOTION,
        "below",
        0.4,
        0.15,
        lambda s, f: ego_moves(s),
        asks_for_objects=False,
        front_only=True,
    ),
    CalibratedCheck(
        "ego-speed-seen",
        "ego speed seen",
        "ratio",
        MOTION,
        "above",
        0.2,
        0.3,
        lambda s, f: ego_speed_seen(s),
        False,
        True,
    ),
    CalibratedCheck(
        "yaw-rate-seen",
        "yaw rate seen",
        "rad/s",
        MOTION,
        "above",
        0.05,
        0.15,
        lambda s, f: yaw_rate_seen(s),
        False,
        True,
    ),
)
PIXEL_CHECKS: ExtensionRegistry[PixelCheck] = ExtensionRegistry(
    "pixel check", (*RULES, KeyActorCheck(), SourcePicturesCheck())
)


def calibrated_checks() -> tuple[CalibratedCheck, ...]:
    """The checks whose limits are stored in a baseline."""
    return tuple(check for check in PIXEL_CHECKS if isinstance(check, CalibratedCheck))
