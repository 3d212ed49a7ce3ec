"""What every command shares: it prints whatever the encoding of its output."""

import json
import os
import subprocess
import sys

import pytest


def said(encoding: str, *words: str) -> str:
    """What a command prints, read as somebody reads it who takes that encoding for granted."""
    command = [sys.executable, "-m", "pipeline.cli", *words]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "200"}
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode(encoding)


@pytest.mark.parametrize(("encoding", "squared"), [("ascii", r"m/s\xb2"), ("latin-1", "m/s²"), ("utf-8", "m/s²")])
def test_units_are_printed_in_whatever_encoding(encoding, squared):
    told = said(encoding, "check", "--full", "corner/motorcycle-curve")
    assert f"4.86 {squared}" in told or squared in told


def test_a_message_and_a_program_s_answer_are_printed_in_ascii(tmp_path):
    folder = tmp_path / "läufe → heute"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"made_with": {}, "starts": [{"at": "2026-01-01T00:00:00+00:00"}]}))
    command = [sys.executable, "-m", "pipeline.cli", "status", "--json", str(folder)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert json.loads(result.stdout)["run"] == str(folder)
    command[-2:] = [str(folder / "none")]
    result = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert result.returncode == 2
    assert rb"l\xe4ufe \u2192 heute/none is not a run folder" in result.stderr
