"""Ramps: the acceleration lane, traffic along it, merging, and waiting for a gap."""

import numpy as np
import pytest

from outputs.clips.rollout_file import read_rollout, write_rollout
from pipeline.checks.physics import check_physics
from scenarios.authoring.explain import told
from scenarios.event_text import sentence
from scenarios.load import loads
from scenarios.model.sides import Side
from scenarios.openscenario.export.export import NotExported, export
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: ramp
intent: A ramp joins.
duration: {duration}
road: {{lanes: 2, ramp: {ramp}}}
ego: {ego}
actors: {{truck: {truck}, {more}}}
story: {story}
"""
USUAL = {
    "duration": "8 s",
    "ramp": "{joins: 60 m, length: 80 m, taper: 40 m}",
    "ego": "{lane: 1, speed: 70 km/h, drive: hold speed}",
    "truck": "{kind: truck, road: ramp, before: 30 m, speed: 72 km/h}",
    "more": "",
    "story": "[truck merges within 3 s]",
}
LANE_M = 3.5
ON_LANE = "{joins: -30 m, length: 120 m, taper: 40 m}"
EGO_ON_IT = "{lane: ramp, speed: 60 km/h, drive: follow}"


def scenario(**changes: str):
    (made,) = loads(FILE.format(**(USUAL | changes)))
    return made


def rollout(**changes: str) -> Rollout:
    return simulate(scenario(**changes))


def merged_s(rolled: Rollout, who: str) -> float:
    """Time at which a body begins to merge; infinite for never."""
    return next((h.t_s for h in rolled.happenings if h.actor == who and h.what.startswith("merges over")), np.inf)


def test_the_number_of_lanes_changes_along_the_road():
    """Two lanes, whose right edge is at -5.25 m seen from lane 1; three beside the acceleration lane; then fewer."""
    road = scenario().road
    wide = [road.edge_at(Side.RIGHT, s) for s in (50.0, 61.0, 139.0, 160.0, 181.0)]
    assert wide == pytest.approx([-5.25, -8.75, -8.75, -7.0, -5.25])


def test_a_body_on_the_ramp_comes_alongside_and_merges_there():
    rolled = rollout()
    truck = rolled.index("truck")
    assert rolled.centre[0, truck, 1] < -7.5  # still beside the acceleration lane, whose centre is at -7.0
    at = merged_s(rolled, "truck")
    assert np.interp(at, rolled.t_s, rolled.centre[:, truck, 0]) == pytest.approx(60 + 8, abs=1.0)
    assert np.interp(at, rolled.t_s, rolled.centre[:, truck, 1]) == pytest.approx(-7.0, abs=0.05)
    assert rolled.centre[-1, truck, 1] == pytest.approx(-LANE_M, abs=1e-3)
    assert np.abs(rolled.speed_mps[:, truck] - 20.0).max() < 1e-6


def test_the_path_along_a_ramp_passes_the_physics_checks():
    made = scenario(ego="{lane: 0, speed: 90 km/h, drive: follow}")
    rolled = simulate(made)
    assert not [v for v in check_physics(rolled, made) if v.gates and v.outcome == "fail"]


def test_a_driver_behind_brakes_for_a_merging_vehicle():
    rolled = rollout(
        ego="{lane: 0, speed: 90 km/h, drive: follow}", truck="{kind: truck, road: ramp, before: 8 m, speed: 60 km/h}"
    )
    at = merged_s(rolled, "truck")
    before = rolled.speed_mps[rolled.t_s < at - 0.1, 0]
    assert before.min() == pytest.approx(25.0, abs=0.01)  # not because of the ramp itself
    assert rolled.speed_mps[-1, 0] < 19.0


def test_an_ego_on_the_acceleration_lane_waits_for_a_gap():
    """With a van beside it, merging at once would hit it, so the ego first falls back behind it."""
    beside = "van: {kind: van, lane: 0, ahead: -4 m, speed: 60 km/h}"
    changes = {"ramp": ON_LANE, "ego": EGO_ON_IT, "truck": "{kind: truck, lane: 1, behind: 60 m, speed: 60 km/h}"}
    waits = rollout(**changes, more=beside, story="[ego merges into a gap]", duration="12 s")
    free = rollout(**changes, story="[ego merges into a gap]")
    assert merged_s(free, "ego") < 0.1
    assert 1.0 < merged_s(waits, "ego") < np.inf
    assert not [h for h in waits.happenings if h.other]
    assert waits.centre[-1, 0, 1] == pytest.approx(LANE_M, abs=1e-3)


def test_a_driver_without_a_gap_stops_before_the_lane_ends():
    long = "kind: truck, size: [30 m, 2.5 m, 3 m], lane: 0, speed: 0 km/h"
    row = ", ".join(f"v{i}: {{{long}, ahead: {31 * i - 30} m}}" for i in range(1, 5))
    rolled = rollout(
        ramp="{joins: -30 m, length: 110 m, taper: 30 m}", ego=EGO_ON_IT, more=row, story="[]", duration="14 s",
        truck="{kind: truck, lane: 1, behind: 60 m, speed: 0 km/h}",
    )  # fmt: skip
    assert merged_s(rolled, "ego") == np.inf
    front = rolled.centre[-1, 0, 0] + rolled.sizes[0, 0] / 2
    assert rolled.speed_mps[-1, 0] < 1.0
    assert 60.0 < front <= 80.0
    assert rolled.acceleration_mps2[:, 0].min() > -4.0


def test_drivers_on_the_ramp_merge_without_an_event():
    rolled = rollout(truck="{kind: car, road: ramp, before: 30 m, speed: 72 km/h, drive: follow}", story="[]")
    assert merged_s(rolled, "truck") < 4.0
    assert rolled.centre[-1, rolled.index("truck"), 1] == pytest.approx(-LANE_M, abs=1e-3)


def test_english_of_structured_lines_is_parsed_to_the_same_events_and_cutting_in_is_unchanged():
    made = scenario(story="[{actor: truck, when: {after: 1 s}, do: {merge: {gap: true, within: 4 s}}}]")
    (event,) = made.events
    assert sentence(event) == "truck merges into a gap within 4 s after 1 s"
    assert scenario(story=f'["{sentence(event)}"]').events[0].do == event.do
    beside = scenario(truck="{kind: truck, lane: 0, ahead: 5 m, speed: 60 km/h}", story="[truck merges within 2 s]")
    assert type(beside.events[0].do).__name__ == "CutIn"


def test_explain_describes_the_ramp():
    text = told((scenario(),))
    assert "Ramp: joins from the right, an acceleration lane from 60 m to 140 m along the road" in text
    assert "truck: truck, on the ramp, 30 m before its acceleration lane" in text
    assert "Ego: on the acceleration lane" in told((scenario(ramp=ON_LANE, ego=EGO_ON_IT),))


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        ({"ramp": "null"}, "actors.truck.road", "ramp, but the road has no ramp"),
        ({"ego": EGO_ON_IT}, "ego.lane", "does not start beside the acceleration lane"),
        ({"ego": "{lane: middle, speed: 5 m/s, drive: follow}"}, "ego.lane", "middle"),
        ({"story": "[truck changes lane to the left]"}, "story.0", "on the ramp"),
        ({"story": "[ego merges into a gap]"}, "story.0", "not on the ramp"),
        ({"story": "[]"}, "actors.truck", "never merges"),
    ],
)
def test_impossible_ramps_are_refused(changes, where, found):
    with pytest.raises(SpecErrors) as caught:
        scenario(**changes)
    assert any(f.where == where and found in f.found for f in caught.value.faults), caught.value.faults


def test_a_rollout_with_a_ramp_survives_writing_and_reading_and_its_map_is_refused(tmp_path):
    made = scenario()
    rolled = simulate(made)
    write_rollout(tmp_path, rolled)
    assert read_rollout(tmp_path).road == rolled.road
    with pytest.raises(NotExported, match=r"road\.ramp"):
        export(made, rolled)
