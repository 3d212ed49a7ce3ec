"""Generated pages are up to date; the conventions on the pages hold in simulations."""

import math
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from docs.conventions import LINES, MOTION, defaults, street, understood
from docs.generate import PAGES, commands_page
from docs.scenario_keys import scenario_page
from pipeline.cli.main import app
from scenarios.authoring.explain import told
from scenarios.compiler.json_schema import schema
from scenarios.load import loads
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.model.kinds.actor_kind import Dynamics, Footing
from scenarios.model.kinds.registry import KINDS
from scenarios.simulation.simulate import simulate
from scenarios.verbs import VERBS
from tests.documents import ROOT, TEXT

FILE = """\
name: signs
intent: To see where things are.
road: {{{road}}}
ego: {{lane: {lane}, speed: 36 km/h, drive: hold speed}}
actors: {{{actors}}}
story: [{story}]
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name):
    assert (ROOT / "docs" / name).read_text() == PAGES[name](), "run: python -m docs.generate"


def test_the_command_page_has_every_command_and_no_other():
    lines = [line for line in commands_page().splitlines() if line.startswith("## nearmiss ")]
    named = [line.removeprefix("## nearmiss ") for line in lines]
    assert sorted(named) == sorted(c.name or c.callback.__name__ for c in app.registered_commands)


def test_the_scenario_page_has_every_key_of_every_section():
    page = scenario_page()
    keys = {key for part in schema()["$defs"].values() for key in part.get("properties", {})}
    assert {key for key in keys if f"| `{key}` |" not in page} == set()


def test_every_line_of_the_defaults_page_shows_a_default_value():
    assert all(understood(line) for line in LINES)
    assert understood("lead brakes hard after 1 s") == "lead brakes at 6 m/s^2 after 1 s"
    assert ("brake do", "until", "0 m/s") in set(defaults())


def test_the_defaults_have_every_kind_that_moves_and_every_field_of_its_motion():
    page = TEXT["docs/defaults.md"]
    table = page.partition("## Motion of the kinds")[2].partition("## Drivers")[0]
    moving = {str(kind) for kind, record in KINDS.items() if record.footing is not Footing.STATIC}
    assert set(re.findall(r"^\| ([a-z][a-z -]+?) \|", table, re.MULTILINE)) - {"kind"} == moving
    assert set(MOTION) == {field.name for field in fields(Dynamics)}


@pytest.mark.parametrize("verb", VERBS.all(), ids=lambda verb: verb.key)
def test_the_defaults_have_every_key_of_a_verb_and_a_line_with_it(verb):
    rows = {row for row in TEXT["docs/defaults.md"].splitlines() if row.startswith(f"| `{verb.key}` |")}
    left_open = {field.alias or key for key, field in verb.section.model_fields.items() if field.default is None}
    assert rows and {key for key in left_open if not any(f"`{key}`" in row for row in rows)} == set()
    said = [event.do for line in LINES for event in loads(street(line), "street.yaml")[0].events]
    assert verb.action in map(type, said)


def test_every_page_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    assert [page for page in TEXT if page.startswith("docs/") and page.removeprefix("docs/") not in navigation] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as by `make docs`, with every warning as an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site):
    built = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")}
    assert {page.removeprefix("docs/") for page in TEXT if page.startswith("docs/")} <= built


def test_the_site_loads_nothing_from_other_hosts(site):
    loads_what = re.compile(
        r"""<(?:script|img|source|iframe)[^>]*\ssrc="?(https?:|//)|<link[^>]*\shref="?(https?:|//)"""
    )
    for page in site.rglob("*.html"):
        assert not loads_what.search(page.read_text()), page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:|//)", style.read_text()), style


def test_the_index_of_extension_points_links_to_every_page():
    pages = {path.name for path in (ROOT / "docs" / "extending").glob("*.md")} - {"index.md"}
    assert pages == {name for name in pages if f"]({name})" in TEXT["docs/extending/index.md"]}


def rolled_out(actors: str = "", road: str = "lanes: 3, opposite_lanes: 2", lane: int = 1, story: str = ""):
    (scenario,) = loads(FILE.format(actors=actors, road=road, lane=lane, story=story), "signs.yaml")
    return simulate(scenario)


def place(rollout, name: str, frame: int = 0) -> tuple[float, float, float]:
    """x, y in metres and heading in radians of a body's box."""
    i = rollout.index(name)
    return (*rollout.centre[frame, i, :2], rollout.yaw_rad[frame, i])


def test_the_origin_is_under_the_ego_s_rear_axle_with_x_along_its_heading():
    rollout = rolled_out()
    assert np.allclose(rollout.ego_to_map[0], np.eye(4))
    assert place(rollout, "ego")[0] == pytest.approx(EGO_REAR_AXLE_TO_CENTRE_M)


