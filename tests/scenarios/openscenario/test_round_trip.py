"""The two commands that compare motion: with another player's trajectories, and after export and import."""

import json
import math

import pytest

from scenarios.load import library, load, suites
from tests.scenarios.openscenario.compare import compare_folder
from tests.scenarios.openscenario.round_trip import round_trip
from tests.scenarios.openscenario.situations import BRAKES, FILES, after, event, lane, placed, scenario_xml

HALF_SECONDS = [i / 2 for i in range(21)]
SAMPLED = ["corner/motorcycle-curve", "euro_ncap/cyclist-crossing-night", "nhtsa/lead-brake", "nhtsa/cut-in"]
START = (191.416098, 93.958499, 0.5)  # of the ego's box on the test road, which leads in a direction of 0.5 rad


@pytest.mark.parametrize("name", SAMPLED)
def test_exported_scenarios_come_back_with_the_same_motion(name, tmp_path):
    """All of the library and the suites: python -m tests.scenarios.openscenario.round_trip"""
    found = round_trip(name, load((library() | suites())[name])[0], tmp_path)
    assert not found.refused
    assert found.metres < 0.2


def _folder(tmp_path, brakes_at: float) -> None:
    """A car that brakes from 15 to 5 m/s at 3 m/s^2, and a reference in which it does so at `brakes_at`."""
    init = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-1, 140), 15)
    content = scenario_xml(init, event("e", BRAKES, after(1)), road="three-lanes.xodr").replace(b'"catalogs"', b'"."')
    (tmp_path / "case.xosc").write_bytes(content)
    for file in (FILES / "roads" / "three-lanes.xodr", *(FILES / "catalogs").glob("*.xosc")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    x, y, turn = START
    rows = []
    for t in HALF_SECONDS:
        braking = min(max(t - brakes_at, 0.0), 10 / 3)
        way = 40 + 15 * t - 1.5 * braking**2 - 10 * max(t - brakes_at - 10 / 3, 0.0)
        place = (x + way * math.cos(turn) - 3.5 * math.sin(turn), y + way * math.sin(turn) + 3.5 * math.cos(turn))
        rows.append([t, *place, turn, 15 - 3 * braking])
    (tmp_path / "reference.json").write_text(json.dumps({"case.xosc": {"Other": rows}}))


def test_a_file_that_moves_as_another_player_has_it_is_right(tmp_path):
    _folder(tmp_path, brakes_at=1.0)
    (found,) = compare_folder(tmp_path)
    assert found.right
    assert found.until_s == 10.0


def test_a_file_that_brakes_half_a_second_later_is_wrong(tmp_path):
    _folder(tmp_path, brakes_at=0.5)
    (found,) = compare_folder(tmp_path)
    assert not found.right
    assert found.mps == pytest.approx(1.5, abs=0.1)


def test_a_body_that_is_missing_is_wrong(tmp_path):
    _folder(tmp_path, brakes_at=1.0)
    reference = tmp_path / "reference.json"
    reference.write_text(reference.read_text().replace('"Other"', '"Nobody"'))
    (found,) = compare_folder(tmp_path)
    assert not found.right
    assert "Nobody is missing" in found.row()
