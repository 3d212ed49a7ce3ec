"""Conversion to road coordinates and back."""

import math

import numpy as np
import pytest

from scenarios.roads.road import Road, RoadKind
from tests.scenarios.situations import STRAIGHT, curve


@pytest.mark.parametrize("road", [STRAIGHT, curve(60.0), curve(-80.0)])
def test_project_is_the_inverse_of_pose(road):
    rng = np.random.default_rng(0)
    s, d = rng.uniform(-20, 120, 200), rng.uniform(-8, 8, 200)
    assert road.project(road.pose(s, d)[:, :2]) == pytest.approx(np.stack([s, d], -1), abs=1e-6)


@pytest.mark.parametrize("road", [STRAIGHT, curve(60.0), curve(-80.0)])
def test_one_point_is_placed_as_many_are(road):
    assert road.place(31.0, -2.5) == pytest.approx(tuple(road.pose(np.array(31.0), np.array(-2.5))))


def test_a_left_bend_turns_left_by_the_arc_over_the_radius():
    x, y, heading = curve(100.0).place(100 * math.pi / 2, 0.0)
    assert (x, y, heading) == pytest.approx((100.0, 100.0, math.pi / 2))


def test_lanes_count_from_the_right_and_the_ego_lane_is_the_origin():
    road = Road(RoadKind.STRAIGHT, 3, 2, 3.5, 0.0, ego_lane=1)
    assert [road.lane_centre(i) for i in range(5)] == [-3.5, 0.0, 3.5, 7.0, 10.5]
    assert (road.right_edge, road.left_edge) == (-5.25, 12.25)
    assert road.band(road.right_edge, road.left_edge, 0.0, 100.0).area == pytest.approx(1750.0)
