"""Crossroads and T-junctions: crossing traffic, turns, stops, and red lights."""

import numpy as np
import pytest

from outputs.clips.rollout_file import read_rollout, write_rollout
from scenarios.authoring.explain import told
from scenarios.event_text import sentence
from scenarios.load import loads
from scenarios.metrics.criticality import encounters
from scenarios.model.driver_models import G
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: junction
intent: Two roads cross.
duration: {duration}
road: {{lanes: 1, opposite_lanes: 1, junction: {junction}}}
ego: {ego}
actors:
  van: {van}
story: {story}
"""
USUAL = {
    "duration": "8 s",
    "junction": "{at: 50 m}",
    "ego": "{lane: 0, speed: 36 km/h, drive: hold speed}",
    "van": "{kind: van, road: cross, from: right, before: 60 m, speed: 36 km/h}",
    "story": "[]",
}
RED = "{at: 50 m, signals: [{along: red}]}"
FAR = "{kind: van, road: cross, from: left, before: 130 m, speed: 0 km/h}"
FOLLOWING = "{lane: 0, speed: 36 km/h, drive: follow}"


def scenario(**changes: str):
    (made,) = loads(FILE.format(**(USUAL | changes)))
    return made


def rollout(**changes: str) -> Rollout:
    return simulate(scenario(**changes))


def said(rolled: Rollout) -> list[str]:
    return [f"{h.actor} {h.what}" for h in rolled.happenings]


def test_traffic_from_the_right_drives_to_the_left_on_its_own_right_side():
    """The other road's centre is at 50 m: from the right a car is 1.75 m beyond it, in right-hand traffic."""
    rolled = rollout()
    van = rolled.index("van")
    assert rolled.centre[:, van, 0] == pytest.approx(51.75, abs=1e-6)
    assert rolled.yaw_rad[:, van] == pytest.approx(np.pi / 2, abs=1e-6)
    # 60 m before the edge of the ego's road, which is 1.75 m right of its lane's centre
    assert rolled.centre[0, van, 1] == pytest.approx(-1.75 - 60 - rolled.sizes[van, 0] / 2, abs=1e-6)
    assert np.diff(rolled.centre[:, van, 1]) == pytest.approx(10 / 12, abs=1e-6)


def test_traffic_from_the_left_drives_to_the_right():
    rolled = rollout(van="{kind: van, road: cross, from: left, before: 20 m, speed: 36 km/h}")
    van = rolled.index("van")
    assert rolled.centre[:, van, 0] == pytest.approx(48.25, abs=1e-6)
    assert rolled.centre[0, van, 1] == pytest.approx(5.25 + 20 + rolled.sizes[van, 0] / 2, abs=1e-6)
    assert rolled.centre[-1, van, 1] < 0


@pytest.mark.parametrize(
    ("side", "x", "y"), [("left", 51.75, 30.0), ("right", 48.25, -30.0)], ids=["to the left", "to the right"]
)
def test_a_turn_ends_in_the_lane_of_the_other_road(side, x, y):
    rolled = rollout(story=f"[ego turns {side} at the junction]", duration="14 s", van=FAR)
    end = rolled.centre[-1, 0]
    assert end[0] == pytest.approx(x, abs=0.1)
    assert end[1] * np.sign(y) > 10
    assert np.sin(rolled.yaw_rad[-1, 0]) == pytest.approx(np.sign(y), abs=1e-3)


@pytest.mark.parametrize("friction", [0.85, 0.3])
def test_a_turn_keeps_the_friction_circle(friction):
    text = FILE.format(**USUAL | {"story": "[ego turns right at the junction]", "duration": "20 s", "van": FAR})
    (made,) = loads(text.replace("lanes: 1, opp", f"friction: {friction}, lanes: 1, opp"))
    rolled = simulate(made)
    turning = np.gradient(np.unwrap(rolled.yaw_rad[:, 0]), rolled.t_s)
    sideways = rolled.speed_mps[:, 0] * turning
    used = np.hypot(sideways, np.gradient(rolled.speed_mps[:, 0], rolled.t_s))
    assert used.max() < 1.02 * friction * G
    assert np.abs(sideways).max() > 0.2 * friction * G
    assert rolled.yaw_rad[-1, 0] == pytest.approx(-np.pi / 2, abs=1e-3)


def test_the_former_speed_returns_after_a_turn():
    rolled = rollout(story="[ego turns left at the junction]", duration="16 s", van=FAR)
    assert rolled.speed_mps[:, 0].min() < 6.0
    assert rolled.speed_mps[-1, 0] == pytest.approx(10.0, abs=0.3)


def test_crossing_traffic_can_turn_onto_the_ego_road():
    rolled = rollout(
        van="{kind: van, road: cross, from: right, before: 20 m, speed: 30 km/h}",
        story="[van turns left at the junction in front of the ego]",
        duration="12 s",
        ego="{lane: 0, speed: 0 km/h, drive: hold speed}",
    )
    van = rolled.index("van")
    assert rolled.centre[-1, van, 1] == pytest.approx(3.5, abs=0.1)  # the oncoming lane: it comes towards the ego
    assert np.cos(rolled.yaw_rad[-1, van]) == pytest.approx(-1.0, abs=1e-3)


