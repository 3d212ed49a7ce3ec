"""Renderers: chosen by name, the procedural renderer end to end, and the places that name a clip's renderer."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from outputs.clips.clip import read_clip
from outputs.clips.manifest import read_record
from outputs.nuscenes.dataset_card import dataset_card
from outputs.nuscenes.tables import open_scene, scene_rows
from outputs.registry import ExtensionRegistry, RegistryError
from pipeline.batch.generate import NoObserver, Summary, generate, hold, make_plan
from pipeline.batch.nightly import NightlyConfig
from pipeline.batch.resume import resume
from pipeline.engine.stage_plan import StagingError
from pipeline.networks import DRAWING
from pipeline.planning.cost_model import NotMeasured, read_measured
from pipeline.planning.forecast import Cluster, FailureRates
from pipeline.planning.planning import PlanRequest, plan_batch
from pipeline.renderers.kinds import RendererKind
from pipeline.renderers.models import load_models
from pipeline.renderers.registry import GAIA, RENDERERS
from pipeline.runs.run_config import ExecutionConfig, RunConfig
from pipeline.runs.run_folder import Job, RunRefused, clip_id, look
from pipeline.runs.saved_request import begun_with, kept, wanted
from pipeline.runs.stage_timer import Stopwatch
from pipeline.runs.status import lines, status
from pipeline.synthesize import synthesize
from scenarios.load import library, load
from tests.pipeline.situations import car_ahead, case

INLINE = ExecutionConfig(use_ray=False)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending" / "renderers.md"


@pytest.fixture(scope="module")
def checker_alone(speck_weights, tmp_path_factory) -> Path:
    """Weights of the checker's networks, without those of the drawing networks."""
    folder = tmp_path_factory.mktemp("checker") / "weights"
    shutil.copytree(speck_weights, folder)
    for part in DRAWING:
        (folder / "speck" / f"{part}.safetensors").unlink()
    return folder


def request_in(folder: Path, weights: Path, renderer: str = "procedural") -> RunConfig:
    (folder / "two.yaml").write_text(case(2))
    paths = (str(folder / "two.yaml"),)
    return RunConfig(paths=paths, out=folder / "run", preset="speck", weights=weights, renderer=renderer)


@pytest.fixture(scope="module")
def drawn(checker_alone, tmp_path_factory) -> Summary:
    """Two clips by the procedural camera."""
    return generate(request_in(tmp_path_factory.mktemp("drawn"), checker_alone), INLINE, NoObserver())


def test_a_name_is_registered_once_and_an_unknown_one_is_refused_with_the_list_of_names():
    registry = ExtensionRegistry("renderer", (GAIA,))
    with pytest.raises(RegistryError, match="the renderer 'gaia' is there already"):
        registry.add(GAIA)
    with pytest.raises(RegistryError, match="no renderer is named 'wan'; there are gaia, procedural"):
        RENDERERS.get("wan")
    with pytest.raises(ValueError, match="lower-case"):
        replace(GAIA, name="../x")


def test_an_unknown_renderer_is_refused_before_any_work(tmp_path, speck_weights):
    with pytest.raises(RegistryError, match="there are gaia, procedural"):
        make_plan(request_in(tmp_path, speck_weights, "wan"))
    assert not (tmp_path / "run").exists()


def test_the_procedural_renderer_makes_clips_without_weights_of_the_drawing_networks(drawn):
    assert drawn.complete
    assert len(drawn.records) == 2
    for record in drawn.records:
        assert record.renderer == "procedural"
        assert set(record.weights) == {"detector", "egomotion"}
        assert "draw_frames" in record.stage_s
        assert not {"predict_tokens", "render_frames"} & set(record.stage_s)


def test_its_frames_are_the_source_pictures_and_are_not_compared_with_themselves(drawn):
    folder = next(drawn.run.glob("*/" + drawn.records[0].id))
    clip = read_clip(folder)
    assert clip.source == ()
    assert not list(folder.rglob("source.mp4"))
    baseline = {v.baseline for v in clip.record.verdicts if v.family == "pixels"}
    assert len(baseline) == 1
    assert re.fullmatch(r"[0-9a-f]{16}", baseline.pop())  # the stored baseline, not the clip's source pictures


def test_run_status_report_and_the_command_to_resume_name_the_renderer(drawn):
    run = look(drawn.run)
    assert run.file().made_with["renderer"] == "procedural"
    (key,) = wanted(run)
    assert kept(run, key)[0].renderer == "procedural"
    assert "--renderer procedural" in begun_with(run)
    assert "renderer procedural" in lines(status(drawn.run))[0]
    page = (drawn.run / "report.html").read_text()
    assert "renderer procedural" in page
    assert "<dt>renderer</dt><dd>procedural</dd>" in page


def test_a_missing_clip_is_made_again_by_the_same_renderer(drawn):
    gone = next(drawn.run.glob("*/" + drawn.records[0].id))
    before = read_clip(gone).frames[0]
    shutil.rmtree(gone)
    (summary,) = resume(drawn.run, NoObserver())
    assert summary.complete
    again = next(drawn.run.glob("*/" + drawn.records[0].id))
    assert read_record(again / "record.json").renderer == "procedural"
    assert np.array_equal(read_clip(again).frames[0], before)


