"""Published worked values, and measures in simulated situations."""

import numpy as np
import pytest

from scenarios.metrics.criticality import closest, encounters
from scenarios.metrics.formulas import (
    brake_threat,
    braking_decel,
    decel_behind,
    derivative,
    r157_gap,
    stopping_distance,
    time_headway,
    time_to_collision,
)
from scenarios.metrics.rss import rss_ad_rss
from scenarios.model.driver_models import G
from scenarios.simulation.simulate import simulate
from tests.scenarios import situations

KMH = 1 / 3.6


@pytest.mark.parametrize(
    ("kmh", "published"),
    [(50, (24.8, 27.9, 33.6, 46.7, 79.4)), (80, (50.2, 58.2, 72.6, 106.1, 190.0))],
)
def test_stopping_distances_are_the_published_ones(kmh, published):
    got = [float(stopping_distance(kmh * KMH, 1.0, braking_decel(mu))) for mu in (0.9, 0.7, 0.5, 0.3, 0.15)]
    assert got == pytest.approx(published, abs=0.06)


def test_build_up_adds_nearly_half_its_time_and_without_it_nothing():
    v, a = 50 * KMH, 0.774 * G
    plain, slow = stopping_distance(v, 0.0, a), stopping_distance(v, 0.0, a, 0.6)
    assert float(slow - plain) == pytest.approx(v * 0.3 - a * 0.36 / 24, abs=1e-9)
    assert float(stopping_distance(v, 0.0, a, 1e-6)) == pytest.approx(float(plain), abs=1e-4)


def test_a_stop_within_the_build_up_equals_stepwise_integration():
    v, a, t_j = 1.0, 7.6, 0.6
    speed, way, t, dt = v, 0.0, 0.0, 1e-5
    while speed > 0:
        speed -= a * t / t_j * dt
        way, t = way + speed * dt, t + dt
    assert float(stopping_distance(v, 0.0, a, t_j)) == pytest.approx(way, abs=1e-3)


def test_going_uphill_shortens_the_stop():
    assert braking_decel(0.5, 0.1) > braking_decel(0.5) > braking_decel(0.5, -0.1)


def test_safe_distances_at_equal_50_kmh_are_the_published_ones():
    assert float(rss_ad_rss(50 * KMH, 50 * KMH)) == pytest.approx(41.4, abs=0.05)
    assert float(r157_gap(50 * KMH)) == pytest.approx(20.8, abs=0.05)


def test_time_to_collision_only_while_closing():
    assert time_to_collision(20.0, 5.0) == pytest.approx(4.0)
    assert np.isinf(time_to_collision(20.0, 0.0))
    assert np.isinf(time_to_collision(20.0, -3.0))
    assert time_headway(20.0, 10.0) == pytest.approx(2.0)


@pytest.mark.parametrize("lead_decel", [0.0, 1.0, 4.0, 6.0])
@pytest.mark.parametrize("lead_mps", [0.0, 6.0, 13.0])
def test_the_required_acceleration_just_avoids_touching(lead_decel, lead_mps):
    gap, v = 15.0, 14.0
    needed = -float(decel_behind(gap, v, lead_mps, lead_decel))

    def smallest_gap(braking: float) -> float:
        t = np.arange(0, 20, 1e-3)
        mine = np.maximum(v + braking * t, 0).cumsum() * 1e-3
        theirs = np.maximum(lead_mps - lead_decel * t, 0).cumsum() * 1e-3
        return float((gap + theirs - mine).min())

    assert smallest_gap(needed * 1.01 - 0.01) > 0 > smallest_gap(needed * 0.99 + 0.02)


def test_brake_threat_passes_one_when_braking_cannot_help():
    assert brake_threat(-decel_behind(5.0, 20.0, 0.0, 0.0), 0.9) > 1
    assert brake_threat(-decel_behind(50.0, 10.0, 0.0, 0.0), 0.9) < 0.2


def test_derivative_is_exact_for_a_parabola():
    t = np.arange(30) / 12
    assert derivative(3 * t**2 - t) == pytest.approx(6 * t - 1)


def test_gap_ttc_and_headway_of_a_steady_approach():
    rollout = simulate(situations.scenario(situations.ego(10.0), situations.car_ahead(40.0, 5.0), duration_s=2.0))
    met = encounters(rollout)
    assert met.gap_m[:, 1] == pytest.approx(40.0 - 5.0 * rollout.t_s, abs=1e-6)
    assert met.ttc_s[0, 1] == pytest.approx(8.0)
    assert met.headway_s[0, 1] == pytest.approx(4.0)
    assert met.required_mps2[0, 1] == pytest.approx(-(5.0**2) / 80)
    assert np.isinf(met.gap_m[:, 0]).all()


def test_the_gap_on_a_curve_is_measured_along_the_road():
    road = situations.curve(60.0)
    rollout = simulate(situations.scenario(situations.ego(8.0), situations.car_ahead(30.0, 8.0), road=road))
    # The rear bumper's corners cut the curve a little.
    assert closest(encounters(rollout)).gap_m == pytest.approx(30.0, abs=0.35)
    assert set(closest(encounters(rollout)).row) == {1}


def test_a_car_in_the_next_lane_is_not_in_the_path():
    rollout = simulate(situations.scenario(situations.ego(10.0), situations.car_ahead(20.0, 5.0, d_m=3.5)))
    assert np.isinf(closest(encounters(rollout)).gap_m).all()
    assert set(closest(encounters(rollout)).row) == {-1}
