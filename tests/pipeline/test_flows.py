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
from pipeline.generate import How

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
