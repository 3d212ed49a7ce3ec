"""Bus stops: the position of the bus, actors that step out in front of it, and pulling out."""

import numpy as np
import pytest

from outputs.clips.rollout_file import read_rollout, write_rollout
from pipeline.checks.physics import check_physics
from scenarios.authoring.explain import told
from scenarios.event_text import sentence
from scenarios.load import loads
from scenarios.model.sides import Side
from scenarios.roads.road_polygons import road_area
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: stop
intent: A bus stands at its stop.
duration: {duration}
road: {{lanes: 1, opposite_lanes: 1, bus_stops: {stops}}}
ego: {{lane: 0, speed: 20 km/h, drive: hold speed}}
actors: {{bus: {{kind: bus, at: bus stop}}, {more}}}
story: {story}
"""
USUAL = {"duration": "6 s", "stops": "[{at: 40 m, kind: bay}]", "more": "", "story": "[]"}
HALF_BUS = 6.0


def scenario(**changes: str):
    (made,) = loads(FILE.format(**(USUAL | changes)))
    return made


def start(**changes: str):
    return next(p.start for p in scenario(**changes).placed if p.body.id == "bus")


def test_a_bus_stands_in_its_bay_with_its_front_at_the_stop():
    """The lane's right edge is at -1.75 m, the bay 3 m deep, the bus 2.55 m wide and 0.25 m from the kerb."""
    place = start()
    assert (place.s_m + HALF_BUS, place.facing) == (pytest.approx(40.0), 1)
    assert place.d_m == pytest.approx(-1.75 - 3.0 + 0.25 + 2.55 / 2)


def test_at_the_kerb_a_bus_stands_in_the_lane():
    assert start(stops="[{at: 40 m}]").d_m == pytest.approx(-1.75 + 0.25 + 2.55 / 2)


def test_on_the_other_side_a_bus_faces_the_ego():
    place = start(stops="[{at: 40 m, side: left, kind: bay}]")
    assert (place.s_m - HALF_BUS, place.facing) == (pytest.approx(40.0), -1)
    assert place.d_m == pytest.approx(5.25 + 3.0 - 0.25 - 2.55 / 2)


def test_the_edge_follows_the_bay_and_actors_beside_the_road_stand_beside_the_bay():
    made = scenario(more="waiting: {kind: pedestrian, side: right, ahead: 30 m, offset: 0.5 m}")
    edge = made.road.edge_at(Side.RIGHT, 33.0)
    assert edge == pytest.approx(-4.75)
    assert made.road.edge_at(Side.RIGHT, 0.0) == pytest.approx(-1.75)
    assert -4.75 < made.road.edge_at(Side.RIGHT, 12.0) < -1.75  # in the taper
    waiting = next(p for p in made.placed if p.body.id == "waiting")
    assert waiting.start.d_m == pytest.approx(-4.75 - 0.5 - 0.3)


@pytest.mark.parametrize("kind", ["bay", "kerb"])
def test_a_bus_that_pulls_out_ends_in_its_lane_at_its_speed(kind):
    made = scenario(
        stops=f"[{{at: 60 m, kind: {kind}}}]", story="[bus pulls out at 25 km/h after 1 s]", duration="12 s"
    )
    rolled = simulate(made)
    bus = rolled.index("bus")
    assert rolled.centre[11, bus, 0] == rolled.centre[0, bus, 0]
    assert rolled.centre[-1, bus, 1] == pytest.approx(0.0, abs=1e-6)
    assert rolled.speed_mps[-1, bus] == pytest.approx(25 / 3.6, abs=0.05)
    assert not [v for v in check_physics(rolled, made) if v.gates and v.outcome == "fail"]


def test_a_bus_on_the_other_side_pulls_out_into_the_oncoming_lane():
    rolled = simulate(scenario(stops="[{at: 90 m, side: left, kind: bay}]", story="[bus pulls out]", duration="12 s"))
    bus = rolled.index("bus")
    assert rolled.centre[-1, bus, 1] == pytest.approx(3.5, abs=1e-6)
    assert rolled.centre[-1, bus, 0] < 80


