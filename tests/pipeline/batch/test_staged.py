"""Clips made in stages by several workers equal clips made by one worker."""

import numpy as np
import pytest

from outputs.clips.clip import read_clip
from pipeline.batch.generate import NoObserver, generate
from pipeline.batch.resume import retry_failed
from pipeline.runs.run_config import ExecutionConfig
from pipeline.runs.run_folder import look
from pipeline.runs.saved_request import kept, wanted
from tests.pipeline.harm import planned, request_of
from tests.pipeline.troubles import Batch

pytestmark = pytest.mark.ray
STAGED = ExecutionConfig(workers=2, batch=2)


def test_staged_clips_equal_whole_ones_and_a_failure_affects_no_other_clip(
    tmp_path, speck_weights, monkeypatch, ray_here
):
    for name in ("whole", "staged"):
        (tmp_path / name).mkdir()
    whole = Batch.of(4, tmp_path / "whole", speck_weights, monkeypatch)
    generate(request_of(whole), ExecutionConfig(use_ray=False), NoObserver())
    batch = Batch.of(4, tmp_path / "staged", speck_weights, monkeypatch)
    ids = planned(batch)
    batch.trouble(ids[1], "raise")
    (failure,) = generate(request_of(batch), STAGED, NoObserver()).failures
    assert (failure.clip, failure.transient) == (ids[1], False)
    assert failure.reason.endswith("(in predict_tokens)")
    (batch.folder / "troubles" / ids[1]).unlink()
    key = next(iter(wanted(look(batch.out))))
    assert kept(look(batch.out), key)[1].networks == STAGED.networks
    (summary,) = retry_failed(batch.out, NoObserver())
    assert summary.complete
    assert batch.counted() == batch.all_made()
    for clip in ids:
        one, other = (read_clip(next(b.out.glob(f"*/{clip}"))) for b in (whole, batch))
        assert list(one.record.stage_s) == list(other.record.stage_s)
        assert np.abs(one.frames[0].astype(int) - other.frames[0]).mean() < 1
        assert one.record.verdicts == other.record.verdicts
