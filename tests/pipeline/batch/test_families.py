"""Clips from the same scene of a log are in one split, also if they are of different scenarios."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from outputs.clips.manifest import write_record
from outputs.nuscenes.splits import TRAIN, VAL, Shares, scene_splits, split_of
from outputs.versioned.store import open_store
from pipeline.datasets.merge import merge
from pipeline.lineage import family_of
from scenarios.load import load
from scenarios.scenario import FromLog, Scenario
from tests.outputs.made import contents, record
from tests.outputs.short_clips import run_folder, short_clip

NAMES = [f"case-{i}" for i in range(12)]
HALF = Shares(0.5)


def from_log(folder: Path, name: str, scene: str, start: str = "0 s") -> Scenario:
    """A scenario from a log, loaded from a file."""
    file = folder / f"{name}.yaml"
    text = {"name": name, "intent": "What a log shows.", "from": {"scene": scene, "start": start}, "duration": "2 s"}
    file.write_text(yaml.safe_dump(text))
    (made,) = load(file)
    return made


def sides(place: Path, version: str) -> dict[str, str]:
    return scene_splits(json.loads(open_store(str(place)).read(f"{version}/splits.json")))


def night(folder: Path, *clips: tuple[str, str, str]) -> Path:
    """A run folder with clips; each is given as id, scenario name and family."""
    run = run_folder(folder)
    for clip, name, family in clips:
        write_record(short_clip(run / "clips", clip) / "record.json", record(clip, name=name, family=family))
    return run


def test_scenarios_of_one_log_scene_are_one_family_that_no_scenario_name_equals(tmp_path):
    made = [from_log(tmp_path, name, "scene-0002", start) for name, start in (("a", "0 s"), ("b", "1 s"))]
    assert family_of(made[0]) == family_of(made[1]) == "log:scene-0002"
    assert family_of(replace(made[0], from_log=FromLog("scene-0003", 0.0, "train"))) != family_of(made[0])
    drawn = replace(made[0], name="log-scene-0002", from_log=None)
    assert family_of(drawn) == "log-scene-0002"


def test_scenarios_of_one_log_scene_are_in_one_split_in_any_order_of_merges(tmp_path):
    assert {split_of(name, HALF) for name in NAMES} == {TRAIN, VAL}, "by their names they would"
    place = tmp_path / "dataset"
    for i, name in enumerate(NAMES):
        told = [(f"{name}-log", name, "log:scene-0001"), (f"{name}-drawn", f"drawn-{name}", f"drawn-{name}")]
        version = merge([night(tmp_path / str(i), *told)], str(place), HALF).version
    where = sides(place, version.name)
    assert len({where[f"{name}-log"] for name in NAMES}) == 1
    assert {where[f"{name}-drawn"] for name in NAMES} == {TRAIN, VAL}


@pytest.mark.parametrize("name", NAMES[:4])
def test_an_older_dataset_grows_and_no_scene_in_it_moves(tmp_path, name):
    """Its clips from logs have the scenario's name as family; new clips of that scenario's log scene join them."""
    place = tmp_path / "dataset"
    old = [("old-s0", name, name), *((f"{other}-s0", other, other) for other in NAMES[4:])]
    first = merge([night(tmp_path / "old", *old)], str(place), HALF).version
    before, lying = sides(place, first.name), contents(place)
    new = [("old-s1", name, "log:scene-0001"), ("new-s0", "quite-another", "log:scene-0001")]
    second = merge([night(tmp_path / "new", *new)], str(place)).version
    after = sides(place, second.name)
    assert after["old-s1"] == after["new-s0"] == before["old-s0"] == split_of(name, HALF)
    assert {scene: after[scene] for scene in before} == before
    rest = contents(place)
    assert all(rest[file] == text for file, text in lying.items() if file != "latest.json")
    later = [("old-s2", NAMES[5], "log:scene-0001")]  # the scene has a split already, whatever the hash of the name
    third = merge([night(tmp_path / "later", *later)], str(place)).version
    last = sides(place, third.name)
    assert last["old-s2"] == after["new-s0"]
    assert {scene: last[scene] for scene in after} == after
