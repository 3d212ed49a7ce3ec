"""Metrics of a batch at the Prometheus endpoint of a running Ray."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.test_dashboard import RAYS_WITH_A_GPU, selected

ROOT = Path(__file__).resolve().parents[3]

# A batch of three in its own process: the endpoint of its Ray is read while it runs.
SCRIPT = """
import socket, sys, time, urllib.request
from pathlib import Path
from pipeline.runs.clip_outcome import ClipDone, ClipFailed
from pipeline.batch.metrics import Meters
from pipeline.engine.scheduler import on_ray
from pipeline.engine.ray_cluster import RayPlan
from pipeline.engine.outcomes import WorkerCount
from tests.outputs.made import BAD, record
from tests.pipeline.engine.test_loopback import Looks

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
batch = on_ray(Looks(0), [1], RayPlan(WorkerCount(1, 1), metrics_port=port))
endings = [
    ClipDone(record("a"), {"judge": 1.5, "rollout": 0.05}, 1.25), ClipDone(record("b", BAD), {"judge": 3.0}, 1.5),
    ClipFailed(clip="c", scenario="s", name="n", seed=0, reason="r", trace="t"),
]
for _ in batch:
    meters = Meters(5)
    for ending in endings:
        meters.ended(ending)
    text, until = "", time.monotonic() + 120
    wanted = ("nearmiss_waiting_clips{", "nearmiss_worker_peak_memory_gib{", "spent_seconds_total{", "node_mem_used{")
    while not all(name in text for name in wanted) and time.monotonic() < until:
        time.sleep(0.5)
        try:
            text += urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        except OSError:
            continue
    Path(sys.argv[1]).write_text(text)
"""


@pytest.fixture(scope="module")
def scraped(tmp_path_factory) -> dict[str, dict[str, float]]:
    """Values by metric, then by the labels in braces."""
    if not importlib.util.find_spec("opencensus"):
        pytest.skip("Ray serves metrics only with its extra `default`: pip install nearmiss[metrics]")
    path = tmp_path_factory.mktemp("metrics") / "scraped"
    environment = os.environ | {"RAY_metrics_report_interval_ms": "1000", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, dict[str, float]] = {}
    for name, labels, value in re.findall(r"^(\w+)\{(.*?)\} (\S+)$", path.read_text(), re.MULTILINE):
        found.setdefault(name, {})[labels] = float(value)
    return found


def value(scraped: dict, name: str, label: str = "") -> float:
    (found,) = [number for labels, number in scraped[name].items() if label in labels]
    return found


def labels_of(braces: str) -> set[str]:
    return set(re.findall(r'(\w+)="', braces))


@pytest.mark.ray
def test_ray_s_endpoint_serves_the_metrics_of_a_batch(scraped):
    for state in ("accepted", "rejected", "failed"):
        assert value(scraped, "ray_nearmiss_clips_total", f'state="{state}"') == 1
    assert value(scraped, "ray_nearmiss_rejected_total", 'check="physics-check"') == 1
    assert value(scraped, "ray_nearmiss_spent_seconds_total", 'stage="judge"') == 4.5
    assert value(scraped, "ray_nearmiss_stage_seconds_count", 'stage="judge"') == 2
    assert value(scraped, "ray_nearmiss_waiting_clips") == 2
    assert value(scraped, "ray_nearmiss_worker_peak_memory_gib") == 1.5


@pytest.mark.ray
def test_the_dashboard_uses_only_metrics_that_are_served(scraped):
    shown = {one for one in selected() if one.metric not in RAYS_WITH_A_GPU}
    assert {one.metric for one in shown} <= set(scraped)
    for one in shown:
        assert all(one.labels <= labels_of(braces) for braces in scraped[one.metric]), one
