"""The figures of a pair in the situations that they were once wrong in, each with its right value."""

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.metrics.contact import SIDES
from scenarios.metrics.criticality import encounters
from scenarios.metrics.near_miss import near_miss
from scenarios.metrics.rss import rss_lateral, rss_opposite, rss_stopping, safe_distances
from scenarios.rollout import Rollout
from scenarios.scenario import AtGap, AtHeadway, AtTTC
from scenarios.simulation.simulate import SUBSTEPS, SimulationState, simulate
from scenarios.simulation.trigger_conditions import reading
from tests.fuzzing.criticality import fuzz

KMH = 1 / 3.6
HEAD = """
name: case
intent: A case.
duration: {duration}
road: {road}
ego: {{lane: 0, speed: {ego}, drive: hold speed}}
actors: {{{actors}}}
story: [{story}]
"""
BEND = "{{kind: curve, radius: {radius} m, direction: left, lanes: 1, opposite_lanes: 1}}"
TWO, BOTH = "{lanes: 2}", "{lanes: 1, opposite_lanes: 1}"


def case(actors: str, story: str = "", road: str = TWO, ego: str = "50 km/h", duration: str = "6 s"):
    (scenario,) = loads(HEAD.format(road=road, ego=ego, actors=actors, story=story, duration=duration))
    return scenario


def rolled(*args, **more) -> Rollout:
    return simulate(case(*args, **more))


@pytest.mark.parametrize(("radius", "ego", "tail"), [(60, 60, 50), (30, 50, 45), (25, 30, 25)])
def test_on_a_tight_bend_a_follower_is_never_in_the_egos_way(radius, ego, tail):
    """The path of a fast ego laps over itself within the clip."""
    actors = f"tail: {{kind: car, lane: 0, behind: 8 m, speed: {tail} km/h}}"
    met = encounters(rolled(actors, road=BEND.format(radius=radius), ego=f"{ego} km/h", duration="18 s"))
    assert np.isinf(met.gap_m).all()
    assert np.isinf(met.ttc_s).all()
    assert met.side[:, 1].tolist() == [SIDES.index("behind")] * len(met.side)


def test_a_gap_stays_the_same_through_more_than_a_full_circle_and_places_count_on():
    story = "'lead brakes at 4 m/s^2 when the gap to the ego is above 20 m',"
    story += "'ego brakes gently to 20 km/h when it reaches 200 m along the road'"
    road, actors = BEND.format(radius=30), "lead: {kind: car, lane: 0, ahead: 15 m, speed: 30 km/h}"
    rollout = rolled(actors, story, road, "30 km/h", "24 s")
    (missed,) = rollout.unfired
    assert missed.actor == "lead"
    reached = next(h.t_s for h in rollout.happenings if h.actor == "ego")
    assert reached == pytest.approx((200 - 1.35 - 2.179) / (30 * KMH), abs=0.1)
    gap = encounters(rollout).gap_m[rollout.t_s < reached, 1]
    assert gap == pytest.approx(np.full(len(gap), gap[0]), abs=1e-6)
    assert gap[0] == pytest.approx(15.0, abs=0.2)


def test_a_driver_follows_its_leader_round_a_loop():
    """Its leader's place along the road jumps at half a turn of a road of constant curvature."""
    road, actors = BEND.format(radius=30), "lead: {kind: car, lane: 0, ahead: 15 m, speed: 30 km/h}"
    text = HEAD.format(road=road, ego="30 km/h", actors=actors, duration="20 s",
                       story="lead brakes at 4 m/s^2 until 10 km/h after 10.5 s")  # fmt: skip
    rollout = simulate(loads(text.replace("hold speed", "follow"))[0])
    assert not any(h.other for h in rollout.happenings)
    assert rollout.speed_mps[-1, 0] == pytest.approx(10 * KMH, abs=1.0)


def test_a_van_that_has_left_the_crossing_has_no_ttc():
    road = "{lanes: 1, opposite_lanes: 1, junction: {at: 60 m, arms: both}}"
    actors = "van: {kind: van, road: cross, from: right, before: 10 m, speed: 50 km/h}"
    rollout = rolled(actors, "ego brakes hard when the ttc to the van is below 2 s", road)
    assert len(rollout.unfired) == 1
    met = encounters(rollout)
    assert met.ttc_s[:, 1].min() == pytest.approx(2.87, abs=0.01)
    assert np.isinf(met.ttc_s[24:, 1]).all()
    assert met.required_mps2.min() == 0  # nothing has to be done for it


