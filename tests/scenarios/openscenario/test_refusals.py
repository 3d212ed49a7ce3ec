"""Nothing is skipped silently, and nothing in a file is followed, expanded or trusted."""

import shutil

import pytest

from scenarios.load import loads
from scenarios.openscenario.distributions import import_scenarios
from scenarios.openscenario.import_file import ImportOptions, import_file
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.source.xml_document import parse_xml
from tests.scenarios.openscenario.situations import (
    BRAKES,
    FILES,
    TWO_CARS,
    after,
    event,
    imported,
    lane,
    of,
    placed,
    scenario_xml,
    speed_action,
)

BRAKE = event("e", BRAKES, after(1))


def refusal(content: bytes, **asked) -> str:
    with pytest.raises(SpecErrors) as caught:
        imported(content, ImportOptions(**asked))
    assert all(fault.found and fault.wanted for fault in caught.value.faults)
    return str(caught.value)


NURBS = (
    '<PrivateAction><RoutingAction><FollowTrajectoryAction><TrajectoryRef><Trajectory name="t" closed="false"><Shape>'
    '<Nurbs order="2"><ControlPoint><Position><WorldPosition x="0" y="0"/></Position></ControlPoint><ControlPoint>'
    '<Position><WorldPosition x="9" y="0"/></Position></ControlPoint><Knot value="0"/><Knot value="0"/>'
    '<Knot value="1"/><Knot value="1"/></Nurbs></Shape></Trajectory></TrajectoryRef>'
    "<TimeReference><None/></TimeReference>"
    '<TrajectoryFollowingMode followingMode="position"/></FollowTrajectoryAction></RoutingAction></PrivateAction>'
)


SIDEWAYS = (
    '<PrivateAction><LateralAction><LateralDistanceAction entityRef="Ego" continuous="true" freespace="true"/>'
    "</LateralAction></PrivateAction>"
)
TELEPORT = (
    '<PrivateAction><TeleportAction><Position><WorldPosition x="9" y="0"/></Position></TeleportAction></PrivateAction>'
)
SIGNAL = '<ByValueCondition><TrafficSignalCondition name="x" state="green"/></ByValueCondition>'
OWN = '<UserDefinedAction><CustomCommandAction type="x">y</CustomCommandAction></UserDefinedAction>'
STILL = '<StandStillCondition duration="0"/>'


@pytest.mark.parametrize(
    ("event_xml", "name"),
    [
        (event("e", NURBS, after(1)), "m from where other is: here no body jumps"),
        (event("e", TELEPORT, after(1)), "a jump while the scenario runs"),
        (event("e", BRAKES, SIGNAL), "TrafficSignalCondition"),
        (event("e", SIDEWAYS, after(1)), "LateralDistanceAction"),
        (event("e", BRAKES, of("Nobody", STILL)), "Nobody"),
    ],
)
def test_unsupported_elements_are_reported_with_their_line(event_xml, name):
    content = scenario_xml(TWO_CARS, event_xml).replace(b"<Story ", b"\n\n<Story ")
    told = refusal(content)
    assert name in told
    assert "case.xosc:3:1: " in told


@pytest.mark.parametrize(
    ("event_xml", "speed", "told"),
    [
        (event("e", speed_action(5), after(1)), 5.0, "jumps to 5.0 m/s"),
        (event("e", speed_action(5, "linear", "rate", 50), after(1)), 5.0, "a rate of 50.00"),
        (event("e", OWN, after(1)), 15.0, "an action of another program"),
    ],
)
def test_what_the_language_has_no_event_for_is_written_as_motion_and_told(event_xml, speed, told):
    """Until version 1.2 of this importer these were refused; the motion is that of the file."""
    made = imported(scenario_xml(TWO_CARS, event_xml))
    (scenario,) = loads(made.text)
    rollout = simulate(scenario)
    assert rollout.speed_mps[36, 1] == pytest.approx(speed, abs=0.05)
    assert not rollout.unfired
    assert told in made.text


