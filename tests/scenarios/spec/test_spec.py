"""The spec of a file: each kind of fault is found at its path, with a correction."""

import re

import pytest
from pydantic import BaseModel

from scenarios.events import event_spec as events
from scenarios.load import loads
from scenarios.source.errors import SpecError, SpecErrors, nearest, quoted
from scenarios.spec import actor_spec
from scenarios.spec import base as section
from scenarios.spec import scenario_spec as spec

GOOD = """
name: {name}
intent: A car brakes.
duration: {duration}
road: {road}
environment: {environment}
ego: {ego}
actors:
  lead: {lead}
story: {story}
expect: {expect}
"""
USUAL = {
    "name": "brake",
    "duration": "6 s",
    "road": "{kind: straight, lanes: 2, opposite_lanes: 1}",
    "environment": "{time: day}",
    "ego": "{lane: 0, speed: 50 km/h, drive: follow}",
    "lead": "{kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}",
    "story": "[lead brakes at 6 m/s^2 after 1 s]",
    "expect": "{collision: allowed}",
}


def file(**changes: str) -> str:
    return GOOD.format(**(USUAL | changes))


def faults(text: str) -> tuple[SpecError, ...]:
    with pytest.raises(SpecErrors) as caught:
        loads(text)
    return caught.value.faults


def only_fault(**changes: str) -> SpecError:
    found = faults(file(**changes))
    assert len(found) == 1, found
    return found[0]


def test_the_usual_file_is_valid():
    assert len(loads(file())) == 1


def test_the_nearest_oncoming_lane_needs_no_number():
    near, numbered = (
        loads(file(lead=f"{{kind: car, lane: {lane}, ahead: 15 m, speed: 50 km/h}}"))[0]
        for lane in ("oncoming", "oncoming 0")
    )
    assert near == numbered


