"""Roads of several bends: spec, driving and refusals."""

import numpy as np
import pytest

from outputs.clips.rollout_file import read_rollout, write_rollout
from scenarios.load import loads
from scenarios.metrics.criticality import encounters
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: winding
intent: A road with bends.
duration: 8 s
road: {{kind: path, lanes: 2, opposite_lanes: 1, pieces: {pieces}}}
ego: {{lane: 0, speed: 50 km/h, drive: follow}}
actors:
  lead: {{kind: car, lane: 0, ahead: 30 m, speed: 40 km/h}}
  other: {{kind: car, lane: oncoming 0, ahead: 90 m, speed: 40 km/h}}
"""
S_BEND = (
    "[{length: 20 m}, {length: 50 m, radius: 70 m, direction: left}, {length: 80 m, radius: 60 m, direction: right}]"
)


def winding(pieces: str = S_BEND):
    (made,) = loads(FILE.format(pieces=pieces))
    return made


def test_bodies_keep_the_lane_through_an_s_bend():
    rollout = simulate(winding())
    d = rollout.road.project(rollout.centre[..., :2])[..., 1]
    assert d[:, :2] == pytest.approx(0.0, abs=0.05)  # a body's centre is slightly inside its lane's centre
    assert d[:, 2] == pytest.approx(7.0, abs=0.05)
    headings = rollout.yaw_rad[:, 0]
    assert headings.max() > 0.5  # to the left, then back
    assert headings[-1] < headings.max() - 0.1


def test_the_gap_is_measured_along_the_bends():
    """Ego and lead are in one lane: the gap is the difference of their s minus their lengths."""
    rollout = simulate(winding())
    s = rollout.road.project(rollout.centre[..., :2])[..., 0]
    length = rollout.sizes[:2, 0].sum() / 2
    gap = encounters(rollout).gap_m[:, 1]
    assert gap == pytest.approx(s[:, 1] - s[:, 0] - length, abs=0.35)


def test_a_bend_of_decreasing_radius_needs_increasing_lateral_acceleration():
    rollout = simulate(winding("[{length: 20 m}, {length: 90 m, radius: 150 m, to_radius: 50 m, direction: left}]"))
    turning = np.gradient(np.unwrap(rollout.yaw_rad[:, 0]), rollout.t_s)
    s = rollout.road.project(rollout.centre[:, 0, :2])[:, 0]
    bend = turning / np.maximum(rollout.speed_mps[:, 0], 1.0)
    inside = (s > 35) & (s < 95)
    assert (np.diff(bend[inside]) > -1e-4).all()
    assert bend[inside][-1] == pytest.approx(rollout.road.curvature(float(s[inside][-1])), rel=0.05)


def test_a_rollout_on_a_path_road_survives_writing_and_reading(tmp_path):
    rollout = simulate(winding())
    write_rollout(tmp_path, rollout)
    assert read_rollout(tmp_path).road == rollout.road


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ("[{length: 40 m, radius: 80 m}]", "a bend without direction"),
        ("[{length: 40 m, direction: left}]", "a direction without radius"),
        ("[]", "a list of 0"),
        ("[{length: 200 m, radius: 25 m, direction: left}]", "a road that crosses or meets itself"),
        ("[{length: 40 m, radius: 5 m, direction: left}]", "'5 m'"),
    ],
)
def test_invalid_roads_are_refused(pieces, found):
    with pytest.raises(SpecErrors) as caught:
        winding(pieces)
    assert [fault.found for fault in caught.value.faults] == [found]


def test_a_bend_too_tight_for_its_inner_lanes_is_refused():
    file = FILE.replace("opposite_lanes: 1", "opposite_lanes: 3")
    with pytest.raises(SpecErrors, match="too tight"):
        loads(file.format(pieces="[{length: 30 m, radius: 20 m, direction: left}]"))
