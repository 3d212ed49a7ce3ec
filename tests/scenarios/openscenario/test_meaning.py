"""What a storyboard means by the standard: each small file has right values that were worked out by hand.

Two cars of 4.2 m; the other one starts 40 m ahead at 15 m/s in the lane to the left of the ego's, which drives 20 m/s.
"""

import math
import re

import numpy as np
import pytest

from scenarios.load import loads
from scenarios.openscenario.import_file import Imported, ImportOptions
from scenarios.rollout import Rollout
from scenarios.simulation.simulate import simulate
from tests.scenarios.openscenario.situations import (
    BRAKES,
    FILES,
    TWO_CARS,
    after,
    ended,
    event,
    imported,
    lane,
    of,
    placed,
    scenario_xml,
    speed_action,
    trigger,
)

OTHER = 1
BEFORE_2_S = '<ByValueCondition><SimulationTimeCondition value="2" rule="lessThan"/></ByValueCondition>'
BRAKING_S = 10 / 3  # from 15 to 5 m/s at 3 m/s^2


def played(content: bytes, asked: ImportOptions = ImportOptions()) -> tuple[Imported, Rollout]:
    made = imported(content, asked)
    assert not made.report.refused
    return made, simulate(loads(made.text)[0])


def speeds(content: bytes, *times: float) -> list[float]:
    """The speeds of the other car at some times."""
    rollout = played(content)[1]
    return [float(rollout.speed_mps[round(12 * t), OTHER]) for t in times]


def lane_change(to: int, lasts: float = 6) -> str:
    return (
        "<PrivateAction><LateralAction><LaneChangeAction>"
        f'<LaneChangeActionDynamics dynamicsShape="sinusoidal" dynamicsDimension="time" value="{lasts}"/>'
        f'<LaneChangeTarget><AbsoluteTargetLane value="{to}"/></LaneChangeTarget></LaneChangeAction>'
        "</LateralAction></PrivateAction>"
    )


def speed_of(name: str, rule: str, value: float) -> str:
    return of(name, f'<SpeedCondition value="{value}" rule="{rule}"/>')


def trajectory(*vertices: tuple[float, float, float, float], reference: str = "") -> str:
    """Vertices of time, x, y, heading in the file's world."""
    written = "".join(
        f'<Vertex time="{t}"><Position><WorldPosition x="{x}" y="{y}" h="{h}"/></Position></Vertex>'
        for t, x, y, h in vertices
    )
    timing = reference or '<Timing domainAbsoluteRelative="relative" scale="1" offset="0"/>'
    return (
        '<PrivateAction><RoutingAction><FollowTrajectoryAction><TrajectoryRef><Trajectory name="t" closed="false">'
        f"<Shape><Polyline>{written}</Polyline></Shape></Trajectory></TrajectoryRef><TimeReference>{timing}"
        '</TimeReference><TrajectoryFollowingMode followingMode="position"/></FollowTrajectoryAction></RoutingAction>'
        "</PrivateAction>"
    )


# -- stops, edges, priorities ---------------------------------------------------------------------------------------


def test_a_stop_of_the_act_ends_the_actions_in_it():
    stops = speed_action(0, "linear", "time", 10)  # 1.5 m/s^2 from 2 s on, stopped at 5 s: 15 - 4.5 m/s
    content = scenario_xml(TWO_CARS, event("e", stops, after(2)))
    content = content.replace(b"</Act>", trigger("StopTrigger", after(5)).encode() + b"</Act>")
    assert speeds(content, 3, 5, 9) == pytest.approx([13.5, 10.5, 10.5], abs=0.05)


@pytest.mark.parametrize(
    ("edge", "condition", "begins"),
    [
        ("none", speed_of("Ego", "lessThan", 30), 0.0),
        ("rising", speed_of("Ego", "lessThan", 30), None),  # it holds from the start: no edge
        ("falling", speed_of("Ego", "greaterThan", 30), None),
        ("risingOrFalling", speed_of("Ego", "lessThan", 30), None),
        ("rising", after(2), 2.0),
        ("risingOrFalling", BEFORE_2_S, 2.0),
        ("falling", BEFORE_2_S, 2.0),
    ],
)  # fmt: skip
def test_an_edge_needs_a_change(edge, condition, begins):
    content = scenario_xml(TWO_CARS, event("e", BRAKES, condition, edge=edge))
    expected = 15.0 if begins is None else 15.0 - 3 * (4 - begins) if begins + BRAKING_S > 4 else 5.0
    assert speeds(content, 4) == pytest.approx([expected], abs=0.1)
    assert ("it never happens" in imported(content).text) == (begins is None)


