"""Roundabouts: paths, exits, and right of way."""

import numpy as np
import pytest

from outputs.clips.rollout_file import read_rollout, write_rollout
from pipeline.checks.physics import check_physics
from scenarios.authoring.explain import told
from scenarios.event_text import sentence
from scenarios.load import loads
from scenarios.openscenario.export.export import NotExported, export
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: ring
intent: Two roads meet in a roundabout.
duration: {duration}
road: {{lanes: 1, opposite_lanes: 1, {roundabout}}}
ego: {ego}
actors: {{car: {car}, {more}}}
story: {story}
"""
USUAL = {
    "duration": "16 s",
    "roundabout": "roundabout: {at: 45 m}",
    "ego": "{lane: 0, speed: 30 km/h, drive: hold speed}",
    "car": "{kind: car, road: cross, from: left, before: 100 m, speed: 0 km/h}",
    "more": "",
    "story": "[]",
}
FOLLOWING = "{lane: 0, speed: 30 km/h, drive: follow, driver: attentive}"
CENTRE = np.array([45.0, 1.75])  # between the directions: half a lane to the left of the ego's centre
ISLAND_M, OUTER_M = 10.0, 17.0


def scenario(**changes: str):
    (made,) = loads(FILE.format(**(USUAL | changes)))
    return made


def rollout(**changes: str) -> Rollout:
    return simulate(scenario(**changes))


@pytest.mark.parametrize(
    ("number", "x", "y", "heading"),
    [(1, 43.25, None, -90), (2, None, 0.0, 0), (3, 46.75, None, 90), (4, None, 3.5, 180)],
    ids=["first", "second", "third", "fourth"],
)
def test_exits_are_counted_from_the_entry(number, x, y, heading):
    """On the right of the exit's road: half a lane from its centre, which is at x = 45 and y = 1.75."""
    word = ("first", "second", "third", "fourth")[number - 1]
    rolled = rollout(story=f"[ego takes the {word} exit]", duration="22 s")
    end = rolled.centre[-1, 0]
    assert np.cos(rolled.yaw_rad[-1, 0] - np.radians(heading)) == pytest.approx(1.0, abs=1e-4)
    # a full turn with transitions ends slightly beside the lane's centre
    assert (end[0] if y is None else end[1]) == pytest.approx(x if y is None else y, abs=0.4 if number == 4 else 0.03)


def test_the_default_is_straight_on():
    rolled = rollout()
    assert rolled.centre[-1, 0, 1] == pytest.approx(0.0, abs=0.03)
    assert rolled.centre[-1, 0, 0] > 75


@pytest.mark.parametrize("who", ["car", "truck", "cyclist"])
def test_the_path_follows_the_ring_and_passes_the_physics_checks(who):
    made = scenario(
        car=f"{{kind: {who}, road: cross, from: right, before: 12 m, speed: 20 km/h}}",
        story="[car takes the third exit]",
        ego="{lane: 0, speed: 0 km/h, drive: hold speed}", duration="26 s",
    )  # fmt: skip
    rolled = simulate(made)
    assert not [v for v in check_physics(rolled, made) if v.gates and v.outcome == "fail"]
    away = np.linalg.norm(rolled.centre[:, rolled.index("car"), :2] - CENTRE, axis=-1)
    assert ISLAND_M + 0.9 < away.min() < OUTER_M - 0.9
    around = np.unwrap(np.arctan2(*(rolled.centre[:, rolled.index("car"), :2] - CENTRE).T[::-1]))
    assert around[-1] - around[0] > np.pi  # anticlockwise, past two exits


def test_speed_is_reduced_for_the_bend_and_restored_after_it():
    rolled = rollout(duration="18 s")
    inside = np.linalg.norm(rolled.centre[:, 0, :2] - CENTRE, axis=-1) < OUTER_M
    sideways = rolled.speed_mps[:, 0] * np.gradient(np.unwrap(rolled.yaw_rad[:, 0]), rolled.t_s)
    assert np.abs(sideways[inside]).max() < 3.3
    assert rolled.speed_mps[inside, 0].max() < 6.5
    assert rolled.speed_mps[-1, 0] == pytest.approx(30 / 3.6, abs=0.4)


def met(rolled: Rollout) -> float:
    """The smallest distance between the centres of the ego and the car."""
    return float(np.linalg.norm(rolled.centre[:, 0, :2] - rolled.centre[:, 1, :2], axis=-1).min())


FROM_LEFT = "{kind: car, road: cross, from: left, before: 8.5 m, speed: 25 km/h}"
FARTHER = "roundabout: {at: 60 m}"


