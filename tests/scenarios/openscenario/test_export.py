"""Exported files are valid, and their import gives the same scenario."""

import re
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree

from outputs.verdict import Outcome
from pipeline.checks.physics import check_physics
from scenarios.load import library, load, loads, suites
from scenarios.opendrive.read_map import map_of
from scenarios.openscenario.export.export import EVENTS, ROLLED_OUT, Exported, NotExported, export
from scenarios.openscenario.import_file import ImportOptions, import_file
from scenarios.openscenario.source.schemas import schema_faults
from scenarios.rollout import Rollout, SimEvent
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.xml_document import parse_xml
from tests.scenarios.openscenario.situations import farthest_apart

SHIPPED = {name: path for name, path in (library() | suites()).items() if not name.startswith("logs/")}
STREET = """
name: street
intent: To be exported.
duration: 8 s
road: {{lanes: 3, opposite_lanes: 1, surface: wet}}
environment: {{time: night, weather: rain}}
ego: {{lane: 1, speed: 15 m/s, drive: hold speed}}
actors:
  lead: {{kind: van, lane: 1, ahead: 60 m, speed: 15 m/s}}
  side: {{kind: truck, lane: 2, ahead: 30 m, speed: 13 m/s}}
  back: {{kind: car, lane: oncoming 0, ahead: 150 m, speed: 10 m/s}}
story:
{story}
"""


def exported(scenario: Scenario) -> tuple[Exported, Rollout]:
    rollout = simulate(scenario)
    return export(scenario, rollout), rollout


def again(made: Exported, folder) -> Scenario:
    """Exports and imports a scenario."""
    (folder / made.xodr_name).write_bytes(made.xodr)
    (folder / made.xosc_name).write_bytes(made.xosc)
    (scenario,) = loads(import_file(folder / made.xosc_name, ImportOptions(), {}).text)
    return scenario


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_are_exported_in_accordance_with_the_schema(name, tmp_path):
    scenario = load(SHIPPED[name])[0]
    rollout = simulate(scenario)
    try:
        made = export(scenario, rollout)
    except NotExported as reason:
        assert not rollout.valid.all() or "road." in str(reason), reason
        return
    assert schema_faults(etree.fromstring(made.xosc).getroottree(), "1.2") == []
    known = map_of(parse_xml(made.xodr, made.xodr_name))
    (road,) = known.roads.values()
    assert len([lane for lane in road.sections[0].lanes if lane.driving]) == (
        scenario.road.lanes + scenario.road.opposite_lanes
    )
    second = again(made, tmp_path)
    assert [p.body.id for p in second.placed] == [p.body.id for p in scenario.placed]
    assert second.friction == pytest.approx(scenario.friction, abs=1e-5)
    assert replace(scenario.environment, sun=None) == second.environment  # the sun's position is written, but not read
    assert second.road.kind == scenario.road.kind


@pytest.mark.parametrize(
    "story",
    [
        "  - lead brakes at 5 m/s^2 until 20 km/h after 1.5 s",
        "  - side changes lane to the right within 3 s when the gap is below 29 m",
        "  - slow: lead slows down to 30 km/h within 3 s smoothly after 1 s\n"
        "  - side speeds up to 60 km/h at 1.5 m/s^2 half a second after slow has ended",
        "  - back brakes at 3 m/s^2 when it has travelled 30 m",
        "  - lead brakes at 3 m/s^2 until 10 m/s when the headway is below 4.1 s",
        "  - lead stops within 60 m when it has reached 90 m along the road",
        "  - side drifts 0.5 m to the left within 2 s after 1 s\n  - ego speeds up to 60 km/h at 1 m/s^2 after 2 s",
        "  - lead brakes at 4 m/s^2 until 40 km/h when ego is faster than 50 km/h\n  - back comes to a stop after 1 s",
    ],
)
def test_actions_of_both_languages_survive_export_and_import(story, tmp_path):
    (scenario,) = loads(STREET.format(story=story))
    made, rollout = exported(scenario)
    assert set(made.motion.values()) == {EVENTS}
    second = simulate(again(made, tmp_path))
    assert farthest_apart(scenario, rollout, second) < 0.02
    assert not second.unfired


def test_a_driver_is_exported_as_its_trajectory(tmp_path):
    scenario = load(SHIPPED["nhtsa/lead-brake"])[0]
    made, rollout = exported(scenario)
    assert made.motion["ego"] == ROLLED_OUT
    assert made.motion["lead"] == EVENTS
    text = made.xosc.decode()
    assert 'name="nearmiss:ego" value="trajectory of the rollout"' in text
    times = [float(t) for t in re.findall(r'<Vertex time="([0-9.]+)"', text)]
    assert times == pytest.approx(list(rollout.t_s), abs=1e-6)
    assert times[-1] == scenario.duration_s
    assert farthest_apart(scenario, rollout, simulate(again(made, tmp_path))) < 0.05


def test_long_distances_survive_export_and_import(tmp_path):
    text = STREET.format(story="  - lead brakes at 2 m/s^2 until 12 m/s after 1 s")
    (scenario,) = loads(text.replace("8 s", "30 s").replace("drive: hold speed", "drive: follow"))
    rollout = simulate(scenario)
    assert rollout.centre[-1, 0, 0] > 300, "a driver, whose trajectory is written"
    assert farthest_apart(scenario, rollout, simulate(again(export(scenario, rollout), tmp_path))) < 0.1