def test_a_driver_stops_at_the_line_while_it_is_red():
    rolled = rollout(junction=RED, ego=FOLLOWING, duration="12 s")
    front = rolled.centre[:, 0, 0] + rolled.sizes[0, 0] / 2
    line = 50 - 3.5 - 6
    assert rolled.speed_mps[-1, 0] < 0.2
    assert line - 4 < front[-1] <= line
    assert rolled.acceleration_mps2[:, 0].min() > -4.3
    assert "ego runs the red light" not in said(rolled)


def test_a_driver_goes_when_it_turns_green():
    signals = "{at: 50 m, signals: [{along: red, for: 4 s}, {along: green}]}"
    rolled = rollout(junction=signals, ego=FOLLOWING, duration="14 s")
    assert rolled.speed_mps[:, 0].min() < 6.0
    assert rolled.centre[-1, 0, 0] > 60


def test_an_event_can_make_a_driver_run_the_red_light():
    rolled = rollout(junction=RED, ego=FOLLOWING, story="[ego runs the red light]", duration="6 s")
    assert rolled.speed_mps[:, 0].min() > 9.5
    assert "ego runs the red light" in said(rolled)


def test_crossing_at_green_is_not_reported_as_running_a_red_light():
    assert not [s for s in said(rollout(junction=RED)) if s.startswith("van")]


def test_a_body_that_stops_at_the_line_stands_before_it():
    rolled = rollout(story="[van stops at the line]", duration="12 s")
    van = rolled.index("van")
    assert rolled.speed_mps[-1, van] == 0
    front = rolled.centre[-1, van, 1] + rolled.sizes[van, 0] / 2
    assert front == pytest.approx(-1.75 - 6 - 0.5, abs=0.15)


def test_a_driver_brakes_for_crossing_traffic():
    """The van would cross the ego's lane when the ego arrives: the driver brakes and avoids it."""
    rolled = rollout(ego=FOLLOWING, van="{kind: van, road: cross, from: right, before: 42 m, speed: 36 km/h}")
    assert any("van" in what for what in said(rolled))
    assert np.isfinite(encounters(rolled).gap_m[:, 1]).any()


def test_english_of_a_structured_turn_is_parsed_to_the_same_event():
    made = scenario(
        junction=RED,
        story="[{actor: van, when: {after: 1 s}, do: {turn: {to: left}}}, {actor: ego, when: {after: 0 s}, "
        "do: run_red_light}, {actor: van, when: {after: 0 s}, do: {stop_at_line: {decel: 2 m/s^2}}}]",
    )
    lines = [sentence(event) for event in made.events]
    again = scenario(junction=RED, story="[" + ", ".join(f'"{line}"' for line in lines) + "]")
    assert {(e.actor, e.when, e.do) for e in again.events} == {(e.actor, e.when, e.do) for e in made.events}


def test_explain_describes_the_junction():
    text = told((scenario(junction="{at: 50 m, arms: right, signals: [{along: green, for: 2 s}, {along: red}]}"),))
    assert "at 50 m another road joins from the right" in text
    assert "green along, red across for 2 s; then red along, green across" in text
    assert "on the crossing road, from the right, 60 m before the ego's road" in text


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        ({"story": "[ego turns left at the junction]", "junction": "null"}, "story.0", "without junction"),
        ({"junction": "null"}, "actors.van.road", "cross, but the road has no crossing road"),
        ({"junction": "{at: 50 m, arms: left}"}, "actors.van.from", "right"),
        ({"junction": "{at: 11 m}"}, "road.junction.at", "which the ego has already reached"),
        ({"story": "[ego runs the red light]"}, "story.0", "a junction without signals"),
        ({"junction": "{at: 50 m, signals: [{along: red}, {along: green}]}"}, "road.junction.signals", "without end"),
        ({"junction": "{at: 50 m, signals: [{along: green, across: green}]}"}, "road.junction.signals.0", "at once"),
        (
            {"van": "{kind: van, road: cross, from: right, before: 20 m, lane: 2, speed: 0 km/h}"},
            "actors.van.lane",
            "2",
        ),
    ],
)
def test_impossible_junctions_are_refused(changes, where, found):
    with pytest.raises(SpecErrors) as caught:
        scenario(**changes)
    assert any(f.where == where and found in f.found for f in caught.value.faults), caught.value.faults


def test_a_turn_that_is_too_late_or_without_a_road_is_reported():
    assert "ego does not turn left: no road leads to the left" in said(
        rollout(junction="{at: 50 m, arms: right}", story="[ego turns left at the junction]")
    )
    late = rollout(story="[ego turns left at the junction when it has reached 45 m along the road]")
    assert "ego does not turn left: it is too late to turn" in said(late)


def test_a_rollout_with_a_junction_survives_writing_and_reading(tmp_path):
    text = FILE.format(**USUAL | {"junction": RED})
    (made,) = loads(text.replace("{lanes: 1,", "{slope: 3 %, patches: [{surface: ice, from: 5 m, to: 9 m}], lanes: 1,"))
    rolled = simulate(made)
    write_rollout(tmp_path, rolled)
    assert read_rollout(tmp_path).road == rolled.road
