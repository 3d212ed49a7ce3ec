"""Clips made act by act in several workers are those made whole, and survive what those survive."""

import numpy as np
import pytest

from outputs.clip import read_clip
from pipeline.generate import generate
from pipeline.line import Staged
from pipeline.requests import How, kept, wanted
from pipeline.resume import retry_failed
from pipeline.runs import look
from tests.pipeline.test_faults_ray import KillNodes, KillWorkers, all_of, cluster, planned, request_of  # noqa: F401
from tests.pipeline.troubles import Batch

pytestmark = pytest.mark.ray
STAGED = How(workers=2, staged=Staged(batch=2))


def test_staged_clips_are_those_made_whole_and_one_that_raises_spoils_nobody_elses(
    tmp_path, speck_weights, monkeypatch
):
    for name in ("whole", "staged"):
        (tmp_path / name).mkdir()
    whole = Batch.of(4, tmp_path / "whole", speck_weights, monkeypatch)
    generate(request_of(whole), How(use_ray=False), KillWorkers(0))
    batch = Batch.of(4, tmp_path / "staged", speck_weights, monkeypatch)
    ids = planned(batch)
    batch.trouble(ids[1], "raise")
    (failure,) = generate(request_of(batch), STAGED, KillWorkers(0)).failures
    assert (failure.clip, failure.passing) == (ids[1], False)
    assert failure.reason.endswith("(in predict_tokens)")
    (batch.folder / "troubles" / ids[1]).unlink()
    key = next(iter(wanted(look(batch.out))))
    assert kept(look(batch.out), key)[1].staged == STAGED.staged
    (summary,) = retry_failed(batch.out, KillWorkers(0))
    assert summary.complete
    assert batch.counted() == batch.all_made()
    for clip in ids:
        one, other = (read_clip(next(b.out.glob(f"*/{clip}"))) for b in (whole, batch))
        assert list(one.record.stage_s) == list(other.record.stage_s)
        assert np.abs(one.frames[0].astype(int) - other.frames[0]).mean() < 1
        assert one.record.verdicts == other.record.verdicts


@pytest.mark.parametrize("moments", [1, pytest.param(20, marks=pytest.mark.long)])
def test_workers_of_any_act_killed_at_random_moments(tmp_path, speck_weights, monkeypatch, moments):
    batch, trouble = Batch.of(3 * moments, tmp_path, speck_weights, monkeypatch), KillWorkers(moments)
    all_of(batch, STAGED, trouble)
    assert trouble.done == moments
    assert batch.counted() == batch.all_made()


@pytest.mark.parametrize("moments", [pytest.param(5, marks=pytest.mark.long)])
def test_nodes_killed_with_what_waited_on_them(tmp_path, speck_weights, monkeypatch, cluster, moments):  # noqa: F811
    batch = Batch.of(3 * moments + 3, tmp_path, speck_weights, monkeypatch)
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    trouble = KillNodes(moments, cluster=cluster, nodes=nodes)
    all_of(batch, How(ray=cluster.address, staged=Staged(batch=2)), trouble)
    assert trouble.done == moments
    assert batch.counted() == batch.all_made()
