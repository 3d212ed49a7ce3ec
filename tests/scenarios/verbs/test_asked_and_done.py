"""What an event asked against what is measured on its rollout, and what `check` makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from outputs.verdict import Outcome
from pipeline.checks.outcomes import events_done
from scenarios.events.event_outcomes import EventOutcome, event_outcomes
from scenarios.load import loads
from scenarios.rollout import EventEnd, Rollout
from scenarios.scenario import Scenario
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.verbs import VERBS
from scenarios.verbs.performance import Asked, Bound

RED = "red: {kind: car, lane: 0, ahead: 20 m, speed: 50 km/h}"
STANDING = "red: {kind: car, lane: 1, ahead: 20 m, speed: 0 km/h}"
WALKER = "walker: {kind: pedestrian, side: right, ahead: 40 m, offset: 1 m}"
ROAD = "{lanes: 2, opposite_lanes: 1}"
ICE = "{lanes: 2, opposite_lanes: 1, surface: ice}"
CROSSROADS = "{lanes: 1, opposite_lanes: 1, junction: {at: 50 m}}"


def street(*lines: str, actors=(RED,), road: str = ROAD, duration: str = "8 s", expect: str = "") -> Scenario:
    text = f"name: t\nintent: One event.\nduration: {duration}\nroad: {road}\n"
    text += "ego: {lane: 0, speed: 0 km/h, drive: hold speed}\nactors:\n"
    text += "".join(f"  {actor}\n" for actor in actors) + "story:\n" + "".join(f"  - {line}\n" for line in lines)
    (scenario,) = loads(text + expect)
    return scenario


def played(*lines: str, **how) -> tuple[EventOutcome, ...]:
    scenario = street(*lines, **how)
    return event_outcomes(simulate(scenario), scenario)


def quantity(outcome: EventOutcome, what: str) -> Asked:
    return next(one for one in outcome.asked if one.what == what)


@pytest.mark.parametrize(
    ("line", "how", "what", "asked", "done"),
    [
        ("red brakes at 6 m/s^2 after 1 s", {"road": ICE}, "rate", 6.0, 0.1 * 9.81),
        ("red speeds up to 80 km/h within 0.5 s after 1 s", {}, "time", 0.5, 3.1),
        ("red changes lane to the left within 1 s after 1 s", {}, "time", 1.0, 2.1),
        ("red loses control turning 400 deg to the left after 1 s", {}, "turn", np.radians(400), np.radians(184)),
        ("item stops within 5 m after 1 s",
         {"actors": ("item: {kind: tram, lane: 0, ahead: 20 m, speed: 11 km/h}",), "road": ICE}, "distance", 5.0, 4.8),
    ],
)  # fmt: skip
def test_a_shortfall_has_the_asked_and_the_measured_value(line, how, what, asked, done):
    """Oracles: mu g of ice; 30 km/h at the grip of a dry road; v^2 / 2 mu g; else the simulation's own messages."""
    (one,) = played(line, **how)
    told = quantity(one, what)
    assert told.asked == pytest.approx(asked) and told.done == pytest.approx(done, rel=0.06)
    assert one.failed == (done > asked * 1.2 or done < asked * 0.8)


@pytest.mark.parametrize("line", ["red cuts in after 4 s", "red drifts 0.5 m to the right after 4 s"])
def test_a_body_that_stands_does_not_count_as_having_moved_aside(line):
    """Of one that stands from the start the line is refused."""
    _, one = played("red brakes hard", line, actors=(STANDING.replace("0 km/h", "30 km/h"),))
    assert one.failed and "it stands when it begins" in one.text and "129" not in one.text


def test_a_body_that_drives_off_later_may_still_change_its_lane():
    change, _ = played("red cuts in after 1 s", "red speeds up to 30 km/h after 1 s", actors=(STANDING,))
    assert not change.failed and change.end is EventEnd.ENDED


@pytest.mark.parametrize(
    ("lines", "how", "why"),
    [
        (("red turns right at the junction after 6 s",), {"road": CROSSROADS}, "too late to turn"),
        (("red stops at the line after 7 s",), {"road": CROSSROADS}, "no stop line ahead"),
        (("red slows down to 2 km/h within 2 s", "red loses control after 3 s"), {}, "too slow"),
        (("walker crosses the road", "then walker turns back"), {"actors": (WALKER,), "duration": "12 s"},
         "does not cross"),
        (("red turns around after 1 s", "red changes lane to the left after 3 s"),
         {"actors": (RED.replace("50", "20"),), "road": "{lanes: 2, opposite_lanes: 2}"}, "in a turn"),
    ],
)  # fmt: skip
def test_an_action_that_is_not_possible_is_declined_and_fails(lines, how, why):
    *_, last = played(*lines, **how)
    assert last.end is EventEnd.DECLINED and last.failed and why in last.text


