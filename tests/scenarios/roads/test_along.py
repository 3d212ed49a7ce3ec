"""Features along a road: parked rows, road works, pedestrian crossings."""

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.model.bodies import Kind
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

FILE = """
name: street
intent: A street with things along it.
duration: 4 s
road: {{lanes: 2, opposite_lanes: 1, {road}}}
ego: {{lane: 0, speed: 18 km/h, drive: hold speed}}
actors: {{lead: {{kind: car, lane: 1, ahead: 90 m, speed: 18 km/h}}}}
"""


def placed(road: str):
    (made,) = loads(FILE.format(road=road))
    return made


def test_a_row_has_as_many_vehicles_as_fit_and_stands_at_the_kerb():
    """Nine cars of 4.4 m fit from 10 m to 60 m with gaps of 1 m: 9 * 4.4 + 8 = 47.6 m; ten need 53 m."""
    rolled = simulate(placed("parked: [{side: right, from: 10 m, to: 60 m}]"))
    cars = [i for i, body in enumerate(rolled.bodies) if body.id.startswith("parked-")]
    assert len(cars) == 9
    x = rolled.centre[0, cars, 0]
    assert np.diff(x) == pytest.approx(5.4)
    assert x[0] == pytest.approx(10 + 2.2)
    assert rolled.centre[0, cars, 1] == pytest.approx(-1.75 - 0.3 - 0.9)
    assert np.ptp(rolled.centre[:, cars], axis=0) == pytest.approx(0.0)


def test_on_the_left_of_a_road_with_oncoming_traffic_parked_vehicles_face_the_ego():
    rolled = simulate(placed("parked: [{side: left, from: 10 m, to: 20 m, kind: van}]"))
    assert np.cos(rolled.yaw_rad[0, rolled.index("parked-1")]) == pytest.approx(-1.0)


def test_works_close_their_lane_and_leave_the_other_free():
    rolled = simulate(placed("works: {lane: 0, from: 40 m, to: 90 m}"))
    cones = np.array([i for i, body in enumerate(rolled.bodies) if body.kind is Kind.CONE])
    x, y = rolled.centre[0, cones, :2].T
    assert (x.min(), x.max()) == pytest.approx((40.0, 90.0))
    assert (np.diff(y) >= -1e-9).all()  # from the kerb towards the lane that stays open
    assert y[0] < -1.0
    assert y[-1] == pytest.approx(1.45)
    assert rolled.centre[0, rolled.index("works-barrier"), 1] < 0.5


def test_works_in_the_left_lane_lead_to_the_right():
    rolled = simulate(placed("works: {lane: 1, from: 40 m, to: 80 m}"))
    cones = [i for i, body in enumerate(rolled.bodies) if body.kind is Kind.CONE]
    assert rolled.centre[0, cones[-1], 1] == pytest.approx(3.5 - 1.45)


@pytest.mark.parametrize(
    ("road", "where", "found"),
    [
        ("works: {lane: 3, from: 40 m, to: 80 m}", "road.works.lane", "3"),
        ("works: {lane: 0, from: 80 m, to: 40 m}", "road.works", "from 80 m to 40 m"),
        ("parked: [{side: right, from: 0 m, to: 900 m}]", "road.parked", "166 bodies along the road"),
        ("parked: [{side: right, kind: child, from: 0 m, to: 90 m}]", "road.parked.0", "a row of childs"),
    ],
)
def test_impossible_features_are_refused(road, where, found):
    with pytest.raises(SpecErrors) as caught:
        placed(road)
    assert (where, found) in [(f.where, f.found) for f in caught.value.faults], caught.value.faults
