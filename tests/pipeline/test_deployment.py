"""prefect.yaml as Prefect reads it, and the errors that the flows retry."""

import io
from pathlib import Path

import pytest
from prefect.cli.deploy._config import _load_deploy_configs_and_actions
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.states import Failed
from ray.exceptions import RayActorError
from rich.console import Console

import flows
from models.weights import WeightsError
from pipeline.errors import UserError
from scenarios.source.errors import SpecErrors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def deployments() -> dict[str, dict]:
    told = Console(file=io.StringIO())
    found, actions = _load_deploy_configs_and_actions(ROOT / "prefect.yaml", console=told)
    assert told.file.getvalue() == ""  # Prefect skips, with a word, what it does not understand
    assert actions["pull"] == []
    return {one["name"]: one for one in found}


def test_the_flow_of_every_deployment_accepts_its_parameters(deployments, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert set(deployments) == {"nightly", "generate", "train"}
    for one in deployments.values():
        loaded = load_flow_from_entrypoint(one["entrypoint"])
        loaded.validate_parameters(one["parameters"])


def test_nightly_runs_are_started_by_cron_one_at_a_time(deployments):
    (schedule,) = deployments["nightly"]["schedules"]
    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).cron == "0 2 * * *"
    assert deployments["nightly"]["concurrency_limit"]["limit"] == 1


def test_a_flow_retries_a_missing_server_for_minutes(deployments):
    for one in deployments.values():
        tries = int(one["work_pool"]["job_variables"]["env"]["PREFECT_CLIENT_MAX_RETRIES"])
        assert sum(2.0**n for n in range(1, tries + 1)) > 240


def test_no_secret_is_a_parameter(deployments):
    assert not [key for one in deployments.values() for key in one["parameters"] if "hook" in key or "url" in key]


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (flows.ClipsFailed(["a"], transient=True), True),
        (flows.ClipsFailed(["a"], transient=False), False),
        (OSError("no space left on device"), True),
        (MemoryError(), True),
        (RayActorError(), True),
        (UserError("--ray: refused"), False),
        (WeightsError("sizes differ"), False),
        (SpecErrors(Path("broken.yaml"), ()), False),
        (ValueError("physics"), False),
        (KeyError("our own bug"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_transient_errors_are_retried(error, again):
    state = Failed(data=error)
    assert flows.worth_another_try(None, None, state) is again


def test_telemetry_is_off_in_every_environment():
    import os

    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["DO_NOT_TRACK"] == "1"
