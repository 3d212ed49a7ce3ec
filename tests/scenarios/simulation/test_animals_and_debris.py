"""Animals and debris: their words, their sizes, their actions and limits."""

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.model.bodies import USUAL_SIZE, VARIANTS, Kind, Size, variant_of
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.verbs.crossing.cross import Cross
from scenarios.verbs.scene.drop import Drop

FILE = """
name: surprise
intent: Something is on the road.
duration: 6 s
road: {{kind: straight, lanes: 2, opposite_lanes: 1}}
ego: {{lane: 0, speed: 50 km/h, drive: hold speed}}
actors: {{{actors}}}
story: [{story}]
expect: {{collision: allowed}}
"""
TRUCK = "truck: {kind: truck, lane: 0, ahead: 30 m, speed: 50 km/h}"
DEER = "deer: {kind: deer, side: right, ahead: 40 m, offset: 2 m}"


def read(actors: str, story: str = ""):
    (scenario,) = loads(FILE.format(actors=actors, story=story))
    return scenario


def refused(actors: str, story: str = "") -> str:
    with pytest.raises(SpecErrors) as caught:
        read(actors, story)
    return "; ".join(map(str, caught.value.faults))


@pytest.mark.parametrize(("word", "variant"), VARIANTS.items())
def test_a_variant_is_its_kind_with_its_size(word, variant):
    assert variant_of(variant.kind, variant.size, variant.livery) == word
    body = read(f"it-1: {{kind: {word}, lane: 1, ahead: 20 m, speed: 0 km/h}}").placed[1].body
    assert (body.kind, body.size) == (variant.kind, variant.size)
    boxed = read(f"it-1: {{kind: {word}, box: {{at: [30 m, 6 m]}}}}").placed[1].body
    assert boxed == body


def test_a_given_size_is_kept_and_a_bare_kind_has_its_usual_size():
    sized = read("dog: {kind: dog, lane: 1, ahead: 20 m, speed: 0 km/h, size: [0.6 m, 0.25 m, 0.5 m]}")
    assert sized.placed[1].body.size == Size(0.6, 0.25, 0.5)
    bare = read("beast: {kind: animal, lane: 1, ahead: 20 m, speed: 0 km/h}")
    assert bare.placed[1].body.size == USUAL_SIZE[Kind.ANIMAL]


@pytest.mark.parametrize(
    ("size", "variant"),
    [((1.0, 0.3, 1.0), "tyre"), ((0.3, 1.0, 1.0), "tyre"), ((0.6, 0.6, 0.2), "tyre"), ((2.4, 0.2, 0.05), "pallet"),
     ((0.5, 0.5, 0.5), "crate"), ((1.2, 1.0, 0.8), "crate")],
)  # fmt: skip
def test_the_variant_follows_from_the_size(size, variant):
    assert variant_of(Kind.DEBRIS, Size(*size)) == variant


def test_an_unknown_word_is_refused_with_a_suggestion():
    assert "tyre, as it is called here" in refused("it-1: {kind: tire, lane: 1, ahead: 9 m, speed: 0 km/h}")
    assert "did you mean deer" in refused("it-1: {kind: der, lane: 1, ahead: 9 m, speed: 0 km/h}")


def test_a_running_deer_is_faster_than_a_running_adult_and_slower_when_it_only_crosses():
    adult = "adult: {kind: pedestrian, side: right, ahead: 60 m, offset: 2 m}"
    events = read(f"{DEER}, {adult}", "the deer runs across the road, the adult runs across the road").events
    runs = {event.actor: event.do.speed_mps for event in events if isinstance(event.do, Cross)}
    assert runs["deer"] > 2 * runs["adult"]
    (trot,) = read(DEER, "the deer crosses the road").events
    assert runs["adult"] < trot.do.speed_mps < runs["deer"]


def test_a_deer_turns_on_the_spot_and_is_across_within_the_clip():
    rollout = simulate(read(DEER, "the deer runs across the road after 0.5 s"))
    deer = rollout.index("deer")
    assert np.ptp(rollout.centre[:, deer, 0]) < 0.2
    assert rollout.centre[-1, deer, 1] > rollout.road.left_edge


def test_the_noun_of_a_variant_means_that_variant_and_the_noun_of_the_kind_any():
    dog = "rex: {kind: dog, side: left, ahead: 30 m, offset: 1 m}"
    stag = "hart: {kind: animal, side: right, ahead: 40 m, offset: 2 m}"
    events = read(f"{dog}, {stag}", "the dog crosses the road, the deer crosses the road after 1 s").events
    assert [event.actor for event in events] == ["rex", "hart"]
    assert "may be rex or hart" in refused(f"{dog}, {stag}", "the animal crosses the road")


@pytest.mark.parametrize("words", ["loses the tyre", "drops the wheel", "sheds the debris", "loses the cargo"])
def test_a_truck_loses_its_tyre(words):
    scenario = read(f"{TRUCK}, tyre: {{kind: tyre}}", f"the truck {words} after 1 s")
    (event,) = scenario.events
    assert isinstance(event.do, Drop) and event.do.cargo == "tyre"
    rollout = simulate(scenario)
    tyre, truck = rollout.index("tyre"), rollout.index("truck")
    assert not rollout.valid[6, tyre] and rollout.valid[-1, tyre]
    rests = np.flatnonzero(rollout.valid[:, tyre] & (rollout.speed_mps[:, tyre] == 0.0))[0]
    assert rollout.centre[rests, tyre, 0] < rollout.centre[rests, truck, 0] - 10.0
    assert rollout.centre[rests, tyre, 2] == pytest.approx(VARIANTS["tyre"].size.height_m / 2)


@pytest.mark.parametrize(
    ("story", "said"),
    [
        ("the crate crosses the road", "cannot move"),
        ("the truck drops the deer", "a thing"),
        ("the deer changes lane to the left", "which does not keep to a lane"),
        ("the deer loses control", "on four wheels"),
        ("the deer reverses", "going backwards"),
    ],
)
def test_impossible_actions_of_animals_and_debris_are_refused(story, said):
    crate = "crate: {kind: crate, lane: 1, ahead: 60 m, speed: 0 km/h}"
    hidden = DEER if "drops" not in story else "deer: {kind: deer}"
    assert said in refused(f"{TRUCK}, {crate}, {hidden}", story)
