"""The verb 'waits': for a time or until a condition holds, and then as before."""

import numpy as np
import pytest

from outputs.verdict import Outcome
from pipeline.checks import outcomes
from scenarios.model.triggers import AllOf, AtGap, HasPassed
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.verbs.longitudinal.wait import Wait
from tests.scenarios.verbs.lanes import ACTORS, driven, lanes, offsets, said_at, speeds, story_of

RED, TRUCK, WALKER, RIDER, _ = ACTORS


def stands_s(rollout, who) -> float:
    """How long it stands between moving and moving."""
    moves = np.flatnonzero(speeds(rollout, who) > 0)
    return float(np.diff(rollout.t_s[moves]).max())


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_waiting_for_a_time_stands_that_long_and_continues_at_the_former_speed(seconds):
    rollout = driven(lanes(f"red waits {seconds:g} s after 1 s", duration="16 s"))
    assert stands_s(rollout, "red") == pytest.approx(seconds, abs=0.2)
    assert speeds(rollout, "red")[-1] == pytest.approx(50 / 3.6, abs=0.1)
    assert rollout.acceleration_mps2[:, 1].min() == pytest.approx(-3.0, abs=0.1)


def test_a_walker_waits_on_the_road_until_the_ego_has_passed():
    ego = "{lane: 0, speed: 36 km/h, drive: hold speed}"
    lines = ("walker crosses the road", "walker waits until the ego has passed after 0.6 s")
    rollout = driven(lanes(*lines, actors=(WALKER,), ego=ego))
    stands = speeds(rollout, "walker") == 0
    stands[:12] = stands[-12:] = False
    gone = rollout.t_s[np.argmax(rollout.centre[:, 0, 0] - rollout.sizes[0, 0] / 2 > rollout.centre[:, 1, 0])]
    assert rollout.t_s[stands][-1] == pytest.approx(gone, abs=0.2)
    assert offsets(rollout, "walker")[-1] > rollout.road.right_edge + 3


def test_a_driver_continues_with_its_model_afterwards():
    follows = RED.replace("speed: 50 km/h", "speed: 50 km/h, drive: follow")
    rollout = driven(lanes("red waits 1 s", actors=(follows,), duration="18 s"))
    assert stands_s(rollout, "red") == pytest.approx(1.0, abs=0.2)
    assert speeds(rollout, "red")[-1] > 11


def test_the_next_event_begins_after_the_waiting():
    rollout = driven(lanes("walker waits 2 s and then crosses the road", actors=(WALKER,)))
    assert said_at(rollout, "crosses") == pytest.approx(2.0, abs=0.05)


def test_an_actor_that_waits_for_the_end_of_an_event_then_continues():
    lines = ("slow: ego brakes at 2 m/s^2 until 10 km/h after 4 s", "red waits until slow has ended")
    rollout = driven(lanes(*lines, ego="{lane: 1, speed: 36 km/h, drive: hold speed}", duration="16 s"))
    ended_s = rollout.t_s[np.argmax(speeds(rollout, "ego") < 10.1 / 3.6)]
    assert said_at(rollout, "has waited") == pytest.approx(ended_s, abs=0.2)
    assert speeds(rollout, "red")[-1] == pytest.approx(50 / 3.6, abs=0.1)


def test_the_event_that_it_waits_for_may_have_any_name():
    ego = "{lane: 0, speed: 36 km/h, drive: hold speed}"
    named = lanes("slow: ego brakes until 10 km/h after 2 s", "red waits until slow has ended", ego=ego)
    counted = lanes("ego brakes until 10 km/h after 2 s", "red waits until event-1 has ended", ego=ego)
    assert named.id == counted.id
    assert story_of(named)[1].startswith("slow: the ego brakes") and story_of(counted)[1].startswith("event-1: ")
    again = lanes(*(f'"{line.partition("   #")[0]}"' for line in story_of(counted)), ego=ego)
    assert again.id == named.id


