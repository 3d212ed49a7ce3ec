"""User folders with the names of our packages: workers import ours, and a package that hides ours is named.

The clips are specks.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline.batch.generate
import pipeline.engine.actor_pool
from pipeline.batch.generate import NoObserver, generate
from pipeline.engine.own_code import OURS, ROOT
from pipeline.engine.ray_cluster import NoWorkers
from pipeline.runs.run_config import ExecutionConfig
from pipeline.runs.run_folder import look
from tests.pipeline.harm import request_of
from tests.pipeline.specks import SpeckMaker
from tests.pipeline.troubles import Batch


class DiesAsItLoads(SpeckMaker):
    def setup(self, threads: int) -> None:
        os._exit(7)


@pytest.fixture
def theirs(tmp_path) -> Path:
    """A user's folder with packages that have the names of ours."""
    folder = tmp_path / "project"
    for name in OURS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('this is the code of a user')\n")
    return folder


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(1, tmp_path, speck_weights, monkeypatch)


def nearmiss(*words: str, at: Path, path: str) -> subprocess.CompletedProcess:
    """The command as the installed script runs it: without the working directory in Python's search path."""
    script = "import sys; sys.path.remove(''); from tests.pipeline.troubled_cli import main; main()"
    command = [sys.executable, "-c", script, *words]
    return subprocess.run(
        command, cwd=at, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


@pytest.mark.ray
def test_workers_import_our_packages_with_others_in_the_working_directory(batch, theirs):
    result = nearmiss(*batch.command, "--workers", "1", at=theirs, path=str(ROOT))
    assert result.returncode == 0, result.stdout + result.stderr
    assert batch.counted() == batch.all_made()


def test_a_package_that_hides_ours_is_named_with_its_path(tmp_path):
    (tmp_path / "models" / "weights").mkdir(parents=True)  # a user's data folder, without code
    (tmp_path / "outputs.py").touch()
    script = "import pipeline, sys; sys.path.insert(0, sys.argv.pop(1)); from pipeline.cli.main import main; main()"
    command = [sys.executable, "-c", script, str(tmp_path), "library"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert f"outputs at {tmp_path / 'outputs.py'}" in result.stderr
    assert str(ROOT) in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.ray
@pytest.mark.parametrize(
    ("maker", "foreign", "cause"),
    [
        (DiesAsItLoads, False, "worker process has died"),
        (SpeckMaker, True, "RuntimeError: this is the code of a user"),
    ],
)
def test_the_cause_of_dead_workers_is_in_the_message_the_log_and_run_json(
    batch, theirs, ray_here, monkeypatch, maker, foreign, cause
):
    monkeypatch.setattr(pipeline.batch.generate, "ClipMaker", maker)
    if foreign:  # as on a machine of a cluster with other packages of these names
        monkeypatch.setattr(pipeline.engine.actor_pool, "ROOT", theirs)
    with pytest.raises(NoWorkers) as error:
        generate(request_of(batch), ExecutionConfig(workers=1), NoObserver())
    log = [json.loads(line) for line in (batch.out / "log.jsonl").read_text().splitlines()]
    died = [line["cause"] for line in log if line["event"] == "worker died"]
    assert len(died) == 3
    for told in (str(error.value), look(batch.out).last_start().ended.why, *died):
        assert "ActorDiedError" in told
        assert cause in told
    assert ("is there memory enough?" in str(error.value)) is not foreign
