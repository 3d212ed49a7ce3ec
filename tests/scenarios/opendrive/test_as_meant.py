"""Roads of OpenDRIVE files lie where the standard says, or are refused by name; and they come back from an export."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from conditioning.ground.markings import lane_lines
from conditioning.ground.road_surface import edge_distance
from scenarios.load import load
from scenarios.model.sides import Side
from scenarios.opendrive.chain import chain_from
from scenarios.opendrive.read_map import map_of, read_map
from scenarios.opendrive.stretch import stretch_of
from scenarios.openscenario.actors.course import road_of
from scenarios.roads.widening import SideLane
from scenarios.simulation.simulate import simulate
from scenarios.source.errors import SpecErrors
from scenarios.source.xml_document import parse_xml
from tests.scenarios.opendrive.compare_maps import FARTHEST_M, compare_file, compare_lane
from tests.scenarios.opendrive.round_trip import library_roads, round_trip
from tests.scenarios.opendrive.standard import read_roads
from tests.scenarios.openscenario.situations import FILES

WIDTH = '<width sOffset="{}" a="{}" b="{}" c="{}" d="{}"/>'
SHIFT = '<laneOffset s="0" a="0" b="0" c="0" d="0"/><laneOffset s="100" a="0" b="0" c="{c}" d="{d}"/>'
SHIFT += '<laneOffset s="130" a="3.5" b="0" c="0" d="0"/>'


def wide(*rows: tuple[float, ...]) -> str:
    return "".join(WIDTH.format(*row, *[0] * (5 - len(row))) for row in rows)


def profile(kind: str, a: float, b: float, c: float) -> str:
    parent = "elevationProfile" if kind == "elevation" else "lateralProfile"
    return f'<{parent}><{kind} s="0" a="{a}" b="{b}" c="{c}" d="0"/></{parent}>'


def lane(number: int, widths: str, kind: str = "driving") -> str:
    return f'<lane id="{number}" type="{kind}">{widths}</lane>'


def a_map(*lanes: str, offset: str = "", shape: str = "<line/>", more: str = "", section: str = "") -> bytes:
    """One road of 500 m; lanes in the order of their ids from the left."""
    left, right = [one for one in lanes if 'id="-' not in one], [one for one in lanes if 'id="-' in one]
    return (
        '<OpenDRIVE><header revMajor="1" revMinor="6"/><road name="" length="500" id="1" junction="-1"><planView>'
        f'<geometry s="0" x="3" y="-4" hdg="0.4" length="500">{shape}</geometry></planView>{more}<lanes>{offset}'
        f'<laneSection s="0"{section}><left>{"".join(left)}</left><center><lane id="0" type="none"/></center>'
        f"<right>{''.join(right)}</right></laneSection></lanes></road></OpenDRIVE>"
    ).encode()


def compared(xml: bytes, lane_id: int = -1, at: float = 60.0):
    known = map_of(parse_xml(xml, "x.xodr"))
    return compare_lane(known, read_roads(xml), known.roads["1"], lane_id, at)


def stretch(xml: bytes, lane_id: int = -1, at: float = 60.0):
    known = map_of(parse_xml(xml, "x.xodr"))
    return stretch_of(chain_from(known, known.roads["1"], lane_id, at, 400.0, 300.0), 30.0, 300.0)


STANDARD_LANES = lane(1, wide((0, 3.5))), lane(-1, wide((0, 3.5))), lane(-2, wide((0, 3.5)))
SHIFTED = a_map(*STANDARD_LANES, offset=SHIFT.format(c=0.0116667, d=-0.000259259))
PARTS = {
    "offset": SHIFTED,
    "offset in a bend": a_map(
        *STANDARD_LANES, offset=SHIFT.format(c=0.0116667, d=-0.000259259), shape='<arc curvature="-0.004"/>'
    ),
    "offset along a spiral": a_map(
        *STANDARD_LANES, offset=SHIFT.format(c=0.0116667, d=-0.000259259),
        shape='<spiral curvStart="0" curvEnd="0.006"/>',
    ),
    "widths": a_map(lane(1, wide((0, 4.5))), lane(-1, wide((0, 3.0))), lane(-2, wide((0, 3.75)))),
    "wide bend": a_map(*STANDARD_LANES, shape='<arc curvature="0.00005"/>'),
    "a lane that begins": a_map(
        lane(-1, wide((0, 3.5))), lane(-2, wide((0, 0), (100, 0, 0.1), (135, 3.5), (300, 3.5, -0.05), (370, 0)))
    ),
    "cubic": a_map(
        *STANDARD_LANES,
        shape='<paramPoly3 pRange="normalized" aU="0" bU="500" cU="0" dU="0" aV="0" bV="0" cV="40" dV="-30"/>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(("lane_id", "at"), [(-1, 60.0), (1, 440.0)])
def test_lanes_lie_where_the_standard_says(name, lane_id, at):
    if lane_id == 1 and b'id="1" type="driving"' not in PARTS[name]:
        pytest.skip("no lane on the left")
    found = compared(PARTS[name], lane_id, at)
    assert not found.refused
    assert found.worst_m < 0.2


def test_every_shipped_map_is_compared_with_the_standard():
    for path in sorted((FILES / "roads").glob("*.xodr")):
        found = compare_file(path)
        assert any(not one.refused for one in found.lanes), path
        assert all(one.worst_m <= FARTHEST_M for one in found.lanes if not one.refused), path


def test_bodies_follow_lanes_that_an_offset_moves(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "shift.xodr").write_bytes(SHIFTED)
    (file := tmp_path / "m" / "s.yaml").write_text(
        "name: shifted\nintent: All lanes move to the left.\nduration: 8 s\n"
        "road: {file: shift.xodr, at: 60 m, lane: -1}\nego: {speed: 60 km/h, drive: hold speed}\n"
        "actors:\n  lead: {kind: car, lane: 0, ahead: 15 m, speed: 60 km/h}\n"
    )
    (scenario,) = load(file)
    rollout = simulate(scenario)
    known = map_of(parse_xml(SHIFTED, "x.xodr")).roads["1"]
    x0, y0, heading = known.pose(60.0, known.lane_t(-1, 60.0))
    cos, sin = np.cos(heading), np.sin(heading)
    off = []
    for i, lane_id in ((0, -1), (1, -2)):
        for x, y in rollout.centre[:, i, :2]:
            s, t = known.locate(x0 + cos * x - sin * y, y0 + sin * x + cos * y)
            off.append(abs(t - known.lane_t(lane_id, s)))
    assert rollout.centre[-1, 0, 1] > 3.0  # the ego has moved to the left with its lane
    assert max(off) < 0.15  # the centre of a box swings out by some centimetres


def test_a_lanes_curvature_is_the_change_of_its_heading():
    known = map_of(parse_xml(PARTS["offset along a spiral"], "x.xodr"))
    for lane_id, at in ((-1, 60.0), (1, 440.0)):
        chain = chain_from(known, known.roads["1"], lane_id, at, 400.0, 300.0)
        for along in (10.0, 47.0, 62.0, 320.0, 333.0):
            if along > chain.ends_m:
                continue
            (x, y, before, _), (x1, y1, after, _) = chain.pose(along - 0.01), chain.pose(along + 0.01)
            way = chain.way(along + 0.5) - chain.way(along - 0.5)
            assert np.arctan2(y1 - y, x1 - x) == pytest.approx(np.arctan2(np.sin(before), np.cos(before)), abs=1e-3)
            step = np.hypot(x1 - x, y1 - y)
            assert (after - before) / step == pytest.approx(chain.pose(along)[3], abs=1e-5)
            assert way == pytest.approx(step / 0.02, rel=1e-3)


def test_lanes_keep_their_own_widths():
    made = road_of((found := stretch(PARTS["widths"])).written, found.lanes.ego)
    assert made.lane_widths_m == (3.75, 3.0, 4.5)
    assert [made.lane_centre(i) for i in range(3)] == pytest.approx([-3.375, 0.0, 3.75])
    assert (made.right_edge, made.middle_d, made.left_edge) == pytest.approx((-5.25, 1.5, 6.0))
    assert [made.lane_of(d) for d in (-5.3, -5.2, -1.4, 1.6, 5.9, 6.1)] == [None, 0, 1, 2, 2, None]
    assert any(abs(d + 1.5) < 1e-9 and dashed for d, dashed, _ in lane_lines(made))


def test_a_lane_that_begins_and_ends_is_a_side_lane():
    found = stretch(PARTS["a lane that begins"])
    made = road_of(found.written, found.lanes.ego)
    assert made.lanes == 1
    assert [made.edge_at(Side.RIGHT, s) + 1.75 for s in (30.0, 57.5, 200.0, 275.0, 290.0)] == pytest.approx(
        [0.0, -1.75, -3.5, -1.75, -1.0], abs=0.05
    )
    beyond = edge_distance(made, np.array([[30.0, -3.0], [200.0, -3.0], [200.0, -5.5]]))
    assert beyond == pytest.approx([1.25, -1.25, 0.25], abs=0.05)
    assert any("lane -2 of road 1 begins, ends or changes its width" in remark.said for remark in found.approximated)


@pytest.mark.parametrize(
    ("xml", "name", "words"),
    [
        (a_map(lane(-1, wide((0, 3.5), (100, 3.5, -0.05), (170, 0)))), "width", "the ego's lane -1 of road 1 changes"),
        (
            a_map(lane(-1, wide((0, 3.5))), lane(-2, wide((0, 0), (100, 0, 0.1), (135, 3.5))), lane(-3, wide((0, 3)))),
            "laneSection",
            "2 lanes to the right of lane -1",
        ),
        (a_map(*STANDARD_LANES, more=profile("elevation", 0, 0, 0.0002)),
         "elevation", "14 % (8.2 degrees), 26 m of height"),
        (a_map(*STANDARD_LANES, more=profile("superelevation", 0.05, 0, 0)),
         "superelevation", "2.9 degrees (0.17 m of height over 3.5 m of width)"),
        (a_map(*STANDARD_LANES, shape='<arc curvature="0.09"/>'), "arc", "a bend of 12.9 m"),
    ],
)  # fmt: skip
def test_what_a_road_cannot_have_is_refused_by_name(xml, name, words):
    remark = next(one for one in stretch(xml).refused if one.name == name)
    assert words in remark.said
    assert remark.line == 1


def test_a_small_slope_is_told_with_its_size_and_a_constant_one_is_kept():
    slight = stretch(a_map(*STANDARD_LANES, more=profile("elevation", 0, 0.004, -0.00001)))
    assert "a slope of up to 0.34 % (0.19 degrees)" in " ".join(one.said for one in slight.approximated)
    sloped = stretch(a_map(*STANDARD_LANES, more=profile("elevation", 0, 0.06, 0)))
    assert road_of(sloped.written, 0).slope_rad == pytest.approx(np.arctan(0.06))
    down = stretch(a_map(*STANDARD_LANES, more=profile("elevation", 0, 0.06, 0)), 1, 440.0)
    assert road_of(down.written, 0).slope_rad == pytest.approx(-np.arctan(0.06))
    bent = stretch(a_map(*STANDARD_LANES, more=profile("elevation", 0, 0.06, 0), shape='<arc curvature="0.01"/>'))
    assert any(one.name == "elevation" for one in bent.refused)


def test_what_is_left_out_is_told():
    objects = '<objects><object id="1"/><object id="2"/></objects><signals><signal id="7"/></signals>'
    found = stretch(a_map(*STANDARD_LANES, lane(-3, wide((0, 2.5)), "shoulder"), more=objects))
    told = " ".join(one.said for one in found.approximated)
    assert "2 object, left out" in told
    assert "1 signal, left out" in told
    assert "shoulder (up to 2.50 m wide) are left out" in told


def test_a_section_of_one_side_is_refused():
    with pytest.raises(SpecErrors, match="singleSide"):
        map_of(parse_xml(a_map(*STANDARD_LANES, section=' singleSide="true"'), "x.xodr"))


def test_a_bend_behind_the_ego_is_kept():
    known = read_map(FILES / "roads" / "winding.xodr")
    road = known.roads["w"]
    chain = chain_from(known, road, -1, 250.0, 400.0, 100.0)
    found = stretch_of(chain, 30.0, 100.0)
    made = road_of(found.written, found.lanes.ego)
    assert abs(made.curvature(-20.0)) == pytest.approx(abs(chain.pose(-20.0)[3]), rel=0.05)


def test_roads_of_the_library_come_back_from_an_export():
    for name, road in islice(library_roads().items(), 0, None, 4):
        found = round_trip(road)
        assert not found.refused, name
        assert found.off_m < 0.05, name


def test_widths_and_side_lanes_come_back_from_an_export():
    road = road_of(stretch(PARTS["widths"]).written, 1)
    side = SideLane(Side.RIGHT, ((20.0, 0.0), (60.0, 3.25), (150.0, 3.25), (190.0, 0.0)))
    found = round_trip(replace(road, side_lanes=(side,)))
    assert found.road.lane_widths_m == road.lane_widths_m
    assert found.off_m < 0.05
    back = [found.road.edge_at(Side.RIGHT, s) for s in (10.0, 40.0, 100.0, 170.0, 250.0)]
    assert back == pytest.approx([-5.25, -6.875, -8.5, -6.875, -5.25], abs=0.05)


@pytest.mark.parametrize(
    ("road", "where"),
    [
        ("{lanes: 2, lane_widths: [3 m]}", "road"),
        ("{lanes: 1, side_lanes: [{side: right, widths: [{at: 10 m, width: 3 m}]}]}", "road.side_lanes.0"),
        ("{lanes: 1, side_lanes: [{side: right, widths: [{at: 10 m, width: 3 m}, {at: 5 m, width: 3 m}]}]}",
         "road.side_lanes.0"),
        ("{lanes: 1, bus_stops: [{at: 40 m}], side_lanes: [{side: right, widths: [{at: 10 m, width: 3 m}, "
         "{at: 50 m, width: 3 m}]}]}", "road.side_lanes.0"),
        ("{lanes: 2, junction: {at: 60 m}, side_lanes: [{side: left, widths: [{at: 10 m, width: 3 m}, "
         "{at: 90 m, width: 3 m}]}]}", "road.side_lanes.0"),
        ("{lanes: 2, ramp: {joins: 60 m}, side_lanes: [{side: right, widths: [{at: 10 m, width: 3 m}, "
         "{at: 90 m, width: 3 m}]}]}", "road.side_lanes.0"),
        ("{lanes: 1, opposite_lanes: 1, roundabout: {at: 70 m}, lane_widths: [3 m, 3.5 m]}", "road.lane_widths"),
    ],
)  # fmt: skip
def test_wrong_lanes_are_refused(tmp_path, road, where):
    (file := tmp_path / "s.yaml").write_text(
        f"name: s\nintent: Lanes.\nduration: 4 s\nroad: {road}\nego: {{lane: 0, speed: 50 km/h, drive: follow}}\n"
    )
    with pytest.raises(SpecErrors) as refused:
        load(file)
    assert [fault.where for fault in refused.value.faults] == [where]


def test_an_actor_may_start_600_m_away(tmp_path):
    (file := tmp_path / "s.yaml").write_text(
        "name: s\nintent: Far away.\nduration: 4 s\nroad: {lanes: 1}\nego: {lane: 0, speed: 50 km/h, drive: follow}\n"
        "actors:\n  far: {kind: car, lane: 0, ahead: 600 m, speed: 20 km/h}\n"
    )
    rollout = simulate(load(file)[0])
    assert rollout.centre[0, 1, 0] - rollout.centre[0, 0, 0] == pytest.approx(600 + (4.358 + 4.4) / 2, abs=0.2)
