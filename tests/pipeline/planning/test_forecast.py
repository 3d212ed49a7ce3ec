"""The forecast of a batch: exact in simple cases, near the simulation in others, with bounds for unknown values."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from outputs.clips.manifest import write_record
from pipeline.cli.main import app
from pipeline.planning.cost_model import SHIPPED, MeasuredCosts, NotMeasured, read_measured
from pipeline.planning.forecast import Cluster, FailureRates, Load, acceptance, forecast, load_of
from pipeline.planning.planning import PlanRequest, plan_batch
from pipeline.planning.simulated_batch import simulate_batch
from tests.outputs.made import BAD, record

NONE = FailureRates(dying=0.0, slow=0.0)
START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def load(cpu: list[float], gpu: list[float] | None = None, startup_s: float = 10.0) -> Load:
    return Load(np.array(cpu), np.array(gpu or [0.0] * len(cpu)), startup_s)


def played(a_load: Load, cluster: Cluster, trouble: FailureRates, clips: int) -> float:
    """The mean of many simulations, since short batches vary more."""
    times = max(3, min(200, 6000 // clips))
    return float(np.mean([simulate_batch(a_load, cluster, trouble, clips, seed).wall_s for seed in range(times)]))


def measured(accepted: int = 2, device: str = "cpu", **changes) -> MeasuredCosts:
    clip = {
        "stage_s": {"condition": 4.0, "render_frames": 30.0},
        "write_s": 1.0,
        "size": 10**7,
        "dataset_size": 9 * 10**6,
    }
    clips = tuple(clip | {"accepted": i < accepted} for i in range(4))
    return MeasuredCosts(
        **{"source": "by hand", "device": device, "startup_s": 10.0, "failed": 0, "clips": clips} | changes
    )


def test_one_worker_takes_the_sum_of_all_clips():
    assert forecast(load([60.0]), Cluster(1), NONE, 7).wall_s == pytest.approx(10 + 7 * 60)
    assert simulate_batch(load([60.0]), Cluster(1), NONE, 7, seed=0).wall_s == pytest.approx(10 + 7 * 60)


def test_equal_clips_on_enough_workers_take_one_clip():
    assert forecast(load([60.0]), Cluster(16), NONE, 9).wall_s == pytest.approx(70, rel=0.01)
    assert simulate_batch(load([60.0]), Cluster(16), NONE, 9, seed=0).wall_s == pytest.approx(70)


def test_twice_the_workers_take_half_the_time_of_a_long_batch():
    slow, fast = (forecast(load([50.0, 70.0], startup_s=0.0), Cluster(n), NONE, 10_000).wall_s for n in (8, 16))
    assert slow / fast == pytest.approx(2, rel=0.01)


def test_more_workers_than_clips_do_not_help_and_slow_clips_count():
    assert forecast(load([60.0]), Cluster(10), NONE, 10).wall_s == forecast(load([60.0]), Cluster(99), NONE, 10).wall_s
    few = forecast(load([60.0]), Cluster(1000), FailureRates(dying=0.0, slow=0.01), 1000).wall_s
    assert few == pytest.approx(10 + 180, rel=0.01)


def test_the_scarcer_resource_determines_the_time():
    a_load = load([10.0], [2.0], startup_s=0.0)
    assert forecast(a_load, Cluster(100, 1), NONE, 10_000).wall_s == pytest.approx(20_000, rel=0.01)
    assert forecast(a_load, Cluster(100, 1), NONE, 10_000).bound_by == "GPUs"
    assert forecast(a_load, Cluster(10, 100), NONE, 10_000).wall_s == pytest.approx(10_000, rel=0.01)
    assert forecast(a_load, Cluster(10, 100), NONE, 10_000).bound_by == "cores"


def test_failed_attempts_cost_half_a_clip_each_on_average():
    often = FailureRates(dying=0.2, slow=0.0)
    end = simulate_batch(load([60.0], startup_s=0.0), Cluster(1), often, 4000, seed=0)
    assert end.deaths == pytest.approx(4000 * 0.2 / 0.8, rel=0.1)
    assert end.wall_s == pytest.approx(4000 * 60 + end.deaths * 30, rel=0.01)
    assert forecast(load([60.0], startup_s=0.0), Cluster(1), often, 4000).wall_s == pytest.approx(end.wall_s, rel=0.02)


@pytest.mark.parametrize("trouble", [NONE, FailureRates(), FailureRates(0.05, 0.03, 5.0)])
@pytest.mark.parametrize(
    "cluster, clips", [(Cluster(2), 21), (Cluster(2), 200), (Cluster(48), 30), (Cluster(48), 300), (Cluster(48), 3000),
                       (Cluster(64, 8), 800), (Cluster(6, 8), 800)],
)  # fmt: skip
def test_the_model_is_near_the_simulated_batch(cluster, clips, trouble):
    """With the shipped measurements: start-up, queues, slow machines, failures and the end of the batch."""
    a_load = load_of(read_measured(SHIPPED), 12.0)
    expected = played(a_load, cluster, trouble, clips)
    assert forecast(a_load, cluster, trouble, clips).wall_s == pytest.approx(expected, rel=0.08)


def test_a_simulated_batch_is_the_same_for_the_same_seed():
    a_load = load([50.0, 60.0, 90.0])
    first, again, other = (simulate_batch(a_load, Cluster(4), FailureRates(0.1), 50, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_few_measured_clips_give_a_wide_range_of_the_acceptance():
    few, many = acceptance(5, 11), acceptance(500, 1100)
    assert few.least < 0.25 < 0.65 < few.most
    assert many.most - many.least < 0.07
    assert few.to_make(100) == 220
    with pytest.raises(ValueError, match="none of 4"):
        acceptance(0, 4)


def test_without_measurements_on_a_gpu_the_plan_has_bounds():
    slowest, fastest = plan_batch(measured(), PlanRequest(1000, Cluster(64, 4), NONE)).cases
    assert slowest.usual.wall_s > 10 * fastest.usual.wall_s
    (assumed,) = plan_batch(measured(), PlanRequest(1000, Cluster(64, 4), NONE, gpu_speedup=10.0)).cases
    assert fastest.usual.wall_s < assumed.usual.wall_s < slowest.usual.wall_s
    assert "ASSUMED" in assumed.about


def test_times_measured_on_a_gpu_are_used_for_gpus_only():
    (case,) = plan_batch(measured(device="NVIDIA H100"), PlanRequest(1000, Cluster(64, 4), NONE)).cases
    assert case.about == ""
    assert case.usual.wall_s == pytest.approx(10 + 2000 * 30 / 4, rel=0.01)
    with pytest.raises(NotMeasured, match="--gpus"):
        plan_batch(measured(device="NVIDIA H100"), PlanRequest(1000, Cluster(64), NONE))
    with pytest.raises(NotMeasured, match="no meaning"):
        plan_batch(measured(device="NVIDIA H100"), PlanRequest(1000, Cluster(64, 4), NONE, gpu_speedup=2.0))


def test_the_requested_number_is_of_accepted_clips_and_failures_do_not_count():
    outlook = plan_batch(measured(failed=4), PlanRequest(1000, Cluster(8), NONE))
    assert outlook.cases[0].usual.clips == 4000
    assert outlook.run_bytes == pytest.approx(4000 * 10**7)
    assert outlook.dataset_bytes == pytest.approx(1000 * 9 * 10**6)


def a_run(path: Path, device: str = "cpu") -> Path:
    """Two workers with 12 s of start-up and two clips of 10 s each, written within 2 s; one clip fails."""
    (path / "failed").mkdir(parents=True)
    (path / "rejected").mkdir()
    start = {"at": START.isoformat(timespec="seconds"), "machine": {"cores": "2"}, "versions": {"torch": "2.13"}}
    (path / "run.json").write_text(json.dumps({"made_with": {}, "starts": [start]}))
    for i in range(4):
        folder = path / "clips" / f"c-{i}"
        (folder / "CAM_FRONT" / "frames").mkdir(parents=True)
        told = record(f"c-{i}", stage_s={"condition": 3.0, "render_frames": 7.0}, device=device)
        write_record(folder / "record.json", told)
        (folder / "CAM_FRONT" / "frames" / "0000.jpg").write_bytes(bytes(1000))
        (folder / "CAM_FRONT" / "generated.mp4").write_bytes(bytes(500))
        done = START.timestamp() + 12 + (10 if i < 2 else 22)
        os.utime(folder / "record.json", (done, done))
        os.utime(folder / "CAM_FRONT" / "frames" / "0000.jpg", (done + 1, done + 1))
        os.utime(folder / "CAM_FRONT" / "generated.mp4", (done + 2, done + 2))
    failure = {"clip": "c-4", "scenario": "1", "name": "n", "seed": 0, "reason": "boom", "trace": ""}
    (path / "failed" / "c-4.json").write_text(json.dumps(failure))
    return path


def test_measurements_are_read_from_a_run(tmp_path):
    found = read_measured(a_run(tmp_path / "run"))
    assert found.startup_s == pytest.approx(12)
    assert [clip.write_s for clip in found.clips] == pytest.approx([2] * 4)
    assert (found.accepted, found.failed, found.tried) == (4, 1, 5)
    assert found.clips[0].dataset_size == 1000
    assert found.clips[0].size > 1500
    assert (found.clips[0].on(gpu=True), found.clips[0].on(gpu=False)) == (7, 5)
    told = forecast(load_of(found, found.startup_s), Cluster(2), NONE, 4).wall_s
    assert told == pytest.approx(12 + 2 * 12, abs=7), "half a clip, with so few"


def test_a_copied_run_has_no_start_up_time(tmp_path):
    run = a_run(tmp_path / "run")
    for path in run.rglob("*"):
        os.utime(path, (2e9, 2e9))
    assert read_measured(run).startup_s is None


def test_a_run_without_usable_measurements_is_refused(tmp_path):
    (tmp_path / "file").write_text("{}")
    for path, reason in ((tmp_path / "file", "neither a run folder"), (tmp_path, r"no run\.json")):
        with pytest.raises(NotMeasured, match=reason):
            read_measured(path)
    run = a_run(tmp_path / "run")
    write_record(run / "clips" / "c-0" / "record.json", record("c-0", device="NVIDIA H100"))
    with pytest.raises(NotMeasured, match="cannot be mixed"):
        read_measured(run)
    write_record(tmp_path / "run" / "clips" / "c-0" / "record.json", record("c-0", BAD))
    with pytest.raises(NotMeasured, match="none of 4"):
        plan_batch(measured(accepted=0), PlanRequest(1, Cluster(1), NONE))


def test_the_command_prints_the_source_of_its_measurements(tmp_path):
    run, wide = CliRunner(), {"COLUMNS": "160"}
    told = run.invoke(app, ["plan", "--clips", "1000", "--gpus", "8"], env=wide)
    assert told.exit_code == 0, told.output
    assert "NO GPU WAS MEASURED" in told.output
    assert "16 for each GPU: an assumption" in told.output
    assert read_measured(SHIPPED).source in told.output
    figures = tmp_path / "figures.json"
    first = run.invoke(
        app, ["plan", "--clips", "9", "--cpus", "2", "--from", str(a_run(tmp_path / "run")), "--write", str(figures)],
        env=wide,
    )  # fmt: skip
    assert first.exit_code == 0, first.output
    assert "4 of 5 clips" in first.output
    assert "GPU WAS" not in first.output
    again = run.invoke(app, ["plan", "--clips", "9", "--cpus", "2", "--from", str(figures)], env=wide)
    assert again.output == first.output
    assert run.invoke(app, ["plan", "--clips", "9", "--from", str(tmp_path)]).exit_code == 2