@pytest.mark.parametrize("actors", [
    "other: {kind: car, lane: oncoming, ahead: 80 m, speed: 50 km/h}",
    "other: {kind: car, lane: 1, behind: 10 m, speed: 70 km/h}",
])  # fmt: skip
def test_traffic_in_another_lane_has_no_ttc(actors):
    road = BOTH if "oncoming" in actors else TWO
    rollout = rolled(actors, "ego brakes hard when the ttc to other is below 1.5 s", road)
    assert len(rollout.unfired) == 1
    assert np.isinf(encounters(rollout).ttc_s).all()


def test_a_reversing_ego_has_its_gap_behind_it():
    rollout = rolled("wall: {kind: car, lane: 0, behind: 6 m, speed: 0 km/h}", "ego reverses at 8 km/h after 0.5 s",
                     ego="0 km/h")  # fmt: skip
    met = encounters(rollout)
    first = int(np.flatnonzero(rollout.speed_mps[:, 0] < -0.1)[0])
    assert met.gap_m[first, 1] == pytest.approx(6.0, abs=0.1)
    hit = near_miss(rollout, met).contact
    before = slice(first, int(hit.t_s * 12))
    ttc = met.ttc_s[before, 1]
    ttc = ttc[np.isfinite(ttc).argmax() :]  # while it has hardly begun to move it would take longer than is predicted
    assert len(ttc) > 40
    assert (np.diff(ttc) < 0).all()
    assert SIDES[hit.side] == "behind"


def test_no_braking_suffices_against_somebody_who_comes_towards_the_ego():
    rollout = rolled("ghost: {kind: car, box: {at: [90 m, 0 m], heading: 180 deg}, speed: 50 km/h}", duration="2 s")
    assert np.isneginf(encounters(rollout).required_mps2[:, 1]).all()
    safe = safe_distances(encounters(rollout).figures, np.zeros(2, bool))
    assert safe.opposite[:, 1].all()
    assert safe.safe_along_m[0, 1] == pytest.approx(119.5, abs=0.1)  # at least 107 m at 50 + 50 km/h
    assert (safe.margin_m[:, 1] < 0).all()


def test_no_braking_suffices_against_a_truck_from_behind():
    rollout = rolled("truck: {kind: truck, lane: 0, behind: 10 m, speed: 50 km/h}", "ego brakes at 6 m/s^2 after 1 s",
                     "{lanes: 1}")  # fmt: skip
    met, hit = encounters(rollout), near_miss(rollout).contact
    at = int(hit.t_s * 12)
    assert SIDES[hit.side] == "behind"
    assert np.isneginf(met.required_mps2[at - 6 : at, 1]).all()
    assert met.ttc_s[at - 6, 1] > met.ttc_s[at - 1, 1] > 0
    assert np.isinf(met.gap_m[at - 6 : at, 1]).all()


def test_a_hit_from_the_side_says_so_and_possible_braking_does_not_suffice_at_last():
    rollout = rolled("other: {kind: car, lane: 1, ahead: -4 m, speed: 50 km/h}",
                     "other moves to lane 0 within 3 s after 1 s")  # fmt: skip
    met, hit = encounters(rollout), near_miss(rollout).contact
    assert SIDES[hit.side] == "on the left"
    assert hit.speed_mps == pytest.approx(abs(hit.across_mps), rel=0.02)
    assert abs(hit.along_mps) < 0.3
    assert -met.required_mps2[int(hit.t_s * 12), 1] > 8.4


def test_a_cyclist_who_passes_right_behind_the_tail_is_a_near_miss():
    rollout = rolled("rider: {kind: cyclist, side: right, ahead: 28.5 m, offset: 0.4 m}",
                     "rider crosses the road at 25 km/h after 2.6 s", BOTH, "36 km/h")  # fmt: skip
    near = near_miss(rollout)
    assert near.contact is None
    assert near.distance.value == pytest.approx(0.24, abs=0.02)
    assert near.distance.other == near.pet.other == near.ttc.other == "rider"
    assert near.pet.ego_first
    assert near.pet.value == pytest.approx(0.24 / 10 + 0.18, abs=0.1)
    assert near.ttc.where == "on the right"
    # Until it is level with the tail the rider's way to the ego's side is open; then it passes behind.
    assert near.ttc.value < 0.5


def test_a_child_that_runs_in_is_met_before_it_is_in_the_way():
    actors = "child: {kind: child, box: {at: [32 m, -5 m], heading: 90 deg}}"
    met = encounters(rolled(actors, "child crosses at 10 km/h", BOTH))
    assert met.ttc_s[6, 1] == pytest.approx(1.54, abs=0.02)
    assert np.isinf(met.gap_m[6, 1])


def test_a_swerve_counts_until_the_course_leads_past():
    story = "ego changes lane to the left within 1.8 s when the ego is 2 s away from stopped"
    met = encounters(rolled("stopped: {kind: car, ahead: 50 m, lane: 0, speed: 0 km/h}", story))
    assert 1.6 < met.ttc_s[:, 1].min() < 1.9
    assert met.ttc_s[:, 1].min() == pytest.approx(met.gap_m[:, 1].min() / (50 * KMH), abs=0.01)