def test_all_refusals_are_reported_together_and_the_rest_is_written_on_request():
    events = event("one", NURBS, after(1)) + BRAKE + event("two", TELEPORT, after(2))
    told = refusal(scenario_xml(TWO_CARS, events))
    assert "from where other is" in told
    assert "a jump while the scenario runs" in told
    made = imported(scenario_xml(TWO_CARS, events), ImportOptions(partial=True))
    (scenario,) = loads(made.text)
    assert [e.name for e in scenario.events] == ["e"]
    assert len(made.report.refused) == 2
    assert "# Not in this file, since the language cannot express it:" in made.text
    assert "from where other is" in made.text


def test_an_element_that_was_not_read_is_refused():
    signals = b'<TrafficSignals><TrafficSignalController name="x"/></TrafficSignals></RoadNetwork>'
    assert "TrafficSignals" in refusal(scenario_xml(TWO_CARS, BRAKE).replace(b"</RoadNetwork>", signals))


def test_an_event_after_the_end_is_told_with_its_line():
    init = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-1, 140), 0)
    made = imported(scenario_xml(init, event("e", speed_action(0, "linear", "rate", 3), after(20))))
    assert not loads(made.text)[0].events
    assert [r.said for r in made.report.approximated if r.name == "Event"] == [
        "it never happens: its conditions do not hold when the file is played"
    ]


def test_the_schema_is_checked_first():
    told = refusal(scenario_xml(TWO_CARS, BRAKE).replace(b'priority="overwrite"', b'priority="soon"'))
    assert "soon" in told
    told = refusal(scenario_xml(TWO_CARS, BRAKE).replace(b'revMinor="2"', b'revMinor="9"'))
    assert "version 1.9" in told


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<OpenSCENARIO>",
        b"<html/>",
        b'<?xml version="1.0" encoding="UTF-16"?><OpenSCENARIO/>',
        "<OpenSCENARIO/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?><OpenSCENARIO/>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><OpenSCENARIO>&a;</OpenSCENARIO>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><OpenSCENARIO a="&a;"/>',
        b'<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><OpenSCENARIO/>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9))
        + b"]><OpenSCENARIO>&j;</OpenSCENARIO>",
        b"<a>" * 300 + b"</a>" * 300,
        b"<a>" * 100_000,
        b"<OpenSCENARIO>" + b"<a/>" * 500_000 + b"</OpenSCENARIO>",
        b"<OpenSCENARIO \x00/>",
    ],
    ids=lambda content: repr(content[:40]),
)
def test_malicious_files_are_refused(content):
    with pytest.raises(SpecErrors) as caught:
        imported(content)
    assert len(str(caught.value)) < 1500


def test_an_entity_in_text_is_not_expanded():
    with pytest.raises(SpecErrors):
        parse_xml(b"<a>&b;</a>", "x.xosc")


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../../../../etc/passwd", "file:///etc/passwd", "http://example.com/a.xodr", "C:\\a.xodr",
     "~/a.xodr", "\\\\server\\a.xodr", "roads/../../../../../../etc/passwd", "", "roads", "roads/none.xodr", "a" * 400],
)  # fmt: skip
def test_paths_outside_the_folder_are_refused(path):
    told = refusal(scenario_xml(TWO_CARS, BRAKE, road=path))
    assert "root:" not in told


def test_a_link_is_checked_by_its_target(tmp_path):
    home = tmp_path / "top" / "xosc"
    home.mkdir(parents=True)
    secret = tmp_path / "secret.xodr"
    secret.write_text((FILES / "roads" / "three-lanes.xodr").read_text())
    (home / "road.xodr").symlink_to(secret)
    shutil.copytree(FILES / "catalogs", home / "catalogs")
    (home / "case.xosc").write_bytes(scenario_xml(TWO_CARS, BRAKE, road="road.xodr"))
    with pytest.raises(SpecErrors, match="leads out of top"):
        import_file(home / "case.xosc", ImportOptions(), {})


