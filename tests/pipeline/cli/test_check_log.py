"""`nearmiss check-log`, and the remarks on a log in `check` and in a run's plan."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.batch.generate import make_plan
from pipeline.cli.json_output import CheckDocument, CheckLogDocument
from pipeline.cli.main import app
from pipeline.cli.terminal import INCOMPLETE, MISUSED, OK
from pipeline.runs.run_config import RunConfig
from tests.conditioning.log_by_hand import LogTables, hand_tables, write_log, write_tables

LITTER = "category 'movable_object.pushable_pullable' has no kind of body: its boxes are left out"
FROM_LOG = "name: driven\nintent: As it was driven.\nduration: 2 s\nfrom: {scene: scene-7}\n"


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    return write_log(tmp_path_factory.mktemp("log"))


@pytest.fixture
def faulty(tmp_path) -> Path:
    def change(tables: LogTables) -> None:
        tables["sample_annotation"][3]["size"] = [0, 4.5, 1.6]
        tables["instance"][1]["category_token"] = "none"

    return write_log(tmp_path / "faulty", change)


def test_the_scenes_and_the_remarks_of_a_log_are_listed(log):
    code, text = call("check-log", log)
    assert code == OK
    assert text.startswith("ok: scenes: 1, can be read: 1; faults that are refused: 0, remarks: 1\n")
    assert "v1.0-hand scene-7\n  3.0 s, 7 keyframes\n  pictures and sweeps: 31 CAM_FRONT\n" in text
    assert "  left out: 7 movable_object.pushable_pullable\n" in text
    assert f"remark   sample_annotation, rows litter-0, litter-1, litter-2 and 4 more: {LITTER}; wanted" in text


def test_a_log_with_faults_that_are_refused_has_the_exit_code_1(faulty):
    code, text = call("check-log", faulty)
    assert code == INCOMPLETE
    assert text.startswith("not ok: scenes: 1, can be read: 0; faults that are refused: 2, remarks: 1\n")
    assert "refused  instance, row walker: category_token 'none' names no row of category; wanted a token of" in text
    assert "refused  sample_annotation, row lead-3: size is [0, 4.5, 1.6]; wanted width, length, height above 0" in text


def test_the_same_as_json(faulty):
    code, text = call("check-log", faulty, "--json")
    told = CheckLogDocument.model_validate_json(text)
    assert (code, told.ok) == (INCOMPLETE, False)
    assert {(f.kind, f.table, f.rows, f.refused) for f in told.faults if f.refused} == {
        ("dangling-category_token", "instance", ("walker",), True),
        ("size-sign", "sample_annotation", ("lead-3",), True),
    }
    assert told.scenes[0].left_out == {"movable_object.pushable_pullable": 7}
    assert not told.scenes[0].readable


def test_a_fault_of_two_scenes_is_told_once_with_the_rows_of_both(tmp_path):
    write_log(tmp_path)
    tables, second = hand_tables(), hand_tables()
    for name in ("scene", "sample", "sample_data", "sample_annotation", "instance", "ego_pose"):
        for row in second[name]:
            for field in row:
                if (field == "token" or field.endswith("_token") or field in ("prev", "next")) and row[field]:
                    shared = field in ("calibrated_sensor_token", "category_token", "log_token", "visibility_token")
                    row[field] = row[field] if shared else f"{row[field]}b"
        tables[name] = tables[name] + second[name]
    tables["scene"][1]["name"] = "scene-8"
    write_tables(tmp_path, tables)
    code, text = call("check-log", tmp_path)
    assert code == OK
    assert text.count(LITTER) == 1
    assert "rows litter-0, litter-1, litter-2 and 11 more" in text
    code, text = call("check-log", tmp_path, "--scene", "scene-8")
    assert text.startswith("ok: scenes: 1,")


def test_a_folder_or_scene_that_is_not_there_is_misuse(log, tmp_path):
    assert call("check-log", tmp_path / "none")[0] == MISUSED
    assert call("check-log", tmp_path)[0] == MISUSED
    code, text = call("check-log", log, "--scene", "scene-9")
    assert code == MISUSED
    assert "no scene 'scene-9' that can be used; there are scene-7" in text


def test_check_tells_the_remarks_on_its_log(log, tmp_path):
    (tmp_path / "driven.yaml").write_text(FROM_LOG)
    code, text = call("check", tmp_path / "driven.yaml", "--log", log)
    assert code == OK
    assert f"log: sample_annotation, rows litter-0, litter-1, litter-2 and 4 more: {LITTER}" in " ".join(text.split())
    told = CheckDocument.model_validate_json(call("check", tmp_path / "driven.yaml", "--log", log, "--json")[1])
    assert [(fault.kind, fault.count) for fault in told.log] == [("category-unknown", 7)]


def test_check_with_a_log_that_is_refused_tells_every_fault(faulty, tmp_path):
    (tmp_path / "driven.yaml").write_text(FROM_LOG)
    code, text = call("check", tmp_path / "driven.yaml", "--log", faulty)
    assert code == MISUSED
    assert "2 faults in its tables:" in text
    assert "row walker: category_token" in text and "row lead-3: size is" in text


def test_a_run_s_plan_has_the_remarks_on_its_log(log, faulty, tmp_path):
    (tmp_path / "driven.yaml").write_text(FROM_LOG)
    request = RunConfig(paths=(str(tmp_path / "driven.yaml"),), out=tmp_path / "run", log=log, renderer="procedural")
    (remark,) = make_plan(request).log_remarks
    assert LITTER in remark
    assert make_plan(request.replaced(log=faulty)).log_remarks == ()  # its clip fails, with every fault as the reason


def test_the_document_is_plain_json(log):
    assert json.loads(call("check-log", log, "--json")[1])["command"] == "check-log"
