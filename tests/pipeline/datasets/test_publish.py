"""The command in the report makes all missing clips."""

import json
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli.main import app
from pipeline.datasets.publish import run_request
from pipeline.runs.run_folder import Job, Run
from pipeline.runs.status import status
from scenarios.scenario import Scenario
from tests.scenarios.situations import ego, scenario

OPTIONS = {
    "paths": ["suites", "my specs"], "seeds": [0, 1], "log": "/data/street", "attribution": "", "limit": None,
    "preset": "tiny", "weights": "/our/weights", "use_ray": True, "workers": 3,
}  # fmt: skip


def run_of(folder: Path, transient: tuple[bool, ...], **start) -> Run:
    """A run folder whose last start is this, with a failure for each of `transient`."""
    folder.mkdir()
    ended = {"at": "2026-11-22T03:00:00+00:00", "why": "done"}
    begun = {"at": "2026-11-22T02:00:00+00:00", "goes_on_with": OPTIONS, "ended": ended}
    (folder / "run.json").write_text(json.dumps({"made_with": {}, "starts": [begun | start]}))
    (folder / "failed").mkdir()
    run = Run(folder)
    made: Scenario = scenario(ego(10.0))
    for number, one in enumerate(transient):
        run.fail(Job(f"clip-{number}", made, 0), "why", "trace", one)
    (folder / "wanted.json").write_text(json.dumps({"request": [failure.clip for failure in run.failures()]}))
    return run


@pytest.mark.parametrize(
    "transient, faults, command",
    [
        ((True,), (), "resume"),  # a failure of the machine
        ((True, False), (), "retry-failed"),  # resume would skip the second clip
        ((), ("a.yaml: no road",), "generate"),  # resume uses copies of the old files
        ((False,), ("a.yaml: no road",), "generate"),
    ],
)
def test_the_command_of_a_run_makes_all_missing_clips(tmp_path, transient, faults, command):
    run = run_of(tmp_path / "run", transient, faults=list(faults))
    words = shlex.split(run_request(run).again)
    assert words[:2] == ["nearmiss", command]
    assert shlex.split(status(run.path).next, comments=True) == words
    assert str(run.path) in words
    if command == "generate":
        assert words[2:4] == OPTIONS["paths"]
        assert words[words.index("--log") + 1] == OPTIONS["log"]
        assert words[words.index("--workers") + 1] == "3"
        assert words[words.index("--weights") + 1] == OPTIONS["weights"]
        assert [words[i + 1] for i, word in enumerate(words) if word == "--seed"] == ["0", "1"]
    known = {option for parameter in get_command(app).commands[command].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_command_of_a_nightly_run_retries_failed_clips_only_if_needed(tmp_path):
    night = {"again": "nearmiss nightly x", "again_failed": "nearmiss nightly x --retry-failed"}
    faulty = {"faults": ["a.yaml: no road"]}
    assert run_request(run_of(tmp_path / "a", (True,), **night, **faulty)).again == "nearmiss nightly x"
    assert run_request(run_of(tmp_path / "b", (False, True), **night)).again == "nearmiss nightly x --retry-failed"
