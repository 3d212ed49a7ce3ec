"""Run folders of the version before the options were models can be read, described and resumed.

`older/run` and `older/night` were written by that version, each stopped before its first clip; names of the machine
were taken out.
"""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from pipeline.batch import generate
from pipeline.batch.generate import NoObserver
from pipeline.batch.resume import resume
from pipeline.engine.stage_plan import StagedConfig
from pipeline.runs.run_config import ExecutionConfig
from pipeline.runs.run_folder import RunRefused, look
from pipeline.runs.saved_request import begun_with, kept, wanted
from pipeline.runs.status import RunPhase, status
from tests.pipeline.by_hand import Batch

OLDER = Path(__file__).with_name("older")


@pytest.fixture
def older(tmp_path, newborn_weights):
    """Unpack one of them, with existing weights."""

    def unpack(name: str) -> Path:
        place = tmp_path / name
        shutil.copytree(OLDER / name, place)
        text = (place / "run.json").read_text()
        assert '"/models/weights"' in text
        (place / "run.json").write_text(text.replace('"/models/weights"', json.dumps(str(newborn_weights))))
        return place

    return unpack


def kept_in(folder: Path):
    (key,) = wanted(look(folder))
    return kept(look(folder), key)


def test_every_option_of_an_older_run_is_read(older, newborn_weights):
    request, how = kept_in(older("run"))
    assert request.paths == ("two.yaml",)
    assert (request.seeds, request.limit, request.log, request.clips) == ((0, 3), 3, None, None)
    assert (request.renderer, request.formats, request.preset) == ("procedural", ("nuscenes",), "tiny")
    assert (request.attribution, request.weights) == ("whom to name", newborn_weights)
    assert how == ExecutionConfig(ray="10.0.0.1:6379", workers=3, deadline_s=77.0, metrics_port=9123)


def test_staged_workers_and_clips_of_an_older_nightly_run_are_read(older):
    night = older("night")
    request, how = kept_in(night)
    assert how.networks == StagedConfig(2.0, 0.5, 4)
    assert request.clips == wanted(look(night))["56a0f8af"]
    start = look(night).last_start()
    assert (start.night, start.due, start.ended.why) == ("2026-11-21", 4, "Ctrl-C")
    assert dict(start.budget) == {"clips": 3, "hours": 1.5}


def test_a_gpu_share_without_gpus_of_an_older_run_is_left_out(older):
    place = older("night")
    told = json.loads((place / "run.json").read_text())
    told["starts"][0]["goes_on_with"]["staged"] |= {"gpus": 0.0}
    (place / "run.json").write_text(json.dumps(told))
    assert kept_in(place)[1].networks == StagedConfig(0.0, 1.0, 4)


@pytest.mark.parametrize("name", ["run", "night"])
def test_an_older_run_is_resumed_with_its_own_files(older, name, monkeypatch):
    place, batch = older(name), Batch()
    made_with = look(place).file().made_with.items()  # ids of clips are derived from it
    same = {part.removesuffix(" weights"): told for part, told in made_with if part.endswith(" weights")}
    monkeypatch.setattr(generate, "model_fingerprints", lambda *_: same)
    assert status(place).phase is RunPhase.STOPPED
    assert status(place).next == f"nearmiss resume {place}"
    asked = {clip for clips in wanted(look(place)).values() for clip in clips}
    monkeypatch.setattr(generate, "make_clips", batch)
    (summary,) = resume(place, NoObserver())
    assert summary.complete
    assert len(batch.made) == len(asked) == 3
    assert status(place).phase is RunPhase.COMPLETE
    assert len(look(place).file().starts) == 2


def test_the_command_of_an_older_run_is_valid_in_this_version(older, newborn_weights):
    place = older("run")
    assert shlex.split(begun_with(look(place))) == [
        "nearmiss", "generate", "two.yaml", "--out", str(place), "--weights", str(newborn_weights),
        "--seed", "0", "--seed", "3", "--renderer", "procedural", "--attribution", "whom to name", "--limit", "3",
        "--ray", "10.0.0.1:6379", "--workers", "3", "--deadline", "77", "--metrics-port", "9123", "--trust-network",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda told: told["starts"][0].pop("at"), r"starts\.0\.at: Field required"),
        (lambda told: told["starts"][0]["goes_on_with"].update(workers="3"), r"starts\.0\.goes_on_with\.workers: "),
        (lambda told: told["starts"][0]["goes_on_with"].update(seed=3), r"goes_on_with\.seed: Extra inputs"),
        (lambda told: told["starts"][0].update(asekd=3), r"starts\.0\.asekd: Extra inputs"),
        (lambda told: told.pop("made_with"), r"made_with: Field required"),
        (lambda told: told.update(starts=[]), r"starts: Tuple should have at least 1 item"),
        (lambda told: told.update(starts={}), r"starts: Input should be a valid"),
    ],
)
def test_a_damaged_run_file_is_refused_by_path_and_field(older, damage, words):
    place = older("run")
    told = json.loads((place / "run.json").read_text())
    damage(told)
    (place / "run.json").write_text(json.dumps(told))
    with pytest.raises(RunRefused, match=rf"{place}/run\.json is damaged \(.*{words}"):
        status(place)
