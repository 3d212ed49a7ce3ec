"""Imported OpenSCENARIO files have the same meaning as the original."""

import math
import re

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.model.environment import TimeOfDay, Weather
from scenarios.model.triggers import AllOf, AnyOf
from scenarios.openscenario.import_file import ImportOptions, import_file
from scenarios.roads.road import RoadKind
from scenarios.scenario import (
    After,
    AfterDistance,
    AfterEvent,
    AtGap,
    AtHeadway,
    AtPlace,
    AtStandstill,
    AtTTC,
    Follow,
    OnLane,
)
from scenarios.simulation.simulate import simulate
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed, Profile
from tests.scenarios.openscenario.situations import (
    BRAKES,
    TWO_CARS,
    XOSC,
    after,
    ended,
    event,
    imported,
    lane,
    of,
    placed,
    scenario_xml,
    speed_action,
)


def meant(content: bytes, asked: ImportOptions = ImportOptions()):
    (scenario,) = loads(imported(content, asked).text)
    return scenario


def one_event(action: str, *conditions: str, **how):
    (found,) = meant(scenario_xml(TWO_CARS, event("e", action, *(conditions or (after(1),)), **how))).events
    return found


# -- whole files ---------------------------------------------------------------------------------------------------


def test_a_cut_in_with_catalog_parameters_and_expressions():
    (scenario,) = loads(import_file(XOSC / "cut-in.xosc", ImportOptions(), {}).text)
    ego, other = scenario.placed
    assert (ego.speed_mps, other.speed_mps) == pytest.approx((20, 15))
    assert other.body.size.length_m == 4.6  # the catalog's parameter, assigned
    gap = other.start.s_m - ego.start.s_m - (4.2 + 4.6) / 2
    assert gap == pytest.approx(30 - 4.4)
    assert (scenario.road.lanes, scenario.road.opposite_lanes, scenario.road.ego_lane) == (3, 1, 1)
    assert other.start.d_m == pytest.approx(3.5)  # one lane to the left
    change, brake = sorted(scenario.events, key=lambda e: isinstance(e.when, AfterEvent))
    assert change.when == AtHeadway("ego", "cut-in", 1.2)
    assert brake.when == AfterEvent(change.name, 0.5)
    assert brake.do == ChangeSpeed(5.0, 4.0, Profile.EXACT)  # linear from its first instant
    assert (scenario.environment.time, scenario.environment.weather) == (TimeOfDay.DUSK, Weather.RAIN)
    assert scenario.friction == pytest.approx(0.6 * 0.85)
    rollout = simulate(scenario)
    assert not rollout.unfired
    assert abs(rollout.centre[-1, 1, 1]) < 0.05  # in the ego's lane at the end


def test_a_lead_in_a_bend_on_the_far_side_of_the_reference_line():
    made = import_file(XOSC / "lead-brake.xosc", ImportOptions(), {})
    (scenario,) = loads(made.text)
    assert scenario.road.kind is RoadKind.CURVE
    assert 1 / scenario.road.curvature_per_m == pytest.approx(
        -248
    )  # driven against the road, its left bend is a right one
    assert isinstance(scenario.placed[0].behaviour, Follow)  # it has a controller
    (brake,) = scenario.events
    assert (brake.when, brake.do) == (After(1.5), ChangeSpeed(0.0, 6.0, Profile.EXACT))
    between = simulate(scenario).centre[0]
    assert math.hypot(*(between[1] - between[0])[:2]) == pytest.approx(
        29.9, abs=0.2
    )  # 30 m of the reference's 250 m bend
    assert any("StopTrigger" in str(remark) for remark in made.report.approximated)