def test_lanes_count_from_the_right_and_opposite_lanes_are_to_their_left():
    lanes = {"right": "0", "left": "2", "near": "oncoming", "far": "oncoming 1"}
    rows = (f"{name}: {{kind: car, lane: {lane}, ahead: 20 m, speed: 0 km/h}}" for name, lane in lanes.items())
    rollout = rolled_out(", ".join(rows))
    assert [place(rollout, name)[1] for name in lanes] == pytest.approx([-3.5, 3.5, 7, 10.5])
    assert abs(place(rollout, "near")[2]) == pytest.approx(math.pi)


def test_gaps_are_free_gaps_from_bumper_to_bumper():
    rows = (f"{where}: {{kind: car, lane: 1, {where}: 20 m, speed: 0 km/h}}" for where in ("ahead", "behind"))
    rollout = rolled_out(", ".join(rows))
    halves = (rollout.sizes[0, 0] + rollout.sizes[rollout.index("ahead"), 0]) / 2
    x = place(rollout, "ego")[0]
    assert place(rollout, "ahead")[0] - x == pytest.approx(20 + halves)
    assert x - place(rollout, "behind")[0] == pytest.approx(20 + halves)


@pytest.mark.parametrize(("side", "edge", "away"), [("right", -5.25, -1), ("left", 12.25, 1)])
def test_an_offset_beside_the_road_is_the_distance_from_its_edge_and_negative_inside(side, edge, away):
    for offset in (0.5, -0.5):
        rollout = rolled_out(f"van: {{kind: van, side: {side}, ahead: 20 m, offset: {offset} m}}")
        half = rollout.sizes[1, 1] / 2
        assert place(rollout, "van")[1] == pytest.approx(edge + away * (offset + half))


@pytest.mark.parametrize(("lane", "left"), [("0", 1), ("oncoming", -1)])
def test_an_offset_in_the_lane_is_to_the_actor_s_left(lane, left):
    rollout = rolled_out(
        f"car: {{kind: car, lane: {lane}, ahead: 90 m, speed: 36 km/h}}",
        story="{actor: car, when: {after: 0 s}, do: {offset: {to: 0.5 m}}}",
    )
    assert place(rollout, "car", -1)[1] - place(rollout, "car")[1] == pytest.approx(0.5 * left, abs=0.02)


def test_boxes_have_x_ahead_y_left_and_heading_to_the_left():
    rollout = rolled_out("box: {kind: car, box: {at: [30 m, 20 m], heading: 30 deg}}")
    assert place(rollout, "box") == pytest.approx((30, 20, math.radians(30)))


@pytest.mark.parametrize(("direction", "sign"), [("left", 1), ("right", -1)])
def test_bends_to_the_left_have_positive_curvature(direction, sign):
    rollout = rolled_out(road=f"kind: curve, radius: 100 m, direction: {direction}, lanes: 3")
    assert rollout.road.curvature_per_m == pytest.approx(sign / 100)
    assert np.sign(place(rollout, "ego", -1)[1]) == sign


def test_a_slope_is_positive_uphill():
    assert rolled_out(road="lanes: 3, slope: 6 %").road.slope_rad == pytest.approx(math.atan(0.06))
    assert rolled_out(road="lanes: 3, slope: -6 %").road.slope_rad < 0


def test_a_sun_s_bearing_is_to_the_left():
    text = FILE.format(actors="", road="lanes: 2", lane=1, story="")
    (scenario,) = loads(text + "environment: {sun: {height: 8 deg, bearing: 10 deg}}\n", "sun.yaml")
    assert scenario.environment.sun.bearing_rad == pytest.approx(math.radians(10))
    assert "10 degrees to the left" in told((scenario,))


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_a_skid_to_the_left_turns_counterclockwise(side, sign):
    rollout = rolled_out(
        "car: {kind: car, lane: 2, ahead: 20 m, speed: 50 km/h}", story=f"car skids to the {side} by 60 degrees at once"
    )
    assert np.sign(np.unwrap(rollout.yaw_rad[:, 1])[-1]) == sign


def test_before_is_the_free_distance_to_the_edge_of_the_ego_s_road():
    rollout = rolled_out(
        "car: {kind: car, road: cross, from: right, before: 20 m, speed: 0 km/h}",
        road="lanes: 3, opposite_lanes: 2, junction: {at: 60 m}",
    )
    assert place(rollout, "car")[1] == pytest.approx(-5.25 - 20 - rollout.sizes[1, 0] / 2)
