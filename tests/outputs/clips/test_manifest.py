"""Lineage: records are read back unchanged; contradictions and wrong formats are refused."""

import json
import math
import re
from dataclasses import replace

import pytest
from pydantic import ValidationError

from outputs.clips.manifest import (
    failed_checks,
    read_manifest,
    read_record,
    rejection_reasons,
    write_manifest,
    write_record,
)
from outputs.clips.rejected import write_rejected
from outputs.strict_model import DamagedFile
from outputs.verdict import Outcome, accepted
from tests.outputs.made import BAD, GOOD, record, verdict


@pytest.mark.parametrize("value", [1.5, None, math.inf, -math.inf])
def test_a_record_is_read_back_unchanged(tmp_path, value):
    written = record(verdicts=(*GOOD, verdict(value=value)), attribution="Somebody, CC BY 4.0")
    write_record(tmp_path / "record.json", written)
    assert read_record(tmp_path / "record.json") == written


def test_a_record_is_strict_json(tmp_path):
    write_record(tmp_path / "record.json", record(verdicts=(*GOOD, verdict(value=math.inf))))

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    json.loads((tmp_path / "record.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize(
    "change",
    [{"seed": "0"}, {"surplus": 1}, {"frame_rate_hz": 0.0}, {"cameras": []}, {"cameras": ["../up"]}, {"id": "a/b"},
     {"id": ".hidden"}, {"format": "nearmiss-clip-0"}, {"accepted": False}],
)  # fmt: skip
def test_an_invalid_record_is_refused(tmp_path, change):
    path = tmp_path / "record.json"
    write_record(path, record())
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DamagedFile, match=re.escape(str(path))):
        read_record(path)


def test_a_verdict_with_an_unknown_key_is_refused(tmp_path):
    path = tmp_path / "record.json"
    write_record(path, record())
    data = json.loads(path.read_text())
    data["verdicts"][0]["surplus"] = 1
    path.write_text(json.dumps(data))
    with pytest.raises(DamagedFile, match=r"verdicts\.0.*surplus"):
        read_record(path)


def test_a_record_cannot_contradict_its_verdicts():
    with pytest.raises(ValidationError, match="contradict"):
        record(verdicts=BAD, accepted=True)
    with pytest.raises(ValidationError, match="reasons"):
        record(verdicts=BAD, reasons=())


@pytest.mark.parametrize(
    "verdicts",
    [(), GOOD, BAD, GOOD[:1], (*GOOD, verdict(outcome=Outcome.FAIL, gates=False)),
     (GOOD[0], verdict("pixels", Outcome.INCONCLUSIVE)),
     (GOOD[0], verdict("pixels", Outcome.INCONCLUSIVE), verdict("pixels", gates=False)),
     (*GOOD, verdict("pixels", Outcome.INCONCLUSIVE)), (*GOOD, verdict("pixels", Outcome.INCONCLUSIVE, must_pass=True)),
     (*GOOD, verdict("pixels", Outcome.INCONCLUSIVE, gates=False, must_pass=True)),
     (*GOOD, verdict("pixels", Outcome.INCONCLUSIVE, camera="CAM_BACK"))],
)  # fmt: skip
def test_there_are_reasons_if_and_only_if_a_clip_is_rejected(verdicts):
    assert bool(rejection_reasons(verdicts)) != accepted(verdicts)


def test_an_inconclusive_verdict_rejects_a_clip_only_if_it_must_pass():
    unsure = verdict("pixels", Outcome.INCONCLUSIVE)
    assert accepted((*GOOD, unsure))
    held = record(verdicts=(*GOOD, replace(unsure, must_pass=True)))
    assert not held.accepted and failed_checks(held) == ["pixels-check"]
    assert held.reasons == ("pixels check (CAM_FRONT): inconclusive, the car leaves its lane",)


def test_every_camera_needs_a_passed_check():
    back = verdict("pixels", Outcome.INCONCLUSIVE, camera="CAM_BACK")
    assert rejection_reasons((*GOOD, back)) == ("pixels of CAM_BACK: no check passed",)
    assert accepted((*GOOD, back, replace(back, outcome=Outcome.PASS)))


def test_a_reason_names_the_camera_and_a_check_that_fails_on_several_cameras_counts_once():
    bad = tuple(verdict("pixels", Outcome.FAIL, camera=camera) for camera in ("CAM_FRONT", "CAM_BACK"))
    two = record(verdicts=(*GOOD, *bad), cameras=("CAM_FRONT", "CAM_BACK"))
    assert [reason.partition(":")[0] for reason in two.reasons] == [
        "pixels check (CAM_FRONT)",
        "pixels check (CAM_BACK)",
    ]
    assert failed_checks(two) == ["pixels-check"]


def test_a_verdict_on_a_camera_that_the_clip_does_not_have_is_refused():
    with pytest.raises(ValidationError, match="CAM_LEFT"):
        record(verdicts=(*GOOD, verdict("pixels", camera="CAM_LEFT")))


def test_an_older_record_without_cameras_and_impact_speeds_can_be_read(tmp_path):
    path = tmp_path / "record.json"
    write_record(path, record())
    data = json.loads(path.read_text())
    for one in data["verdicts"]:
        del one["camera"], one["must_pass"]
    for one in data["happenings"]:
        del one["impact_mps"]
    path.write_text(json.dumps(data))
    assert {v.camera for v in read_record(path).verdicts} == {""} and read_record(path).accepted


def test_a_manifest_is_sorted_and_its_ids_are_unique(tmp_path):
    write_manifest(tmp_path / "manifest.json", [record("b"), record("a")])
    assert [clip.id for clip in read_manifest(tmp_path / "manifest.json").clips] == ["a", "b"]
    with pytest.raises(ValidationError, match="twice"):
        write_manifest(tmp_path / "manifest.json", [record("a"), record("a")])


def test_rejected_clips_are_listed_with_their_reasons(tmp_path):
    write_rejected(tmp_path, [record("b", BAD, name="a | b <i>"), record("a", BAD)])
    assert [clip.id for clip in read_manifest(tmp_path / "rejected.json").clips] == ["a", "b"]
    page = (tmp_path / "README.md").read_text()
    assert "the car leaves its lane" in page
    assert "a \\| b &lt;i>" in page


def test_an_accepted_clip_cannot_be_listed_as_rejected(tmp_path):
    with pytest.raises(ValueError, match="street-s0"):
        write_rejected(tmp_path, [record()])
    assert list(tmp_path.iterdir()) == []
