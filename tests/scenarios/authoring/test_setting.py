"""The setting of a phrase: light, weather, road and speed, and the rest for the story."""

import pytest

from scenarios.authoring.draft_setting import WORDS, read_setting
from scenarios.model.environment import Surface, TimeOfDay, Weather


@pytest.mark.parametrize(
    ("phrase", "rest", "values"),
    [
        ("lead brakes at night", "lead brakes", {"environment.time": "night"}),
        ("lead brakes in the dark", "lead brakes", {"environment.time": "night"}),
        ("At dawn, lead brakes.", "lead brakes", {"environment.time": "dusk"}),
        ("lead brakes on a wet road", "lead brakes", {"road.surface": "wet"}),
        ("lead brakes while it is snowing", "lead brakes", {"environment.weather": "snow"}),
        ("lead brakes on snow", "lead brakes", {"road.surface": "snow"}),
        ("lead brakes on black ice", "lead brakes", {"road.surface": "ice"}),
        ("rain: lead brakes", "lead brakes", {"environment.weather": "rain"}),
        ("rain, night, lead brakes", "lead brakes", {"environment.weather": "rain", "environment.time": "night"}),
        ("on a rainy night lead brakes", "lead brakes", {"environment.weather": "rain", "environment.time": "night"}),
        ("a man crosses the icy street", "a man crosses the street", {"road.surface": "ice"}),
        ("in a right bend lead brakes", "lead brakes", {"road.kind": "curve", "road.direction": "right"}),
        ("a truck stands after a left-hand curve", "a truck stands", {"road.kind": "curve", "road.direction": "left"}),
        ("a van cuts in on a three-lane motorway", "a van cuts in", {"road.lanes": "3"}),
        ("lead brakes while the ego drives at 40 km/h", "lead brakes", {"ego.speed": "40 km/h"}),
        ("a stopped car 30 m ahead", "a stopped car", {"distance": "30 m"}),
        ("lead brakes at 6 m/s^2 after 1 s", "lead brakes at 6 m/s^2 after 1 s", {}),
        ("a bus on the left side of the road brakes", "a bus on the left side of the road brakes", {}),
    ],
)
def test_the_setting_is_taken_from_a_phrase(phrase, rest, values):
    read = read_setting(phrase)
    assert read.rest == rest
    assert dict(read.values) == values
    assert read.unknown == ()


def test_unknown_words_are_reported():
    assert read_setting("lead brakes in heavy rain on a cobbled road").unknown == ("heavy", "cobbled")
    assert read_setting("lead brakes by day at night").unknown == ("night (beside day)",)


def test_every_light_weather_and_surface_has_a_word():
    said = set(WORDS.values())
    for path, words in (("environment.time", TimeOfDay), ("environment.weather", Weather), ("road.surface", Surface)):
        assert {(path, word) for word in words} <= said
