"""Dataset formats: chosen by name, written by a run and by a command, validated before the folder appears."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outputs.export_format import ExportFormat
from outputs.exporters import EXPORTERS
from outputs.nuscenes.export import NUSCENES
from outputs.nuscenes.validate import check_dataset
from outputs.registry import RegistryError
from pipeline.batch import generate
from pipeline.batch.generate import NoObserver, make_plan
from pipeline.batch.resume import resume
from pipeline.cli.main import app
from pipeline.datasets.export import DatasetNotExported, datasets_of, export_dataset
from pipeline.datasets.merge import NotMerged, merge
from pipeline.datasets.publish import publish_again
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import look
from pipeline.runs.saved_request import begun_with, kept, wanted
from tests.pipeline.by_hand import Batch
from tests.pipeline.situations import case

PAGE = Path(__file__).resolve().parents[3] / "docs" / "extending" / "exporters.md"
INLINE = ExecutionConfig(use_ray=False)


@pytest.fixture
def labels(monkeypatch) -> ExportFormat:
    """The format of the page's example, registered for one test."""
    monkeypatch.setattr(EXPORTERS, "known", dict(EXPORTERS.known))
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, object] = {}
    exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102
    return names["LABELS"]


@pytest.fixture
def request_(tmp_path, newborn_weights, monkeypatch) -> RunConfig:
    monkeypatch.setattr(generate, "make_clips", Batch(rejects=lambda job: False))
    (tmp_path / "two.yaml").write_text(case(2))
    return RunConfig(paths=(str(tmp_path / "two.yaml"),), out=tmp_path / "run", weights=newborn_weights)


def test_an_unknown_format_is_refused_before_any_work_and_the_formats_are_listed(request_, tmp_path):
    with pytest.raises(RegistryError, match="no export format is named 'kitti'; there are nuscenes"):
        make_plan(request_.replaced(formats=("kitti",)))
    result = CliRunner().invoke(
        app, ["export-dataset", str(tmp_path), "--format", "kitti", "--out", str(tmp_path / "x")]
    )
    assert result.exit_code == 2
    with pytest.raises(RegistryError, match="the export format 'nuscenes' is there already"):
        EXPORTERS.add(NUSCENES)
    assert not request_.out.exists()


def test_a_run_writes_every_requested_format_also_when_resumed(request_, labels):
    request = request_.replaced(formats=("nuscenes", "labels"))
    generate.generate(request, INLINE, NoObserver())
    run = look(request.out)
    lines = (run.path / "dataset-labels" / "labels.jsonl").read_text().splitlines()
    assert {json.loads(line)["clip"] for line in lines} == {folder.name for folder in run.path.glob("clips/*")}
    assert check_dataset(run.path / "dataset").problems == ()
    (key,) = wanted(run)
    assert kept(run, key)[0].formats == ("nuscenes", "labels")
    assert "--format nuscenes --format labels" in begun_with(run)
    (run.path / "dataset-labels" / "labels.jsonl").unlink()
    list(resume(run.path, NoObserver()))
    assert (run.path / "dataset-labels" / "labels.jsonl").read_text().splitlines() == lines


def test_an_older_run_without_formats_has_the_nuscenes_dataset(request_):
    generate.generate(request_, INLINE, NoObserver())
    made = request_.out / "run.json"
    content = json.loads(made.read_text())
    del content["starts"][0]["goes_on_with"]["formats"]
    made.write_text(json.dumps(content))
    assert [dataset.folder.name for dataset in datasets_of(look(request_.out))] == ["dataset"]
    publish_again(request_.out)
    assert "NuScenes('v1.0-trainval'" in datasets_of(look(request_.out))[0].opens


def test_a_run_with_only_another_format_has_no_nuscenes_dataset(request_, labels):
    generate.generate(request_.replaced(formats=("labels",)), INLINE, NoObserver())
    assert (request_.out / "dataset-labels").is_dir()
    assert not (request_.out / "dataset").exists()


def test_a_run_is_exported_in_any_format_to_a_new_folder(request_, labels, tmp_path):
    generate.generate(request_, INLINE, NoObserver())
    result = CliRunner().invoke(
        app, ["export-dataset", str(request_.out), "--format", "labels", "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    assert "labels of 2 clips" in " ".join(result.output.split())
    assert (tmp_path / "out" / "labels.jsonl").stat().st_size > 0
    assert export_dataset(str(request_.out), "nuscenes", tmp_path / "nus").startswith("2 scenes")
    assert (tmp_path / "nus" / "v1.0-trainval" / "scene.json").is_file()
    with pytest.raises(DatasetNotExported, match="not empty"):
        export_dataset(str(request_.out), "labels", tmp_path / "out")
    with pytest.raises(DatasetNotExported, match="neither a run folder"):
        export_dataset(str(tmp_path), "labels", tmp_path / "other")


def test_an_invalid_dataset_is_not_kept(request_, labels, tmp_path, monkeypatch):
    generate.generate(request_, INLINE, NoObserver())
    short = replace(labels, name="short", validate=lambda out: ("line 1: cut short",))
    EXPORTERS.add(short)
    with pytest.raises(DatasetNotExported, match="in format short, nothing was kept: line 1: cut short"):
        export_dataset(str(request_.out), "short", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_validation_of_the_example_finds_an_inverted_box(request_, labels, tmp_path):
    generate.generate(request_, INLINE, NoObserver())
    export_dataset(str(request_.out), "labels", tmp_path / "out")
    path = tmp_path / "out" / "labels.jsonl"
    assert labels.validate(tmp_path / "out") == ()
    first = json.loads(path.read_text().splitlines()[0])
    path.write_text(json.dumps(first | {"box_px": first["box_px"][::-1]}) + "\n")
    assert len(labels.validate(tmp_path / "out")) == 1


def test_a_merged_dataset_is_exported_only_in_its_own_format(request_, labels, tmp_path):
    generate.generate(request_, INLINE, NoObserver())
    place = str(tmp_path / "merged")
    with pytest.raises(NotMerged, match=r"merged datasets are kept as nuscenes.*export-dataset RUN --format labels"):
        merge([request_.out], place, name="labels")
    assert not Path(place).exists()
    merged = merge([request_.out], place)
    assert export_dataset(place, "nuscenes", tmp_path / "out").startswith(merged.version.name)
    assert check_dataset(tmp_path / "out", merged.version.name).problems == ()
    with pytest.raises(DatasetNotExported, match="it has tables in format nuscenes"):
        export_dataset(place, "labels", tmp_path / "other")
    with pytest.raises(DatasetNotExported, match="no version v0009"):
        export_dataset(place, "nuscenes", tmp_path / "other", "v0009")
    assert not (tmp_path / "other").exists()


def test_the_dataset_within_a_run_is_answered_with_the_run(request_, tmp_path, monkeypatch):
    generate.generate(request_, INLINE, NoObserver())
    inside = request_.out / "dataset"
    before = sorted(inside.rglob("*"))
    monkeypatch.chdir(tmp_path)
    commands = (
        ("export-dataset", "--out", "x"), ("fetch", "--to", "x"), ("gc", "--older-than", "0"), ("status",), ("resume",)
    )  # fmt: skip
    for command, *options in commands:
        told = CliRunner().invoke(app, [command, str(inside), *options])
        assert told.exit_code == 2
        assert "part of the run run: give that one" in " ".join(told.output.split()), command
    told = CliRunner().invoke(app, ["merge", str(inside), "--into", str(tmp_path / "merged")])
    assert told.exit_code == 2 and "part of the run run: give that one" in " ".join(told.output.split())
    assert sorted(inside.rglob("*")) == before