def test_turning_traffic_is_on_its_turn():
    """The ego turns right into a road on which somebody walks; its straight course does not lead there."""
    road = "{lanes: 1, opposite_lanes: 1, junction: {at: 40 m, arms: both}}"
    actors = "walker: {kind: pedestrian, box: {at: [38.25 m, -14 m], heading: 90 deg}}"
    rollout = rolled(actors, "ego turns right at the junction", road, "20 km/h", "9 s")
    met, turned = encounters(rollout), -np.unwrap(rollout.yaw_rad[:, 0])
    early = np.flatnonzero((turned > 0.3) & (turned < 0.5))
    assert len(early)
    assert np.isfinite(met.ttc_s[early, 1]).all()


TRIGGERS = [
    case("lead: {kind: car, lane: 0, ahead: 30 m, speed: 30 km/h},"
         "van: {kind: van, lane: 1, behind: 12 m, speed: 60 km/h}",
         "lead brakes at 3 m/s^2 after 2 s, van moves to lane 0 within 3 s after 1 s"),
    case("lead: {kind: car, lane: 0, ahead: 15 m, speed: 45 km/h},"
         "van: {kind: car, lane: oncoming, ahead: 60 m, speed: 40 km/h}",
         "lead brakes at 3 m/s^2 after 3 s", BEND.format(radius=40), "40 km/h", "8 s"),
    case("lead: {kind: child, side: right, ahead: 30 m, offset: 0.4 m},"
         "van: {kind: car, road: cross, from: left, before: 20 m, speed: 30 km/h}",
         "lead crosses the road at 8 km/h after 1 s, ego turns right at the junction",
         "{lanes: 1, opposite_lanes: 1, junction: {at: 45 m, arms: both}}", "30 km/h", "8 s"),
]  # fmt: skip


@pytest.mark.parametrize("scenario", TRIGGERS, ids=["lanes", "bend", "junction"])
def test_a_trigger_and_a_verdict_are_one_quantity(scenario):
    """At every frame the trigger's value is that of the verdict's encounter: TTC, and gap and headway if there are."""
    rollout, world = simulate(scenario), SimulationState(scenario)
    met, compared = encounters(rollout), 0
    for frame in range(len(rollout.t_s)):
        for row in (1, 2):
            if any(h.other and h.t_s <= rollout.t_s[frame] for h in rollout.happenings):
                break
            other = rollout.bodies[row].id
            for pair in (("ego", other), (other, "ego")):
                ttc = reading(AtTTC(*pair, 0.0), world._body)
                assert ttc.short == pytest.approx(met.ttc_s[frame, row], abs=1e-6)
            if np.isfinite(met.gap_m[frame, row]):
                gap, headway = AtGap("ego", other, 0.0), AtHeadway("ego", other, 0.0)
                assert reading(gap, world._body).short == pytest.approx(met.gap_m[frame, row], abs=1e-6)
                assert reading(headway, world._body).short == pytest.approx(met.headway_s[frame, row], abs=1e-6)
                compared += 1
        for _ in range(SUBSTEPS):
            world.step()
    assert compared > 10


def test_a_seeded_part_of_the_fuzz_of_the_definitions():
    """All of it: python -m tests.fuzzing.criticality"""
    tally = fuzz(range(56))
    assert tally.failures == []
    for statement in ("5 % less suffices as well", "TTC x closing speed = gap, share of it", "shifted scene"):
        assert tally.checked[statement] > 3


def test_rss_of_crossing_traffic_and_beside():
    """ad-rss-lib's parameters: 1 s, then 4 m/s^2; across 0.2 m/s^2 and 0.8 m/s^2."""
    assert rss_stopping(10.0) == pytest.approx(10 + 1.75 + 13.5**2 / 8)
    assert rss_opposite(0.0, 0.0) == pytest.approx(2 * 1.75 + 3.5**2 / 6 + 3.5**2 / 8)
    assert rss_lateral(0.0, 0.0) == pytest.approx(2 * (0.1 + 0.2**2 / 1.6))
    assert rss_lateral(1.0, 0.0) > 1.9 > rss_lateral(-1.0, 0.0)


def test_a_person_in_the_way_is_dangerous_if_the_ego_cannot_stop_and_a_car_beside_is_not():
    walker = "walker: {kind: pedestrian, box: {at: [25 m, 0 m], heading: 0 deg}}"
    actors = walker + ", other: {kind: car, lane: 1, ahead: 10 m, speed: 50 km/h}"
    met = encounters(rolled(actors, duration="1 s"))
    margin = safe_distances(met.figures, np.array([False, True, False])).margin_m[0]
    assert margin[1] < 0 < margin[2]