def test_a_declined_stop_leaves_the_driver_and_the_running_action_as_they_were():
    scenario = street("red slows down to 10 km/h at 1 m/s^2 after 1 s", "red stops at the line after 7 s",
                      road=CROSSROADS, duration="14 s")  # fmt: skip
    rollout = simulate(scenario)
    slow, stop = event_outcomes(rollout, scenario)
    assert stop.end is EventEnd.DECLINED and slow.end is EventEnd.ENDED and not slow.failed
    assert rollout.speed_mps[-1, 1] == pytest.approx(10 / 3.6, abs=0.05)


def test_what_is_not_seen_to_its_end_does_not_fail_and_the_rate_so_far_is_judged():
    (slow,) = played("red brakes at 2 m/s^2 after 6 s")
    assert not slow.failed and quantity(slow, "rate").done == pytest.approx(2.0, abs=0.05)
    assert quantity(slow, "speed").text == "speed: asked 0 km/h, not over at the end of the clip"
    (late,) = played("red speeds up to 80 km/h within 4 s after 6 s")
    assert not late.failed and all(one.kept is None for one in late.asked)
    first, _ = played("red brakes at 4 m/s^2 after 1 s", "red speeds up to 60 km/h after 2 s")
    assert not first.failed and quantity(first, "speed").why_open == "ended by a later event"


def test_an_impact_excuses_what_comes_after_it():
    block = "block: {kind: car, lane: 0, ahead: 45 m, speed: 0 km/h}"
    (brakes,) = played("red brakes hard after 3 s", actors=(RED, block))
    assert brakes.end is EventEnd.DECLINED and not brakes.failed and "hit at 1.48 s" in brakes.text
    (lane,) = played("red changes lane to the left within 4 s after 1 s", actors=(RED, block))
    assert not lane.failed and "hit at" in quantity(lane, "time").text


def test_a_trigger_that_never_held_is_told_and_does_not_fail():
    (never,) = played("red brakes when red is faster than 90 km/h")
    assert never.end is EventEnd.NEVER and never.began_s is None and not never.failed


@pytest.mark.parametrize(
    ("line", "how", "within"),
    [
        ("red brakes gently until 48 km/h after 1 s", {}, 0.1),
        ("red speeds up to 60 km/h after 1 s", {}, 0.1),
        ("red changes speed to 40 km/h within 3 s smoothly after 1 s", {}, 0.2),
        ("red waits 2 s after 1 s", {"duration": "12 s"}, 0.17),
        ("red reverses at 5 km/h for 10 m", {"actors": (STANDING,), "duration": "12 s"}, 0.1),
        ("red turns around", {"actors": (RED.replace("50", "20"),), "road": "{lanes: 2, opposite_lanes: 2}",
                              "duration": "14 s"}, 0.02),
        ("red takes the third exit", {"actors": (RED.replace("50", "30"),), "duration": "20 s",
                                      "road": "{lanes: 1, opposite_lanes: 1, roundabout: {at: 60 m}}"}, 0.0),
        ("red follows the trajectory (2 s, 20 m, 0 m), (4 s, 38 m, 3 m)", {}, 0.1),
        ("red opens its left door", {"actors": ("red: {kind: car, side: right, ahead: 20 m, offset: 0.3 m}",)}, 0.01),
        ("walker crosses the road at 5 km/h", {"actors": (WALKER,), "duration": "12 s"}, 0.02),
        ("item waits 2 s", {"actors": (RED.replace("red", "item").replace("car", "tram").replace("50", "20"),),
                          "duration": "14 s"}, 0.17),
    ],
)  # fmt: skip
def test_what_can_be_done_is_done_and_seen(line, how, within):
    (one,) = played(line, **how)
    assert one.end is EventEnd.ENDED and one.asked and all(asked.kept for asked in one.asked)
    exact = [a for a in one.asked if isinstance(a.asked, float) and a.bound is Bound.EXACT and a.unit != "m"]
    assert all(a.done == pytest.approx(a.asked, rel=0.05, abs=within) for a in exact)


# -- the measures, on motion that was not simulated -----------------------------------------------------------------


