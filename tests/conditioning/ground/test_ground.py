"""The ground of a junction, and of a road with zebra stripes."""

import math

import numpy as np
import pytest
from shapely.geometry import Point

from conditioning.ground.road_surface import edge_distance, is_painted
from scenarios.roads.junction import CORNER_M, Arms, Junction, SignalInterval, SignalState
from scenarios.roads.road import Road, RoadKind
from scenarios.roads.road_polygons import road_area

GREEN = (SignalInterval(SignalState.GREEN, SignalState.RED, 0.0),)


def crossroads(arms: Arms = Arms.BOTH, signals=GREEN) -> Road:
    """One lane in each direction; the centre of the crossing road is 40 m ahead."""
    return Road(RoadKind.STRAIGHT, 1, 1, 3.5, 0.0, 0, junction=Junction(40.0, 1, 1, 3.5, arms, signals))


def beyond(road: Road, x: float, y: float) -> float:
    return float(edge_distance(road, np.array([[x, y]]))[0])


def paint(road: Road, x: float, y: float) -> bool:
    return bool(is_painted(road, np.array([[x, y]]))[0])


@pytest.mark.parametrize("arms", list(Arms))
def test_the_ground_is_the_area_of_the_roads(arms):
    """At random positions, carriageway in the pictures is carriageway in the polygons, including corners."""
    road, rng = crossroads(arms), np.random.default_rng(0)
    points = np.stack([rng.uniform(20, 60, 3000), rng.uniform(-30, 33, 3000)], axis=-1)
    drawn = edge_distance(road, points)
    area = road_area(road, -50.0, 150.0)
    clear = np.abs(drawn) > 0.05  # the polygon's corners are not exactly round
    inside = np.array([area.contains(Point(p)) for p in points])
    assert (inside == (drawn <= 0))[clear].all()
    assert 0.1 < inside.mean() < 0.5


def test_beyond_the_corner_the_pavement_begins_at_its_arc():
    """The corner's centre is 5 m from both edges; on the diagonal the kerb is 5 m from it."""
    road = crossroads()
    centre = np.array([40 - 3.5 - CORNER_M, -1.75 - CORNER_M])
    for away, expected in ((CORNER_M, 0.0), (CORNER_M - 1.0, 1.0), (CORNER_M + 1.0, -1.0)):
        place = centre + away * np.array([1, 1]) / math.sqrt(2)
        assert beyond(road, *place) == pytest.approx(expected)


def test_a_side_road_is_on_one_side_only():
    assert beyond(crossroads(Arms.RIGHT), 40.0, -20.0) < 0
    assert beyond(crossroads(Arms.RIGHT), 40.0, 20.0) == pytest.approx(20.0 - 5.25)
    assert beyond(crossroads(Arms.LEFT), 40.0, -20.0) == pytest.approx(20.0 - 1.75)


def test_lines_end_before_the_junction_and_stop_lines_are_at_the_stop_position():
    road = crossroads()
    edge = -1.75 + 0.25
    assert paint(road, 20.0, edge)
    assert not paint(road, 40.0, edge)
    assert paint(road, 40 - 3.5 - 6 + 0.2, 0.0)  # the ego's stop line
    assert not paint(road, 40 - 3.5 - 6 + 0.2, 3.5)  # not in the oncoming lane
    assert paint(road, 41.75, -1.75 - 6 + 0.2)  # the stop line of traffic from the right
    assert not paint(crossroads(signals=()), 40 - 3.5 - 6 + 0.2, 0.0)


def test_the_far_edge_of_a_side_road_keeps_its_line():
    assert paint(crossroads(Arms.RIGHT), 40.0, 5.25 - 0.25)
    assert not paint(crossroads(Arms.BOTH), 40.0, 5.25 - 0.25)


def test_zebra_stripes_are_across_the_road():
    road = Road(RoadKind.STRAIGHT, 1, 1, 3.5, 0.0, 0, zebras_m=(30.0,))
    y = np.arange(-1.7, 5.2, 0.01)
    on = is_painted(road, np.stack([np.full_like(y, 30.0), y], axis=-1))
    assert 0.35 < on.mean() < 0.6
    off = is_painted(road, np.stack([np.full_like(y, 33.0), y], axis=-1))
    assert off.mean() < 0.1