def test_a_pedestrian_follows_a_timed_trajectory_when_the_ego_reaches_a_place():
    (scenario,) = loads(import_file(XOSC / "pedestrian.xosc", ImportOptions(), {}).text)
    rollout = simulate(scenario)
    walker = rollout.index("walker")
    began = np.argmax(np.abs(rollout.speed_mps[:, walker]) > 0.05) / 12
    assert began == pytest.approx((15 - 1) / 10, abs=0.2)  # 14 m at 10 m/s
    assert rollout.centre[0, walker, 1] == pytest.approx(-12 + 1.75)  # t = -12 m, the lane's centre at -1.75 m
    assert rollout.centre[-1, walker, 1] == pytest.approx(-10.25 + 1.5 * (8 - 1 / 12 - 1.4), abs=0.15)


def test_a_winding_road_becomes_a_path_road():
    content = (XOSC / "cut-in.xosc").read_bytes().replace(b"three-lanes", b"winding")
    content = content.replace(b'roadId="7" laneId="-2" s="100"', b'roadId="w" laneId="-2" s="120"')
    content = content.replace(b"../", b"")
    (scenario,) = loads(imported(content).text)
    road = scenario.road
    assert road.kind is RoadKind.PATH
    lane_t = -5.25
    s_bend = 80.05 + (40 - lane_t * 0.1) + 40  # straight, spiral (0.2 rad outside), middle of the arc
    assert 1 / road.curvature(s_bend) == pytest.approx(100 - lane_t, rel=1e-3)
    assert road.heading(400.0) == pytest.approx(1.0, abs=0.02)  # 0.2 rad of spiral, 0.8 of arc


DISTANCE = (
    '<RelativeDistanceCondition entityRef="Other" freespace="{}" relativeDistanceType="longitudinal" rule="lessThan" '
    'value="12"/>'
)
TTC = (
    '<TimeToCollisionCondition freespace="true" rule="lessThan" value="2" relativeDistanceType="longitudinal" '
    'coordinateSystem="road"><TimeToCollisionConditionTarget>'
    '<EntityRef entityRef="Other"/></TimeToCollisionConditionTarget></TimeToCollisionCondition>'
)
# At 20 m/s the reference points are 4.2 m = 0.21 s farther apart than the bumpers.
HEADWAY = (
    '<TimeHeadwayCondition entityRef="Other" freespace="false" rule="lessThan" value="1.21" '
    'relativeDistanceType="longitudinal" coordinateSystem="road"/>'
)


# -- parts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "trigger"),
    [
        (after(2.5), After(2.5)),
        (of("Other", '<StandStillCondition duration="0"/>'), AtStandstill("other")),
        (of("Ego", DISTANCE.format("true")), AtGap("ego", "other", 12.0)),
        (of("Ego", DISTANCE.format("false")), AtGap("ego", "other", 12 - 4.2)),
        (of("Ego", HEADWAY), AtHeadway("ego", "other", 1.0)),
    ],
    ids=["time", "standstill", "free gap", "gap of references", "headway of references"],
)  # fmt: skip
def test_conditions_become_triggers(condition, trigger):
    assert one_event(BRAKES, condition).when == trigger


def test_a_time_to_collision_in_the_same_lane_becomes_a_trigger():
    """In another lane the standard counts along the road, and this language sees no collision: there it is a time."""
    event_xml = event("e", BRAKES, of("Ego", TTC))
    same = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-2, 140), 15)
    assert meant(scenario_xml(same, event_xml)).events[0].when == AtTTC("ego", "other", 2.0)
    beside = imported(scenario_xml(TWO_CARS, event_xml))
    closes = (40 - 4.2) / 5 - 2  # seconds until the free gap of 35.8 m lasts 2 s at 5 m/s
    assert loads(beside.text)[0].events[0].when.t_s == pytest.approx(closes, abs=0.05)
    assert "it begins at" in beside.text


def test_an_actor_far_away_gets_its_motion():
    (scenario,) = loads(
        imported(scenario_xml(placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-1, 540), 10))).text
    )
    rollout = simulate(scenario)
    assert rollout.centre[[0, 60], 1, 0] - rollout.centre[0, 0, 0] == pytest.approx([440, 490], abs=0.05)


