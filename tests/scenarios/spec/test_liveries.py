"""Liveries and colours: their words, the kinds that may have them, and unchanged ids of other scenarios."""

import pytest

from scenarios.authoring.draft import draft
from scenarios.authoring.explain import told
from scenarios.load import loads
from scenarios.model.bodies import LIVERIED, VARIANTS, Colour, Kind, Livery
from scenarios.source.errors import SpecErrors

FILE = """
name: on-duty
intent: Somebody on duty passes.
duration: 4 s
road: {{kind: straight, lanes: 2}}
ego: {{lane: 0, speed: 30 km/h, drive: follow}}
actors: {{it: {{{it}}}}}
story: [{story}]
"""
PLACE = "lane: 1, ahead: 20 m, speed: 30 km/h"
ON_DUTY = {name: sort for name, sort in VARIANTS.items() if sort.livery is not Livery.PLAIN}


def read(it: str, story: str = ""):
    (scenario,) = loads(FILE.format(it=f"{it}, {PLACE}", story=story))
    return scenario


def refused(it: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        read(it)
    return "; ".join(map(str, caught.value.faults))


@pytest.mark.parametrize(("name", "sort"), ON_DUTY.items())
def test_a_livery_variant_is_its_kind_in_its_livery_and_has_its_own_noun(name, sort):
    scenario = read(f"kind: {name}", f"the {name} stops after 1 s")
    body = scenario.placed[1].body
    assert (body.kind, body.size, body.livery) == (sort.kind, sort.size, sort.livery)
    assert scenario.events[0].actor == "it"
    assert f"{sort.kind}, {sort.livery}" in told((scenario,))


@pytest.mark.parametrize("livery", LIVERIED)
def test_a_livery_is_refused_on_other_kinds(livery):
    assert f"{livery} livery on a cone; wanted it on" in refused(f"kind: cone, livery: {livery}")


def test_an_unknown_colour_is_refused_with_the_nearest_one():
    assert "did you mean" in refused("kind: car, colour: gren")
    assert read("kind: car, colour: red").placed[1].body.colour is Colour.RED


def test_a_scenario_without_appearance_keeps_its_id_and_one_with_appearance_has_another():
    plain = read("kind: car")
    assert read("kind: car, colour: any, livery: plain").id == plain.id
    assert len({plain.id, read("kind: car, colour: red").id, read("kind: car, livery: police").id}) == 3


def test_a_phrase_may_contain_both():
    text = draft("a red school bus stops in front of the ego", "mine").text
    assert "kind: school bus" in text
    assert "colour: red" in text
    assert loads(text)[0].placed[1].body.kind is Kind.BUS
