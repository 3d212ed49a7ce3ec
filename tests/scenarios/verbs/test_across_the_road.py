"""Who heads across the road cannot go on along it at once: such an action is declined and told, and nothing jumps."""

import numpy as np
import pytest

from scenarios.simulation.simulate import simulate
from tests.scenarios.verbs.lanes import driven, impossible, lanes

WIDE = "{lanes: 2, opposite_lanes: 2}"


@pytest.mark.parametrize("kind", ["cyclist", "e-scooter", "motorcycle", "car"])
@pytest.mark.parametrize(
    "line",
    ["body turns around after 3 s", "body changes lane to the left after 3 s", "body follows at 20 km/h after 3 s",
     "body pulls out after 8 s"],
)  # fmt: skip
def test_who_crosses_is_told_to_go_along_the_road_and_crosses_on(kind, line):
    actor = f"body: {{kind: {kind}, side: right, ahead: 60 m, offset: 1 m}}"
    scenario = lanes("body crosses the road at 12 km/h", line, actors=(actor,), road=WIDE)
    rollout = simulate(scenario)
    assert impossible(scenario, rollout) == []
    (missed,) = rollout.unfired
    assert "heads 90 degrees across the road" in missed.why
    assert rollout.centre[-1, 1, 1] > rollout.road.left_edge


@pytest.mark.parametrize("kind", ["e-scooter", "motorcycle"])
def test_who_crosses_on_two_wheels_turns_back(kind):
    actor = f"body: {{kind: {kind}, side: right, ahead: 60 m, offset: 1 m}}"
    rollout = driven(lanes("body crosses the road at 12 km/h", "body turns back after 2 s", actors=(actor,), road=WIDE))
    assert rollout.centre[-1, 1, 1] < rollout.road.right_edge


@pytest.mark.parametrize("degrees", [20, 60])
def test_who_stands_askew_does_not_pull_out_with_a_jump(degrees):
    actor = f"body: {{kind: car, box: {{at: [60 m, -4.5 m], heading: {degrees} deg}}}}"
    scenario = lanes("body pulls out after 1 s", actors=(actor,), road=WIDE)
    rollout = simulate(scenario)
    assert impossible(scenario, rollout) == []
    assert f"heads {degrees} degrees across the road" in rollout.unfired[0].why
    assert np.ptp(rollout.yaw_rad[:, 1]) == 0


def test_who_comes_from_a_trajectory_against_the_road_bends_into_its_lane():
    path = "body follows the path through (1 s, 6 m, 0 m) (2 s, 12 m, 0.4 m)"
    actor = "body: {kind: car, lane: oncoming 0, ahead: 90 m, speed: 20 km/h}"
    rollout = driven(lanes(path, "body changes lane to the left after 1.8 s", actors=(actor,), road=WIDE))
    assert rollout.centre[-1, 1, 1] == pytest.approx(rollout.road.lane_centre(1), abs=0.1)
