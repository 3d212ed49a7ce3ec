"""Sweeps beyond lists: ranges, joint rows, distributions, constraints, the limit, and stable ids."""

import re
from dataclasses import replace
from statistics import NormalDist, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.authoring.explain import explain
from scenarios.compiler.search_space import space
from scenarios.load import loads, understand
from scenarios.source.errors import SpecErrors
from scenarios.source.yaml_document import parse_document
from scenarios.sweeps.sweep import expand

PLAIN = """\
name: plain
intent: Two cars.
road: {lanes: 2, opposite_lanes: 1}
ego: {lane: 0, speed: 50 km/h, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 15 m, speed: 50 km/h}
"""
AHEAD = "actors.lead.ahead"


def swept(sweep: str, seed: int = 0):
    return loads(f"{PLAIN}sweep: {sweep}\n", seed=seed)


def values(sweep: str, path: str = AHEAD, seed: int = 0) -> list[str]:
    return [s.parameters[path] for s in swept(sweep, seed)]


def numbers(sweep: str, path: str = AHEAD, seed: int = 0) -> list[float]:
    return [float(value.split()[0]) for value in values(sweep, path, seed)]


def faults(sweep: str):
    with pytest.raises(SpecErrors) as caught:
        swept(sweep)
    return caught.value.faults


# -- ranges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("{from: 8 m, to: 20 m, step: 4 m}", ["8 m", "12 m", "16 m", "20 m"]),
        ("{from: 8 m, to: 20 m, step: 5 m}", ["8 m", "13 m", "18 m"]),
        ("{from: 8 m, to: 8.3 m, step: 0.1 m}", ["8 m", "8.1 m", "8.2 m", "8.3 m"]),
    ],
)
def test_a_range_is_written_exactly_and_never_passes_its_end(span, expected):
    assert values(f"{{{AHEAD}: {span}}}") == expected


def test_a_range_gives_the_same_scenarios_as_its_list():
    ranged, listed = swept(f"{{{AHEAD}: {{from: 8 m, to: 16 m, step: 4 m}}}}"), swept(f"{{{AHEAD}: [8 m, 12 m, 16 m]}}")
    assert ranged == listed


def test_bare_numbers_have_ranges_too():
    assert [s.road.lanes for s in swept("{road.lanes: {from: 1, to: 3, step: 1}}")] == [1, 2, 3]
    assert [s.friction for s in swept("{road.friction: {from: 0.1, to: 0.3, step: 0.1}}")] == [0.1, 0.2, 0.3]


# -- joint rows ----------------------------------------------------------------------------------------------------


def test_rows_vary_together_and_combine_with_other_axes():
    scenarios = swept(
        f"{{{AHEAD}: [8 m, 12 m], rows: [{{ego.speed: 30 km/h, actors.lead.speed: 20 km/h}},"
        " {ego.speed: 60 km/h, actors.lead.speed: 50 km/h}]}"
    )
    assert [tuple(s.parameters.values()) for s in scenarios] == [
        ("8 m", "30 km/h", "20 km/h"), ("8 m", "60 km/h", "50 km/h"),
        ("12 m", "30 km/h", "20 km/h"), ("12 m", "60 km/h", "50 km/h"),
    ]  # fmt: skip
    assert [s.placed[0].speed_mps for s in scenarios] == pytest.approx([30 / 3.6, 60 / 3.6] * 2)


# -- distributions -------------------------------------------------------------------------------------------------

NORMAL = f"{{{AHEAD}: {{between: [10 m, 40 m], normal: {{mean: 20 m, sd: 5 m}}, draws: 400}}}}"


def test_a_normal_distribution_is_cut_off_at_its_ends():
    drawn = sorted(numbers(NORMAL))
    assert drawn[0] >= 10
    assert drawn[-1] <= 40
    whole = NormalDist(20, 5)
    low, high = whole.cdf(10), whole.cdf(40)
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        expected = whole.inv_cdf(low + share * (high - low))
        assert drawn[round(share * 400)] == pytest.approx(expected, abs=0.3)


