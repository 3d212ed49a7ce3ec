"""Loading of files: placement, ids, sweeps, logs, and malicious files."""

import re
import time

import numpy as np
import pytest

from scenarios.compiler.placement import footprint
from scenarios.load import load, loads, template
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE
from scenarios.model.environment import Surface
from scenarios.scenario import AtPose, Follow, FollowTrajectory, FromLog, HoldSpeed, OnLane, Parked
from scenarios.source.errors import SpecErrors
from scenarios.source.yaml_document import MOST_NODES, parse_document, read_document

DESIGN = """
name: lead-brake-wet-dusk
intent: The lead car brakes hard on a wet road while the ego follows closely.
source: {suite: nhtsa, type: lead vehicle decelerating}
duration: 6 s
road: {kind: straight, lanes: 2, lane_width: 3.5 m, surface: wet}
environment: {time: dusk, weather: rain}
ego: {lane: 1, speed: 50 km/h, drive: follow}
actors:
  lead:  {kind: car, ahead: 15 m, lane: 1, speed: 50 km/h}
  truck: {kind: truck, box: {at: [30 m, 6 m], size: [8 m, 2.5 m, 3 m], heading: 0 deg}}
story:
  - lead brakes at 6 m/s^2 after 1.5 s
  - {actor: lead, when: {after: 1.5 s}, do: {brake: {decel: 6 m/s^2}}}
sweep:
  actors.lead.ahead: [8 m, 12 m, 20 m]
  environment.weather: [clear, rain, fog]
expect: {collision: allowed, min_ttc: below 2 s}
"""
PLAIN = """
name: plain
intent: Two cars.
road: {lanes: 2, opposite_lanes: 1}
ego: {lane: 0, speed: 50 km/h, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}
"""


def plain(**actors: str):
    """The scenario with these actors beside the ego on two lanes and an oncoming one."""
    lines = "".join(f"  {name}: {section}\n" for name, section in actors.items())
    (scenario,) = loads(re.sub(r"  lead:.*\n", lines, PLAIN))
    return scenario