def test_features_that_the_map_does_not_have_are_listed():
    road = load(SHIPPED["roads/red-light-runner"])[0]
    made, _ = exported(road)
    assert made.left_out == ("the crossing road", "signals")
    assert b'name="nearmiss-left-out" value="the crossing road, signals"' in made.xosc
    assert exported(load(SHIPPED["nhtsa/lead-brake"])[0])[0].left_out == ()


def test_start_states_are_the_same_on_straight_roads(tmp_path):
    text = STREET.format(story="  - side brakes at 4 m/s^2 after 3 s")
    (scenario,) = loads(text.replace("drive: hold speed", "drive: follow"))  # a driver, whose trajectory is written
    made, rollout = exported(scenario)
    second = simulate(again(made, tmp_path))
    order = [second.index(body.id) for body in rollout.bodies]
    assert np.abs(second.centre[0, order] - rollout.centre[0]).max() < 1e-3
    assert np.abs(second.speed_mps[0, order] - rollout.speed_mps[0]).max() < 0.05


def test_a_body_that_is_not_always_present_is_not_exported():
    text = STREET.format(story="  - lead drops crate after 2 s").replace("  side:", "  crate: {kind: barrier}\n  side:")
    with pytest.raises(NotExported, match="crate is not there all the time"):
        exported(loads(text)[0])
    log = load(library()["logs/street-behind-white-car"])[0]
    with pytest.raises(NotExported, match="starts from a log"):
        export(log, simulate(loads(STREET.format(story="  - lead brakes"))[0]))


def test_the_maps_friction_and_lanes_are_those_of_the_scenario():
    (scenario,) = loads(STREET.format(story="  - lead brakes at 5 m/s^2 after 1 s"))
    made, _ = exported(scenario)
    assert b'friction="0.5"' in made.xodr
    road = map_of(parse_xml(made.xodr, "x")).roads["1"]
    assert road.lane_t(-2, 300.0) == pytest.approx(0.0)  # the reference line is the centre of the ego's lane
    assert road.lane_t(1, 300.0) == pytest.approx(2 * 3.5)


HIT = """
name: hit
intent: Somebody is thrown by an impact.
duration: 6 s
road: {{lanes: 2, opposite_lanes: 1}}
ego: {{lane: 0, speed: 50 km/h, drive: hold speed}}
actors:
  body: {{kind: {kind}, {place}}}
story: [{story}]
"""


@pytest.mark.parametrize(
    ("kind", "place", "story"),
    [
        ("wheelchair user", "side: right, ahead: 25 m, offset: 0.2 m", "body crosses the road at 5 km/h after 0.5 s"),
        ("wheelchair user", "lane: 0, ahead: 25 m, speed: 0 km/h", "ego keeps 50 km/h"),
        ("pedestrian with bicycle", "lane: 0, ahead: 25 m, speed: 4 km/h", "ego keeps 50 km/h"),
        ("e-scooter", "lane: 0, ahead: 25 m, speed: 10 km/h", "ego keeps 50 km/h"),
        ("pedestrian", "side: right, ahead: 25 m, offset: 0.2 m", "body crosses the road at 5 km/h after 0.5 s"),
    ],
)
def test_who_is_thrown_by_an_impact_comes_back_and_is_thrown_again(kind, place, story, tmp_path):
    (scenario,) = loads(HIT.format(kind=kind, place=place, story=story))
    made, rollout = exported(scenario)
    assert rollout.sliding[:, 1].any()
    second = again(made, tmp_path)
    repeated = simulate(second)
    assert [v.reason for v in check_physics(repeated, second) if v.gates and v.outcome is Outcome.FAIL] == []
    (hit,), (hit_again,) = ([h for h in r.happenings if h.other] for r in (rollout, repeated))
    assert hit_again.t_s == pytest.approx(hit.t_s, abs=0.05)
    assert hit_again.impact_mps == pytest.approx(hit.impact_mps, abs=0.1)
    assert farthest_apart(scenario, rollout, repeated) < 0.3


def test_who_goes_as_fast_as_its_kind_can_comes_back(tmp_path):
    place = "side: right, ahead: 125 m, offset: 0.2 m"
    (scenario,) = loads(HIT.format(kind="wheelchair user", place=place, story="body crosses the road at 15 km/h"))
    made, rollout = exported(scenario)
    assert farthest_apart(scenario, rollout, simulate(again(made, tmp_path))) < 0.05


@pytest.mark.parametrize(("kind", "hardest"), [("tram", 2.8), ("e-scooter", 5.0)])
def test_who_brakes_less_hard_than_the_road_allows_comes_back(kind, hardest, tmp_path):
    place = "lane: 1, ahead: 25 m, speed: 20 km/h"
    (scenario,) = loads(HIT.format(kind=kind, place=place, story="body brakes as hard as it can after 1 s"))
    made, rollout = exported(scenario)
    assert made.motion["body"] == EVENTS
    repeated = simulate(again(made, tmp_path))
    assert repeated.acceleration_mps2[:, 1].min() == pytest.approx(-hardest, abs=0.05)
    assert farthest_apart(scenario, rollout, repeated) < 0.02


def test_who_is_only_brushed_keeps_its_whole_way():
    (scenario,) = loads(HIT.format(kind="car", place="lane: 1, ahead: 2 m, speed: 40 km/h", story="body brakes gently"))
    rollout = simulate(scenario)
    assert not rollout.sliding.any()
    brushed = replace(rollout, happenings=(SimEvent(1.0, "ego", "collision with it", "body", 0.1),))
    assert b"nearmiss:hit-at" not in export(scenario, brushed).xosc
