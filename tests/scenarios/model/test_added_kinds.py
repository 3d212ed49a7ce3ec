"""E-scooters, pedestrians with a bicycle, trams and wheelchair users: words, motion, and refusals."""

import re

import numpy as np
import pytest

from scenarios.authoring.draft import draft
from scenarios.authoring.explain import explain
from scenarios.compiler.event_checks import SETS_PATH
from scenarios.events.event_outcomes import event_outcomes
from scenarios.load import loads
from scenarios.model.bodies import USUAL_SIZE, Body, Kind
from scenarios.openscenario.export.export import export
from scenarios.openscenario.import_file import ImportOptions, import_file
from scenarios.scenario import Scenario
from scenarios.simulation.dynamics.collisions import mass_kg
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.verbs.longitudinal.brake import Brake

ADDED = (Kind.E_SCOOTER, Kind.PEDESTRIAN_WITH_BICYCLE, Kind.TRAM, Kind.WHEELCHAIR_USER)
FILE = """
name: added
intent: A kind of actor that was added.
duration: 6 s
road: {{lanes: 2, opposite_lanes: 1, surface: {surface}}}
ego: {{lane: 0, speed: {ego}, drive: hold speed}}
actors:
{actors}
story:
  - {line}
"""
BESIDE, OPPOSITE = "side: right, ahead: 40 m, offset: 1 m", "side: left, ahead: 40 m, offset: 1 m"
TRAM = "body: {kind: tram, lane: 1, ahead: 20 m, speed: 20 km/h}"


def read(actors: str, line: str, surface: str = "dry", ego: str = "30 km/h") -> Scenario:
    lines = "\n".join(f"  {actor}" for actor in actors.split("; "))
    return loads(FILE.format(actors=lines, line=line, surface=surface, ego=ego))[0]


def refusal(actors: str, line: str) -> str:
    with pytest.raises(SpecErrors) as faults:
        read(actors, line)
    return str(faults.value)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.E_SCOOTER, "the e-scooter"), (Kind.E_SCOOTER, "an e-scooter rider"), (Kind.E_SCOOTER, "the kick scooter"),
        (Kind.PEDESTRIAN_WITH_BICYCLE, "the pedestrian with a bicycle"),
        (Kind.PEDESTRIAN_WITH_BICYCLE, "the pedestrian pushing the bike"),
        (Kind.PEDESTRIAN_WITH_BICYCLE, "a person pushing a bicycle"), (Kind.PEDESTRIAN_WITH_BICYCLE, "the person"),
        (Kind.TRAM, "the tram"), (Kind.TRAM, "the streetcar"), (Kind.TRAM, "the vehicle"),
        (Kind.WHEELCHAIR_USER, "the wheelchair user"), (Kind.WHEELCHAIR_USER, "the person in a wheelchair"),
        (Kind.WHEELCHAIR_USER, "The Wheelchair"),
    ],
)  # fmt: skip
def test_a_story_refers_to_them_by_their_words(kind, said):
    scenario = read(f"body: {{kind: {kind}, {BESIDE}}}; other: {{kind: cone, {OPPOSITE}}}", f"{said} crosses after 1 s")
    assert scenario.events[0].actor == "body"
    assert scenario.placed[1].body == Body("body", kind, USUAL_SIZE[kind])


def test_a_pedestrian_and_a_pedestrian_with_a_bicycle_are_distinguished():
    both = f"walker: {{kind: pedestrian, {BESIDE}}}; pusher: {{kind: pedestrian with bicycle, {OPPOSITE}}}"
    assert read(both, "the pedestrian crosses").events[0].actor == "walker"
    assert read(both, "the pedestrian with the bicycle crosses").events[0].actor == "pusher"


@pytest.mark.parametrize("kind", ADDED)
def test_each_crosses_the_road_at_the_speed_of_its_kind(kind):
    scenario = read(f"body: {{kind: {kind}, {BESIDE}}}", "body crosses after 0.5 s", ego="5 km/h")
    rollout = simulate(scenario)
    speed = scenario.events[0].do.speed_mps
    if kind is Kind.TRAM:  # from standstill its usual rate does not reach that speed on this road
        assert 4.5 < rollout.speed_mps[:, 1].max() < speed and rollout.acceleration_mps2[:, 1].max() <= 1.0 + 1e-6
    else:
        assert rollout.speed_mps[:, 1].max() == pytest.approx(speed, abs=0.05)
    assert not any(one.failed for one in event_outcomes(rollout, scenario))
    assert np.ptp(rollout.centre[:, 1, 0]) < 0.5 and np.ptp(rollout.centre[:, 1, 1]) > 3.0


