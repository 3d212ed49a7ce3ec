"""English story lines: parsing, refusals, and equality of both forms."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.load import loads
from scenarios.model.bodies import Kind
from scenarios.scenario import After, Event, Follow, HoldSpeed, OnLane
from scenarios.source.errors import SpecErrors
from scenarios.spec.actor_references import ActorDescription, ActorIndex, AmbiguousReference, resolve
from scenarios.story.examples import PHRASES, spelt
from scenarios.story.sentence import StorySyntaxError, read_line
from scenarios.story.suggestions import nearest_phrases
from scenarios.verbs.crossing.cross import Cross
from scenarios.verbs.crossing.step_out import StepOut
from scenarios.verbs.lateral.lane_changes import CutIn
from scenarios.verbs.longitudinal.brake import Brake
from scenarios.verbs.longitudinal.change_speed import ChangeSpeed

KMH = 1 / 3.6
STREET = """
name: street
intent: Everyone is here.
road: {{lanes: 3, opposite_lanes: 1}}
ego: {{lane: 1, speed: 40 km/h, drive: follow}}
actors:
  lead: {{kind: car, lane: 1, ahead: 15 m, speed: 50 km/h}}
  van: {{kind: van, lane: 2, ahead: 5 m, speed: 50 km/h}}
  bus: {{kind: bus, lane: oncoming 0, ahead: 60 m, speed: 30 km/h}}
  truck: {{kind: truck, side: right, ahead: 25 m, offset: 0.5 m}}
  parked-car: {{kind: car, side: left, ahead: 25 m, offset: 0.5 m}}
  child: {{kind: child}}
  rider: {{kind: cyclist, side: left, ahead: 40 m, offset: 1 m}}
  walker: {{kind: pedestrian, side: right, ahead: 45 m, offset: 1 m, speed: 4 km/h}}
story:
{story}
"""
HIDE = "  - the child steps out from behind the truck after 5 s\n"


def events(*lines: str, hide: bool = True) -> tuple[Event, ...]:
    """The events of story lines, without the child's own event, which places it."""
    story = "".join(f"  - {line}\n" for line in lines) + (HIDE if hide else "")
    (scenario,) = loads(STREET.format(story=story))
    return tuple(e for e in scenario.events if not (hide and e.actor == "child"))


def refusal(*lines: str, hide: bool = True) -> str:
    story = "".join(f"  - {line}\n" for line in lines) + (HIDE if hide else "")
    with pytest.raises(SpecErrors) as caught:
        loads(STREET.format(story=story))
    assert all(fault.where.startswith("story.") for fault in caught.value.faults)
    return str(caught.value)


def brakes(decel: float = 4.0, until: float = 0.0, t: float = 0.0, actor: str = "lead") -> Event:
    return Event(actor, After(float(t)), Brake(float(decel), float(until)))


