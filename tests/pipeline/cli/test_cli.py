"""The command line: help, a first file, messages for mistakes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.checks.baseline import BaselineError, load_baseline
from pipeline.cli.main import app
from pipeline.cli.terminal import INCOMPLETE, MISUSED, OK
from scenarios.compiler.json_schema import SCHEMA

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = (
    "new", "schema", "library", "explain", "check", "preview", "generate", "search", "train", "evaluate", "report",
)  # fmt: skip

BROKEN = """\
name: broken
intent: Two mistakes in one file.
duration: 6 s
road: {kind: straight, lanes: 2, lane_width: 3.5 m}
ego: {lane: 1, speed: 50, drive: follow}
actors:
  lead: {kind: carr, ahead: 15 m, lane: 1, speed: 50 km/h}
"""
NEVER = """\
story:
  - lead brakes at a TTC of 0.1 s
"""


def call(*arguments: object) -> tuple[int, str]:
    """Exit code and the printed text as one line."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


MET = """\
actors:
  lead: {kind: car, ahead: 6 m, lane: 1, speed: 0 km/h}
expect: {collision: never}
sweep: {ego.speed: {between: [49 km/h, 51 km/h], draws: 2}}
"""


def test_check_prints_the_events_and_a_missed_expectation_is_not_a_physics_failure(tmp_path):
    path = tmp_path / "met.yaml"
    path.write_text(BROKEN.partition("actors:")[0].replace("50, drive", "50 km/h, drive") + MET)
    code, text = call("check", path)
    assert code == INCOMPLETE
    counted = "scenarios: 2, physically wrong: 0, not as the file expects: 2, files with faults: 0"
    assert counted in " ".join(text.split())
    assert len(re.findall(r"ego: collision with lead at [0-9.]+ km/h after [0-9.]+ s", text)) == 2
    assert re.search(r"ego\.speed \d\d\.?\d* km/h\n", text)
    assert not re.search(r"ego\.speed \d\d\.\d{3,}", text), "drawn values to four digits"


def test_explain_prints_the_phrases():
    code, text = call("explain", "--phrases")
    assert code == OK
    assert text == (ROOT / "docs" / "phrases.md").read_text()


@pytest.mark.parametrize("name", ["q[/b]", "b[x]", ":x:"])
def test_names_of_files_are_printed_as_they_are(name, tmp_path):
    """A terminal library reads brackets as markup and words between colons as pictures."""
    path = tmp_path / f"{name}.yaml"
    for command in (("new", path), ("explain", path), ("preview", path, "--out", tmp_path / f"o{name}")):
        code, text = call(*command)
        assert code == OK, text
        assert name in text


def test_explain_without_arguments_says_what_to_give():
    code, text = call("explain")
    assert code == MISUSED
    assert "--phrases" in text