def test_a_place_is_reached_by_the_reference_point():
    place = f'<ReachPositionCondition tolerance="2"><Position>{lane(-1, 200)}</Position></ReachPositionCondition>'
    when = one_event(BRAKES, of("Other", place)).when
    assert isinstance(when, AtPlace)
    origin = 100 + 1.3 - 1.35  # reference and scenario origin are 1.3 m and 1.35 m behind the ego's centre
    assert when.along_m == pytest.approx(200 - 2 + (1.3 + 2.1) - origin)


def test_conditions_that_hold_from_the_start_are_dropped_beside_others():
    early, gap = after(0), of("Other", '<TraveledDistanceCondition value="30"/>')
    assert one_event(BRAKES, early, gap).when.distance_m == 30


def test_conditions_that_must_hold_together_are_joined():
    first, second = of("Other", '<TraveledDistanceCondition value="30"/>'), of("Ego", DISTANCE.format("true"))
    assert one_event(BRAKES, first, second).when == AllOf((AfterDistance("other", 30.0), AtGap("ego", "other", 12.0)))
    both = second.replace('<EntityRef entityRef="Ego"/>', '<EntityRef entityRef="Ego"/><EntityRef entityRef="Other"/>')
    standstill = both.replace(DISTANCE.format("true"), '<StandStillCondition duration="0"/>')
    assert one_event(BRAKES, standstill).when == AnyOf((AtStandstill("ego"), AtStandstill("other")))


def test_an_act_that_waits_for_a_distance_delays_its_events():
    way = of("Ego", '<TraveledDistanceCondition value="30"/>')
    content = scenario_xml(TWO_CARS, event("e", BRAKES, of("Ego", DISTANCE.format("true"))), act_begins=way)
    assert meant(content).events[0].when == AllOf((AfterDistance("ego", 30.0), AtGap("ego", "other", 12.0)))


def test_an_act_that_begins_later_delays_its_events():
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(1)), act_begins=after(4))
    assert meant(content).events[0].when == After(4.0)


def test_speeds_at_rates_within_times_and_over_distances():
    assert one_event(BRAKES).do == ChangeSpeed(5.0, 3.0, Profile.EXACT)
    faster = one_event(speed_action(25, "cubic", "time", 4)).do
    assert (faster.speed_mps, faster.within_s, faster.profile) == (25, 4, "smooth")
    stop = one_event(speed_action(0, "linear", "distance", 40)).do
    assert (stop.speed_mps, stop.profile) == (0, Profile.EXACT)
    assert stop.within_s == pytest.approx(2 * 40 / 15)  # 40 m at the mean of 15 m/s and 0


def test_lane_changes_count_lanes_as_in_the_map():
    action = (
        "<PrivateAction><LateralAction><LaneChangeAction>"
        '<LaneChangeActionDynamics dynamicsShape="sinusoidal" dynamicsDimension="{}" value="{}"/>'
        '<LaneChangeTarget><AbsoluteTargetLane value="-2"/></LaneChangeTarget></LaneChangeAction>'
        "</LateralAction></PrivateAction>"
    )
    do = one_event(action.format("time", 5)).do
    assert (do.to.number, do.within_s) == (1, 5)
    do = one_event(action.format("distance", 60)).do
    assert do.within_s == pytest.approx(60 / 15)
    do = one_event(action.format("rate", 1.5)).do
    assert do.within_s == pytest.approx(math.pi / 2 * 3.5 / 1.5)  # a lane of 3.5 m, the peak of a sine at 1.5 m/s