UNDERSTOOD = [
    ("lead brakes at 6 m/s^2 after 1.5 s", brakes(6, t=1.5)),
    ("lead brakes at 6 m/s² after 1.5 s", brakes(6, t=1.5)),
    ("Lead brakes at 6 m/s^2 after 1.5 s.", brakes(6, t=1.5)),
    ("after 1.5 s lead brakes at 6 m/s^2", brakes(6, t=1.5)),
    ("'After 1.5 s, lead brakes at 6 m/s^2'", brakes(6, t=1.5)),
    ("lead brakes after 1.5 s at 6 m/s^2", brakes(6, t=1.5)),
    ("lead brakes with 6 metres per second squared after 1.5 seconds", brakes(6, t=1.5)),
    ("lead brakes at 0.5 g", brakes(4.903325)),
    ("lead car brakes", brakes()),
    ("the lead car brakes hard", brakes(6)),
    ("lead brakes gently at 1 s", brakes(2, t=1)),
    ("lead brakes to a stop", brakes()),
    ("lead brakes until it stops", brakes()),
    ("lead brakes at 4 m/s^2 until 20 km/h", brakes(4, 20 * KMH)),
    ("lead brakes down to 20 km/h", brakes(4, 20 * KMH)),
    ("lead stops after two seconds", brakes(t=2)),
    ("lead comes to a standstill", brakes()),
    ("lead slams on the brakes after half a second", brakes(8, t=0.5)),
    ("lead makes an emergency stop after a second", brakes(8, t=1)),
    ("the ego brakes at 3 m/s^2 after 2 s", brakes(3, t=2, actor="ego")),
    ("the oncoming bus brakes", brakes(actor="bus")),
    ("lead brakes 1.5 s later", brakes(t=1.5)),
    ("lead brakes immediately", brakes()),
    ("van cuts in after 1 s", Event("van", After(1.0), CutIn(2.0))),
    ("van cuts in within 1.5 s", Event("van", After(0.0), CutIn(1.5))),
    ("the van cuts in in front of the ego within 1.5 s after 1 s", Event("van", After(1.0), CutIn(1.5))),
    ("van cuts in front of the ego after 1 s", Event("van", After(1.0), CutIn(2.0))),
    ("the van merges", Event("van", After(0.0), CutIn(2.0))),
    ("van changes into the ego's lane after 1 s", Event("van", After(1.0), CutIn(2.0))),
    ("van pulls into the ego lane", Event("van", After(0.0), CutIn(2.0))),
    ("cyclist crosses the road at 15 km/h after 1 s", Event("rider", After(1.0), Cross(15 * KMH))),
    ("the cyclist crosses", Event("rider", After(0.0), Cross(15 * KMH))),
    ("the bicycle crosses from the left", Event("rider", After(0.0), Cross(15 * KMH))),
    ("the bike rides across the road", Event("rider", After(0.0), Cross(15 * KMH))),
    ("rider crosses in front of the ego at ten kilometres per hour", Event("rider", After(0.0), Cross(10 * KMH))),
    ("the pedestrian walks across the road", Event("walker", After(0.0), Cross(4 * KMH))),
    ("an adult runs across the street after 2 s", Event("walker", After(2.0), Cross(8 * KMH))),
    ("the woman walks onto the road at 3 km/h", Event("walker", After(0.0), Cross(3 * KMH))),
    ("lead holds its speed", Event("lead", After(0.0), HoldSpeed(50 * KMH))),
    ("lead keeps 30 km/h after 2 s", Event("lead", After(2.0), HoldSpeed(30 * KMH))),
    ("lead keeps its speed of 30 km/h", Event("lead", After(0.0), HoldSpeed(30 * KMH))),
    ("lead drives on at 40 kph", Event("lead", After(0.0), HoldSpeed(40 * KMH))),
    ("lead keeps going", Event("lead", After(0.0), HoldSpeed(50 * KMH))),
    ("ego follows the lead at 50 km/h", Event("ego", After(0.0), Follow(50 * KMH, "r157 careful"))),
    ("ego follows traffic", Event("ego", After(0.0), Follow(40 * KMH, "r157 careful"))),
    ("van follows at sixty km/h", Event("van", After(0.0), Follow(60 * KMH, "r157 careful"))),
    ("lead speeds up to 60 km/h", Event("lead", After(0.0), ChangeSpeed(60 * KMH, 1.5))),
    ("lead accelerates to 60 km/h at 2.5 m/s^2", Event("lead", After(0.0), ChangeSpeed(60 * KMH, 2.5))),
    ("lead slows down to 30 km/h after 1 s", Event("lead", After(1.0), ChangeSpeed(30 * KMH, 2.0))),
    ("lead slows to 20 mph after one and a half seconds", Event("lead", After(1.5), ChangeSpeed(8.9408, 2.0))),
    ("lead decelerates hard to twenty-five km/h", Event("lead", After(0.0), ChangeSpeed(25 * KMH, 4.0))),
    ("the parked truck speeds up to 10 km/h", Event("truck", After(0.0), ChangeSpeed(10 * KMH, 1.5))),
]  # fmt: skip


def same(one: Event, other: Event) -> bool:
    names = [field.name for field in fields(one.do) if field.compare]
    values = [(getattr(one.do, name), getattr(other.do, name)) for name in names]
    return (
        (one.actor, one.when, type(one.do)) == (other.actor, other.when, type(other.do))
        and all(a == (pytest.approx(b) if isinstance(b, float) else b) for a, b in values)
    )  # fmt: skip


@pytest.mark.parametrize(("sentence", "event"), UNDERSTOOD, ids=[s for s, _ in UNDERSTOOD])
def test_sentences_become_events(sentence, event):
    (understood,) = events(sentence)
    assert same(understood, event)


