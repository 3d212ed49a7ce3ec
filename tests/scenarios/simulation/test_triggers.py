"""Triggers: each fires at the right instant, and events that do not happen are reported."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from scenarios.model.sides import Side
from scenarios.rollout import Rollout
from scenarios.scenario import (
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtSpeed,
    AtStandstill,
    AtTTC,
    Event,
    HasPassed,
    HoldSpeed,
    InLane,
    LaneRef,
    OnLane,
    Placed,
    Trigger,
)
from scenarios.simulation.simulate import simulate
from scenarios.verbs.lateral.lane_changes import ChangeLane
from scenarios.verbs.longitudinal.brake import Brake
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed
from scenarios.verbs.scene.scene_edge import Appear
from tests.scenarios.situations import EGO_FRONT_M, car_ahead, curve, ego, scenario

STEP_S = 1 / 120
MARK = ChangeSpeed(20.0, 1.0)  # what happens when the trigger holds


def fired_s(rollout: Rollout, actor: str = "lead") -> float:
    """Time at which the marked event happened."""
    return next(h.t_s for h in rollout.happenings if h.actor == actor and "72 km/h" in h.what)


def closing(when: Trigger, gap_m: float = 40.0, ego_mps: float = 15.0, lead_mps: float = 10.0, **world) -> Rollout:
    """The ego approaches a slower car, which acts when the trigger holds."""
    placed = ego(ego_mps), car_ahead(gap_m, lead_mps)
    return simulate(scenario(*placed, events=[Event("lead", when, MARK)], **world))


@pytest.mark.parametrize("limit", [35.0, 20.0, 12.5])
@pytest.mark.parametrize("pair", [("lead", "ego"), ("ego", "lead")])
def test_a_gap_is_bumper_to_bumper(limit, pair):
    assert fired_s(closing(AtGap(*pair, limit))) == pytest.approx((40 - limit) / 5, abs=2 * STEP_S)


def test_a_gap_is_measured_along_the_lane_on_a_curve_too():
    rollout = closing(AtGap("lead", "ego", 20.0), road=curve(80.0))
    assert fired_s(rollout) == pytest.approx(4.0, abs=0.05)


def test_a_trigger_may_wait_for_an_opening_gap():
    rollout = closing(AtGap("lead", "ego", 45.0, below=False), ego_mps=5.0)
    assert fired_s(rollout) == pytest.approx(1.0, abs=2 * STEP_S)


@pytest.mark.parametrize("limit", [6.0, 4.0, 1.5])
def test_a_ttc_is_the_gap_over_the_closing_speed(limit):
    rollout = closing(AtTTC("ego", "lead", limit), duration_s=8.0)
    assert fired_s(rollout) == pytest.approx(40 / 5 - limit, abs=2 * STEP_S)


def test_a_ttc_is_the_same_from_either_side():
    assert fired_s(closing(AtTTC("lead", "ego", 4.0))) == fired_s(closing(AtTTC("ego", "lead", 4.0)))


@pytest.mark.parametrize("aside_m", [0.0, 3.5])
def test_a_ttc_counts_oncoming_traffic_in_the_same_lane_only(aside_m):
    """Two that pass in their own lanes are never about to touch, and the verdicts have no TTC of them either."""
    oncoming = Placed(car_ahead(0.0, 1.0).body, OnLane(EGO_FRONT_M + 102.2, aside_m, facing=-1), 15.0, HoldSpeed(15.0))
    events = [Event("lead", AtTTC("ego", "lead", 2.0), MARK)]
    rollout = simulate(scenario(ego(10.0), oncoming, events=events))
    if aside_m:
        assert rollout.unfired[0].why == "ego and lead were never about to meet"
        return
    assert fired_s(rollout) == pytest.approx(100 / 25 - 2.0, abs=2 * STEP_S)


@pytest.mark.parametrize("limit", [2.5, 2.0, 1.0])
def test_a_headway_is_the_gap_over_the_followers_speed(limit):
    rollout = closing(AtHeadway("ego", "lead", limit))
    assert fired_s(rollout) == pytest.approx((40 - limit * 15) / 5, abs=2 * STEP_S)


def test_a_headway_only_counts_to_a_body_ahead():
    rollout = closing(AtHeadway("lead", "ego", 2.0))
    assert rollout.unfired[0].why == "ego was never ahead"


def test_a_speed_is_reached_from_either_side():
    events = [Event("ego", After(0.0), ChangeSpeed(20.0, 2.0)), Event("lead", AtSpeed("ego", 15.0, False), MARK)]
    rollout = simulate(scenario(ego(10.0), car_ahead(60.0, 12.0), events=events))
    speed = rollout.speed_mps[:, 0]
    crossed = np.interp(15.0, speed[:50], rollout.t_s[:50])
    assert fired_s(rollout) == pytest.approx(crossed, abs=0.02)


def test_standstill_is_when_it_stands():
    events = [Event("ego", After(0.5), Brake(5.0)), Event("lead", AtStandstill("ego"), MARK)]
    rollout = simulate(scenario(ego(10.0), car_ahead(60.0, 12.0), events=events))
    assert fired_s(rollout) == pytest.approx(0.5 + 2.0 + 5 / 44 / 2, abs=0.03)


def test_a_distance_travelled_is_counted_from_the_start():
    rollout = closing(AfterDistance("ego", 33.0))
    assert fired_s(rollout) == pytest.approx(33 / 15, abs=2 * STEP_S)


@pytest.mark.parametrize("radius", [None, 120.0])
def test_a_place_is_reached_by_the_front(radius):
    road = {} if radius is None else {"road": curve(radius)}
    rollout = closing(AtPlace("ego", 50.0), **road)
    assert fired_s(rollout) == pytest.approx((50 - EGO_FRONT_M) / 15, abs=3 * STEP_S)


def test_a_lane_is_entered_with_the_centre():
    van = car_ahead(30.0, 12.0, name="van")
    events = [Event("van", After(0.0), ChangeLane(Side.LEFT, 4.0)), Event("lead", InLane("van", LaneRef(1)), MARK)]
    rollout = simulate(scenario(ego(10.0), car_ahead(60.0, 12.0, d_m=7.0), van, events=events))
    assert fired_s(rollout) == pytest.approx(2.0, abs=0.05)


def test_passing_ends_when_the_rear_is_beyond_the_other_body():
    slow = car_ahead(10.0, 5.0, d_m=3.5, name="slow")
    events = [Event("lead", HasPassed("ego", "slow"), MARK)]
    rollout = simulate(scenario(ego(15.0), car_ahead(90.0, 12.0), slow, events=events))
    assert fired_s(rollout) == pytest.approx((10 + 4.4 + 4.358) / 10, abs=2 * STEP_S)


def test_an_event_follows_when_another_has_ended_with_a_delay():
    events = [
        Event("ego", After(1.0), Brake(5.0, 5.0), "slow"),
        Event("lead", AfterEvent("slow", 0.75), MARK),
    ]
    rollout = simulate(scenario(ego(15.0), car_ahead(60.0, 12.0), events=events))
    slow = rollout.t_s[np.argmax(rollout.speed_mps[:, 0] <= 5.03)]
    assert fired_s(rollout) == pytest.approx(slow + 0.75, abs=0.12)


def test_an_event_that_is_replaced_has_ended():
    events = [
        Event("lead", After(0.0), HoldSpeed(12.0), "hold"),
        Event("lead", After(2.0), ChangeSpeed(8.0, 2.0)),
        Event("ego", AfterEvent("hold"), MARK),
    ]
    rollout = simulate(scenario(ego(10.0), car_ahead(60.0, 12.0), events=events))
    assert fired_s(rollout, "ego") == pytest.approx(2.0, abs=2 * STEP_S)


def test_steering_does_not_replace_braking():
    events = [
        Event("lead", After(0.0), Brake(2.0), "stop"),
        Event("lead", After(1.0), ChangeLane(Side.LEFT, 3.0)),
        Event("ego", AfterEvent("stop"), MARK),
    ]
    rollout = simulate(scenario(ego(0.0), car_ahead(60.0, 8.0), events=events))
    assert fired_s(rollout, "ego") == pytest.approx(4.0, abs=0.1)


def test_a_trigger_that_holds_at_the_start_fires_at_once():
    assert fired_s(closing(AtGap("lead", "ego", 90.0))) == 0.0


def test_an_event_happens_once():
    rollout = closing(AtGap("lead", "ego", 30.0))
    assert sum("72 km/h" in h.what for h in rollout.happenings) == 1


NEVER = [
    (AtGap("lead", "ego", 5.0), r"the smallest gap of lead and ego was 10.\d m"),
    (AtGap("lead", "ego", 50.0, below=False), "the largest gap of lead and ego was 40.0 m"),
    (AtTTC("ego", "lead", 0.5), r"the smallest TTC of ego and lead was 2.0\d s"),
    (AtHeadway("ego", "lead", 0.2), r"the smallest headway of ego and lead was 0.[67]\d s"),
    (AtSpeed("ego", 20.0, False), "ego was never faster than 54.0 km/h"),
    (AtSpeed("ego", 5.0, True), "ego was never slower than 54.0 km/h"),
    (AtStandstill("lead"), "lead was never slower than 36.0 km/h"),
    (AfterDistance("ego", 400.0), r"ego travelled 8[89].\d m in all"),
    (AtPlace("lead", 500.0), r"lead stayed 39\d.\d m short of it"),
    (InLane("lead", LaneRef(1)), "lead stayed 3.5 m from the middle of lane 1"),
    (HasPassed("ego", "lead"), r"ego stayed 1\d.\d m short of having passed lead"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "why"), NEVER, ids=[type(w).__name__ for w, _ in NEVER])
def test_an_event_that_never_happens_is_reported_with_the_nearest_value_of_its_trigger(when, why):
    rollout = closing(when)
    (missed,) = rollout.unfired
    assert missed.actor == "lead"
    assert missed.event.startswith("lead changes speed to 72 km/h at 1 m/s^2 when ")
    assert re.fullmatch(why + r".*", missed.why), missed.why


def test_an_event_that_waits_for_an_event_that_never_happens_is_reported():
    events = [
        Event("lead", AtGap("lead", "ego", 2.0), Brake(3.0), "near"),
        Event("ego", AfterEvent("near"), MARK),
        Event("lead", After(0.0), Brake(0.5), "long"),
        Event("ego", AfterEvent("long"), MARK),
        Event("ego", After(0.0), HoldSpeed(10.0, 5.5), "hold"),
        Event("lead", AfterEvent("hold", 3.0), MARK),
    ]
    rollout = simulate(scenario(ego(10.0), car_ahead(60.0, 12.0), events=events))
    assert [u.why for u in rollout.unfired][1:] == [
        "'near' never happened", "'long' never ended", "'hold' ended at 5.50 s, too late in the clip",
    ]  # fmt: skip


def test_a_rollout_with_all_events_reports_none():
    assert closing(AtGap("lead", "ego", 30.0)).unfired == ()


def test_triggers_about_unknown_actors_are_refused():
    with pytest.raises(ValueError, match="'ghost'"):
        closing(AtGap("ghost", "ego", 30.0))


def test_an_absent_body_fires_no_trigger():
    far = replace(car_ahead(150.0, 10.0, d_m=3.5), behaviour=HoldSpeed(10.0))
    events = [Event("lead", After(3.0), Appear()), Event("ego", AtGap("lead", "ego", 160.0), MARK)]
    rollout = simulate(scenario(ego(10.0), far, events=events))
    assert fired_s(rollout, "ego") == pytest.approx(3.0, abs=2 * STEP_S)
    assert math.isfinite(rollout.centre[-1, 1, 0])
