"""--rig: the cameras of a run, their part in ids and run.json, and refusals."""

import json
import shutil
from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conditioning.geometry.rigs import FILES, RIGS, RigError, find_rig, rig_id
from outputs.clips.clip import read_clip
from outputs.clips.manifest import read_record
from pipeline.batch.generate import NoObserver, Summary, generate, hold, make_clips, make_plan
from pipeline.batch.nightly import NightlyConfig
from pipeline.batch.resume import resume
from pipeline.cli.main import app
from pipeline.cli.main import generate as generate_command
from pipeline.cli.night_commands import nightly as nightly_command
from pipeline.networks import rig_of
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import RunRefused, clip_id, look
from pipeline.runs.saved_request import begun_with
from tests.pipeline.rigs.all_round import PAIR, pair_in, scenario_in
from tests.pipeline.situations import car_ahead

INLINE = ExecutionConfig(use_ray=False)


def request_in(folder: Path, weights: Path, rig: str, renderer: str = "procedural") -> RunConfig:
    paths = (scenario_in(folder),)
    return RunConfig(paths=paths, out=folder / "run", preset="speck", weights=weights, renderer=renderer, rig=rig)


@pytest.fixture(scope="module")
def of_two(speck_weights, tmp_path_factory) -> Summary:
    """A run with a clip of two cameras from a rig file."""
    folder = tmp_path_factory.mktemp("two")
    return generate(request_in(folder, speck_weights, pair_in(folder)), INLINE, NoObserver())


@pytest.fixture
def copy_of_two(of_two, tmp_path) -> Path:
    """A copy of its run folder without the clip; the rig file stays at its path."""
    shutil.copytree(of_two.run, tmp_path / "run")
    (clip,) = (tmp_path / "run").glob(f"*/{of_two.records[0].id}")
    shutil.rmtree(clip)
    return tmp_path / "run"


@pytest.fixture
def rig_file(of_two):
    """The rig file, which is restored after the test."""
    path = of_two.run.parent / "pair.toml"
    yield path
    path.write_text(PAIR, encoding="utf-8")


def test_a_clip_has_the_cameras_of_the_file_at_the_presets_size(of_two):
    (record,) = of_two.records
    rig = find_rig(str(of_two.run.parent / "pair.toml"))
    clip = read_clip(next(of_two.run.glob(f"*/{record.id}")))
    assert record.cameras == ("CAM_LEFT", "CAM_RIGHT")
    assert record.rig == rig_id(rig)
    for camera, wanted, frames in zip(clip.cameras, (c.resized(48, 80) for c in rig), clip.frames, strict=True):
        assert frames.shape[1:] == (48, 80, 3)
        np.testing.assert_array_equal(camera.intrinsic, wanted.intrinsic)
        np.testing.assert_array_equal(camera.camera_to_ego, wanted.camera_to_ego)


def test_the_run_keeps_the_rig_s_name_and_geometry_and_the_command_names_the_file(of_two):
    run, path = look(of_two.run), of_two.run.parent / "pair.toml"
    assert run.file().made_with["rig"] == rig_id(find_rig(str(path)))
    assert [camera["name"] for camera in json.loads((run.path / "run.json").read_text())["rig"]] == [
        "CAM_LEFT",
        "CAM_RIGHT",
    ]
    assert f"--rig {path}" in begun_with(run)
    request = RunConfig(paths=("x.yaml",), out=Path("nights"), rig="nuscenes")
    assert "--rig nuscenes" in NightlyConfig(what=request).command(INLINE)
    assert "--rig" not in NightlyConfig(what=request.replaced(rig="front")).command(INLINE)


def test_clip_ids_depend_on_the_geometry_and_those_of_the_front_camera_are_unchanged(tmp_path):
    scenario = replace(car_ahead(), id="empty-road")
    assert clip_id(scenario, 0, "abc", rig=rig_id(RIGS["front"])) == "car-ahead-s0-7e152411ff"
    here, there = find_rig(pair_in(tmp_path)), find_rig(pair_in(tmp_path / "b", "other.toml", f"# a comment\n{PAIR}"))
    assert rig_id(here) == rig_id(there)
    turned = find_rig(pair_in(tmp_path, "turned.toml", PAIR.replace("yaw_deg = 60.0", "yaw_deg = 61.0")))
    rigs = [rig_id(rig) for rig in (RIGS["front"], RIGS["nuscenes"], here, turned)]
    assert rigs[0] == "front"
    assert rigs[1].startswith("nuscenes-")
    assert len({clip_id(scenario, 0, "abc", rig=rig) for rig in rigs}) == 4
    copied = find_rig(str(shutil.copyfile(FILES / "front.toml", tmp_path / "mine.toml")))
    assert rig_id(copied) == "front"


