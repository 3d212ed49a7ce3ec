"""Coverage of a sweep: counted by value, by range and by pair, in the manifest and in the report."""

import re

import pytest

from outputs.clips.coverage import RANGES, Point, coverage
from outputs.clips.manifest import read_manifest, write_manifest
from outputs.reporting.report import write_report
from tests.outputs.made import record


def point(run=True, accepted=False, critical=False, family="brake", **parameters: str) -> Point:
    return Point(family, {path.replace("_", "."): value for path, value in parameters.items()}, run, accepted, critical)


GRID = (
    point(lead_ahead="12 m", weather="fog", accepted=True, critical=True),
    point(lead_ahead="8 m", weather="fog"),
    point(lead_ahead="12 m", weather="rain", run=False),
)


def counts(tally) -> tuple[int, int, int, int]:
    return tally.asked, tally.run, tally.accepted, tally.critical


def test_scenarios_are_counted_by_value_of_each_parameter():
    (family,) = coverage(GRID)
    assert counts(family.whole) == (3, 2, 1, 1)
    ahead, weather = family.parameters
    assert (ahead.path, ahead.values) == ("lead.ahead", ("8 m", "12 m"))  # numbers in order
    assert [counts(t) for t in ahead.tallies] == [(1, 1, 0, 0), (2, 1, 1, 1)]
    assert weather.values == ("fog", "rain")  # words in the file's order
    assert [counts(t) for t in weather.tallies] == [(2, 2, 1, 1), (1, 0, 0, 0)]


def test_a_pair_of_parameters_shows_combinations_that_were_not_requested():
    ((pair,),) = (family.pairs for family in coverage(GRID))
    assert (pair.paths, pair.rows, pair.columns) == (("lead.ahead", "weather"), ("8 m", "12 m"), ("fog", "rain"))
    assert [[counts(t) for t in row] for row in pair.tallies] == [
        [(1, 1, 0, 0), (0, 0, 0, 0)], [(1, 1, 1, 1), (1, 0, 0, 0)],
    ]  # fmt: skip


def test_many_numbers_are_grouped_into_ranges_that_contain_all_of_them():
    points = [point(ego_speed=f"{20 + i} km/h") for i in range(31)]
    ((speed,),) = (family.parameters for family in coverage(points))
    assert len(speed.values) == RANGES
    assert speed.values[0] == "20 to 25 km/h"
    assert [t.asked for t in speed.tallies] == [5, 5, 5, 5, 5, 6]


def test_numbers_without_a_unit_are_sorted_by_value():
    ((friction,),) = (f.parameters for f in coverage([point(friction="0.85"), point(friction="0.1")]))
    assert friction.values == ("0.1", "0.85")


def test_families_are_separate_and_scenarios_without_a_sweep_are_left_out():
    families = coverage([*GRID, point(family="cut-in", ego_speed="50 km/h"), Point("plain", {}, True, True, True)])
    assert [family.family for family in families] == ["brake", "cut-in"]
    assert families[1].pairs == ()


def test_a_parameter_with_one_value_is_in_no_pair():
    points = [point(a=f"{i} m", b="rain", c=f"{i} s") for i in range(3)]
    ((pair,),) = (family.pairs for family in coverage(points))
    assert pair.paths == ("a", "c")


def test_pairs_that_are_not_shown_are_counted():
    points = [point(**{f"p{k}": f"{i} m" for k in range(8)}) for i in range(2)]
    (family,) = coverage(points)
    assert (len(family.pairs), family.pairs_left_out) == (15, 13)


def test_the_manifest_keeps_the_coverage(tmp_path):
    found = coverage(GRID)
    write_manifest(tmp_path / "manifest.json", [record()], found)
    assert read_manifest(tmp_path / "manifest.json").coverage == found


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>"])
def test_the_report_has_a_coverage_section_with_escaped_names(tmp_path, hostile):
    points = [
        *GRID,
        point(family=hostile, ego_speed=hostile, lead_ahead="8 m"),
        point(family=hostile, ego_speed="x", lead_ahead="9 m"),
    ]
    write_report(tmp_path / "report.html", [], coverage=coverage(points))
    text = (tmp_path / "report.html").read_text()
    section = re.search(r'<section class="panel" id="coverage">.*?</section>', text, re.DOTALL).group()
    assert "2 of 3 run, 1 accepted, 1 critical" in section
    assert hostile not in section
    assert "lead.ahead" in section
    assert section.count("<caption") == 2
    assert 'class="cell unrun"' in section and 'class="cell none"' in section


def test_the_report_of_a_run_without_sweeps_has_no_coverage_section(tmp_path):
    write_report(tmp_path / "report.html", [])
    assert 'id="coverage"' not in (tmp_path / "report.html").read_text()