STEPS_OUT = [
    ("a child steps out from behind the parked truck after 2 s", "truck", 5, 2.0),
    ("the kid walks out from behind the lorry at 4 km/h", "truck", 4, 0.0),
    ("child runs out from behind the truck after 1 s", "truck", 8, 1.0),
    ("the girl emerges from behind the parked car onto the road", "parked-car", 5, 0.0),
    ("after two seconds the boy jumps out from behind parked-car in front of the ego", "parked-car", 8, 2.0),
]


@pytest.mark.parametrize(("sentence", "behind", "kmh", "t"), STEPS_OUT, ids=[s for s, *_ in STEPS_OUT])
def test_an_actor_steps_out(sentence, behind, kmh, t):
    (event,) = events(sentence, hide=False)
    assert same(event, Event("child", After(t), StepOut(behind, kmh * KMH)))


REFUSED = [
    ("lead dances", ["'lead dances'", "not understood from 'dances'", "a phrase such as 'lead "]),
    ("lead brakes softlee", ["not understood from 'softlee' on", "'lead brakes hard after 1.5 s'"]),
    ("lead", ["'lead'", "a phrase such as"]),
    ("brakes", ["'brakes'", "a phrase such as"]),
    ("lead brakes at 6 m/s^2 and the van cuts in after 1 s", ["a time for each of them"]),
    ("van cuts after 1 s", ["'van cuts in after 1 s'"]),
    ("lead brakes at 6", ["instead of 'at 6' an acceleration such as 6 m/s^2, or a time"]),
    ("lead brakes at 6 km/h", ["instead of 'at 6 km/h' an acceleration"]),
    ("lead brakes at 6 furlongs", ["instead of 'at 6 furlongs'"]),
    ("lead brakes after 2", ["a time with its unit", "bare number"]),
    ("lead stops after 20 m", ["'stops within 20 m', or 'stops when it has travelled 20 m'"]),
    ("lead brakes at 60 m/s^2", ["from 0.1 m/s^2 to 11.5 m/s^2"]),
    ("lead brakes hard at 3 m/s^2", ["'decel' given once, not twice"]),
    ("lead brakes after 1 s after 2 s", ["'when' given once, not twice"]),
    ("after 1 s lead brakes at 2 s", ["'when' given once, not twice"]),
    ("lead brakes after 7 s", ["7 s", "before the clip ends at 6 s"]),
    ("lead brakes until 80 km/h", ["80 km/h", "below the 50 km/h"]),
    ("the truck brakes", ["truck braking, which stands", "an actor that moves"]),
    ("lead slows down", ["the speed to reach: 'lead slows down to 30 km/h'"]),
    ("zeppelin brakes", ["'zeppelin' describes none of them", "lead (car)", "truck (truck)"]),
    ("the laed car brakes", ["did you mean lead"]),
    ("the red car brakes", ["'red' describes none"]),
    ("the parked vehicle speeds up to 9 km/h", ["may be truck or parked-car; use its id"]),
    ("the car brakes", ["may be lead or parked-car"]),
    ("the oncoming van brakes", ["none of them is 'oncoming van'"]),
    ("lead cuts in", ["lead, which is not beside the ego's lane"]),
    ("bus cuts in", ["bus, which is not beside"]),
    ("van cuts in at 30 km/h", ["instead of 'at 30 km/h' a time"]),
    ("ego moves into the lead's lane", ["ego, which is in the lane of lead already"]),
    ("van cuts in at a gap of 5 m", ["'when the gap is below 5 m' for when it begins"]),
    ("ego follows the van", ["the actor ahead of ego in its lane at the start (lead) instead of 'the van'"]),
    ("rider crosses from the right", ["the side at which rider is placed: it is on the left"]),
    ("lead crosses from the left", ["no side is known"]),
    ("truck crosses the road", ["the speed at which truck crosses"]),
    ("rider crosses at 0 km/h", ["a speed above zero"]),
    ("the ego crosses the road", ["another actor"]),
    ("lead steps out from behind the truck", ["a car", "a pedestrian or a two-wheeler"]),
    ("walker steps out from behind lead", ["lead, which is not parked"]),
    ("walker steps out from behind the tree", ["'tree' describes none"]),
    ("walker steps out from behind", ["it breaks off"]),
    ("walker jumps out of the truck", ["not understood from 'of the truck' on"]),
    ("''", ["a sentence of 1 to 1200 characters"]),
    ("lead brakes " + "very " * 300 + "hard", ["a sentence of 1 to 1200 characters"]),
    ("lead brakes; import os", ["not understood from 'import os'"]),
    ("{actor: laed, when: {after: 1 s}, do: {brake: {decel: 4 m/s^2}}}", ["story.0.actor", "did you mean lead"]),
    ("{actor: lead, when: {after: 1 s}, do: {brake: {decel: 4}}}", ["story.0.do.brake.decel", "bare number"]),
    ("{actor: lead, when: {after: 1 s}, do: {break: {}}}", ["story.0.do.break", "did you mean brake"]),
    ("{actor: lead, when: {after: 1 s}, do: {}}", ["no action", "exactly one of brake"]),
    ("{actor: lead, do: {cut_in: {}}}", ["story.0.when", "such as {after: 1.5 s}"]),
    ("{actor: van, when: {after: 1 s}, do: {cut_in: {}, follow: {}}}", ["follow and cut_in", "exactly one"]),
    ("{actor: van, when: {after: 1 s}, do: jump}", ["story.0.do.jump", "an unknown key"]),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "said"), REFUSED, ids=[s[:60] for s, _ in REFUSED])