def test_a_lognormal_distribution_has_its_median_and_its_spread():
    drawn = sorted(
        numbers(f"{{{AHEAD}: {{between: [1 m, 200 m], lognormal: {{median: 20 m, spread: 1.5}}, draws: 400}}}}")
    )
    assert median(drawn) == pytest.approx(20, rel=0.03)
    assert drawn[round(400 * NormalDist().cdf(1))] == pytest.approx(30, rel=0.04)


def test_a_triangular_distribution_is_densest_at_its_mode():
    drawn = numbers(f"{{{AHEAD}: {{between: [10 m, 40 m], triangular: {{mode: 12 m}}, draws: 400}}}}")
    assert sum(d < 25 for d in drawn) / 400 == pytest.approx(1 - 15**2 / (30 * 28), abs=0.03)


def test_the_seed_of_the_file_decides_the_drawn_values():
    written = [numbers(f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 5}}, seed: {seed}}}") for seed in (1, 2)]
    assert written[0] != written[1]
    loaded = [numbers(f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 5}}, seed: 1}}", seed=seed) for seed in (3, 4)]
    assert loaded == [written[0]] * 2
    assert numbers(f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 5}}}}", seed=1) == written[0]


def test_parameters_drawn_together_cover_their_plane():
    drawn = f"drawn: {{draws: 64, {AHEAD}: {{between: [8 m, 24 m]}}, actors.lead.speed: {{between: [0 m/s, 16 m/s]}}}}"
    points = list(zip(numbers(f"{{{drawn}}}"), numbers(f"{{{drawn}}}", "actors.lead.speed"), strict=True))
    assert len(points) == 64
    quarters = {(int((a - 8) // 4), int(v // 4)) for a, v in points}
    assert len(quarters) == 16  # every cell of four by four


# -- ids -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{AHEAD}: [8 m, 12 m]", f"{AHEAD}: [8 m, 10 m, 12 m]"),
        (f"{AHEAD}: {{from: 8 m, to: 16 m, step: 4 m}}", f"{AHEAD}: {{from: 8 m, to: 20 m, step: 4 m}}"),
        (f"{AHEAD}: {{between: [8 m, 20 m], draws: 5}}", f"{AHEAD}: {{between: [8 m, 20 m], draws: 6}}"),
        (
            f"drawn: {{draws: 5, {AHEAD}: {{between: [8 m, 20 m]}}, ego.speed: {{between: [8 m/s, 9 m/s]}}}}",
            f"drawn: {{draws: 6, {AHEAD}: {{between: [8 m, 20 m]}}, ego.speed: {{between: [8 m/s, 9 m/s]}}}}",
        ),
        (f"rows: [{{{AHEAD}: 8 m}}]", f"rows: [{{{AHEAD}: 6 m}}, {{{AHEAD}: 8 m}}]"),
    ],
)
def test_one_more_value_changes_no_other_id(before, after):
    less, more = ({s.id for s in swept(f"{{{text}}}")} for text in (before, after))
    assert less < more
    assert len(more) == len(less) + 1


def test_a_variant_equals_the_scenario_with_its_values_in_the_file():
    near, far = swept(f"{{{AHEAD}: [8 m, 12 m]}}")
    assert [near.id, far.id] == [loads(PLAIN.replace("15 m", gap))[0].id for gap in ("8 m", "12 m")]


# -- constraints and the cap ---------------------------------------------------------------------------------------


def test_constraints_drop_combinations_and_the_number_is_counted():
    text = (
        f"{PLAIN}sweep: {{{AHEAD}: [8 m, 12 m, 20 m], ego.speed: [30 km/h, 60 km/h],"
        f" where: [{AHEAD} / ego.speed >= 0.7 s, not ({AHEAD} > 15 m and ego.speed < 40 km/h)]}}\n"
    )
    meaning = understand(parse_document(text))
    kept = {tuple(s.parameters.values()) for s in meaning.scenarios}
    assert kept == {("8 m", "30 km/h"), ("12 m", "30 km/h"), ("12 m", "60 km/h"), ("20 m", "60 km/h")}
    assert sum(meaning.dropped.values()) == 2
    assert list(meaning.dropped) == [f"{AHEAD} / ego.speed >= 0.7 s", f"not ({AHEAD} > 15 m and ego.speed < 40 km/h)"]


def test_constraints_can_use_unswept_values_and_words():
    sweep = "{environment.weather: [clear, fog, snow], where: environment.weather != snow and ego.speed == 50 km/h}"
    assert values(sweep, "environment.weather") == ["clear", "fog"]
    sections = "{environment: [{weather: fog}, {weather: rain}], where: environment.weather == rain}"
    assert [s.environment.weather for s in swept(sections)] == ["rain"]


def test_explain_prints_the_count_of_scenarios(tmp_path):
    (tmp_path / "a.yaml").write_text(f"{PLAIN}sweep: {{{AHEAD}: [8 m, 12 m, 20 m], where: {AHEAD} > 9 m}}\n")
    told = explain(tmp_path / "a.yaml")
    assert "Sweep: 2 scenarios of 3 combinations" in told
    assert f"1 dropped, which break '{AHEAD} > 9 m'" in told


def test_the_limit_can_be_raised_explicitly_only():
    many = f"{AHEAD}: {{from: 8 m, to: 23 m, step: 0.01 m}}"
    (fault,) = faults(f"{{{many}}}")
    assert "1501 values" in fault.found
    two = f"{AHEAD}: {{from: 8 m, to: 20 m, step: 0.3 m}}, ego.speed: {{from: 8 m/s, to: 13 m/s, step: 0.2 m/s}}"
    (fault,) = faults(f"{{{two}}}")
    assert fault.found == "1066 variants"
    assert "at_most: 1066" in fault.wanted
    for more, count in (("at_most: 1066", 1066), ("where: ego.speed < 12 m/s", 820)):
        document = parse_document(f"{PLAIN}sweep: {{{two}, {more}}}\n")
        assert len(expand(document.data, 0).variants) == count


def test_huge_sweeps_are_refused_at_once():
    axes = ", ".join(f"{path}: {{from: 8 m, to: 20 m, step: 0.1 m}}" for path in (AHEAD, "a.b", "a.c", "a.d"))
    (fault,) = faults(f"{{{axes}, where: {AHEAD} > 9 m, at_most: 20000}}")
    assert "214358881 variants" in fault.found
    assert "are not examined" in fault.wanted


@pytest.mark.parametrize(
    ("sweep", "where", "said"),
    [
        (f"{{{AHEAD}: {{from: 8 m, to: 20 m}}}}", f"sweep.{AHEAD}.step", "the step, such as"),
        (f"{{{AHEAD}: {{from: 8 m, to: 20 s, step: 4 m}}}}", f"sweep.{AHEAD}", "the same unit"),
        (f"{{{AHEAD}: {{from: 20 m, to: 8 m, step: 4 m}}}}", f"sweep.{AHEAD}", "end above the beginning"),
        (f"{{{AHEAD}: {{from: 8 m, to: 20 m, step: 0 m}}}}", f"sweep.{AHEAD}", "a step above zero"),
        (f"{{{AHEAD}: {{from: 8 m, to: 20 m, steps: 4 m, step: 1 m}}}}", f"sweep.{AHEAD}.steps", "did you mean step"),
        (f"{{{AHEAD}: {{from: 8 m, to: 20 m, step: many}}}}", f"sweep.{AHEAD}.step", "a number with its unit|the step"),
        (f"{{{AHEAD}: {{between: [8 m, 20 m]}}}}", f"sweep.{AHEAD}.draws", "1 to 1000"),
        (
            f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 3, normal: {{mean: 9 m}}}}}}",
            f"sweep.{AHEAD}.normal.sd", "standard deviation",
        ),
        (
            f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 3, normal: {{mean: 9 s, sd: 1 m}}}}}}",
            f"sweep.{AHEAD}", "same unit",
        ),
        (
            f"{{{AHEAD}: {{between: [80 m, 90 m], draws: 3, normal: {{mean: 9 m, sd: 1 m}}}}}}",
            f"sweep.{AHEAD}", "almost nothing of the distribution",
        ),
        (
            f"{{{AHEAD}: {{between: [8 m, 20 m], draws: 3, triangular: {{mode: 30 m}}}}}}",
            f"sweep.{AHEAD}", "between the ends",
        ),
        ("{rows: []}", "sweep.rows", "a list of rows"),
        ("{rows: [8 m]}", "sweep.rows", "a list of rows"),
        (f"{{rows: [{{{AHEAD}: 8 m}}, {{ego.speed: 9 m/s}}]}}", "sweep.rows.1", "the paths of the first row"),
        (f"{{rows: [{{{AHEAD}: 8 m}}, {{{AHEAD}: 8}}]}}", f"sweep.rows.1.{AHEAD}", "bare number"),
        (f"{{{AHEAD}: [8 m], rows: [{{{AHEAD}: 8 m}}]}}", f"sweep.rows.0.{AHEAD}", "a second time"),
        (
            "{environment: [{weather: fog}], environment.weather: [rain]}",
            "sweep.environment.weather", "beside environment, which contains it",
        ),
        ("{drawn: {draws: 3}}", "sweep.drawn", "a mapping such as"),
        (f"{{drawn: {{draws: 3, {AHEAD}: [8 m]}}}}", f"sweep.drawn.{AHEAD}", "a mapping with keys among between"),
        (f"{{{AHEAD}: [8 m], where: {AHEAD} >}}", "sweep.where", "ends too early"),
        (f"{{{AHEAD}: [8 m], where: [{AHEAD} > 3 m, {AHEAD} > 3 s]}}", "sweep.where.1", "a length > a time"),
        (f"{{{AHEAD}: [8 m], where: actors.led.ahead > 3 m}}", "sweep.where", "not written in this file"),
        (f"{{{AHEAD}: [8 m], where: {AHEAD} > 9 m}}", "sweep.where", "drop all 1"),
        (f"{{{AHEAD}: [8 m], where: import os}}", "sweep.where", "is not allowed there"),
        (f"{{{AHEAD}: [8 m], at_most: lots}}", "sweep.at_most", "a whole number"),
        (f"{{{AHEAD}: [8 m], at_most: 1000000}}", "sweep.at_most", "to 20000"),
        (f"{{{AHEAD}: [8 m], seed: x}}", "sweep.seed", "a whole number"),
    ],
)  # fmt: skip
def test_every_mistake_is_reported_at_its_place(sweep, where, said):
    (fault,) = faults(sweep)
    assert fault.where == where
    assert re.search(said, f"{fault.found} {fault.wanted}")
    assert fault.line == 7


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="()<>=!+-*/. 0123456789msegoandr'", max_size=120))
def test_any_constraint_is_read_or_refused(text):
    data = parse_document(PLAIN).data | {"sweep": {AHEAD: ["8 m"], "where": text}}
    document = parse_document(PLAIN)
    try:
        understand(replace(document, data=data))
    except SpecErrors as found:
        assert all(f.where.startswith("sweep") for f in found.faults)


scraps = st.sampled_from([
    "8 m", "20 m", "4 s", 3, 0, -1, 0.5, "", "x", True, None, 10**30, float("nan"), float("inf"), "9" * 60, "8 m ",
])  # fmt: skip
words = st.sampled_from([
    AHEAD, "ego.speed", "road.lanes", "story.0", "environment", "environment.weather", "actors.", "..", "rows", "drawn",
    "draws", "where", "at_most", "from", "to", "step", "between", "normal", "mean", "sd", "lognormal", "median", "mode",
])  # fmt: skip
trees = st.recursive(
    scraps, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(words, trees, max_size=4) | trees)
def test_any_sweep_is_read_or_refused(sweep):
    plain = parse_document(PLAIN)
    document = replace(plain, data=plain.data | {"sweep": sweep})
    for read in (understand, space):
        try:
            read(document)
        except SpecErrors as found:
            assert all(fault.found and fault.wanted for fault in found.faults)
