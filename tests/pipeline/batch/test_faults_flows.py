"""Prefect's server goes away in mid-run: the batch needs nobody who listens, for all that counts is in the run folder.

The clips are specks. The server is a real one on loopback, and dies with all that it started; the flow works in a
process of its own, as an operator's does. Its third clip waits until the server is gone, or is there again.
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
    """Prefect's, with its database in a folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def environment(self) -> dict[str, str]:
        """For whoever works with it; a server that is gone is given up after seconds instead of minutes."""
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
    """A batch as a night: the folder of all nights is the batch's own."""

    @property
    def out(self) -> Path:
        return self.folder / date.today().isoformat()


@pytest.fixture
def batch(tmp_path, speck_weights, monkeypatch) -> Batch:
    return Batch.of(CLIPS, tmp_path, speck_weights, monkeypatch)


@pytest.fixture
def begun(server) -> Iterator[Callable[..., subprocess.Popen]]:
    """Begins a flow; returns it once its third clip in turn waits for `go_on`."""
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
    """What a flow says."""
    return batch.folder / "flow.log"


def go_on(batch: Batch) -> None:
    (batch.folder / "go").touch()


def all_made_once(batch: Batch) -> bool:
    return batch.counted() == batch.all_made() and {batch.attempts(clip) for clip in batch.there()} == {1}


@pytest.mark.long
def test_a_batch_goes_on_to_its_end_though_the_server_is_gone(batch, server, begun):
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
    assert "the state is what lies on the disk" in said(batch).read_text()


def test_a_night_is_told_to_a_server_that_came_back_meanwhile(batch, server, begun):
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
def test_a_flow_that_is_stopped_while_the_server_is_gone_can_be_resumed(batch, server, begun):
    """By SIGTERM, as Prefect does it, too."""
    flow = begun(batch, "run", "--out", str(batch.out))
    server.kill()
    flow.send_signal(signal.SIGTERM)
    go_on(batch)
    assert flow.wait(240) == 1, said(batch).read_text()
    told = status(batch.out)
    assert told.phase is RunPhase.STOPPED
    assert "stopped as asked: 3 clips are there, 2 are missing" in told.why
    assert told.next == f"nearmiss resume {batch.out}"
    (key,) = wanted(look(batch.out))
    assert kept(look(batch.out), key)[1] == ExecutionConfig(use_ray=False)
    before = batch.there()
    command = [sys.executable, "-m", "tests.pipeline.troubled_cli", "resume", str(batch.out)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert before.items() <= batch.there().items()
    assert all_made_once(batch)


def test_a_server_that_is_dead_from_the_beginning_costs_no_night(batch):
    """Nothing listens at the address, and the night is made, and told as `nearmiss nightly` tells it."""
    night, dead = Tonight(**vars(batch)), Server(batch.folder / "prefect")
    given = [str(night.folder / "batch.yaml"), "--preset", "speck", "--weights", str(night.weights), "--inline"]
    command = [sys.executable, "-m", "tests.pipeline.speck_flows", "night", "--out", str(night.folder), *given]
    with said(night).open("w") as log:
        ended = subprocess.run(command, cwd=ROOT, env=dead.environment, stdout=log, stderr=log, check=False)
    told = said(night).read_text()
    assert ended.returncode == 0, told
    assert all_made_once(night)
    assert ended_nights(night.folder)[night.out.name].ok
    assert f"Prefect's server cannot be told of this ({dead.url}" in told
    assert "Traceback" not in told


def test_a_temporary_server_is_given_minutes_to_start():
    """Prefect itself gives up after twenty seconds, which a busy machine needs for the imports alone."""
    import flows  # noqa: F401  # Prefect reads its environment as it is imported

    assert int(os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"]) >= 120