def test_lines_that_are_not_understood_are_quoted_with_a_suggestion(sentence, said):
    message = refusal(sentence)
    assert [part for part in said if part not in message] == []


PAIRS = [
    ("lead brakes at 6 m/s^2 after 1.5 s", "{actor: lead, when: {after: 1.5 s}, do: {brake: {decel: 6 m/s^2}}}"),
    (
        "lead brakes at 6 m/s^2 until 10 km/h after 1.5 s",
        "{actor: lead, when: {after: 1.5 s}, do: {brake: {decel: 6 m/s^2, until: 10 km/h}}}",
    ),
    ("lead holds its speed", "{actor: lead, when: {after: 0 s}, do: hold_speed}"),
    ("lead slows down to 30 km/h", "{actor: lead, when: {after: 0 s}, do: {change_speed: {to: 30 km/h}}}"),
    ("ego follows at 50 km/h after 1 s", "{actor: ego, when: {after: 1 s}, do: {follow: {speed: 50 km/h}}}"),
    ("van cuts in within 1.5 s after 1 s", "{actor: van, when: {after: 1 s}, do: {cut_in: {within: 1.5 s}}}"),
    ("the cyclist crosses at 12 km/h", "{actor: rider, when: {after: 0 s}, do: {cross: {speed: 12 km/h}}}"),
    ("walker steps out from behind the truck", "{actor: walker, when: {after: 0 s}, do: {step_out: {behind: truck}}}"),
]


@pytest.mark.parametrize(("english", "structured"), PAIRS, ids=[e for e, _ in PAIRS])
def test_both_forms_compile_to_the_same_event(english, structured):
    place = STREET.replace("side: right, ahead: 45 m, offset: 1 m", "side: right, ahead: 34.5 m, offset: 1 m")
    one, other = (loads(place.format(story=f"  - {line}\n{HIDE}"))[0] for line in (english, structured))
    assert one.events == other.events
    assert one.id == other.id


def test_an_event_in_both_forms_is_one_event():
    assert len(events(*PAIRS[0])) == 1


def test_two_actions_at_once_are_refused_except_a_cut_in_with_braking():
    assert "has two actions at 1 s" in refusal("lead brakes hard after 1 s", "lead keeps 30 km/h after 1 s")
    assert len(events("van cuts in after 1 s", "van brakes after 1 s")) == 2


def test_a_speed_that_has_changed_must_be_given_again():
    assert "the speed that lead holds" in refusal("lead brakes until 20 km/h", "lead holds its speed after 3 s")
    assert len(events("the truck speeds up to 20 km/h", "the truck brakes after 4 s")) == 2


def test_events_come_in_the_order_of_time():
    assert [e.when.t_s for e in events("lead keeps 30 km/h after 4 s", "lead brakes after 1 s")] == [1.0, 4.0]


def test_an_actor_on_a_trajectory_takes_no_actions():
    text = STREET.format(story="  - the ego brakes\n" + HIDE)
    text = text.replace("speed: 40 km/h, drive: follow", "trajectory: [[0 s, 0 m, 0 m], [6 s, 60 m, 0 m]]")
    with pytest.raises(SpecErrors, match="ego, which follows its trajectory"):
        loads(text)


