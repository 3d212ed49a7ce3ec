"""The one command that the report names makes everything that is missing, and nothing else need be typed."""

import json
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli.main import app
from pipeline.datasets.publish import ordered
from pipeline.runs.run_folder import Job, Run
from pipeline.runs.status import status
from scenarios.scenario import Scenario
from tests.scenarios.situations import ego, scenario

TOLD = {
    "paths": ["suites", "my specs"], "seeds": [0, 1], "log": "/data/street", "attribution": "", "limit": None,
    "preset": "tiny", "weights": "/our/weights", "use_ray": True, "workers": 3,
}  # fmt: skip


def run_of(folder: Path, passing: tuple[bool, ...], **start) -> Run:
    """A run folder whose last start is this, with a failure for each of `transient`."""
    folder.mkdir()
    ended = {"at": "2026-11-22T03:00:00+00:00", "why": "done"}
    begun = {"at": "2026-11-22T02:00:00+00:00", "goes_on_with": TOLD, "ended": ended}
    (folder / "run.json").write_text(json.dumps({"made_with": {}, "starts": [begun | start]}))
    (folder / "failed").mkdir()
    run = Run(folder)
    made: Scenario = scenario(ego(10.0))
    for number, one in enumerate(passing):
        run.fail(Job(f"clip-{number}", made, 0), "why", "trace", one)
    (folder / "wanted.json").write_text(json.dumps({"request": [failure.clip for failure in run.failures()]}))
    return run


@pytest.mark.parametrize(
    "passing, faults, command",
    [
        ((True,), (), "resume"),  # the machine's doing
        ((True, False), (), "retry-failed"),  # resume would leave the second alone
        ((), ("a.yaml: no road",), "generate"),  # resume has copies of the files as they were
        ((False,), ("a.yaml: no road",), "generate"),
    ],
)
def test_a_run_goes_on_with_what_makes_all_that_is_missing(tmp_path, passing, faults, command):
    run = run_of(tmp_path / "run", passing, faults=list(faults))
    words = shlex.split(ordered(run).again)
    assert words[:2] == ["nearmiss", command]
    assert shlex.split(status(run.path).next, comments=True) == words
    assert str(run.path) in words
    if command == "generate":
        assert words[2:4] == TOLD["paths"]
        assert words[words.index("--log") + 1] == TOLD["log"]
        assert words[words.index("--workers") + 1] == "3"
        assert words[words.index("--weights") + 1] == TOLD["weights"]
        assert [words[i + 1] for i, word in enumerate(words) if word == "--seed"] == ["0", "1"]
    known = {option for parameter in get_command(app).commands[command].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_a_night_reads_its_files_anew_and_is_told_to_try_what_failed_by_itself(tmp_path):
    night = {"again": "nearmiss nightly x", "again_failed": "nearmiss nightly x --retry-failed"}
    faulty = {"faults": ["a.yaml: no road"]}
    assert ordered(run_of(tmp_path / "a", (True,), **night, **faulty)).again == "nearmiss nightly x"
    assert ordered(run_of(tmp_path / "b", (False, True), **night)).again == "nearmiss nightly x --retry-failed"