def test_a_child_from_in_front_of_the_bus_is_hidden_a_metre_before_its_front():
    made = scenario(more="child: {kind: child}", story="[the child runs out from in front of the bus after 1 s]")
    child = next(p for p in made.placed if p.body.id == "child")
    assert child.start.s_m == pytest.approx(41.0)
    rolled = simulate(made)
    assert rolled.centre[-1, rolled.index("child"), 1] > 5.25  # across both lanes


def test_a_crossing_ends_behind_the_kerb_of_a_bay():
    walker = "walker: {kind: pedestrian, side: left, ahead: 40 m, offset: 0.5 m}"
    made = scenario(more=walker, story="[walker runs across the road]", duration="8 s")
    x, y, _ = simulate(made).centre[-1, 2]
    assert y < made.road.edge_at(Side.RIGHT, float(x)) - 1.0 < -1.75 - 1.0 - 1.5


def test_english_of_structured_lines_is_parsed_to_the_same_events():
    made = scenario(
        more="child: {kind: child}",
        story="[{actor: bus, when: {after: 1 s}, do: {pull_out: {speed: 20 km/h}}}, "
        "{actor: child, when: {after: 2 s}, do: {step_out: {before: bus}}}]",
    )
    lines = ", ".join(f'"{sentence(event)}"' for event in made.events)
    again = scenario(more="child: {kind: child}", story=f"[{lines}]")
    assert {(e.actor, e.when, e.do) for e in again.events} == {(e.actor, e.when, e.do) for e in made.events}


def test_pulls_out_means_cuts_in_for_a_moving_vehicle_in_the_next_lane():
    text = FILE.format(**USUAL | {"more": "van: {kind: van, lane: 1, ahead: 9 m, speed: 20 km/h}"})
    text = text.replace("lanes: 1, opp", "lanes: 2, opp")
    (english,) = loads(text.replace("story: []", "story: [van pulls out in front of the ego]"))
    (structured,) = loads(text.replace("story: []", "story: [{actor: van, when: {after: 0 s}, do: {cut_in: {}}}]"))
    assert [e.do for e in english.events] == [e.do for e in structured.events]


def test_explain_describes_the_stop():
    text = told((scenario(),))
    assert "Bus stop 1: a bay on the right, a bus's front at 40 m along the road, with a shelter." in text
    assert "bus: bus, in the bay on the right, 0.25 m from its kerb" in text


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        ({"stops": "[]"}, "actors.bus.at", "bus stop 1, and the road has none"),
        ({"stops": "[{at: 40 m}]", "more": "b: {kind: bus, at: bus stop 2}"}, "actors.b.at", "the road has 1"),
        ({"stops": "[{at: 40 m, kind: lay-by}]"}, "road.bus_stops.0.kind", "lay-by"),
        ({"more": "c: {kind: bus, at: the stop}"}, "actors.c.at", "the stop"),
        ({"stops": "[{at: 40 m}], junction: {at: 42 m}"}, "road.bus_stops.0", "a bus stop from 26 m to 40 m"),
        ({"story": "[ego pulls out]"}, "story.0", "which moves already"),
        (
            {"more": "c: {kind: child}", "story": "[{actor: c, when: {after: 1 s}, do: {step_out: {}}}]"},
            "story.0.do.step_out",
            "neither behind nor before",
        ),
        (
            {
                "stops": "[{at: 60 m, side: left}]",
                "more": "c: {kind: child}",
                "story": "[the child steps out from in front of the bus]",
            },
            "actors.c",
            "visible to the ego",
        ),
    ],
)
def test_impossible_stops_are_refused(changes, where, found):
    with pytest.raises(SpecErrors) as caught:
        scenario(**changes)
    assert any(f.where == where and found in f.found for f in caught.value.faults), caught.value.faults


def test_a_rollout_with_a_stop_survives_writing_and_reading(tmp_path):
    rolled = simulate(scenario())
    write_rollout(tmp_path, rolled)
    assert read_rollout(tmp_path).road == rolled.road


def test_the_area_of_the_road_includes_the_bay():
    road = scenario().road
    plain = road.band(road.right_edge, road.left_edge, -50.0, 150.0).area
    bay = 3.0 * (14 + 2) + 3.0 * (20 + 15) / 2
    assert road_area(road, -50.0, 150.0).area - plain == pytest.approx(bay, rel=0.01)
    assert np.isfinite(road.strips).all()
