"""Scenario ids follow from content: old files keep their ids, and new meanings have new ones."""

from hashlib import sha256

import pytest

from scenarios.load import load, loads

# Ids of the first version of the language.
BEFORE = {
    "lead brakes at 6 m/s^2 after 1.5 s": "kept-c1da1ac6f0",
    "lead brakes to a stop": "kept-dd870b2386",
    "van cuts in within 1.5 s after 1 s": "kept-7b03e6d81c",
    "rider crosses at 15 km/h after 1 s": "kept-67bc883f2e",
    "child steps out from behind truck after 2 s": "kept-d2e6c8ba94",
    "ego follows at 30 km/h after 1 s": "kept-23b167be13",
    "lead slows down to 30 km/h after 1 s": "kept-f14141e416",
    "lead keeps 20 km/h after 1 s": "kept-1729ec200f",
}
FILE = """
name: kept
intent: This file is older than the code.
road: {{lanes: 3, opposite_lanes: 1, surface: wet}}
ego: {{lane: 1, speed: 40 km/h, drive: follow}}
actors:
  lead: {{kind: car, lane: 1, ahead: 15 m, speed: 50 km/h}}
  van: {{kind: van, lane: 2, ahead: 5 m, speed: 50 km/h}}
  truck: {{kind: truck, side: right, ahead: 25 m, offset: 0.5 m}}
  child: {{kind: child}}
  rider: {{kind: cyclist, side: left, ahead: 40 m, offset: 1 m}}
  guided: {{kind: car, trajectory: [[0 s, 60 m, 20 m], [6 s, 60 m, 26 m]]}}
story:
  - child steps out from behind truck after 3 s
  - {line}
expect: {{collision: allowed, min_ttc: below 2 s}}
"""


@pytest.mark.parametrize(("line", "known"), BEFORE.items())
def test_files_of_earlier_versions_keep_their_ids(line, known):
    assert loads(FILE.format(line=line))[0].id == known


@pytest.mark.parametrize(
    "more",
    ["lead brakes as hard as the road allows", "lead speeds up smoothly to 60 km/h at 1.5 m/s^2",
     "lead keeps 50 km/h for 2 s", "lead brakes when the gap is below 9 m", "lead brakes when the gap is above 9 m"],
)  # fmt: skip
def test_a_different_meaning_has_a_different_id(more):
    lines = ["lead brakes", "lead speeds up to 60 km/h at 1.5 m/s^2", "lead keeps 50 km/h"]
    assert loads(FILE.format(line=more))[0].id not in {loads(FILE.format(line=line))[0].id for line in lines}


def test_the_hash_of_the_file_has_no_effect_on_the_scenario(tmp_path):
    text = FILE.format(line="lead brakes")
    plain, remarked = tmp_path / "plain.yaml", tmp_path / "remarked.yaml"
    plain.write_text(text)
    remarked.write_bytes(f"# over the hill\r\n{text}".encode())
    (one,), (other,) = load(plain), load(remarked)
    assert one == other and one.id == other.id
    for scenario, path in ((one, plain), (other, remarked)):
        assert scenario.spec_hash == sha256(path.read_bytes()).hexdigest()
    assert loads(text)[0].spec_hash == one.spec_hash
