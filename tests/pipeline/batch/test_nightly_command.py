"""The command `nearmiss nightly`: misuse is refused, and a waiting service can be stopped."""

import json
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from tests.pipeline.situations import case

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def specs(tmp_path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "one.yaml").write_text(case(1))
    return tmp_path / "specs"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--serve"], "--serve needs a time of day"),
        (["--serve", "--at", "2 am"], "HH:MM"),
        (["--ray", "10.0.0.1:6379"], "--trust-network"),
        (["--webhook-file", "nothing-here"], "cannot be read"),
    ],
)
def test_misuse_is_refused_before_anything_is_made(specs, tmp_path, options, told):
    result = CliRunner().invoke(app, ["nightly", str(specs), "--out", str(tmp_path / "nights"), *options])
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert not list(tmp_path.glob("nights/2*"))


def test_generate_refuses_a_cluster_on_a_network(specs, tmp_path):
    result = CliRunner().invoke(app, ["generate", str(specs), "--out", str(tmp_path / "run"), "--ray", "10.0.0.1:6379"])
    assert result.exit_code == 2
    assert "run any code as you" in result.stderr
    assert not (tmp_path / "run").exists()


def test_sigterm_stops_a_waiting_service_that_has_made_nothing(specs, tmp_path):
    command = [
        sys.executable,
        "-u",
        "-m",
        "pipeline.cli.main",
        "nightly",
        str(specs),
        "--out",
        str(tmp_path / "nights"),
    ]
    command += ["--serve", "--at", _hours_away()]
    stays = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert "nights at" in stays.stdout.readline()
    log = tmp_path / "nights" / "log.jsonl"
    while stays.poll() is None and not (log.is_file() and log.read_text()):
        time.sleep(0.05)
    stays.send_signal(signal.SIGTERM)
    assert stays.wait(timeout=60) == 143, stays.stdout.read()
    (line,) = [json.loads(text) for text in log.read_text().splitlines()]
    assert line["event"] == "waiting"
    assert not list((tmp_path / "nights").glob("2*"))


def _hours_away() -> str:
    """A time of day that is hours away in both directions."""
    return f"{datetime.now() + timedelta(hours=6):%H:%M}"