def test_events_are_taken_in_the_order_of_time():
    late = event("late", speed_action(12, "linear", "rate", 2), after(6))
    early = event("early", speed_action(5, "linear", "rate", 5), after(1))
    content = scenario_xml(TWO_CARS, late + early)
    assert speeds(content, 2, 4, 7, 10) == pytest.approx([10, 5, 7, 12], abs=0.1)


def test_a_relative_speed_counts_when_it_begins():
    target = '<RelativeTargetSpeed entityRef="Ego" value="2" speedTargetValueType="delta" continuous="false"/>'
    relative = re.sub("<AbsoluteTargetSpeed[^>]*>", target, speed_action(0, "linear", "time", 2))
    events = event("a", relative, after(6))
    content = scenario_xml(TWO_CARS, events).decode()
    slows = event("b", speed_action(10, "linear", "time", 2), after(1))
    group = content[content.index("<ManeuverGroup") : content.index("</ManeuverGroup>") + len("</ManeuverGroup>")]
    own = group.replace('name="group"', 'name="own"').replace('entityRef="Other"', 'entityRef="Ego"', 1)
    own = own.replace(events, slows)
    made, rollout = played(content.replace(group, group + own).encode())
    assert rollout.speed_mps[120, OTHER] == pytest.approx(12, abs=0.05)  # the ego's 10 m/s and 2
    assert "{to: 43.2 km/h, within: 2 s" in made.text


@pytest.mark.parametrize(
    ("priority", "moved"), [("overwrite", 0.5 * 3.5 * (1 - math.cos(math.pi / 3))), ("parallel", 3.5)]
)
def test_overwrite_ends_a_lane_change_and_parallel_does_not(priority, moved):
    """The lane change takes 6 s; after 2 of them it has done (1 - cos 60 degrees) / 2 of its 3.5 m."""
    slower = event("slow", speed_action(12, "linear", "rate", 2), after(4)).replace("overwrite", priority)
    content = scenario_xml(TWO_CARS, event("change", lane_change(-2), after(2)) + slower)
    y = played(content)[1].centre[:, OTHER, 1]
    assert y[0] - y[-1] == pytest.approx(moved, abs=0.15)


def test_skip_does_not_start_beside_a_running_event():
    longer = event("long", speed_action(5, "linear", "time", 5), after(1))
    skipped = event("skipped", speed_action(25, "linear", "rate", 5), after(2)).replace("overwrite", "skip")
    content = scenario_xml(TWO_CARS, longer + skipped)
    assert speeds(content, 3.5, 5) == pytest.approx([10, 7], abs=0.1)  # 2 m/s^2 all the time


def test_an_event_may_happen_several_times():
    faster = event("again", speed_action(18, "linear", "rate", 3), after(0.5)).replace(
        'priority="overwrite"', 'priority="overwrite" maximumExecutionCount="2"'
    )
    made, _ = played(scenario_xml(TWO_CARS, faster))
    assert made.text.count("id: again") == 2


def test_an_act_without_a_condition_begins_at_once():
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(1))).decode()
    begins = content.index("<StartTrigger>", content.index("</ManeuverGroup>"))
    ends = content.index("</StartTrigger>", begins) + len("</StartTrigger>")
    assert speeds((content[:begins] + "<StartTrigger/>" + content[ends:]).encode(), 3) == pytest.approx([9], abs=0.1)


# -- the end --------------------------------------------------------------------------------------------------------


def test_a_storyboard_without_a_stop_ends_after_its_last_event_and_says_so():
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(9)), version="1.3")
    begins = content.rindex(b"<StopTrigger>")
    made, rollout = played(content[:begins] + b"</Storyboard></OpenSCENARIO>")
    assert rollout.t_s[-1] == pytest.approx(17.5)  # 9 s + 3.33 s, and 5 s more, on a keyframe
    assert "no StopTrigger: here it ends after 17.5 s" in made.text


def test_a_stop_by_a_condition_is_the_end_that_was_played():
    stop = speed_of("Other", "lessThan", 9)
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(1)), stop=stop)
    assert played(content)[1].t_s[-1] == pytest.approx(3.0)  # 1 s + 6 m/s at 3 m/s^2


# -- motion ---------------------------------------------------------------------------------------------------------


def test_a_linear_change_of_speed_is_linear_from_its_first_instant():
    content = scenario_xml(TWO_CARS, event("e", speed_action(25, "linear", "rate", 5), after(1)))
    assert speeds(content, 1, 1.5, 2, 3) == pytest.approx([15, 17.5, 20, 25], abs=0.05)


