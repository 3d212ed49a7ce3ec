"""The JSON schema for editors: it accepts valid files and marks mistakes."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from scenarios.compiler.json_schema import SCHEMA, schema, schema_text
from scenarios.load import library, loads, suites, template
from scenarios.source.units import MEASURES, NotAQuantity, quantity, spelling
from scenarios.source.yaml_document import parse_document, read_document

JUDGE = Draft7Validator(schema())

SOUND = """\
name: sound
intent: Something of everything.
source: {suite: own, year: 2023}
duration: 6 s
road: {kind: curve, radius: 120 m, direction: left, lanes: 2, opposite_lanes: 1, surface: wet, friction: 0.4}
environment: {time: dusk, weather: rain}
ego: {lane: 1, speed: 50 km/h, drive: follow, driver: attentive}
actors:
  lead: {kind: car, lane: 1, ahead: 15 m, speed: 13.9 m/s, offset: -0.4 m}
  bus: {kind: bus, lane: oncoming 0, ahead: 60 m, speed: 30 mph}
  van: {kind: van, side: right, ahead: 30 m, offset: 50 cm, facing: against}
  box: {kind: truck, box: {at: [70 m, -12 m], size: [8 m, 2.5 m, 3 m], heading: 90 deg}}
  biker: {kind: cyclist, trajectory: [[0 s, 40 m, 9 m], [6 s, 40 m, 20 m]]}
  child: {kind: child}
story:
  - lead brakes at 6 m/s^2 after 1.5 s
  - {actor: child, when: {after: 2 s}, do: {step_out: {behind: van, speed: 5 km/h}}}
  - {actor: bus, when: {after: 1 s}, do: {brake: {decel: 0.3 g, until: 10 km/h}}}
sweep:
  actors.bus.ahead: [60 m, 70 m]
  road.lane_width: {between: [3.2 m, 3.6 m], draws: 2}
expect: {collision: allowed, min_ttc: below 3 s, min_gap: between 0 m and 30 m}
"""

# (valid text, the mistake in its place): each mistake is also refused by the models, as a test shows.
MISTAKES = [
    ("name: sound", "name: So und"),
    ("name: sound\n", ""),
    ("intent:", "intend:"),
    ("duration: 6 s", "duration: 6"),
    ("duration: 6 s", "duration: 6 m"),
    ("kind: curve", "kind: curved"),
    ("radius: 120 m, ", ""),
    ("direction: left", "direction: up"),
    ("lanes: 2,", "lanes: two,"),
    ("lanes: 2,", "lanes: 9,"),
    ("surface: wet", "surface: wett"),
    ("friction: 0.4", "friction: 4"),
    ("time: dusk", "time: noonish"),
    ("weather: rain", "wether: rain"),
    ("drive: follow", "drive: folow"),
    ("driver: attentive", "driver: asleep"),
    ("speed: 50 km/h, drive", "speed: 50, drive"),
    ("speed: 50 km/h, drive", "speed: -5 km/h, drive"),
    ("  lead:", "  Lead Car:"),
    ("  lead:", "  ego:"),
    ("{kind: car, lane: 1", "{kind: carr, lane: 1"),
    ("ahead: 15 m, speed", "speed"),
    ("ahead: 15 m", "ahead: 15 m, behind: 3 m"),
    ("ahead: 15 m", "ahaed: 15 m"),
    ("lane: oncoming 0", "lane: oncoming 9"),
    ("side: right", "side: rihgt"),
    ("heading: 90 deg", "heading: 90"),
    ("at: [70 m, -12 m]", "at: [70 m]"),
    ("[0 s, 40 m, 9 m]", "[0 s, 40 m]"),
    ("  - lead brakes at 6 m/s^2 after 1.5 s", "  - 5"),
    ("when: {after: 2 s}, ", ""),
    ("after: 2 s}", "after: 2 km/h}"),
    ("{step_out: {behind: van, speed: 5 km/h}}", "{step_up: {behind: van}}"),
    ("{step_out: {behind: van, speed: 5 km/h}}", "{}"),
    ("{step_out: {behind: van, speed: 5 km/h}}", "step_out"),
    ("{step_out: {behind: van, speed: 5 km/h}}", "{step_out: {behind: van}, cross: {}}"),
    ("decel: 0.3 g", "decel: 3 m/s"),
    ("actors.bus.ahead: [60 m, 70 m]", "actors.bus.ahead: 60 m"),
    ("collision: allowed", "collision: maybe"),
    ("min_ttc: below 3 s", "min_ttc: 3 s"),
    ("between 0 m and 30 m", "between 0 m and 30 s"),
]


def test_the_shipped_schema_equals_the_generated_one():
    assert SCHEMA.read_text() == schema_text(), "run: nearmiss schema scenarios/nearmiss.schema.json"
    Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", [*library().values(), *suites().values()], ids=lambda path: path.stem)
def test_every_shipped_file_fits_and_names_the_schema_in_its_first_line(path):
    assert [e.message for e in JUDGE.iter_errors(read_document(path).data)] == []
    named = path.read_text().partition("\n")[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == SCHEMA.resolve()


@pytest.mark.parametrize("text", [SOUND, template("my-case")])
def test_valid_files_fit(text):
    assert loads(text)
    assert [e.message for e in JUDGE.iter_errors(parse_document(text).data)] == []


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_is_marked_by_the_schema_and_refused_by_the_loader(right, wrong):
    assert SOUND.count(right) == 1
    data = parse_document(SOUND.replace(right, wrong)).data
    assert not JUDGE.is_valid(data)
    with pytest.raises(Exception, match="fault"):
        loads(SOUND.replace(right, wrong))


def test_every_key_has_a_description():
    def keys(node):
        if isinstance(node, dict):
            yield from node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ()
            for inner in node.values():
                yield from keys(inner)

    described = {key for key, said in keys(schema()["$defs"]) if isinstance(said, dict) and said.get("description")}
    assert {key for key, _ in keys(schema()["$defs"])} == described


def test_the_schema_contains_no_python_names():
    text = json.dumps(schema())
    assert "\\\\z" not in text
    assert "null" not in text
    assert "x-si-unit" not in text


NUMBERS = st.one_of(st.integers(0, 250).map(str), st.decimals(0, 250, places=2).map(str))
LENGTHS = ["m", "cm", "km", "mm", "ft", "feet", "mile", "miles", "meters"]
TIMES = ["s", "sec", "ms", "min", "hours", "h"]
OTHERS = ["deg", "rad", "°", "degrees", "km/h", "kph", "kmh", "mph", "m/s", "m / s", "kilometers/hour", "m/h"]
RATES = ["g", "m/s^2", "m/s²", "m/s**2", "m/s2", "m/s/s", "km/h/s"]
UNITS = st.sampled_from([*LENGTHS, *TIMES, *OTHERS, *RATES, "furlong", "", "N"])


@given(st.sampled_from(["", "-", "+", "\N{MINUS SIGN}"]), NUMBERS, st.sampled_from(["", " ", "  "]), UNITS)
def test_quantities_have_the_same_notation_in_the_schema_and_the_loader(sign, number, space, unit):
    written = f"{sign}{number}{space}{unit}"
    for measure in MEASURES:
        try:
            quantity(written, measure)
            known = True
        except NotAQuantity:
            known = False
        assert bool(re.fullmatch(spelling(measure), written)) == known, measure.name