def test_synchronised_arrivals_arrive_together():
    action = (
        '<PrivateAction><SynchronizeAction masterEntityRef="Ego">'
        f"<TargetPositionMaster>{lane(-2, 200)}</TargetPositionMaster><TargetPosition>{lane(-1, 200)}</TargetPosition>"
        '<FinalSpeed><AbsoluteSpeed value="10"/></FinalSpeed></SynchronizeAction></PrivateAction>'
    )
    init = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-1, 130), 16, action)
    scenario = meant(scenario_xml(init))
    rollout = simulate(scenario)
    at = 5 * 12  # the ego needs 5 s for its 100 m
    assert abs(rollout.centre[at, 1, 0] - rollout.centre[at, 0, 0]) < 0.3
    assert rollout.speed_mps[at, 1] == pytest.approx(10, abs=0.5)


def test_chains_of_events_and_of_a_speed_profile():
    profile = (
        '<PrivateAction><LongitudinalAction><SpeedProfileAction followingMode="position">'
        '<SpeedProfileEntry speed="10" time="2"/><SpeedProfileEntry speed="18" time="3"/>'
        "</SpeedProfileAction></LongitudinalAction></PrivateAction>"
    )
    events = event("profile", profile, after(1)) + event(
        "last", speed_action(0, "linear", "rate", 3), ended("event", "profile")
    )
    first, second, last = meant(scenario_xml(TWO_CARS, events, version="1.2")).events
    assert second.when == AfterEvent(first.name)
    assert last.when == AfterEvent(second.name)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_every_version_is_read(version):
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(1)), version=version)
    if version == "1.0":
        content = content.replace(b'priority="overwrite"', b'priority="overwrite" maximumExecutionCount="1"')
    assert len(meant(content).events) == 1


def test_world_relative_and_lane_positions_agree():
    x, y = 100 + 140 * math.cos(0.5) + 1.75 * math.sin(0.5), 50 + 140 * math.sin(0.5) - 1.75 * math.cos(0.5)
    for position in (
        lane(-1, 140),
        f'<WorldPosition x="{x}" y="{y}" h="0.5"/>',
        '<RelativeLanePosition entityRef="Ego" dLane="1" ds="40"/>',
        '<RelativeObjectPosition entityRef="Ego" dx="40" dy="3.5"/>',
        '<RoadPosition roadId="7" s="140" t="-1.75"/>',
        '<RelativeRoadPosition entityRef="Ego" ds="40" dt="3.5"/>',
    ):
        start = meant(scenario_xml(placed("Ego", lane(-2, 100)) + placed("Other", position))).placed[1].start
        assert isinstance(start, OnLane), position
        assert (start.s_m, start.d_m) == pytest.approx((41.35, 3.5), abs=2e-3), position


def test_a_car_against_the_traffic_keeps_its_direction():
    wrong = lane(-1, 200)[:-2] + '><Orientation type="relative" h="3.14159265"/></LanePosition>'
    rollout = simulate(meant(scenario_xml(placed("Ego", lane(-2, 100)) + placed("Other", wrong, 10))))
    assert rollout.centre[-1, 1, 0] < rollout.centre[0, 1, 0] - 50


def test_the_comments_of_a_file_list_the_differences():
    text = imported(scenario_xml(TWO_CARS, event("e", speed_action(5, "sinusoidal", "time", 3), after(1)))).text
    assert re.search(r"^# Approximated:\n#   line \d+: SpeedActionDynamics: a sinusoidal", text, re.MULTILINE)


@pytest.mark.parametrize(("stops_s", "lasts_s"), [(6.3, 6.5), (6.5, 6.5), (0.2, 1.0)])
def test_a_scenario_that_stops_between_two_keyframes_lasts_to_the_next_one_with_a_remark(stops_s, lasts_s):
    made = imported(scenario_xml(TWO_CARS, event("e", BRAKES, after(0.1)), stop=after(stops_s)))
    (scenario,) = loads(made.text)
    assert scenario.duration_s == lasts_s
    told = [str(remark) for remark in made.report.approximated if "StopTrigger" in str(remark)]
    assert bool(told) == (stops_s != lasts_s)
    assert stops_s < 1 or all("ends on a keyframe" in one and f"{lasts_s:g} s" in one for one in told)