def test_a_change_over_a_distance_takes_that_distance():
    content = scenario_xml(TWO_CARS, event("e", speed_action(5, "cubic", "distance", 60), after(1)))
    _, rollout = played(content)
    slow = int(np.argmax(rollout.speed_mps[:, OTHER] < 5.02))
    way = rollout.centre[slow, OTHER, 0] - rollout.centre[12, OTHER, 0]
    assert way == pytest.approx(60, abs=1.0)
    assert slow / 12 == pytest.approx(1 + 60 / 10, abs=0.2)


def test_an_offset_relative_to_another_entity_counts_from_that_entity():
    """The other car is one lane (3.5 m) left of the ego; 1.5 m to the left of the ego is 2 m to its right."""
    action = (
        '<PrivateAction><LateralAction><LaneOffsetAction continuous="false"><LaneOffsetActionDynamics '
        'dynamicsShape="sinusoidal" maxLateralAcc="1"/><LaneOffsetTarget>'
        '<RelativeTargetLaneOffset entityRef="Ego" value="1.5"/></LaneOffsetTarget></LaneOffsetAction>'
        "</LateralAction></PrivateAction>"
    )
    y = played(scenario_xml(TWO_CARS, event("e", action, after(1))))[1].centre[:, OTHER, 1]
    assert (y[0], y[-1]) == pytest.approx((3.5, 1.5), abs=0.1)


def test_places_relative_to_an_entity_count_along_the_road_not_along_its_lane():
    """The ego drives against the road in lane 1: 20 m of the road ahead of it in s are behind it."""
    where = '<RelativeRoadPosition entityRef="Ego" ds="20" dt="0"/>'
    _, rollout = played(scenario_xml(placed("Ego", lane(1, 200), 20) + placed("Other", where, 10)))
    between = rollout.centre[0, OTHER, 0] - rollout.centre[0, 0, 0]
    assert between == pytest.approx(-20 - 2 * 1.3, abs=0.05)  # its box is ahead of the place, the ego's behind its own


def test_a_trajectory_that_begins_elsewhere_is_refused_by_name():
    content = scenario_xml(TWO_CARS, event("e", trajectory((0, 900, 0, 0), (5, 990, 0, 0)), after(2)))
    with pytest.raises(Exception, match=r"FollowTrajectoryAction.*a trajectory that begins .* m from where other is"):
        imported(content)


def test_an_entity_without_a_teleport_is_placed_by_its_trajectory():
    init = placed("Ego", lane(-2, 100), 20)
    init += f'<Private entityRef="Other">{trajectory((0, 320, 30, 1.57), (4, 320, 34, 1.57))}</Private>'
    _, rollout = played(scenario_xml(init))
    assert rollout.speed_mps[24, OTHER] == pytest.approx(1.0, abs=0.02)
    assert math.dist(rollout.centre[36, OTHER, :2], rollout.centre[0, OTHER, :2]) == pytest.approx(3, abs=0.05)


def test_an_object_follows_a_trajectory_and_reverses():
    """It looks along x while it moves against x: it reverses at 2 m/s."""
    init = TWO_CARS.replace(f"{speed_action(15)}</Private>", "</Private>")
    way = trajectory((0, 400, 0, 0), (5, 390, 0, 0))
    init = placed("Ego", lane(-2, 100), 20) + f'<Private entityRef="Other">{way}</Private>'
    _, rollout = played(scenario_xml(init))
    assert rollout.speed_mps[30, OTHER] == pytest.approx(-2, abs=0.02)


def test_an_ego_beside_its_lanes_middle_keeps_its_place():
    made, rollout = played(scenario_xml(placed("Ego", lane(-2, 100, 0.4), 20) + placed("Other", lane(-1, 140), 15)))
    assert rollout.centre[[0, -1], 0, 1] == pytest.approx([0.4, 0.4], abs=1e-3)
    assert "the ego starts 0.40 m left of its lane's middle" in made.text


def test_a_file_without_a_road_is_a_flat_plane():
    ego = placed("Ego", '<WorldPosition x="0" y="0" h="0"/>', 10)
    content = scenario_xml(ego + placed("Other", '<WorldPosition x="30" y="5" h="1.57"/>', 2))
    content = content.replace(b'<LogicFile filepath="roads/three-lanes.xodr"/>', b"")
    made, rollout = played(content)
    moved = rollout.centre[60, OTHER, :2] - rollout.centre[0, OTHER, :2]
    assert moved == pytest.approx([0, 10], abs=0.05)  # straight on along its own heading
    assert "no road in the file" in made.text


# -- variables, conditions, routes, parameters ----------------------------------------------------------------------


