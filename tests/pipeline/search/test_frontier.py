"""Search with several measures: the result is their Pareto frontier, written as scenario files."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from outputs.searches.records import Fate
from pipeline.cli.search_command import search_file
from pipeline.errors import UserError
from pipeline.search.pareto import undominated, weight_vectors
from pipeline.search.search import SearchResult, search
from pipeline.search.search_options import SearchOptions
from pipeline.search.severity import MEASURES, others_effort
from scenarios.load import load
from scenarios.simulation.simulate import simulate

BRAKING = """\
name: braking
intent: The car ahead brakes and the ego does nothing.
duration: 2 s
road: {lanes: 1, opposite_lanes: 1}
ego: {lane: 0, speed: 15 m/s, drive: hold speed}
actors:
  lead: {kind: car, lane: 0, ahead: 40 m, speed: 15 m/s}
story:
  - {actor: lead, when: {after: 0 s}, do: {brake: {decel: 4 m/s^2}}}
sweep: {story.0.do.brake.decel: [1 m/s^2, 8 m/s^2], actors.lead.ahead: [30 m, 60 m]}
"""
BOTH = ("ttc", "mildness")


def found(folder: Path, measures: tuple[str, ...] = BOTH, **effort) -> SearchResult:
    path = folder / "case.yaml"
    path.write_text(BRAKING)
    return search(path, SearchOptions(**{"measures": measures, "rollouts": 120, "keep": 6} | effort))


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> SearchResult:
    return found(tmp_path_factory.mktemp("frontier"))


def number(written: object) -> float:
    return float(str(written).split()[0])


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=1, max_size=12))
def test_undominated_agrees_with_its_definition(rows):
    def worse(one, other):
        return all(a <= b for a, b in zip(one, other, strict=True)) and one != other

    kept = undominated(np.array(rows, float))
    assert kept.tolist() == [not any(worse(other, row) for other in rows) for row in rows]


@pytest.mark.parametrize("measures", [2, 3])
def test_weights_cover_the_range_between_the_measures(measures):
    weights = np.array(weight_vectors(measures))
    assert (weights > 0).all()
    assert sorted(weights.argmax(axis=1).tolist())[0] == 0
    assert {int(i) for i in np.flatnonzero((weights == 1).any(axis=0))} == set(range(measures))


def test_no_trial_dominates_a_point_of_the_frontier(answered):
    for case in answered.frontier:
        for trial in answered.trials:
            if trial.fate is Fate.MEASURED and trial.severities != case.severities:
                assert any(a < b for a, b in zip(case.severities, trial.severities, strict=True))


def test_all_frontier_points_have_the_shortest_gap_and_differ_in_braking(answered):
    """For a given deceleration the shortest gap has the smallest TTC; stronger braking gives a smaller TTC and less
    mildness."""
    assert len(answered.frontier) == 6
    assert np.mean([number(case.values["actors.lead.ahead"]) for case in answered.frontier]) < 36  # 45 by chance
    hardness = [number(case.values["story.0.do.brake.decel"]) for case in answered.frontier]
    assert hardness == sorted(hardness, reverse=True)
    assert hardness[0] > 7 and hardness[-1] < 2
    ttc, effort = zip(*(case.figures for case in answered.frontier), strict=True)
    assert list(ttc) == sorted(ttc) and list(effort) == sorted(effort, reverse=True)


def test_mildness_is_the_braking_of_others_before_the_impact(answered):
    case = answered.frontier[0]
    assert case.figures[1] == pytest.approx(number(case.values["story.0.do.brake.decel"]), abs=0.05)


def test_skids_and_motion_after_an_impact_do_not_count_as_braking(tmp_path):
    text = BRAKING.replace("ahead: 40 m, speed: 15", "ahead: 4 m, speed: 5").partition("sweep:")[0]
    text = text.replace("story:\n  - {actor: lead, when: {after: 0 s}, do: {brake: {decel: 4 m/s^2}}}\n", "")
    (tmp_path / "hit.yaml").write_text(text)
    (scenario,) = load(tmp_path / "hit.yaml")
    rollout = simulate(scenario)
    assert np.abs(rollout.acceleration_mps2[:, 1]).max() > 2
    assert others_effort(rollout, None) == pytest.approx(0.0, abs=1e-6)


def test_the_same_seed_finds_the_same(tmp_path):
    one, other = (found(tmp_path, rollouts=20) for _ in range(2))
    assert one.trials == other.trials and one.frontier == other.frontier


def test_the_frontier_is_written_as_scenario_files_with_a_plot(tmp_path):
    file, out = tmp_path / "case.yaml", tmp_path / "out"
    file.write_text(BRAKING)
    assert search_file(str(file), SearchOptions(measures=BOTH, rollouts=24, keep=3), out, Console(quiet=True))
    told = json.loads((out / "search.json").read_text())
    assert told["measure"] == [MEASURES[name].words for name in BOTH]
    ranked = sorted((t for t in told["trials"] if t["frontier"]), key=lambda t: t["frontier"])
    assert [t["frontier"] for t in ranked] == list(range(1, len(ranked) + 1))
    for trial in ranked:
        (scenario,) = load(out / "frontier" / f"worst-{trial['frontier']}.yaml")
        assert scenario.id == trial["scenario"]
        assert set(trial["values_measured"]) == set(told["measure"])
    assert (out / "search.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        (("ttc", "pet"), "no measure 'pet'"),
        (("ttc", "ttc"), "each once"),
        (("mildness",), "alone is not a measure of danger"),
    ],
)
def test_measures_without_a_frontier_are_refused(tmp_path, measures, said):
    (tmp_path / "case.yaml").write_text(BRAKING)
    with pytest.raises(UserError, match=said):
        search_file(
            str(tmp_path / "case.yaml"), SearchOptions(measures=measures), tmp_path / "out", Console(quiet=True)
        )
