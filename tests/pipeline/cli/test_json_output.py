"""`--json` prints one document of the documented schema, with the exit codes of its page; the hook works."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli.json_output import CheckDocument, ExplainDocument, LibraryDocument, SearchDocument, page
from pipeline.cli.main import app
from pipeline.cli.terminal import INCOMPLETE, MISUSED, OK

ROOT = Path(__file__).resolve().parents[3]
FAULTY = """\
name: broken
intent: A speed without a unit.
duration: 6 s
road: {lanes: 1}
ego: {lane: 0, speed: 50, drive: follow}
"""
HIT = """\
name: hit
intent: The ego drives into a standing car, which its author forbids.
duration: 3 s
road: {lanes: 1}
ego: {lane: 0, speed: 50 km/h, drive: hold speed}
actors: {lead: {kind: car, ahead: 10 m, lane: 0, speed: 0 km/h}}
expect: {collision: never}
sweep: {actors.lead.ahead: [10 m, 12 m]}
"""

ON_ICE = """
name: ice
intent: The lead is asked for more than ice gives.
duration: 6 s
road: {lanes: 1, surface: ice}
ego: {lane: 0, speed: 20 km/h, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 40 m, speed: 50 km/h}
story:
  - lead brakes at 6 m/s^2 after 1 s
"""


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_the_page_agrees_with_the_models():
    assert (ROOT / "docs" / "json-output.md").read_text(encoding="utf-8") == page()


def test_check_distinguishes_faults_and_missed_expectations(tmp_path):
    (tmp_path / "faulty.yaml").write_text(FAULTY)
    (tmp_path / "hit.yaml").write_text(HIT)
    code, text = call("check", tmp_path, "--json")
    told = CheckDocument.model_validate_json(text)
    assert (code, told.ok, told.schema_version) == (INCOMPLETE, False, 1)
    assert {(fault.where, fault.line) for fault in told.faults} == {("ego.speed", 5)}
    assert [(one.possible, one.as_expected) for one in told.scenarios] == [(True, False)] * 2
    assert told.scenarios[0].collisions[0].other == "lead"
    assert told.scenarios[0].scenario.parameters == {"actors.lead.ahead": "10 m"}


def test_check_has_what_every_event_asked_and_did(tmp_path):
    (tmp_path / "ice.yaml").write_text(ON_ICE)
    code, text = call("check", tmp_path / "ice.yaml", "--json")
    (checked,) = CheckDocument.model_validate_json(text).scenarios
    assert (code, checked.possible, checked.as_expected) == (INCOMPLETE, True, False)
    (event,) = checked.events
    rate = event.asked[0]
    assert event.failed and (rate.what, rate.asked, rate.unit, rate.kept) == ("rate", 6.0, "m/s^2", False)
    assert rate.done == pytest.approx(0.981, abs=0.01)
    (verdict,) = (v for v in checked.verdicts if v.id == "events")
    assert verdict.gates and verdict.outcome == "fail" and "done 0.98 m/s^2" in verdict.reason


def test_explain_and_library_list_scenarios():
    code, text = call("explain", "nhtsa/lead-brake", "--json")
    told = ExplainDocument.model_validate_json(text)
    assert code == OK
    assert "brakes" in told.files[0].text
    assert len(told.files[0].scenarios) == 1
    code, text = call("library", "--json")
    shipped = LibraryDocument.model_validate_json(text)
    assert code == OK
    assert "lead-brake" in {file.name for file in shipped.files if file.group == "nhtsa"}


def test_search_reports_the_worst_case(tmp_path):
    (tmp_path / "hit.yaml").write_text(HIT.replace("expect: {collision: never}\n", ""))
    effort = ("--rollouts", 10, "--workers", 1)
    code, text = call("search", tmp_path / "hit.yaml", *effort, "--out", tmp_path / "s", "--json")
    told = SearchDocument.model_validate_json(text)
    assert (code, told.ok) == (OK, True)
    assert Path(told.frontier[0].file).is_file()
    assert told.frontier[0].impact_mps > 5


def test_misuse_prints_no_json():
    assert call("check", "no-such-case", "--json") == (MISUSED, "")


def test_a_full_disk_behind_the_output_is_reported_without_a_traceback():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code = "from pipeline.cli.main import main; import sys; sys.argv[1:] = ['explain', '--phrases']; main()"
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == MISUSED
    assert done.stderr == "the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(("text", "code"), [(HIT.replace("never", "allowed"), OK), (FAULTY, INCOMPLETE)])
def test_the_pre_commit_hook_passes_valid_files_and_fails_invalid_ones(text, code, tmp_path):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"], hook["types"]) == ("nearmiss-check", "python", ["yaml"])
    path = tmp_path / "case.yaml"
    path.write_text(text)
    program, *arguments = shlex.split(hook["entry"])
    assert program == "nearmiss"
    done = subprocess.run([sys.executable, "-m", "nearmiss", *arguments, str(path)], cwd=ROOT, check=False)
    assert done.returncode == code
