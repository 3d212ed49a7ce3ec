"""Visibility and contact of bodies, compared with plain geometry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon
from shapely.affinity import translate

from scenarios.boxes import box_corners
from scenarios.simulation.dynamics.collisions import touching
from scenarios.simulation.traffic.driver_vision import RAYS, TrafficScene, ahead, traffic_scene, visible_share
from tests.scenarios.situations import STRAIGHT, curve

CAR = (4.4, 1.8, 1.5)
Body = tuple[float, float, float, tuple[float, float, float]]  # x, y, yaw, size


def scene(*bodies: Body, velocity=None, road=STRAIGHT) -> TrafficScene:
    xy, yaw = np.array([b[:2] for b in bodies], float), np.array([b[2] for b in bodies], float)
    moving = np.zeros((len(bodies), 2)) if velocity is None else np.array(velocity, float)
    size, there = np.array([b[3] for b in bodies], float), np.ones(len(bodies), bool)
    return traffic_scene(road, xy, yaw, size, moving, np.zeros(len(bodies), bool), there)


# -- contact -------------------------------------------------------------------------------------------------------

boxes = st.tuples(
    st.floats(-6, 6), st.floats(-6, 6), st.floats(-4, 4), st.tuples(st.floats(0.3, 9), st.floats(0.3, 3), st.just(1.5))
)


@settings(max_examples=200, deadline=None)
@given(st.lists(boxes, min_size=2, max_size=5))
def test_touching_boxes_are_those_whose_outlines_overlap(bodies):
    seen = scene(*bodies)
    outlines = [Polygon(c) for c in seen.corners]
    found = touching(seen.xy, seen.yaw, seen.size, np.ones(len(bodies), bool), seen.present)
    areas = {(i, j): outlines[i].intersection(outlines[j]).area for j in range(len(bodies)) for i in range(j)}
    told = {(i, j) for i, j, _ in found}
    assert told >= {pair for pair, area in areas.items() if area > 1e-6}
    assert all(outlines[i].distance(outlines[j]) < 1e-9 for i, j in told)
    for i, j, normal in found:
        assert np.hypot(*normal) == pytest.approx(1)
        apart = translate(outlines[j], *(20 * normal))
        assert apart.distance(outlines[i]) > 1  # the normal leads from the first to the second


def test_standing_bodies_do_not_touch_each_other():
    bodies = scene((0, 0, 0, CAR), (1, 0, 0, CAR))
    assert touching(bodies.xy, bodies.yaw, bodies.size, np.array([False, False]), bodies.present) == []
    ((i, j, normal),) = touching(bodies.xy, bodies.yaw, bodies.size, np.array([False, True]), bodies.present)
    assert (i, j) == (0, 1)
    assert normal == pytest.approx([0, 1])  # beside each other the overlap is least: 1.8 of width against 3.4 of length


def test_corners_are_of_any_shape_and_turn_with_the_body():
    corners = box_corners(np.zeros((3, 2, 2)), np.full((3, 2), np.pi / 2), np.full((3, 2, 3), 2.0))
    assert corners.shape == (3, 2, 4, 2)
    assert corners[1, 1] == pytest.approx(np.array([[-1, 1], [-1, -1], [1, -1], [1, 1]]))


# -- sight ---------------------------------------------------------------------------------------------------------


def test_a_body_in_plain_sight_is_fully_visible():
    assert visible_share(scene((0, 0, 0, CAR), (30, 3, 0, CAR), (30, -9, 0, CAR)), 0, 1) == 1.0


def test_a_truck_in_between_hides_a_child_completely():
    assert visible_share(scene((0, 0, 0, CAR), (30, 0, 0, (0.7, 0.3, 1.15)), (20, 0, 0, (8, 2.5, 3))), 0, 1) == 0.0


def test_a_body_behind_another_hides_nothing():
    assert visible_share(scene((0, 0, 0, CAR), (15, 0, 0, CAR), (40, 0, 0, (8, 2.5, 3))), 0, 1) == 1.0


def test_a_low_barrier_hides_the_legs_only():
    adult, barrier = (30, 0, 0, (0.5, 0.5, 1.8)), (27, 0, 0, (0.5, 4.0, 0.8))
    assert visible_share(scene((0, 0, 0, CAR), adult, barrier), 0, 1) == pytest.approx(2 / 3)


@settings(max_examples=60, deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(8, 24))
def test_a_tall_box_hides_the_share_of_the_width_within_its_outline(y, x):
    """Compared with the bearings of the outlines: a tall box covers everything between them at any distance."""
    target, cover = (30.0, 0.0, 0.0, (0.2, 3.0, 1.5)), (x, y, 0.0, (0.2, 2.0, 3.0))
    seen = scene((0, 0, 0, CAR), target, cover)
    bearing = np.arctan2(seen.corners[..., 1], seen.corners[..., 0] - 0.35)
    low, high = bearing[1].min(), bearing[1].max()
    covered = max(0.0, min(high, bearing[2].max()) - max(low, bearing[2].min())) / (high - low)
    assert visible_share(seen, 0, 1) == pytest.approx(1 - covered, abs=1.5 / RAYS)


# -- what lies ahead -----------------------------------------------------------------------------------------------


def test_the_gap_is_bumper_to_bumper_in_the_corridor_only():
    bodies = scene((0, 0, 0, CAR), (20, 0, 0, CAR), (20, 3.5, 0, CAR), (-20, 0, 0, CAR), (200, 0, 0, CAR))
    view = ahead(bodies, 0, 0.0, 1, 10.0)
    assert view.inside.tolist() == [False, True, False, False, False]
    assert view.gap[1] == pytest.approx(20 - 4.4)


def test_a_crossing_body_is_in_the_path_if_it_arrives_in_time_only():
    walker = (0.5, 0.5, 1.8)
    bodies = scene(
        (0, 0, 0, CAR), (20, -3, 1.57, walker), (20, -30, 1.57, walker), (25, -3, 0, CAR),
        velocity=[(10, 0), (0, 1.5), (0, 1.5), (10, 1.5)],
    )  # fmt: skip
    view = ahead(bodies, 0, 0.0, 1, 10.0)
    assert view.crossing.tolist() == [False, True, False, False]
    assert view.entering.tolist() == [False, False, False, True]
    assert view.approaching.tolist() == [False, True, True, True]


def test_in_a_bend_the_gap_is_along_the_bend():
    road = curve(50.0)
    x, y, yaw = road.pose(np.array(30.0), np.array(0.0))
    view = ahead(scene((0, 0, 0, CAR), (float(x), float(y), float(yaw), CAR), road=road), 0, 0.0, 1, 10.0)
    assert view.inside[1]
    assert view.gap[1] == pytest.approx(30 - 4.4, abs=0.1)