def test_a_nightly_command_and_a_mixed_dataset_name_the_renderer(drawn, tmp_path, checker_alone):
    order = NightlyConfig(what=request_in(tmp_path, checker_alone))
    assert "--renderer procedural" in order.command(INLINE)
    assert "--renderer" not in NightlyConfig(what=order.what.replaced(renderer="gaia")).command(INLINE)
    records = [drawn.records[0], drawn.records[1].model_copy(update={"renderer": "gaia"})]
    card = dataset_card(records, {record.id: {} for record in records}, {}, "v1.0-trainval")
    assert "gaia (`nearmiss`) 1, procedural (`nearmiss procedural`) 1" in card
    scene = open_scene(next(drawn.run.glob(f"*/{records[0].id}")))
    assert scene_rows(scene).tables["log"][0]["vehicle"] == "nearmiss procedural"


def test_ids_of_gaia_are_unchanged_and_other_renderers_have_other_ids():
    scenario = replace(car_ahead(), id="empty-road")
    assert clip_id(scenario, 0, "abc") == clip_id(scenario, 0, "abc", renderer="gaia") == "car-ahead-s0-7e152411ff"
    assert len({clip_id(scenario, 0, "abc", renderer=name) for name in ("gaia", "procedural", "other")}) == 3


def test_an_older_run_without_a_renderer_is_one_of_gaia(tmp_path, speck_weights):
    request = request_in(tmp_path, speck_weights, "gaia")
    with hold(request, make_plan(request), INLINE) as run:
        made = run.path / "run.json"
    told = json.loads(made.read_text())
    del told["made_with"]["renderer"], told["starts"][0]["goes_on_with"]["renderer"]
    made.write_text(json.dumps(told))
    (key,) = wanted(look(run.path))
    assert kept(look(run.path), key)[0].renderer == "gaia"
    assert status(run.path).renderer == "gaia"
    (run.path / "clips" / "x").mkdir()
    (run.path / "clips" / "x" / "record.json").write_text("{}")
    with hold(request, make_plan(request), INLINE):
        pass
    (run.path / "clips" / "x").mkdir()
    other = request.replaced(renderer="procedural")
    with (
        pytest.raises(RunRefused, match=r"was made with renderer gaia.*this run has renderer procedural"),
        hold(other, make_plan(other), INLINE),
    ):
        pass


def test_staged_workers_are_refused_for_a_renderer_without_networks(tmp_path, checker_alone):
    request = request_in(tmp_path, checker_alone)
    staged = ExecutionConfig(gpus=1.0)
    with (
        pytest.raises(StagingError, match=r"procedural has none.*renderers with such networks: gaia"),
        hold(request, make_plan(request), staged),
    ):
        pass
    assert not request.out.exists()


@pytest.mark.ray
def test_ray_workers_draw_the_same_clip(tmp_path, checker_alone, drawn, ray_here, monkeypatch):
    from tests.pipeline.specks import SpeckMaker

    monkeypatch.setattr("pipeline.batch.generate.ClipMaker", SpeckMaker)  # a worker that registers the small preset
    request = request_in(tmp_path, checker_alone).replaced(limit=1)
    (record,) = generate(request, ExecutionConfig(workers=1), NoObserver()).records
    one, other = (read_clip(next(run.glob(f"*/{record.id}"))) for run in (request.out, drawn.run))
    assert record.renderer == "procedural"
    assert np.array_equal(one.frames[0], other.frames[0])


def test_plan_uses_the_times_of_a_procedural_run_and_refuses_gpus_for_it(drawn):
    measured = read_measured(drawn.run)
    assert measured.renderer == "procedural"
    assert all(clip.on(gpu=True) == 0 for clip in measured.clips)
    kept_clip = measured.clips[0].model_copy(update={"accepted": True})
    measured = measured.model_copy(update={"clips": (kept_clip,)})
    assert plan_batch(measured, PlanRequest(10, Cluster(2, 0), FailureRates())).cases
    with pytest.raises(NotMeasured, match="procedural draws on the cores"):
        plan_batch(measured, PlanRequest(10, Cluster(2, 1), FailureRates()))


def test_a_log_is_drawn_from_its_boxes_and_compared_with_the_log_s_pictures(newborn_weights, street):
    models = load_models("procedural", "tiny", 1, newborn_weights)
    (scenario,) = load(library()["logs/street-behind-white-car"])
    clip = synthesize(Job("log", replace(scenario, duration_s=0.5), 0, street, "whom to name"), models, Stopwatch())
    assert clip.source[0].shape == clip.frames[0].shape
    assert not np.array_equal(clip.source[0], clip.frames[0])
    assert "the clip's source pictures" in {v.baseline for v in clip.record.verdicts}


def test_the_example_of_the_page_draws_clips(tmp_path, checker_alone, monkeypatch):
    monkeypatch.setattr(RENDERERS, "known", dict(RENDERERS.known))
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, object] = {}
    exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102
    kind = names["OUTLINE"]
    assert isinstance(kind, RendererKind)
    request = request_in(tmp_path, checker_alone, kind.name).replaced(limit=1)
    summary = generate(request, INLINE, NoObserver())
    assert summary.complete
    (record,) = summary.records
    assert record.renderer == "outline"
    clip = read_clip(next(request.out.glob(f"*/{record.id}")))
    assert clip.source[0].shape == clip.frames[0].shape
    assert len(np.unique(clip.frames[0])) > 3  # JPEG's noise aside, more than one colour
