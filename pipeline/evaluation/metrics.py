"""How good clips are, in figures: pictures against their source, and what the checker finds in them.

Takes frames from functions and does not know how clips are made. Figures of different subjects are only comparable
within one evaluation.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

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

Eye = Callable[[Frames], ClipObservation]  # what looks at frames: the checker's networks
SOURCE = "source"  # the subject that all others are relative to
BINS = ("8-16 px", "16-32 px", "32+ px")


@dataclass(frozen=True)
class EvaluationCase:
    """One held-out clip: its labels and layers, and the source pictures they are true of."""

    name: str
    rollout: Rollout
    labels: Labels
    camera: Camera
    layers: Layers
    source: Frames
    named: frozenset[str]  # the actors that the story names


@dataclass(frozen=True)
class MetricSums:
    """Sums over the clips seen so far; sums add up, so that clips need not be kept."""

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
    case: EvaluationCase, frames: Frames, on_source: tuple[FrameDetections, ...], eye: Eye, baseline: Baseline
) -> MetricSums:
    """One clip's part of the sums. `on_source` is what the detector finds on the source pictures. ValueError if frames
    and source differ in shape."""
    if frames.shape != case.source.shape:
        raise ValueError(f"{case.name}: frames are {frames.shape}, the source is {case.source.shape}")
    scene = CheckedClip(eye(frames), case.labels, case.rollout, case.camera)
    error, made, wanted = picture_errors(case, frames, scene.eligible)
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
        colour_error=float(np.abs(made - wanted).mean(-1).sum()), colour_source=float(wanted.mean(-1).sum()),
        boxes=len(made), tally=tally(scene),
        sharpness=sharpness(frames, case.source, case.layers.values, case.rollout, case.camera),
        ghosts=(ghost_share(scene).value or 0.0) * len(frames),
        returns=events, upheld=(upheld or 0.0) * events,
        speed_errors=() if speed is None else (speed,), speeds_mps=speeds(scene), failed=failed,
        rejected=int(bool(failed)),
    )  # fmt: skip


def _boxes(case: EvaluationCase, eligible: Bool[np.ndarray, "time actor"]) -> Iterable[tuple[int, slice, slice]]:
    """Frame, rows and columns of every object that counts."""
    for t, actor in np.argwhere(eligible):
        x0, y0, x1, y1 = np.round(case.labels.modal_box[t, actor]).astype(int)
        yield int(t), slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _box_pixels(case: EvaluationCase, eligible: Bool[np.ndarray, "time actor"]) -> int:
    return sum(case.source[t, rows, columns].size for t, rows, columns in _boxes(case, eligible))


def picture_errors(
    case: EvaluationCase, frames: Frames, eligible: Bool[np.ndarray, "time actor"]
) -> tuple[Float[np.ndarray, "box"], Float[np.ndarray, "box 3"], Float[np.ndarray, "box 3"]]:
    """Squared error in each box, and its mean colour (0..1) in the frames and in the source."""
    squared, made, wanted = [], [], []
    for t, rows, columns in _boxes(case, eligible):
        ours, theirs = frames[t, rows, columns].astype(np.float64), case.source[t, rows, columns].astype(np.float64)
        squared.append(np.square(ours - theirs).sum())
        made.append(ours.mean((0, 1)) / 255)
        wanted.append(theirs.mean((0, 1)) / 255)
    return np.array(squared), np.array(made).reshape(-1, 3), np.array(wanted).reshape(-1, 3)


@dataclass(frozen=True)
class SubjectMetrics:
    """One subject's results; None where there was nothing to measure.

    `colour_error` is the mean over boxes of |mean colour - source's mean colour|, of full scale; `..._relative` is
    the same over the boxes' own mean brightness. `recall` is by height bin, `recall_ratio` over source's,
    `recall_of_class` objects of 16 px and more found and asked for. `gradient_energy` is that of all pictures over
    source's; `sharpness`, by region and moment, is its root, .5 where every edge has half its contrast; `flicker` is
    over source's;
    `facade_error` is the mean difference of facades' colours from source's, of full scale, at 1 s and at the end; see
    `pipeline.evaluation.sharpness`.
    `speed_error` is the mean over clips of the relative error of the way travelled; `speed_slope` is a line through
    the origin: speeds seen against speeds commanded. `rejected` is the share of clips that a pixel check keeps back.
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
    """All subjects on the same clips. Boxes, PSNR in boxes and colours: objects of `floor_px` and more."""

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
    """dB; None for equal pictures, which have no finite figure, and for no pictures."""
    return float(10 * np.log10(255**2 * count / squared)) if count and squared else None


def figures(subject: str, m: MetricSums, source: MetricSums) -> SubjectMetrics:
    """Sums to figures."""
    asked, found, of_source = m.tally.asked.sum(0), m.tally.found.sum(0), source.tally.found.sum(0)
    seen, commanded = np.array(m.speeds_mps).reshape(-1, 2).T
    return SubjectMetrics(
        subject=subject, psnr_db=_psnr(m.squared, m.pixels),
        psnr_in_boxes_db=_psnr(m.squared_in_boxes, m.pixels_in_boxes),
        colour_error=_ratio(m.colour_error, m.boxes), colour_error_relative=_ratio(m.colour_error, m.colour_source),
        recall=tuple(_ratio(int(f), int(a)) for f, a in zip(found, asked, strict=True)),
        recall_ratio=tuple(_ratio(int(f), int(s)) for f, s in zip(found, of_source, strict=True)),
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
        speed_slope=_ratio(float(seen @ commanded), float(commanded @ commanded)),
        rejected=m.rejected / m.clips, failed=m.failed,
    )  # fmt: skip


def evaluate_subjects(
    cases: Iterable[EvaluationCase],
    subjects: Mapping[str, Callable[[EvaluationCase], Frames]],
    eye: Eye,
    baseline: Baseline,
    progress: Callable[[str, str], None],
) -> Evaluation:
    """Show every subject's frames of every case to the checker; the source itself is always the first subject.

    `progress` hears the case and the subject about to be measured. ValueError if there are no cases.
    """
    makers = {SOURCE: lambda case: case.source, **subjects}
    sums: dict[str, MetricSums] = {}
    names = []
    for case in cases:
        names.append(case.name)
        on_source = eye(case.source).found
        for subject, make in makers.items():
            progress(case.name, subject)
            one = measure(case, make(case), on_source, eye, baseline)
            sums[subject] = sums[subject] + one if subject in sums else one
    if not names:
        raise ValueError("no clips to evaluate on")
    source = sums[SOURCE]
    return Evaluation(
        clips=tuple(names), frames=source.frames, boxes=source.boxes,
        asked=tuple(int(n) for n in source.tally.asked.sum(0)), floor_px=FLOOR_PX, checker=baseline.checker,
        baseline=baseline.id, subjects=tuple(figures(name, m, source) for name, m in sums.items()),
    )  # fmt: skip