def test_an_e_scooter_cuts_in():
    rollout = simulate(
        read("body: {kind: e-scooter, lane: 1, ahead: 8 m, speed: 20 km/h}", "body cuts in after 1 s", ego="10 km/h")
    )
    assert rollout.centre[0, 1, 1] == pytest.approx(3.5, abs=0.01)
    assert rollout.centre[-1, 1, 1] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("surface", ["dry", "ice"])
def test_a_tram_brakes_no_harder_than_its_track_brakes(surface):
    tram = "body: {kind: tram, lane: 1, ahead: 20 m, speed: 40 km/h}"
    rollout = simulate(read(tram, "body brakes as hard as it can after 1 s", surface))
    most = {"dry": 2.8, "ice": 9.81 * rollout.friction}[surface]
    assert rollout.acceleration_mps2[:, 1].min() == pytest.approx(-most, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "word", "rate"),
    [("tram", "brakes", 1.4), ("tram", "brakes hard", 2.1), ("tram", "slams on the brakes", 2.8),
     ("e-scooter", "brakes", 2.5), ("car", "brakes", 4.0), ("car", "brakes hard", 6.0)],
)  # fmt: skip
def test_braking_hard_is_limited_by_the_kind(kind, word, rate):
    (event,) = read(f"body: {{kind: {kind}, lane: 1, ahead: 20 m, speed: 20 km/h}}", f"body {word} after 1 s").events
    assert event.do == Brake(rate)


def test_a_car_that_hits_a_tram_hardly_moves_it():
    masses = [mass_kg(Body("body", kind, USUAL_SIZE[kind])) for kind in (*ADDED, Kind.CAR, Kind.PEDESTRIAN)]
    scooter, pusher, tram, wheelchair, car, adult = masses
    assert adult < scooter <= wheelchair < car and adult < pusher < car and tram > 10 * car
    hit = simulate(read("body: {kind: tram, lane: 0, ahead: 10 m, speed: 0 km/h}", "ego keeps 60 km/h", ego="60 km/h"))
    assert any("collision" in event.what for event in hit.happenings)
    assert np.abs(hit.speed_mps[:, 1]).max() < 0.2 * 60 / 3.6 < 0.6 * hit.speed_mps[0, 0]


def test_explain_prints_the_limits_of_a_kind(tmp_path):
    file = tmp_path / "tram.yaml"
    actors = "  body: {kind: tram, lane: 1, ahead: 20 m, speed: 40 km/h}"
    file.write_text(FILE.format(actors=actors, line="body brakes as hard as it can", surface="dry", ego="30 km/h"))
    text = explain(file)
    assert "at most 80 km/h (22.22 m/s); brakes at most at 2.8 m/s^2." in text
    assert "# that is 2.8 m/s^2, the limit of its brakes" in text


# -- what is refused -----------------------------------------------------------------------------------------------

_LEAVES = {
    "cut_in": "cuts in", "cut_out": "cuts out", "change_lane": "changes lane to the left",
    "offset": "swerves 1 m to the left", "step_out": "steps out from behind truck",
    "follow_trajectory": "follows the path through (1 s, 10 m, 0 m) (2 s, 20 m, 1 m)", "lose_control": "loses control",
    "turn": "turns left at the junction", "pull_out": "pulls out", "merge": "merges into a gap",
    "take_exit": "takes the second exit", "overtake": "overtakes the truck", "turn_around": "turns around",
    "turn_back": "turns back",
}  # fmt: skip


@pytest.mark.parametrize("verb", sorted(SETS_PATH - {"cross"}))
def test_a_tram_does_nothing_that_leaves_its_rails(verb):
    actors = f"{TRAM}; truck: {{kind: truck, {OPPOSITE}}}"
    assert "a tram, which runs on rails and cannot leave them" in refusal(actors, f"body {_LEAVES[verb]}")


