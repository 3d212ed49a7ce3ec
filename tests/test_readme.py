"""README and documentation: their scenarios are valid, their commands exist, their links lead to files."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli.main import app
from scenarios.load import loads
from tests.documents import OWN_TESTS, ROOT, TEXT, anchors, command_lines, examples

README = TEXT["README.md"]
ACTORS, STORIES, ROADS, SWEEPS = (TEXT[f"docs/how-to/{page}.md"] for page in ("actors", "stories", "roads", "sweeps"))
STREET = """\
name: street
intent: Something to sweep.
road: {lanes: 2}
ego: {lane: 0, speed: 50 km/h, drive: follow}
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 40 km/h}
"""


LONGEST = 200  # lines of the README: the rest belongs in docs/


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LONGEST


def test_the_scenario_of_the_readme_is_valid():
    (text,) = examples("README.md", "yaml")
    assert len(loads(text, "README.md")) == 9


SCENARIOS = [(page, text) for page in TEXT if not page.startswith(OWN_TESTS) for text in examples(page, "yaml")]


@pytest.mark.parametrize(("page", "text"), SCENARIOS)
def test_every_scenario_in_the_pages_is_valid(page, text):
    assert loads(text, page)


@pytest.mark.parametrize(
    ("page", "text"), [(page, text) for page in TEXT if page.startswith("docs/how-to") for text in examples(page, "")]
)
def test_every_part_of_a_scenario_is_in_a_test(page, text):
    """Blocks without a language contain parts of scenarios; the tests below load them."""
    assert page in {f"docs/how-to/{name}.md" for name in ("actors", "stories", "roads", "weather")}, text


def test_its_sweep_is_valid():
    (sweep,) = re.findall(r"```text\n(sweep:.*?)```", SWEEPS, re.DOTALL)
    found = loads(f"{STREET}{sweep}", "README.md")
    assert 4 * 5 * 2 * 10 * 0.5 < len(found) < 4 * 5 * 2 * 10


def test_its_story_is_valid():
    story = re.search(r"```\n(story:\n.*?)```", STORIES, re.DOTALL)[1]
    actors = [
        "lead: {kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}",
        "van: {kind: van, lane: 1, ahead: 9 m, speed: 50 km/h}",
    ]
    actors += ["truck: {kind: truck, lane: 0, ahead: 40 m, speed: 40 km/h}", "crate: {kind: barrier}"]
    actors += [f"walker-{i}: {{kind: pedestrian, side: right, ahead: {i}0 m, offset: 1 m}}" for i in (7, 8)]
    text = "name: story\nintent: As in the README.\nroad: {lanes: 2}\nego: {lane: 0, speed: 50 km/h, drive: follow}\n"
    (scenario,) = loads(text + "actors:\n  " + "\n  ".join(actors) + "\n" + story, "README.md")
    assert len(scenario.events) == 6


def test_its_actors_are_valid():
    who = re.search(r"```\n(environment:.*?)```", ACTORS, re.DOTALL)[1]
    road = "road: {lanes: 2, opposite_lanes: 1, junction: {at: 70 m, arms: both}}\n"
    story = "story: [child steps out from behind the van at 6 km/h]\n"
    (scenario,) = loads(f"name: who\nintent: As in the README.\n{road}{story}{who}", "README.md")
    assert len(scenario.placed) == 1 + 7


def test_its_roads_are_valid():
    winding, crossing, widened = re.findall(r"```\n(road:\n.*?)```", ROADS, re.DOTALL)
    head = "name: road\nintent: As in the README.\nego: {lane: 0, speed: 50 km/h, drive: follow}\n"
    (first,), (second,) = loads(head + winding, "README.md"), loads(head + crossing, "README.md")
    (third,) = loads(head + widened, "README.md")
    assert third.road.lane_widths_m == (3.0, 3.75, 3.5) and len(third.road.side_lanes) == 1
    assert first.road.patches
    assert first.road.zebras_m == (70.0,)
    assert second.road.junction is not None
    assert len(second.events) == 2


def test_its_ramp_and_its_roundabout_are_valid():
    ramp, ring = re.findall(r"```\n(road: .*?)```", ROADS, re.DOTALL)
    head = "name: road\nintent: As in the README.\nego: {lane: 0, speed: 30 km/h, drive: follow}\n"
    (first,), (second,) = loads(head + ramp, "README.md"), loads(head + ring, "README.md")
    assert first.road.ramp is not None
    assert second.road.junction.ring_m > 0
    assert len(second.events) == 3


def test_the_weathers_are_valid():
    (text,) = examples("docs/how-to/weather.md", "")
    assert loads(f"{STREET}{text}", "weather.md")


COMMANDS = get_command(app).commands
OPTIONS = {name: {"--help", *(o for p in command.params for o in p.opts)} for name, command in COMMANDS.items()}


@pytest.mark.parametrize("page", TEXT)
def test_every_command_and_option_in_a_page_exists(page):
    for line in command_lines(page):
        for name, rest in re.findall(r"^(?:\.venv/bin/)?nearmiss ([a-z][\w-]*)([^#]*)", line):
            assert name in COMMANDS, line
            named = re.findall(r"(?<=\s)--[a-z][\w-]*", re.sub(r'"[^"]*"', "", rest))
            assert set(named) <= OPTIONS[name], line


def test_the_pages_show_most_commands():
    shown = {name for page in TEXT for line in command_lines(page) for name in re.findall(r"^nearmiss ([\w-]+)", line)}
    assert set(COMMANDS) == shown & set(COMMANDS)


@pytest.mark.parametrize("page", TEXT)
def test_the_links_of_a_page_exist(page):
    for target in re.findall(r"\]\((?!http)([^)]+)\)", TEXT[page]):
        name, _, fragment = target.partition("#")
        there = (ROOT / page).parent / name if name else ROOT / page
        assert there.exists(), target
        assert not fragment or fragment in anchors(there), target


@pytest.mark.parametrize("page", TEXT)
def test_the_files_that_a_page_names_exist(page):
    folders = "scenarios|models|pipeline|conditioning|outputs|tests|docs|deploy"
    for target in re.findall(rf"`((?:{folders})/[\w/.*-]*)`", TEXT[page]):
        assert list(ROOT.glob(target.rstrip("/"))) or "weights" in target, target


def test_the_commands_of_the_readme_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    named = {target for text in TEXT.values() for target in re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE)}
    assert named >= {"demo", "test"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_document_that_a_source_cites_exists():
    folders = ("scenarios", "conditioning", "models", "outputs", "pipeline")
    sources = [*ROOT.glob("*.py"), *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    cited = {(name, path.name) for path in sources for name in re.findall(r"[\w/-]+\.md\b", path.read_text())}
    written = {"evaluation.md"}  # by the product, into a folder of the user's
    there = {path.name for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))}
    assert [name for name, _ in cited if Path(name).name not in there | written] == []
    assert cited
