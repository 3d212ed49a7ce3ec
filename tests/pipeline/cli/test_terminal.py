"""All commands print in every encoding of their output."""

import io
import json
import sys
from collections.abc import Callable

import pytest

from pipeline.cli.main import app


@pytest.fixture
def said(monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """Exit code, output and errors of a command, decoded with the given encoding."""

    def run(encoding: str, *words: str) -> tuple[int, str, str]:
        streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
        for name, stream in streams.items():
            monkeypatch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as ended:
            app(list(words))
        for stream in streams.values():
            stream.flush()
        return ended.value.code, *(stream.buffer.getvalue().decode(encoding) for stream in streams.values())

    return run


@pytest.mark.parametrize(("encoding", "unit"), [("ascii", r" m/s\xb2 "), ("latin-1", " m/s² "), ("utf-8", " m/s² ")])
def test_units_are_printed_in_every_encoding(said, encoding, unit):
    code, told, _ = said(encoding, "check", "--full", "corner/motorcycle-curve")
    assert code == 0
    assert unit in told


def test_messages_and_json_are_printed_in_ascii(said, tmp_path):
    folder = tmp_path / "läufe → heute"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"made_with": {}, "starts": [{"at": "2026-01-01T00:00:00+00:00"}]}))
    _, told, _ = said("ascii", "status", "--json", str(folder))
    assert json.loads(told)["run"] == str(folder)
    code, _, told = said("ascii", "status", str(folder / "none"))
    assert code == 2
    assert r"l\xe4ufe \u2192 heute/none is not a run folder" in told