def test_a_tram_only_crosses_on_its_own_rails():
    assert "stands beside the road" in refusal(TRAM, "body crosses")


@pytest.mark.parametrize(
    ("kind", "line", "wanted"),
    [
        ("e-scooter", "body speeds up to 40 km/h", "at most 25 km/h"),
        ("e-scooter", "body brakes at 7 m/s^2 after 1 s", "at most 5 m/s^2"),
        ("tram", "body brakes at 6 m/s^2 after 1 s", "at most 2.8 m/s^2"),
        ("tram", "body keeps 100 km/h", "at most 80 km/h"),
        ("wheelchair user", "body crosses at 20 km/h", "at most 15 km/h"),
        ("pedestrian with bicycle", "body crosses at 12 km/h", "at most 10 km/h"),
    ],
)
def test_an_action_beyond_the_limits_of_a_kind_is_refused(kind, line, wanted):
    assert wanted in refusal(f"body: {{kind: {kind}, lane: 1, ahead: 20 m, speed: 5 km/h}}", line)


def test_a_start_above_the_maximum_speed_is_refused():
    assert "at most 25 km/h" in refusal("body: {kind: e-scooter, lane: 1, ahead: 20 m, speed: 50 km/h}", "ego brakes")
    path = "body: {kind: wheelchair user, trajectory: [[0 s, 20 m, 5 m], [6 s, 80 m, 5 m]]}"
    assert "at most 15 km/h" in refusal(path, "ego brakes")


def test_a_row_of_parked_trams_is_refused():
    row = "dry, parked: [{side: right, kind: tram, from: 20 m, to: 60 m}]"
    with pytest.raises(SpecErrors, match="not on rails"):
        read(f"body: {{kind: cone, {BESIDE}}}", "ego brakes", row)


# -- drafts, OpenSCENARIO ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "section"),
    [
        ("a wheelchair user crosses at night", "kind: wheelchair user, side: right"),
        ("an e-scooter rider cuts in", "kind: e-scooter, lane: 1"),
        ("a pedestrian pushing a bicycle steps out from behind a parked van", "kind: pedestrian with bicycle}"),
        ("the lead tram brakes hard", "kind: tram, lane: 0"),
    ],
)
def test_a_phrase_is_drafted(phrase, section):
    made = draft(phrase, "drafted")
    assert section in made.text
    assert loads(made.text)[0].events


@pytest.mark.parametrize("kind", ADDED)
def test_each_kind_survives_export_to_openscenario_and_import(kind, tmp_path):
    speed = "5 km/h" if kind is not Kind.TRAM else "30 km/h"
    scenario = read(f"body: {{kind: {kind}, lane: 1, ahead: 20 m, speed: {speed}}}", "ego brakes after 1 s")
    made = export(scenario, simulate(scenario))
    (tmp_path / made.xodr_name).write_bytes(made.xodr)
    (tmp_path / made.xosc_name).write_bytes(made.xosc)
    (again,) = loads(import_file(tmp_path / made.xosc_name, ImportOptions(), {}).text)
    assert again.placed[1].body.kind is kind
    assert re.search(rb'Category="(bicycle|pedestrian|tram|wheelchair)"', made.xosc)


def test_a_verb_with_its_own_module_keeps_to_the_limits_of_a_kind():
    bike = "bike: {kind: cyclist, lane: 0, ahead: 20 m, speed: 10 km/h}"
    actors = f"scoot: {{kind: e-scooter, lane: 0, ahead: 10 m, speed: 20 km/h}}; {bike}"
    assert "at most 25 km/h" in refusal(actors, "scoot overtakes bike at 60 km/h")


TIMED = "body: {{kind: {kind}, trajectory: [{points}]}}"
IN_LANE = "body: {{kind: {kind}, lane: 1, ahead: 20 m, speed: {speed}}}"


