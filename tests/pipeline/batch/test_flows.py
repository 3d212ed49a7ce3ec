"""The Prefect flows with a real server on loopback and a temporary database."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.situations import case

ROOT = Path(__file__).resolve().parents[3]

# Runs both flows on one server and reads from it what an operator looks at afterwards.
SCRIPT = """
import json, sys
import flows
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.testing.utilities import prefect_test_harness
from pipeline.runs.run_config import ExecutionConfig
from tests.pipeline import specks
from tests.pipeline.by_hand import Batch

cases, out, night, root, weights = sys.argv[1:]
made = {"preset": "speck", "weights": weights}


def tasks(client):
    return {t.id: f"{t.name.split('-')[0]} {t.state.name} {t.run_count}" for t in client.read_task_runs()}


with prefect_test_harness(server_startup_timeout=120):
    inline = ExecutionConfig(use_ray=False)
    state = flows.generate_flow([cases], out, shard_size=2, how=inline, return_state=True, **made)
    with get_client(sync_client=True) as client:
        pages = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[flows.ARTIFACT])))
        known = tasks(client)
    once = {"state": state.name, "message": state.message, "page": pages[0].data, "tasks": sorted(known.values())}

    first, second, told = Batch(rejects=lambda job: False), Batch(), []
    for flows.make_clips, seeds in ((first, (0,)), (second, (0, 1))):
        state = flows.nightly_flow([night], root, clips=2, seeds=seeds, return_state=True, **made)
        told.append([state.name, state.message])
    with get_client(sync_client=True) as client:
        artifacts = {a.key: str(a.data)[:200] for a in client.read_artifacts()}
        runs = sorted({text for id, text in tasks(client).items() if id not in known})
nights = {"told": told, "artifacts": artifacts, "runs": runs, "made": first.made}
print("RESULT", json.dumps({"once": once, "nights": nights}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder with the flows' input and output."""
    made = tmp_path_factory.mktemp("flows")
    for name in ("cases", "specs"):
        (made / name).mkdir()
    (made / "cases" / "three.yaml").write_text(case(3))
    (made / "cases" / "broken.yaml").write_text("name: broken\n")
    (made / "specs" / "two.yaml").write_text(case(2))
    return made


@pytest.fixture(scope="module")
def told(folder, speck_weights) -> dict[str, Any]:
    """The results of both flows; `said` is their output."""
    hook = {"PREFECT_HOME": str(folder / "prefect"), "NEARMISS_WEBHOOK": "http://127.0.0.1:9/key"}
    places = [str(folder / name) for name in ("cases", "run", "specs", "nights")]
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *places, str(speck_weights)],
        cwd=ROOT,
        env=os.environ | hook | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return json.loads(result.stdout.split("RESULT ")[1]) | {"said": said}


@pytest.mark.prefect
def test_the_flow_makes_all_valid_clips_and_reports_the_missing_ones(told, folder):
    once, out = told["once"], folder / "run"
    assert once["state"] == "Failed"  # a file has faults: an operator must not miss it
    counts = re.search(r"(\d) accepted, (\d) rejected, 0 failed, 1 file with faults", once["message"])
    accepted, rejected = map(int, counts.groups())
    assert accepted + rejected == 3
    assert "broken.yaml" in once["page"]
    assert once["tasks"] == ["publish Completed 1", "shard Completed 1", "shard Completed 1"]
    assert len(list(out.glob("clips/*/record.json"))) == accepted
    assert len(list(out.glob("rejected/*/record.json"))) == rejected
    assert (out / "report.html").is_file()


@pytest.mark.prefect
def test_nightly_flows_keep_their_budget_and_show_their_results(told, folder):
    found = told["nights"]
    assert len(found["made"]) == 2
    assert found["told"][0][0] == "Completed"  # no server listens at the webhook's address, which fails nothing
    assert "2 accepted, 0 rejected, 0 failed" in found["told"][0][1]
    assert "0 waiting" in found["told"][0][1]
    assert found["told"][1][0] == "Completed"  # the same night: its budget is used up, the second seeds wait
    assert "2 waiting" in found["told"][1][1]
    assert found["artifacts"]["nearmiss-run-picture"].startswith("data:image/jpeg;base64,")
    assert found["artifacts"]["nearmiss-run-report"].startswith("[report.html](file:///")
    assert "accepted" in found["artifacts"]["nearmiss-run-clips"]
    assert "shard Completed 1" in found["runs"]
    written = [path for path in (folder / "nights").rglob("*") if path.suffix in (".json", ".jsonl", ".html")]
    everything = "".join(path.read_text() for path in written)
    assert "127.0.0.1:9" not in everything + told["said"]