@pytest.mark.parametrize(
    ("init", "said"),
    [
        (placed("Ego", lane(-4, 100)) + placed("Other", lane(-1, 140)), "in no lane for driving"),
        (placed("Ego", lane(-2, 100)) + placed("Other", lane(-9, 140)), "lane '-9'"),
        (placed("Ego", lane(-2, 100)) + placed("Other", lane(-1, 1400)), "wanted from 0 to 1000 m"),
        (placed("Ego", lane(-2, 100)) + placed("Other", '<RelativeLanePosition entityRef="Other" dLane="0" ds="1"/>'),
         "relative to itself"),
        (placed("Ego", lane(-2, 100)), "wanted a TeleportAction of it in Init"),
        (placed("Ego", lane(-2, 100)) + placed("Other", lane(-2, 101)), "inside the ego"),
    ],
)  # fmt: skip
def test_impossible_positions_are_reported(init, said):
    assert said in refusal(scenario_xml(init))


def test_an_actor_in_a_lane_may_start_far_away():
    made = imported(scenario_xml(placed("Ego", lane(-2, 100)) + placed("Other", lane(-1, 940))))
    ego, other = loads(made.text)[0].placed
    assert other.start.s_m - ego.start.s_m == pytest.approx(840, abs=3)  # reference points, at the rear axles


def test_a_speed_beyond_the_performance_is_limited_and_told():
    made = imported(scenario_xml(placed("Ego", lane(-2, 100), 100) + placed("Other", lane(-1, 140))))
    assert loads(made.text)[0].placed[0].speed_mps == pytest.approx(60)
    assert "100 m/s; its Performance allows 60 m/s" in made.text


def test_a_missing_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.xosc", tmp_path / ("a" * 300)):
        with pytest.raises(SpecErrors):
            import_scenarios(path, ImportOptions())


def broken(folder, tmp_path, name, right, wrong):
    """A scenario whose road or catalog has a mistake."""
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / folder / name
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong, 1))
    with pytest.raises(SpecErrors) as caught:
        import_scenarios(tmp_path / "xosc" / "cut-in.xosc", ImportOptions())
    return caught.value


@pytest.mark.parametrize(
    ("folder", "name", "right", "wrong", "said"),
    [
        ("roads", "three-lanes.xodr", 'length="400"', 'length="4"', "geometry: found a geometry from s = 0 m on, 4 m"),
        ("roads", "three-lanes.xodr", 'length="600"', 'length="60"', "geometries that end at s = 460 m"),
        ("roads", "three-lanes.xodr", 'length="1000"', 'length="1e6"', "a length of 1e+06 m"),
        ("roads", "three-lanes.xodr", 'hdg="0.5"', 'hdg="left"', "hdg 'left'; wanted a number"),
        ("roads", "three-lanes.xodr", "</lanes>", "", "text that is not XML"),
        ("catalogs", "vehicles.xosc", 'vehicleCategory="car"', 'vehicleCategory="boat"', "boat"),
    ],
)
def test_faults_of_a_road_or_catalog_are_reported_for_that_file_only(tmp_path, folder, name, right, wrong, said):
    faults = broken(folder, tmp_path, name, right, wrong)
    assert faults.path.name == name
    assert said in str(faults)
    assert "--partial" not in str(faults)
    assert all(fault.line for fault in faults.faults)


def test_a_wrong_value_is_reported_with_a_correction():
    told = refusal(scenario_xml(placed("Ego", lane(-2, 100), "${4 / 0}") + placed("Other", lane(-1, 140))))
    assert "divides by zero; wanted an expression with a value" in told
    told = refusal(scenario_xml(placed("Ego", lane(-2, 2000)) + placed("Other", lane(-1, 140))))
    assert "s = 2000 m on road 7; wanted from 0 to 1000 m" in told
    assert "--partial" not in told
    told = refusal(scenario_xml(TWO_CARS, event("e", BRAKES, of("Othr", STILL))))
    assert "did you mean Other?" in told
