"""The training flow in Prefect: one clip of footage at 48 x 80, the smallest tokenizer, forty steps."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import weights
from models.tokens.tokenizer import Tokenizer
from tests.pipeline.specks import speck

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import json, sys
import flows
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from tests.pipeline import specks

if __name__ == "__main__":
    folders = {name: f"{sys.argv[1]}/{name}" for name in ("footage", "runs", "weights")}
    told = []
    with prefect_test_harness(server_startup_timeout=120):
        for part, steps in (("tokenizer", 20), ("tokenizer", 40), ("wheels", 20)):
            given = {"steps": steps, "save_every": 20, "clips": 1, **folders}
            state = flows.train_flow(part, preset="speck", **given, return_state=True)
            told.append([state.name, state.message])
        with get_client(sync_client=True) as client:
            artifacts = sorted(client.read_artifacts(), key=lambda artifact: artifact.created)
            pages = {artifact.key: artifact.data for artifact in artifacts}  # the last of each key
            runs = client.read_task_runs()
    tasks = sorted(f"{run.name.split('-')[0]} {run.state.name} {run.run_count}" for run in runs)
    print("RESULT", json.dumps({"told": told, "pages": pages, "tasks": tasks}))
"""


@pytest.mark.prefect
@pytest.mark.long
def test_training_under_prefect_resumes_from_its_checkpoint_and_links_the_weights(tmp_path):
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect")}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads(result.stdout.split("RESULT ")[1])
    ships_to = tmp_path / "weights" / "speck" / "tokenizer.safetensors"
    assert found["told"][:2] == [["Completed", f"tokenizer: {ships_to}"]] * 2
    assert found["told"][2][0] == "Failed"
    assert "no part 'wheels'; there are tokenizer, decoder" in found["told"][2][1]
    assert found["tasks"] == ["train Completed 1", "train Completed 1", "train Failed 1"]  # a wrong name is not retried
    assert f"`{ships_to}` after 40 steps" in found["pages"]["nearmiss-train-tokenizer"]
    with (tmp_path / "runs" / "tokenizer" / "loss.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["20", "40"]  # the first twenty were trained once
    assert (tmp_path / "runs" / "tokenizer" / "sample-000040.png").is_file()
    weights.load(Tokenizer(speck().tokenizer), ships_to)
    lineage = weights.lineage(ships_to)
    assert (lineage["part"], lineage["preset"], lineage["steps"]) == ("tokenizer", "speck", "40")
    assert "1 clips of 4 x 5 frames at 48 x 80" in lineage["footage"]