def tampered(rollout: Rollout, share: float) -> Rollout:
    """A rollout in which all bodies brake by only a share of what they do, whatever the simulation says of itself."""
    speed = rollout.speed_mps[0] + share * (rollout.speed_mps - rollout.speed_mps[0])
    return replace(rollout, speed_mps=speed)


def test_the_rate_comes_from_the_arrays_not_from_what_the_simulation_says():
    scenario = street("red brakes at 4 m/s^2 until 20 km/h after 1 s")
    rollout = simulate(scenario)
    for share, failed in ((1.0, False), (0.95, False), (0.8, True), (1.2, True)):
        (one,) = event_outcomes(tampered(rollout, share), scenario)
        assert quantity(one, "rate").done == pytest.approx(4.0 * share, abs=0.06)
        assert (quantity(one, "rate").kept is False) == failed


def test_bounds_and_tolerances():
    exact = Asked("rate", 4.0, 4.3, "m/s^2", 0.4)
    assert exact.kept and not replace(exact, done=4.5).kept and not replace(exact, done=3.5).kept
    most = replace(exact, bound=Bound.AT_MOST)
    assert replace(most, done=0.0).kept and not replace(most, done=4.5).kept
    least = replace(exact, bound=Bound.AT_LEAST)
    assert replace(least, done=9.0).kept and not replace(least, done=3.5).kept
    sofar = replace(most, sofar=True)
    assert sofar.kept is None and replace(sofar, done=4.5).kept is False
    assert replace(exact, done=9.0, usual=True).kept is None


def test_every_verb_measures_what_it_asks():
    assert all(callable(verb.achieved) for verb in VERBS.all())


# -- check ------------------------------------------------------------------------------------------------------------


def test_the_check_fails_an_event_with_its_values_and_passes_one_that_is_done():
    short = street("red brakes at 6 m/s^2 after 1 s", road=ICE)
    (verdict,) = events_done(simulate(short), short)
    assert verdict.against and verdict.limit == 6.0 and verdict.value == pytest.approx(0.981, abs=0.01)
    assert "asked 6 m/s^2, done 0.98 m/s^2" in verdict.reason
    done = street("red brakes as hard as the road allows after 1 s", road=ICE, duration="16 s")
    (verdict,) = events_done(simulate(done), done)
    assert verdict.outcome is Outcome.PASS


def test_the_author_may_permit_shortfalls_which_then_reject_nothing():
    plain = street("red brakes at 6 m/s^2 after 1 s", road=ICE)
    permitted = street("red brakes at 6 m/s^2 after 1 s", road=ICE, expect="expect: {events: as far as possible}\n")
    (verdict,) = events_done(simulate(permitted), permitted)
    assert verdict.outcome is Outcome.FAIL and not verdict.against
    asked = street("red brakes at 6 m/s^2 after 1 s", road=ICE, expect="expect: {events: as asked}\n")
    assert asked.id == plain.id != permitted.id
    with pytest.raises(SpecErrors, match="as far as possible"):
        street("red brakes after 1 s", expect="expect: {events: maybe}\n")


def test_a_duration_that_the_line_leaves_open_is_compared_and_fails_nothing():
    rain = "{lanes: 2, opposite_lanes: 1, surface: wet}"
    usual, asked = (
        street(f"red changes lane to the left {within}after 1 s", road=rain)
        for within in ("", "within 4 s ")
    )  # fmt: skip
    assert usual.id == asked.id and usual.events == asked.events
    (open_,), (given,) = (event_outcomes(simulate(one), one) for one in (usual, asked))
    assert quantity(open_, "time").text.startswith("time: usually 4 s, done ") and quantity(open_, "time").kept is None
    assert quantity(given, "time").kept is True


@pytest.mark.parametrize(("kind", "most"), [("tram", 1.2), ("e-scooter", 2.0), ("car", 3.0)])
def test_a_wait_slows_as_explain_says_and_no_faster_than_its_kind_usually_does(kind, most):
    scenario = street("item waits 1 s after 1 s", duration="14 s",
                      actors=(f"item: {{kind: {kind}, lane: 0, ahead: 20 m, speed: 20 km/h}}",))  # fmt: skip
    rollout = simulate(scenario)
    assert -rollout.acceleration_mps2[:, 1].min() == pytest.approx(most, abs=0.02)
    if kind != "car":
        assert rollout.acceleration_mps2[:, 1].max() <= 1.0 + 1e-6
