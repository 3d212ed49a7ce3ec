"""The explanation of a scenario file."""

import pytest

from scenarios.authoring.explain import explain, told
from scenarios.load import library, loads
from scenarios.source.errors import SpecErrors

STREET = """
name: street
intent: Everyone is told of.
source: {suite: own, type: test}
road: {kind: curve, radius: 90 m, direction: right, lanes: 2, opposite_lanes: 1, surface: ice}
environment: {time: night, weather: snow}
ego: {lane: 0, speed: 36 km/h, drive: follow, driver: aashto}
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 36 km/h}
  tail: {kind: bus, lane: 0, behind: 7 m, speed: 10 m/s, drive: follow, driver: idm}
  flank: {kind: van, lane: 1, ahead: -5 m, speed: 36 km/h, offset: 0.3 m}
  bus: {kind: bus, lane: oncoming 0, ahead: 60 m, speed: 30 km/h}
  truck: {kind: truck, side: right, ahead: 25 m, offset: 0.5 m}
  box: {kind: barrier, box: {at: [40 m, 12 m], heading: 90 deg}}
  guided: {kind: car, trajectory: [[0 s, 60 m, 20 m], [6 s, 60 m, 26 m]]}
  child: {kind: child}
story:
  - lead brakes at 3 m/s^2 until 18 km/h after 1 s
  - lead keeps 20 km/h after 2 s
  - flank cuts in within 3 s
  - flank speeds up to 40 km/h
  - tail follows at 30 km/h after 2 s
  - child steps out from behind truck after 2 s
expect: {collision: allowed, min_ttc: below 2 s, min_gap: between 1 m and 9 m}
sweep: {actors.lead.ahead: [15 m, 18 m]}
"""


@pytest.fixture(scope="module")
def text() -> str:
    return told(loads(STREET))


@pytest.mark.parametrize(
    "said",
    [
        "street: Everyone is told of.",
        "Source: suite own, type test.",
        "Lasts 6 s, night, snow.",
        "curve to the right, radius 90 m, 2 lanes in the ego's direction (0 on the right), 1 against it, each 3.5 m",
        "Surface: ice, friction coefficient 0.1: the hardest braking is 1.0 m/s^2; from the ego's 36 km/h (10 m/s) "
        "that is 51.0 m.",
        "Ego: in lane 0, follows traffic at up to 36 km/h (10 m/s) as driver 'aashto' (AASHTO",
        "lead: car, in lane 0, 15 m free ahead, holds 36 km/h (10 m/s), 4.4 x 1.8 x 1.5 m.",
        "tail: bus, in lane 0, 7 m free behind, follows traffic at up to 36 km/h (10 m/s) as driver 'idm'",
        "flank: van, in lane 1, 0.3 m left of its centre, alongside the ego (0.121 m behind of its centre)",
        "bus: bus, in oncoming lane 0, 60 m free ahead, holds 30 km/h (8.333 m/s)",
        "truck: truck, right of the road, 0.5 m from its edge, 25 m free ahead, stands",
        "box: barrier, at x 40 m, y 12 m, heading 90 deg, stands",
        "guided: car, at x 60 m, y 20 m, heading 90 deg, follows a trajectory of 2 points from 3.6 km/h (1 m/s) on",
        "child: child, hidden behind truck, right of the road",
        "  - lead brakes at 3 m/s^2 until 18 km/h after 1 s   # the road gives no more than 1.0 m/s^2",
        "  - lead holds 20 km/h after 2 s",
        "  - flank cuts in within 3 s at the start",
        "  - flank changes speed to 40 km/h at 1.5 m/s^2 at the start",
        "  - tail follows at 30 km/h as driver r157 careful after 2 s   # UN R157 careful and competent driver",
        "  - child steps out from behind truck at 5 km/h after 2 s",
        "a collision may happen; the smallest time to collision is below 2 s; the smallest gap is between 1 and 9 m.",
        "Sweep: 2 scenarios",
        "actors.lead.ahead = 18 m",
    ],
)
def test_every_part_of_a_file_is_explained(text, said):
    assert said in text


def test_every_library_file_can_be_explained():
    for path in library().values():
        text = explain(path)
        assert "Expected: " in text
        assert "None" not in text


def test_a_scenario_from_a_log_is_explained_without_a_folder():
    text = explain(library()["logs/street-behind-white-car"])
    assert "scene scene-0002, 0.5 s after its beginning" in text
    assert "given when the scenario is run" in text


def test_a_faulty_file_is_not_explained():
    with pytest.raises(SpecErrors):
        told(loads(STREET.replace("36 km/h", "36")))