def fault_of(text: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        loads(text)
    return str(caught.value)


def test_the_example_of_the_design_is_nine_scenarios():
    scenarios = loads(DESIGN)
    assert len(scenarios) == 9
    assert len({s.id for s in scenarios}) == 9
    assert all(re.fullmatch(r"lead-brake-wet-dusk-[0-9a-f]{10}", s.id) for s in scenarios)
    assert scenarios[1].parameters == {"actors.lead.ahead": "8 m", "environment.weather": "rain"}
    first = scenarios[0]
    assert [p.body.id for p in first.placed] == ["ego", "lead", "truck"]
    assert first.placed[0].behaviour == Follow(13.88888888888889, "r157 careful")
    assert first.placed[2].start == AtPose(30.0, 6.0, 0.0)
    assert first.placed[2].behaviour == Parked()
    assert (first.surface, first.friction) == (Surface.WET, 0.5)
    assert first.expect.min_ttc_s == (-np.inf, 2.0)


def test_ahead_is_the_free_gap_from_bumper_to_bumper():
    scenario = plain(
        lead="{kind: car, lane: 0, ahead: 15 m, speed: 5 m/s}", tail="{kind: bus, lane: 0, behind: 7 m, speed: 5 m/s}"
    )
    ego, lead, tail = scenario.placed
    front = EGO_REAR_AXLE_TO_CENTRE_M + EGO_SIZE.length_m / 2
    rear = EGO_REAR_AXLE_TO_CENTRE_M - EGO_SIZE.length_m / 2
    assert lead.start.s_m - lead.body.size.length_m / 2 - front == pytest.approx(15.0)
    assert rear - (tail.start.s_m + tail.body.size.length_m / 2) == pytest.approx(7.0)
    assert footprint(ego, scenario.road).distance(footprint(lead, scenario.road)) == pytest.approx(15.0)


def test_the_map_begins_under_the_egos_rear_axle_on_its_own_lane():
    (scenario,) = loads(PLAIN.replace("lane: 0, speed: 50 km/h, drive", "lane: 1, speed: 50 km/h, drive"))
    ego, lead = scenario.placed
    assert ego.start == OnLane(EGO_REAR_AXLE_TO_CENTRE_M, 0.0, 1)
    assert scenario.road.pose(np.array(0.0), np.array(ego.start.d_m)) == pytest.approx([0, 0, 0])
    assert lead.start.d_m == pytest.approx(-3.5)


def test_lanes_sides_and_offsets():
    scenario = plain(
        right="{kind: car, lane: 0, ahead: 9 m, speed: 5 m/s, offset: -0.4 m}",
        left="{kind: car, lane: 1, ahead: 9 m, speed: 5 m/s}",
        against="{kind: car, lane: oncoming 0, ahead: 50 m, speed: 5 m/s}",
        kerb="{kind: truck, side: right, ahead: 30 m, offset: 0.5 m}",
        far="{kind: pedestrian, side: left, ahead: 30 m, offset: 1 m, facing: against}",
    )
    d = {p.body.id: p.start.d_m for p in scenario.placed}
    assert [d[k] for k in ("right", "left", "against")] == pytest.approx([-0.4, 3.5, 7.0])
    assert d["kerb"] == pytest.approx(-1.75 - 0.5 - 1.25)
    assert d["far"] == pytest.approx(1.75 + 7.0 + 1.0 + 0.3)
    assert [p.start.facing for p in scenario.placed] == [1, 1, 1, -1, 1, -1]
    behaviours = [type(p.behaviour) for p in scenario.placed]
    assert behaviours == [HoldSpeed, HoldSpeed, HoldSpeed, HoldSpeed, Parked, Parked]


def test_actors_may_follow_and_trajectories_are_kept():
    scenario = plain(
        a="{kind: car, lane: 0, ahead: 20 m, speed: 36 km/h, drive: follow, driver: idm}",
        b="{kind: van, trajectory: [[0 s, 30 m, 3.5 m], [6 s, 30 m, 15.5 m]]}",
        c="{kind: car, size: [4 m, 1.7 m, 1.4 m], lane: 1, ahead: 60 m, speed: 0 km/h}",
    )
    _, a, b, c = scenario.placed
    assert a.behaviour == Follow(10.0, "idm")
    assert b.behaviour == FollowTrajectory(((0.0, 30.0, 3.5), (6.0, 30.0, 15.5)))
    assert (b.speed_mps, b.start.yaw_rad) == pytest.approx((2.0, np.pi / 2))
    assert (c.body.size.length_m, c.behaviour) == (4.0, Parked())


def test_an_ego_on_a_trajectory():
    ego = "ego: {trajectory: [[0 s, 0 m, 0 m], [3 s, 30 m, 0 m], [6 s, 60 m, 2 m]]}"
    (scenario,) = loads(re.sub(r"ego:.*", ego, PLAIN))
    assert scenario.placed[0].speed_mps == pytest.approx(10.0)
    assert isinstance(scenario.placed[0].behaviour, FollowTrajectory)


def test_curves_bend_in_the_given_direction():
    for direction, sign in (("left", 1), ("right", -1)):
        road = f"road: {{kind: curve, radius: 80 m, direction: {direction}, lanes: 2}}"
        (scenario,) = loads(re.sub(r"road:.*", road, PLAIN))
        assert scenario.road.curvature_per_m == pytest.approx(sign / 80)
        assert footprint(scenario.placed[1], scenario.road).centroid.y * sign > 0


@pytest.mark.parametrize(
    ("weather", "surface", "friction"),
    [
        ("clear", Surface.DRY, 0.85),
        ("fog", Surface.DRY, 0.85),
        ("rain", Surface.WET, 0.5),
        ("snow", Surface.SNOW, 0.25),
    ],
)
def test_the_weather_decides_the_surface_unless_the_file_does(weather, surface, friction):
    text = PLAIN + f"environment: {{weather: {weather}}}\n"
    assert [(s.surface, s.friction) for s in loads(text)] == [(surface, friction)]
    (icy,) = loads(text.replace("{lanes: 2,", "{lanes: 2, surface: ice, friction: 0.12,"))
    assert (icy.surface, icy.friction) == (Surface.ICE, 0.12)


# -- ids -----------------------------------------------------------------------------------------------------------


def test_ids_follow_from_content_and_not_from_notation():
    (one,) = loads(PLAIN)
    (again,) = loads(PLAIN.replace("15 m", "1500 cm").replace("Two cars.", "Other words.") + "duration: 6 s\n")
    (other,) = loads(PLAIN.replace("15 m", "15.1 m"))
    assert one.id == again.id != other.id


def test_ids_differ_for_actions_with_equal_numbers():
    text = PLAIN.replace(
        "speed: 50 km/h}", "speed: 50 km/h}\n  walker: {kind: pedestrian, side: left, ahead: 30 m, offset: 1 m}"
    )
    (crosses,) = loads(text + "story: [walker crosses at 5 km/h after 1 s]\n")
    (holds,) = loads(text + "story: [walker keeps 5 km/h after 1 s]\n")
    assert crosses.id != holds.id


def test_the_same_file_gives_the_same_scenarios(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(DESIGN)
    assert load(path) == load(path)
    assert [s.id for s in load(path, seed=1)] == [s.id for s in load(path, seed=2)]


# -- sweeps --------------------------------------------------------------------------------------------------------


def swept(sweep: str, text: str = PLAIN):
    return loads(text + f"sweep: {sweep}\n")


def test_sweeps_are_cartesian_in_the_files_order():
    scenarios = swept("{actors.lead.ahead: [8 m, 12 m], road.surface: [dry, ice], ego.speed: [30 km/h]}")
    assert [tuple(s.parameters.values()) for s in scenarios] == [
        ("8 m", "dry", "30 km/h"), ("8 m", "ice", "30 km/h"), ("12 m", "dry", "30 km/h"), ("12 m", "ice", "30 km/h"),
    ]  # fmt: skip
    assert [s.placed[1].start.s_m for s in scenarios] == pytest.approx([13.729, 13.729, 17.729, 17.729])
    assert [s.friction for s in scenarios] == [0.85, 0.1, 0.85, 0.1]


def test_sweeps_reach_into_lists_and_whole_sections():
    story = "story: [lead brakes hard after 1 s]\n"
    scenarios = swept("{story.0: [lead brakes hard after 1 s, lead brakes gently after 1 s]}", PLAIN + story)
    assert [s.events[0].do.decel_mps2 for s in scenarios] == [6.0, 2.0]
    assert len(swept("{environment: [{time: day}, {time: night, weather: fog}]}")) == 2


def test_drawn_values_follow_from_the_seed():
    sweep = "{actors.lead.ahead: {between: [8 m, 20 m], draws: 5}}"
    ahead = [
        [float(s.parameters["actors.lead.ahead"].split()[0]) for s in loads(PLAIN + f"sweep: {sweep}\n", seed=k)]
        for k in (1, 1, 2)
    ]
    assert ahead[0] == ahead[1] != ahead[2]
    assert len(set(ahead[0])) == 5
    assert all(8 <= a <= 20 for a in ahead[0] + ahead[2])


@pytest.mark.parametrize(
    ("sweep", "where", "said"),
    [
        ("[1, 2]", "sweep", "a mapping from paths"),
        ("{actors.lead.ahead: 8 m}", "sweep.actors.lead.ahead", "a list of values"),
        ("{actors.lead.ahead: []}", "sweep.actors.lead.ahead", "a list of values"),
        ("{actors.laed.ahead: [8 m]}", "sweep.actors.laed.ahead", "one of lead"),
        ("{actors.lead.ahaed: [8 m]}", "sweep.actors.lead.ahaed.0", "did you mean ahead"),
        ("{actors.lead.ahead.x: [8 m]}", "sweep.actors.lead.ahead.x", "no parts"),
        ("{actors.lead.ahead: [8 m, 12]}", "sweep.actors.lead.ahead.1", "bare number"),
        ("{actors.lead.ahead: [8 m, 8 m]}", "sweep.actors.lead.ahead.1", "each value once"),
        ("{actors.lead.ahead: [8 m, 800 cm]}", "sweep", "values that differ"),
        ("{environment.weather: [fog, foggy]}", "sweep.environment.weather.1", "did you mean fog"),
        ("{name: [a, b]}", "sweep.name", "none of name"),
        ("{story.3: [lead brakes]}", "sweep.story.3", "a list of sentences"),
        ("{actors.lead.ahead: {between: [8 m], draws: 5}}", "sweep.actors.lead.ahead.between", "two quantities"),
        ("{actors.lead.ahead: {between: [8 m, 9 s], draws: 5}}", "sweep.actors.lead.ahead.between", "same unit"),
        ("{actors.lead.ahead: {between: [8 m, 8 m], draws: 5}}", "sweep.actors.lead.ahead.between", "two quantities"),
        ("{actors.lead.ahead: {between: [8 m, 9 m], draws: 0}}", "sweep.actors.lead.ahead.draws", "1 to 1000"),
    ],
)  # fmt: skip
def test_faults_of_sweeps_are_reported_at_their_place(sweep, where, said):
    with pytest.raises(SpecErrors) as caught:
        swept(sweep)
    (fault,) = caught.value.faults
    assert fault.where == where
    assert re.search(said, fault.wanted + fault.found)


def test_a_fault_of_some_variants_states_which():
    message = fault_of(PLAIN + "sweep: {actors.lead.ahead: [8 m, -4 m, -3 m], environment.time: [day, night]}\n")
    assert message.count("inside the ego") == 1
    assert "in 4 of 6 variants, first with actors.lead.ahead: -4 m, environment.time: day" in message


def test_a_gap_of_a_sweep_that_places_a_body_on_the_other_side_of_the_ego_is_refused():
    message = fault_of(PLAIN + "sweep: {actors.lead.ahead: [8 m, -19 m]}\n")
    assert "wholly behind the ego" in message
    assert re.search(r"wanted behind: 1\d\.\d+ m; a negative gap is for a body beside the ego", message)


def test_a_wrong_speed_of_the_ego_does_not_hide_a_lane_that_the_road_lacks():
    written = PLAIN.replace("{lane: 0, speed: 50 km/h", "{lane: 0, speed: 500 km/h").replace(
        "car, lane: 0", "car, lane: 5"
    )
    message = fault_of(written)
    assert "ego.speed: found '500 km/h'" in message
    assert "actors.lead.lane: found 5" in message


def test_a_sweep_has_at_most_a_thousand_variants_by_default():
    values = ", ".join(f"{i} m" for i in range(1, 33))
    with pytest.raises(SpecErrors, match="1024 variants; wanted at most 1000"):
        swept(
            f"{{actors.lead.ahead: [{values}], road.lane_width: [{', '.join(f'{3 + i / 100} m' for i in range(32))}]}}"
        )
    with pytest.raises(SpecErrors, match="1000000 variants"):
        swept(
            "{actors.lead.ahead: {between: [8 m, 9 m], draws: 1000}, ego.speed: {between: [8 m/s, 9 m/s], draws: 1000}}"
        )


def test_the_rest_of_a_file_is_checked_despite_a_faulty_sweep():
    message = fault_of(PLAIN.replace("50 km/h, drive", "50, drive") + "sweep: {actors.lead.ahead: 3 m}\n")
    assert "2 faults" in message
    assert "ego.speed" in message


# -- logs ----------------------------------------------------------------------------------------------------------

LOG = """
name: from-log
intent: As it was driven.
from: {scene: scene-0002, start: 0.5 s}
"""


def test_a_scenario_may_start_from_a_log():
    (scenario,) = loads(LOG + "environment: {weather: rain}\nexpect: {collision: never}\n")
    assert scenario.from_log == FromLog("scene-0002", 0.5, "")
    assert (scenario.road, scenario.placed, scenario.events) == (None, (), ())
    assert scenario.surface is Surface.WET
    assert scenario.expect.collision is False


@pytest.mark.parametrize(
    "line",
    [
        "road: {lanes: 1}", "ego: {lane: 0, speed: 3 m/s, drive: follow}", "actors: {}", "story: []",
    ],
)  # fmt: skip
def test_a_scenario_from_a_log_takes_no_positions(line):
    key = line.partition(":")[0]
    assert re.search(rf":5:1: {key}: found .*; wanted no such key beside from: the log defines", fault_of(LOG + line))


@pytest.mark.parametrize("scene", ["../x", "/etc", "a b", "''", ".x", "a/b"])
def test_scenes_are_plain_names(scene):
    assert "from.scene" in fault_of(LOG.replace("scene-0002", scene))


def test_faults_of_a_log_scenario_are_reported_together():
    message = fault_of(LOG.replace("0.5 s", "0.5") + "road: {lanes: 1}\nduration: 6\n")
    assert "3 faults" in message


# -- malicious or damaged files ------------------------------------------------------------------------------------


def test_a_missing_file_is_a_fault(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(SpecErrors, match="wanted a scenario file"):
            load(path)


def test_large_and_binary_files_are_refused(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(SpecErrors, match="300000 bytes"):
        read_document(path)
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(SpecErrors, match="UTF-8"):
        read_document(path)


def test_a_yaml_bomb_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 25)]
    began = time.perf_counter()
    assert f"at most {MOST_NODES}" in fault_of("\n".join(lines))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 5000, "levels of nesting"),
        ("a: &a [*a]", "contains itself"),
        ("a: &a {b: *a}", "contains itself"),
        ("name: one\nname: two\n", r":2:1: name: found the key a second time \(first in line 1\)"),
        ("ego: {lane: 1, lane: 2}", r":1:16: ego.lane: found the key a second time"),
        ("a: !!python/object/apply:os.system [x]", "not YAML"),
        ("a: !!python/name:os.system", "not YAML"),
        ("a: !thing x", "not YAML"),
        ("base: &b {x: 1}\na: {<<: *b}", "a key that is not a word"),
        ("? [a, b]\n: c", "a key that is not a word"),
        ("a: b: c", r"scenario.yaml:1:5: .*not YAML"),
        ("a: {b", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("a: \x00", "not YAML"),
        ("", "an empty file"),
        ("- a", "a list"),
        ("just words", "'just words'"),
    ],
)
def test_a_file_that_is_not_one_plain_mapping_is_refused(text, said):
    assert re.search(said, fault_of(text))


