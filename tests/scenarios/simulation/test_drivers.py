"""Car following and worked values of emergency braking, measured in complete simulations."""

from functools import cache

import numpy as np
import pytest

from scenarios.metrics.criticality import encounters
from scenarios.model.driver_models import DRIVERS, accepted_time_gap, driver, idm
from scenarios.scenario import After, Event, Follow, HoldSpeed
from scenarios.simulation.simulate import simulate
from scenarios.verbs.longitudinal.brake import Brake
from tests.scenarios.situations import KMH, car_ahead, child_between_cars, ego, lead_brakes, scenario


def bumper_gap(rollout) -> np.ndarray:
    lengths = rollout.sizes[:2, 0].sum() / 2
    return rollout.centre[:, 1, 0] - rollout.centre[:, 0, 0] - lengths


def impact_kmh(rollout) -> float | None:
    """Speed of the first collision, from its event."""
    told = [h.what for h in rollout.happenings if h.other]
    return float(told[0].split()[-2]) if told else None


@cache
def driven_behind(gap_m: float, decel: float):
    """CCRb with the careful driver model."""
    return simulate(lead_brakes(gap_m, decel))


@cache
def driven_past_child(ego_kmh: float):
    """CPNCO with the careful driver model."""
    return simulate(child_between_cars(ego_kmh))


# Published for a deceleration step to 0.774 g 1.15 s after the lead brakes; here the brakes of both vehicles build up.
@pytest.mark.parametrize(("gap_m", "decel", "published_m"), [(12, 2, 10.2), (40, 2, 38.2), (40, 6, 27.8)])
def test_the_careful_driver_keeps_the_published_gaps(gap_m, decel, published_m):
    rollout = driven_behind(gap_m, decel)
    assert impact_kmh(rollout) is None
    assert bumper_gap(rollout).min() == pytest.approx(published_m, abs=0.15)


def test_the_careful_driver_hits_the_lead_only_from_12_m_at_6():
    assert impact_kmh(driven_behind(12, 6)) == pytest.approx(6.9, abs=0.7)


def test_the_attentive_driver_avoids_it_with_the_published_gap():
    rollout = simulate(lead_brakes(12, 6, "attentive"))
    assert impact_kmh(rollout) is None
    assert bumper_gap(rollout).min() == pytest.approx(9.7, abs=0.3)


@pytest.mark.parametrize(("ego_kmh", "published_kmh"), [(20, None), (30, 18), (40, 29), (50, 39), (60, 50)])
def test_the_child_from_between_cars_is_hit_as_published(ego_kmh, published_kmh):
    rollout = driven_past_child(ego_kmh)
    if published_kmh is None:
        assert impact_kmh(rollout) is None
    else:
        assert impact_kmh(rollout) == pytest.approx(published_kmh, abs=2.0)


@pytest.mark.parametrize("ego_kmh", [20, 60])
def test_the_attentive_driver_avoids_the_child(ego_kmh):
    assert impact_kmh(simulate(child_between_cars(ego_kmh, "attentive"))) is None


@pytest.mark.parametrize("ego_kmh", [20, 60])
def test_the_hidden_child_is_noticed_about_one_and_a_half_seconds_before_impact(ego_kmh):
    rollout = driven_past_child(ego_kmh)
    noticed = next(h.t_s for h in rollout.happenings if h.what == "notices child")
    assert 2.4 - noticed == pytest.approx(1.55, abs=0.1)


def test_a_body_is_not_noticed_before_it_is_visible():
    """Without the parked cars the same child is noticed earlier."""
    hidden = child_between_cars(40)
    kept = [p for p in hidden.placed if p.body.id not in ("near", "far")]
    plain = scenario(*kept, friction=0.9)
    first = [next(h.t_s for h in simulate(s).happenings if "notices" in h.what) for s in (hidden, plain)]
    assert first[1] < first[0] - 0.5


def test_following_settles_near_the_wanted_time_gap():
    rollout = simulate(scenario(ego(15.0, Follow(20.0, "idm")), car_ahead(40.0, 12.0), duration_s=30.0))
    assert rollout.speed_mps[-1, 0] == pytest.approx(12.0, abs=0.2)
    assert bumper_gap(rollout)[-1] == pytest.approx(2.0 + 1.5 * 12.0, abs=2.0)


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_every_driver_stops_behind_a_standing_car_visible_from_afar(name):
    rollout = simulate(scenario(ego(12.0, Follow(12.0, name)), car_ahead(60.0, 0.0), duration_s=13.0))
    assert impact_kmh(rollout) is None
    assert rollout.speed_mps[-1, 0] == pytest.approx(0.0, abs=0.1)
    assert 0.5 < bumper_gap(rollout)[-1] < 6.0


def test_a_short_initial_gap_is_kept_until_something_changes():
    rollout = simulate(scenario(ego(14.0, Follow(14.0, "r157 careful")), car_ahead(12.0, 14.0)))
    assert bumper_gap(rollout) == pytest.approx(12.0, abs=0.05)
    assert not rollout.brake_light.any()


def test_a_car_in_the_next_lane_does_not_make_the_ego_brake():
    rollout = simulate(scenario(ego(14.0, Follow(14.0, "r157 careful")), car_ahead(15.0, 5.0, d_m=3.5)))
    assert rollout.speed_mps[:, 0] == pytest.approx(14.0)


def test_on_ice_the_same_driver_cannot_stop():
    dry, ice = (simulate(lead_brakes(20, 6, friction=mu)) for mu in (0.9, 0.1))
    assert impact_kmh(dry) is None
    assert -ice.acceleration_mps2[:, 0].min() <= 0.1 * 9.81 + 1e-6


def test_after_an_emergency_stop_the_driver_waits_and_then_moves_off():
    events = [Event("lead", After(0.0), Brake(6.0)), Event("lead", After(5.0), HoldSpeed(8.0))]
    placed = ego(50 * KMH, Follow(50 * KMH, "attentive")), car_ahead(20.0, 50 * KMH)
    rollout = simulate(scenario(*placed, events=events, duration_s=12.0))
    assert rollout.speed_mps[:, 0].min() == 0.0
    assert rollout.speed_mps[-1, 0] > 2.0


def test_idm_keeps_the_speed_at_the_desired_speed_and_gap():
    assert idm(10.0, 10.0, 2.0 + 15.0, 10.0) == pytest.approx(0.0, abs=1e-9)
    assert idm(10.0, 10.0, 5.0, 10.0) < -1.0
    assert idm(5.0, 10.0, np.inf, 0.0) > 0.5
    assert accepted_time_gap(10.0, 12.0, 10.0) == pytest.approx(1.0)
    assert accepted_time_gap(10.0, 12.0, 2.0) == 1.5


def test_an_unknown_driver_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match=r"no driver 'asleep'; there are .*r157 careful"):
        driver("asleep")


def test_the_gap_measured_along_the_path_is_the_bumper_gap():
    rollout = driven_behind(40, 6)
    assert encounters(rollout).gap_m[:, 1] == pytest.approx(bumper_gap(rollout), abs=1e-6)
