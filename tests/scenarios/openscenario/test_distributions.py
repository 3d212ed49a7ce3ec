"""Parameter value distributions expand to exactly the scenarios that they define."""

import shutil

import pytest

from scenarios.load import loads
from scenarios.openscenario.distributions import expanded, import_scenarios
from scenarios.openscenario.import_file import ImportOptions
from scenarios.source.errors import SpecErrors
from scenarios.source.xml_document import parse_xml
from tests.scenarios.openscenario.situations import FILES, XOSC


def distribution(inside: str, kind: str = "Deterministic", more: str = "") -> bytes:
    return (
        '<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" description="" author=""/>'
        f'<ParameterValueDistribution><ScenarioFile filepath="xosc/cut-in.xosc"/><{kind}{more}>{inside}</{kind}>'
        "</ParameterValueDistribution></OpenSCENARIO>"
    ).encode()


def single(name: str, values: str) -> str:
    return (
        f'<DeterministicSingleParameterDistribution parameterName="{name}">{values}'
        "</DeterministicSingleParameterDistribution>"
    )


def span(low: str, high: str, step: str) -> str:
    limits = f'<Range lowerLimit="{low}" upperLimit="{high}"/>'
    return f'<DistributionRange stepWidth="{step}">{limits}</DistributionRange>'


def values(inside: str) -> tuple[dict[str, str], ...]:
    return expanded(parse_xml(distribution(inside), FILES / "case.xosc")).values


SETS = (
    "<DeterministicMultiParameterDistribution><ValueSetDistribution>"
    '<ParameterValueSet><ParameterAssignment parameterRef="gap" value="20"/><ParameterAssignment parameterRef="faster" '
    'value="1"/></ParameterValueSet>'
    '<ParameterValueSet><ParameterAssignment parameterRef="gap" value="30"/><ParameterAssignment parameterRef="faster" '
    'value="2"/></ParameterValueSet>'
    "</ValueSetDistribution></DeterministicMultiParameterDistribution>"
)


def test_a_range_ends_where_its_steps_end():
    assert [v["x"] for v in values(single("x", span("1", "2", "0.1")))] == [
        "1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "2",
    ]  # fmt: skip
    assert [v["x"] for v in values(single("x", span("0", "1", "0.4")))] == ["0", "0.4", "0.8"]
    assert [v["x"] for v in values(single("x", span("3", "3", "1")))] == ["3"]


def test_distributions_multiply_and_parameter_sets_vary_together():
    elements = '<DistributionSet><Element value="50"/><Element value="60"/><Element value="70"/></DistributionSet>'
    found = values(SETS + single("egoKmh", elements))
    assert len(found) == 2 * 3
    assert {(v["gap"], v["faster"]) for v in found} == {("20", "1"), ("30", "2")}


def test_constraint_groups_drop_forbidden_values():
    """Of gap 10..80 the groups allow 20 to 50, or 80; each with two speeds."""
    made = import_scenarios(XOSC / "cut-in-values.xosc", ImportOptions())
    assert len(made.scenarios) == 5 * 2
    assert made.dropped == {"gap": 3 * 2}
    scenarios = [loads(one.text)[0] for one in made.scenarios]
    assert len({s.id for s in scenarios}) == len({s.name for s in scenarios}) == 10
    gaps = {round(s.placed[1].start.s_m - s.placed[0].start.s_m, 6) for s in scenarios}
    assert gaps == {20, 30, 40, 50, 80}
    assert {round(s.placed[1].speed_mps, 6) for s in scenarios} == {16.0, 14.5}


def test_a_single_value_that_constraints_forbid_is_refused():
    content = (
        (XOSC / "cut-in.xosc")
        .read_bytes()
        .replace(b'parameterType="double" value="30"', b'parameterType="double" value="60"')
    )
    with pytest.raises(SpecErrors, match="which its constraints do not allow"):
        from tests.scenarios.openscenario.situations import imported

        imported(content)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (single("gap", span("0", "1", "0")), "steps of 0"),
        (single("gap", span("5", "1", "1")), "steps of 1 from 5 to 1"),
        (single("gap", span("0", "1e9", "1")), "at most 1000"),
        (single("gap", span("0", "1e300", "1e-300")), "a number up to 1e12"),
        ("".join(single(f"p{i}", span("1", "100", "1")) for i in range(9)), "combinations"),
        (single("gap", span("20", "30", "10")) + SETS, "a second time"),
        (single("nobody", span("20", "30", "10")), "which is not declared"),
        (single("gap", span("10", "15", "5")), "no value that its constraints allow"),
    ],
)
def test_distributions_that_cannot_be_expanded_are_refused(tmp_path, inside, said):
    shutil.copytree(FILES, tmp_path / "top")
    path = tmp_path / "top" / "case.xosc"
    path.write_bytes(distribution(inside))
    with pytest.raises(SpecErrors) as caught:
        import_scenarios(path, ImportOptions())
    assert said in str(caught.value)


def test_random_values_are_refused_by_name():
    inside = '<StochasticDistribution parameterName="gap"><UniformDistribution><Range lowerLimit="1" upperLimit="2"/>'
    inside += "</UniformDistribution></StochasticDistribution>"
    content = distribution(inside, "Stochastic", ' numberOfTestRuns="5" randomSeed="1"')
    with pytest.raises(SpecErrors, match="Stochastic"):
        expanded(parse_xml(content, FILES / "case.xosc"))