def test_a_driver_gives_way_to_circulating_traffic():
    """The car from the left passes the ego's entry on its path to the right: the ego waits for it at the line."""
    changes = {"ego": FOLLOWING, "story": "[car takes the second exit]", "roundabout": FARTHER}
    waits, free = rollout(car=FROM_LEFT, **changes), rollout(**changes)
    assert waits.speed_mps[:, 0].min() < 0.6 * free.speed_mps[:, 0].min()
    assert waits.acceleration_mps2[:, 0].min() > -3.0
    assert met(waits) > 5.0
    front = waits.centre[:, 0, 0] + waits.sizes[0, 0] / 2
    slowest = int(waits.speed_mps[:, 0].argmin())
    assert front[slowest] < 60.0 - OUTER_M
    assert waits.centre[-1, 0, 0] > 80  # and then goes on


def test_a_driver_does_not_wait_for_a_car_that_leaves_before_its_entry():
    changes = {"ego": FOLLOWING, "car": FROM_LEFT.replace("8.5 m", "13 m"), "roundabout": FARTHER}
    leaves = rollout(**changes, story="[car takes the first exit]")
    assert leaves.speed_mps[:, 0].min() > 4.0


def test_a_body_at_constant_speed_gives_no_way_and_the_driver_inside_brakes():
    rolled = rollout(
        ego="{lane: 0, speed: 25 km/h, drive: follow, driver: attentive}", roundabout="roundabout: {at: 30 m}",
        car="{kind: car, road: cross, from: right, before: 24 m, speed: 25 km/h}", duration="12 s",
        story="[ego takes the third exit, car takes the second exit]",
    )  # fmt: skip
    assert any(h.actor == "ego" and h.what.startswith("notices car") for h in rolled.happenings) or (
        rolled.speed_mps[:, 0].min() < 5.0
    )


def test_english_of_structured_lines_is_parsed_to_the_same_events():
    made = scenario(story="[{actor: ego, when: {after: 0 s}, do: {take_exit: {number: 3}}}]")
    (event,) = made.events
    assert sentence(event) == "the ego takes the third exit at the start"
    for line in (sentence(event), "ego leaves the roundabout by the third exit", "ego takes the 3rd exit"):
        assert scenario(story=f'["{line}"]').events[0].do == event.do


def test_turning_to_a_side_takes_the_exit_of_that_side():
    by_side, by_number = (
        rollout(story=f"[ego {said}]", duration="14 s") for said in ("turns left", "takes the third exit")
    )
    assert by_side.centre == pytest.approx(by_number.centre)


def test_explain_describes_the_roundabout():
    text = told((scenario(),))
    size = "outer radius 17 m, island 10 m"
    assert f"Roundabout: at 45 m another road crosses, {size}; circulating traffic has right of way." in text
    assert "from the left, 100 m before the roundabout" in text


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        (
            {"roundabout": "junction: {at: 45 m}", "story": "[ego takes the first exit]"},
            "story.0",
            "without roundabout",
        ),
        ({"roundabout": "roundabout: {at: 45 m}, junction: {at: 90 m}"}, "road", "both junction and roundabout"),
        (
            {"roundabout": "roundabout: {at: 45 m, arms: left}", "story": "[ego takes the fourth exit]"},
            "story.0",
            "exit 4",
        ),
        (
            {"roundabout": "roundabout: {at: 20 m, radius: 17 m}"},
            "road.roundabout.at",
            "which the ego has already reached",
        ),
        ({"car": FROM_LEFT, "story": "[car takes the first exit]"}, "actors.car", "too near to it"),
        ({"roundabout": "roundabout: {at: 45 m, radius: 5 m}"}, "road.roundabout.radius", "5 m"),
    ],
)
def test_impossible_roundabouts_are_refused(changes, where, found):
    with pytest.raises(SpecErrors) as caught:
        scenario(**changes)
    assert any(f.where == where and found in f.found for f in caught.value.faults), caught.value.faults


def test_two_lanes_and_a_roundabout_are_refused():
    text = FILE.format(**USUAL).replace("lanes: 1, opp", "lanes: 2, opp")
    with pytest.raises(SpecErrors, match="a roundabout on a road with 2 and 1 lanes"):
        loads(text)


def test_a_rollout_with_a_roundabout_survives_writing_and_reading_and_its_map_is_refused(tmp_path):
    made = scenario(duration="2 s")
    rolled = simulate(made)
    write_rollout(tmp_path, rolled)
    assert read_rollout(tmp_path).road == rolled.road
    with pytest.raises(NotExported, match=r"road\.roundabout"):
        export(made, rolled)
