"""The Prefect flow, run for real: a server of its own on loopback, a database that is thrown away."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.situations import case

ROOT = Path(__file__).resolve().parents[2]

# What an operator would look at afterwards, asked of the same server.
SCRIPT = """
import json, sys
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.testing.utilities import prefect_test_harness
from flows import ARTIFACT, generate_flow
from pipeline.requests import How

paths, out, weights = sys.argv[1:]
with prefect_test_harness(server_startup_timeout=120):
    state = generate_flow([paths], out, weights=weights, shard_size=2, how=How(use_ray=False), return_state=True)
    with get_client(sync_client=True) as client:
        pages = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[ARTIFACT])))
        tasks = client.read_task_runs()
print("RESULT", json.dumps({
    "state": state.name, "message": state.message, "page": pages[0].data,
    "tasks": sorted(f"{task.name.split('-')[0]} {task.state.name} {task.run_count}" for task in tasks),
}))
"""


@pytest.mark.prefect
def test_the_flow_makes_what_it_can_and_tells_what_is_missing(tmp_path, newborn_weights):
    folder, out = tmp_path / "cases", tmp_path / "run"
    folder.mkdir()
    (folder / "three.yaml").write_text(case(3))
    (folder / "broken.yaml").write_text("name: broken\n")
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(out), str(newborn_weights)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    told = json.loads(result.stdout.split("RESULT ")[1])
    assert told["state"] == "Failed"  # a file has faults: an operator must not miss it
    assert "0 accepted, 3 rejected, 0 failed, 1 files with faults" in told["message"]
    assert "broken.yaml" in told["page"]
    assert told["tasks"] == ["publish Completed 1", "shard Completed 1", "shard Completed 1"]
    assert len(list((out / "rejected").glob("*/record.json"))) == 3
    assert (out / "report.html").is_file()


NIGHT = """
import json, sys
import flows
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from tests.pipeline.by_hand import Batch

specs, root, weights = sys.argv[1:]
first, second = Batch(rejects=lambda job: False), Batch()
with prefect_test_harness(server_startup_timeout=120):
    told = []
    for batch in (first, second):
        flows.make_clips = batch
        seeds = (0,) if batch is first else (0, 1)
        state = flows.nightly_flow([specs], root, clips=2, seeds=seeds, weights=weights, return_state=True)
        told.append([state.name, state.message])
    with get_client(sync_client=True) as client:
        artifacts = {a.key: str(a.data)[:200] for a in client.read_artifacts()}
        runs = {f"{run.name.split('-')[0]} {run.state.name} {run.run_count}" for run in client.read_task_runs()}
print("RESULT", json.dumps({"told": told, "artifacts": artifacts, "runs": sorted(runs), "made": first.made}))
"""


@pytest.mark.prefect
def test_nights_under_prefect_keep_their_budget_and_show_what_came_of_it(tmp_path, newborn_weights):
    specs, root = tmp_path / "specs", tmp_path / "nights"
    specs.mkdir()
    (specs / "two.yaml").write_text(case(2))
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect"), "NEARMISS_WEBHOOK": "http://127.0.0.1:9/key"}
    command = [sys.executable, "-c", NIGHT, str(specs), str(root), str(newborn_weights)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads(result.stdout.split("RESULT ")[1])
    assert len(found["made"]) == 2
    assert found["told"][0][0] == "Completed"  # nobody listens at the hook, and nothing fails for that
    assert "2 accepted, 0 rejected, 0 failed" in found["told"][0][1]
    assert "0 waiting" in found["told"][0][1]
    assert found["told"][1][0] == "Completed"  # the same night: its budget is used up, the second seeds wait
    assert "2 waiting" in found["told"][1][1]
    assert found["artifacts"]["nearmiss-run-picture"].startswith("data:image/jpeg;base64,")
    assert found["artifacts"]["nearmiss-run-report"].startswith("[report.html](file:///")
    assert "accepted" in found["artifacts"]["nearmiss-run-clips"]
    assert "shard Completed 1" in found["runs"]
    everything = "".join(path.read_text() for path in root.rglob("*") if path.suffix in (".json", ".jsonl", ".html"))
    assert "127.0.0.1:9" not in everything + result.stdout + result.stderr
