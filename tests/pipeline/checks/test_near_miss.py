"""What checks and commands state of a near miss and a crash, and what is possible but hardly meant."""

from dataclasses import replace

import numpy as np
import pytest

from conditioning.assets.scenery import _entered, build_scenery
from outputs.verdict import Outcome, Verdict
from pipeline.checks.physics import check_physics
from pipeline.cli.json_output import near_miss_json
from scenarios.load import loads
from scenarios.metrics.near_miss import near_miss
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors

HEAD = """
name: case
intent: A case.
duration: 6 s
road: {road}
ego: {{lane: {lane}, speed: 50 km/h, drive: hold speed}}
actors: {{{actors}}}
story: [{story}]
"""


def case(actors: str, story: str = "", road: str = "{lanes: 1, opposite_lanes: 1}", lane: int = 0) -> Scenario:
    (scenario,) = loads(HEAD.format(road=road, actors=actors, story=story, lane=lane))
    return scenario


def verdicts(scenario: Scenario) -> dict[str, Verdict]:
    return {v.id: v for v in check_physics(simulate(scenario), scenario)}


STANDS = "stopped: {kind: car, lane: 0, ahead: 40 m, speed: 0 km/h}"
CRASHES = [
    case(STANDS),
    case(STANDS, "ego brakes at 2 m/s^2 after 1 s"),
    case("truck: {kind: truck, lane: 0, behind: 10 m, speed: 60 km/h}", "ego brakes at 6 m/s^2 after 1 s"),
    case("walker: {kind: pedestrian, side: right, ahead: 32 m, offset: 0.3 m}",
         "walker crosses at 5 km/h after 0.75 s"),
]  # fmt: skip


@pytest.mark.parametrize("scenario", CRASHES, ids=["ahead", "brakes", "rear", "walker"])
def test_no_tag_contradicts_a_crash(scenario):
    rollout = simulate(scenario)
    hit = near_miss(rollout).contact
    assert hit is not None
    told = [v for v in check_physics(rollout, scenario) if v.check.startswith(("critical", "safe distance"))]
    assert {v.id for v in told} >= {"critical-moment-ttc", "critical-moment-braking", "critical-moment-brake-threat"}
    for verdict in told:
        if verdict.model.startswith("UN R157") and verdict.outcome is Outcome.INCONCLUSIVE:
            continue  # that gap is of a leader
        assert verdict.outcome is Outcome.FAIL, verdict
        assert "% of the possible" not in verdict.reason


def test_the_impact_is_the_relative_speed_with_its_components_everywhere():
    """A walker at 5 km/h before an ego at 50 km/h: not a collision at 5 km/h."""
    rollout = simulate(CRASHES[-1])
    near = near_miss(rollout)
    assert near.contact.speed_mps * 3.6 == pytest.approx(np.hypot(50, 5), abs=0.1)
    assert (near.contact.along_mps * 3.6, near.contact.across_mps * 3.6) == pytest.approx((50, -5), abs=0.1)
    event = next(h for h in rollout.happenings if h.other)
    assert (event.impact_mps, event.along_mps) == (near.contact.speed_mps, near.contact.along_mps)
    document = near_miss_json(near)
    assert document.contact.speed_mps == event.impact_mps
    assert document.contact.other == "walker"
    assert f"{event.impact_mps * 3.6:.1f} km/h" in event.what


def test_jerk_is_not_calculated_across_an_impact():
    """The ego drives evenly into a standing car: before the impact it has no jerk at all."""
    told = verdicts(CRASHES[0])
    for name in ("comfort-jerk", "comfort-longitudinal-jerk", "comfort-longitudinal-acceleration"):
        assert told[name].value == 0.0
        assert told[name].outcome is Outcome.PASS


def test_a_value_that_is_a_rounding_error_is_zero():
    assert Verdict("c", "physics", Outcome.PASS, 4.6e-14, None, "m", "", "", "").value == 0.0
    assert Verdict("c", "physics", Outcome.PASS, 4.6e-4, None, "m", "", "", "").value == 4.6e-4


def test_a_body_of_an_absurd_size_is_impossible():
    told = verdicts(case("big: {kind: car, lane: 0, ahead: 30 m, speed: 50 km/h, size: [29 m, 2 m, 2 m]}"))
    assert told["size"].outcome is Outcome.FAIL
    assert "big is 29 x 2 x 2 m" in told["size"].reason
    assert verdicts(case("bus: {kind: bus, lane: 0, ahead: 30 m, speed: 50 km/h}"))["size"].outcome is Outcome.PASS


@pytest.mark.parametrize(("at", "kept"), [(40, True), (35, False)])
def test_who_crosses_beside_a_zebra_is_told(at, kept):
    road, story = "{lanes: 1, opposite_lanes: 1, zebras: [40 m]}", "walker crosses the road at 12 km/h"
    actors = f"walker: {{kind: pedestrian, box: {{at: [{at} m, -3 m], heading: 90 deg}}}}"
    verdict = verdicts(case(actors, story, road))["zebra"]
    assert not verdict.gates
    assert (verdict.outcome is Outcome.PASS) is kept
    assert verdict.value == pytest.approx(40 - at, abs=0.3)


def test_a_vehicle_that_leaves_the_carriageway_is_told():
    actors = "van: {kind: van, lane: 0, ahead: 30 m, speed: 50 km/h}"
    kept = verdicts(case(actors))["carriageway"]
    path = "[[0 s, 30 m, 0 m], [2 s, 50 m, 0 m], [4 s, 70 m, -3 m], [6 s, 90 m, -4 m]]"
    left = verdicts(case(f"van: {{kind: van, trajectory: {path}}}"))["carriageway"]
    assert kept.outcome is Outcome.PASS
    assert left.outcome is Outcome.FAIL and not left.gates
    assert "van leaves the carriageway" in left.reason


def test_no_building_stands_where_a_body_is():
    rollout = simulate(case("deer: {kind: animal, box: {at: [40 m, -14 m], heading: 90 deg}}", "deer crosses"))
    scenery = build_scenery(rollout)
    assert scenery.buildings
    assert not any(_entered(building, rollout) for building in scenery.buildings)
    moved = replace(rollout, centre=rollout.centre + np.array([0.0, 500.0, 0.0]))
    assert len(build_scenery(moved).buildings) > len(scenery.buildings)  # one stood there


@pytest.mark.parametrize(("actors", "lane", "said"), [
    ("car: {kind: car, lane: 7, ahead: 20 m, speed: 50 km/h}", 0, "one of 0, oncoming 0"),
    ("car: {kind: car, lane: oncoming 3, ahead: 20 m, speed: 50 km/h}", 0, "one of 0, oncoming 0"),
    ("car: {kind: car, lane: 0, ahead: 20 m, speed: 50 km/h}", 7, "a lane from 0 to 0"),
    ("walker: {kind: pedestrian, side: left, ahead: 9 m, offset: 1 m, speed: 100 km/h}", 0, "at most 45 km/h"),
])  # fmt: skip
def test_lanes_that_there_are_not_and_walkers_that_nobody_is_are_refused(actors, lane, said):
    with pytest.raises(SpecErrors, match=said):
        case(actors.replace("car:", "other:"), lane=lane)