def test_variables_are_set_and_read():
    sets = (
        '<GlobalAction><VariableAction variableRef="go"><SetAction value="1"/></VariableAction></GlobalAction>'
    )  # fmt: skip
    condition = '<ByValueCondition><VariableCondition variableRef="go" value="1" rule="equalTo"/></ByValueCondition>'
    content = scenario_xml(TWO_CARS, event("set", sets, after(3)) + event("e", BRAKES, condition))
    declared = b'<VariableDeclarations><VariableDeclaration name="go" variableType="integer" value="0"/>'
    content = content.replace(b"<CatalogLocations>", declared + b"</VariableDeclarations><CatalogLocations>", 1)
    assert speeds(content, 3, 4, 8) == pytest.approx([15, 12, 5], abs=0.1)


def test_a_collision_is_a_condition():
    """The ego closes in on the other car from 40 - 4.2 m at 5 m/s: they touch after 7.16 s."""
    hit = of("Ego", '<CollisionCondition><EntityRef entityRef="Other"/></CollisionCondition>')
    init = placed("Ego", lane(-2, 100), 20) + placed("Other", lane(-2, 140), 15)
    content = scenario_xml(init, event("e", BRAKES, hit))
    assert re.search(r"Event: it begins at 7\.1\d s", imported(content).text)


def test_accelerations_and_relative_speeds_are_conditions():
    brakes = event("first", speed_action(9, "linear", "rate", 3), after(1))
    condition = of("Other", '<RelativeSpeedCondition entityRef="Ego" value="-8" rule="lessThan"/>')
    content = scenario_xml(TWO_CARS, brakes + event("e", speed_action(20, "linear", "rate", 2), condition))
    assert speeds(content, 2, 3) == pytest.approx([12, 12 + 2 * 1], abs=0.15)  # 12 m/s is 8 below the ego's 20


def test_an_end_that_is_waited_for_with_a_delay():
    first = event("first", speed_action(12, "linear", "rate", 3), after(1))
    content = scenario_xml(
        TWO_CARS, first + event("then", speed_action(6, "linear", "rate", 3), ended("event", "first"), delay=1)
    )
    assert speeds(content, 2, 3, 4) == pytest.approx([12, 12, 9], abs=0.15)


def test_a_constraint_may_refer_to_an_earlier_parameter():
    declared = (
        '<ParameterDeclaration name="A" parameterType="double" value="10"/>'
        '<ParameterDeclaration name="B" parameterType="double" value="{}"><ConstraintGroup>'
        '<ValueConstraint rule="lessThan" value="$A"/></ConstraintGroup></ParameterDeclaration>'
    )
    imported(scenario_xml(TWO_CARS, declared=declared.format(5)))
    with pytest.raises(Exception, match="which its constraints do not allow"):
        imported(scenario_xml(TWO_CARS, declared=declared.format(15)))


def test_pi_is_a_constant_of_expressions():
    content = scenario_xml(placed("Ego", lane(-2, 100), "${pi * 4}") + placed("Other", lane(-1, 140), 15))
    assert loads(imported(content).text)[0].placed[0].speed_mps == pytest.approx(4 * math.pi)


def test_a_refused_entity_is_told_once():
    content = scenario_xml(TWO_CARS, event("e", BRAKES, after(1))).replace(
        b'<ScenarioObject name="Other"><CatalogReference catalogName="cars" entryName="hatchback"/>',
        b'<ScenarioObject name="Other"><MiscObject name="m" mass="1" miscObjectCategory="none"><BoundingBox>'
        b'<Center x="0" y="0" z="1"/><Dimensions width="1" length="1" height="1"/></BoundingBox><Properties/>'
        b"</MiscObject>",
    )
    with pytest.raises(Exception, match=r"1 fault\n.*MiscObject: found a none as an entity"):
        imported(content)


def test_a_road_above_the_folder_needs_a_root(tmp_path):
    from scenarios.openscenario.import_file import import_file

    home = tmp_path / "a" / "b" / "c"
    home.mkdir(parents=True)
    content = scenario_xml(TWO_CARS, road="../../../three-lanes.xodr")
    content = content.replace(b'<Directory path="catalogs"/>', b'<Directory path="../../../catalogs"/>')
    (home / "case.xosc").write_bytes(content)
    (tmp_path / "three-lanes.xodr").write_bytes((FILES / "roads" / "three-lanes.xodr").read_bytes())
    (tmp_path / "catalogs").mkdir()
    for catalog in (FILES / "catalogs").glob("*.xosc"):
        (tmp_path / "catalogs" / catalog.name).write_bytes(catalog.read_bytes())
    with pytest.raises(Exception, match="which leads out of "):
        import_file(home / "case.xosc", ImportOptions(), {})
    assert import_file(home / "case.xosc", ImportOptions(root=tmp_path), {}).text
    with pytest.raises(Exception, match="which leads out of "):
        import_file(home / "case.xosc", ImportOptions(root=tmp_path / "a"), {})
