"""The README keeps its word: its scenario is one, its commands exist, the files it points to are there."""

import re
from pathlib import Path

import pytest

from pipeline.cli.main import app
from scenarios.load import loads

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
STREET = """\
name: street
intent: Something to sweep.
road: {lanes: 2}
ego: {lane: 0, speed: 50 km/h, drive: follow}
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 40 km/h}
"""


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
def test_every_scenario_in_it_is_understood(text):
    assert len(loads(text, "README.md")) == 9


def test_its_sweep_is_understood():
    (sweep,) = re.findall(r"```text\n(sweep:.*?)```", README, re.DOTALL)
    found = loads(f"{STREET}{sweep}", "README.md")
    assert 4 * 5 * 2 * 10 * 0.5 < len(found) < 4 * 5 * 2 * 10


def test_its_story_is_understood():
    story = re.search(r"```\n(story:\n.*?)```", README, re.DOTALL)[1]
    actors = [
        "lead: {kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}",
        "van: {kind: van, lane: 1, ahead: 9 m, speed: 50 km/h}",
    ]
    actors += ["truck: {kind: truck, lane: 0, ahead: 40 m, speed: 40 km/h}", "crate: {kind: barrier}"]
    actors += [f"walker-{i}: {{kind: pedestrian, side: right, ahead: {i}0 m, offset: 1 m}}" for i in (7, 8)]
    text = "name: story\nintent: As in the README.\nroad: {lanes: 2}\nego: {lane: 0, speed: 50 km/h, drive: follow}\n"
    (scenario,) = loads(text + "actors:\n  " + "\n  ".join(actors) + "\n" + story, "README.md")
    assert len(scenario.events) == 6


def test_its_actors_are_understood():
    who = re.search(r"```\n(environment:.*?)```", README, re.DOTALL)[1]
    road = "road: {lanes: 2, opposite_lanes: 1, junction: {at: 70 m, arms: both}}\n"
    story = "story: [child steps out from behind the van at 6 km/h]\n"
    (scenario,) = loads(f"name: who\nintent: As in the README.\n{road}{story}{who}", "README.md")
    assert len(scenario.placed) == 1 + 7


def test_its_roads_are_understood():
    winding, crossing = re.findall(r"```\n(road:\n.*?)```", README, re.DOTALL)
    head = "name: road\nintent: As in the README.\nego: {lane: 0, speed: 50 km/h, drive: follow}\n"
    (first,), (second,) = loads(head + winding, "README.md"), loads(head + crossing, "README.md")
    assert first.road.patches
    assert first.road.zebras_m == (70.0,)
    assert second.road.junction is not None
    assert len(second.events) == 2


def test_its_ramp_and_its_roundabout_are_understood():
    ramp, ring = re.findall(r"```\n(road: .*?)```", README, re.DOTALL)
    head = "name: road\nintent: As in the README.\nego: {lane: 0, speed: 30 km/h, drive: follow}\n"
    (first,), (second,) = loads(head + ramp, "README.md"), loads(head + ring, "README.md")
    assert first.road.ramp is not None
    assert second.road.junction.ring_m > 0
    assert len(second.events) == 3


def test_it_names_every_command_and_no_other():
    named = set(re.findall(r"\| `nearmiss ([\w-]+)", README))
    assert named == {(c.name or c.callback.__name__) for c in app.registered_commands}


def test_what_it_points_to_is_there():
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for target in re.findall(r"`((?:scenarios|models|pipeline|conditioning|outputs)/[\w/.]*)`", README):
        assert (ROOT / target).exists() or "weights" in target, target


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_no_source_cites_a_document_that_is_not_here():
    folders = ("scenarios", "conditioning", "models", "outputs", "pipeline")
    sources = [*ROOT.glob("*.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    cited = {(name, path.name) for path in sources for name in re.findall(r"[\w/-]+\.md\b", path.read_text())}
    written = {"evaluation.md"}  # by the product, into a folder of the user's
    there = {path.name for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))}
    assert [name for name, _ in cited if Path(name).name not in there | written] == []
    assert cited
