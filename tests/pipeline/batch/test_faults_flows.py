"""Prefect's server stops during a run: the batch does not need it, since the run folder has all results.

The clips are specks. The server is a real one on loopback and is killed with its child processes; the flow runs in its
own process. Its third clip waits until the server is stopped or restarted.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import pytest

from pipeline.batch.generate import make_plan
from pipeline.batch.nightly import in_turn
from pipeline.runs.batch_history import ended_nights
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import look
from pipeline.runs.saved_request import kept, wanted
from pipeline.runs.status import RunPhase, status
from tests.pipeline.troubles import Batch, until

pytestmark = pytest.mark.prefect
ROOT = Path(__file__).resolve().parents[3]
CLIPS = 5


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@dataclass
class Server:
    """Prefect's server with its database in a folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of its clients, with a timeout of seconds instead of minutes for a stopped server."""
        told = {"PREFECT_HOME": str(self.folder), "PREFECT_API_URL": self.url, "PREFECT_CLIENT_MAX_RETRIES": "1"}
        return os.environ | told

    def start(self) -> None:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=self.environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(self.answers)

    def kill(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def asked(self, what: str) -> list[dict]:
        return httpx.post(f"{self.url}/{what}/filter", json={}, timeout=30).json()


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    made = Server(tmp_path / "prefect")
    made.start()
    yield made
    made.kill()


class Tonight(Batch):
    """A batch as a nightly run."""

    @property
    def out(self) -> Path:
        return self.folder / date.today().isoformat()


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(CLIPS, tmp_path, speck_weights, monkeypatch)


@pytest.fixture
def begun(server) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start a flow; returns it once its third clip waits for `go_on`."""
    flows = []

    def begin(batch: Batch, *words: str) -> subprocess.Popen:
        specs = (str(batch.folder / "batch.yaml"),)
        jobs = make_plan(RunConfig(paths=specs, out=batch.out, preset="speck", weights=batch.weights)).jobs
        third = (in_turn(jobs) if isinstance(batch, Tonight) else jobs)[2].clip
        batch.trouble(third, f"wait {batch.folder / 'go'} once")
        given = [*specs, "--preset", "speck", "--weights", str(batch.weights), "--inline"]
        command = [sys.executable, "-m", "tests.pipeline.speck_flows", *words, *given]
        with said(batch).open("w") as log:
            flows.append(subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=log, stderr=log))
        assert until(lambda: batch.attempts(third) or flows[-1].poll() is not None)
        assert flows[-1].poll() is None, said(batch).read_text()
        return flows[-1]

    yield begin
    for one in flows:
        one.kill()
        one.wait()


def said(batch: Batch) -> Path:
    """The file with a flow's output."""
    return batch.folder / "flow.log"


def go_on(batch: Batch) -> None:
    (batch.folder / "go").touch()


def all_made_once(batch: Batch) -> bool:
    return batch.counted() == batch.all_made() and {batch.attempts(clip) for clip in batch.there()} == {1}


@pytest.mark.long
def test_a_batch_completes_without_the_server(batch, server, begun):
    flow = begun(batch, "run", "--out", str(batch.out))
    before = batch.there()
    server.kill()
    go_on(batch)
    assert flow.wait(240) == 0, said(batch).read_text()
    assert len(before) == 2
    assert before.items() <= batch.there().items()
    assert all_made_once(batch)
    assert status(batch.out).phase is RunPhase.COMPLETE
    assert (batch.out / "report.html").is_file()
    assert "the state is taken from the files" in said(batch).read_text()


def test_a_nightly_run_reports_to_a_server_that_was_restarted(batch, server, begun):
    night = Tonight(**vars(batch))
    flow = begun(night, "night", "--out", str(night.folder))
    server.kill()
    server.start()
    go_on(night)
    assert flow.wait(240) == 0, said(night).read_text()
    assert all_made_once(night)
    assert ended_nights(night.folder)[night.out.name].ok
    assert [run["state"]["name"] for run in server.asked("flow_runs")] == ["Completed"]
    assert f"{CLIPS} accepted" in server.asked("flow_runs")[0]["state"]["message"]
    assert "nearmiss-run" in {artifact["key"] for artifact in server.asked("artifacts")}


@pytest.mark.long
def test_a_flow_stopped_without_the_server_can_be_resumed(batch, server, begun):
    """By SIGTERM, as Prefect stops flows."""
    flow = begun(batch, "run", "--out", str(batch.out))
    server.kill()
    flow.send_signal(signal.SIGTERM)
    go_on(batch)
    assert flow.wait(240) == 1, said(batch).read_text()
    told = status(batch.out)
    assert told.phase is RunPhase.STOPPED
    assert "stopped on request: 3 clips are made, 2 are missing" in told.why
    assert told.next == f"nearmiss resume {batch.out}"
    (key,) = wanted(look(batch.out))
    assert kept(look(batch.out), key)[1] == ExecutionConfig(use_ray=False)
    before = batch.there()
    command = [sys.executable, "-m", "tests.pipeline.troubled_cli", "resume", str(batch.out)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert before.items() <= batch.there().items()
    assert all_made_once(batch)


def test_without_a_server_from_the_start_the_nightly_run_is_made(batch):
    """No server listens at the address; the nightly run is made and reported as by `nearmiss nightly`."""
    night, dead = Tonight(**vars(batch)), Server(batch.folder / "prefect")
    given = [str(night.folder / "batch.yaml"), "--preset", "speck", "--weights", str(night.weights), "--inline"]
    command = [sys.executable, "-m", "tests.pipeline.speck_flows", "night", "--out", str(night.folder), *given]
    with said(night).open("w") as log:
        ended = subprocess.run(command, cwd=ROOT, env=dead.environment, stdout=log, stderr=log, check=False)
    told = said(night).read_text()
    assert ended.returncode == 0, told
    assert all_made_once(night)
    assert ended_nights(night.folder)[night.out.name].ok
    assert f"Prefect's server cannot be reached ({dead.url}" in told
    assert "Traceback" not in told


def test_a_temporary_server_has_minutes_to_start():
    """Prefect's own limit is twenty seconds, which a busy machine needs for the imports."""
    import flows  # noqa: F401  # Prefect reads its environment variables at import

    assert int(os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"]) >= 120
