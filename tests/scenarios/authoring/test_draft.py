"""Drafts of files from phrases: they load and simulate, and the phrase happens in them."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from scenarios.authoring.draft import NotDrafted, draft
from scenarios.compiler.json_schema import schema
from scenarios.load import loads
from scenarios.metrics.criticality import encounters
from scenarios.scenario import After, AfterEvent, HoldSpeed, Parked
from scenarios.simulation.simulate import simulate
from scenarios.source.yaml_document import parse_document
from scenarios.verbs import VERBS
from tests.scenarios.verbs.lanes import impossible

JUDGE = Draft7Validator(schema())


def drafted(phrase: str):
    """The scenario of a fully understood phrase, and its events."""
    made = draft(phrase, "drafted")
    assert JUDGE.is_valid(parse_document(made.text).data)
    (scenario,) = loads(made.text)
    return scenario, simulate(scenario)


@pytest.mark.parametrize(
    ("phrase", "happens"),
    [
        ("a child steps out from behind the parked van at night", "child steps out from behind van"),
        ("lead car brakes hard on a wet road", "lead brakes at 4.9 m/s² (6.0 asked; the road gives no more)"),
        ("cyclist crosses from the left in fog", "cyclist crosses"),
        ("on a rainy night a pedestrian runs across the wet road", "pedestrian crosses"),
        ("a kid darts out from behind a parked bus at dusk", "kid steps out from behind bus"),
        ("an adult walks across the road at 6 km/h from the left on snow", "adult crosses"),
        ("pedestrian crossing at dusk", "pedestrian crosses"),
        ("the motorcycle brakes gently in a right bend", "motorcycle brakes at 2.0 m/s²"),
        ("a truck cuts in from the right", "truck cuts in"),
        ("a motorbike cuts in from the left at night", "motorbike cuts in"),
        ("a lorry slows down to 20 km/h in the rain", "lorry slows to 20 km/h"),
        ("the ego brakes hard", "ego brakes at 6.0 m/s²"),
        ("a deer runs across the road at dusk", "deer crosses"),
        ("a dog steps out from behind a parked van", "dog steps out from behind van"),
        ("the truck loses a tyre", "truck drops tyre"),
        ("the lead truck drops a pallet on a wet road", "lead drops pallet"),
    ],
)
def test_the_phrase_happens(phrase, happens):
    _, rollout = drafted(phrase)
    assert any(f"{h.actor} {h.what}".startswith(happens) for h in rollout.happenings)


def test_light_weather_road_and_speed_are_taken_from_the_phrase():
    scenario, _ = drafted(
        "at night in fog the lead car brakes on an icy left-hand curve while the ego drives at 20 km/h"
    )
    assert (scenario.environment.time, scenario.environment.weather, scenario.surface) == ("night", "fog", "ice")
    assert scenario.road.curvature_per_m > 0
    assert scenario.placed[0].speed_mps == pytest.approx(20 / 3.6)


def test_standing_actors_stand_where_the_phrase_places_them():
    for phrase, side in (("a truck parked on the left", 1), ("a truck parked on the right side of the road", -1)):
        scenario, _ = drafted(phrase)
        assert scenario.placed[1].behaviour == Parked()
        beyond = scenario.road.left_edge if side > 0 else -scenario.road.right_edge
        assert side * scenario.placed[1].start.d_m > beyond
    scenario, _ = drafted("a truck parked in the ego's lane")
    assert scenario.placed[1].start.d_m == 0
    scenario, _ = drafted("a broken-down truck 30 m ahead in fog")
    assert scenario.placed[1].start.d_m == 0
    assert encounters(simulate(scenario)).gap_m[0, 1] == pytest.approx(30.0)
    scenario, _ = drafted("an oncoming bus")
    assert scenario.placed[1].start.facing == -1
    assert isinstance(scenario.placed[1].behaviour, HoldSpeed)


@pytest.mark.parametrize(
    "phrase",
    [
        "a child steps out from behind the parked van", "a cyclist crosses from the left",
        "a pedestrian crosses the road at 3 km/h", "a man runs across the street while the ego drives at 80 km/h",
    ],
)  # fmt: skip
def test_a_crossing_actor_would_meet_an_ego_that_does_not_brake(phrase):
    text = draft(phrase, "drafted").text.replace("drive: follow, driver: attentive", "drive: hold speed")
    rollout = simulate(loads(text)[0])
    assert any(h.other and "ego" in (h.actor, h.other) for h in rollout.happenings)


def test_clauses_become_lines_and_a_clause_without_an_actor_continues_with_the_last_one():
    scenario, _ = drafted("a van cuts in from the left and then brakes hard")
    cut, brake = scenario.events
    assert (cut.actor, cut.when, brake.actor) == ("van", After(1.0), "van")
    assert brake.when == AfterEvent(cut.name, 0.0)
    scenario, _ = drafted("lead car brakes and a child runs out from behind a parked truck")
    assert [e.actor for e in scenario.events] == ["lead", "child"]


@pytest.mark.parametrize(
    ("phrase", "acting"),
    [
        ("a dog and a child run across the road", ["dog", "child"]),
        ("a truck and a car brake hard", ["truck", "car"]),
        ("a cyclist and an e-scooter cross the road from the left", ["cyclist", "e-scooter"]),
        ("a truck, a car brakes hard", ["car"]),  # the truck is in the scene
    ],
)
def test_what_two_actors_do_together_is_a_line_for_each(phrase, acting):
    scenario, _ = drafted(phrase)
    assert [event.actor for event in scenario.events] == acting
    assert len({(type(event.do), event.when) for event in scenario.events}) == 1


def test_a_second_object_of_an_action_is_not_dropped():
    with pytest.raises(NotDrafted, match="not understood"):
        draft("the ego overtakes the truck and the car at 90 km/h", "drafted")


@pytest.mark.parametrize(
    ("phrase", "unknown"),
    [
        ("lead car brakes hard on a cobbled road", ("cobbled",)),
        ("the shiny car brakes", ("shiny",)),
        ("a kid runs out from behind a stopped airport bus", ("airport",)),
        ("lead car brakes hard because of a squirrel", ("because of a squirrel",)),
        ("lead car brakes in heavy rain", ("heavy",)),
    ],
)
def test_a_draft_leaves_no_word_out(phrase, unknown):
    with pytest.raises(NotDrafted, match=f"no draft has '{unknown[0]}': leave it out"):
        draft(phrase, "drafted")


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("aliens land", "no known actor in 'aliens land'"),
        ("a dragon crosses the road", "no known actor in"),
        ("an icy road", "no known actor in"),
        ("two cars crash", "no known actor in"),
        ("a car does not brake", "not understood as an action of an actor"),
        ("a car flies over the ego", "not understood"),
        ("lead car on the left brakes", "not understood"),
        ("", "1 to 200 characters"),
        ("x" * 201, "1 to 200 characters"),
        ("lead car brakes\nname: other", "1 to 200 characters"),
    ],
)
def test_phrases_that_cannot_be_drafted_are_refused_with_a_message(phrase, said):
    with pytest.raises(NotDrafted, match=said):
        draft(phrase, "drafted")


@pytest.mark.parametrize(
    ("phrase", "found", "example"),
    [
        ("a car overtakes a truck", "which is not faster than truck", "a car overtakes a truck at 70 km/h"),
        ("a bus overtakes a truck on the left on a motorway", "not faster than truck",
         "a bus overtakes a truck on the left on a motorway at 130 km/h"),
        ("a car overtakes", "not understood as an action", "a car overtakes a truck at 70 km/h"),
        ("the lead car makes a U-turn.", "a road of 12.4 m", "the lead car makes a U-turn on a wide road"),
        ("a bus turns around", "its turning circle needs", "a car turns around on a wide road"),
        ("the lead car opens its door", "lead, which moves", "a parked car opens its door"),
        ("a car waits", "neither for nor until", "a car waits 2 s"),
        ("a pedestrian turns back", "does not cross the road before", "a child runs across the road and turns back"),
        ("a car waits for 2 s and then holds its speed", "wanted the speed that car holds", "a car waits 2 s"),
        ("a parked car turns around", "car, which stands", "a car turns around on a wide road"),
    ],
)  # fmt: skip
def test_a_phrase_that_says_too_little_is_refused_with_what_is_missing_and_an_example(phrase, found, example):
    with pytest.raises(NotDrafted) as caught:
        draft(phrase, "drafted")
    assert found in str(caught.value) and str(caught.value).endswith(f"for example '{example}'")
    assert draft(example, "drafted").text


# A draft has a straight road without junction or ramp, and its actors are near the ego.
NOT_DRAFTED = {"turn", "stop_at_line", "run_red_light", "take_exit", "merge", "appear"}


def test_only_verbs_that_no_draft_has_a_place_for_offer_no_phrase():
    assert {verb.key for verb in VERBS.all() if not verb.drafts} == NOT_DRAFTED


@pytest.mark.parametrize("verb", [verb for verb in VERBS.all() if verb.drafts], ids=lambda verb: verb.key)
def test_every_verb_offers_a_phrase_that_is_drafted_and_possible(verb):
    whole = verb.drafts[-1]
    scenario, rollout = drafted(whole)
    assert "..." not in whole and verb.action in {type(event.do) for event in scenario.events}
    assert impossible(scenario, rollout) == [] and rollout.unfired == ()


def test_a_side_behind_whom_one_overtakes_is_that_of_the_passing():
    scenario, _ = drafted("a van overtakes a cyclist on the right at 40 km/h")
    (event,) = scenario.events
    assert event.do.side == "right"


SAID = """
    a the lead car truck child cyclist van bus parked stopped oncoming brakes hard crosses cuts in steps out runs from
    behind left right on at the road night fog icy and then while after 2 s 30 km/h 20 m ahead ego drives , heavy it's
    "quoted" back\\slash {braces} #hash name: é
"""
WORDS = st.sampled_from(SAID.split())


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=10).map(" ".join) | st.text(string.printable, max_size=40))
def test_any_phrase_gives_a_file_or_a_refusal(phrase):
    """The file loads, or the phrase is refused."""
    try:
        made = draft(phrase, "drafted")
    except NotDrafted as refused:
        assert len(str(refused)) < 600
    else:
        assert loads(made.text)