def test_another_event_ends_the_waiting_permanently():
    rollout = driven(lanes("red waits 2 s", "red speeds up to 30 km/h after 5.2 s", duration="14 s"))
    assert speeds(rollout, "red")[-1] == pytest.approx(30 / 3.6, abs=0.05)


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("walker waits until the ego has passed", HasPassed("ego", "walker")),
        ("walker waits until red has passed the truck", HasPassed("red", "truck")),
        ("red waits until the gap is above 30 m", AtGap("red", "ego", 30.0, below=False)),
        ("red waits until the gap is above 30 m and the truck has passed walker",
         AllOf((AtGap("red", "ego", 30.0, below=False), HasPassed("truck", "walker")))),
    ],
)  # fmt: skip
def test_conditions_are_those_of_triggers(line, until):
    (event,) = lanes(line, actors=(RED, TRUCK, WALKER)).events
    assert event.do == Wait(None, until)


def test_explain_prints_how_it_stops_and_continues():
    (told,) = story_of(lanes("red waits 2 s after 1 s"))
    assert told == "red waits 2 s after 1 s   # slows at 3 m/s^2 if it moves, and then goes on as before"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("red waits", ["neither for nor until", "for: 2 s"]),
        ("red waits 2 s until the ego has passed", ["both for and until"]),
        ("red waits 2 m", ["this is a length"]),
        ("red waits until quick has ended", ["'quick'", "an event of this story"]),
        ("stop: red waits until stop has ended", ["'stop', which waits for 'stop' itself", "do not wait for each"]),
        ("red waits until the zeppelin has passed", ["'zeppelin' describes none"]),
        ("red waits until it is in lane 4", ["lane 4", "one of lane 0, lane 1"]),
        ("red waits until 20 s have passed", ["a time before the clip ends"]),
        ("red waits patiently", ["not understood", "patiently"]),
        ("{actor: red, when: {after: 1 s}, do: {wait: {until: {passed: {of: laed, what: red}}}}}",
         ["do.wait.until.passed.of", "'laed'"]),
    ],
)  # fmt: skip
def test_impossible_lines_are_refused_with_a_correction(line, said):
    with pytest.raises(SpecErrors) as caught:
        lanes(line, "slow: ego brakes until 1 km/h", ego="{lane: 0, speed: 30 km/h, drive: hold speed}")
    assert [part for part in said if part not in str(caught.value)] == []


AHEAD = (
    "red: {kind: car, lane: 0, ahead: 20 m, speed: 50 km/h}",
    "blue: {kind: car, lane: 1, behind: 20 m, speed: 30 km/h}",
)


@pytest.mark.parametrize("when", ["after 1 s", "at the start"])
def test_who_waits_for_what_holds_already_goes_on_as_before_and_check_tells_it(when):
    scenario = lanes(f"blue waits until red has passed {when}", actors=AHEAD)
    rollout = simulate(scenario)
    assert np.ptp(speeds(rollout, "blue")) == 0
    (verdict,) = outcomes.story(rollout, scenario)
    assert verdict.outcome is Outcome.FAIL
    assert "since this holds already: red has passed blue" in verdict.reason


def test_who_waits_for_what_never_comes_stands_and_check_tells_how_near_it_came():
    scenario = lanes("walker waits until the ego has passed", actors=(WALKER,))
    rollout = simulate(scenario)
    (verdict,) = outcomes.story(rollout, scenario)
    assert verdict.outcome is Outcome.FAIL
    assert "the end of 'walker waits until the ego has passed walker at the start'" in verdict.reason
    assert "ego stayed 65.0 m short of having passed walker" in verdict.reason


def test_a_wait_that_ends_or_that_is_ended_is_not_told_of():
    scenario = lanes("red waits until blue has passed", "red speeds up to 30 km/h after 3 s", actors=AHEAD)
    assert simulate(scenario).unfired == ()


def test_who_is_hit_while_it_waits_is_said_to_be_hit():
    ego = "{lane: 0, speed: 50 km/h, drive: hold speed}"
    rollout = simulate(lanes("red waits until blue has travelled 900 m", actors=AHEAD, ego=ego))
    (missed,) = rollout.unfired
    assert missed.why == "red was hit before"
