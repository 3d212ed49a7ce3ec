"""Metrics on known changes of frames: the change is measured, and the tables contain it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import build_scenery
from conditioning.layers.control_layers import draw_layers
from pipeline.checks.sight import ClipObservation, FrameDetections, Frames, middle_colours
from pipeline.checks.targets import class_indices, ego_motion
from pipeline.errors import UserError
from pipeline.evaluation.evaluate import load_kept_frames, write_results
from pipeline.evaluation.metrics import SOURCE, Evaluation, EvaluationCase, SubjectMetrics, evaluate_subjects
from pipeline.evaluation.tables import HEADINGS, markdown, row
from tests.pipeline.seeing import CAMERA, behind_a_truck, labels_of, open_road, strict_baseline

GREY = 90


def painted(rollout, labels) -> Frames:
    """Grey frames with every body as a constant block, far ones first, each with its own red value."""
    frames = np.full((len(rollout.t_s), CAMERA.height, CAMERA.width, 3), GREY, np.uint8)
    for t, frame in enumerate(frames):
        for actor in np.argsort(-labels.depth_m[t]):
            x0, y0, x1, y1 = np.round(labels.modal_box[t, actor]).astype(int)
            frame[y0:y1, x0:x1] = (colour_of(actor), 60, 120)
    return frames


def colour_of(actor: int) -> int:
    return 140 + 16 * int(actor)


class BlockEye:
    """Detects constant blocks by their red value, and knows the motion: a reference observer for `painted` frames."""

    def __init__(self, rollout):
        self.kinds, self.motion = class_indices(rollout), ego_motion(rollout)

    def __call__(self, frames: Frames) -> ClipObservation:
        still = all(np.array_equal(frames[0], frame) for frame in frames)
        return ClipObservation(tuple(self._look(f) for f in frames), self.motion * (0.0 if still else 1.0))

    def _look(self, frame: np.ndarray) -> FrameDetections:
        boxes, who = [], []
        for actor in range(len(self.kinds)):
            rows, columns = np.nonzero(np.abs(frame[..., 0].astype(int) - colour_of(actor)) <= 5)
            if len(rows) > 30:
                boxes.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
                who.append(actor)
        boxes, looks = np.array(boxes, float).reshape(-1, 4), np.eye(len(self.kinds))[who]
        return FrameDetections(boxes, self.kinds[who], np.full(len(who), 0.9), looks, middle_colours(frame, boxes))


def case_of(rollout, name: str) -> EvaluationCase:
    labels = labels_of(rollout)
    layers = draw_layers(rollout, build_scenery(rollout), CAMERA)
    return EvaluationCase(name, rollout, labels, CAMERA, layers, painted(rollout, labels), frozenset())


def evaluated(case: EvaluationCase, **subjects) -> dict[str, SubjectMetrics]:
    eye = BlockEye(case.rollout)
    measured = evaluate_subjects([case], subjects, eye, strict_baseline(), lambda name, subject: None)
    return {f.subject: f for f in measured.subjects}


@pytest.fixture(scope="module")
def road() -> EvaluationCase:
    return case_of(open_road(), "road")


@pytest.fixture(scope="module")
def hidden() -> EvaluationCase:
    return case_of(behind_a_truck(), "hidden")


def test_the_source_is_perfect_against_itself(hidden):
    source = evaluated(hidden)[SOURCE]
    assert source.psnr_db is None and source.colour_error == 0  # equal pictures have no finite PSNR
    assert source.recall_ratio[1:] == (1.0, 1.0) and source.recall[2] == 1.0
    assert source.permanence == 1.0 and source.returns == 1 and source.ghosts_a_frame == 0
    assert source.speed_slope == pytest.approx(1.0) and source.rejected == 0


def test_noise_of_known_strength_has_its_psnr(road):
    noise = np.random.default_rng(0).normal(0, 5, road.source.shape)
    noisy = lambda case: np.clip(case.source + noise, 0, 255).round().astype(np.uint8)  # noqa: E731
    made = evaluated(road, noisy=noisy)["noisy"]
    assert made.psnr_db == pytest.approx(20 * np.log10(255 / 5), abs=0.1)
    assert made.psnr_in_boxes_db == pytest.approx(made.psnr_db, abs=0.2)
    assert made.colour_error < 0.003  # noise is no change of colour


def test_a_changed_colour_is_measured_inside_boxes_only(road):
    def tinted(case: EvaluationCase) -> Frames:
        frames = case.source.copy()
        frames[frames[..., 1] == 60] += np.array([0, 30, 0], np.uint8)
        return frames

    def tinted_street(case: EvaluationCase) -> Frames:
        frames = case.source.copy()
        frames[(case.source == GREY).all(-1)] += 30
        return frames

    made = evaluated(road, bodies=tinted, street=tinted_street)
    assert made["bodies"].colour_error == pytest.approx(10 / 255, rel=0.1)  # 30 in one channel of three
    assert made["bodies"].colour_error_relative > made["bodies"].colour_error
    assert made["street"].colour_error < made["bodies"].colour_error / 3
    assert made["bodies"].psnr_in_boxes_db < made["bodies"].psnr_db


def test_an_object_that_is_not_drawn_is_missed_in_its_height_bin(hidden):
    truck = hidden.rollout.index("truck")

    def without_truck(case: EvaluationCase) -> Frames:
        return np.where(case.source[..., :1] == colour_of(truck), np.uint8(GREY), case.source)

    made = evaluated(replace(hidden, named=frozenset({"truck"})), made=without_truck)["made"]
    assert made.recall_ratio[2] == 0 and made.recall_ratio[1] == pytest.approx(1.0)
    assert made.rejected == 1 and made.failed["label-recall"] == made.failed["key-actor"] == 1


def test_a_frozen_video_is_measured(road):
    held = evaluated(road, held=lambda case: np.repeat(case.source[:1], len(case.source), 0))["held"]
    assert held.speed_slope == 0 and held.speed_error == pytest.approx(1.0) and held.rejected == 1


def test_sums_add_up_over_clips(road, hidden):
    def inverted(case: EvaluationCase) -> Frames:
        return 255 - case.source

    baseline = strict_baseline()

    def measured(*cases: EvaluationCase) -> Evaluation:
        eyes = {case.name: BlockEye(case.rollout) for case in cases}
        now = iter([case.name for case in cases for _ in range(3)])
        return evaluate_subjects(
            cases, {"inverted": inverted}, lambda f: eyes[next(now)](f), baseline, lambda name, subject: None
        )

    one, other, both = measured(road), measured(hidden), measured(road, hidden)
    assert both.frames == one.frames + other.frames and both.boxes == one.boxes + other.boxes
    assert both.asked == tuple(a + b for a, b in zip(one.asked, other.asked, strict=True))
    low, high = sorted((one.subjects[1].psnr_db, other.subjects[1].psnr_db))
    assert low <= both.subjects[1].psnr_db <= high


def test_it_is_written_as_json_and_as_a_table(road):
    measured = evaluate_subjects([road], {}, BlockEye(road.rollout), strict_baseline(), lambda name, subject: None)
    stored = json.loads(measured.to_json())
    assert stored["clips"] == ["road"] and stored["subjects"][0]["subject"] == SOURCE
    assert len(row(measured.subjects[0])) == len(HEADINGS)
    text = markdown(measured)
    assert all(heading in text for heading in HEADINGS) and measured.baseline in text


def test_frames_of_another_size_are_refused(road):
    with pytest.raises(ValueError, match="road: frames are"):
        evaluated(road, short=lambda case: case.source[1:])
    with pytest.raises(ValueError, match="no clips"):
        evaluate_subjects([], {}, BlockEye(road.rollout), strict_baseline(), lambda name, subject: None)


def test_kept_frames_of_another_length_are_refused_before_they_are_measured(road, tmp_path):
    path = tmp_path / "frames" / "road-generated.npy"
    path.parent.mkdir()
    np.save(path, road.source)
    assert np.array_equal(load_kept_frames(road, tmp_path, "generated"), road.source)
    np.save(path, road.source[1:])
    there = len(road.source)
    with pytest.raises(UserError, match=rf"{path} has {there - 1} frames .* the clip has {there} frames"):
        load_kept_frames(road, tmp_path, "generated")


def test_figures_replace_earlier_ones_atomically(road, tmp_path):
    measured = evaluate_subjects([road], {}, BlockEye(road.rollout), strict_baseline(), lambda name, subject: None)
    for name in ("evaluation.json", "evaluation.md"):
        (tmp_path / name).write_text("earlier")
        (tmp_path / f"{name}.link").hardlink_to(tmp_path / name)  # would show a write into the existing file
    write_results(measured, tmp_path)
    for name in ("evaluation.json", "evaluation.md"):
        assert SOURCE in (tmp_path / name).read_text()
        assert (tmp_path / f"{name}.link").read_text() == "earlier"


def test_every_subject_is_reported_before_it_is_measured(road):
    heard: list[tuple[str, str]] = []
    evaluate_subjects(
        [road, replace(road, name="again")], {"same": lambda case: case.source}, BlockEye(road.rollout),
        strict_baseline(), lambda name, subject: heard.append((name, subject)),
    )  # fmt: skip
    assert heard == [("road", SOURCE), ("road", "same"), ("again", SOURCE), ("again", "same")]