def test_check_reports_events_that_never_happen(tmp_path):
    path = tmp_path / "never.yaml"
    path.write_text(BROKEN.replace("50, drive", "50 km/h, drive").replace("carr", "car") + NEVER)
    code, text = call("check", path)
    assert code == OK
    assert "lead brakes at 4 m/s^2 when the TTC of the ego to lead is below 0.1 s (" in " ".join(text.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    code, text = call(command, "--help")
    assert code == OK
    assert "Usage" in text
    assert re.search(r"[A-Z][a-z]+ .*\.", text)


def test_help_does_not_import_the_networks():
    code = (
        "import sys, pipeline.cli.main, pipeline.cli.authoring.explaining; "
        "sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_new_scenario_is_valid_and_physically_possible(tmp_path):
    path = tmp_path / "my-case.yaml"
    assert call("new", path)[0] == OK
    code, text = call("explain", path)
    assert code == OK, text
    assert "lead" in text
    code, text = call("check", path)
    assert code == OK, text


def test_new_never_overwrites(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("years of work")
    code, text = call("new", path)
    assert code == MISUSED
    assert "exists" in text
    assert path.read_text() == "years of work"


def test_a_new_file_names_a_schema_beside_it_or_above(tmp_path):
    call("new", tmp_path / "cases" / "one")
    call("new", tmp_path / "cases" / "deeper" / "two")
    schema_file = tmp_path / "cases" / "nearmiss.schema.json"
    assert schema_file.read_text() == SCHEMA.read_text()
    for file, named in (("one.yaml", "nearmiss.schema.json"), ("deeper/two.yaml", "../nearmiss.schema.json")):
        first = (tmp_path / "cases" / file).read_text().partition("\n")[0]
        assert first == f"# yaml-language-server: $schema={named}"
    assert not (tmp_path / "cases" / "deeper" / "nearmiss.schema.json").exists()


def test_an_old_schema_is_updated_and_another_file_is_not_changed(tmp_path):
    path = tmp_path / "nearmiss.schema.json"
    path.write_text(SCHEMA.read_text().replace("cyclist", "penny-farthing"))
    assert call("schema", path)[0] == OK
    assert path.read_text() == SCHEMA.read_text()
    other = tmp_path / "mine.json"
    other.write_text("{}")
    code, text = call("schema", other)
    assert code == MISUSED
    assert "is not a schema" in text
    assert other.read_text() == "{}"


def test_a_phrase_gives_a_file_that_is_physically_possible(tmp_path):
    path = tmp_path / "night.yaml"
    code, text = call("new", path, "--from", "a child steps out from behind the parked van on a cobbled road at night")
    assert code == MISUSED and not path.exists()
    assert "no draft has 'cobbled'" in text, "a draft leaves no word out"
    assert re.search(r"Nearest shipped scenario: \S*(child|cpnco)", text)
    code, text = call("new", path, "--from", "a child steps out from behind the parked van at night")
    assert code == OK, text
    code, text = call("check", path)
    assert code == OK, text


def test_a_phrase_that_cannot_be_drafted_offers_the_nearest_shipped_scenario(tmp_path):
    path = tmp_path / "kite.yaml"
    code, text = call("new", path, "--from", "a kite on an icy approach")
    assert code == MISUSED
    assert not path.exists()
    assert "icy-" in text
    name = re.search(r"--from (\S+)`", text)[1]
    assert call("new", path, "--from", name)[0] == OK
    assert "name: kite" in path.read_text()
    assert call("explain", path)[0] == OK


def test_all_mistakes_of_a_file_are_reported_and_the_valid_file_is_processed(tmp_path):
    (tmp_path / "broken.yaml").write_text(BROKEN)
    call("new", tmp_path / "good.yaml")
    code, text = call("check", tmp_path)
    assert code == INCOMPLETE
    assert "ego.speed" in text
    assert "actors.lead.kind" in text
    assert "carr" in text
    assert "scenarios: 1, physically wrong: 0, files with faults: 1" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("generate", "no-such-case", "--out", "{tmp}/run"), ("no-such-case", "library")),
        (("report", "{tmp}"), ("run.json",)),
        (("generate", "nhtsa/cut-in", "--log", "{tmp}", "--out", "{tmp}/run", "--inline"), ("would have no effect",)),
        (("check", "nhtsa/cut-in", "--log", "{tmp}"), ("--log {tmp} would have no effect", "from:")),
        (("preview", "nhtsa/cut-in", "--log", "{tmp}"), ("--log {tmp} would have no effect",)),
        (("explain", "{tmp}"), ("without scenario files",)),
        (("train", "tokeniser"), ("no part 'tokeniser'", "tokenizer")),
        (("search", "nhtsa/cut-in", "--out", "{tmp}/run"), ("sweep", "no parameters")),
        (("search", "nhtsa/lead-brake-wet-dusk", "--measure", "pet"), ("no measure 'pet'", "visibility")),
    ],
)
def test_mistakes_are_reported_in_sentences(arguments, words, tmp_path):
    code, text = call(*(a.format(tmp=tmp_path) for a in arguments))
    assert code == MISUSED
    assert "Traceback" not in text
    for word in words:
        assert word.format(tmp=tmp_path) in text
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["--footage", "--runs"])
def test_a_file_in_place_of_a_folder_of_training_is_refused_without_an_idle_bar(option, tmp_path):
    (tmp_path / "tram.yaml").write_text("name: tram\n")
    own = ("--weights", tmp_path / "own", "--clips", "4")
    code, text = call("train", "detector", *own, option, tmp_path / "tram.yaml")
    assert code == MISUSED
    assert "tram.yaml is a file; name a folder" in " ".join(text.split())
    assert "━" not in text and "0/?" not in text


