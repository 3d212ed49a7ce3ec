"""Files of other programs keep their meaning: parameters, catalogs, controllers, criteria."""

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.model.triggers import AllOf, AnyOf
from scenarios.openscenario.distributions import import_scenarios
from scenarios.openscenario.import_file import ImportOptions
from scenarios.rollout import Rollout
from scenarios.scenario import AfterDistance, AfterEvent, AtGap, AtHeadway, AtSpeed, Follow, Scenario
from scenarios.simulation.simulate import simulate
from tests.scenarios.openscenario.situations import FILES


def played(name: str) -> tuple[Scenario, Rollout]:
    """Imports a file without refusals; returns it and its rollout, in which all events happen."""
    (one,) = import_scenarios(FILES / "tools" / f"{name}.xosc", ImportOptions()).scenarios
    assert not one.report.refused
    (scenario,) = loads(one.text)
    rollout = simulate(scenario)
    assert not rollout.unfired
    return scenario, rollout


def test_an_overtaker_cuts_in_once_it_is_near_and_far_enough_along():
    scenario, rollout = played("overtaker")
    (cut_in, brake), other = scenario.events, rollout.index("over-taker")
    near, far = cut_in.when.parts
    assert isinstance(cut_in.when, AllOf)
    assert near == AtGap("over-taker", "ego", near.gap_m)
    assert near.gap_m == pytest.approx(10 - 4.2)  # of reference points, hence less
    assert far == AfterDistance("over-taker", 150.0)
    assert brake.when == AfterEvent(cut_in.name)
    assert isinstance(scenario.placed[0].behaviour, Follow)  # it has a controller
    turns = int(np.argmax(np.abs(np.diff(rollout.centre[:, other, 1])) > 1e-3))
    assert rollout.centre[turns, other, 0] - rollout.centre[0, other, 0] == pytest.approx(150, abs=3)
    assert rollout.centre[-1, other, 1] == pytest.approx(0, abs=0.05)
    assert rollout.speed_mps[-1, other] == pytest.approx(0.7 * 20, abs=0.1)


def test_a_child_is_in_the_centre_of_the_lane_when_the_egos_front_arrives():
    _, rollout = played("child-crossing")
    ego, child = 0, rollout.index("eptc")
    front = rollout.centre[:, ego, 0] + rollout.bodies[ego].size.length_m / 2
    meets = int(np.argmax(front >= rollout.centre[0, child, 0] - 0.2))  # half of the child's own width
    assert meets / 12 == pytest.approx(56.6 / (40 / 3.6), abs=0.1)
    assert rollout.centre[meets, child, 1] == pytest.approx(0, abs=0.2)
    parked = [rollout.index(name) for name in ("small-obstruction", "large-obstruction")]
    assert np.ptp(rollout.centre[0, parked, 0]) == pytest.approx(5.2)
    assert rollout.centre[0, parked, 1] == pytest.approx([-2.75, -2.75])


def test_a_car_on_the_motorway_changes_lanes_and_back():
    scenario, rollout = played("motorway")
    right, slower, left = scenario.events
    assert right.when == AllOf((AfterDistance("ego", 20.0), AtGap("ego", "adversary", 12.0, False),
                                AtSpeed("ego", 15.0, False)))  # fmt: skip
    assert slower.when == AfterEvent("right")
    assert isinstance(left.when, AnyOf)
    near, late = left.when.parts
    assert AtHeadway("adversary", "slow-truck", 1.5) in near.parts
    assert AfterEvent("slower", 1.0) in late.parts
    assert isinstance(scenario.placed[0].behaviour, Follow)  # its controller is assigned in Init
    assert scenario.friction == pytest.approx(0.6 * 0.85)
    sideways = rollout.centre[:, rollout.index("adversary"), 1]
    assert (sideways[0], sideways.min()) == pytest.approx((3.75, 0), abs=0.05)
    assert sideways[-1] > 2
