"""Metrics of clips: pictures against their source, and the checker's results on them.

Frames come from functions; this module does not generate clips. Values of different subjects are only comparable
within one evaluation.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float

from conditioning.geometry.camera import Camera
from conditioning.layers.control_layers import Layers
from conditioning.sensors.visibility import Labels
from pipeline.checks.baseline import Baseline
from pipeline.checks.motion import ego_speed_seen, speeds
from pipeline.checks.objects import DetectionCounts, ghost_share, tally
from pipeline.checks.pixels import judge_scene
from pipeline.checks.scene import FLOOR_PX, CheckedClip
from pipeline.checks.sight import ClipObservation, FrameDetections, Frames
from pipeline.checks.targets import CLASSES
from pipeline.checks.tracks import permanence, returns
from pipeline.evaluation.sharpness import REGION_NAMES, Sharpness, sharpness
from scenarios.rollout import Rollout

Observer = Callable[[Frames], ClipObservation]  # from frames to observations: the checker's networks
SOURCE = "source"  # the reference of all other subjects
BINS = ("8-16 px", "16-32 px", "32+ px")


@dataclass(frozen=True)
class EvaluationCase:
    """One held-out clip: labels, layers, and the source pictures that they describe."""

    name: str
    rollout: Rollout
    labels: Labels
    camera: Camera
    layers: Layers
    source: Frames
    named: frozenset[str]  # the actors named in the story


@dataclass(frozen=True)
class MetricSums:
    """Sums over clips, which can be added, so that the clips need not be kept."""

    clips: int
    frames: int
    squared: float
    pixels: int
    squared_in_boxes: float
    pixels_in_boxes: int
    colour_error: float
    colour_source: float
    boxes: int
    tally: DetectionCounts
    sharpness: Sharpness
    ghosts: float
    returns: int
    upheld: float
    speed_errors: tuple[float, ...]
    speeds_mps: tuple[tuple[float, float], ...]
    failed: dict[str, int]
    rejected: int

    def __add__(self, other: "MetricSums") -> "MetricSums":
        merged = {check: self.failed.get(check, 0) + n for check, n in other.failed.items()}
        return MetricSums(
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in self.__dataclass_fields__
                if name != "failed"
            },
            failed={**self.failed, **merged},
        )


def measure(
    case: EvaluationCase, frames: Frames, on_source: tuple[FrameDetections, ...], observe: Observer, baseline: Baseline
) -> MetricSums:
    """The sums of one clip. `on_source` is the detector's result on the source pictures. ValueError if frames and
    source
    differ in shape."""
    if frames.shape != case.source.shape:
        raise ValueError(f"{case.name}: frames are {frames.shape}, the source is {case.source.shape}")
    scene = CheckedClip(observe(frames), case.labels, case.rollout, case.camera)
    error, predicted, target = picture_errors(case, frames, scene.eligible)
    squares = np.square(frames.astype(np.float32) - case.source)
    upheld, speed = (
        permanence(scene, baseline.least_likeness, baseline.most_repainted).value,
        ego_speed_seen(scene).value,
    )
    failed = {v.id: 1 for v in judge_scene(scene, on_source, case.named, baseline) if v.against}
    events = len(returns(scene))
    return MetricSums(
        clips=1, frames=len(frames), squared=float(squares.sum(dtype=np.float64)), pixels=squares.size,
        squared_in_boxes=float(error.sum()), pixels_in_boxes=int(_box_pixels(case, scene.eligible)),
        colour_error=float(np.abs(predicted - target).mean(-1).sum()), colour_source=float(target.mean(-1).sum()),
        boxes=len(predicted), tally=tally(scene),
        sharpness=sharpness(frames, case.source, case.layers.values, case.rollout, case.camera),
        ghosts=(ghost_share(scene).value or 0.0) * len(frames),
        returns=events, upheld=(upheld or 0.0) * events,
        speed_errors=() if speed is None else (speed,), speeds_mps=speeds(scene), failed=failed,
        rejected=int(bool(failed)),
    )  # fmt: skip


def _boxes(case: EvaluationCase, eligible: Bool[np.ndarray, "time actor"]) -> Iterable[tuple[int, slice, slice]]:
    """Frame, rows and columns of every eligible object."""
    for t, actor in np.argwhere(eligible):
        x0, y0, x1, y1 = np.round(case.labels.modal_box[t, actor]).astype(int)
        yield int(t), slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _box_pixels(case: EvaluationCase, eligible: Bool[np.ndarray, "time actor"]) -> int:
    return sum(case.source[t, rows, columns].size for t, rows, columns in _boxes(case, eligible))


def picture_errors(
    case: EvaluationCase, frames: Frames, eligible: Bool[np.ndarray, "time actor"]
) -> tuple[Float[np.ndarray, "box"], Float[np.ndarray, "box 3"], Float[np.ndarray, "box 3"]]:
    """Squared error in each box, and its mean colour (0..1) in the frames and in the source."""
    squared, predicted, target = [], [], []
    for t, rows, columns in _boxes(case, eligible):
        ours, theirs = frames[t, rows, columns].astype(np.float64), case.source[t, rows, columns].astype(np.float64)
        squared.append(np.square(ours - theirs).sum())
        predicted.append(ours.mean((0, 1)) / 255)
        target.append(theirs.mean((0, 1)) / 255)
    return np.array(squared), np.array(predicted).reshape(-1, 3), np.array(target).reshape(-1, 3)


@dataclass(frozen=True)
class SubjectMetrics:
    """One subject's results; None where nothing could be measured.

    `colour_error` is the mean over boxes of |mean colour - source's mean colour|, of full scale; `..._relative` is the
    same over the boxes' mean brightness. `recall` is by height bin, `recall_ratio` is over the source's recall,
    `recall_of_class` has detected and all objects of 16 px and more. `gradient_energy` is over the source's, for all
    pictures. `sharpness` is its root, by region and moment: .5 if every edge has half its contrast. `flicker` is over
    the source's. `facade_error` is the mean difference of facades' colours from the source's, of full scale, at 1 s and
    at the end; see `pipeline.evaluation.sharpness`.
    `speed_error` is the mean over clips of the relative error of the travelled distance. `speed_slope` is the slope of
    a line through the origin: observed speeds over commanded speeds. `rejected` is the share of clips that a pixel
    check rejects.
    """

    subject: str
    psnr_db: float | None
    psnr_in_boxes_db: float | None
    colour_error: float | None
    colour_error_relative: float | None
    recall: tuple[float | None, ...]
    recall_ratio: tuple[float | None, ...]
    recall_of_class: dict[str, tuple[int, int]]
    gradient_energy: float | None
    sharpness: dict[str, tuple[float | None, ...]]
    facade_error: tuple[float | None, ...]
    flicker: float | None
    ghosts_a_frame: float
    permanence: float | None
    returns: int
    speed_error: float | None
    speed_slope: float | None
    rejected: float
    failed: dict[str, int]


@dataclass(frozen=True)
class Evaluation:
    """All subjects on the same clips. Boxes, PSNR in boxes and colours include objects of `floor_px` and more."""

    clips: tuple[str, ...]
    frames: int
    boxes: int
    asked: tuple[int, ...]
    floor_px: float
    checker: str
    baseline: str
    subjects: tuple[SubjectMetrics, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


def _ratio(a: float | int, b: float | int) -> float | None:
    return a / b if b else None


def _psnr(squared: float, count: int) -> float | None:
    """dB; None for equal pictures, whose PSNR is infinite, and for no pictures."""
    return float(10 * np.log10(255**2 * count / squared)) if count and squared else None


def compute_metrics(subject: str, m: MetricSums, source: MetricSums) -> SubjectMetrics:
    """Compute the metrics from the sums."""
    eligible, detected, of_source = m.tally.asked.sum(0), m.tally.found.sum(0), source.tally.found.sum(0)
    observed, commanded = np.array(m.speeds_mps).reshape(-1, 2).T
    return SubjectMetrics(
        subject=subject, psnr_db=_psnr(m.squared, m.pixels),
        psnr_in_boxes_db=_psnr(m.squared_in_boxes, m.pixels_in_boxes),
        colour_error=_ratio(m.colour_error, m.boxes), colour_error_relative=_ratio(m.colour_error, m.colour_source),
        recall=tuple(_ratio(int(f), int(a)) for f, a in zip(detected, eligible, strict=True)),
        recall_ratio=tuple(_ratio(int(f), int(s)) for f, s in zip(detected, of_source, strict=True)),
        recall_of_class={
            name: (int(f), int(a))
            for name, f, a in zip(CLASSES, m.tally.found[:, 1:].sum(1), m.tally.asked[:, 1:].sum(1), strict=True)
        },
        gradient_energy=_ratio(float(m.sharpness.energy[0, 0]), float(source.sharpness.energy[0, 0])),
        sharpness={
            region: tuple(_ratio(float(ours), float(theirs)) for ours, theirs in zip(*pair, strict=True))
            for region, *pair in zip(REGION_NAMES, m.sharpness.contrast, source.sharpness.contrast, strict=True)
        },
        facade_error=tuple(
            _ratio(float(e), float(n)) for e, n in zip(m.sharpness.facade_error, m.sharpness.facade_cells, strict=True)
        ),
        flicker=_ratio(m.sharpness.flicker, source.sharpness.flicker),
        ghosts_a_frame=m.ghosts / m.frames, permanence=_ratio(m.upheld, m.returns), returns=m.returns,
        speed_error=float(np.mean(m.speed_errors)) if m.speed_errors else None,
        speed_slope=_ratio(float(observed @ commanded), float(commanded @ commanded)),
        rejected=m.rejected / m.clips, failed=m.failed,
    )  # fmt: skip


Case = TypeVar("Case", bound=EvaluationCase)


def evaluate_subjects(
    cases: Iterable[Case],
    subjects: Mapping[str, Callable[[Case], Frames]],
    observe: Observer,
    baseline: Baseline,
    progress: Callable[[str, str], None],
) -> Evaluation:
    """Measure every subject's frames of every case; the source itself is always the first subject.

    `progress` is called with the case and the subject before each measurement. ValueError if there are no cases.
    """
    makers: dict[str, Callable[[Case], Frames]] = {SOURCE: lambda case: case.source, **subjects}
    sums: dict[str, MetricSums] = {}
    names = []
    for case in cases:
        names.append(case.name)
        on_source = observe(case.source).found
        for subject, make in makers.items():
            progress(case.name, subject)
            one = measure(case, make(case), on_source, observe, baseline)
            sums[subject] = sums[subject] + one if subject in sums else one
    if not names:
        raise ValueError("no clips to evaluate on")
    source = sums[SOURCE]
    return Evaluation(
        clips=tuple(names), frames=source.frames, boxes=source.boxes,
        asked=tuple(int(n) for n in source.tally.asked.sum(0)), floor_px=FLOOR_PX, checker=baseline.checker,
        baseline=baseline.id, subjects=tuple(compute_metrics(name, m, source) for name, m in sums.items()),
    )  # fmt: skip