@pytest.mark.parametrize(
    ("kind", "speed", "line", "said"),
    [
        ("tram", "40 km/h", "body stops within 5 m after 1 s", ["needs 12.35 m/s^2", "at least 22.1 m", "2.8 m/s^2"]),
        ("tram", "40 km/h", "body slows down to 10 km/h within 1 s", ["needs 8.333 m/s^2", "at least 3.0 s"]),
        ("tram", "40 km/h", "body slows down to 10 km/h at 6 m/s^2", ["at most 2.8 m/s^2"]),
        ("e-scooter", "20 km/h", "body stops within 1 m after 1 s", ["needs 15.43 m/s^2", "at least 3.1 m"]),
        ("e-scooter", "10 km/h", "body speeds up to 20 km/h at 6 m/s^2", ["at most 5 m/s^2"]),
        ("e-scooter", "20 km/h", "body takes the path (1 s, 30 m, 0 m) (2 s, 60 m, 0 m)", ["at most 25 km/h"]),
        ("e-scooter", "20 km/h", "body follows the path through (1 s, 0.1 m, 0 m)", ["from 20 km/h", "or more"]),
        ("wheelchair user", "8 km/h", "body takes the path (1 s, 11 m, 0 m)", ["39.6 km/h", "at most 15 km/h"]),
        ("wheelchair user", "8 km/h", "body cuts in", ["does not keep to a lane"]),
        ("wheelchair user", "8 km/h", "body cuts out", ["does not keep to a lane"]),
        ("pedestrian with bicycle", "4 km/h", "body changes lane to the left", ["does not keep to a lane"]),
        ("pedestrian with bicycle", "4 km/h", "body cuts in", ["does not keep to a lane"]),
        ("pedestrian with bicycle", "4 km/h", "body merges into a gap", ["does not keep to a lane"]),
    ],
)  # fmt: skip
def test_what_a_kind_cannot_do_is_refused_with_its_figure(kind, speed, line, said):
    text = refusal(IN_LANE.format(kind=kind, speed=speed), line)
    assert [part for part in said if part not in text] == []


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("[0 s, 20 m, 0 m], [6 s, 80 m, 3.5 m]", "at 3 degrees, off its rails"),
        ("[0 s, 20 m, 0 m], [3 s, 40 m, 0 m], [6 s, 60 m, 3.5 m]", "3.5 m across the road on a bent line"),
        ("[0 s, 20 m, 0 m], [1 s, 32 m, 0 m], [2 s, 32.1 m, 0 m], [6 s, 32.2 m, 0 m]", "needs 11.9 m/s^2 or more"),
    ],
)
def test_a_trajectory_of_a_tram_keeps_to_rails_and_to_its_brakes(points, said):
    assert said in refusal(TIMED.format(kind="tram", points=points), "ego brakes")


@pytest.mark.parametrize(
    "actor",
    [
        TIMED.format(kind="tram", points="[0 s, 20 m, 3.5 m], [2 s, 40 m, 3.5 m], [6 s, 76 m, 3.5 m]"),
        TIMED.format(kind="tram", points="[0 s, 60 m, -20 m], [6 s, 60 m, 20 m]"),
        TIMED.format(kind="e-scooter", points="[0 s, 20 m, 0 m], [6 s, 50 m, 3.5 m]"),
        "body: {kind: tram, box: {at: [60 m, -20 m], heading: 90 deg}, speed: 20 km/h}",
        "body: {kind: tram, box: {at: [60 m, 3.5 m], heading: 1 deg}, speed: 20 km/h}",
    ],
)
def test_rails_along_the_road_and_straight_across_it_are_possible(actor):
    assert read(actor, "ego brakes").placed[1].body.id == "body"


def test_a_tram_that_starts_slantwise_in_a_box_is_refused():
    assert "off its rails" in refusal(
        "body: {kind: tram, box: {at: [30 m, 0 m], heading: 15 deg}, speed: 20 km/h}", "ego brakes"
    )


def test_check_tells_what_only_the_simulation_knows_to_be_beyond_the_brakes():
    actors = IN_LANE.format(kind="tram", speed="20 km/h")
    scenario = loads(
        FILE.format(actors=f"  {actors}", line="body speeds up to 40 km/h\n  - body stops within 5 m after 4 s",
                    surface="dry", ego="0 km/h")
    )[0]  # fmt: skip
    rollout = simulate(scenario)
    _, stop = event_outcomes(rollout, scenario)
    assert stop.failed and "not as asked: it needs" in stop.why and "the hardest of its kind is 2.8 m/s^2" in stop.why
    assert rollout.acceleration_mps2[:, 1].min() == pytest.approx(-2.8, abs=0.05)
