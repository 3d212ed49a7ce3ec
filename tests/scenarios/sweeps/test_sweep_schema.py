"""The JSON schema of sweeps: it accepts valid files and marks mistakes, as the loader does."""

import re

import pytest
from jsonschema import Draft7Validator

from scenarios.compiler.json_schema import schema
from scenarios.load import loads
from scenarios.source.yaml_document import parse_document
from tests.documents import OWN_TESTS, TEXT, examples

JUDGE = Draft7Validator(schema())
FILE = """\
name: swept
intent: Something varies.
duration: 6 s
road: {{kind: straight, lanes: 2, lane_width: 3.5 m}}
environment: {{time: day, weather: clear}}
ego: {{lane: 0, speed: 50 km/h, drive: follow}}
actors:
  lead: {{kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}}
story:
  - lead brakes at 6 m/s^2 after 1.5 s
sweep:
{sweep}
"""
SOUND = """\
  actors.lead.ahead: {from: 8 m, to: 20 m, step: 4 m}
  road.lanes: [1, 2, 3]
  ego.speed: {between: [35 km/h, 65 km/h], normal: {mean: 50 km/h, sd: 6 km/h}, draws: 2}
  environment.time: [day, night]
  story.0: [lead brakes hard after 1 s, {actor: lead, when: {after: 1 s}, do: {brake: {decel: 3 m/s^2}}}]
  road.friction: {between: [0.2, 0.9], triangular: {mode: 0.5}, draws: 1}
  rows:
    - {road.surface: wet, environment.weather: rain}
    - {road.surface: snow, environment.weather: snow}
  drawn: {draws: 3, road.lane_width: {between: [3 m, 3.8 m]},
          actors.lead.speed: {between: [5 m/s, 9 m/s], lognormal: {median: 6 m/s, spread: 1.3}}}
  where: [actors.lead.ahead / ego.speed >= 0.6 s, "not (road.lanes == 1 and ego.speed > 60 km/h)"]
  at_most: 20000
  seed: 7
"""
MISTAKES = [
    ("{from: 8 m, to: 20 m, step: 4 m}", "{from: 8 m, to: 20 m}"),
    ("{from: 8 m, to: 20 m, step: 4 m}", "{from: 8 m, to: 20 m, stepp: 4 m}"),
    ("from: 8 m", "from: eight"),
    ("[1, 2, 3]", "[]"),
    ("[1, 2, 3]", "2"),
    ("[1, 2, 3]", "[1, 2, 2]"),
    ("[1, 2, 3]", "{values: [1, 2]}"),
    ("between: [35 km/h, 65 km/h]", "between: [35 km/h]"),
    ("between: [35 km/h, 65 km/h]", "between: 35 km/h"),
    ("between: [35 km/h, 65 km/h], ", ""),
    (", draws: 2", ""),
    (", draws: 2", ", draws: 0"),
    (", draws: 2", ", draws: many"),
    ("normal: {mean: 50 km/h, sd: 6 km/h}", "normal: {mean: 50 km/h}"),
    ("normal: {mean: 50 km/h, sd: 6 km/h}", "gaussian: {mean: 50 km/h, sd: 6 km/h}"),
    ("normal: {mean: 50 km/h, sd: 6 km/h}", "normal: {mean: 50 km/h, sd: 6 km/h}, triangular: {mode: 50 km/h}"),
    ("spread: 1.3", "spread: 1"),
    ("spread: 1.3", "spread: wide"),
    ("triangular: {mode: 0.5}", "triangular: {middle: 0.5}"),
    ("    - {road.surface: wet, environment.weather: rain}", "    - wet"),
    ("    - {road.surface: wet, environment.weather: rain}", "    - {}"),
    ("drawn: {draws: 3, ", "drawn: {"),
    ("road.lane_width: {between: [3 m, 3.8 m]}", "road.lane_width: [3 m, 3.8 m]"),
    ("where: [actors.lead.ahead / ego.speed >= 0.6 s, ", "where: [actors.lead.ahead / ego.speed, "),
    ("where: [actors.lead.ahead / ego.speed >= 0.6 s, ", "where: [5, "),
    ("at_most: 20000", "at_most: 20001"),
    ("at_most: 20000", "at_most: lots"),
    ("seed: 7", "seed: -1"),
    ("seed: 7", "sede: 7"),
    ("  environment.time: [day, night]", "  name: [a, b]"),
    ("  environment.time: [day, night]", "  environment time: [day, night]"),
]


def messages(text: str) -> list[str]:
    return [error.message for error in JUDGE.iter_errors(parse_document(text).data)]


def test_valid_files_fit():
    text = FILE.format(sweep=SOUND)
    assert messages(text) == []
    small = re.sub(r"draws: \d+", "draws: 1", text).replace("[1, 2, 3]", "[1, 2]")
    assert loads(small)


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_is_marked_by_the_schema_and_refused_by_the_loader(right, wrong):
    assert SOUND.count(right) == 1
    text = FILE.format(sweep=SOUND.replace(right, wrong))
    assert messages(text)
    with pytest.raises(Exception, match="fault"):
        loads(text)


def test_the_examples_of_readme_and_pages_fit():
    texts = [text for page in TEXT if not page.startswith(OWN_TESTS) for text in examples(page, "yaml")]
    assert len(texts) > 1
    for text in texts:
        assert messages(text) == []
    (sweep,) = re.findall(r"```text\nsweep:\n(.*?)```", TEXT["docs/how-to/sweeps.md"], re.DOTALL)
    assert messages(FILE.format(sweep=sweep)) == []


def test_the_schema_offers_the_words_of_a_sweep_and_of_its_axes():
    sweep = schema()["$defs"]["WorldSpec"]["properties"]["sweep"]
    assert set(sweep["properties"]) == {"rows", "drawn", "where", "at_most", "seed"}
    parts = schema()["$defs"]
    assert set(parts["DrawnAxis"]["properties"]) == {"draws", "between", "normal", "lognormal", "triangular"}
    assert set(parts["Range"]["properties"]) == {"from", "to", "step"}
    assert schema()["$defs"]["LogSpec"]["properties"]["sweep"] == sweep