@pytest.mark.parametrize(("asked", "near"), [("6.3 s", "6 s or 6.5 s"), ("1.01 s", "1 s or 1.5 s")])
def test_a_clip_that_ends_between_two_keyframes_is_refused_with_the_nearest_durations(asked, near):
    assert f"duration: found {asked}; wanted whole half seconds, since a clip ends on a keyframe: {near}" in fault_of(
        f"{PLAIN}duration: {asked}\n"
    )


@pytest.mark.parametrize(("written", "seconds"), [("6500 ms", 6.5), ("6 s", 6.0), ("0.1 min", 6.0)])
def test_whole_half_seconds_last_as_written(written, seconds):
    (made,) = loads(f"{PLAIN}duration: {written}\n")
    assert made.duration_s == seconds


def test_words_stay_words():
    data = parse_document("on: 2024-01-01\n1: 12:30\nbig: " + "9" * 5000 + "\nn: 42").data
    assert data == {"on": "2024-01-01", "1": "12:30", "big": "9" * 5000, "n": 42}


@pytest.mark.parametrize(
    "value", [".nan", ".inf", "1e999", "9" * 5000, "!!binary aGk=", "[[[]]]", "{}", "null", "2024-01-01"]
)
def test_odd_values_are_faults_and_not_crashes(value):
    for key in (
        "duration",
        "name",
        "road",
        "ego",
        "actors",
        "story",
        "expect",
        "environment",
        "source",
        "sweep",
        "from",
    ):
        text = "\n".join(
            line for line in PLAIN.splitlines() if not line.startswith((key, "  lead") if key == "actors" else key)
        )
        try:
            loads(f"{text}\n{key}: {value}\n")
        except SpecErrors as faults:
            assert len(str(faults)) < 5000


