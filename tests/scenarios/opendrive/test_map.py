"""OpenDRIVE files as maps: geometry compared with closed forms, lanes, links, junctions, and conversion to roads."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from scenarios.opendrive.chain import chain_from
from scenarios.opendrive.geometry import Clothoid, Cubic, Graph, Parametric
from scenarios.opendrive.read_map import map_of, read_map
from scenarios.opendrive.road_map import centre_line, lane_polygon
from scenarios.opendrive.stretch import stretch_of
from scenarios.source.errors import SpecErrors
from scenarios.source.xml_document import parse_xml
from tests.scenarios.openscenario.situations import FILES

LANE = '<lane id="{}" type="{}" level="false"><width sOffset="0" a="{}" b="{}" c="0" d="0"/></lane>'


def road(
    number: int, geometry: str, length: float, right: str = LANE.format(-1, "driving", 3.5, 0), left: str = "",
    link: str = "", more: str = "", junction: int = -1, rule: str = "RHT",
) -> str:  # fmt: skip
    return (
        f'<road name="" length="{length}" id="{number}" junction="{junction}" rule="{rule}"><link>{link}</link>'
        f'<planView>{geometry}</planView>{more}<lanes><laneSection s="0"><left>{left}</left>'
        f'<center><lane id="0" type="none"/>'
        f"</center><right>{right}</right></laneSection></lanes></road>"
    )


def line(s: float, x: float, y: float, hdg: float, length: float, shape: str = "<line/>") -> str:
    return f'<geometry s="{s}" x="{x}" y="{y}" hdg="{hdg}" length="{length}">{shape}</geometry>'


def read(*parts: str):
    return map_of(
        parse_xml(f'<OpenDRIVE><header revMajor="1" revMinor="6"/>{"".join(parts)}</OpenDRIVE>'.encode(), "x.xodr")
    )


@pytest.mark.parametrize(("begins", "ends"), [(0.0, 0.02), (0.02, -0.03), (-0.05, -0.001), (0.01, 0.01), (0.0, 0.0)])
def test_clothoids_are_the_integral_of_their_heading(begins, ends):
    curve, slope = Clothoid(begins, ends, 120.0), (ends - begins) / 120.0
    for ds in (0.0, 7.0, 60.0, 120.0):
        x, y, heading, bend = curve.at(ds)
        exact = [quad(lambda u, f=f: f(begins * u + slope * u * u / 2), 0, ds)[0] for f in (math.cos, math.sin)]
        assert (x, y) == pytest.approx(exact, abs=1e-9)
        assert (heading, bend) == pytest.approx((begins * ds + slope * ds**2 / 2, begins + slope * ds))


def test_cubics_measure_their_own_length():
    graph = Graph(Cubic(0.0, 0.0, 0.1, 0.004, -0.00001), 80.0)
    u, v, heading, _ = graph.at(50.0)
    length = quad(lambda x: math.sqrt(1 + (0.1 + 0.008 * x - 0.00003 * x * x) ** 2), 0, u)[0]
    assert length == pytest.approx(50.0, abs=1e-6)
    assert heading == pytest.approx(math.atan(0.1 + 0.008 * u - 0.00003 * u * u))
    assert v == pytest.approx(0.1 * u + 0.004 * u**2 - 0.00001 * u**3)
    circle = Parametric(Cubic(0.0, 0.0, 100.0), Cubic(0.0, 0.0, 0.0, 5.0), 1.0, 100.0)  # about a bend of 1/1000
    assert circle.at(0.0)[3] == pytest.approx(2 * 5.0 / 100.0**2)


def test_lanes_follow_from_their_widths_and_offsets():
    right = LANE.format(-1, "driving", 3, 0.01) + LANE.format(-2, "sidewalk", 2, 0)
    found = read(road(1, line(0, 10, 0, math.pi / 2, 100), 100, right, LANE.format(1, "driving", 4, 0))).roads["1"]
    assert found.lane_t(-1, 50.0) == pytest.approx(-1.75)
    assert found.lane_t(-2, 50.0) == pytest.approx(-3.5 - 1)
    assert found.lane_t(1, 50.0) == pytest.approx(2)
    assert found.pose(50.0, found.lane_t(1, 50.0))[:2] == pytest.approx((8, 50))
    assert found.lane_at(50.0, -3.2).id == -1
    assert found.lane_at(50.0, -9.0) is None
    section = found.sections[0]
    assert lane_polygon(found, section, section.by_id[1]).area == pytest.approx(400, rel=1e-3)
    assert lane_polygon(found, section, section.by_id[-1]).area == pytest.approx(350, rel=1e-3)
    assert centre_line(found, section, section.by_id[1]).length == pytest.approx(100, rel=1e-3)


def test_positions_are_located_again():
    found = read_map(FILES / "roads" / "winding.xodr").roads["w"]
    for s, t in ((10.0, 2.0), (215.0, -4.0), (270.0, 3.0), (350.0, -1.0)):
        assert found.locate(*found.pose(s, t)[:2]) == pytest.approx((s, t), abs=1e-6)


def test_roads_are_followed_through_links_and_junctions():
    ahead = '<successor elementType="road" elementId="2" contactPoint="end"/>'
    onwards = '<predecessor elementType="junction" elementId="9"/>'
    width = '<width sOffset="0" a="3.5" b="0" c="0" d="0"/>'
    lane = f'<lane id="{{}}" type="driving" level="false"><link>{{}}</link>{width}</lane>'
    first = road(1, line(0, 0, 0, 0, 100), 100, lane.format(-1, '<successor id="1"/>'), link=ahead)
    turned = line(0, 150, 0, math.pi, 50)  # its geometry runs against our direction
    second = road(2, turned, 50, lane.format(-1, ""), lane.format(1, '<successor id="-1"/>'), onwards)
    third = road(3, line(0, 150, 0, 0, 30), 30, lane.format(-1, ""), junction=9)
    way = '<connection id="0" incomingRoad="2" connectingRoad="3" contactPoint="start">'
    way += '<laneLink from="1" to="-1"/></connection>'
    known = read(first, second, third, f'<junction id="9">{way}</junction>')
    chain = chain_from(known, known.roads["1"], -1, 40.0, 30.0, 200.0)
    assert [leg.road.id for leg in chain.legs] == ["1", "2", "3"]
    assert chain.ends_m == pytest.approx(60 + 50 + 30)
    for along in (-20.0, 0.0, 59.0, 80.0, 120.0):
        x, y, heading, _ = chain.pose(along)
        assert (x, y) == pytest.approx((40 + along, -1.75), abs=1e-9)
        assert math.cos(heading) == pytest.approx(1)
        assert chain.spot(x, y).along_m == pytest.approx(along, abs=1e-6)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (road(1, line(0, 0, 0, 0, 500), 500, more='<elevationProfile><elevation s="0" a="0" b="0" c="0.0001" d="0"/>'
              "</elevationProfile>"), "elevation with a slope of up to 6 %"),
        (road(1, line(0, 0, 0, 0, 500), 500, more='<lateralProfile><superelevation s="0" a="0.03" b="0" c="0" d="0"/>'
              "</lateralProfile>"), "superelevation of up to 1.7 degrees"),
        (road(1, line(0, 0, 0, 0, 500), 500, rule="LHT", left=LANE.format(1, "driving", 3.5, 0)), "left-hand"),
        (road(1, line(0, 0, 0, 0, 500, '<arc curvature="0.1"/>'), 500), "a bend of 11.8 m"),
        (road(1, line(0, 0, 0, 0, 500), 500, LANE.format(-1, "driving", 3, 0) + LANE.format(-2, "driving", 7, 0)),
         "7.00, 3.00 m wide"),
    ],
)  # fmt: skip
def test_map_features_that_a_road_cannot_have_are_reported(parts, said):
    known = read(parts)
    only = known.roads["1"]
    lane_id = 1 if only.left_hand else -1
    found = stretch_of(chain_from(known, only, lane_id, 100.0, 50.0, 300.0), 50.0, 200.0)
    assert any(said in remark.said for remark in found.refused), found


def test_constant_bends_are_curves_of_the_lane():
    known = read(road(1, line(0, 0, 0, 0, 300, '<arc curvature="-0.01"/>'), 300))
    found = stretch_of(chain_from(known, known.roads["1"], -1, 100.0, 50.0, 150.0), 50.0, 150.0)
    assert found.written["kind"] == "curve"
    assert found.written["direction"] == "right"
    assert float(found.written["radius"].split()[0]) == pytest.approx(100 - 1.75)


@pytest.mark.parametrize(
    "content",
    [
        "<OpenDRIVE/>", "<road/>", '<OpenDRIVE><road id="1" length="nan"/></OpenDRIVE>',
        f"<OpenDRIVE>{road(1, line(0, 0, 0, 0, 0), 10)}</OpenDRIVE>",
        f"<OpenDRIVE>{road(1, line(0, 0, 0, 0, 10, '<helix/>'), 10)}</OpenDRIVE>",
        f"<OpenDRIVE>{road(1, line(0, 'x', 0, 0, 10), 10)}</OpenDRIVE>",
        f"<OpenDRIVE>{road(1, line(0, 0, 0, 0, 10), 10) * 2}</OpenDRIVE>",
        f"<OpenDRIVE>{road(1, line(0, 0, 0, 0, 10), 10, LANE.format(3, 'driving', 3, 0))}</OpenDRIVE>",
        f"<OpenDRIVE>{road(1, '', 10)}</OpenDRIVE>",
    ],
    ids=range(9),
)  # fmt: skip
def test_broken_maps_are_refused_with_the_line(content):
    with pytest.raises(SpecErrors) as caught:
        map_of(parse_xml(content.encode(), "x.xodr"))
    assert all(f.line == 1 and f.found and f.wanted for f in caught.value.faults)


def test_poses_are_continuous_along_a_winding_road():
    found = read_map(FILES / "roads" / "winding.xodr").roads["w"]
    poses = np.array([found.pose(float(s), -1.75) for s in np.arange(0, 380, 0.5)])
    assert np.abs(np.diff(poses[:, 2])).max() < 0.006
    assert np.hypot(*np.diff(poses[:, :2], axis=0).T).max() < 0.55