def test_a_story_is_read_even_if_its_actor_is_faulty():
    text = STREET.format(story="  - lead brakes\n  - lead dances\n  - the van cuts inn\n" + HIDE).replace(
        "ahead: 15 m", "ahead: 15"
    )
    with pytest.raises(SpecErrors) as caught:
        loads(text)
    assert [fault.where for fault in caught.value.faults] == ["actors.lead.ahead", "story.1", "story.2"]


def test_a_description_that_may_refer_to_a_faulty_actor_is_not_reported():
    text = STREET.format(story="  - the leading car brakes\n" + HIDE).replace("ahead: 15 m", "ahead: 15")
    with pytest.raises(SpecErrors) as caught:
        loads(text)
    assert [fault.where for fault in caught.value.faults] == ["actors.lead.ahead"]


CAST = ActorIndex(
    {
        "ego": ActorDescription("ego", Kind.CAR, 10.0, in_ego_lane=True),
        "lead": ActorDescription("lead", Kind.CAR, 10.0, in_ego_lane=True, gap_ahead_m=10.0),
        "far-car": ActorDescription("far-car", Kind.CAR, 0.0, in_ego_lane=True, gap_ahead_m=50.0),
        "truck-1": ActorDescription("truck-1", Kind.TRUCK, 0.0),
        "truck-2": ActorDescription("truck-2", Kind.TRUCK, 8.0, oncoming=True),
    }
)


@pytest.mark.parametrize(
    ("phrase", "who"),
    [
        ("lead", "lead"), ("the lead", "lead"), ("the leading car", "lead"), ("far car", "far-car"),
        ("the far vehicle", "far-car"), ("the parked car", "far-car"), ("the moving truck", "truck-2"),
        ("the oncoming truck", "truck-2"), ("a parked lorry", "truck-1"), ("truck 2", "truck-2"),
        ("the ego car", "ego"), ("the ego's", "ego"),
    ],
)  # fmt: skip
def test_descriptions_refer_to_exactly_one_actor(phrase, who):
    assert resolve(phrase, CAST) == who


@pytest.mark.parametrize("phrase", ["the truck", "the car", "the parked vehicle", "the bus", "somebody", ""])
def test_descriptions_of_no_or_several_actors_are_refused(phrase):
    with pytest.raises(AmbiguousReference, match=r"truck-1|far-car"):
        resolve(phrase, CAST)


def test_every_suggested_phrase_is_parsed():
    for phrase in PHRASES:
        assert read_line(phrase.format(a="lead", b="truck-1", c="truck-1"), CAST)[0]["actor"] == "lead"


def test_the_nearest_phrases_are_of_the_same_verb():
    assert "brakes" in nearest_phrases("lead brakse at 6 m/s^2", CAST)[0]
    assert "crosses" in nearest_phrases("truck-2 crossing the road", CAST)[0]
    assert "steps out" in nearest_phrases("lead stepping out from behind the truck", CAST)[0]


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("two", "2"), ("twelve", "12"), ("twenty", "20"), ("twenty-five", "25"), ("forty two", "42"), ("half a", "0.5"),
        ("one and a half", "1.5"), ("one point five", "1.5"), ("a", "1"), ("a hundred", "100"), ("zero", "0"),
    ],
)  # fmt: skip
def test_numbers_in_words(words, digits):
    assert spelt(words) == digits


@given(st.text(max_size=80))
def test_any_text_is_an_event_or_a_refusal(text):
    try:
        assert read_line(text, CAST)[0]["actor"] in CAST.members
    except StorySyntaxError as refused:
        assert refused.wanted


def test_a_hidden_actor_is_placed_by_euro_ncaps_geometry():
    (scenario,) = loads(STREET.format(story=HIDE))
    child, truck = (next(p for p in scenario.placed if p.body.id == i) for i in ("child", "truck"))
    assert isinstance(child.start, OnLane)
    bumper = truck.start.s_m + truck.body.size.length_m / 2
    assert child.start.s_m == pytest.approx(bumper + 1.0)
    assert child.start.d_m == pytest.approx(truck.start.d_m)


def test_an_actor_that_steps_out_must_be_hidden():
    text = STREET.format(story="  - rider steps out from behind the parked-car\n" + HIDE)
    with pytest.raises(SpecErrors, match="rider visible to the ego at the start; wanted a place behind parked-car"):
        loads(text.replace("side: left, ahead: 40 m", "side: left, ahead: 10 m"))