@pytest.mark.parametrize(
    ("rig", "told"),
    [
        ("six", "no rig 'six'; there are front, nuscenes, or a path of a .toml file"),
        ("gone.toml", "no rig 'gone.toml'"),
        ("bad.toml", "CAM_LEFT: width, height and focal_px are above 0"),
        ("lidar.toml", "a camera named 'LIDAR_TOP', which is the LiDAR's name"),
        ("case.toml", "two cameras named CAM_LEFT, cam_left"),
    ],
)
def test_unknown_cameras_are_refused_before_any_work(tmp_path, speck_weights, monkeypatch, rig, told):
    pair_in(tmp_path, "bad.toml", PAIR.replace("width = 1280", "width = 0", 1))
    pair_in(tmp_path, "lidar.toml", PAIR.replace("CAM_RIGHT", "LIDAR_TOP"))
    pair_in(tmp_path, "case.toml", PAIR.replace("CAM_RIGHT", "cam_left"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RigError) as refused:
        make_plan(request_in(tmp_path, speck_weights, rig))
    assert told in str(refused.value)
    assert not (tmp_path / "run").exists()
    for command in ("generate", "preview"):
        answer = CliRunner().invoke(app, [command, scenario_in(tmp_path), "--rig", rig, "--out", "out"])
        assert answer.exit_code == 2
        assert not (tmp_path / "out").exists()


def test_a_scenario_from_a_log_is_refused_with_another_rig(tmp_path, speck_weights, street):
    request = RunConfig(
        paths=("logs/street-behind-white-car",), out=tmp_path / "run", log=street, preset="speck",
        weights=speck_weights,
        rig="nuscenes",
    )  # fmt: skip
    with pytest.raises(RigError, match="has only the log's own front camera"):
        make_plan(request)
    assert make_plan(request.replaced(rig="front")).jobs


def test_another_rig_in_the_same_run_folder_is_refused(of_two, speck_weights):
    request = request_in(of_two.run.parent, speck_weights, "nuscenes")
    with pytest.raises(RunRefused, match=r"was made with rig custom-.*this run has rig nuscenes-"):
        hold(request, make_plan(request), INLINE).__enter__()


def test_a_run_is_resumed_with_its_cameras_without_their_file(of_two, copy_of_two, rig_file):
    rig_file.unlink()
    (summary,) = resume(copy_of_two, NoObserver())
    (again,) = summary.records
    assert again.id == of_two.records[0].id
    one, other = (read_clip(next(run.glob(f"*/{again.id}"))) for run in (of_two.run, copy_of_two))
    for before, after in zip(one.frames, other.frames, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_run_whose_rig_file_changed_is_not_resumed(copy_of_two, rig_file):
    rig_file.write_text(PAIR.replace("yaw_deg = 60.0", "yaw_deg = 61.0"), encoding="utf-8")
    with pytest.raises(RunRefused, match=r"has changed since the start of .*: it was custom-.* and is custom-"):
        next(resume(copy_of_two, NoObserver()))
    assert not list((copy_of_two / "clips").iterdir())


def test_workers_read_the_cameras_from_the_run_and_not_from_the_file(copy_of_two, rig_file, speck_weights):
    """The file changes during the run."""
    request = request_in(copy_of_two.parent, speck_weights, str(rig_file)).replaced(out=copy_of_two)
    plan = make_plan(request)
    rig_file.write_text(PAIR.replace("yaw_deg = 60.0", "yaw_deg = 61.0"), encoding="utf-8")
    with hold(request, plan, INLINE) as run:
        (done,) = make_clips(run, plan.jobs, request, INLINE)
    assert done.record.id == plan.jobs[0].clip
    made = read_clip(next(copy_of_two.glob(f"*/{done.record.id}")))
    assert made.cameras[0].camera_to_ego[1, 2] == pytest.approx(np.sin(np.radians(60)) * np.cos(np.radians(5)))


def test_changed_geometry_in_run_json_is_refused(copy_of_two):
    path = copy_of_two / "run.json"
    told = json.loads(path.read_text())
    told["rig"][0]["camera_to_ego"][0][3] += 1.0
    path.write_text(json.dumps(told))
    with pytest.raises(RunRefused, match="has the cameras custom-"):
        look(copy_of_two).rig()


def test_an_older_run_without_a_rig_has_the_front_camera(copy_of_two):
    path = copy_of_two / "run.json"
    told = json.loads(path.read_text())
    del told["rig"], told["made_with"]["rig"], told["starts"][-1]["goes_on_with"]["rig"]
    path.write_text(json.dumps(told))
    assert rig_id(look(copy_of_two).rig()) == "front"
    assert "--rig" not in begun_with(look(copy_of_two))


def test_every_command_and_flow_that_makes_clips_has_the_option_rig():
    import flows

    for door in (generate_command, nightly_command, flows.run, flows.night, flows.generate_flow.fn,
                 flows.nightly_flow.fn):  # fmt: skip
        assert signature(door).parameters["rig"].default == "front"


def test_separately_drawn_cameras_are_noted_in_record_report_and_dataset(of_two, tmp_path, speck_weights):
    assert of_two.records[0].cameras_agree
    assert "drawn separately" not in (of_two.run / "report.html").read_text()
    request = request_in(tmp_path, speck_weights, pair_in(tmp_path), "gaia")
    summary = generate(request, INLINE, NoObserver())
    (record,) = summary.records
    assert not record.cameras_agree
    assert "Each camera was drawn separately, by gaia" in (summary.run / "report.html").read_text()
    assert read_record(next(summary.run.glob(f"*/{record.id}")) / "record.json").cameras == ("CAM_LEFT", "CAM_RIGHT")
    assert [c.name for c in rig_of("speck", speck_weights, find_rig(request.rig))] == list(record.cameras)
    alone = generate(request.replaced(rig="front", out=tmp_path / "alone"), INLINE, NoObserver())
    assert alone.records[0].cameras_agree