def test_the_template_is_a_valid_scenario():
    (scenario,) = loads(template("my-first"))
    assert scenario.name == "my-first"
    for name in ("../up", "A B", "", "a\nname: b"):
        with pytest.raises(ValueError, match=r"name|file"):
            template(name)


def test_a_missing_key_name_has_its_place():
    with pytest.raises(SpecErrors, match=r":1:1: .*a key that is not a word"):
        loads("'': 1\nname: x\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\n  intent: b\n", "a colon within a value"),
        ("road: {lanes: 2, [}\n", "not YAML"),
        ("a: {b: 1 c: 2}\n", "not YAML: a {"),
        ("a: 'b' c\n", "text after the end of a value"),
        ("a: 1\n- b\n", "a list item among keys"),
    ],
)
def test_invalid_yaml_is_reported_in_an_authors_words(text, said):
    with pytest.raises(SpecErrors) as caught:
        loads(text)
    assert said in str(caught.value)
    assert "<block" not in str(caught.value) and "<scalar>" not in str(caught.value)


GOOD = "name: x\nintent: y\nroad: {lanes: 1}\nego: {lane: 0, speed: 5 km/h, drive: follow}\n"


def test_a_key_with_a_line_break_is_reported_in_one_line():
    with pytest.raises(SpecErrors) as told:
        loads(GOOD + '"a\\nb": 1\n', "key.yaml")
    assert "a?b: found an unknown key" in str(told.value).splitlines()[1]
