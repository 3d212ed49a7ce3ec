"""Lineage: what is written is read back, what contradicts itself or the format is refused."""

import json
import math

import pytest
from pydantic import ValidationError

from outputs.manifest import read_manifest, read_record, reasons_against, write_manifest, write_record
from outputs.rejected import write_rejected
from outputs.verdict import Outcome, accepted
from tests.outputs.made import BAD, GOOD, record, verdict


@pytest.mark.parametrize("value", [1.5, None, math.inf, -math.inf])
def test_a_record_comes_back_as_it_was(tmp_path, value):
    written = record(verdicts=(*GOOD, verdict(value=value)), attribution="Somebody, CC BY 4.0")
    write_record(tmp_path / "record.json", written)
    assert read_record(tmp_path / "record.json") == written


def test_a_record_is_json_for_strict_readers_too(tmp_path):
    write_record(tmp_path / "record.json", record(verdicts=(*GOOD, verdict(value=math.inf))))

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    json.loads((tmp_path / "record.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize(
    "change",
    [{"seed": "0"}, {"surplus": 1}, {"frame_rate_hz": 0.0}, {"cameras": []}, {"cameras": ["../up"]}, {"id": "a/b"},
     {"id": ".hidden"}, {"format": "nearmiss-clip-0"}, {"accepted": False}],
)  # fmt: skip
def test_a_record_that_is_not_right_is_refused(tmp_path, change):
    path = tmp_path / "record.json"
    write_record(path, record())
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValidationError):
        read_record(path)


def test_a_verdict_with_a_strange_key_is_refused(tmp_path):
    path = tmp_path / "record.json"
    write_record(path, record())
    told = json.loads(path.read_text())
    told["verdicts"][0]["surplus"] = 1
    path.write_text(json.dumps(told))
    with pytest.raises(ValidationError, match="surplus"):
        read_record(path)


def test_a_record_cannot_contradict_its_verdicts():
    with pytest.raises(ValidationError, match="contradict"):
        record(verdicts=BAD, accepted=True)
    with pytest.raises(ValidationError, match="reasons"):
        record(verdicts=BAD, reasons=())


@pytest.mark.parametrize(
    "verdicts",
    [(), GOOD, BAD, GOOD[:1], (*GOOD, verdict(outcome=Outcome.FAIL, gates=False)),
     (GOOD[0], verdict("pixels", Outcome.INCONCLUSIVE))],
)  # fmt: skip
def test_there_are_reasons_exactly_where_a_clip_is_rejected(verdicts):
    assert bool(reasons_against(verdicts)) != accepted(verdicts)


def test_a_manifest_is_ordered_and_its_ids_differ(tmp_path):
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
