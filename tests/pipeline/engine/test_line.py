"""The staged pipeline: its workers, and that items pass all stages once, with a limited number in between."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.engine.outcomes import NOTHING, Done, Resources, WorkerCount
from pipeline.engine.ray_cluster import NoWorkers, RayPlan
from pipeline.engine.scheduler import on_ray
from pipeline.engine.stage_plan import StagedConfig, StagePlan, StagingError, stage_plan, staging


def shares(line: StagePlan) -> list[tuple[int, float]]:
    return [(pool.workers.workers, pool.needs.gpus) for pool in line.pools]


def test_without_stages_there_is_one_kind_of_worker():
    line = stage_plan(WorkerCount(4, 1), Resources(memory_gib=1.5), None)
    assert shares(line) == [(4, 0)]
    assert [stage.name for stage in line.stages] == ["process"]


@pytest.mark.parametrize(("workers", "at_networks"), [(1, 1), (2, 1), (4, 3), (10, 7)])
def test_on_cores_most_workers_run_the_networks(workers, at_networks):
    line = stage_plan(WorkerCount(workers, 1), NOTHING, StagedConfig(batch=2))
    assert [stage.name for stage in line.stages] == ["prepare", "imagine", "finish"]
    assert shares(line) == [(max(1, workers - at_networks), 0), (at_networks, 0)]


def test_gpus_are_divided_by_share_and_their_workers_are_additional():
    assert shares(stage_plan(WorkerCount(16, 1), NOTHING, StagedConfig(gpus=2.0, share=0.25))) == [(16, 0), (8, 0.25)]
    assert shares(stage_plan(WorkerCount(16, 1), NOTHING, StagedConfig(gpus=4.0, share=2.0))) == [(16, 0), (2, 2)]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"gpus": 1.0, "inline": True}, "--inline works in this process"),
        ({"gpus": 2.0, "share": 1.5}, "a part of one GPU"),
        ({"gpus": 0.5}, "--gpus 0.5 is not enough for one worker, which takes --gpu-share 1"),
    ],
)
def test_impossible_options_are_refused(asked, words):
    with pytest.raises(StagingError, match=words):
        staging(**{"wanted": False, "gpus": 0.0, "share": 1.0, "batch": 1, "inline": False} | asked)
    assert staging(False, 0.0, 1.0, 1, True) is None


@dataclass
class TextStages:
    """Three stages that write texts; files count the items that wait between the stages."""

    folder: Path

    def setup(self, threads: int) -> None:
        pass

    def prepare(self, item: int) -> str:
        if item == 3 and not list(self.folder.glob("died-3.*")):
            (self.folder / f"died-3.{os.getpid()}").touch()
            os._exit(1)
        (self.folder / f"prepared-{item}").touch()
        return f"prepared {item}"

    def imagine(self, items: Sequence[int], prepared: Sequence[str]) -> list[str]:
        waiting = len(list(self.folder.glob("prepared-*"))) - len(list(self.folder.glob("finished-*")))
        (self.folder / f"batch-{'-'.join(map(str, items))}.{waiting}").touch()
        time.sleep(0.3)
        if 5 in items:
            raise ValueError("five fails")
        return [f"generated from {one}" for one in prepared]

    def finish(self, item: int, prepared: str, generated: str) -> str:
        (self.folder / f"finished-{item}").touch()
        return f"{item}: {generated} after {prepared}"


@pytest.mark.ray
def test_items_pass_all_stages_once_and_a_failure_in_a_batch_is_of_one_item(tmp_path, ray_here):
    """Sixteen items: one kills its worker once, one always fails; the others of its batch do not."""
    plan = RayPlan(WorkerCount(2, 1), staged=StagedConfig(batch=3))
    outcomes = {o.item: o for o in on_ray(TextStages(tmp_path), range(16), plan)}
    made = {item: o.result for item, o in outcomes.items() if isinstance(o, Done)}
    assert made == {i: f"{i}: generated from prepared {i} after prepared {i}" for i in range(16) if i != 5}
    assert outcomes[5].reason == "ValueError: five fails"
    batches = [path.name[6:].split(".") for path in tmp_path.glob("batch-*")]
    assert any(len(items.split("-")) == 3 for items, _ in batches)
    assert ["5"] in [items.split("-") for items, _ in batches]
    # 3 in one batch, 3 waiting for it, 3 on the way there; 3 more with the workers that finish
    assert max(int(waiting) for _, waiting in batches) <= 12
    assert len(list(tmp_path.glob("died-3.*"))) == 1


@pytest.mark.ray
def test_missing_gpus_are_refused_without_waiting(ray_here):
    with pytest.raises(NoWorkers, match=r"--gpus 2: Ray sees 1 GPUs on this machine; leave --gpus out"):
        list(on_ray(GpuView(), [1], RayPlan(WorkerCount(1, 1), staged=StagedConfig(gpus=2.0))))


@pytest.mark.ray
def test_only_workers_of_the_networks_see_a_gpu(ray_here):
    plan = RayPlan(WorkerCount(2, 1), staged=StagedConfig(gpus=1.0, share=0.5))
    seen = [outcome.result for outcome in on_ray(GpuView(), range(8), plan)]
    assert {(before, after) for before, _, after in seen} == {("", "")}
    assert {among for _, among, _ in seen} == {"0"}


class GpuView:
    """Returns the GPUs that each stage sees."""

    def setup(self, threads: int) -> None:
        pass

    def prepare(self, item: int) -> str:
        return os.environ["CUDA_VISIBLE_DEVICES"]

    def imagine(self, items: Sequence[int], before: Sequence[str]) -> list[str]:
        return [os.environ["CUDA_VISIBLE_DEVICES"] for _ in items]

    def finish(self, item: int, before: str, among: str) -> tuple[str, str, str]:
        return before, among, os.environ["CUDA_VISIBLE_DEVICES"]
