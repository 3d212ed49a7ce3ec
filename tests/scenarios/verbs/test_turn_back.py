"""The verb 'turns back': a crossing actor goes back to its side of the road."""

import numpy as np
import pytest

from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from tests.scenarios.verbs.lanes import ACTORS, driven, lanes, offsets, said_at, speeds, story_of

RED, _, WALKER, RIDER, _ = ACTORS
DEER = "deer: {kind: deer, side: left, ahead: 60 m, offset: 1 m}"


@pytest.mark.parametrize(("who", "actor"), [("walker", WALKER), ("deer", DEER)])
def test_it_leaves_the_road_on_the_side_of_its_start_at_its_speed(who, actor):
    rollout = driven(lanes(f"{who} crosses the road", f"{who} turns back after 2 s", actors=(actor,)))
    d, turned = offsets(rollout, who), int(np.searchsorted(rollout.t_s, 2.0))
    began, most = d[0], d[np.abs(d - d[0]).argmax()]
    assert abs(d[turned] - began) > 2
    assert abs(most - d[turned]) < 2
    edge = rollout.road.right_edge if began < 0 else rollout.road.left_edge
    assert abs(d[-1] - edge) > 1.1 and (d[-1] - edge) * (began - edge) > 0
    before, after = speeds(rollout, who)[turned - 1], speeds(rollout, who)[turned + 12]
    assert after == pytest.approx(before, abs=0.02)
    assert speeds(rollout, who)[-1] == 0


def test_it_may_turn_back_at_a_run():
    rollout = driven(lanes("walker crosses the road", "walker turns back at 9 km/h after 2 s", actors=(WALKER,)))
    assert speeds(rollout, "walker").max() == pytest.approx(9 / 3.6, abs=0.02)


def test_a_cyclist_rides_back_in_an_arc():
    road = "{lanes: 3, opposite_lanes: 2}"
    rollout = driven(
        lanes(
            "rider crosses the road at 10 km/h",
            "rider turns back after 3 s",
            actors=(RIDER,),
            road=road,
            duration="16 s",
        )
    )
    assert np.sin(rollout.yaw_rad[-1, 1]) == pytest.approx(-1, abs=1e-3)
    assert offsets(rollout, "rider")[-1] < rollout.road.right_edge


def test_an_actor_that_waits_on_the_road_may_then_turn_back_at_its_former_speed():
    rollout = driven(
        lanes("walker crosses the road", "walker waits 1 s after 2 s and then turns back", actors=(WALKER,))
    )
    assert speeds(rollout, "walker")[-24:].max() < 5.1 / 3.6
    assert offsets(rollout, "walker")[-1] < rollout.road.right_edge - 1


def test_it_ends_beside_the_road():
    lines = ("walker crosses the road", "back: walker turns back after 2 s", "red brakes when back has ended")
    rollout = driven(lanes(*lines, actors=(WALKER.replace("60 m", "200 m"), RED)))
    assert said_at(rollout, "brakes") > 3.5


def test_after_a_complete_crossing_it_is_declined_and_reported():
    rollout = simulate(lanes("walker crosses the road", "walker turns back after 11 s", actors=(WALKER,)))
    assert any("does not turn back: it does not cross" in h.what for h in rollout.happenings)


def test_explain_prints_the_speed():
    told = story_of(lanes("walker crosses the road", "walker turns back after 2 s", actors=(WALKER,)))
    assert told[1] == "walker turns back after 2 s   # at the speed at which it crosses"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["walker turns back after 2 s"], ["does not cross the road before", "'walker crosses the road'"]),
        (["walker crosses after 3 s", "walker turns back after 2 s"], ["does not cross the road before"]),
        (["red turns back after 2 s"], ["a car", "turn_around"]),
        (["walker crosses", "walker turns back at 0 km/h after 2 s"], ["a speed above zero"]),
        (["walker crosses", "walker turns back within 2 s"], ["no 'within 2 s': it has no meaning for 'turn back'"]),
    ],
)  # fmt: skip
def test_impossible_lines_are_refused_with_a_correction(lines, said):
    with pytest.raises(SpecErrors) as caught:
        lanes(*lines, actors=(WALKER, RED))
    assert [part for part in said if part not in str(caught.value)] == []


def test_a_declined_action_is_reported_as_an_event_that_did_not_happen():
    rollout = simulate(lanes("walker crosses the road at 8 km/h at the start, then turns back", actors=(WALKER,)))
    (declined,) = rollout.unfired
    assert declined.actor == "walker" and declined.why == "does not turn back: it does not cross"