FAULTY = [
    ({"duration": "6"}, "duration", "6", "bare number"),
    ({"duration": "600 s"}, "duration", "'600 s'", "from 1 s to 60 s"),
    ({"duration": "6 m"}, "duration", "'6 m'", "this is a length"),
    ({"road": "{kind: strait, lanes: 1}"}, "road.kind", "'strait'", "did you mean straight"),
    ({"road": "{kind: straight}"}, "road.lanes", "nothing", "number of lanes"),
    ({"road": "{lanes: 0}"}, "road.lanes", "0", "1 to 6"),
    ({"road": "{lanes: 2.5}"}, "road.lanes", "2.5", "1 to 6"),
    ({"road": "{lanes: yes}"}, "road.lanes", "'yes'", "1 to 6"),
    ({"road": "{lanes: 2, lane_widht: 3 m}"}, "road.lane_widht", "an unknown key", "did you mean lane_width"),
    ({"road": "{lanes: 2, lane_width: 3}"}, "road.lane_width", "3", "bare number"),
    ({"road": "{lanes: 2, radius: 100 m}"}, "road.radius", "an unknown key", "one of kind"),
    ({"road": "{kind: curve, lanes: 2, radius: 100 m}"}, "road.direction", "nothing", "left or right"),
    ({"road": "{kind: curve, lanes: 2, direction: left}"}, "road.radius", "nothing", "such as 120 m"),
    ({"road": "{lanes: 2, surface: ise}"}, "road.surface", "'ise'", "did you mean ice"),
    ({"road": "{lanes: 2, friction: 3.0}"}, "road.friction", "3.0", "0.02 to 1.3"),
    ({"road": "straight"}, "road", "'straight'", "a mapping with keys"),
    ({"environment": "{time: noon}"}, "environment.time", "'noon'", "day, dusk, night"),
    ({"environment": "{time: night, sun: {height: 8 deg}}"}, "environment", "a sun at night", "day or dusk"),
    ({"environment": "{sun: {height: 1 deg}}"}, "environment.sun.height", "'1 deg'", "angle from 2"),
    ({"environment": "{weather: rainy}"}, "environment.weather", "'rainy'", "did you mean rain"),
    ({"ego": "{lane: 0, speed: 50, drive: follow}"}, "ego.speed", "50", "km/h"),
    ({"ego": "{lane: 0, speed: -5 km/h, drive: follow}"}, "ego.speed", "'-5 km/h'", "from 0 km/h"),
    ({"ego": "{lane: 0, speed: 50 km/h}"}, "ego.drive", "nothing", "follow or hold speed"),
    ({"ego": "{lane: 2, speed: 50 km/h, drive: follow}"}, "ego.lane", "2", "from 0 to 1"),
    ({"ego": "{lane: 0, speed: 50 km/h, drive: follow, driver: me}"}, "ego.driver", "'me'", "r157 careful"),
    ({"ego": "{lane: 0, speed: 50 km/h, drive: hold speed, driver: idm}"}, "ego", "driver 'idm'", "only with drive"),
    ({"ego": "{lane: 0, trajectory: [[0 s, 0 m, 0 m]]}"}, "ego.trajectory", "a list of 1", "from two"),
    ({"ego": "{trajectory: [[0 s, 0 m, 0 m], [6 s, 9 m, 0]]}"}, "ego.trajectory.1.2", "0", "bare number"),
    ({"ego": "{trajectory: [[0 s, 0 m, 0 m], [3 s, 9 m, 0 m]]}"}, "ego.trajectory", "an end at 3 s", "6 s"),
    ({"ego": "{trajectory: [[1 s, 0 m, 0 m], [9 s, 9 m, 0 m]]}"}, "ego.trajectory", "times 1, 9 s", "start at 0"),
    ({"ego": "{trajectory: [[0 s, 0 m, 0 m], [0 s, 1 m, 0 m], [9 s, 2 m, 0 m]]}"}, "ego.trajectory", "times", "rise"),
    ({"ego": "{trajectory: [[0 s, 1 m, 0 m], [9 s, 9 m, 0 m]]}"}, "ego.trajectory", "away from", "origin|rear axle"),
    ({"ego": "{trajectory: [[0 s, 0 m, 0 m], [0.1 s, 90 m, 0 m], [9 s, 9 m, 0 m]]}"}, "ego.trajectory", "step", "at"),
    ({"lead": "{kind: carr, lane: 0, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.kind", "'carr'", "did you mean car"),
    ({"lead": "{lane: 0, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.kind", "nothing", "pedestrian"),
    ({"lead": "{kind: car, lane: 9, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.lane", "9", "one of 0, 1, oncoming 0"),
    ({"lead": "{kind: car, lane: 3, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.lane", "3", "one of 0, 1, oncoming 0"),
    ({"lead": "{kind: bicycle, lane: 0, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.kind", "bicycle", "cyclist, as"),
    ({"lead": "{kind: [car], lane: 0, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.kind", "list", "one of car"),
    ({"name": "x\nsource: {suite: own, type: one, two}"}, "source.two", "nothing", "need quotes"),
    ({"lead": "{kind: child, speed: 6 km/h}"}, "actors.lead", "a speed without a place", "steps out ... at 6 km/h"),
    ({"lead": "{kind: car, lane: left, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.lane", "'left'", "oncoming 0"),
    ({"lead": "{kind: car, lane: oncoming 1, ahead: 9 m, speed: 1 m/s}"}, "actors.lead.lane", "oncoming 1", "one of"),
    ({"lead": "{kind: car, lane: 0, speed: 1 m/s}"}, "actors.lead", "neither ahead nor behind", "bumper"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 m, behind: 9 m, speed: 1 m/s}"}, "actors.lead", "both", "one of them"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 m}"}, "actors.lead.speed", "nothing", "0 km/h if it stands"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 s, speed: 1 m/s}"}, "actors.lead.ahead", "'9 s'", "a time"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 m, speed: 0 m/s, size: [4 m, 2 m]}"}, "actors.lead.size.2", "", "width"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 m, speed: 1 m/s, size: 4 m}"}, "actors.lead.size", "'4 m'", "three"),
    ({"lead": "{kind: car, lane: 0, ahead: 9 m, speed: 1 m/s, hue: red}"}, "actors.lead.hue", "an unknown", "kind"),
    ({"lead": "{kind: car, lane: 0, ahead: -2 m, speed: 1 m/s}"}, "actors.lead", "inside the ego", "free space"),
    ({"lead": "{kind: car, lane: 1, ahead: -19 m, speed: 1 m/s}"}, "actors.lead.ahead", "wholly behind", "behind: 10"),
    ({"lead": "{kind: car, lane: 1, behind: -19 m, speed: 1 m/s}"}, "actors.lead.behind", "wholly ahead", "ahead: 10"),
    ({"lead": "{kind: car, side: rigth, ahead: 9 m, offset: 1 m}"}, "actors.lead.side", "'rigth'", "right"),
    ({"lead": "{kind: car, box: {at: [9 m, 1 m], heading: 90}, speed: 1 m/s}"}, "actors.lead.box.heading", "90", "deg"),
    ({"lead": "{kind: car, box: {at: 9 m}, speed: 1 m/s}"}, "actors.lead.box.at", "'9 m'", r"\[30 m, 6 m\]"),
    ({"lead": "3"}, "actors.lead", "3", "a mapping"),
    ({"lead": "{kind: car}", "story": "[]"}, "actors.lead", "no place", "steps out from behind"),
    ({"expect": "{collision: maybe}"}, "expect.collision", "'maybe'", "allowed, never, required"),
    ({"expect": "{min_ttc: 2 s}"}, "expect.min_ttc", "'2 s'", "'below"),
    ({"expect": "{min_ttc: below 2}"}, "expect.min_ttc", "'below 2'", "bare number"),
    ({"expect": "{min_ttc: below 2 m}"}, "expect.min_ttc", "'below 2 m'", "this is a length"),
    ({"expect": "{min_gap: between 5 m and 2 m}"}, "expect.min_gap", "'between", "smaller one first"),
    ({"expect": "{collision: required, min_gap: above 1 m}"}, "expect", "a collision required", "hold together"),
    ({"expect": "{min_tcc: below 2 s}"}, "expect.min_tcc", "an unknown key", "did you mean min_ttc"),
    ({"story": "lead brakes"}, "story", "'lead brakes'", "a list"),
    ({"story": "[3]"}, "story.0", "3", "a mapping with keys among id, actor"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "found", "wanted"), FAULTY)
def test_every_fault_has_its_path_and_a_correction(changes, where, found, wanted):
    fault = only_fault(**changes)
    assert fault.where == where
    assert found in fault.found
    assert re.search(wanted, fault.wanted), fault.wanted
    assert fault.line > 0


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "a/b",
        "a\\b",
        ".",
        "..",
        "Brake",
        "a b",
        "-a",
        "a-",
        "a--b",
        "",
        "a" * 65,
        "con.txt",
        "é",
        '"a\\nb"',
        "~",
    ],
)
def test_names_cannot_leave_a_folder(name):
    assert [f.where for f in faults(file(name=name))] == ["name"]


@pytest.mark.parametrize("actor", ["ego", "../lead", "Lead", "le ad", "1st", "a" * 33, "''", "le.ad"])
def test_ids_of_actors_are_plain_words(actor):
    text = file(story="[]").replace("  lead:", f"  {actor}:")
    assert len(faults(text)) == 1
    assert faults(text)[0].where.startswith("actors")


def test_all_faults_of_a_file_are_reported_together():
    text = file(
        name="../x",
        duration="6",
        road="{lanes: 2, surface: wett}",
        environment="{weather: sunny}",
        ego="{lane: 0, speed: 50, drive: follow}",
        lead="{kind: car, lane: 0, ahead: 15, speed: 50 km/h}",
        story="[lead dances, truck brakes, {actor: lead, when: {after: 1}, do: {brake: {}}}]",
        expect="{min_ttc: 3}",
    )
    found = faults(text)
    assert {f.where for f in found} == {
        "name", "duration", "environment.weather", "expect.min_ttc", "road.surface", "ego.speed", "actors.lead.ahead",
        "story.0", "story.1", "story.2.when.after", "story.2.do.brake.decel",
    }  # fmt: skip
    places = [(f.line, f.column) for f in found]
    assert places == sorted(places), "in the order of the file"


def test_a_fault_points_at_its_key_in_a_line():
    text = file(lead="{kind: car, lane: 0, ahead: 15, speed: 50 km/h}", story="[lead brakes, lead dances]")
    rows = text.splitlines()
    for fault, key in zip(faults(text), ("ahead", "lead dances"), strict=True):
        assert rows[fault.line - 1][fault.column - 1 :].startswith(key)


def test_a_missing_key_is_reported_at_its_section():
    (fault,) = faults(file(lead="{kind: car, lane: 0, ahead: 15 m}"))
    assert fault.where == "actors.lead.speed"
    assert file().splitlines()[fault.line - 1][fault.column - 1 :].startswith("lead:")


def test_the_message_is_readable():
    with pytest.raises(SpecErrors) as caught:
        loads(file(ego="{lane: 0, speed: 50, drive: folow}"), "brake.yaml")
    assert str(caught.value).splitlines() == [
        "brake.yaml: 2 faults",
        "  brake.yaml:7:16: ego.speed: found 50; wanted a speed with its unit (km/h, m/s, mph), such as 50 km/h: "
        "a bare number has no unit",
        "  brake.yaml:7:27: ego.drive: found 'folow'; wanted one of follow, hold speed; did you mean follow?",
    ]


def test_unknown_keys_at_the_top_are_matched_with_all_known_ones():
    fault = faults(file() + "weeather: {}\nsweeep: {}\nfrm: {}\n")
    assert [f.where for f in fault] == ["weeather", "sweeep", "frm"]
    assert "did you mean sweep" in fault[1].wanted
    assert "did you mean from" in fault[2].wanted


def test_a_road_too_tight_for_its_lanes_is_refused():
    fault = only_fault(road="{kind: curve, lanes: 2, opposite_lanes: 6, radius: 25 m, direction: left}")
    assert fault.where == "road.radius"


def test_no_actor_is_placed_beyond_half_a_turn():
    fault = only_fault(
        road="{kind: curve, lanes: 2, radius: 25 m, direction: right}",
        lead="{kind: car, lane: 0, ahead: 80 m, speed: 1 m/s}",
    )
    assert "half a turn" in fault.found


def test_every_field_has_a_description_for_its_fault():
    sections = [
        thing
        for module in (spec, actor_spec, events, section)
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, BaseModel)
    ]
    silent = [f"{s.__name__}.{n}" for s in sections for n, info in s.model_fields.items() if not info.description]
    assert len(sections) > 15
    assert silent == []


def test_the_found_value_is_quoted_short_and_printable():
    assert quoted("a\x1b[31mb\n") == "'a?[31mb?'"
    assert len(quoted("x" * 500)) < 100
    assert quoted(None) == "nothing"
    assert quoted({"a": 1}) == "a mapping with a"


def test_nearest_lists_similar_words_and_all_known_ones():
    assert nearest("folow", ["follow", "hold speed"]) == "one of follow, hold speed; did you mean follow?"
    assert nearest("zzz", ["follow"]) == "one of follow"
