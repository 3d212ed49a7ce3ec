"""Roads from an OpenDRIVE file: geometry from the map, other settings from the file; wrong places are refused."""

from pathlib import Path

import numpy as np
import pytest

from scenarios.authoring.explain import explain
from scenarios.load import load
from scenarios.opendrive.read_map import read_map
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from tests.scenarios.openscenario.situations import FILES

TEXT = """\
name: on-a-map
intent: A lead brakes on a road of a map.
duration: 3 s
road: {road}
ego: {ego}
actors:
  lead: {{kind: car, lane: 0, ahead: 20 m, speed: 40 km/h}}
sweep: {{road.surface: [dry, wet]}}
"""
ROADS = FILES / "roads"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "roads").mkdir()
    for map_ in ROADS.iterdir():
        (tmp_path / "roads" / map_.name).write_bytes(map_.read_bytes())
    (tmp_path / "scenarios").mkdir()
    return tmp_path


def said(folder: Path, road: str, ego: str = "{speed: 40 km/h, drive: follow}") -> Path:
    file = folder / "scenarios" / "on-a-map.yaml"
    file.write_text(TEXT.format(road=road, ego=ego))
    return file


def test_the_road_comes_from_the_map_and_its_surface_from_the_file(folder):
    dry, wet = load(said(folder, "{file: ../roads/bend.xodr, at: 100 m, lane: -1}"))
    assert (dry.surface, wet.surface) == ("dry", "wet")
    known = read_map(ROADS / "bend.xodr").roads["bend"]
    x0, y0, heading = known.pose(100.0, known.lane_t(-1, 100.0))
    for s in (0.0, 30.0, 80.0):
        x, y, _ = dry.road.place(s, 0.0)
        there = (x0 + np.cos(heading) * x - np.sin(heading) * y, y0 + np.sin(heading) * x + np.cos(heading) * y)
        _, t = known.locate(*there)
        assert t == pytest.approx(known.lane_t(-1, 100.0), abs=0.01)
    assert simulate(dry).ended is simulate(wet).ended


def test_the_lane_on_the_map_decides_the_egos_lane_and_direction(folder):
    (along, _) = load(said(folder, "{file: ../roads/three-lanes.xodr, at: 300 m, lane: -1}"))
    assert (along.road.lanes, along.road.opposite_lanes, along.road.ego_lane) == (3, 1, 2)
    (against, _) = load(said(folder, "{file: ../roads/three-lanes.xodr, at: 700 m, lane: 1}"))
    assert (against.road.lanes, against.road.opposite_lanes, against.road.ego_lane) == (1, 3, 0)


def test_differences_from_the_map_are_reported(folder):
    told = explain(said(folder, "{file: ../roads/winding.xodr}"))
    assert "not quite as on its map: ../roads/winding.xodr line" in told


@pytest.mark.parametrize(
    ("road", "ego", "where", "words"),
    [
        ("{file: ../roads/none.xodr}", "", "road.file", "no such file"),
        ("{file: /etc/passwd}", "", "road.file", "within the folder above"),
        ("{file: ../../../x.xodr}", "", "road.file", "leads out of"),
        ("{file: ../roads/bend.xodr, at: 900 m}", "", "road.at", "500.0 m long"),
        ("{file: ../roads/bend.xodr, id: 9}", "", "road.id", "one of bend"),
        ("{file: ../roads/three-lanes.xodr, lane: 7}", "", "road.lane", "-3, -2, -1, 1"),
        ("{file: ../roads/bend.xodr, lanes: 2}", "", "road.lanes", "the map defines it"),
        ("{file: ../roads/bend.xodr, ahead: far}", "", "road.ahead", "a length with its unit"),
        ("{file: ../roads/three-lanes.xodr}", "{lane: 2, speed: 9 m/s, drive: follow}", "ego.lane", "0, or no lane"),
        ("{file: ../scenarios/on-a-map.yaml}", "", "road.file", "XML"),
    ],
)
def test_a_wrong_place_is_refused_with_a_correction(folder, road, ego, where, words):
    with pytest.raises(SpecErrors) as refused:
        load(said(folder, road, ego or "{speed: 40 km/h, drive: follow}"))
    (fault,) = refused.value.faults
    assert fault.where == where
    assert fault.line
    assert words in f"{fault.found} {fault.wanted}"