@pytest.mark.parametrize(
    "command", [("evaluate",), ("evaluate", "--calibrate", "64"), ("search", "nhtsa/lead-brake-wet-dusk")]
)
def test_a_folder_that_cannot_be_written_is_refused_before_the_work(command, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    code, text = call(*command, "--out", tmp_path / "made")
    assert code == MISUSED
    assert f"{tmp_path} cannot be written; name another folder" in " ".join(text.split())
    (tmp_path / "there").write_text("")
    code, text = call(*command, "--out", tmp_path / "there" / "made")
    assert code == MISUSED
    assert "there is a file; name a folder" in " ".join(text.split())


def test_an_evaluation_beside_a_folder_without_frames_is_refused_before_the_networks_are_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.evaluation.evaluate.load_networks", lambda *_: pytest.fail("networks are loaded"))
    code, text = call("evaluate", "--beside", tmp_path / "nothere", "--out", tmp_path / "made")
    assert code == MISUSED
    assert "nothere/frames/" in text and "`nearmiss evaluate --keep` saves frames" in " ".join(text.split())


@pytest.mark.weights
def test_an_unknown_preset_is_named(tmp_path, library, tiny_weights):
    code, text = call("generate", library, "--out", tmp_path / "run", "--preset", "huge")
    assert code == MISUSED
    assert "no preset 'huge'" in text


def test_preview_writes_a_picture(tmp_path):
    call("new", tmp_path / "case.yaml")
    code, text = call("preview", tmp_path / "case.yaml", "--out", tmp_path / "pictures")
    assert code == OK, text
    pictures = sorted((tmp_path / "pictures").glob("*.png"))
    assert len(pictures) == 1
    assert all(p.stat().st_size > 10_000 for p in pictures)


def test_the_advice_for_a_missing_baseline_is_in_the_help(tmp_path):
    _, text = call("evaluate", "--help")
    with pytest.raises(BaselineError) as told:
        load_baseline(tmp_path / "baseline.json")
    (advised,) = re.findall(r"`nearmiss evaluate (--calibrate \d+)`", str(told.value))
    assert set(re.findall(r"--calibrate \d+", text)) == {advised}


@pytest.mark.parametrize(
    "command", [("new",), ("preview", "nhtsa/cut-in", "--out"), ("plan", "--clips", "9", "--write")]
)
def test_a_refusal_names_the_file_or_folder_that_was_asked_for(command, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write everywhere
    code, text = call(*command, tmp_path / "made.yaml")
    assert code == MISUSED
    assert f"{tmp_path} cannot be written; name another folder" in " ".join(text.split())
    assert SCHEMA.name not in text and ".part" not in text
    assert not list(tmp_path.iterdir())


def test_import_names_the_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (there := tmp_path / "out").mkdir()
    assert call("export", "nhtsa/cut-in", "--out", tmp_path)[0] == OK
    (made,) = tmp_path.glob("*.xosc")
    monkeypatch.setattr(os, "access", lambda path, mode: path != there)
    code, text = call("import", made, "--out", there / "b.yaml")
    assert code == MISUSED
    assert f"{there} cannot be written; name another folder" in " ".join(text.split())
    assert not list(there.iterdir())


def test_new_tells_the_folders_that_it_makes(tmp_path):
    code, text = call("new", tmp_path / "a" / "b" / "mine.yaml")
    assert code == OK
    assert f"made the folder {tmp_path / 'a'}\n" in text
    code, text = call("new", tmp_path / "a" / "b" / "other.yaml")
    assert code == OK
    assert "folder" not in text.replace(str(tmp_path), "")
