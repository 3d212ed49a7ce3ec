"""Signals: their positions and their phases."""

import numpy as np
import pytest

from conditioning.renderer.signals import SignalTriangles, signals_of
from scenarios.roads.junction import Arms, Junction, SignalInterval, SignalState
from scenarios.roads.road import Road, RoadKind

PHASES = (
    SignalInterval(SignalState.GREEN, SignalState.RED, 2.0),
    SignalInterval(SignalState.RED, SignalState.GREEN, 0.0),
)


def crossroads(arms: Arms = Arms.BOTH, signals=PHASES) -> Road:
    return Road(RoadKind.STRAIGHT, 1, 1, 3.5, 0.0, 0, junction=Junction(40.0, 1, 1, 3.5, arms, signals))


def burning(road: Road, t_s: float, across: bool) -> np.ndarray:
    """The colour of the light that is on, for one of the roads."""
    cast = SignalTriangles(road).at(t_s)[across]
    return cast.emission[cast.emission.sum(axis=1).argmax()]


def test_every_approach_has_two_signals_beside_the_road():
    poles = signals_of(crossroads())
    assert len(poles) == 8
    for pole in poles:
        assert not -1.75 < pole.y_m < 5.25 or not 36.5 < pole.x_m < 43.5
    towards_ego = [p for p in poles if not p.across and np.cos(p.yaw_rad) < -0.9]
    assert [p.y_m for p in towards_ego] == pytest.approx([-2.55, -2.55])  # on the right of approaching traffic


def test_a_side_road_has_no_signal_without_an_approach():
    assert len([p for p in signals_of(crossroads(Arms.RIGHT)) if p.across]) == 2


def test_the_lit_colour_is_that_of_the_phase():
    road = crossroads()
    assert burning(road, 1.0, across=False).argmax() == 1  # green
    assert burning(road, 1.0, across=True).argmax() == 0  # red
    assert burning(road, 3.0, across=False).argmax() == 0
    assert burning(road, 3.0, across=True).argmax() == 1


def test_a_junction_without_signals_has_none():
    assert SignalTriangles(crossroads(signals=())).at(0.0) == []
    assert SignalTriangles(None).at(0.0) == []
